"""What each act does to the money, and what it refuses."""

from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from aidnet import audit
from aidnet.audit.models import AuditEntry
from aidnet.crypto import keyring
from aidnet.db import db, transaction
from aidnet.deliveries.catalogue import load_catalogue
from aidnet.deliveries.models import Item
from aidnet.errors import Invalid, NotVisible
from aidnet.funding import service
from aidnet.funding.contributions import NotPledged
from aidnet.funding.drafts import ExpenseDraft, FundDraft, ReceiptDraft
from aidnet.funding.ledger import AlreadyReversed, MovedOn, NotEnough
from aidnet.funding.models import Contribution, ContributionState, ExpenseState, Fund, PayoutState, Rest
from aidnet.funding.payouts import PayoutClosed, SamePerson
from aidnet.funding.records import words_on
from aidnet.ledger.models import BudgetLine, Transfer
from aidnet.policy import OPERATOR, Role, unscoped
from tests import factories
from tests.funding.books import DAY, Books, act

LAKH = 100_000


def count(model: type) -> int:
    statement = unscoped(sa.select(sa.func.count()).select_from(model), because="a test")
    return db().scalars(statement).one()


@pytest.fixture
def books(app: Flask) -> Books:
    return Books()


def test_a_received_gift_is_in_the_fund_and_a_pledge_is_not(books: Books) -> None:
    books.give(50_00)
    books.give(70_00, received_on=None)
    assert books.in_fund() == 50_00


def test_a_pledge_brings_what_arrived(books: Books) -> None:
    pledge = books.give(70_00, received_on=None)
    act(service.receive, books.treasurer, ReceiptDraft(pledge.code, DAY, 65_00))
    act(service.receive, books.treasurer, ReceiptDraft(pledge.code, DAY, 65_00))
    assert books.in_fund() == 65_00


def test_a_withdrawn_pledge_is_not_received(books: Books) -> None:
    pledge = books.give(70_00, received_on=None)
    act(service.withdraw_pledge, books.treasurer, pledge.code)
    with pytest.raises(NotPledged):
        act(service.receive, books.treasurer, ReceiptDraft(pledge.code, DAY))


def test_an_act_sent_twice_happens_once(books: Books) -> None:
    uid = uuid4()
    assert books.give(50_00, uid=uid).id == books.give(50_00, uid=uid).id
    sent, spent, said = uuid4(), uuid4(), uuid4()
    payout = books.send(10_00, uid=sent)
    assert books.send(10_00, uid=sent).id == payout.id
    books.confirm(payout, 4_00, uid=said)
    books.confirm(payout, 4_00, uid=said)
    assert books.spend(1_00, uid=spent).id == books.spend(1_00, uid=spent).id
    assert (books.in_fund(), books.held()) == (40_00, 3_00)


def test_each_act_is_audited_once(books: Books) -> None:
    before = count(AuditEntry)
    books.give(50_00)
    payout = books.send(10_00, fee_minor=1_00)
    books.confirm(payout, 10_00)
    expense = books.spend(1_00)
    books.undo(expense.code)
    assert count(AuditEntry) - before == 5


def test_a_payout_takes_its_amount_and_its_fee(books: Books) -> None:
    books.give(50_00)
    books.send(40_00, fee_minor=2_00)
    assert books.in_fund() == 8_00


@pytest.mark.parametrize(("amount", "fee"), [(50_01, 0), (49_00, 1_01)])
def test_a_payout_beyond_the_fund_is_refused_with_what_there_is(books: Books, amount: int, fee: int) -> None:
    books.give(50_00)
    with pytest.raises(Invalid, match=r"USD 50\.00") as refusal:
        books.send(amount, fee_minor=fee)
    assert refusal.value.field == "amount"
    assert books.in_fund() == 50_00


def test_a_payout_goes_to_a_group_only(books: Books) -> None:
    books.give(50_00)
    books.group = factories.donor()
    with pytest.raises(NotVisible):
        books.send(1_00)


def test_what_arrives_in_another_currency_stands_for_its_part_of_what_was_sent(books: Books) -> None:
    books.give(100_00)
    payout = books.send(100_00, into="MMK", rate=Decimal(3))
    assert payout.expected_minor == 300
    for part in (100, 100, 99):
        payout = books.confirm(payout, part)
        assert payout.state is PayoutState.PARTIAL
    payout = books.confirm(payout, 1)
    assert payout.state is PayoutState.CONFIRMED
    assert books.held("MMK") == 300
    changed = [
        row
        for row in db().scalars(unscoped(sa.select(Transfer).order_by(Transfer.id), because="a test"))
        if row.kind == "confirmation" and row.currency == "USD"
    ]
    assert [row.amount_minor for row in changed] == [33_33, 33_33, 33_00, 34]
    assert sum(row.amount_minor for row in changed) == 100_00


def test_more_may_arrive_than_was_expected_when_the_rate_was_better(books: Books) -> None:
    books.give(100_00)
    payout = books.confirm(books.send(100_00, into="MMK", rate=Decimal(4000)), 410_000)
    assert payout.state is PayoutState.CONFIRMED
    assert books.held("MMK") == 410_000


def test_more_cannot_arrive_than_was_sent_in_the_same_currency(books: Books) -> None:
    books.give(100_00)
    payout = books.send(50_00)
    with pytest.raises(Invalid, match=r"USD 50\.00"):
        books.confirm(payout, 50_01)


@pytest.mark.parametrize(("rest", "state"), [(Rest.COST, PayoutState.CONFIRMED), (Rest.LOST, PayoutState.LOST)])
def test_the_last_word_says_what_became_of_the_rest(books: Books, rest: Rest, state: PayoutState) -> None:
    books.give(100_00)
    payout = books.confirm(books.send(50_00), 48_00, rest=rest)
    assert payout.state is state
    assert books.held() == 48_00
    with pytest.raises(PayoutClosed):
        books.confirm(payout, 1_00)
    assert not books.faults()


def test_a_payout_that_never_came_is_lost_whole(books: Books) -> None:
    books.give(100_00)
    assert books.lose(books.send(50_00, into="MMK", rate=Decimal(4000))).state is PayoutState.LOST
    assert books.held("MMK") == 0


def test_nothing_is_no_word(books: Books) -> None:
    books.give(100_00)
    payout = books.send(50_00)
    for rest in (Rest.COMING, Rest.COST):
        with pytest.raises(Invalid):
            books.confirm(payout, 0, rest=rest)


def test_who_sent_money_does_not_confirm_it_in_another_role(books: Books) -> None:
    books.give(100_00)
    payout = books.send(50_00)
    person = factories.user(password=None)
    person.id = books.treasurer.user_id  # type: ignore[assignment]
    as_coordinator = factories.actor(Role.COORDINATOR, at=books.group, person=person)
    for actor in (as_coordinator, books.treasurer):
        with pytest.raises(SamePerson):
            books.confirm(payout, 50_00, by=actor)
    assert books.confirm(payout, 50_00).state is PayoutState.CONFIRMED


def test_a_treasurer_may_type_the_receivers_word_and_it_is_marked(books: Books) -> None:
    books.give(100_00)
    payout = books.send(50_00)
    books.confirm(payout, 50_00, by=books.treasurer)
    (word,) = words_on(db(), books.coordinator, payout.code)
    assert word.confirmation.by_treasurer


def test_spending_beyond_the_purse_is_owed_and_settled_by_the_next_payout(books: Books) -> None:
    books.give(100_00)
    books.confirm(books.send(10_00), 10_00)
    books.spend(25_00)
    assert books.held() == -15_00
    books.confirm(books.send(20_00), 20_00)
    assert books.held() == 5_00


def test_the_network_spends_no_more_than_the_fund_has(books: Books) -> None:
    books.give(100_00)
    books.spend(60_00, by=books.treasurer)
    with pytest.raises(NotEnough, match=r"USD 40\.00"):
        books.spend(60_00, by=books.treasurer)


def test_a_group_loses_no_more_than_it_holds(books: Books) -> None:
    books.give(100_00)
    books.confirm(books.send(10_00), 10_00)
    books.lose_held(4_00)
    with pytest.raises(NotEnough, match=r"USD 6\.00"):
        books.lose_held(7_00)


def test_a_group_spends_before_it_ever_held_anything(books: Books) -> None:
    draft = ExpenseDraft(uuid4(), BudgetLine.TRANSPORT, 3 * LAKH, "MMK", DAY)
    expense = act(service.record_expense, books.coordinator, draft)
    assert books.held("MMK", expense.fund_id) == -3 * LAKH


def test_a_gift_to_a_group_is_in_its_own_purse(books: Books) -> None:
    first, second = books.gift(5 * LAKH), books.gift(1 * LAKH)
    assert first.fund_id == second.fund_id
    assert books.held("MMK", first.fund_id) == 6 * LAKH
    assert books.in_fund("MMK") == 0


def test_a_gift_of_things_is_no_money(books: Books) -> None:
    with transaction() as session:
        load_catalogue(session)
        item = session.scalars(unscoped(sa.select(Item).limit(1), because="a test")).one()
        audit.record(session, OPERATOR, "catalogue.loaded", item)
    moved = count(Transfer)
    gift = books.gift(None, None, item_id=item.id, quantity_milli=30_000)  # type: ignore[arg-type]
    assert (gift.amount_minor, gift.unit) == (None, item.unit)
    assert count(Transfer) == moved
    assert books.undo(gift.code).state is ContributionState.REVERSED
    assert not books.faults()


def test_an_earmark_is_no_finer_than_a_district(books: Books) -> None:
    with pytest.raises(Invalid):
        books.give(1_00, earmark_place_id=factories.place("MMR005016").id)
    books.give(1_00, earmark_place_id=factories.place("MMR005").id)


def test_no_more_is_given_back_than_was_given(books: Books) -> None:
    gift = books.give(50_00)
    books.give(50_00)
    books.refund(gift, 30_00)
    with pytest.raises(Invalid):
        books.refund(gift, 20_01)
    books.refund(gift, 20_00)
    assert books.in_fund() == 50_00


def test_a_treasurer_cannot_spend_for_a_group(books: Books) -> None:
    purse = books.gift(LAKH).fund_id
    with pytest.raises(NotVisible):
        books.spend(1_00, by=books.treasurer, fund=purse)


@pytest.mark.parametrize("role", [Role.DONOR, Role.AUDITOR, Role.ADMIN, Role.LOGGER, Role.COORDINATOR])
def test_only_a_treasurer_takes_money_out_of_a_fund(books: Books, role: Role) -> None:
    books.give(50_00)
    treasurer, books.treasurer = books.treasurer, factories.actor(role)
    with pytest.raises(NotVisible):
        books.send(1_00)
    books.treasurer = treasurer
    books.send(1_00)


def test_a_foreign_coordinator_confirms_nothing(books: Books) -> None:
    books.give(50_00)
    payout = books.send(1_00)
    with pytest.raises(NotVisible):
        books.confirm(payout, 1_00, by=factories.actor(Role.COORDINATOR))


# Undoing


def test_an_undone_gift_leaves_the_fund_and_says_so(books: Books) -> None:
    gift = books.give(50_00)
    assert books.undo(gift.code).state is ContributionState.REVERSED
    assert books.in_fund() == 0
    with pytest.raises(AlreadyReversed):
        books.undo(gift.code)


def test_a_gift_that_was_paid_out_is_undone_only_after_the_payout(books: Books) -> None:
    gift = books.give(50_00)
    payout = books.send(20_00)
    with pytest.raises(MovedOn, match=payout.code):
        books.undo(gift.code)
    assert books.undo(payout.code).state is PayoutState.REVERSED
    books.undo(gift.code)
    assert books.in_fund() == 0


def test_a_payout_with_a_word_on_it_is_undone_only_after_the_word(books: Books) -> None:
    books.give(50_00)
    payout = books.send(20_00, fee_minor=1_00)
    books.confirm(payout, 5_00)
    (word,) = words_on(db(), books.treasurer, payout.code)
    with pytest.raises(MovedOn, match=word.code):
        books.undo(payout.code)
    assert books.undo(word.code).state is PayoutState.SENT
    books.undo(payout.code)
    assert books.in_fund() == 50_00
    assert not books.faults()


def test_confirmed_money_that_was_spent_is_undone_only_after_the_spending(books: Books) -> None:
    books.give(50_00)
    payout = books.send(20_00)
    books.confirm(payout, 20_00)
    expense = books.spend(5_00)
    (word,) = words_on(db(), books.treasurer, payout.code)
    with pytest.raises(MovedOn, match=expense.code):
        books.undo(word.code)
    assert books.undo(expense.code, by=books.coordinator).state is ExpenseState.REVERSED
    assert books.undo(word.code).confirmed_minor == 0


def test_a_gift_of_which_some_went_back_is_undone_only_after_that(books: Books) -> None:
    gift = books.give(50_00)
    books.give(50_00)
    back = books.refund(gift, 10_00)
    with pytest.raises(MovedOn, match=back.code):
        books.undo(gift.code)


def test_an_undoing_sent_twice_happens_once(books: Books) -> None:
    gift, uid = books.give(50_00), uuid4()
    for _ in range(2):
        act(service.reverse, books.treasurer, gift.code, uid=uid)
    assert not books.faults()


def test_a_coordinator_undoes_own_records_only(books: Books) -> None:
    books.give(50_00)
    books.confirm(books.send(20_00), 20_00)
    expense, gift = books.spend(5_00), books.gift(LAKH)
    foreign = factories.actor(Role.COORDINATOR)
    for code in (expense.code, gift.code):
        with pytest.raises(NotVisible):
            books.undo(code, by=foreign)
        books.undo(code, by=books.coordinator)


@pytest.mark.parametrize("code", ["C-0000-0000", "L-0000-0000", "Y-0000-0000", "E-0000-0000"])
def test_what_is_not_there_is_not_undone(books: Books, code: str) -> None:
    with pytest.raises(NotVisible):
        books.undo(code)


def test_a_giver_is_found_again_without_being_readable(books: Books, app: Flask) -> None:
    gift = books.give(50_00, giver="Daw Mya  Mya")
    assert gift.giver == "Daw Mya  Mya"
    raw = (
        db()
        .execute(
            unscoped(
                sa.select(Contribution.giver_sealed, Contribution.giver_index).where(Contribution.id == gift.id),
                because="a test",
            )
        )
        .one()
    )
    assert b"Mya" not in raw[0]
    assert raw[1] == keyring().blind("giver", "daw mya mya")


def test_no_two_funds_share_a_name(books: Books) -> None:
    uid = uuid4()
    made = act(service.open_fund, books.treasurer, FundDraft(uid, "Flood", "Food"))
    assert act(service.open_fund, books.treasurer, FundDraft(uid, "Flood", "Food")).id == made.id
    with pytest.raises(Invalid):
        act(service.open_fund, books.treasurer, FundDraft(uuid4(), "FLOOD", "Food"))
    assert count(Fund) == 2
