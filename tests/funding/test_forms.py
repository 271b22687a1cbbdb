"""The forms: what people type is read, kept and answered beside its field; nothing hostile breaks a page or counts twice."""

import csv
import io
from datetime import date

import pytest
from flask import Flask

from aidnet import audit
from aidnet.db import transaction
from aidnet.deliveries.catalogue import load_catalogue
from aidnet.funding import records
from aidnet.policy import OPERATOR
from tests.funding.books import Books
from tests.workbooks import rows_of
from tests.world import Client

HOSTILE = [
    "",
    " ",
    "-5",
    "0",
    "9" * 40,
    "1e9",
    "NaN",
    "१२३",
    "12.345",
    "=1+1",
    "<script>alert(1)</script>",
    "'; DROP TABLE fund; --",
    "\x00\x01",
    "🙂",
    "သိန်း",
    "x" * 10_000,
]


@pytest.fixture
def books(app: Flask) -> Books:
    made = Books()
    made.give(1_000_00)
    return made


@pytest.fixture
def treasurer(books: Books, sign_in) -> Client:
    return sign_in(books.treasurer)


@pytest.fixture
def coordinator(books: Books, sign_in) -> Client:
    books.payout = books.send(100_00)  # type: ignore[attr-defined]
    return sign_in(books.coordinator)


def test_a_gift_is_recorded_in_burmese_digits_and_lakh(books: Books, treasurer: Client) -> None:
    page = treasurer.sent(
        "/funding/contributions/new", fund=books.fund.code, amount="၅ သိန်း", currency="MMK", day="18/8/2026"
    )
    assert "MMK 500,000" in page.text
    assert books.in_fund("MMK") == 500_000


def test_a_pledge_is_received_and_its_receipt_printed(books: Books, treasurer: Client) -> None:
    page = treasurer.sent(
        "/funding/contributions/new", fund=books.fund.code, amount="70", state="pledged", giver="Daw Mya"
    )
    assert "Pledged" in page.text
    page = treasurer.sent(f"{page.url}/receipts/new", amount="65")
    assert "USD 65.00" in page.text
    receipt = treasurer.page(f"{page.url}/receipt")
    assert "USD 65.00" in receipt.text
    assert receipt.one("svg", class_="qr")
    assert books.in_fund() == 1_065_00


def test_a_pledge_is_withdrawn_after_asking(books: Books, treasurer: Client) -> None:
    pledge = books.give(5_00, received_on=None)
    assert "Withdrawn" in treasurer.sent(f"/funding/contributions/{pledge.code}/withdrawal").text


def test_a_gift_may_be_for_a_district(books: Books, treasurer: Client) -> None:
    form = treasurer.page("/funding/contributions/new")
    found = treasurer.refused(
        form, {"earmark_place-q": "Yinmarbin", "find": "earmark_place", "amount": "20"}, status=200
    )
    assert found.form().values["amount"] == ["20"]
    code = found.one("main").one("input", name="earmark_place").attrs["value"]
    assert "Yinmarbin" in treasurer.sent(found, fund=books.fund.code, earmark_place=code).text


def test_a_payout_is_looked_at_before_it_is_sent(books: Books, treasurer: Client) -> None:
    typed = {"fund": books.fund.code, "responder": books.group.code, "amount": "100", "fee": "2", "rate": "၄,၃၅၀"}
    sure = treasurer.refused("/funding/payouts/new", typed, status=200)
    assert "MMK 435,000" in sure.text
    assert books.in_fund() == 1_000_00
    again = treasurer.refused(sure, change="1", status=200)
    assert again.form().values["rate"] == ["၄,၃၅၀"]
    page = treasurer.sent(sure, sure="1")
    assert "MMK 435,000" in page.text
    treasurer.send(sure, sure="1")
    assert books.in_fund() == 898_00


def test_a_payout_that_differs_from_its_rate_is_pointed_at(books: Books, treasurer: Client) -> None:
    typed = {
        "fund": books.fund.code,
        "responder": books.group.code,
        "amount": "100",
        "rate": "4350",
        "expected": "400000",
    }
    assert "MMK 435,000" in treasurer.refused("/funding/payouts/new", typed, status=200).text


def test_a_payout_beyond_the_fund_says_what_there_is_beside_the_amount(books: Books, treasurer: Client) -> None:
    typed = {"fund": books.fund.code, "responder": books.group.code, "amount": "2000", "expected_currency": "USD"}
    sure = treasurer.refused("/funding/payouts/new", typed, status=200)
    page = treasurer.refused(sure, sure="1")
    assert "USD 1,000.00" in page.one("p", id="amount-error").text
    assert page.form().values["amount"] == ["2000"]


def test_the_receiver_says_what_arrived(books: Books, coordinator: Client) -> None:
    page = coordinator.page("/funding")
    link = next(url for url in page.links() if url.endswith("/confirmations/new"))
    assert coordinator.page(link).form().values["amount"] == ["100.00"]
    page = coordinator.sent(link, amount="60", rest="coming")
    assert "Arrived in part" in page.text
    page = coordinator.sent(link, amount="0", rest="lost")
    assert "Reported lost" in page.text
    assert books.held() == 60_00


def test_a_refused_word_keeps_what_was_typed(books: Books, coordinator: Client) -> None:
    page = coordinator.refused(
        f"/funding/payouts/{books.payout.code}/confirmations/new", amount="100.01", arrived_on="2026-08-11"
    )
    assert "USD 100.00" in page.one("p", id="amount-error").text
    assert page.form().values["amount"] == ["100.01"]


def test_spending_is_recorded_and_undone(books: Books, coordinator: Client) -> None:
    page = coordinator.sent(
        "/funding/expenses/new", amount="5 lakh", currency="MMK", fund=books.fund.code, budget_line="tolls"
    )
    assert "MMK 500,000" in page.text
    assert "MMK 500,000" in coordinator.page("/funding").text
    link = next(url for url in page.links() if "/reversals/" in url)
    assert "Undone" in coordinator.sent(link).text
    assert "nothing left to undo" in coordinator.refused(link).text
    assert books.held("MMK") == 0


def test_spending_for_a_delivery_that_is_not_ones_own_is_refused(books: Books, coordinator: Client) -> None:
    for code in ("D-0000-0000", "nonsense"):
        page = coordinator.refused("/funding/expenses/new", amount="5", **{"shares-0-delivery": code})
        assert "no delivery" in " ".join(each.text for each in page.all("p", class_="error"))


def test_things_are_recorded_as_things(books: Books, coordinator: Client) -> None:
    with transaction() as session:
        load_catalogue(session)
        audit.record(session, OPERATOR, "catalogue.loaded", books.fund)
    form = coordinator.page("/funding/gifts/new")
    item = next(each.attrs["value"] for each in form.one("select", id="item").all("option") if each.attrs["value"])
    page = coordinator.sent(form, what="things", item=item, quantity="၃၀")
    assert "30" in page.text
    assert "Please fill this in" in coordinator.refused("/funding/gifts/new", what="things").text
    assert "Please fill this in" in coordinator.refused("/funding/gifts/new", what="money").text


def test_a_fund_is_opened_charged_and_exchanged(books: Books, treasurer: Client) -> None:
    assert treasurer.sent("/funding/funds/new", name="Flood 2026", purpose="Food").title == "Flood 2026"
    assert "Another fund" in treasurer.refused("/funding/funds/new", name="flood 2026", purpose="Food").text
    here = f"/funding/funds/{books.fund.code}"
    treasurer.sent(f"{here}/fees/new", amount="10")
    treasurer.sent(f"{here}/exchanges/new", amount="100", rate="36.5")
    assert (books.in_fund(), books.in_fund("THB")) == (890_00, 3_650_00)
    assert "There is only USD 890.00" in treasurer.refused(f"{here}/fees/new", amount="1000").text
    assert "or the rate" in treasurer.refused(f"{here}/exchanges/new", amount="1").text
    assert "two different" in treasurer.refused(f"{here}/exchanges/new", amount="1", into="1", into_currency="USD").text


def test_money_held_may_be_lost_and_a_gift_given_back(books: Books, coordinator: Client, treasurer: Client) -> None:
    books.confirm(books.payout, 100_00)
    coordinator.sent("/funding/losses/new", fund=books.fund.code, amount="30", currency="USD")
    assert books.held() == 70_00
    gift = books.give(50_00)
    page = treasurer.sent(f"/funding/contributions/{gift.code}/refunds/new", amount="20")
    assert "Given back" in page.text
    page = treasurer.refused(f"/funding/contributions/{gift.code}/refunds/new", amount="31")
    assert "more than is left" in page.text


def _forms(books: Books) -> dict[str, tuple[str, str]]:
    """Each form: who fills it, and its fields."""
    fund, payout = f"/funding/funds/{books.fund.code}", books.payout.code  # type: ignore[attr-defined]
    gift, pledge = books.give(5_00), books.give(5_00, received_on=None)
    giving = "fund amount currency day channel giver giver_kind donor earmark_place earmark_sector earmark_responder note state uid"
    sending = "fund responder amount currency fee rate rate_kind expected expected_currency day channel agent note uid"
    return {
        "/funding/contributions/new": ("treasurer", giving),
        f"/funding/contributions/{pledge.code}/receipts/new": ("treasurer", "amount day channel"),
        f"/funding/contributions/{gift.code}/refunds/new": ("treasurer", "amount day currency uid"),
        "/funding/payouts/new": ("treasurer", sending),
        f"{fund}/fees/new": ("treasurer", "amount currency day"),
        f"{fund}/exchanges/new": ("treasurer", "amount currency rate into into_currency day"),
        f"/funding/payouts/{payout}/confirmations/new": ("coordinator", "amount rest arrived_on currency"),
        "/funding/expenses/new": ("coordinator", "amount currency fund budget_line day precision delivery note"),
        "/funding/gifts/new": ("coordinator", "what amount currency item quantity unit day giver giver_kind"),
        "/funding/losses/new": ("coordinator", "fund amount currency day"),
        "/funding/funds/new": ("treasurer", "name purpose uid"),
    }


@pytest.mark.one_database  # tests/hostile sends worse to the same forms on both
def test_nothing_typed_breaks_a_form(books: Books, coordinator: Client, treasurer: Client) -> None:
    browsers = {"treasurer": treasurer, "coordinator": coordinator}
    for url, (who, fields) in _forms(books).items():
        values, names = browsers[who].page(url).form().values, fields.split()
        wrong = [dict.fromkeys(names, typed) for typed in HOSTILE]
        wrong += [{name: typed} for name in names for typed in ("\x00", "9" * 40)]
        wrong += [{name: "7"} for name in names]
        for each in wrong:
            answer = browsers[who].post(url, data=values | each)
            assert answer.status_code in (200, 303, 409, 422), (url, each, answer.status_code)
    assert not books.faults()


def test_what_was_typed_comes_back(books: Books, treasurer: Client) -> None:
    typed = {"amount": "a <b>lot</b>", "giver": "<script>", "note": "=1+1\nline two", "day": "30 February"}
    values = treasurer.refused("/funding/contributions/new", typed).form().values
    assert {name: values[name][0].strip() for name in typed} == typed


@pytest.mark.parametrize(
    "query",
    [
        "?after=%00",
        "?after=eyJ4",
        "?fund=x&state=x&currency=XXX&kind=x&q=%27",
        "?q=" + "x" * 500,
        "?currency=USD&line=x",
    ],
)
def test_no_address_breaks_a_page(books: Books, treasurer: Client, query: str) -> None:
    for path in ("", "/contributions", "/payouts", "/expenses", "/ledger", f"/funds/{books.fund.code}"):
        treasurer.page(f"/funding{path}{query}")
        if path and not path.startswith("/funds"):
            assert treasurer.get(f"/funding{path}.csv{query}").status_code == 200
    for path in (
        "contributions/x",
        "payouts/Y-1",
        "expenses/%00",
        "ledger/L-ZZZZ-ZZZZ",
        "funds/0",
        "reversals/Q-0000-0000",
        "reversals/",
    ):
        treasurer.page(f"/funding/{path}", status=404)


def test_a_form_sent_twice_counts_once(books: Books, treasurer: Client) -> None:
    page = treasurer.page("/funding/contributions/new")
    first, second = (treasurer.send(page, fund=books.fund.code, amount="50") for _ in range(2))
    assert first.location == second.location
    assert books.in_fund() == 1_050_00


def test_a_file_is_safe_to_open_and_has_every_row(books: Books, treasurer: Client) -> None:
    for number in range(30):
        books.give(1_00 + number, giver="=HYPERLINK(1)")
    text = treasurer.get("/funding/contributions.csv").get_data(as_text=True)
    assert len(text.splitlines()) == 32
    assert "'=HYPERLINK(1)" in text
    assert ",=HYPERLINK" not in text
    page = treasurer.page("/funding/contributions")
    shown = sum(1 for _ in page.one("tbody").all("tr"))
    rest = treasurer.page(next(url for url in page.links() if "after=" in url))
    assert shown + sum(1 for _ in rest.one("tbody").all("tr")) == 31


def test_the_file_of_gifts_tells_when_a_pledge_is_expected_and_what_was_given_back(
    books: Books, treasurer: Client
) -> None:
    pledge = books.give(3_00, received_on=None, pledged_on=date(2026, 8, 1), due_on=date(2026, 9, 3))
    gift = books.give(50_00)
    books.refund(gift, 12_50)
    undone = books.refund(gift, 5_00)
    books.refund(gift, 1_50)
    books.undo(undone.code)
    text = treasurer.get("/funding/contributions.csv").get_data(as_text=True).removeprefix("\ufeff")
    found = {row["Code"]: (row["Expected on"], row["Given back"]) for row in csv.DictReader(io.StringIO(text))}
    assert found.pop(pledge.code) == ("2026-09-03", "")
    assert found.pop(gift.code) == ("", "14.00")
    assert set(found.values()) == {("", "")}
    head, *rows = rows_of(treasurer.get("/funding/contributions.xlsx").data)
    cells = {row[head.index("Code")]: dict(zip(head, row, strict=True)) for row in rows}
    assert cells[pledge.code]["Expected on"] == date(2026, 9, 3)
    assert cells[gift.code]["Given back"] == 14.0


def test_where_nothing_can_be_confirmed_words_stand_in_place_of_the_form(
    books: Books, coordinator: Client, treasurer: Client
) -> None:
    where = f"/funding/payouts/{books.payout.code}/confirmations/new"  # type: ignore[attr-defined]
    form = coordinator.page(where)
    coordinator.sent(form, amount="100")
    lost, undone = books.send(5_00), books.send(6_00)
    books.lose(lost)
    books.undo(undone.code)
    for code, state in ((books.payout.code, "Confirmed"), (lost.code, "Reported lost"), (undone.code, "Undone")):  # type: ignore[attr-defined]
        page = coordinator.page(f"/funding/payouts/{code}/confirmations/new")
        assert "nothing can be confirmed" in page.text
        assert state in page.text
        assert not page.one("main").all("form")
    page = coordinator.refused(form, amount="1", uid="7a6d0f3e-2c58-4d1b-8f2a-0c6f3f6f9a11", status=409)
    assert not page.one("main").all("form")


def test_lists_are_filtered_and_searched(books: Books, treasurer: Client) -> None:
    other = Books()
    gift = other.give(3_00, "THB", received_on=None)
    for query in (
        f"fund={other.fund.code}",
        "state=pledged",
        "currency=THB",
        f"q={gift.code.lower()}",
        f"q={gift.receipt_code}",
    ):
        page = treasurer.page(f"/funding/contributions?{query}")
        assert [each.text for each in page.one("tbody").all("a", class_="code")] == [gift.code], query
    assert records.LATE in treasurer.page("/funding/payouts?state=late").html
