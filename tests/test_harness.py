"""The harness keeps its own promises (tests/README.md)."""

import socket

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from aidnet.db import transaction
from aidnet.partners.models import Partner
from aidnet.places.models import Place
from aidnet.policy import unscoped
from tests import factories
from tests.pages import Page, wrongs
from tests.world import World, row_counts

EVERYTHING = {"because": "the harness looks at everything"}
GOOD = '<!doctype html><html lang="en"><head><title>T</title></head><body><main>{}</main></body></html>'


@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_commits_the_next_does_not_see(app: Flask, world: World, turn: int) -> None:
    before = row_counts(world.engine)
    factories.responder("S-07")

    assert before["partner"] == 0
    assert row_counts(world.engine)["partner"] == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_changed_reference_rows_are_put_back_too(app: Flask, turn: int) -> None:
    place = factories.place("MMR005D002")
    assert place.display_name is None

    with transaction() as session:
        session.execute(unscoped(sa.update(Place).values(display_name="elsewhere"), **EVERYTHING))
        session.info["changed"].clear()


def test_the_held_session_is_committed_before_a_factory_writes(session: Session) -> None:
    factories.responder("S-01")
    session.scalars(unscoped(sa.select(Partner), **EVERYTHING)).all()
    factories.responder("S-02")

    assert len(session.scalars(unscoped(sa.select(Partner), **EVERYTHING)).all()) == 2


def test_counting_leaves_out_what_only_frames_a_transaction(app: Flask, count_queries) -> None:
    with count_queries() as asked, transaction() as session:
        session.scalars(sa.select(Place).limit(1)).all()

    assert len(asked) == 1, asked
    assert asked.commits == 1


def test_sockets_are_closed_but_for_loopback() -> None:
    with socket.socket() as probe, pytest.raises(AssertionError, match="tried to reach"):
        probe.connect(("192.0.2.1", 80))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<h1>A</h1>", None),
        ("<p>A</p>", "0 h1"),
        ("<h1>A</h1><h1>B</h1>", "2 h1"),
        ('<h1>A</h1><p id="a"></p><p id="a"></p>', "stands 2 times"),
        ('<h1>A</h1><form method="post"><button>Go</button></form>', "0 csrf tokens"),
        ('<h1>A</h1><form method="get"><input type="hidden" name="csrf_token" value="x"></form>', "into the address"),
        ("<h1>A</h1><input name=a>", "no label"),
        ('<h1>A</h1><label for="a">A</label><input id="a">', None),
        ('<h1>A</h1><label for="b">A</label>', "not there"),
        ('<h1>A</h1><p style="color:red">A</p>', "inline style"),
        ('<h1>A</h1><p onclick="x()">A</p>', "inline onclick"),
        ("<h1>A</h1><script>x()</script>", "is inline"),
        ("<h1>A</h1><p><b>A</p></b>", "closes"),
        ("<h1>A</h1><td>None</td>", "shows"),
        ('<h1>A</h1><a href="/"></a>', "says nothing"),
    ],
)
def test_a_bad_page_is_told_from_a_good_one(body: str, told: str | None) -> None:
    found = wrongs(Page(GOOD.format(body)))

    assert (told is None and found == []) or (told is not None and any(told in each for each in found)), found


def test_a_form_is_sent_as_a_browser_would() -> None:
    page = Page(
        '<main><form method="post" action="/x"><input name="a" value="1"><input type="checkbox" name="b" value="2" checked>'
        '<input type="checkbox" name="b" value="3"><input type="checkbox" name="c"><select name="d">'
        '<option value="4">Four</option></select>'
        '<textarea name="e">\nfive</textarea><button name="f" value="6">Go</button></form></main>'
    )
    form = page.form()

    assert form.values == {"a": ["1"], "b": ["2"], "d": ["4"], "e": ["five"]}
    assert form.filled({"a": 7, "b": ["2", "3"], "f": "6"})["b"] == ["2", "3"]
    with pytest.raises(AssertionError, match="has no"):
        form.filled({"nothing": 1})
