"""The style guide draws every component; the checks every page passes hold for all of them."""

import re
from dataclasses import replace

import pytest
from flask import Flask

from aidnet.web import assets
from tests.world import Client


@pytest.mark.parametrize("language", ["en", "my"])
def test_every_component_passes_the_checks_of_a_page(client: Client, language: str) -> None:
    page = client.page("/styleguide", headers={"Accept-Language": language})
    assert page.one("html").attrs["lang"] == language
    assert {each.attrs["lang"] for each in page.one("main").all("div", lang=True)} == {"en", "my"}


def test_a_real_network_in_production_has_no_style_guide(app: Flask, client: Client) -> None:
    settings = app.extensions["aidnet.settings"]
    app.extensions["aidnet.settings"] = replace(settings, mode="production")
    try:
        assert client.get("/styleguide").status_code == 404
    finally:
        app.extensions["aidnet.settings"] = settings


def test_every_class_a_component_uses_has_a_rule(client: Client) -> None:
    css = assets.build()["css"].body.decode()
    known = set(re.findall(r"\.([a-z][\w-]*)", css))
    used = {name for each in client.page("/styleguide").walk() for name in each.attrs.get("class", "").split()}
    #: Names that only tell elements apart, for tests and scripts.
    assert used - known <= {"wide", "wrong-list", "who", "invented-foot", "row-number", "inline", "post", "prose"}


def test_a_page_asks_for_three_files_and_no_more(client: Client) -> None:
    page = client.page("/styleguide")
    files = [each.attrs["href"] for each in page.all("link")] + [
        each.attrs["src"] for each in page.all("script", src=True)
    ]
    assert len(files) == 3
    assert all(client.get(file).status_code == 200 for file in files)
    assert not page.all("img")
