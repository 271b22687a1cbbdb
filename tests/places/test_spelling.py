"""Search keys: equal for what people mean as one name, and stable."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aidnet.places.spelling import fold, near, skeleton

#: Latin, Burmese, digits of both, and what people put between.
LETTERS = st.sampled_from([*"abcKLYz07é", *map(chr, range(0x1000, 0x102B)), *map(chr, range(0x1040, 0x104A))])
MARKS = st.sampled_from([*map(chr, range(0x102B, 0x103F))])
NAMES = st.lists(st.one_of(LETTERS, MARKS), max_size=12).map("".join)
BETWEEN = st.sampled_from(["", " ", "-", " - ", ".", "(", "\u200b", "\u00a0", "/"])


@given(st.text(max_size=30) | NAMES)
@example("ဥါီ")
def test_folding_a_key_again_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.lists(st.tuples(LETTERS, BETWEEN), max_size=12))
def test_spaces_hyphens_and_brackets_do_not_count(pairs):
    assert fold("".join(letter + between for letter, between in pairs)) == fold("".join(letter for letter, _b in pairs))


@given(st.text(st.characters(codec="ascii"), max_size=20))
def test_case_does_not_count(text):
    assert fold(text.upper()) == fold(text.lower())


@given(NAMES)
def test_either_unicode_form_is_one_name(name):
    assert fold(unicodedata.normalize("NFD", name)) == fold(unicodedata.normalize("NFC", name))


@given(st.text(max_size=30))
def test_a_key_holds_nothing_but_letters_marks_and_digits(text):
    assert all(unicodedata.category(letter)[0] in "LMN" for letter in fold(text))


@given(st.text(max_size=30))
def test_a_skeleton_is_never_longer_than_its_key(text):
    assert len(skeleton(fold(text))) <= len(fold(text)) + 1


@given(st.text("aklmnpstwy", min_size=3, max_size=8), st.data())
def test_a_slip_of_one_letter_is_near(bones, data):
    bones = skeleton(bones)
    at = data.draw(st.integers(0, max(len(bones) - 1, 0)))
    slipped = bones[:at] + bones[at + 1 :]
    if slipped and skeleton(slipped) == slipped:
        assert slipped in near(bones)
        assert bones in near(slipped)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Yinmarbin", "YIN-MAR BIN"),
        ("ယင်းမာပင်", "ယင်း မာ ပင်"),
        ("မော်", "မေါ်"),  # the round and the tall aa
        ("ကြွ", "ကွြ"),  # marks typed in another order
        ("ရပ်ကွက် (၁၀)", "ရပ်ကွက် ၁ဝ"),  # the letter wa for a zero
        ("ဝက်", "၀က်"),  # a zero for the letter wa
        ("No. 10", "no ၁၀"),
        ("Lüthi", "luthi"),
    ],
)
def test_one_name_typed_in_two_ways_is_one_key(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize("other", ["ယင်းမာပင်ခရိုင်", "ယင်း", "မာပင်"])
def test_another_burmese_name_is_another_key(other):
    assert fold("ယင်းမာပင်") != fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Yinmarbin", "Yinmabin"), ("Tabayin", "Depayin"), ("Kale", "Kalay"), ("Ayadaw", "Ayardaw"), ("Pinlebu", "Pinlaebu")],
)
def test_spellings_of_one_name_share_a_skeleton(one, other):
    assert skeleton(fold(one)) == skeleton(fold(other))
