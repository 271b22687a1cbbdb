"""Everything the frame leads to is there, for every role."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from aidnet import audit
from aidnet.db import transaction
from aidnet.network.models import Network, NetworkKind
from aidnet.policy import OPERATOR, Role
from aidnet.web import nav
from tests.world import Client


@pytest.mark.parametrize("role", list(Role))
def test_every_place_in_the_bar_exists(app: Flask, role: Role) -> None:
    for item in nav.ITEMS[role]:
        assert item.endpoint in app.view_functions, item.endpoint


def test_every_button_of_the_frame_leads_somewhere(app: Flask) -> None:
    for name, endpoint in nav.FRAME.items():
        assert endpoint in app.view_functions, name


def test_every_role_has_few_tabs_and_a_home() -> None:
    for items in nav.ITEMS.values():
        assert 1 <= sum(item.tab for item in items) <= 4
        assert sum(not item.aside and not item.chief for item in items) <= 5
        assert not items[0].chief
    assert set(nav.ITEMS) == set(nav.ROLE_WORDS) == set(Role)


def test_the_longest_place_that_begins_the_path_is_current(app: Flask) -> None:
    items = (
        nav.Item("styleguide.page", nav.ROLE_WORDS[Role.ADMIN]),
        nav.Item("health.healthz", nav.ROLE_WORDS[Role.DONOR]),
    )
    with app.test_request_context("/styleguide/forms"):
        assert [link.current for link in nav.links(items)] == [True, False]
    with app.test_request_context("/styleguides"):
        assert [link.current for link in nav.links(items)] == [False, False]


@pytest.mark.parametrize("kind", list(NetworkKind))
def test_only_an_invented_network_is_marked_and_on_every_page(
    client: Client, sign_in: Callable[..., Client], kind: NetworkKind
) -> None:
    with transaction() as session:
        network = session.get_one(Network, 1)
        network.kind = kind
        session.flush()
        audit.record(session, OPERATOR, "network.made", network)
    pages = [client.page("/sign-in"), client.page("/about"), client.page("/no-such-page", status=404)]
    pages += [sign_in("coordinator").page("/board"), sign_in("donor").page("/giving")]

    for page in pages:
        marked = "invented data" in page.one("header", class_="bar").text, "Invented data:" in page.one("footer").text
        assert set(marked) == {kind is NetworkKind.DEMO}, page.title


@pytest.mark.parametrize("role", ["coordinator", "logger"])
def test_a_phones_tab_names_neither_aid_nor_the_network(sign_in: Callable[..., Client], role: str) -> None:
    with transaction() as session:
        network = session.get_one(Network, 1)
        network.name = "River network"
        session.flush()
        audit.record(session, OPERATOR, "network.made", network)
    browser = sign_in(role)
    tabs = {
        url: browser.page(url).one("title").text
        for url in ("/board", "/deliveries", "/deliveries/new", "/places", "/places/sites", "/places/crossings", "/account")
    }

    told = re.compile(r"aid|deliver|relief|donor|river|network|crossing|responder", re.IGNORECASE)
    assert not {url: tab for url, tab in tabs.items() if told.search(tab)}
