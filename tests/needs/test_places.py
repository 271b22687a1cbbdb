"""What a place's page, and a board, say of needs and access there."""

from datetime import date, timedelta

import pytest

from aidnet import clock
from aidnet.access import near as access_near
from aidnet.access.models import Ease
from aidnet.db import db, transaction
from aidnet.needs import near
from aidnet.needs.models import Urgency
from aidnet.responders import service as responders
from aidnet.responders.models import Way
from tests import factories
from tests.access.reporting import reported as blocked
from tests.needs.reporting import ELSEWHERE, NEIGHBOUR, VILLAGE, reported


@pytest.fixture
def browser(sign_in):
    return sign_in("coordinator")


def test_the_own_need_is_named_at_its_village_and_others_for_the_township(browser):
    other = factories.actor("coordinator")
    own, theirs = reported(browser.actor), reported(other, people=51)
    here, next_door, township = (browser.page(f"/places/{pcode}") for pcode in (VILLAGE, NEIGHBOUR, "MMR005004"))

    assert own.code in here.html
    assert own.code not in next_door.html
    assert own.code in township.html
    for page in (here, next_door, township):
        assert "Shwebo township · High · ≤ 100 people" in page.text
        assert other.partner_name in page.text
        assert theirs.code not in page.html


def test_what_is_in_the_way_is_told_for_the_township_under_no_name(browser):
    other = factories.actor("coordinator")
    blocked(other)
    blocked(other, "MMR005D002", ease=Ease.NONE)
    page = browser.page(f"/places/{NEIGHBOUR}")

    assert "Hard to pass Road blocked · Shwebo township" in page.text
    assert "No way through Road blocked · Shwebo district" in page.text
    assert other.partner_name not in page.text
    assert "Road blocked" not in browser.page(f"/places/{ELSEWHERE}").text


@pytest.mark.parametrize("role", ["donor", "treasurer", "auditor", "admin"])
def test_desks_find_neither_on_a_place(sign_in, role):
    other = factories.actor("coordinator")
    reported(other)
    blocked(other)
    text = sign_in(role).page("/places/MMR005D002").text
    assert not any(word in text for word in ("Needs here", "Access here", "Road blocked", "≤"))


def test_a_logger_finds_its_own_needs_only(sign_in):
    logger = sign_in("logger")
    reported(factories.actor("coordinator"))
    assert "No need that is not over is known here." in logger.page(f"/places/{VILLAGE}").text
    own = reported(logger.actor)
    assert own.code in logger.page(f"/places/{VILLAGE}").html


def reach(actor, pcode):
    with transaction() as session:
        draft = responders.ReachDraft(place_id=factories.place(pcode).id, way=Way.ROAD, since_on=date(2026, 1, 1))
        responders.add_reach(session, actor, draft)


def test_a_board_tells_what_is_fresh_where_the_group_reaches(browser, count_queries):
    other = factories.actor("coordinator")
    for report in (reported, blocked):
        report(other, NEIGHBOUR)
        report(other, ELSEWHERE)
        with clock.at(factories.NOW - timedelta(days=15)):
            report(other, VILLAGE)
    reach(browser.actor, VILLAGE)
    reported(other, NEIGHBOUR, urgency=Urgency.CRITICAL)
    with count_queries() as asked:
        needed, stood = near.near(db(), browser.actor), access_near.near(db(), browser.actor)

    assert [(one.where, one.need.urgency) for one in needed] == [
        ("Shwebo township", Urgency.CRITICAL),
        ("Shwebo township", Urgency.HIGH),
    ]
    assert [row.where for row in stood] == ["Shwebo township"]
    assert len(asked) == 2, asked
    told = browser.page("/board").text
    assert "2 fresh needs" in told
    assert "1 thing in the way" in told
    assert browser.page("/needs/near").text.count("Shwebo township") == 3
