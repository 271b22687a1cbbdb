"""What each cell of a list says, in English and Burmese; and what is wrong, by row and by column."""

from datetime import date

import pytest

from aidnet.db import transaction
from aidnet.funding.models import Channel, GiverKind
from aidnet.intake import columns
from aidnet.intake.checking import Checked
from aidnet.intake.columns import Column
from aidnet.intake.models import GiftBatch
from aidnet.intake.reading import rows_of_text
from aidnet.intake.service import look_through
from aidnet.responders.models import Sector
from tests import factories
from tests.intake.lists import HEAD


def checked(text: str) -> Checked:
    with transaction() as session:
        return look_through(session, GiftBatch(channel=Channel.CASH, currency="THB"), rows_of_text(text))


def wrongs(text: str) -> list[tuple[int, str]]:
    return [(wrong.line, wrong.column.value) for wrong in checked(text).wrongs]


@pytest.mark.parametrize(
    "head",
    [
        "Giver,Kind,Amount,Currency,Received on,Channel,Earmark district/region,Earmark sector,Note",
        "NAME;giver type;sum;CCY;Date;how it came;P-code;sector;remarks",
        "အလှူရှင်\tအမျိုးအစား\tအလှူငွေ\tငွေကြေး\tရက်စွဲ\tနည်းလမ်း\tခရိုင်\tကဏ္ဍ\tမှတ်စု",
    ],
)
def test_columns_are_known_by_their_names_in_both_languages(app, head):
    known = columns.recognized(rows_of_text(head + "\nx\n")[0])
    assert known == [
        Column.GIVER,
        Column.KIND,
        Column.AMOUNT,
        Column.CURRENCY,
        Column.RECEIVED_ON,
        Column.CHANNEL,
        Column.PLACE,
        Column.SECTOR,
        Column.NOTE,
    ]


@pytest.mark.parametrize("language", ["en", "my"])
def test_the_sample_is_read_in_the_language_it_is_given_in(app, sign_in, language):
    browser = sign_in("treasurer")
    sample = browser.get("/funding/batches/sample.csv", headers={"Accept-Language": language}).text.removeprefix(
        "\ufeff"
    )
    assert columns.unsettled(rows_of_text(sample)) == []
    found = checked(sample)
    assert (len(found.gifts), found.wrongs) == (3, [])


def test_a_row_says_all_of_a_gift_in_any_order(app):
    text = "Note,Amount,Kind,Giver,Received on,Channel,Sector,District\n"
    text += "monthly,၁၂၅၀.၅၀,Group,Lanna Friends,၁/၈/၂၀၂၆,KPay,Health,MMR005D002\n"
    (gift,) = checked(text).gifts
    assert (gift.giver, gift.giver_kind, gift.note) == ("Lanna Friends", GiverKind.GROUP, "monthly")
    assert (gift.amount_minor, gift.currency, gift.received_on) == (1250_50, "THB", date(2026, 8, 1))
    assert (gift.channel, gift.sector) == (Channel.MOBILE_MONEY, Sector.HEA)
    assert gift.place_id == factories.place("MMR005D002").id


def test_burmese_words_are_known_too(app):
    text = "အလှူရှင်,အမျိုးအစား,အလှူငွေ,ငွေကြေး,ရက်စွဲ,နည်းလမ်း,ခရိုင်\nဒေါ်မြ,လူ,၅ သိန်း,ကျပ်,၃/၈/၂၀၂၆,ဘဏ်,ရွှေဘိုခရိုင်\n"
    (gift,) = checked(text).gifts
    assert (gift.amount_minor, gift.currency, gift.channel) == (500_000, "MMK", Channel.BANK)
    assert gift.place_id == factories.place("MMR005D002").id


@pytest.mark.parametrize(
    ("typed", "currency", "minor"), [("50 USD", "USD", 50_00), ("5 lakh MMK", "MMK", 500_000), ("70", "THB", 70_00)]
)
def test_an_amount_may_name_its_currency(app, typed, currency, minor):
    (gift,) = checked(f"Amount,Received on\n{typed},2026-08-01\n").gifts
    assert (gift.currency, gift.amount_minor) == (currency, minor)


def test_what_does_not_say_is_anonymous_and_takes_what_the_list_says(app):
    (gift,) = checked("Amount,Received on\n70,2026-08-01\n").gifts
    assert (gift.giver, gift.giver_kind, gift.channel) == (None, GiverKind.PERSON, Channel.CASH)


def test_a_pledge_is_not_received_and_may_be_due(app):
    (gift,) = checked("Amount,Pledged on,Due on\n70,2026-08-01,2026-09-01\n").gifts
    assert (gift.received_on, gift.pledged_on, gift.due_on) == (None, date(2026, 8, 1), date(2026, 9, 1))


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("x,abc,USD,2026-08-01", "amount"),
        ("x,,USD,2026-08-01", "amount"),
        ("x,-5,USD,2026-08-01", "amount"),
        ("x,0,USD,2026-08-01", "amount"),
        ("x,1.234,USD,2026-08-01", "amount"),
        ("x,99999999999999999,USD,2026-08-01", "amount"),
        ("x,5,DOGE,2026-08-01", "currency"),
        ("x,5,USD,31/2/2026", "received on"),
        ("x,5,USD,2027-01-01", "received on"),
        ("x,5,USD,8/2026", "received on"),
        ("x,5,USD,", "received on"),
        ("x" * 201 + ",5,USD,2026-08-01", "giver"),
        ("a\x07b,5,USD,2026-08-01", "giver"),
    ],
)
def test_a_fault_is_named_by_its_row_and_column(app, row, column):
    assert wrongs(f"{HEAD}\nfine,5,USD,2026-08-01\n{row}\n") == [(3, column)]


@pytest.mark.parametrize(
    ("head", "typed", "column"),
    [
        ("Kind", "robot", "kind"),
        ("Channel", "pigeon", "channel"),
        ("District", "Atlantis", "place"),
        ("District", "MMR005016", "place"),
        ("Sector", "gold", "sector"),
        ("Due on", "soon", "due on"),
    ],
)
def test_words_that_we_do_not_know_are_faults(app, head, typed, column):
    assert wrongs(f"Amount,Received on,{head}\n5,2026-08-01,{typed}\n") == [(2, column)]


def test_a_row_may_have_several_faults_and_is_one_faulty_row(app):
    found = checked(f"{HEAD}\nx,abc,DOGE,never\n")
    assert (len(found.wrongs), found.faulty, found.rows) == (3, 1, 1)


def test_a_name_of_several_places_asks_for_more(app):
    """There is a region called Mandalay, and a district."""
    known = [
        (1, "MMR010", "Mandalay", False, "မန္တလေးတိုင်းဒေသကြီး", None),
        (2, "MMR010D001", "Mandalay", True, "မန္တလေးခရိုင်", None),
    ]
    found = columns.places(known)
    assert found["mandalay"] is None
    assert (found["mandalayregion"], found["mandalaydistrict"], found["mmr010"]) == (1, 2, 1)


def test_lines_are_numbered_as_in_the_sheet_with_its_empty_rows(app):
    assert wrongs(f"\n{HEAD}\n,,,\nx,abc,USD,2026-08-01\n") == [(4, "amount")]


def test_equal_rows_are_different_gifts_and_the_same_ones_again(app):
    text = f"{HEAD}\n" + "Daw Mya,5,USD,2026-08-01\n" * 3
    first, again = ([gift.digest for gift in checked(text).gifts] for _turn in range(2))
    assert len(set(first)) == 3
    assert first == again
    other = checked(f"{HEAD}\nDaw,Mya 5,USD,2026-08-01\nDaw Mya,5,USD,1/8/2026\n").gifts
    assert [gift.digest for gift in other] == first[:1]


def test_a_column_without_a_name_that_says_something_is_asked_for(app):
    rows = rows_of_text("Giver,Amount,,Received on,\nx,5,USD,2026-08-01,,extra\n")
    assert columns.unsettled(rows) == [2, 5]


def test_two_columns_of_one_name_are_asked_for(app):
    assert columns.unsettled(rows_of_text("Giver,Name,Amount\nx,y,5\n")) == [1]
