"""Everything the frame leads to is there, for every role."""

import pytest
from flask import Flask

from aidnet.policy import Role
from aidnet.web import nav


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
