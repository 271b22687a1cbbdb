"""Spending: split over deliveries, on credit, cash at a hand-out, and typed by a treasurer on a group's word."""

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from aidnet.db import transaction
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.drafts import CorrectionDraft
from aidnet.deliveries.models import Delivery, DeliveryEvent, EventKind
from aidnet.errors import Invalid, NotVisible
from aidnet.funding.drafts import ShareDraft
from aidnet.funding.models import Expense, ExpenseShare
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Role, unscoped
from tests import factories
from tests.deliveries.shared import logged, ready, rice_and_oil
from tests.funding.books import Books
from tests.world import Client

TOLD = "a test looks at everything"
NEW = "/funding/expenses/new"


@pytest.fixture
def books(app: Flask) -> Books:
    made = Books()
    made.give(1_000_00)
    made.send(100_00)
    return made


@pytest.fixture
def coordinator(books: Books, sign_in) -> Client:
    return sign_in(books.coordinator)


@pytest.fixture
def delivery(books: Books) -> Delivery:
    ready()
    return logged(books.coordinator)


def shares_of(expense: Expense) -> dict[int, int]:
    statement = sa.select(ExpenseShare).where(ExpenseShare.expense_id == expense.id)
    with transaction() as session:
        return {one.delivery_id: one.amount_minor for one in session.scalars(unscoped(statement, because=TOLD))}


def handouts_of(delivery: Delivery) -> list[DeliveryEvent]:
    statement = (
        sa.select(DeliveryEvent)
        .where(DeliveryEvent.delivery_id == delivery.id, DeliveryEvent.kind == EventKind.DISTRIBUTED)
        .order_by(DeliveryEvent.id)
    )
    with transaction() as session:
        return list(session.scalars(unscoped(statement, because=TOLD)))


@settings(max_examples=25, deadline=None)
@given(
    whole=st.integers(1, 10**9),
    parts=st.lists(st.none() | st.integers(1, 10**9), max_size=4),
)
def test_parts_are_never_more_than_the_whole(
    books: Books, delivery: Delivery, whole: int, parts: list[int | None]
) -> None:
    carried = [delivery, *_more_deliveries(books)]
    drafts = [ShareDraft(one.code, part) for one, part in zip(carried, parts, strict=False)]
    typed = sum(part or 0 for part in parts)
    room = whole - typed
    fits = parts.count(None) <= 1 and room >= 0 and not (None in parts and room == 0)
    if not fits:
        with pytest.raises(Invalid):
            books.spend(whole, "MMK", shares=drafts)
        return
    told = shares_of(books.spend(whole, "MMK", shares=drafts))
    assert len(told) == len(parts)
    assert sum(told.values()) == (whole if None in parts else typed) <= whole
    assert all(minor > 0 for minor in told.values())


_made: dict[int, list[Delivery]] = {}


def _more_deliveries(books: Books) -> list[Delivery]:
    """Three more plans of the same group, made once."""
    if books.group.id not in _made:
        _made.clear()
        _made[books.group.id] = [logged(books.coordinator, rice_and_oil(uid=uuid4())) for _number in range(3)]
    return _made[books.group.id]


def test_a_delivery_of_another_group_takes_no_part(books: Books, delivery: Delivery) -> None:
    other = logged(factories.actor(Role.COORDINATOR))
    for wrong in ([ShareDraft(other.code)], [ShareDraft(delivery.code, 2), ShareDraft(delivery.code, 3)]):
        with pytest.raises(Invalid) as refused:
            books.spend(5, "MMK", shares=wrong)
        assert refused.value.field == "shares"
    assert books.held("MMK") == 0


def test_spending_is_split_over_deliveries_on_the_form(books: Books, coordinator: Client, delivery: Delivery) -> None:
    second = logged(books.coordinator, rice_and_oil())
    page = coordinator.page(f"{NEW}?delivery={delivery.code}")
    assert page.form().values["shares-0-delivery"] == [delivery.code]
    page = coordinator.page(f"/deliveries/{delivery.code}")
    link = next(url for url in page.links() if NEW in url)
    form = coordinator.page(link).form()
    # Another row, as a browser without scripts asks for it; nothing typed is lost.
    again = coordinator.post(NEW, data=form.filled({"amount": "500000", "add": "shares"}))
    assert again.status_code == 200
    typed = {
        **form.filled({"amount": "500000", "fund": books.fund.code, "budget_line": "transport"}),
        "shares-0-amount": "၃ သိန်း",
        "shares-1-delivery": second.code.lower(),
        "shares-1-amount": "150000",
    }
    answer = coordinator.post(NEW, data=typed)
    assert answer.status_code == 303
    page = coordinator.page(answer.location)
    assert "MMK 300,000" in page.text
    assert "MMK 150,000" in page.text
    of_delivery = coordinator.page(f"/deliveries/{second.code}")
    assert "MMK 150,000" in of_delivery.text
    assert "MMK 300,000" not in of_delivery.text
    assert answer.location in [url.removeprefix("http://localhost") for url in of_delivery.links()]
    told = coordinator.get("/funding/expenses.csv").text
    assert (
        f"{delivery.code} 300000, {second.code} 150000" in told
        or f"{second.code} 150000, {delivery.code} 300000" in told
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"shares-0-delivery": "nonsense"}, "no delivery"),
        ({"shares-0-delivery": "D-0000-0000"}, "no delivery"),
        ({"shares-0-amount": "3"}, "no delivery"),
        ({"shares-0-delivery": "OWN", "shares-0-amount": "6"}, "more than the whole"),
    ],
)
def test_a_wrong_part_is_told_beside_it(
    books: Books, coordinator: Client, delivery: Delivery, typed: dict[str, str], said: str
) -> None:
    known = {name: delivery.code if value == "OWN" else value for name, value in typed.items()}
    page = coordinator.refused(NEW, amount="5", fund=books.fund.code, **known)
    assert said in " ".join(each.text for each in page.all("p", class_="error"))
    for name, value in known.items():
        assert page.form().values[name] == [value]


def test_what_was_spent_beyond_the_purse_is_said_until_it_is_settled(books: Books, coordinator: Client) -> None:
    payout = books.send(50_00)
    books.confirm(payout, 30_00, rest="coming")
    assert "you hold USD 30.00" in coordinator.page(NEW).text
    page = coordinator.sent(NEW, amount="45", currency="USD", fund=books.fund.code, budget_line="goods")
    sentence = f"You spent USD 15.00 more than you hold of “{books.fund.name}”: the network owes it to you."
    assert page.text.count(sentence) == 2  # told once after saving, and on the page for as long as it is so
    assert sentence in coordinator.page("/funding").text
    assert sentence in coordinator.page("/board").text
    assert "USD 15.00 is owed to you" in coordinator.page(NEW).text
    books.confirm(payout, 20_00)
    assert "owes it to you" not in coordinator.page("/funding").text + coordinator.page("/board").text
    assert books.held() == 5_00


def test_a_purse_of_ones_own_is_owed_by_nobody_else(books: Books, coordinator: Client) -> None:
    page = coordinator.sent(NEW, amount="45", currency="MMK", fund="", budget_line="goods")
    assert "more than is in your own purse" in page.text
    assert "the network owes" not in page.text


def test_cash_is_tied_to_a_hand_out(books: Books, coordinator: Client, delivery: Delivery) -> None:
    first, second = handouts_of(delivery)
    typed: dict[str, Any] = {
        "amount": "9000",
        "fund": books.fund.code,
        "budget_line": "cash-handed",
        "shares-0-delivery": delivery.code,
    }
    asked = coordinator.refused(NEW, status=200, **typed)
    options = [each.attrs["value"] for each in asked.one("select", id="handed_at").all("option")]
    assert options == ["", str(second.uid), str(first.uid)]
    assert asked.form().values["amount"] == ["9000"]
    page = coordinator.sent(asked, handed_at=str(first.uid))
    assert f"/deliveries/{delivery.code}#e-{first.uid}" in page.html
    shown = coordinator.page(f"/deliveries/{delivery.code}")
    assert f"#e-{first.uid}" in [each.attrs.get("href") for each in shown.all("a")]


def test_a_hand_out_that_was_undone_or_is_anothers_is_not_offered(books: Books, delivery: Delivery) -> None:
    first, second = handouts_of(delivery)
    with transaction() as session:
        deliveries.correct(session, books.coordinator, delivery.code, CorrectionDraft(event=first.uid, facts=None))
    other = handouts_of(logged(factories.actor(Role.COORDINATOR)))[0]
    part = [ShareDraft(delivery.code)]
    for wrong in (first.uid, other.uid, uuid4()):
        with pytest.raises(Invalid) as refused:
            books.spend(5, "MMK", line=BudgetLine.CASH_HANDED, shares=part, handed_at=wrong)
        assert refused.value.field == "handed_at"
    with pytest.raises(Invalid):
        books.spend(5, "MMK", line=BudgetLine.GOODS, shares=part, handed_at=second.uid)
    assert (
        books.spend(5, "MMK", line=BudgetLine.CASH_HANDED, shares=part, handed_at=second.uid).handed_at_id == second.id
    )


def test_a_treasurer_types_a_groups_word_and_it_is_marked(books: Books, sign_in) -> None:
    treasurer = sign_in(books.treasurer)
    page = treasurer.sent(
        NEW, amount="45", currency="USD", fund=books.fund.code, budget_line="goods", responder=books.group.code
    )
    assert "on the group's word" in page.text
    assert f"{books.group.code_name} spent USD 45.00 more than it holds" in page.text
    assert books.held() == -45_00
    code = page.url.rsplit("/", 1)[-1]
    assert "on the group's word" in sign_in(books.coordinator).page(f"/funding/expenses/{code}").text


def test_a_treasurer_types_for_no_group_that_was_never_paid(books: Books) -> None:
    stranger = factories.responder()
    with pytest.raises(Invalid) as refused:
        books.spend(5_00, by=books.treasurer, responder=stranger.id)
    assert refused.value.field == "responder"
    for nobody in (factories.donor().id, 999_999):
        with pytest.raises(NotVisible):
            books.spend(5_00, by=books.treasurer, responder=nobody)
    with pytest.raises(NotVisible):
        books.spend(5_00, responder=books.group.id)


def test_one_form_sent_twice_is_one_expense(books: Books, delivery: Delivery) -> None:
    uid = uuid4()
    first = books.spend(5, "MMK", uid=uid, shares=[ShareDraft(delivery.code)])
    assert books.spend(5, "MMK", uid=uid, shares=[ShareDraft(delivery.code)]).id == first.id
    by_treasurer = books.spend(7_00, by=books.treasurer, uid=uuid4(), responder=books.group.id)
    again = books.spend(7_00, by=books.treasurer, uid=by_treasurer.uid, responder=books.group.id)
    assert again.id == by_treasurer.id
    assert books.held() == -7_00
