"""Gifts are followed through every hop, exact to the minor unit, in whatever order things happen."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from aidnet.db import bulk, db, transaction
from aidnet.errors import Invalid
from aidnet.funding import proof
from aidnet.funding.ledger import MovedOn, NotEnough
from aidnet.funding.models import Contribution, Rest
from aidnet.ledger.models import BudgetLine
from aidnet.policy import OPERATOR, unscoped
from aidnet.responders.models import Sector
from aidnet.trace import proof as trace_proof
from aidnet.trace.models import FlowDelay, GiftTrace, GiverTrace, Step, TraceDebt, TraceLot, TraceMove, TraceSlice
from aidnet.trace.shares import share
from tests import factories
from tests.funding.books import DAY, Books


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**12), min_size=1, max_size=40))
def test_shares_add_up_to_the_part(part: int, sizes: list[int]) -> None:
    whole = sum(sizes)
    shares = share(part, sizes)

    assert sum(shares) == (part if whole else 0)
    assert all(one >= 0 for one in shares)
    if part <= whole:
        assert all(one <= size for one, size in zip(shares, sizes, strict=True))
    for one, size in zip(shares, sizes, strict=True):
        assert not whole or abs(one * whole - part * size) < whole


@pytest.fixture
def books(app: Flask) -> Iterator[Books]:
    books = Books()
    yield books
    assert not books.faults()


def fates(gift: Contribution) -> dict[str, int]:
    """What a gift became, in words: "spent:goods" to minor units of its own currency."""
    rows = db().scalars(unscoped(sa.select(GiftTrace).where(GiftTrace.contribution_id == gift.id), because="a test"))
    return {f"{row.fate}:{row.budget_line}".rstrip(":"): row.source_minor for row in rows if row.source_minor}


def test_a_gift_that_nobody_moved_waits(books: Books) -> None:
    assert fates(books.give(50_00)) == {"waiting": 50_00}


def test_the_oldest_gift_by_ledger_order_goes_first_whatever_day_was_typed(books: Books) -> None:
    first = books.give(10_00, received_on=DAY)
    second = books.give(10_00, received_on=DAY - timedelta(days=400))
    books.send(12_00)

    assert fates(first) == {"on-the-way": 10_00}
    assert fates(second) == {"on-the-way": 2_00, "waiting": 8_00}


def test_a_gift_of_fifty_dollars_is_told_to_the_cent(books: Books) -> None:
    """The page of a giver: cost, goods, held, on its way and lost add up to what was given."""
    gift = books.give(50_00)
    payout = books.send(46_00, fee_minor=2_10, into="MMK", rate=Decimal(2000))
    books.confirm(payout, 60_000)
    books.spend(44_000, "MMK")
    books.spend(6_000, "MMK", line=BudgetLine.TRANSPORT)
    later = books.send(1_90)
    books.lose(later)

    became = fates(gift)
    assert became == {
        "cost": 2_10,
        "on-the-way": 46_00 - 30_00,
        "spent:goods": 22_00,
        "spent:transport": 3_00,
        "held": 5_00,
        "lost": 1_90,
    }
    assert sum(became.values()) == 50_00


def test_inside_a_payout_everything_falls_on_its_givers_in_proportion(books: Books) -> None:
    small, large = books.give(25_00), books.give(75_00)
    books.confirm(books.send(100_00), 96_00, rest=Rest.COST)
    books.spend(48_00)

    assert fates(small) == {"cost": 1_00, "spent:goods": 12_00, "held": 12_00}
    assert fates(large) == {"cost": 3_00, "spent:goods": 36_00, "held": 36_00}


def test_an_earmarked_gift_feeds_only_its_purpose_and_waits_for_it(books: Books) -> None:
    other = factories.responder()
    for_food = books.give(30_00, earmark_sector=Sector.FSC)
    for_other = books.give(30_00, earmark_responder=other.id)
    free = books.give(10_00)
    with pytest.raises(Invalid, match="10"):
        books.send(11_00)
    books.send(4_00)
    assert (fates(for_food), fates(for_other)) == ({"waiting": 30_00}, {"waiting": 30_00})
    books.send(33_00, purpose_sector=Sector.FSC)

    assert fates(for_food) == {"on-the-way": 30_00}
    assert fates(for_other) == {"waiting": 30_00}
    assert fates(free) == {"on-the-way": 7_00, "waiting": 3_00}


def test_money_for_a_region_feeds_a_payout_to_its_district_but_not_the_other_way(books: Books) -> None:
    district, state = factories.place("MMR005D002"), factories.place("MMR005")
    for_region = books.give(10_00, earmark_place_id=state.id)
    for_district = books.give(10_00, earmark_place_id=district.id)
    books.send(10_00, purpose_place_id=state.id)
    assert (fates(for_region), fates(for_district)) == ({"on-the-way": 10_00}, {"waiting": 10_00})
    books.send(10_00, purpose_place_id=district.id)

    assert fates(for_district) == {"on-the-way": 10_00}


def test_what_is_bought_on_credit_is_nobodys_until_money_arrives(books: Books) -> None:
    gift = books.give(20_00)
    payout = books.send(15_00)
    expense = books.spend(9_00)
    assert fates(gift) == {"on-the-way": 15_00, "waiting": 5_00}
    books.confirm(payout, 15_00)
    assert fates(gift) == {"spent:goods": 9_00, "held": 6_00, "waiting": 5_00}

    books.undo(expense.code)
    assert fates(gift) == {"held": 15_00, "waiting": 5_00}


def test_older_debts_are_settled_first_and_again_when_one_is_undone(books: Books) -> None:
    gift = books.give(20_00)
    payout = books.send(8_00)
    first, second = books.spend(6_00), books.spend(6_00, line=BudgetLine.MEDICINE)
    books.confirm(payout, 8_00)
    assert fates(gift) == {"spent:goods": 6_00, "spent:medicine": 2_00, "waiting": 12_00}
    books.undo(first.code)
    assert fates(gift) == {"spent:medicine": 6_00, "held": 2_00, "waiting": 12_00}
    books.undo(second.code)

    assert fates(gift) == {"held": 8_00, "waiting": 12_00}


def test_an_undone_arrival_leaves_its_debts_open_again(books: Books) -> None:
    gift = books.give(40_00)
    first = books.send(10_00)
    books.spend(6_00)
    books.confirm(first, 10_00)
    books.confirm(books.send(20_00), 20_00)
    word = books.last_word(first)
    books.undo(word)

    assert fates(gift) == {"on-the-way": 10_00, "held": 14_00, "spent:goods": 6_00, "waiting": 10_00}


def test_a_gift_is_given_back_only_out_of_itself(books: Books) -> None:
    first, second = books.give(10_00), books.give(10_00)
    books.send(6_00)
    with pytest.raises(NotEnough):
        books.refund(first, 5_00)
    books.refund(first, 4_00)

    assert fates(first) == {"on-the-way": 6_00, "returned": 4_00}
    assert fates(second) == {"waiting": 10_00}


def test_a_gift_whose_money_moved_on_is_not_undone_though_another_would_do(books: Books) -> None:
    first = books.give(10_00)
    books.give(10_00)
    payout = books.send(6_00)
    with pytest.raises(MovedOn) as refused:
        books.undo(first.code)

    assert payout.code in str(refused.value.shown)
    assert fates(first) == {"on-the-way": 6_00, "waiting": 4_00}


def test_money_changed_in_the_fund_keeps_its_age_and_its_earmark(books: Books) -> None:
    old = books.give(10_00)
    marked = books.give(10_00, earmark_sector=Sector.HEA)
    books.change(20_00, "USD", 70_000, "MMK")
    young = books.give(70_000, "MMK")
    books.send(50_000, "MMK")

    assert fates(old) == {"on-the-way": 10_00}
    assert fates(marked) == {"waiting": 10_00}
    assert fates(young) == {"on-the-way": 15_000, "waiting": 55_000}


def test_givers_have_what_their_gifts_have(books: Books) -> None:
    donor = factories.donor()
    mine = [books.give(10_00, donor=donor.id), books.give(7_00, donor=donor.id)]
    books.give(5_00)
    books.confirm(books.send(20_00), 20_00)
    books.spend(3_33)
    statement = sa.select(GiverTrace).where(GiverTrace.donor_id == donor.id)
    rows = db().scalars(unscoped(statement, because="a test")).all()

    told = {f"{row.fate}:{row.budget_line}".rstrip(":"): row.source_minor for row in rows if row.source_minor}
    assert sum(told.values()) == 17_00
    for fate, minor in told.items():
        assert minor == sum(fates(gift).get(fate, 0) for gift in mine)
    assert sum(row.confirmed_minor for row in rows) == 17_00


def test_an_undone_act_took_no_time(books: Books) -> None:
    books.give(10_00, received_on=DAY - timedelta(days=9))
    payout = books.send(10_00)
    books.confirm(payout, 10_00)
    expense = books.spend(4_00)

    def days() -> dict[tuple[Step, int], int]:
        rows = db().scalars(unscoped(sa.select(FlowDelay), because="a test")).all()
        return {(row.step, row.days): row.source_minor for row in rows if row.source_minor}

    assert days() == {(Step.RECEIVED_TO_CONFIRMED, 9): 10_00, (Step.CONFIRMED_TO_SPENT, 0): 4_00}
    books.undo(expense.code)
    assert days() == {(Step.RECEIVED_TO_CONFIRMED, 9): 10_00}
    books.undo(books.last_word(payout))
    assert days() == {}


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("UPDATE trace_lot SET left_minor = left_minor + 1 WHERE id = 1", "trace_lot 1"),
        ("UPDATE trace_slice SET source_minor = source_minor + 1 WHERE lot_id = 1", "trace_slice 1"),
        ("UPDATE gift_trace SET source_minor = source_minor + 1 WHERE fate = 'waiting'", "gift_trace"),
        ("UPDATE giver_trace SET confirmed_minor = 1 WHERE fate = 'waiting'", "giver_trace"),
        ("UPDATE flow_delay SET days = 77", "flow_delay"),
        ("UPDATE trace_debt SET left_minor = 0", "trace_debt 1"),
    ],
)
def test_the_check_names_what_is_wrong_and_rebuilding_mends_it(app: Flask, damage: str, named: str) -> None:
    books = Books()
    books.give(10_00)
    books.confirm(books.send(4_00), 4_00)
    books.spend(1_00)
    books.spend(5_00)
    assert not books.faults()
    with bulk() as connection:
        connection.exec_driver_sql(damage)
    assert any(fault.startswith(named) for fault in books.faults()), books.faults()
    with transaction() as session:
        proof.rebuild(session, OPERATOR)

    assert not books.faults()


def test_money_that_moved_before_there_was_a_trace_is_followed_by_rebuilding(app: Flask) -> None:
    books = Books()
    gift = books.give(10_00, earmark_sector=Sector.FSC)
    free = books.give(10_00)
    books.confirm(books.send(12_00, purpose_sector=Sector.FSC), 12_00)
    books.spend(13_00)
    wrong = books.spend(2_00)
    books.undo(wrong.code)
    before = fates(gift), fates(free)
    with bulk() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER trace_move_no_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE trace_move DISABLE TRIGGER USER")
        for model in (TraceMove, TraceSlice, TraceLot, TraceDebt, GiftTrace, GiverTrace, FlowDelay):
            connection.execute(sa.delete(model.__table__))
    with transaction() as session:
        assert trace_proof.is_behind(session)
        proof.rebuild(session, OPERATOR)
        assert not trace_proof.is_behind(session)

    assert (fates(gift), fates(free)) == before
    assert not books.faults()
