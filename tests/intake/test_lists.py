"""A list is looked through, loaded once, and known when it comes again."""

from datetime import date
from io import BytesIO
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from aidnet import audit, clock
from aidnet.audit.models import AuditEntry
from aidnet.db import db, transaction
from aidnet.errors import Invalid, NotVisible
from aidnet.funding.contributions import FundClosed
from aidnet.funding.models import Contribution, Fund, FundState
from aidnet.intake import queries, service
from aidnet.intake.models import BatchState, GiftBatch, GiftBatchRow
from aidnet.intake.service import Choice, NotInPreview, Which
from aidnet.ledger.models import LedgerEvent, MoneyMonth
from aidnet.policy import unscoped
from tests import factories
from tests.funding.books import Books, act
from tests.intake.lists import HEAD, TWO, bring, load, many, workbook
from tests.world import Client

BECAUSE = "a test looks at everything"


@pytest.fixture
def books(app: Flask) -> Books:
    return Books()


@pytest.fixture
def treasurer(books: Books, sign_in) -> Client:
    return sign_in(books.treasurer)


def rows(model):
    with transaction() as session:
        return session.scalars(unscoped(sa.select(model).order_by(*model.__table__.primary_key), because=BECAUSE)).all()


def test_a_list_is_pasted_looked_through_and_loaded(books: Books, treasurer: Client) -> None:
    page = treasurer.sent("/funding/batches/new", fund=books.fund.code, text=TWO + "x,abc,USD,2026-08-02\n")
    assert "line 4, Amount" in page.text
    assert "USD 50.00" in page.text
    assert "MMK 500,000" in page.text
    assert rows(Contribution) == []
    page = treasurer.sent(page.form(f"{page.url}/loading"))
    assert "2 gifts are recorded" in page.text
    assert (books.in_fund(), books.in_fund("MMK")) == (50_00, 500_000)
    assert books.faults() == []
    gift = treasurer.page(next(url for url in page.links() if "/contributions/" in url))
    assert "Daw Mya" in gift.text


def test_a_file_is_uploaded(books: Books, treasurer: Client) -> None:
    content = workbook([HEAD.split(","), ["Daw Mya", 50, "USD", date(2026, 8, 1)]])
    form = treasurer.page("/funding/batches/new").form()
    sent = form.filled({"fund": books.fund.code}) | {"file": (BytesIO(content), "august.xlsx")}
    answer = treasurer.post(form.action, data=sent, content_type="multipart/form-data")
    assert answer.status_code == 303
    assert "USD 50.00" in treasurer.page(answer.location).text


def test_a_file_that_is_too_large_is_told_so_on_the_form(books: Books, treasurer: Client) -> None:
    form = treasurer.page("/funding/batches/new").form()
    sent = form.filled({"fund": books.fund.code}) | {"file": FileStorage(BytesIO(b"x" * 6_000_000), "august.csv")}
    boundary, body = encode_multipart(sent)
    answer = treasurer.post(form.action, data=body, content_type=f"multipart/form-data; boundary={boundary}")
    assert answer.status_code == 422
    assert "larger than 5 MB" in answer.text


def test_what_a_list_needs_is_said_beside_its_field(treasurer: Client, books: Books) -> None:
    page = treasurer.refused("/funding/batches/new", fund=books.fund.code)
    assert page.one("p", id="file-error").text
    assert treasurer.refused("/funding/batches/new", text=TWO).one("p", id="fund-error").text


def test_every_rule_of_a_single_gift_is_kept(books: Books) -> None:
    """The same gifts, one by one and as a list, leave the same books."""
    load(books, TWO)
    other = Books()
    other.give(50_00, received_on=date(2026, 8, 1))
    other.give(500_000, "MMK", received_on=date(2026, 8, 3))
    found: list[list[tuple[object, ...]]] = [[], []]
    for number, each in enumerate((books, other)):
        for month in rows(MoneyMonth):
            if month.fund_id == each.fund.id:
                found[number].append((month.month, month.currency, month.measure, month.channel, month.amount_minor))
        for event in rows(LedgerEvent):
            if event.fund_id == each.fund.id:
                found[number].append((event.kind, event.happened_on, event.recorded_by_id == each.treasurer.user_id))
    assert found[0] == found[1]
    assert books.faults() == []


def test_a_loaded_gift_can_be_paid_out_spent_and_undone(books: Books) -> None:
    load(books, TWO)
    payout = books.send(30_00)
    books.confirm(payout, 30_00)
    books.spend(10_00)
    gift = next(row for row in rows(Contribution) if row.currency == "MMK")
    books.undo(gift.code)
    assert (books.in_fund(), books.in_fund("MMK"), books.held()) == (20_00, 0, 20_00)
    assert books.faults() == []


def test_the_same_list_adds_nothing_and_says_which_rows_are_there(books: Books, treasurer: Client) -> None:
    load(books, TWO)
    again = bring(books, TWO.replace("2026-08-01", "1/8/2026"))
    page = treasurer.page(f"/funding/batches/{again.code}")
    assert "No row of this list can be loaded" in page.text
    assert {row.code for row in rows(Contribution)} <= {text for link in page.all("a") for text in [link.text]}
    with pytest.raises(Invalid):
        act(service.load, books.treasurer, again.code, Which())
    assert len(rows(Contribution)) == 2


def test_a_longer_list_adds_only_what_is_new(books: Books) -> None:
    load(books, TWO)
    batch = load(books, TWO + "Daw Mya,50,USD,2026-08-01\nU Ba,7,USD,2026-08-04\n")
    assert (batch.rows_loaded, batch.rows_known) == (2, 2)
    assert books.in_fund() == 107_00


def test_another_fund_knows_nothing_of_it(books: Books) -> None:
    load(books, TWO)
    other = factories.fund("Another")
    assert load(books, TWO, fund=other.id).rows_loaded == 2


def test_sent_twice_it_is_one_list_loaded_once(books: Books) -> None:
    uid = uuid4()
    first, again = bring(books, TWO, uid=uid), bring(books, TWO, uid=uid)
    assert first.id == again.id
    for _turn in range(2):
        act(service.load, books.treasurer, first.code, Which())
    assert len(rows(Contribution)) == 2


def test_the_lines_to_load_are_chosen(books: Books, treasurer: Client) -> None:
    text = f"{HEAD}\n" + "".join(f"x{number},{number},USD,2026-08-01\n" for number in range(2, 8))
    page = treasurer.sent("/funding/batches/new", fund=books.fund.code, text=text)
    assert (
        treasurer.refused(page.form(f"{page.url}/loading"), choice="only", lines="two").one("p", id="lines-error").text
    )
    page = treasurer.sent(page.form(f"{page.url}/loading"), choice="only", lines="၂-4, 7")
    assert "4 gifts are recorded" in page.text
    assert books.in_fund() == 16_00


@pytest.mark.parametrize(
    ("choice", "typed", "lines"),
    [("all", "", {1, 2, 3, 4}), ("only", "2 – 3", {2, 3}), ("but", "၁;4", {2, 3}), ("only", "3-2", set())],
)
def test_lines_are_read_as_people_write_them(choice, typed, lines):
    if lines:
        which = Which.read(Choice(choice), typed)
        assert {line for line in range(1, 5) if which.has(line)} == lines
    else:
        with pytest.raises(Invalid):
            Which.read(Choice(choice), typed)


def test_columns_that_we_do_not_know_are_settled_first(books: Books, treasurer: Client) -> None:
    text = "Who gave,How much,Currency,When,Tel\nDaw Mya,50,USD,2026-08-01,0912345\n"
    page = treasurer.sent("/funding/batches/new", fund=books.fund.code, text=text)
    code = page.url.rsplit("/", 1)[-1]
    with pytest.raises(Invalid):
        act(service.load, books.treasurer, code, Which())
    said = {"column-0": "giver", "column-1": "amount", "column-3": "received on"}
    assert (
        "cannot be the same" in treasurer.refused(page.form(f"{page.url}/columns"), said | {"column-4": "giver"}).text
    )
    page = treasurer.sent(page.form(f"{page.url}/columns"), said)
    assert "Daw Mya" in page.text
    treasurer.sent(page.form(f"{page.url}/loading"))
    assert books.in_fund() == 50_00


def test_a_line_in_the_address_is_read_as_far_as_a_sheet_goes(books: Books, treasurer: Client) -> None:
    batch = bring(books, TWO)
    assert "Daw Mya" in treasurer.page(f"/funding/batches/{batch.code}?from=2").text
    assert treasurer.get(f"/funding/batches/{batch.code}?from={'9' * 5_000}").status_code == 200


def test_an_empty_file_says_so_and_is_not_passed_over(books: Books, treasurer: Client) -> None:
    form = treasurer.page("/funding/batches/new").form()
    sent = form.filled({"fund": books.fund.code, "text": TWO}) | {"file": (BytesIO(b""), "august.csv")}
    answer = treasurer.post(form.action, data=sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "There is nothing in this list" in answer.text
    assert rows(GiftBatch) == []


def test_a_list_is_discarded_and_forgotten(books: Books, treasurer: Client) -> None:
    batch = bring(books, TWO)
    page = treasurer.page(f"/funding/batches/{batch.code}")
    treasurer.sent(page.form(f"{page.url}/discarding"))
    (row,) = rows(GiftBatch)
    assert (row.state, row.body_sealed) == (BatchState.DISCARDED, None)
    assert "discarded" in treasurer.page(f"/funding/batches/{batch.code}").text
    with pytest.raises(NotInPreview):
        act(service.load, books.treasurer, batch.code, Which())
    loaded = load(books, TWO)
    with pytest.raises(NotInPreview):
        act(service.discard, books.treasurer, loaded.code)


def test_what_was_brought_is_sealed_and_goes_when_it_is_loaded(books: Books) -> None:
    batch = bring(books, TWO)
    (row,) = rows(GiftBatch)
    assert b"Daw Mya" not in (row.body_sealed or b"")
    assert "Daw Mya" in (row.body or "")
    act(service.load, books.treasurer, batch.code, Which())
    (row,) = rows(GiftBatch)
    assert (row.state, row.body_sealed) == (BatchState.LOADED, None)


def test_faults_are_a_file_too(books: Books, treasurer: Client) -> None:
    batch = bring(books, f"{HEAD}\n=1+1,abc,USD,2026-08-01\n")
    text = treasurer.get(f"/funding/batches/{batch.code}/faults.csv").text
    assert "2,Amount," in text


@pytest.mark.parametrize("role", ["donor", "coordinator", "auditor", "admin"])
def test_only_a_treasurer_brings_lists(books: Books, sign_in, role) -> None:
    batch = bring(books, TWO)
    browser = sign_in(role)
    for url in ("/funding/batches", "/funding/batches/new", f"/funding/batches/{batch.code}"):
        browser.page(url, status=404)
    with pytest.raises(NotVisible):
        act(service.load, browser.actor, batch.code, Which())


def test_nothing_goes_into_a_closed_fund(books: Books) -> None:
    batch = bring(books, TWO)
    with transaction() as session:
        fund = session.scalars(unscoped(sa.select(Fund).where(Fund.id == books.fund.id), because=BECAUSE)).one()
        fund.state, fund.closed_at = FundState.CLOSED, clock.now()
        audit.record(session, books.treasurer, "fund.closed", fund)
    with pytest.raises(FundClosed):
        act(service.load, books.treasurer, batch.code, Which())


def test_a_pledge_in_a_list_is_due(books: Books) -> None:
    load(books, "Giver,Amount,Pledged on,Due on\nDaw Mya,50,2026-08-01,2026-09-01\n", donor=factories.donor().id)
    (gift,) = rows(Contribution)
    assert (gift.state.value, gift.due_on, books.in_fund()) == ("pledged", date(2026, 9, 1), 0)


def test_loading_takes_the_same_statements_for_ten_rows_and_for_a_thousand(books: Books, count_queries) -> None:
    counts = []
    for number in (10, 900):
        batch = bring(books, many(number).replace("Giver ", f"Giver of {number} "))
        with count_queries() as asked:
            act(service.load, books.treasurer, batch.code, Which())
        counts.append(len(asked))
        assert asked.commits == 1
    assert counts[1] <= counts[0], counts


def test_a_list_has_one_link_of_the_chain_for_its_gifts(books: Books) -> None:
    load(books, TWO)
    actions = [entry.action for entry in rows(AuditEntry)][-3:]
    assert actions == ["gift-list.added", "contributions.recorded", "gift-list.loaded"]


def test_five_thousand_rows_with_two_hundred_faults(books: Books) -> None:
    """Each fault is named by row and column, the rest is loaded once, and the same list again adds nothing."""
    text = many(5000, 200)
    batch = bring(books, text)
    found = queries.preview(db(), books.treasurer, batch.code)
    named = [(wrong.line, wrong.column.value) for wrong in found.wrongs]
    columns = ["amount", "currency", "received on"]
    assert named == [(number * 25 + 1, columns[number % 3]) for number in range(1, 201)]
    assert len(found.new) == 4800
    total = sum(gift.amount_minor for gift in found.new)
    assert found.new_sums["USD"].received_minor == total
    batch = act(service.load, books.treasurer, batch.code, Which())
    assert (batch.rows_total, batch.rows_faulty, batch.rows_loaded) == (5000, 200, 4800)
    assert books.in_fund() == total
    again = bring(books, text)
    seen = queries.preview(db(), books.treasurer, again.code)
    assert (len(seen.new), len(seen.known)) == (0, 4800)
    with pytest.raises(Invalid):
        act(service.load, books.treasurer, again.code, Which())
    assert len(rows(GiftBatchRow)) == 4800
    assert books.faults() == []
