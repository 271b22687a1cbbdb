"""What waits is told where it can be decided, and decided on a page that asks first."""

from datetime import timedelta

import pytest
from flask import Flask

from aidnet import clock
from aidnet.approvals.models import ApprovalState
from tests.approvals.people import Staffed
from tests.approvals.test_two_persons import _leave, again
from tests.funding.books import Books


@pytest.fixture
def books(app: Flask) -> Staffed:
    made = Staffed()
    made.give(1_000_00)
    return made


def asked(books: Staffed) -> tuple[str, str]:
    payout = books.send(500_00, reason="The road opens on Friday")
    return payout.code, books.requests()[-1].code


def test_a_large_payout_is_asked_for_and_agreed_to(books: Staffed, sign_in) -> None:
    treasurer = sign_in(books.treasurer)
    fields = {"fund": books.fund.code, "responder": books.group.code, "amount": "500", "expected_currency": "USD"}
    sure = treasurer.refused("/funding/payouts/new", **fields, status=200)
    assert "more than one person may send" in sure.text
    page = treasurer.sent(sure, sure="1", reason="The road opens on Friday")
    assert "Waits for a second person" in page.text
    code = books.requests()[0].code
    own = treasurer.page(f"/funding/approvals/{code}")
    assert "by you" in own.text
    treasurer.page(f"/funding/approvals/{code}/agreement", status=404)
    auditor = sign_in(books.auditor)
    assert "withheld" in auditor.page(f"/funding/approvals/{code}").text
    page = auditor.sent(f"/funding/approvals/{code}/agreement")
    assert "Agreed" in page.text
    auditor.page(f"/funding/approvals/{code}/agreement", status=404)
    assert "Two persons agreed" in treasurer.page(f"/funding/payouts/{books.requests()[0].subject_code}").text
    assert code in auditor.page("/funding/approvals").text


def test_what_waits_is_on_every_board_it_concerns(books: Staffed, sign_in) -> None:
    payout, code = asked(books)
    for who, where in (
        (books.treasurer, "/funding"),
        (books.auditor, "/funding/ledger"),
        (books.admin, "/partners"),
    ):
        assert "A payout above the limit waits." in sign_in(who).page(where).text
    board = sign_in(books.coordinator).page("/board")
    assert "A payout to your group waits" in board.text
    assert code not in board.text
    assert "waits for a second person" in sign_in(books.coordinator).page(f"/funding/payouts/{payout}").text
    assert "second person" not in sign_in("coordinator").page("/board").text
    assert "second person" not in sign_in("donor").page("/giving").text


def test_what_one_person_does_alone_is_told_to_all_without_saying_what(books: Staffed, sign_in) -> None:
    _leave(books.auditor.membership_id, books.admin.membership_id)
    payout, code = asked(books)
    stranger = sign_in("coordinator")
    told = stranger.page("/board").text
    assert "A payout above the limit waits." in told
    for secret in ("500", payout, code, books.fund.name, books.group.code_name):
        assert secret not in told
    assert "A payout above the limit waits." in sign_in("logger").page("/board").text
    treasurer = sign_in(books.treasurer)
    treasurer.page(f"/funding/approvals/{code}/alone", status=404)
    with clock.at(clock.now() + timedelta(hours=25)):
        page = sign_in(books.treasurer).sent(f"/funding/approvals/{code}/alone")
        assert "one person" in page.text
        assert "One person alone sent a payout" in sign_in("coordinator").page("/board").text
        assert "one person sent this alone" in sign_in(books.treasurer).page(f"/funding/payouts/{payout}").text


def test_an_admin_sees_what_it_is_about_and_no_payout(books: Staffed, sign_in) -> None:
    payout, code = asked(books)
    admin = sign_in(books.admin)
    page = admin.page(f"/funding/approvals/{code}")
    for shown in ("USD 500.00", books.fund.name, books.group.code_name, books.treasurer.name, "Friday"):
        assert shown in page.text
    assert not [link for link in page.links() if payout in str(link)]
    admin.page(f"/funding/payouts/{payout}", status=404)
    assert "Refused" in admin.sent(f"/funding/approvals/{code}/refusal").text
    assert books.requests()[0].state is ApprovalState.REFUSED


def test_who_asked_takes_it_back(books: Staffed, sign_in) -> None:
    _payout, code = asked(books)
    sign_in(books.admin).page(f"/funding/approvals/{code}/withdrawal", status=404)
    assert "Taken back" in sign_in(books.treasurer).sent(f"/funding/approvals/{code}/withdrawal").text


@pytest.mark.parametrize("role", ["coordinator", "logger", "donor"])
def test_nobody_outside_opens_what_waits(books: Staffed, sign_in, role: str) -> None:
    _payout, code = asked(books)
    browser = sign_in(role)
    for path in ("", f"/{code}", f"/{code}/agreement", f"/{code}/refusal", f"/{code}/withdrawal", f"/{code}/alone"):
        browser.page(f"/funding/approvals{path}", status=404)
    browser.page("/settings/limits", status=404)


def test_what_cannot_be_done_now_is_said_and_still_waits(books: Staffed, sign_in) -> None:
    _payout, code = asked(books)
    books.limit(None)
    (_first, raised) = books.requests()
    sign_in(books.auditor).sent(f"/funding/approvals/{raised.code}/agreement")
    books.send(900_00)
    page = sign_in(books.auditor).refused(f"/funding/approvals/{code}/agreement")
    assert "The fund has USD 100.00" in page.text
    assert again(books.requests()[0]).state is ApprovalState.WAITING


def test_an_admin_sets_limits(books: Staffed, sign_in) -> None:
    admin = sign_in(books.admin)
    page = admin.sent("/settings/limits", amount="50")
    assert "USD 50.00" in page.text
    page = admin.sent(page, amount="80")
    assert "A higher limit" in page.text
    page = admin.refused("/settings/limits", amount="lots")
    assert page.form().values["amount"] == ["lots"]
    admin.sent("/settings/limits", amount="0", currency="MMK")
    assert "MMK 0" in admin.page("/settings/limits").text


def test_undoing_confirmed_money_is_asked_for_on_its_page(books: Staffed, sign_in) -> None:
    payout = books.confirm(books.send(50_00), 50_00)
    treasurer = sign_in(books.treasurer)
    word = books.last_word(payout)
    page = treasurer.sent(f"/funding/reversals/{word}", reason="The wrong payout was confirmed")
    assert "Undoing confirmed money" in page.text
    assert "What your group confirmed is to be undone" in sign_in(books.coordinator).page("/board").text
    sign_in(books.admin).sent(f"/funding/approvals/{books.requests()[0].code}/agreement")
    assert "undone" in treasurer.page(f"/funding/payouts/{payout.code}").text


def test_a_fund_is_closed_from_its_page(books: Staffed, sign_in) -> None:
    treasurer = sign_in(books.treasurer)
    page = treasurer.refused(f"/funding/funds/{books.fund.code}/closure")
    assert "There is still USD 1,000.00 in the fund." in page.text
    other = Books()
    page = sign_in(books.treasurer).sent(f"/funding/funds/{other.fund.code}/closure", reason="It did its work")
    assert "Closing a fund" in page.text
    sign_in(books.auditor).sent(f"/funding/approvals/{books.requests()[0].code}/agreement")
    closed = treasurer.page(f"/funding/funds/{other.fund.code}")
    assert "Closed on" in closed.text
    assert "Send a payout" not in closed.text
