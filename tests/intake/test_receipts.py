"""A receipt says what became of its one gift to whoever has its code, and nothing else to anybody."""

from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from aidnet import codes
from aidnet.config import ROOT
from aidnet.db import transaction
from aidnet.deliveries.catalogue import load_catalogue
from aidnet.deliveries.models import Item
from aidnet.funding import service
from aidnet.funding.drafts import GiftDraft
from aidnet.funding.models import Channel, GiverKind
from aidnet.ledger.models import BudgetLine
from aidnet.policy import unscoped
from tests import factories
from tests.funding.books import DAY, Books, act
from tests.pages import Page
from tests.world import Client


@pytest.fixture
def books(app: Flask) -> Books:
    return Books()


def test_a_stranger_opens_it_by_its_code_alone(books: Books, client: Client) -> None:
    gift = books.give(50_00, giver="Daw Mya", donor=factories.donor("Lanna Circle").id, note="for her son")
    page = client.page(f"/receipts/{gift.receipt_code}")
    assert "USD 50.00" in page.text
    assert gift.code in page.text
    assert page.one("svg", class_="qr")
    for word in ("Daw Mya", "Lanna Circle", "her son", books.treasurer.name):
        assert word not in page.text


def test_it_names_no_place_and_no_group(books: Books, client: Client) -> None:
    place = factories.place("MMR005D002")
    gift = books.give(50_00, earmark_place_id=place.id, earmark_responder=books.group.id)
    text = client.page(f"/receipts/{gift.receipt_code}").text
    assert books.group.code_name not in text
    assert place.name_en not in text
    own = books.gift(70_000)
    assert books.group.code_name not in client.page(f"/receipts/{own.receipt_code}").text


def test_it_says_what_the_gift_became(books: Books, client: Client) -> None:
    gift = books.give(100_00)
    payout = books.send(60_00)
    books.confirm(payout, 60_00)
    books.spend(20_00)
    books.spend(5_00, line=BudgetLine.TOLLS)
    books.spend(10_00, line=BudgetLine.TRANSPORT)
    rows = dict(client.page(f"/receipts/{gift.receipt_code}").table[1:])
    assert rows == {
        "Waiting in the fund": "USD 40.00",
        "With a group, as it reported": "USD 25.00",
        "Spent: Goods": "USD 20.00",
        "Spent: Transport": "USD 15.00",
        "The whole gift": "USD 100.00",
    }
    assert "60 % of it is confirmed" in client.page(f"/receipts/{gift.receipt_code}").text


def test_a_pledge_says_that_it_is_one(books: Books, client: Client) -> None:
    pledge = books.give(50_00, received_on=None, due_on=date(2026, 9, 1))
    text = client.page(f"/receipts/{pledge.receipt_code}").text
    assert "Pledged, not received yet" in text
    assert "1 Sept 2026" in text or "1 Sep 2026" in text


def test_a_gift_of_things_is_named(books: Books, client: Client) -> None:
    with transaction() as session:
        load_catalogue(session)
        rice = session.scalars(unscoped(sa.select(Item.id).where(Item.slug == "rice"), because="a test looks")).one()
    shared = {"giver_kind": GiverKind.PERSON, "channel": Channel.CASH, "received_on": DAY}
    draft = GiftDraft(uid=uuid4(), item_id=rice, quantity_milli=50_000, **shared)
    gift = act(service.record_gift, books.coordinator, draft)
    assert "50 kg Rice" in client.page(f"/receipts/{gift.receipt_code}").text


def test_a_gift_that_was_undone_says_so(books: Books, client: Client) -> None:
    wrong = books.give(7_00)
    books.undo(wrong.code)
    assert "was undone" in client.page(f"/receipts/{wrong.receipt_code}").text


@pytest.mark.parametrize("typed", ["lower", "spaces", "bare"])
def test_its_code_is_read_as_people_type_it(books: Books, client: Client, typed: str) -> None:
    code = books.give(5_00).receipt_code
    forms = {"lower": code.lower(), "spaces": code.replace("-", " "), "bare": code.replace("-", "")}
    assert "USD 5.00" in client.page(f"/receipts/{forms[typed]}").text


@pytest.mark.parametrize("code", ["0" * 20, "C-0000-0000", "x", "00000-00000-00000-0000U", "' OR 1=1 --"])
def test_an_unknown_code_is_the_one_404(books: Books, client: Client, code: str) -> None:
    gift = books.give(5_00)
    nothing = client.get("/nowhere-at-all").text
    answer = client.get(f"/receipts/{code}")
    assert answer.status_code == 404
    assert Page(answer.text).title == Page(nothing).title
    assert client.get(f"/receipts/{gift.code}").status_code == 404


def test_it_is_kept_out_of_indexes_caches_and_referrers(books: Books, client: Client) -> None:
    answer = client.get(f"/receipts/{books.give(5_00).receipt_code}")
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'content="noindex' in answer.text


def test_it_says_the_same_to_everybody(books: Books, client: Client, sign_in) -> None:
    url = f"/receipts/{books.give(5_00, giver='Daw Mya').receipt_code}"
    said = client.page(url).one("section").text
    for who in (books.treasurer, books.coordinator):
        assert sign_in(who).page(url).one("section").text == said


def test_it_speaks_burmese(books: Books, client: Client) -> None:
    gift = books.give(5_00)
    answer = client.get(f"/receipts/{gift.receipt_code}", headers={"Accept-Language": "my"})
    assert '<html lang="my"' in answer.text


def test_whoever_keeps_the_gift_finds_its_address(books: Books, sign_in, client: Client) -> None:
    donor = factories.donor()
    gift = books.give(5_00, donor=donor.id)
    for browser in (sign_in(books.treasurer), sign_in("donor", at=donor)):
        page = browser.page(f"/funding/contributions/{gift.code}")
        address = next(each.attrs["value"] for each in page.all("input", readonly=True))
        assert address.endswith(f"/receipts/{gift.receipt_code}")


def test_nothing_else_reads_through_a_receipt() -> None:
    users = {
        path.relative_to(ROOT / "aidnet").as_posix()
        for path in Path(ROOT, "aidnet").rglob("*.py")
        if "RECEIPT_READ" in path.read_text("utf-8")
    }
    assert users == {"accounts/words.py", "intake/receipts.py", "policy/rules.py", "policy/terms.py"}


def test_a_code_cannot_be_guessed() -> None:
    drawn = {codes.receipt_code() for _turn in range(1000)}
    assert len(drawn) == 1000
    assert all(codes.read_receipt(code) == code for code in drawn)
