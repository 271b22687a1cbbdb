"""Where the next truck is needed most: the rule, by figures that anybody can add up, and nobody's exact number."""

from datetime import date, timedelta

import pytest

from aidnet import audit, clock
from aidnet.db import db, transaction
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.models import EventKind, ServedMonth
from aidnet.disclosure import ABOVE_ALL
from aidnet.needs import gaps, service
from aidnet.needs.gaps import Wanted
from aidnet.needs.models import Urgency
from aidnet.policy import OPERATOR
from aidnet.responders import service as responders
from aidnet.responders.models import Sector
from tests import factories
from tests.deliveries.shared import OIL, RICE, event, logged, rice_and_oil
from tests.needs.reporting import ELSEWHERE, NEIGHBOUR, VILLAGE, reported


@pytest.fixture
def coordinator(app):
    return factories.actor("coordinator")


def ranked(actor, **wanted):
    return [(gap.township.name, gap.sector.value, gap.points) for gap in gaps.gaps(db(), actor, Wanted(**wanted))]


def served(actor, month, people, sector="FSC"):
    with transaction() as session:
        row = ServedMonth(
            responder_id=actor.partner_id,
            area_id=factories.place("MMR005004").id,
            month=month,
            sector=sector,
            distributions=1,
            households=1,
            people=people,
        )
        session.add(row)
        audit.record(session, OPERATOR, "test.served", factories.place("MMR005004"))


def test_people_count_by_urgency_and_by_the_most_of_their_band(coordinator):
    other = factories.actor("coordinator")
    reported(other, urgency=Urgency.CRITICAL, people=51)
    reported(coordinator, NEIGHBOUR, urgency=Urgency.MEDIUM, people=None)
    reported(other, ELSEWHERE, urgency=Urgency.HIGH, people=6_000)

    assert ranked(coordinator) == [
        ("Yinmarbin", "FSC", 2 * ABOVE_ALL),
        ("Shwebo", "FSC", 3 * 100 + gaps.NOT_COUNTED),
    ]
    [_first, second] = gaps.gaps(db(), coordinator, Wanted())
    assert (second.people, second.not_counted, second.open, second.urgency) == (150, 1, 2, Urgency.CRITICAL)


def test_adding_to_anothers_need_tells_its_band_and_no_more(coordinator):
    """Whoever adds needs of its own to a township learns the same, however many people the other's has within its band."""
    other = factories.actor("coordinator")
    told = []
    for people in (51, 99):
        theirs = reported(other, people=people)
        own = reported(coordinator, people=1)
        [gap] = gaps.gaps(db(), coordinator, Wanted())
        told.append((gap.people, gap.points))
        with transaction() as session:
            service.withdraw(session, other, theirs.code)
            service.withdraw(session, coordinator, own.code)
    assert told[0] == told[1]


def test_stale_and_covered_needs_are_told_apart_and_count_for_nothing(coordinator):
    with clock.at(factories.NOW - timedelta(days=15)):
        reported(coordinator)
    covered = reported(coordinator, NEIGHBOUR)
    delivery = logged(coordinator, rice_and_oil(planned_on=clock.today()))
    gone = reported(coordinator, ELSEWHERE)
    with transaction() as session:
        service.cover(session, coordinator, [covered.code], delivery.code)
        service.withdraw(session, coordinator, gone.code)

    [gap] = gaps.gaps(db(), coordinator, Wanted())
    assert (gap.points, gap.open, gap.people, gap.urgency) == (0, 0, 0, None)
    assert (gap.stale, gap.covered) == (1, 1)


WHOLE = {RICE: 300_000, OIL: 150_000}
ON_TRUCK = event(EventKind.LOADED, 16, WHOLE)


@pytest.mark.parametrize(
    ("events", "counts"),
    [
        ((), False),
        ((event(EventKind.CANCELLED, 17),), True),
        ((ON_TRUCK,), False),
        ((ON_TRUCK, event(EventKind.LOST, 17, WHOLE)), True),
        ((ON_TRUCK, event(EventKind.RETURNED, 17, WHOLE)), True),
        ((ON_TRUCK, event(EventKind.DISTRIBUTED, 18, WHOLE, place=VILLAGE)), False),
        ((ON_TRUCK, event(EventKind.DISTRIBUTED, 18, WHOLE, place=NEIGHBOUR)), True),
    ],
)
def test_what_is_meant_for_a_need_covers_it_only_until_it_ends_elsewhere(coordinator, events, counts):
    with clock.at(factories.NOW - timedelta(days=4)):
        need = reported(coordinator, people=60)
    delivery = logged(coordinator, rice_and_oil(planned_on=date(2026, 8, 19)))
    with transaction() as session:
        service.cover(session, coordinator, [need.code], delivery.code)
        for happened in events:
            deliveries.report(session, coordinator, delivery.code, happened)

    [gap] = gaps.gaps(db(), coordinator, Wanted())
    assert (gap.open, gap.covered, gap.people) == ((1, 0, 100) if counts else (0, 1, 0))


@pytest.mark.parametrize(("planned_on", "counts"), [(date(2026, 8, 4), False), (date(2026, 8, 3), True), (None, True)])
def test_a_plan_that_never_leaves_covers_nothing(coordinator, planned_on, counts):
    need = reported(coordinator)
    with clock.at(factories.NOW - timedelta(days=15)):
        delivery = logged(coordinator, rice_and_oil(planned_on=planned_on))
    with transaction() as session:
        service.cover(session, coordinator, [need.code], delivery.code)
    [gap] = gaps.gaps(db(), coordinator, Wanted())
    assert (gap.open == 1) is counts


@pytest.mark.parametrize(
    ("month", "sector", "left"),
    [
        (date(2026, 8, 1), "FSC", 2 * 500 - 100),
        (date(2026, 7, 1), "FSC", 2 * 500 - 100),
        (date(2026, 6, 1), "FSC", 2 * 500),
        (date(2026, 8, 1), "WSH", 2 * 500),
        (date(2026, 8, 1), "", 2 * 500),
    ],
)
def test_what_was_served_lately_is_taken_away(coordinator, month, sector, left):
    reported(coordinator)
    served(factories.actor("coordinator"), month, people=60, sector=sector)
    assert ranked(coordinator) == [("Shwebo", "FSC", left)]


def test_what_a_group_that_withholds_itself_served_is_told_to_nobody_else(coordinator):
    group = factories.responder()
    its_own = factories.actor("coordinator", at=group)
    reported(coordinator)
    served(its_own, date(2026, 8, 1), people=60)
    with transaction() as session:
        responders.withhold(session, its_own, group.code, withheld=True)

    for actor, told in ((coordinator, 0), (its_own, 100)):
        [gap] = gaps.gaps(db(), actor, Wanted())
        assert (gap.served, gap.points) == (told, 2 * 500 - told)


def test_no_points_lie_below_zero(coordinator):
    reported(coordinator, people=5)
    served(coordinator, date(2026, 8, 1), people=900)
    assert ranked(coordinator) == [("Shwebo", "FSC", 0)]


def test_the_list_is_narrowed_to_a_region_and_a_kind_of_help(coordinator):
    reported(coordinator)
    reported(coordinator, sector=Sector.WSH)
    reported(coordinator, "MMR003005")

    assert [row[:2] for row in ranked(coordinator, region=factories.place("MMR003"))] == [("Myawaddy", "FSC")]
    assert [row[:2] for row in ranked(coordinator, sector=Sector.WSH)] == [("Shwebo", "WSH")]


def test_the_page_says_the_rule_draws_the_region_and_gives_the_file(sign_in):
    browser = sign_in("coordinator")
    reported(browser.actor, people=51, urgency=Urgency.CRITICAL)
    page = browser.page("/needs/gaps")

    assert "Critical × 3" in page.text
    assert page.one("title", id="gaps-map-t").text == "Points by township"
    [_head, row] = browser.get("/needs/gaps.csv").text.splitlines()
    assert row.split(",")[:5] == ["Shwebo", "MMR005004", "Sagaing", "Food", "Critical"]
    assert "300" in row.split(",")
    assert len(browser.get("/needs/gaps.csv?region=MMR003").text.splitlines()) == 1


@pytest.mark.parametrize("role", ["logger", "donor", "treasurer", "auditor", "admin"])
def test_only_coordinators_see_what_others_lack(sign_in, role):
    reported(factories.actor("coordinator"))
    browser = sign_in(role)
    for where in ("/needs/gaps", "/needs/gaps.csv", "/needs/gaps.xlsx"):
        assert browser.get(where).status_code == 404


def test_what_two_groups_report_counts_twice_and_the_page_says_so(coordinator, sign_in):
    for group in (coordinator, factories.actor("coordinator")):
        reported(group, people=60)
    [gap] = gaps.gaps(db(), coordinator, Wanted())
    assert (gap.open, gap.people) == (2, 200)
    assert "A village that two groups reported counts twice" in sign_in(coordinator).page("/needs/gaps").text
