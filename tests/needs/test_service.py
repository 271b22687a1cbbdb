"""What is needed: reported once, renewed once a day, corrected, covered, met, joined; and what arrived for it."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.audit.models import AuditEntry
from aidnet.db import db, transaction
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.drafts import CorrectionDraft
from aidnet.deliveries.models import EventKind
from aidnet.errors import Invalid, NotVisible, Refused, Stale
from aidnet.needs import queries, service
from aidnet.needs.models import NeedState
from aidnet.needs.service import NeedOver
from aidnet.partners.models import Partner
from aidnet.policy import unscoped
from aidnet.responders.models import Sector
from tests import factories
from tests.deliveries.shared import OIL, RICE, event, logged, rice_and_oil
from tests.needs.reporting import NEIGHBOUR, VILLAGE, corrected, draft, fresh, reported

LOOKS = "a test looks at everything"


@pytest.fixture
def coordinator(app):
    return factories.actor("coordinator")


def audited():
    """What the chain says, once the test's session is committed."""
    statement = sa.select(AuditEntry.action).where(AuditEntry.action.like("need.%")).order_by(AuditEntry.id)
    with transaction() as session:
        return [action.removeprefix("need.") for action in session.scalars(unscoped(statement, because=LOOKS))]


def home_of(actor):
    with transaction() as session:
        return session.scalars(unscoped(sa.select(Partner).where(Partner.id == actor.partner_id), because=LOOKS)).one()


def act(verb, *words, **named):
    """One service call, committed."""
    with transaction() as session:
        return verb(session, *words, **named)


def test_sent_twice_it_is_one_need(coordinator):
    sent = draft(words="under the trees")
    first, second = (act(service.report, coordinator, sent) for _turn in range(2))

    assert first.id == second.id
    assert (first.state, first.heard_on, first.words) == (NeedState.OPEN, clock.today(), "under the trees")
    assert audited() == ["reported"]


def test_words_alone_are_enough(coordinator):
    assert reported(coordinator, lines=(), words="a nurse").code.startswith("N-")


@pytest.mark.parametrize("role", ["donor", "treasurer", "auditor", "admin"])
def test_only_groups_report(app, session, role):
    with pytest.raises(Refused):
        service.report(session, factories.actor(role), draft())


def test_still_so_is_said_once_a_day(coordinator):
    code = reported(coordinator, reported_on=date(2026, 8, 1)).code
    for _turn in range(2):
        row = act(service.renew, coordinator, code)
    assert row.heard_on == clock.today()
    assert audited() == ["reported", "renewed"]


def test_a_correction_of_an_older_version_is_refused(coordinator, session):
    code = reported(coordinator).code
    act(service.change, coordinator, code, version=1, facts=corrected(people=90))
    with pytest.raises(Stale):
        service.change(session, coordinator, code, version=1, facts=corrected(people=80))


def test_a_change_of_lines_alone_is_a_newer_version(coordinator):
    code = reported(coordinator).code
    act(service.change, coordinator, code, version=1, facts=corrected(lines=(), words="rice"))
    assert fresh(code).version > 1


def test_deliveries_cover_it_and_without_any_it_is_open_again(coordinator):
    code = reported(coordinator).code
    meant = [logged(coordinator, rice_and_oil(planned_on=clock.today())).code for _turn in range(2)]
    for delivery in (*meant, meant[0]):
        act(service.cover, coordinator, [code], delivery)
    assert fresh(code).state is NeedState.COVERED
    act(service.uncover, coordinator, code, meant[0])
    assert fresh(code).state is NeedState.COVERED
    for _turn in range(2):
        act(service.uncover, coordinator, code, meant[1])
    assert fresh(code).state is NeedState.OPEN
    assert audited() == ["reported", "covered", "covered", "uncovered", "uncovered"]


def test_a_delivery_of_another_group_covers_nothing(coordinator, session):
    code = reported(coordinator).code
    theirs = logged(factories.actor("coordinator"), rice_and_oil(planned_on=clock.today()))
    with pytest.raises(Invalid):
        service.cover(session, coordinator, [code], theirs.code)


def test_a_logger_does_not_say_what_is_meant_for_what(app, session):
    logger = factories.actor("logger")
    code = reported(logger).code
    delivery = logged(logger, rice_and_oil(planned_on=clock.today()))
    with pytest.raises(Refused):
        service.cover(session, logger, [code], delivery.code)


def test_what_is_over_is_neither_renewed_nor_corrected_nor_covered(coordinator, session):
    code, delivery = reported(coordinator).code, logged(coordinator, rice_and_oil(planned_on=clock.today()))
    for _turn in range(2):
        act(service.meet, coordinator, code)
    for refused in (
        lambda: service.renew(session, coordinator, code),
        lambda: service.withdraw(session, coordinator, code),
        lambda: service.cover(session, coordinator, [code], delivery.code),
        lambda: service.change(session, coordinator, code, version=fresh(code).version, facts=corrected()),
    ):
        with pytest.raises(NeedOver):
            refused()
    assert audited() == ["reported", "met"]


def test_opened_again_it_is_as_it_was_and_heard_of_today(coordinator):
    code = reported(coordinator, reported_on=date(2026, 7, 1)).code
    act(service.cover, coordinator, [code], logged(coordinator, rice_and_oil(planned_on=clock.today())).code)
    act(service.meet, coordinator, code)
    for _turn in range(2):
        row = act(service.reopen, coordinator, code)
    assert (row.state, row.ended_on, row.heard_on) == (NeedState.COVERED, None, clock.today())


def test_one_joined_to_another_gives_it_what_is_meant_for_it(coordinator):
    first, second = reported(coordinator, reported_on=date(2026, 8, 5)), reported(coordinator)
    delivery = logged(coordinator, rice_and_oil(planned_on=clock.today()))
    act(service.cover, coordinator, [second.code], delivery.code)
    for _turn in range(2):
        act(service.join, coordinator, second.code, into=first.code)

    kept, gone = fresh(first.code), fresh(second.code)
    assert (gone.state, gone.joined_into_id, gone.ended_on) == (NeedState.JOINED, first.id, clock.today())
    assert (kept.state, kept.heard_on) == (NeedState.COVERED, clock.today())
    with transaction() as session, pytest.raises(NeedOver):
        service.reopen(session, coordinator, second.code)
    assert audited() == ["reported", "reported", "covered", "joined"]


@pytest.mark.parametrize("other", [{"place": NEIGHBOUR}, {"sector": Sector.WSH}])
def test_only_the_same_place_and_sector_are_joined(coordinator, session, other):
    first, second = reported(coordinator), reported(coordinator, **other)
    with pytest.raises(Invalid):
        service.join(session, coordinator, second.code, into=first.code)


def test_another_group_and_another_logger_change_nothing(coordinator, session):
    code = reported(coordinator).code
    for somebody in (factories.actor("coordinator"), factories.actor("logger", at=home_of(coordinator))):
        for verb in (service.renew, service.meet, service.withdraw, service.reopen):
            with pytest.raises(NotVisible):
                verb(session, somebody, code)
        with pytest.raises(NotVisible):
            service.join(session, somebody, code, into=reported(somebody).code)


def came(coordinator, need, **happened):
    """Whether something arrived, where a delivery that is meant for it was handed out so."""
    happened = {"day": 17, "quantities": {RICE: 1000}, "place": VILLAGE} | happened
    handed_out = event(EventKind.DISTRIBUTED, **happened)
    delivery = logged(coordinator, rice_and_oil(events=(event(EventKind.LOADED, 1), handed_out)))
    act(service.cover, coordinator, [need.code], delivery.code)
    own = queries.own(db(), coordinator, need.code)
    return own.row.arrived, delivery, handed_out


@pytest.mark.parametrize(
    ("happened", "told"),
    [
        ({}, True),
        ({"day": 15}, True),
        ({"day": 14}, False),
        ({"place": NEIGHBOUR}, False),
        ({"place": "MMR005004"}, True),
        ({"place": "MMR005016"}, False),
        ({"quantities": {OIL: 1000}}, True),
    ],
)
def test_what_was_handed_out_there_since_has_arrived(coordinator, happened, told):
    need = reported(coordinator, reported_on=date(2026, 8, 15))
    assert came(coordinator, need, **happened)[0] is told


def test_goods_of_another_sector_are_not_what_was_needed(coordinator):
    need = reported(coordinator, sector=Sector.WSH, reported_on=date(2026, 8, 15), lines=(), words="soap")
    assert came(coordinator, need)[0] is False


def test_a_need_of_the_township_is_met_in_its_villages(coordinator):
    need = reported(coordinator, "MMR005004", reported_on=date(2026, 8, 15))
    assert came(coordinator, need)[0] is True


def test_a_hand_out_that_was_taken_back_did_not_arrive(coordinator):
    need = reported(coordinator, reported_on=date(2026, 8, 15))
    _told, delivery, handed_out = came(coordinator, need)
    act(deliveries.correct, coordinator, delivery.code, CorrectionDraft(event=handed_out.uid, facts=None))
    assert queries.own(db(), coordinator, need.code).row.arrived is False
    listed = queries.page(db(), coordinator, queries.Wanted(which=queries.Which.ARRIVED), None)
    assert not listed.rows


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ({"place": NEIGHBOUR}, {}, True),
        ({}, {"place": NEIGHBOUR}, False),
        ({"day": 14}, {}, True),
        ({}, {"day": 14}, False),
        ({"place": NEIGHBOUR, "quantities": {RICE: 2000}}, {"quantities": {OIL: 1000}}, True),
    ],
    ids=["to the village", "away from it", "to a later day", "to a day before", "to the village, other goods"],
)
def test_the_last_word_on_a_hand_out_says_whether_it_arrived(coordinator, first, last, told):
    need = reported(coordinator, reported_on=date(2026, 8, 15))
    before, delivery, handed_out = came(coordinator, need, **first)
    assert before is not told
    for facts in (first, last):
        happened = {"day": 17, "quantities": {RICE: 1000}, "place": VILLAGE} | facts
        word = CorrectionDraft(event=handed_out.uid, facts=event(EventKind.DISTRIBUTED, **happened))
        act(deliveries.correct, coordinator, delivery.code, word)
    assert queries.own(db(), coordinator, need.code).row.arrived is told


def test_a_need_fell_through_where_its_hand_out_is_corrected_away(coordinator):
    need = reported(coordinator, reported_on=date(2026, 8, 15))
    _told, delivery, handed_out = came(coordinator, need, quantities={RICE: 300_000, OIL: 150_000})
    assert queries.own(db(), coordinator, need.code).row.fell_through is False
    elsewhere = event(EventKind.DISTRIBUTED, 17, {RICE: 300_000, OIL: 150_000}, place=NEIGHBOUR)
    act(deliveries.correct, coordinator, delivery.code, CorrectionDraft(event=handed_out.uid, facts=elsewhere))
    assert queries.own(db(), coordinator, need.code).row.fell_through is True


def test_it_is_stale_after_two_weeks(coordinator):
    for days in (14, 15):
        with clock.at(factories.NOW - timedelta(days=days)):
            reported(coordinator)
    listed = queries.page(db(), coordinator, queries.Wanted(), None).rows
    assert [row.stale for row in listed] == [False, True]
