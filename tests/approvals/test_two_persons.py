"""What one person may not do alone: asked, agreed to by another human, done once; alone only after a day, and marked so."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from aidnet import audit, clock
from aidnet.accounts.models import AccountState, Membership
from aidnet.approvals.models import Act, Approval, ApprovalState, PayoutLimit
from aidnet.approvals.service import AskedAlready, Decided, TooEarly
from aidnet.audit.models import AuditEntry
from aidnet.db import transaction
from aidnet.errors import NotVisible, Refused
from aidnet.funding import service
from aidnet.funding.closing import NotEmpty
from aidnet.funding.contributions import FundClosed
from aidnet.funding.ledger import MovedOn
from aidnet.funding.models import ContributionState, Fund, FundState, Payout, PayoutState
from aidnet.funding.payouts import SamePerson
from aidnet.ledger.models import LedgerEvent
from aidnet.policy import OPERATOR, Role, unscoped
from tests import factories
from tests.approvals.people import Staffed, present
from tests.funding.books import Books, act
from tests.funding.test_ledger import at_once


@pytest.fixture
def books(app: Flask) -> Staffed:
    made = Staffed()
    made.give(1_000_00)
    return made


def again(row: Payout | Fund | Approval) -> Payout | Fund | Approval:
    with transaction() as session:
        return session.scalars(unscoped(sa.select(type(row)).where(type(row).id == row.id), because="a test")).one()


def events() -> int:
    with transaction() as session:
        return session.scalars(unscoped(sa.select(sa.func.count(LedgerEvent.id)), because="a test")).one()


def actions() -> list[str]:
    with transaction() as session:
        return list(session.scalars(unscoped(sa.select(AuditEntry.action).order_by(AuditEntry.id), because="a test")))


def test_up_to_the_limit_one_person_sends(books: Staffed) -> None:
    assert books.send(90_00, fee_minor=10_00).state is PayoutState.SENT
    assert not books.requests()


def test_above_the_limit_no_money_moves_before_another_agrees(books: Staffed) -> None:
    before = events()
    payout = books.send(100_01)
    (asked,) = books.requests()
    assert payout.state is PayoutState.WAITING
    assert (asked.act, asked.subject_code, asked.amount_minor) == (Act.PAYOUT, payout.code, 100_01)
    assert asked.opens_at is None
    assert events() == before
    assert books.in_fund() == 1_000_00
    assert not books.faults()

    act(service.agree, books.auditor, asked.code)
    assert again(payout).state is PayoutState.SENT
    assert books.in_fund() == 899_99
    assert again(asked).decided_by_id == books.auditor.user_id
    assert actions()[-2:] == ["payout.sent", "approval.agreed"]
    assert not books.faults()


def test_the_fee_counts_toward_the_limit(books: Staffed) -> None:
    assert books.send(1_00, fee_minor=99_01).state is PayoutState.WAITING


def test_it_is_sent_on_the_day_of_the_second_word(books: Staffed) -> None:
    payout = books.send(500_00)
    later = clock.now() + timedelta(days=3)
    with clock.at(later):
        act(service.agree, books.auditor, books.requests()[0].code)
    assert again(payout).sent_on == later.date()


def test_who_asked_agrees_in_no_role(books: Staffed) -> None:
    books.send(500_00)
    (asked,) = books.requests()
    with transaction() as session:
        person = session.scalars(
            unscoped(sa.select(factories.User).where(factories.User.id == books.treasurer.user_id), because="a test")
        ).one()
    for role in (Role.AUDITOR, Role.ADMIN):
        with pytest.raises(NotVisible):
            act(service.agree, factories.actor(role, person=person), asked.code)
    with pytest.raises(NotVisible):
        act(service.agree, books.treasurer, asked.code)
    with pytest.raises(NotVisible):
        act(service.refuse, books.treasurer, asked.code)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.LOGGER, Role.DONOR])
def test_nobody_outside_the_network_agrees(books: Staffed, role: Role) -> None:
    books.send(500_00)
    with pytest.raises(NotVisible):
        act(service.agree, factories.actor(role), books.requests()[0].code)


def test_refused_and_taken_back_payouts_are_not_sent(books: Staffed) -> None:
    first, second = books.send(300_00), books.send(300_00)
    one, two = books.requests()
    act(service.refuse, books.admin, one.code)
    with pytest.raises(NotVisible):
        act(service.take_back, books.admin, two.code)
    act(service.take_back, books.treasurer, two.code)
    assert again(first).state is again(second).state is PayoutState.DECLINED
    assert (again(one).state, again(two).state) == (ApprovalState.REFUSED, ApprovalState.WITHDRAWN)
    with pytest.raises(Decided):
        act(service.agree, books.auditor, one.code)
    assert books.in_fund() == 1_000_00
    assert not books.faults()


def test_the_same_form_asks_once(books: Staffed) -> None:
    uid = uuid4()
    assert books.send(500_00, uid=uid).id == books.send(500_00, uid=uid).id
    assert len(books.requests()) == 1


def test_two_who_agree_at_once_send_once(app: Flask, books: Staffed) -> None:
    books.send(500_00)
    code = books.requests()[0].code
    done = at_once(app, [lambda who=who: act(service.agree, who, code) for who in (books.auditor, books.admin) * 2])
    assert sum(isinstance(one, Approval) for one in done) == 1
    assert sum(isinstance(one, Decided) for one in done) == 3
    assert books.in_fund() == 500_00
    assert not books.faults()


def test_of_sixteen_that_wait_for_the_last_money_one_is_sent(app: Flask, books: Staffed) -> None:
    payouts = [books.send(600_00) for _ in range(16)]
    codes = [one.code for one in books.requests()]
    done = at_once(app, [lambda code=code: act(service.agree, books.auditor, code) for code in codes])
    assert sum(isinstance(one, Approval) for one in done) == 1
    states = [again(payout).state for payout in payouts]
    assert states.count(PayoutState.SENT) == 1
    assert states.count(PayoutState.WAITING) == 15
    assert books.in_fund() == 400_00
    assert not books.faults()


def test_who_agreed_to_a_payout_does_not_confirm_it_for_the_group(books: Staffed) -> None:
    payout = books.send(500_00)
    act(service.agree, books.auditor, books.requests()[0].code)
    with transaction() as session:
        found = sa.select(factories.User).where(factories.User.id == books.auditor.user_id)
        person = session.scalars(unscoped(found, because="a test")).one()
    both = factories.actor(Role.COORDINATOR, at=books.group, person=person)
    with pytest.raises(SamePerson):
        books.confirm(payout, 500_00, by=both)


def test_while_one_person_sets_the_network_up_nobody_is_asked(app: Flask) -> None:
    books = Books()
    books.give(1_000_00)
    admin = factories.actor(Role.ADMIN)
    present(books.treasurer)
    with transaction() as session:
        session.add(PayoutLimit(currency="USD", limit_minor=1))
        audit.record(session, OPERATOR, "limit.changed", books.fund)
    assert books.send(500_00).state is PayoutState.SENT
    present(admin)
    assert books.send(200_00).state is PayoutState.WAITING


def test_where_nobody_else_is_left_it_opens_after_a_day_and_is_marked(books: Staffed) -> None:
    _leave(books.auditor.membership_id, books.admin.membership_id)
    payout = books.send(500_00)
    (asked,) = books.requests()
    assert asked.opens_at == clock.now() + timedelta(hours=24)
    with pytest.raises(TooEarly):
        act(service.do_alone, books.treasurer, asked.code)
    with clock.at(clock.now() + timedelta(hours=24)):
        act(service.do_alone, books.treasurer, asked.code)
    assert again(payout).state is PayoutState.SENT
    assert again(asked).alone is True
    assert actions()[-1] == "approval.done-alone"


def test_where_a_second_person_was_there_no_wait_is_enough(books: Staffed) -> None:
    books.send(500_00)
    with clock.at(clock.now() + timedelta(days=30)), pytest.raises(TooEarly):
        act(service.do_alone, books.treasurer, books.requests()[0].code)


def test_alone_it_takes_the_right_to_the_act(books: Staffed) -> None:
    _leave(books.auditor.membership_id, books.admin.membership_id)
    books.send(500_00)
    with transaction() as session:
        found = sa.select(factories.User).where(factories.User.id == books.treasurer.user_id)
        person = session.scalars(unscoped(found, because="a test")).one()
    as_auditor = factories.actor(Role.AUDITOR, person=person)
    with clock.at(clock.now() + timedelta(days=2)), pytest.raises(Refused):
        act(service.do_alone, as_auditor, books.requests()[0].code)


def _leave(*memberships: int | None) -> None:
    with transaction() as session:
        rows = sa.select(Membership).where(Membership.id.in_(memberships))
        for row in session.scalars(unscoped(rows, because="a test")):
            row.state = AccountState.SUSPENDED
            audit.record(session, OPERATOR, "membership.suspended", row)


def test_undoing_what_was_confirmed_waits(books: Staffed) -> None:
    payout = books.confirm(books.send(50_00), 50_00)
    asked = books.undo(books.last_word(payout))
    assert isinstance(asked, Approval)
    assert (asked.act, asked.amount_minor, asked.responder_id) == (Act.REVERSAL, 50_00, books.group.id)
    assert books.held() == 50_00
    with pytest.raises(AskedAlready):
        books.undo(books.last_word(payout))
    act(service.agree, books.admin, asked.code)
    assert (again(payout).state, books.held()) == (PayoutState.SENT, 0)
    assert not books.faults()


def test_what_moved_on_meanwhile_still_waits(books: Staffed) -> None:
    payout = books.confirm(books.send(50_00), 50_00)
    asked = books.undo(books.last_word(payout))
    books.spend(40_00)
    with pytest.raises(MovedOn):
        act(service.agree, books.admin, asked.code)
    assert again(asked).state is ApprovalState.WAITING
    assert books.held() == 10_00


def test_a_large_gift_is_undone_by_two_a_small_one_by_one(books: Staffed) -> None:
    small, large = books.give(100_00), books.give(100_01)
    books.undo(small.code)
    asked = books.undo(large.code)
    assert isinstance(asked, Approval)
    assert books.in_fund() == 1_100_01
    act(service.agree, books.auditor, asked.code)
    assert again(large).state is ContributionState.REVERSED
    assert books.in_fund() == 1_000_00


def test_an_unconfirmed_payout_and_an_expense_are_undone_by_one(books: Staffed) -> None:
    payout = books.send(50_00)
    assert isinstance(books.undo(payout.code), Payout)
    spent = books.spend(10_00)
    books.undo(spent.code, by=books.coordinator)
    assert not books.requests()


def test_a_fund_is_closed_by_two_once_it_is_empty(books: Staffed) -> None:
    def close(uid=None):
        return act(service.close_fund, books.treasurer, books.fund.id, uid=uid or uuid4())

    for empty in (
        lambda: books.confirm(payout := books.send(100_00), 100_00) and payout,
        lambda: books.spend(150_00),
    ):
        with pytest.raises(NotEmpty):
            close()
        empty()
    with pytest.raises(NotEmpty, match="in the fund"):
        close()
    books.limit(None)
    (raised,) = books.requests()
    act(service.agree, books.auditor, raised.code)
    books.confirm(books.send(900_00), 900_00)
    with pytest.raises(NotEmpty, match="held"):
        close()
    books.spend(850_00)
    asked = close()
    assert isinstance(asked, Approval)
    act(service.agree, books.auditor, asked.code)
    fund = again(books.fund)
    assert isinstance(fund, Fund)
    assert fund.state is FundState.CLOSED
    assert fund.closed_at is not None
    with pytest.raises(FundClosed):
        books.give(1_00)
    with pytest.raises(FundClosed):
        books.spend(1_00)


def test_money_owed_to_a_group_keeps_a_fund_open(books: Staffed) -> None:
    other = Books()
    other.give(1_00)
    other.confirm(other.send(1_00), 1_00)
    other.spend(5_00)
    with pytest.raises(NotEmpty, match="owed"):
        act(service.close_fund, other.treasurer, other.fund.id, uid=uuid4())


def test_what_came_in_meanwhile_keeps_a_fund_open(books: Staffed) -> None:
    other = Books()
    present(other.treasurer)
    asked = act(service.close_fund, other.treasurer, other.fund.id, uid=uuid4())
    other.give(1_00)
    with pytest.raises(NotEmpty):
        act(service.agree, books.auditor, asked.code)
    assert again(asked).state is ApprovalState.WAITING


def test_a_lower_limit_holds_at_once_a_higher_one_takes_two(books: Staffed) -> None:
    assert books.limit(50_00) is None
    assert books.send(60_00).state is PayoutState.WAITING
    asked = books.limit(200_00)
    assert asked is not None
    assert (asked.act, asked.amount_minor, asked.currency) == (Act.LIMIT, 200_00, "USD")
    with pytest.raises(AskedAlready):
        books.limit(300_00)
    assert books.send(70_00).state is PayoutState.WAITING
    with pytest.raises(NotVisible):
        act(service.agree, books.admin, asked.code)
    act(service.agree, books.treasurer, asked.code)
    assert books.send(80_00).state is PayoutState.SENT


def test_only_admins_set_limits(books: Staffed) -> None:
    for who in (books.treasurer, books.auditor, books.coordinator):
        with pytest.raises(Refused):
            books.limit(1, by=who)


def test_what_is_asked_stands_in_the_chain_without_a_reason_or_an_alias(books: Staffed) -> None:
    books.send(500_00, agent="Green umbrella", reason="the road opens on Friday")
    with transaction() as session:
        details = session.scalars(unscoped(sa.select(AuditEntry.detail), because="a test")).all()
    assert any("approval" not in detail and '"act":"payout"' in detail for detail in details)
    assert not [detail for detail in details if "umbrella" in detail.casefold() or "Friday" in detail]
