"""The board: what is late against its own plan, who waits for whom, and counts that lead to lists of as many."""

from datetime import date
from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet import audit
from aidnet.db import transaction
from aidnet.deliveries import service
from aidnet.deliveries.drafts import OUTSIDE
from aidnet.deliveries.models import Answer, EventKind, Refusal
from aidnet.deliveries.plan_models import DeliveryLeg, Mode
from aidnet.partners.models import Partner
from aidnet.policy import unscoped
from tests import factories
from tests.custody.shared import of, said
from tests.deliveries.shared import OIL, RICE, TOLD, event, fresh, logged, ordinary, ready, rice_and_oil


@pytest.fixture
def home(app, sign_in):
    ready()
    return sign_in("coordinator")


def table_of(page, caption):
    table = next(one for one in page.all("table") if one.all("caption") and one.one("caption").text == caption)
    return [[cell.text for cell in row.walk() if cell.tag in ("td", "th")] for row in table.all("tr")]


def leg(actor, delivery, expected_on):
    """A leg of its plan."""
    with transaction() as session:
        row = DeliveryLeg(uid=uuid4(), delivery_id=delivery.id, number=1, mode=Mode.BOAT, expected_on=expected_on)
        session.add(row)
        session.flush()
        audit.record(session, actor, "delivery.planned", row)


def test_a_leg_that_should_have_ended_makes_a_delivery_late(home):
    behind = logged(home.actor, rice_and_oil(events=(event(EventKind.LOADED, 2),)))
    heard = logged(home.actor, rice_and_oil(events=(event(EventKind.LOADED, 2), event(EventKind.ARRIVED, 10))))
    for one in (behind, heard):
        leg(home.actor, one, date(2026, 8, 9))
    done = logged(home.actor, ordinary(planned_on=date(2026, 8, 1)))
    page = home.page("/board")
    late = " ".join(" ".join(row) for row in table_of(page, "Late against plan"))
    assert behind.code in late
    assert heard.code not in late
    assert done.code not in late
    listed = home.page("/deliveries?state=late").text
    assert behind.code in listed
    assert heard.code not in listed


def test_counts_lead_to_lists_of_as_many(home):
    for _turn in range(2):
        logged(home.actor, rice_and_oil(events=(event(EventKind.LOADED, 2),)))
    logged(home.actor, rice_and_oil(planned_on=date(2026, 8, 1)))
    page = home.page("/board")
    assert {"Planned 1", "Loaded 2"} <= {link.text for link in page.all("a")}
    for link in ("/deliveries?state=loaded", "/deliveries?state=planned", "/deliveries?state=late", "/deliveries/calendar", "/served"):
        assert link in str(page.links()), link
    assert len(home.page("/deliveries?state=loaded").table) == 3
    assert len(home.page("/deliveries?state=late").table) == 2


def handed(giver, receiver, day=5):
    return logged(
        giver, rice_and_oil(events=(event(EventKind.LOADED, 2), event(EventKind.HANDED_OVER, day, {RICE: 5_000}, receiver=receiver)))
    )


def test_hand_overs_nobody_confirmed_are_told_by_group(home, sign_in):
    other = factories.actor("coordinator")
    with transaction() as session:
        chosen = sa.select(Partner).where(Partner.id == other.partner_id)
        partner = session.scalars(unscoped(chosen, because=TOLD)).one()
    for day in (5, 6):
        handed(home.actor, other.partner_id, day)
    handed(other, home.actor.partner_id, 7)
    handed(home.actor, OUTSIDE, 8)
    rows = table_of(home.page("/board"), "Hand-overs to settle, by group")
    assert [row[:3] for row in rows[1:]] == [[partner.code_name, "1", "2"], ["Somebody outside", "1", ""]]
    theirs = sign_in("coordinator", at=partner).page("/board")
    assert [row[1:3] for row in table_of(theirs, "Hand-overs to settle, by group")[1:]] == [["2", "1"]]
    assert "Hand-overs to settle" not in sign_in("coordinator").page("/board").text
    assert "Hand-overs to settle" not in sign_in("logger", at=partner).page("/board").text


def test_who_counted_otherwise_or_took_nothing_is_told_until_it_is_settled(home, sign_in):
    receiver, refuser = (factories.actor("coordinator") for _two in range(2))
    more, refused = (handed(home.actor, who.partner_id) for who in (receiver, refuser))
    everything = event(EventKind.HANDED_OVER, 5, {RICE: 300_000, OIL: 150_000}, receiver=receiver.partner_id)
    short = logged(home.actor, rice_and_oil(events=(event(EventKind.LOADED, 2), everything)))
    said(receiver, handed(home.actor, receiver.partner_id), Answer.ACCEPTED)
    said(receiver, short, Answer.SHORT, {RICE: 299_000, OIL: 150_000})
    said(receiver, more, Answer.SURPLUS, {RICE: 6_000})
    said(refuser, refused, Answer.REFUSED, refusal=Refusal.NO_ROOM)
    page = home.page("/board")
    rows = {row[0]: row[1:5] for row in table_of(page, "Hand-overs to settle, by group")[1:]}
    assert rows == {receiver.partner_name: ["", "", "2", ""], refuser.partner_name: ["", "", "", "1"]}
    for state, expected in (("differs", {short, more}), ("came-back", {refused})):
        (link,) = [each for each in page.links() if f"state={state}" in each]
        assert {row[0] for row in home.page(link).table[1:]} == {of(one).code for one in expected}
    assert "Hand-overs to settle" not in sign_in(receiver).page("/board").text  # the giver's to settle
    assert sign_in(receiver).page("/handovers?state=differs").all("tbody") == []
    gone, back = event(EventKind.LOST, 8, {RICE: 1_000}), event(EventKind.RETURNED, 9, {RICE: 300_000, OIL: 150_000})
    for code, facts in ((short.code, gone), (refused.code, back)):
        with transaction() as session:
            service.report(session, home.actor, code, facts)
    rows = table_of(home.page("/board"), "Hand-overs to settle, by group")[1:]
    assert [row[:5] for row in rows] == [[receiver.partner_name, "", "", "1", ""]]
    assert {row[0] for row in home.page("/handovers?state=differs").table[1:]} == {of(more).code}


@pytest.mark.one_database
def test_an_index_leads_to_each_hand_over_of_the_board(home, dialect, world, count_queries):
    if dialect != "sqlite":
        pytest.skip("PostgreSQL reads so few rows without any index")
    handed(home.actor, factories.actor("coordinator").partner_id)
    with count_queries() as asked:
        home.page("/board")
    (grouped,) = [each for each in asked.statements if "GROUP BY" in each and "FROM handover" in each]
    with world.engine.connect() as connection:
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {grouped}", (None,) * grouped.count("?"))]
    assert not [step for step in plan if "SCAN handover" in step or "SCAN delivery" in step or "MULTI-INDEX OR" in step], plan


def test_a_board_with_all_of_it_asks_ten_times_at_most(home, count_queries):
    other = factories.actor("coordinator")
    for day in (3, 4):
        leg(home.actor, handed(home.actor, other.partner_id, day), date(2026, 8, 9))
    logged(home.actor)
    home.page("/board")
    with count_queries() as asked:
        home.page("/board")
    assert len(asked) <= 10, asked
    assert fresh(handed(other, home.actor.partner_id).code).is_open
