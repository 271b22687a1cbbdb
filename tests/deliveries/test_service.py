"""Logging, reporting and correcting: kept once, in any order, never edited."""

from dataclasses import replace
from datetime import date
from threading import Thread
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from aidnet import clock
from aidnet.db import transaction
from aidnet.deliveries import rollups, service
from aidnet.deliveries.drafts import OUTSIDE, CorrectionDraft, LineDraft
from aidnet.deliveries.models import (
    Delivery,
    DeliveryEvent,
    DeliveryState,
    DeliveryStop,
    EventKind,
    EventPeople,
    EventPrivate,
    EventQuantity,
    Item,
    PeopleKind,
    Precision,
    ResultMonth,
    ServedPlace,
)
from aidnet.errors import Invalid, NotVisible, Refused
from aidnet.policy import OPERATOR, unscoped
from tests import factories
from tests.deliveries.shared import OIL, RICE, TOLD, event, fresh, logged, ordinary, ready, rice_and_oil, villages

ITEMS = ("rice", "oil", "salt", "rope", "mat", "ors", "seeds", "soap_bath", "clothes")


@pytest.fixture(autouse=True)
def catalogue(app):
    ready()


def rows(model, **where):
    with transaction() as session:
        return session.scalars(unscoped(sa.select(model).filter_by(**where).order_by(*model.__table__.primary_key), because=TOLD)).all()


def sound() -> bool:
    with transaction() as session:
        return rollups.recount(session, OPERATOR, repair=False).sound


def test_a_delivery_without_events_is_a_plan(session):
    actor = factories.actor("coordinator")
    delivery = service.log(session, actor, rice_and_oil(planned_on=date(2026, 9, 1)))
    assert (delivery.state, delivery.what, delivery.is_open) == (DeliveryState.PLANNED, "rice oil", True)


def test_an_ordinary_delivery_is_distributed_with_its_results(app):
    actor = factories.actor("coordinator")
    delivery = logged(actor)
    assert (delivery.state, delivery.households, delivery.people, delivery.has_discrepancy) == (DeliveryState.DISTRIBUTED, 212, 1006, False)
    assert delivery.code.startswith("D-")
    assert [(row.month, row.deliveries, row.distributions, row.households) for row in rows(ResultMonth)] == [(date(2026, 8, 1), 1, 2, 212)]
    assert sorted(row.last_on.day for row in rows(ServedPlace)) == [10, 11]
    assert sound()


@pytest.mark.parametrize(("lines", "places"), [(2, 2), (9, 8)])
def test_logging_asks_the_database_a_constant_number_of_times(app, count_queries, lines, places):
    actor = factories.actor("coordinator")
    codes = villages(places)
    draft = replace(
        ordinary(),
        lines=tuple(LineDraft(item=item, quantity_milli=1000) for item in ITEMS[:lines]),
        places=tuple(codes),
        events=(
            event(EventKind.LOADED, 2),
            *(event(EventKind.DISTRIBUTED, 9, dict.fromkeys(range(1, lines + 1), 100), place=code, households=3) for code in codes),
        ),
    )
    with count_queries() as asked, transaction() as session:
        service.log(session, actor, draft)
    # A request adds one: its session.
    assert len(asked) <= 13, asked
    assert asked.commits == 1


def test_the_same_uid_twice_is_one_delivery(app):
    actor = factories.actor("coordinator")
    draft = ordinary()
    assert logged(actor, draft).id == logged(actor, draft).id
    assert len(rows(Delivery)) == 1


@pytest.mark.parametrize("round_", range(3))
def test_a_double_click_is_one_delivery(app, round_):
    """Two requests at once, with an item nobody had before."""
    actor = factories.actor("coordinator")
    draft = replace(ordinary(), lines=(LineDraft(own_name="Goat milk", quantity_milli=5000), LineDraft(item="rice", quantity_milli=9000)))
    made = []

    def click():
        with app.app_context(), clock.at(factories.NOW):
            made.append(logged(actor, draft).id)

    threads = [Thread(target=click) for _each in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 3
    assert len(set(made)) == 1
    assert len(rows(Delivery)) == 1


def test_a_uid_of_another_group_is_not_found(app):
    draft = rice_and_oil()
    logged(factories.actor("coordinator"), draft)
    with pytest.raises(NotVisible):
        logged(factories.actor("coordinator"), draft)


def test_an_event_uid_that_is_taken_is_refused_in_words(app):
    actor = factories.actor("coordinator")
    first = ordinary()
    logged(actor, first)
    taken = first.events[0].uid
    other = logged(actor)
    for write in (
        lambda session: service.log(session, actor, rice_and_oil(events=(event(EventKind.LOADED, uid=taken),))),
        lambda session: service.log(session, actor, rice_and_oil(events=(event(EventKind.LOADED, uid=uuid4()),) * 2)),
        lambda session: service.report(session, actor, other.code, event(EventKind.ARRIVED, uid=taken)),
        lambda session: service.correct(session, actor, other.code, CorrectionDraft(event=rows_of(other)[0].uid, facts=None, uid=taken)),
    ):
        with pytest.raises(Invalid), transaction() as session:
            write(session)


def rows_of(delivery):
    return rows(DeliveryEvent, delivery_id=delivery.id)


def test_an_own_item_named_twice_is_one_item(app):
    lines = (LineDraft(own_name="Goat milk", quantity_milli=5000), LineDraft(own_name="goat milk", quantity_milli=7000))
    delivery = logged(factories.actor("coordinator"), rice_and_oil(lines=lines))
    assert len(rows(Item, slug=None)) == 1
    assert len(set(delivery.what.split())) == 1


def test_an_own_item_is_made_once(app):
    actor = factories.actor("coordinator")
    draft = rice_and_oil(lines=(LineDraft(own_name="Goat milk", quantity_milli=5000, unit="can"),))
    logged(actor, draft)
    logged(actor, replace(draft, uid=uuid4(), lines=(LineDraft(own_name=" goat  MILK ", quantity_milli=5000),)))
    own = rows(Item, slug=None)
    assert [(item.name_en, item.unit, item.responder_id) for item in own] == [("Goat milk", "can", actor.partner_id)]


def test_another_groups_item_cannot_be_named(session):
    theirs = logged(factories.actor("coordinator"), rice_and_oil(lines=(LineDraft(own_name="Goat milk", quantity_milli=5000),)))
    with pytest.raises(Invalid):
        service.log(session, factories.actor("coordinator"), rice_and_oil(lines=(LineDraft(item=theirs.what, quantity_milli=1),)))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": ()}, "lines"),
        ({"lines": (LineDraft(item="rice", quantity_milli=0),)}, "lines"),
        ({"lines": (LineDraft(item="rice", quantity_milli=-5),)}, "lines"),
        ({"lines": (LineDraft(item="no-such", quantity_milli=5),)}, "lines"),
        ({"places": ("MMR999999",)}, "places"),
        ({"crossing_id": 999_999}, "crossing"),
        ({"fund_id": 999_999}, "fund"),
        ({"planned_on": date(9999, 1, 1)}, "planned_on"),
        ({"events": (event(EventKind.DISTRIBUTED, 3, {RICE: 5}),)}, "place"),
        ({"events": (event(EventKind.LOST, 3),)}, "quantities"),
        ({"events": (event(EventKind.LOST, 3, {7: 5}),)}, "quantities"),
        ({"events": (event(EventKind.LOST, 3, {RICE: 5}, reason=None),)}, "reason"),
        ({"events": (event(EventKind.HANDED_OVER, 3, {RICE: 5}, receiver=999_999),)}, "receiver"),
        ({"events": (replace(event(EventKind.LOADED), happened_on=date(2026, 8, 30)),)}, "happened_on"),
        ({"note": "x" * 5000}, "note"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(session, change, field):
    with pytest.raises(Invalid) as refused:
        service.log(session, factories.actor("coordinator"), rice_and_oil(**change))
    assert refused.value.field == field


def test_a_role_without_the_permission_logs_nothing(session):
    with pytest.raises(Refused):
        service.log(session, factories.actor("treasurer"), rice_and_oil())


def test_reports_in_any_order_end_in_the_same_delivery(app):
    here, _there = villages()
    steps = [
        event(EventKind.LOADED, 2),
        event(EventKind.CROSSED, 4),
        event(EventKind.LOST, 6, {RICE: 40_000}),
        event(EventKind.DISTRIBUTED, 10, {RICE: 260_000, OIL: 150_000}, place=here, households=80),
    ]
    ends = []
    for order in (steps, steps[::-1], steps[2:] + steps[:2]):
        actor = factories.actor("coordinator")
        delivery = logged(actor, rice_and_oil())
        for step in order:
            with transaction() as session:
                service.report(session, actor, delivery.code, replace(step, uid=uuid4()))
        found = fresh(delivery.code)
        ends.append((found.state, found.first_on, found.last_on, found.households, found.has_discrepancy, found.is_open))
    assert len(set(ends)) == 1
    assert ends[0][0] is DeliveryState.DISTRIBUTED
    assert sound()


def test_a_report_that_breaks_the_sum_is_kept_and_shown(app):
    actor = factories.actor("coordinator")
    delivery = logged(actor)
    with transaction() as session:
        service.report(session, actor, delivery.code, event(EventKind.LOST, 12, {RICE: 50_000}))
    found = fresh(delivery.code)
    assert found.has_discrepancy
    assert found.state is DeliveryState.DISTRIBUTED


def test_the_same_report_twice_is_one(app):
    actor = factories.actor("coordinator")
    delivery = logged(actor)
    draft = event(EventKind.LOST, 12, {RICE: 5_000})
    for _again in range(2):
        with transaction() as session:
            service.report(session, actor, delivery.code, draft)
    assert len(rows(DeliveryEvent, kind=EventKind.LOST)) == 1


def test_another_groups_delivery_is_not_there_to_report_on(session):
    delivery = logged(factories.actor("coordinator"))
    with pytest.raises(NotVisible):
        service.report(session, factories.actor("coordinator"), delivery.code, event(EventKind.CANCELLED))


def test_a_logger_reports_only_on_what_it_logged(session):
    coordinator = factories.actor("coordinator")
    home = rows(factories.Partner, id=coordinator.partner_id)[0]
    logger = factories.actor("logger", at=home)
    own, other = logged(logger), logged(coordinator)
    service.report(session, logger, own.code, event(EventKind.ARRIVED))
    with pytest.raises(NotVisible):
        service.report(session, logger, other.code, event(EventKind.ARRIVED))


def test_a_village_nobody_planned_becomes_a_stop(app):
    actor = factories.actor("coordinator")
    delivery = logged(actor)
    third = villages(3)[2]
    with transaction() as session:
        service.report(session, actor, delivery.code, event(EventKind.DISTRIBUTED, 12, {RICE: 1000}, place=third))
    assert len(rows(DeliveryStop, delivery_id=delivery.id)) == 3


def test_a_loss_is_kept_no_finer_than_its_district(app):
    actor = factories.actor("coordinator")
    delivery = logged(actor)
    here = villages(1)[0]
    with transaction() as session:
        found = service.report(session, actor, delivery.code, event(EventKind.LOST, 12, {RICE: 1000}, place=here))
    assert found.place_id == factories.place(here).district_id


def test_a_month_is_kept_as_its_first_day(app):
    actor = factories.actor("coordinator")
    delivery = logged(actor)
    with transaction() as session:
        found = service.report(session, actor, delivery.code, event(EventKind.ARRIVED, 12, precision=Precision.MONTH))
    assert found.happened_on == date(2026, 8, 1)


def test_people_by_kind_are_kept_and_count_where_no_total_was_given(app):
    here = villages(1)[0]
    shared = event(EventKind.DISTRIBUTED, 9, {RICE: 5}, place=here, by_kind={PeopleKind.DISPLACED: 30, PeopleKind.HOST: 12})
    delivery = logged(factories.actor("coordinator"), rice_and_oil(events=(shared,)))
    assert delivery.people == 42
    assert {row.kind: row.people for row in rows(EventPeople)} == {PeopleKind.DISPLACED: 30, PeopleKind.HOST: 12}


def test_more_displaced_people_than_people_is_refused(session):
    shared = event(EventKind.DISTRIBUTED, 9, {RICE: 5}, place=villages(1)[0], people=10, by_kind={PeopleKind.DISPLACED: 30})
    with pytest.raises(Invalid) as refused:
        service.log(session, factories.actor("coordinator"), rice_and_oil(events=(shared,)))
    assert refused.value.field == "people"


def test_a_private_note_leaves_only_a_digest_in_the_event(app):
    handed = event(EventKind.HANDED_OVER, 9, {RICE: 5}, receiver=OUTSIDE, party="Uncle Moe", note="Behind the mill")
    logged(factories.actor("coordinator"), rice_and_oil(events=(event(EventKind.LOADED), handed)))
    side = rows(EventPrivate)[0]
    assert (side.party, side.note) == ("Uncle Moe", "Behind the mill")
    told = rows(DeliveryEvent, kind=EventKind.HANDED_OVER)[0]
    assert told.private_digest
    assert "Moe" not in str(vars(told))


def test_a_correction_replaces_without_editing(app):
    actor = factories.actor("coordinator")
    draft = ordinary()
    delivery = logged(actor, draft)
    wrong = draft.events[2]
    facts = replace(wrong, households=100, happened_on=date(2026, 7, 30))
    with transaction() as session:
        service.correct(session, actor, delivery.code, CorrectionDraft(event=wrong.uid, facts=facts))
    assert fresh(delivery.code).households == 206
    assert rows(DeliveryEvent, uid=wrong.uid)[0].households == 106
    assert {row.month.month: row.households for row in rows(ResultMonth)} == {7: 100, 8: 106}
    assert sound()


def test_a_voided_distribution_leaves_no_result(app):
    actor = factories.actor("coordinator")
    draft = ordinary()
    delivery = logged(actor, draft)
    for wrong in draft.events[2:]:
        with transaction() as session:
            service.correct(session, actor, delivery.code, CorrectionDraft(event=wrong.uid, facts=None))
    found = fresh(delivery.code)
    assert (found.state, found.households) == (DeliveryState.CROSSED, 0)
    assert rows(ServedPlace) == []
    assert sound()


def test_a_voided_last_visit_leaves_the_one_before(app):
    actor = factories.actor("coordinator")
    here = villages(1)[0]
    logged(actor, rice_and_oil(events=(event(EventKind.DISTRIBUTED, 3, {RICE: 5}, place=here),)))
    late = event(EventKind.DISTRIBUTED, 9, {RICE: 5}, place=here)
    delivery = logged(actor, rice_and_oil(events=(late,)))
    with transaction() as session:
        service.correct(session, actor, delivery.code, CorrectionDraft(event=late.uid, facts=None))
    assert [(row.distributions, row.last_on.day) for row in rows(ServedPlace)] == [(1, 3)]
    assert sound()


def test_an_event_of_another_delivery_cannot_be_corrected_here(session):
    actor = factories.actor("coordinator")
    one, other = ordinary(), ordinary()
    delivery = logged(actor, one)
    logged(actor, other)
    with pytest.raises(NotVisible):
        service.correct(session, actor, delivery.code, CorrectionDraft(event=other.events[0].uid, facts=None))


def test_a_recount_finds_and_repairs_what_somebody_changed(app, command):
    delivery = logged(factories.actor("coordinator"))
    with transaction() as session:
        for change in (
            sa.update(Delivery).values(households=1),
            sa.update(ResultMonth).values(people=ResultMonth.people + 1),
            sa.delete(ServedPlace),
        ):
            session.execute(unscoped(change, because=TOLD))
        service.audit.record(session, OPERATOR, "test.broke", delivery)
    assert "1 deliveries, 1 months, 2 places" in command("deliveries", "recount", status=1).output
    command("deliveries", "recount", "--repair")
    command("deliveries", "recount")
    assert fresh(delivery.code).households == 212


@pytest.mark.parametrize("model", [DeliveryEvent, EventQuantity, EventPeople])
@pytest.mark.parametrize("act", ["update", "delete"])
def test_an_event_can_be_neither_changed_nor_removed(app, world, model, act):
    here = villages(1)[0]
    shared = event(EventKind.DISTRIBUTED, 9, {RICE: 5}, place=here, by_kind={PeopleKind.HOST: 12})
    logged(factories.actor("coordinator"), rice_and_oil(events=(shared,)))
    table = model.__table__
    change = sa.delete(table) if act == "delete" else sa.update(table).values({next(iter(table.c)): 77})
    with world.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(change)
