"""A mark is found in every form it could take, and nowhere else."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.canary.crawl import in_two
from tests.canary.marks import Mint, found_in, of_value, plain


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("amount_minor", 3039596, "THB 30,395.96"),
        ("amount_minor", 3039596, "THB ၃၀,၃၉၅.၉၆"),
        ("amount_minor", 3039596, "MMK 3,039,596"),
        ("amount_minor", 3039596, '{"amount": 3039596}'),
        ("amount_minor", 3000000, "USD 30,000.00"),
        ("quantity_milli", 41837000, "41,837 bags"),
        ("quantity_milli", 41837500, "41837.5"),
        ("people", 41837, "၄၁၈၃၇ ဦး"),
        ("rate", Decimal("4351.25"), "4,351.25 for one"),
        ("happened_on", date(2026, 3, 9), "on 9 Mar 2026"),
        ("happened_on", date(2026, 3, 9), "9 March"),
        ("happened_on", date(2026, 3, 9), "၉ မတ် ၂၀၂၆"),
        ("happened_on", date(2026, 3, 9), "2026-03-09T10:00"),
        ("happened_on", date(2026, 3, 9), "09/03/2026"),
        ("recorded_at", datetime(2026, 3, 9, 20, 0, tzinfo=UTC), "10 Mar 2026"),
        ("courier", "Zqxbadeki", "<b>ZQXBADEKI</b>"),
    ],
)
def test_a_mark_is_found_in_every_form(column, value, text):
    assert found_in(plain(text), of_value(column, value))


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("people", 41837, "141,837"),
        ("people", 41837, "418,370"),
        ("people", 41837, "41,837.25"),
        ("people", 37, "37"),
        ("happened_on", date(2026, 3, 9), "19 Mar 2026"),
        ("happened_on", date(2026, 3, 9), "2026-03"),
        ("happened_on", date(2026, 3, 9), "Mar 2026"),
        ("courier", "Zqxbadeki", "zqxbadekis"),
        ("void", True, "1"),
    ],
)
def test_nothing_else_is_taken_for_it(column, value, text):
    assert not found_in(plain(text), of_value(column, value))


def test_marks_come_up_once():
    mint = Mint()
    numbers = [mint.number() for _turn in range(300)] + [mint.amount() for _turn in range(300)]
    words = [mint.word() for _turn in range(300)]
    days = [mint.next_day() for _turn in range(200)]
    for drawn in (numbers, words, days, [(day.month, day.day) for day in days]):
        assert len(set(drawn)) == len(drawn)


def test_what_is_drawn_for_one_answer_is_no_find():
    """A token or a uid may hold any short number by chance; a uid is found whole, and the number by itself."""
    uid = "5f0c1f2e-0000-4000-8abc-31149abcdef1"
    text, uids = in_two(f'<input name="csrf_token" value="x.-31149a"> {uid} 31149abc{"0" * 24} ?after=31149')
    assert not found_in(plain(text), frozenset({"31149", uid}))
    assert found_in(plain(uids), frozenset({uid}))
    assert found_in(plain(in_two("31149 kg")[0]), frozenset({"31149"}))
