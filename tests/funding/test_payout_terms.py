"""Terms of a payout: who bears the fee, what it is for, the word that must be said, and how a loss ends."""

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from flask import Flask

from aidnet.db import db
from aidnet.errors import Invalid
from aidnet.funding import queries, service
from aidnet.funding.drafts import SettlementDraft
from aidnet.funding.ledger import MovedOn
from aidnet.funding.models import FeeBearer, Payout, PayoutSettlement, PayoutState, Rest, SettlementKind
from aidnet.funding.settling import NothingLost
from aidnet.places.models import Place
from aidnet.responders.models import Sector
from tests import factories
from tests.funding.books import DAY, Books, act


@pytest.fixture
def books(app: Flask) -> Books:
    made = Books()
    made.give(1_000_00)
    return made


def settle(books: Books, payout: Payout, minor: int, kind: SettlementKind = SettlementKind.REPAID) -> PayoutSettlement:
    draft = SettlementDraft(uid=uuid4(), payout=payout.id, kind=kind, amount_minor=minor, settled_on=DAY)
    return act(service.settle, books.treasurer, draft)


def test_the_fund_bears_a_fee_beside_the_amount(books: Books) -> None:
    payout = books.send(100_00, fee_minor=5_00)
    assert payout.expected_minor == 100_00
    assert books.in_fund() == 895_00


def test_the_receiver_bears_a_fee_out_of_the_amount(books: Books) -> None:
    payout = books.send(100_00, fee_minor=5_00, fee_bearer=FeeBearer.RECEIVER)
    assert payout.expected_minor == 95_00
    assert books.in_fund() == 900_00
    assert books.confirm(payout, 95_00).state is PayoutState.CONFIRMED
    assert books.held() == 95_00
    assert not books.faults()


def test_another_currency_is_expected_of_what_the_fee_leaves(books: Books) -> None:
    payout = books.send(100_00, fee_minor=10_00, fee_bearer=FeeBearer.RECEIVER, into="MMK", rate=Decimal(4000))
    assert payout.expected_minor == 360_000
    books.confirm(payout, 120_000)
    books.confirm(payout, 120_000)
    assert books.confirm(payout, 120_000).state is PayoutState.CONFIRMED
    assert books.held("MMK") == 360_000
    assert not books.faults()


def test_a_fee_does_not_eat_the_whole_amount(books: Books) -> None:
    with pytest.raises(Invalid):
        books.send(5_00, fee_minor=5_00, fee_bearer=FeeBearer.RECEIVER)


def test_a_payout_with_its_fee_is_undone_whole(books: Books) -> None:
    payout = books.send(100_00, fee_minor=5_00, fee_bearer=FeeBearer.RECEIVER)
    books.undo(payout.code)
    assert books.in_fund() == 1_000_00
    assert not books.faults()


def test_the_purpose_is_a_district_or_a_state(books: Books) -> None:
    township: Place = factories.place("MMR005030")
    with pytest.raises(Invalid):
        books.send(1_00, purpose_place_id=township.id)
    district = factories.place("MMR005D002")
    payout = books.send(1_00, purpose_place_id=district.id, purpose_sector=Sector.HEA)
    assert (payout.purpose_place_id, payout.purpose_sector) == (district.id, Sector.HEA)


def test_the_word_is_kept_as_a_hash_and_only_told_of(books: Books, sign_in) -> None:
    payout = books.send(100_00, token="Blue Door 7")
    assert payout.token_hash is not None
    assert payout.token_hash.startswith("$argon2id$")
    assert books.send(1_00, token="Blue Door 7").token_hash != payout.token_hash
    coordinator = sign_in(books.coordinator)
    where = f"/funding/payouts/{payout.code}"
    page = coordinator.sent(f"{where}/confirmations/new", amount="40", token="red door")
    assert "not the one that was agreed on" in page.text
    page = coordinator.sent(f"{where}/confirmations/new", amount="20", token=" blue door7")
    assert "The word is the one that was agreed on" in page.text
    page = coordinator.sent(f"{where}/confirmations/new", amount="40")
    assert "agreed on" not in page.text
    assert "Confirmed" in page.text
    plain = books.send(1_00)
    assert "token" not in coordinator.page(f"/funding/payouts/{plain.code}/confirmations/new").form().values


def test_a_loss_is_repaid_in_parts_and_the_rest_given_up(books: Books) -> None:
    payout = books.send(100_00)
    books.confirm(payout, 30_00, rest=Rest.LOST)
    settle(books, payout, 20_00)
    assert books.in_fund() == 920_00
    settle(books, payout, 50_00, SettlementKind.WRITTEN_OFF)
    with pytest.raises(NothingLost):
        settle(books, payout, 1, SettlementKind.WRITTEN_OFF)
    settle(books, payout, 50_00)
    assert books.in_fund() == 970_00
    with pytest.raises(NothingLost):
        settle(books, payout, 1)
    assert not books.faults()


def test_no_more_comes_back_than_was_lost(books: Books) -> None:
    payout = books.send(100_00)
    with pytest.raises(NothingLost):
        settle(books, payout, 1_00)
    books.lose(payout)
    with pytest.raises(Invalid):
        settle(books, payout, 100_01)


def test_a_settlement_sent_twice_is_one(books: Books) -> None:
    payout = books.send(100_00)
    books.lose(payout)
    draft = SettlementDraft(
        uid=uuid4(), payout=payout.id, kind=SettlementKind.REPAID, amount_minor=10_00, settled_on=DAY
    )
    assert act(service.settle, books.treasurer, draft).id == act(service.settle, books.treasurer, draft).id
    assert books.in_fund() == 910_00


def test_a_repayment_is_undone_before_the_loss_is(books: Books, sign_in) -> None:
    payout = books.send(100_00)
    books.lose(payout)
    word = books.last_word(payout)
    treasurer = sign_in(books.treasurer)
    page = treasurer.sent(f"/funding/payouts/{payout.code}/settlements/new", amount="60", note="by hand")
    assert "Repaid to the fund" in page.text
    with pytest.raises(MovedOn) as moved:
        books.undo(word)
    (code,) = re.findall("L-[0-9A-Z]{4}-[0-9A-Z]{4}", str(moved.value))
    books.undo(code)
    assert books.in_fund() == 900_00
    books.undo(word)
    assert not books.faults()
    treasurer.page(f"/funding/payouts/{payout.code}/settlements/new", status=404)


def test_the_form_asks_who_bears_the_fee_and_what_it_is_for(books: Books, sign_in) -> None:
    treasurer = sign_in(books.treasurer)
    fields = {"fund": books.fund.code, "responder": books.group.code, "amount": "100", "expected_currency": "USD"}
    more = {"fee": "4", "fee_bearer": "receiver", "purpose_sector": Sector.HEA.value}
    form = treasurer.page("/funding/payouts/new")
    found = treasurer.refused(form, {"purpose_place-q": "Yinmarbin", "find": "purpose_place"}, status=200)
    code = found.one("main").one("input", name="purpose_place").attrs["value"]
    page = treasurer.refused(found, **fields, **more, purpose_place=code, status=200)
    assert "Fee out of it" in page.text
    assert "USD 96.00" in page.text
    page = treasurer.sent(page, sure="1")
    assert "Fee out of it" in page.text
    assert "For a district or a state" in page.text
    own = sign_in(books.coordinator).page(page.url)
    assert "For a kind of help" in own.text


def test_what_came_is_what_went_and_what_is_left_after_a_loss_was_repaid(books: Books) -> None:
    payout = books.send(100_00)
    books.lose(payout)
    settle(books, payout, 30_00)
    figures = queries.fund_figures(db(), books.treasurer, [books.fund.id])[0]

    assert figures.flows.lost == 70_00
    assert figures.came == figures.went + figures.left == 1_000_00
