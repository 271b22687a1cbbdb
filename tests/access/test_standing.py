"""What a planner is told: what stands in the township, worst first, its age, and nobody's name."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from aidnet import clock
from aidnet.access import service
from aidnet.access.models import Ease
from aidnet.access.standing import standing_on
from aidnet.db import db, transaction
from aidnet.disclosure import WITHHELD
from aidnet.places import service as places
from tests import factories
from tests.access.reporting import ELSEWHERE, NEIGHBOUR, VILLAGE, reported


@pytest.fixture
def coordinator(app):
    return factories.actor("coordinator")


def asked(actor, *pcodes, crossings=()):
    return standing_on(db(), actor, [factories.place(pcode).id for pcode in pcodes], crossings)


def test_what_stands_in_the_township_is_told_with_its_places(coordinator):
    there = reported(coordinator, NEIGHBOUR)
    reported(coordinator, ELSEWHERE)

    [found] = asked(coordinator, VILLAGE, NEIGHBOUR)

    assert found.row.constraint.code == there.code
    assert found.place_ids == {factories.place(VILLAGE).id, factories.place(NEIGHBOUR).id}


def test_the_district_and_the_region_stand_over_all_their_villages(coordinator):
    for pcode in ("MMR005", "MMR005D002", "MMR005D009"):
        reported(coordinator, pcode)

    assert {found.row.path.pcode for found in asked(coordinator, VILLAGE)} == {"MMR005", "MMR005D002"}


def test_the_worst_comes_first_and_what_is_stale_last(coordinator):
    with clock.at(factories.NOW - timedelta(days=15)):
        reported(coordinator, ease=Ease.NONE)
    with clock.at(factories.NOW - timedelta(days=14)):
        reported(coordinator, ease=Ease.EASY)
    reported(coordinator, ease=Ease.NONE)

    found = asked(coordinator, VILLAGE)

    assert [(one.row.constraint.ease, one.row.constraint.heard_on, one.row.stale) for one in found] == [
        (Ease.NONE, clock.today(), False),
        (Ease.EASY, clock.today() - timedelta(days=14), False),
        (Ease.NONE, clock.today() - timedelta(days=15), True),
    ]


def test_what_ended_or_was_taken_back_or_is_to_come_stands_no_more(coordinator):
    ended, wrong = reported(coordinator), reported(coordinator)
    with transaction() as session:
        service.end(session, coordinator, ended.code, until_on=date(2026, 8, 17))
        service.withdraw(session, coordinator, wrong.code)
    reported(coordinator, until_on=clock.today())

    assert len(asked(coordinator, VILLAGE)) == 1


def test_another_group_is_told_the_township_and_no_name_nor_note(coordinator):
    reported(coordinator, note="ask the miller")
    [found] = asked(factories.actor("coordinator"), NEIGHBOUR)
    row = found.row

    assert (row.path.pcode, row.own) == ("MMR005004", False)
    assert [row.constraint.note, row.constraint.code, row.constraint.recorded_at] == [WITHHELD] * 3


def test_an_own_crossing_is_its_groups_own_business(coordinator):
    with transaction() as session:
        crossing = places.add_crossing(session, coordinator, places.CrossingDraft(uuid4(), "The mango tree", "TH"))
    reported(coordinator, "", crossing_id=crossing.id)

    [found] = asked(coordinator, crossings=[crossing.id])
    assert (found.row.where, found.crossing_id) == ("The mango tree", crossing.id)
    assert not asked(factories.actor("coordinator"), crossings=[crossing.id])
    assert not asked(coordinator, VILLAGE)


@pytest.mark.parametrize("role", ["donor", "treasurer", "auditor", "admin"])
def test_who_plans_nothing_is_told_nothing(coordinator, role):
    reported(coordinator)
    assert not asked(factories.actor(role), VILLAGE)


def test_it_costs_two_statements(coordinator, count_queries):
    for _turn in range(3):
        reported(coordinator)
    ids = [factories.place(VILLAGE).id]
    with count_queries() as few:
        standing_on(db(), coordinator, ids)
    assert len(few) == 2, few
