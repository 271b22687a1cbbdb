"""Who may plan, report and correct; what is kept where; and what fades."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet import clock, policy
from aidnet.audit.models import AuditEntry
from aidnet.db import transaction
from aidnet.errors import Invalid, NotVisible, Refused, Stale
from aidnet.evacuations import fading, service
from aidnet.evacuations.drafts import CorrectionDraft
from aidnet.evacuations.models import Evacuation, EvacuationCount, EvacuationEvent, EvacuationPrivate, EvacuationState
from aidnet.partners.models import Partner
from aidnet.policy import OPERATOR, unscoped
from tests import factories
from tests.evacuations.moving import LOIKAW, K, draft, event, planned, told

LOOKS = "a test looks at everything"


@pytest.fixture
def leader(app):
    return factories.actor("coordinator")


@pytest.fixture
def second(app):
    return factories.actor("coordinator")


def rows(model):
    with transaction() as session:
        return session.scalars(unscoped(sa.select(model), because=LOOKS)).all()


def audited():
    """What the chain says, once the test's session is committed."""
    statement = sa.select(AuditEntry.action).where(AuditEntry.action.like("evacuation.%")).order_by(AuditEntry.id)
    with transaction() as session:
        return list(session.scalars(unscoped(statement, because=LOOKS)))


def now(code, actor):
    with transaction() as session:
        return policy.fetch(session, actor, policy.Permission.EVACUATION_READ, Evacuation, code)


def test_sent_twice_it_is_one_plan_and_one_report(leader, session):
    sent, said = draft(), event(K.DEPARTED, heads=LOIKAW, vehicles=33)
    first, second = (service.plan(session, leader, sent) for _turn in range(2))
    assert first.id == second.id
    one, same = (service.report(session, leader, first.code, said) for _turn in range(2))
    assert one.id == same.id
    assert (first.code[:2], first.people_out, first.vehicles, first.state) == (
        "V-",
        228,
        33,
        EvacuationState.ON_THE_WAY,
    )
    assert audited() == ["evacuation.planned", "evacuation.reported"]
    assert len(rows(EvacuationEvent)) == 2


def test_what_is_late_or_does_not_add_up_is_kept(leader):
    made = planned(leader)
    told(leader, made.code, K.ARRIVED, 240)
    told(leader, made.code, K.DEPARTED, heads=LOIKAW, happened_on=date(2026, 1, 5))
    found = now(made.code, leader)
    assert (found.people_out, found.people_safe, found.first_on) == (228, 240, date(2026, 1, 5))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": K.ARRIVED}, "people"),
        ({"kind": K.ARRIVED, "people": 1_000_001}, "people"),
        ({"kind": K.DEPARTED, "people": 5, "vehicles": -1}, "vehicles"),
        ({"kind": K.DEPARTED, "people": 5, "happened_on": date(2026, 8, 19)}, "happened_on"),
        ({"kind": K.DEPARTED, "people": 5, "happened_on": date(1999, 8, 19)}, "happened_on"),
    ],
)
def test_what_is_no_number_or_day_is_refused_beside_its_field(leader, session, said, field):
    made = planned(leader)
    with pytest.raises(Invalid) as refused:
        service.report(session, leader, made.code, event(**said))
    assert refused.value.field == field


@pytest.mark.parametrize("destination", ["171305", "MMR005", "no-such"])
def test_nobody_is_said_to_go_to_a_village_or_a_region(leader, session, destination):
    with pytest.raises(Invalid) as refused:
        service.plan(session, leader, draft(destination=destination))
    assert refused.value.field == "destination"


@pytest.mark.parametrize("role", ["logger", "donor", "treasurer", "auditor", "admin"])
def test_coordinators_alone_plan_and_see(leader, session, role):
    made = planned(leader)
    home = factories.responder() if role == "logger" else None
    actor = factories.actor(role, at=home)
    with pytest.raises(Refused):
        service.plan(session, actor, draft())
    with pytest.raises(NotVisible):
        service.report(session, actor, made.code, event(K.ARRIVED, 5))


def test_a_logger_of_the_group_itself_sees_none(leader, session):
    made = planned(leader)
    with transaction() as writing:
        home = writing.scalars(unscoped(sa.select(Partner).where(Partner.id == leader.partner_id), because=LOOKS)).one()
    logger = factories.actor("logger", at=home)
    with pytest.raises(NotVisible):
        service.report(session, logger, made.code, event(K.ARRIVED, 5))


def test_a_group_that_works_with_it_counts_and_says_no_more(leader, second, session):
    made = planned(leader, second)
    assert service.report(session, second, made.code, event(K.ARRIVED, 5)).said_by_id == second.partner_id
    with pytest.raises(Refused):
        service.report(session, second, made.code, event(K.CANCELLED))
    with pytest.raises(Invalid):
        service.report(session, second, made.code, event(K.ARRIVED, 5, note="by the river"))
    for act in (
        lambda: service.note_opening(session, second, made.code),
        lambda: service.work_with(session, second, made.code, [], version=made.version),
    ):
        with pytest.raises(NotVisible):
            act()


def test_a_group_that_does_not_work_with_it_finds_none(leader, second, session):
    made = planned(leader)
    with pytest.raises(NotVisible):
        service.report(session, second, made.code, event(K.ARRIVED, 5))
    with pytest.raises(NotVisible):
        service.plan(session, second, draft(uid=made.uid))


def test_the_group_that_leads_corrects_any_and_another_its_own(leader, second, session):
    made = planned(leader, second)
    ours, theirs = told(leader, made.code, K.DEPARTED, 228), told(second, made.code, K.ARRIVED, 220)
    with pytest.raises(NotVisible):
        service.correct(session, second, made.code, CorrectionDraft(uid=uuid4(), event=ours.uid, facts=None))
    right = CorrectionDraft(uid=uuid4(), event=theirs.uid, facts=event(K.ARRIVED, 228))
    first, same = (service.correct(session, second, made.code, right) for _turn in range(2))
    assert first.id == same.id
    assert now(made.code, leader).state is EvacuationState.ALL_SAFE
    with clock.at(clock.now() + timedelta(minutes=1)):
        service.correct(session, leader, made.code, CorrectionDraft(uid=uuid4(), event=first.uid, facts=None))
    assert now(made.code, leader).state is EvacuationState.ON_THE_WAY
    with pytest.raises(NotVisible):
        service.correct(session, leader, made.code, CorrectionDraft(uid=uuid4(), event=uuid4(), facts=None))


def test_a_uid_of_another_evacuation_is_refused_in_words(leader, session):
    first, other = planned(leader), planned(leader)
    said = told(leader, first.code, K.DEPARTED, 5)
    with pytest.raises(Invalid):
        service.report(session, leader, other.code, event(K.DEPARTED, 5, uid=said.uid))


def test_groups_join_and_leave_and_what_they_said_stays(leader, second, session):
    made = planned(leader)
    service.work_with(session, leader, made.code, [second.partner_id], version=made.version)
    told(second, made.code, K.ARRIVED, 40)
    with pytest.raises(Stale):
        service.work_with(session, leader, made.code, [], version=1)
    with pytest.raises(Invalid):
        service.work_with(session, leader, made.code, [leader.partner_id], version=now(made.code, leader).version)
    service.work_with(session, leader, made.code, [], version=now(made.code, leader).version)
    assert now(made.code, leader).people_safe == 40
    with pytest.raises(NotVisible):
        now(made.code, second)


def ended(leader, days):
    """An evacuation with words, that ended so many days ago."""
    made = planned(leader)
    day = clock.today() - timedelta(days)
    told(leader, made.code, K.DEPARTED, heads=LOIKAW, happened_on=day, place="the ferry", note="two at a time")
    told(leader, made.code, K.ARRIVED, heads=LOIKAW, happened_on=day)
    return made


def test_words_fade_thirty_days_after_the_end_and_counts_stay(leader, command):
    old, newer, open_one = ended(leader, 30), ended(leader, 29), planned(leader)
    assert "1 evacuations faded, 1 notes deleted" in command("retention", "run").output

    faded = now(old.code, leader)
    assert (faded.origin_sealed, faded.note_sealed, faded.faded_at) == (None, None, clock.now())
    assert (faded.people_out, faded.people_safe, faded.state) == (228, 228, EvacuationState.ALL_SAFE)
    assert sum(count.people for count in rows(EvacuationCount)) == 228 * 7
    assert len(rows(EvacuationPrivate)) == 1
    for kept in (newer, open_one):
        assert now(kept.code, leader).origin == "behind the old market"

    assert "0 evacuations faded, 0 notes deleted" in command("retention", "run").output
    assert audited().count("evacuation.faded") == 1
    with clock.at(clock.now() + timedelta(days=1)):
        assert "1 evacuations faded" in command("retention", "run").output


def partly(leader):
    told(leader, (made := planned(leader)).code, K.DEPARTED, heads=LOIKAW, place="the ferry")
    told(leader, made.code, K.ARRIVED, 227, happened_on=date(2026, 8, 12))
    return made


def two_convoys(leader):
    made = partly(leader)
    told(leader, made.code, K.DEPARTED, 40, happened_on=date(2026, 8, 15))
    return made


def one_unaccounted_for(leader):
    made = planned(leader, planned_on=date(2026, 8, 10))
    told(leader, made.code, K.DEPARTED, heads=LOIKAW, note="two at a time")
    return made


def planned_only(leader):
    return planned(leader, planned_on=date(2026, 8, 25))


def planned_without_a_day(leader):
    return planned(leader)


@pytest.mark.parametrize(
    ("begin", "last"),
    [
        (partly, date(2026, 8, 12)),
        (two_convoys, date(2026, 8, 15)),
        (one_unaccounted_for, date(2026, 8, 18)),
        (planned_only, date(2026, 8, 25)),
        (planned_without_a_day, date(2026, 8, 18)),
    ],
)
def test_what_never_ends_in_the_books_fades_after_its_last_arrival_or_word(leader, begin, last):
    made = begin(leader)
    before = now(made.code, leader)
    counts = (before.people_out, before.people_safe, before.state, before.ended_on)
    for days, faded in ((29, 0), (30, 1), (31, 0)):
        with transaction() as writing:
            assert fading.fade(writing, OPERATOR, last + timedelta(days)).evacuations == faded, days
    after = now(made.code, leader)
    assert (after.origin_sealed, after.note_sealed, rows(EvacuationPrivate)) == (None, None, [])
    assert (after.people_out, after.people_safe, after.state, after.ended_on) == counts


def test_what_is_heard_of_again_is_kept_longer(leader):
    made = one_unaccounted_for(leader)
    with clock.at(factories.NOW + timedelta(days=20)):
        told(leader, made.code, K.COUNTED, 228, happened_on=date(2026, 9, 6))
    for day, faded in ((date(2026, 10, 6), 0), (date(2026, 10, 7), 1)):
        with transaction() as session:
            assert fading.fade(session, OPERATOR, day).evacuations == faded


def test_after_it_faded_counts_may_come_and_words_may_not(leader, command, session):
    made = ended(leader, 40)
    command("retention", "run")
    late = service.report(session, leader, made.code, event(K.INCIDENT, 1, place="the ferry", note="by the bridge"))
    right = CorrectionDraft(uid=uuid4(), event=late.uid, facts=event(K.INCIDENT, 2, note="by the bridge"))
    corrected = service.correct(session, leader, made.code, right)
    assert (late.private_digest, corrected.private_digest, rows(EvacuationPrivate)) == (None, None, [])
    assert now(made.code, leader).people_other == 2


def test_fading_waits_for_a_report_at_the_same_moment(app, leader, world, dialect):
    """It tells of a later day, so that this one is kept; what else is over fades all the same."""
    first, second = ended(leader, 40), ended(leader, 40)

    def fade():
        with app.app_context(), clock.at(factories.NOW), transaction() as session:
            return fading.fade(session, OPERATOR, clock.today())

    def waits():
        with world.engine.connect() as connection:
            return connection.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted"))

    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            service.report(session, leader, second.code, event(K.INCIDENT, 1, note="by the bridge"))
            fades = pool.submit(fade)
            while dialect == "postgresql" and not fades.done() and not waits():
                wait([fades], 0.02)
        assert fades.result() == fading.Faded(evacuations=1, notes=1)
    assert [now(one.code, leader).faded_at is None for one in (first, second)] == [False, True]
    assert len(rows(EvacuationPrivate)) == 2


def test_only_the_operator_lets_fade(leader, session):
    with pytest.raises(Refused):
        fading.fade(session, leader, clock.today())
    assert fading.fade(session, OPERATOR, clock.today()).evacuations == 0


def test_what_was_said_is_never_changed_or_deleted(leader, world):
    made = planned(leader)
    told(leader, made.code, K.DEPARTED, 5)
    for sql in (
        "UPDATE evacuation_event SET vehicles = 1",
        "DELETE FROM evacuation_count",
        "DELETE FROM evacuation_event",
    ):
        with pytest.raises(sa.exc.DBAPIError), world.engine.begin() as connection:
            connection.execute(sa.text(sql))


def test_a_plan_may_name_nobody_who_is_not_a_group(leader, session):
    donor = factories.actor("donor")
    with pytest.raises(Invalid) as refused:
        service.plan(session, leader, draft(donor))
    assert refused.value.field == "groups"
    assert service.plan(session, leader, replace(draft(), uid=uuid4())).id
