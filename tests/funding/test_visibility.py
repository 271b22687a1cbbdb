"""Who sees what of the money: rows by policy, fields by the matrix, on every page and in every file."""

from decimal import Decimal

import pytest
from flask import Flask

from aidnet.db import db
from aidnet.funding import queries
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Role
from tests import factories
from tests.funding.books import Books
from tests.world import Client

LISTS = ("/funding", "/funding/contributions", "/funding/payouts", "/funding/expenses", "/funding/ledger")
FILES = tuple(f"{path}.csv" for path in LISTS[1:])


class Scene:
    """Two groups paid from one fund, with a mark in everything that somebody must not see."""

    def __init__(self) -> None:
        self.books = books = Books()
        self.donor = factories.donor("Friends Circle")
        self.gift = books.give(7_654_321_00, donor=self.donor.id, giver="Daw Giverly", note="Giftnotely")
        self.other_gift = books.give(1_111_00, giver="Ko Elsewhere")
        self.payout = books.send(123_456_00, into="MMK", rate=Decimal(4321), agent="Agently", note="Sentnotely")
        books.confirm(self.payout, self.payout.expected_minor)
        self.expense = books.spend(77_777, "MMK", line=BudgetLine.TOLLS, note="Spentnotely")
        books.spend(11_111, "MMK", line=BudgetLine.TRANSPORT)
        self.direct = books.gift(33_333, giver="U Directly")
        self.other = Books()
        self.other.fund, self.other.treasurer = books.fund, books.treasurer
        self.other_payout = self.other.send(999_00)
        self.other.confirm(self.other_payout, 888_00)
        self.other_expense = self.other.spend(888_77)

    def codes(self) -> list[str]:
        fund = self.books.fund.code
        return [
            *(f"/funding/contributions/{one.code}" for one in (self.gift, self.other_gift, self.direct)),
            f"/funding/contributions/{self.gift.code}/receipt",
            *(f"/funding/payouts/{one.code}" for one in (self.payout, self.other_payout)),
            f"/funding/payouts/{self.payout.code}/confirmations/new",
            *(f"/funding/expenses/{one.code}" for one in (self.expense, self.other_expense)),
            f"/funding/funds/{fund}",
            f"/funding/funds/{fund}/months.csv",
            *(f"/funding/reversals/{one.code}" for one in (self.gift, self.payout, self.expense)),
        ]

    def everything(self, browser: Client) -> str:
        """All that the browser's person can read of the money."""
        answers = [browser.get(url) for url in (*LISTS, *FILES, *self.codes())]
        assert {answer.status_code for answer in answers} <= {200, 404}
        return "\n".join(answer.text for answer in answers if answer.status_code == 200)


@pytest.fixture
def scene(app: Flask) -> Scene:
    return Scene()


def test_a_donor_sees_own_gifts_and_whole_funds_and_no_group(scene: Scene, sign_in) -> None:
    text = scene.everything(sign_in("donor", at=scene.donor))
    assert "7,654,321.00" in text
    assert "Daw Giverly" in text
    hidden = [
        scene.payout.code,
        scene.expense.code,
        scene.other_gift.code,
        scene.direct.code,
        scene.books.group.code_name,
    ]
    for mark in (
        *hidden,
        "Ko Elsewhere",
        "U Directly",
        "Giftnotely",
        "Agently",
        "Sentnotely",
        "Spentnotely",
        "77,777",
        "77777",
    ):
        assert mark not in text, mark
    assert "88,888" in text  # transport and tolls together


def test_tolls_are_told_to_donors_only_inside_transport(scene: Scene) -> None:
    donor = factories.actor(Role.DONOR, at=scene.donor)
    (kyat,) = [one for one in queries.fund_figures(db(), donor, [scene.books.fund.id]) if one.currency == "MMK"]
    assert kyat.flows.by_line == {BudgetLine.TRANSPORT: 88_888}
    assert all(BudgetLine.TOLLS not in one.flows.by_line for one in queries.months(db(), donor, [scene.books.fund.id]))


def test_a_gift_withdrawn_or_undone_opens_no_fund(scene: Scene, sign_in) -> None:
    scene.books.undo(scene.other_gift.code)
    donor = factories.donor()
    wrong = scene.books.give(5_00, donor=donor.id)
    browser = sign_in("donor", at=donor)
    browser.page(f"/funding/funds/{scene.books.fund.code}")
    scene.books.undo(wrong.code)
    browser.page(f"/funding/funds/{scene.books.fund.code}", status=404)


def test_a_coordinator_sees_the_own_groups_part_alone(scene: Scene, sign_in) -> None:
    browser = sign_in(scene.books.coordinator)
    text = scene.everything(browser)
    for mark in ("U Directly", "77,777", scene.payout.code, scene.expense.code, "Sentnotely", "Spentnotely"):
        assert mark in text, mark
    for mark in (
        "888.00",
        "999.00",
        "888.77",
        scene.other_payout.code,
        scene.other_expense.code,
        "7,654,321",
        "Daw Giverly",
        "Ko Elsewhere",
        "Agently",  # who carried the money is for treasurers alone
    ):
        assert mark not in text, mark
    assert "Agently" in scene.everything(sign_in(scene.books.treasurer))
    for row in (scene.other_payout, scene.gift):
        for path in ("payouts", "contributions"):
            browser.page(f"/funding/{path}/{row.code}", status=404)


def test_an_auditor_sees_the_books_and_no_name(scene: Scene, sign_in) -> None:
    text = scene.everything(sign_in("auditor"))
    for mark in ("7,654,321.00", scene.payout.code, scene.expense.code, scene.books.group.code_name, "withheld"):
        assert mark in text, mark
    for mark in (
        "Daw Giverly",
        "Ko Elsewhere",
        "U Directly",
        "Friends Circle",
        "Giftnotely",
        "Agently",
        "Sentnotely",
        "Spentnotely",
    ):
        assert mark not in text, mark


def test_an_auditor_finds_no_gift_by_a_name(scene: Scene, sign_in) -> None:
    auditor, treasurer = sign_in("auditor"), sign_in(scene.books.treasurer)
    by_name = "/funding/contributions?q=daw+giverly"
    assert scene.gift.code in treasurer.page(by_name).text
    assert scene.gift.code not in auditor.page(by_name).text
    by_donor = f"/funding/contributions?donor={scene.donor.code}"
    assert scene.other_gift.code not in treasurer.page(by_donor).text
    assert scene.other_gift.code in auditor.page(by_donor).text


def test_a_treasurer_sees_the_day_and_the_delivery_of_no_spending(scene: Scene, sign_in) -> None:
    text = sign_in(scene.books.treasurer).page(f"/funding/expenses/{scene.expense.code}").text
    assert "10 Aug 2026" not in text
    assert "2026-08" in text
    assert "Spentnotely" not in text


@pytest.mark.parametrize("role", ["admin", "logger"])
def test_others_see_no_money(scene: Scene, sign_in, role: str) -> None:
    browser = sign_in(role)
    for url in (*LISTS, *FILES, *scene.codes()):
        assert browser.get(url).status_code == 404, url


def test_a_stranger_is_asked_to_sign_in(scene: Scene, client: Client) -> None:
    for url in LISTS:
        assert client.get(url).status_code == 303
