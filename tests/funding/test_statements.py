"""Pages ask the database the same few things, however long the books are."""

from decimal import Decimal
from uuid import uuid4

import pytest
from flask import Flask

from aidnet.db import db, transaction
from aidnet.funding import queries, service
from aidnet.funding.drafts import ConfirmationDraft, ContributionDraft, ExpenseDraft, PayoutDraft
from aidnet.funding.models import Channel, GiverKind
from aidnet.ledger.models import BudgetLine
from aidnet.rates.models import RateKind
from tests import factories
from tests.funding.books import DAY, Books

MOST = 10


def fill(books: Books, donor_id: int, times: int) -> None:
    """`times` gifts, payouts (half of them confirmed) and expenses, in one transaction."""
    with transaction() as session:
        for number in range(times):
            gift = ContributionDraft(
                uuid4(),
                books.fund.id,
                100_00,
                "USD",
                Channel.BANK,
                GiverKind.PERSON,
                donor_id,
                "Ko Ko",
                DAY if number % 3 else None,
            )
            service.record_contribution(session, books.treasurer, gift)
            sent = PayoutDraft(
                uuid4(),
                books.fund.id,
                books.group.id,
                Channel.HUNDI,
                1_00,
                "USD",
                DAY,
                fee_minor=1,
                expected_currency="MMK",
                rate=Decimal(4000),
                rate_kind=RateKind.MARKET,
            )
            if number % 3:
                payout = service.send_payout(session, books.treasurer, sent)
                if number % 2:
                    service.confirm_payout(
                        session, books.coordinator, ConfirmationDraft(uuid4(), payout.id, 4_000, DAY)
                    )
                    spent = ExpenseDraft(uuid4(), BudgetLine.GOODS, 500, "MMK", DAY, books.fund.id)
                    service.record_expense(session, books.coordinator, spent)


@pytest.mark.slow  # makes a thousand rows of the ledger
@pytest.mark.one_database
def test_every_page_asks_the_same_few_things(app: Flask, sign_in, count_queries) -> None:
    books, donor = Books(), factories.donor()
    people = {
        "treasurer": sign_in(books.treasurer),
        "coordinator": sign_in(books.coordinator),
        "donor": sign_in("donor", at=donor),
        "auditor": sign_in("auditor"),
    }
    fill(books, donor.id, 12)
    gift = books.give(5_00, donor=donor.id, giver="Daw Mya")
    payout, expense = books.send(2_00), books.spend(1_00)
    books.confirm(payout, 1_00)
    lists = ["", "/contributions", "/payouts", "/expenses", "/ledger"]
    urls = [f"/funding{path}" for path in lists] + [f"/funding{path}.csv" for path in lists[1:]]
    urls += [f"/funding/funds/{books.fund.code}", f"/funding/funds/{books.fund.code}/months.csv"]
    urls += [f"/funding/contributions/{gift.code}", f"/funding/contributions/{gift.code}/receipt"]
    urls += [f"/funding/payouts/{payout.code}", f"/funding/payouts/{payout.code}/confirmations/new"]
    urls += [f"/funding/expenses/{expense.code}", f"/funding/reversals/{expense.code}"]
    urls += [
        "/funding/contributions/new",
        "/funding/payouts/new",
        "/funding/expenses/new",
        "/funding/gifts/new",
        "/funding/losses/new",
    ]
    urls += [f"/funding/funds/{books.fund.code}/fees/new", "/funding/contributions?state=pledged&currency=USD"]

    def asked() -> dict[tuple[str, str], int]:
        counts = {}
        for who, browser in people.items():
            for url in urls:
                with count_queries() as each:
                    answer = browser.get(url)
                if answer.status_code == 200:
                    assert len(each) <= MOST, f"{who} {url}\n{each}"
                    counts[who, url] = len(each)
        return counts

    few = asked()
    assert len(few) > 50
    fill(books, donor.id, 300)
    assert asked() == few


def test_the_board_asks_once_what_waits(app: Flask, count_queries) -> None:
    books = Books()
    books.give(100_00)
    for _ in range(12):
        books.send(1_00)
    with count_queries() as asked:
        waiting = queries.payouts_waiting(db(), books.coordinator)
    assert (len(waiting), len(asked)) == (10, 1)
    with count_queries() as asked:
        queries.fund_figures(db(), books.coordinator, [books.fund.id])
        queries.months(db(), books.coordinator, [books.fund.id])
    assert len(asked) == 3
