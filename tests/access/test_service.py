"""What is in the way is reported once, renewed once a day, ended and taken back."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.access import service
from aidnet.access.service import AlreadyOver
from aidnet.audit.models import AuditEntry
from aidnet.db import transaction
from aidnet.errors import Invalid, NotVisible, Refused
from aidnet.partners.models import Partner
from aidnet.places import service as places
from aidnet.places.models import Crossing
from aidnet.policy import unscoped
from tests import factories
from tests.access.reporting import VILLAGE, draft, reported

LOOKS = "a test looks at everything"


@pytest.fixture
def coordinator(app):
    return factories.actor("coordinator")


def audited():
    """What the chain says, once the test's session is committed."""
    statement = sa.select(AuditEntry.action).where(AuditEntry.action.like("access.%")).order_by(AuditEntry.id)
    with transaction() as session:
        return list(session.scalars(unscoped(statement, because=LOOKS)))


def formal(session):
    return session.scalars(unscoped(sa.select(Crossing).where(Crossing.slug.like("myawaddy%")), because=LOOKS)).first()


def own_crossing(actor):
    with transaction() as session:
        return places.add_crossing(session, actor, places.CrossingDraft(uuid4(), "The mango tree", "TH"))


def test_sent_twice_it_is_one_report(coordinator, session):
    sent = draft(note="by the old bridge")
    first, second = (service.report(session, coordinator, sent) for _turn in range(2))

    assert first.id == second.id
    assert (first.code[:2], first.note, first.heard_on) == ("X-", "by the old bridge", clock.today())
    assert first.township_id == factories.place(VILLAGE).township_id
    assert audited() == ["access.reported"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"place": "MMR"}, "place"),
        ({"place": "no-such"}, "place"),
        ({"place": ""}, "place"),
        ({"crossing_id": 1}, "place"),
        ({"place": "", "crossing_id": 99_999}, "crossing"),
        ({"since_on": date(2026, 8, 19)}, "since_on"),
        ({"until_on": date(2026, 7, 31)}, "until_on"),
    ],
)
def test_what_cannot_be_so_is_refused_beside_its_field(coordinator, session, more, field):
    with pytest.raises(Invalid) as refused:
        service.report(session, coordinator, draft(**more))
    assert refused.value.field == field


def test_a_formal_crossing_lies_where_it_lies_and_an_own_one_nowhere(coordinator, session):
    crossing, own = formal(session), own_crossing(coordinator)
    at_formal = service.report(session, coordinator, draft("", crossing_id=crossing.id))
    at_own = service.report(session, coordinator, draft("", crossing_id=own.id))

    assert at_formal.township_id == crossing.township_id
    assert (at_own.township_id, at_own.state_id, at_own.place_id) == (None, None, None)


def test_nobody_reports_at_a_crossing_of_another_group(coordinator, session):
    own = own_crossing(factories.actor("coordinator"))
    with pytest.raises(Invalid):
        service.report(session, coordinator, draft("", crossing_id=own.id))


@pytest.mark.parametrize("role", ["donor", "treasurer", "auditor", "admin"])
def test_only_groups_report(app, session, role):
    with pytest.raises(Refused):
        service.report(session, factories.actor(role), draft())


def test_still_so_is_said_once_a_day(coordinator, session):
    code = service.report(session, coordinator, draft()).code
    with clock.at(factories.NOW + timedelta(days=3)):
        for _turn in range(2):
            row = service.renew(session, coordinator, code)
        assert row.heard_on == clock.today()
    assert audited() == ["access.reported", "access.renewed"]


def test_what_is_over_or_taken_back_is_not_renewed_nor_ended(coordinator, session):
    ended, wrong = (service.report(session, coordinator, draft()).code for _turn in range(2))
    for _turn in range(2):
        service.end(session, coordinator, ended, until_on=date(2026, 8, 17))
        service.withdraw(session, coordinator, wrong)

    for code in (ended, wrong):
        with pytest.raises(AlreadyOver):
            service.renew(session, coordinator, code)
        with pytest.raises(AlreadyOver):
            service.end(session, coordinator, code, until_on=date(2026, 8, 16))
    assert audited() == [*["access.reported"] * 2, "access.ended", "access.withdrawn"]


@pytest.mark.parametrize("day", [date(2026, 7, 31), date(2026, 8, 19)])
def test_it_ends_between_its_beginning_and_today(coordinator, session, day):
    code = service.report(session, coordinator, draft()).code
    with pytest.raises(Invalid):
        service.end(session, coordinator, code, until_on=day)


@pytest.mark.parametrize("act", [service.renew, service.withdraw])
def test_another_group_and_another_logger_change_nothing(coordinator, session, act):
    code = reported(coordinator).code
    with transaction() as looking:
        home = looking.scalars(unscoped(sa.select(Partner).where(Partner.id == coordinator.partner_id), because=LOOKS)).one()
    for somebody in (factories.actor("coordinator"), factories.actor("logger", at=home)):
        with pytest.raises(NotVisible):
            act(session, somebody, code)
    act(session, coordinator, code)
