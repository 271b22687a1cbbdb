"""Which passwords are refused, and how the others are kept."""

import gzip
import hashlib
from pathlib import Path

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from aidnet.accounts import passwords

LIST = Path(passwords.__file__).with_name("data") / "common-passwords.txt.gz"
SHA256 = "6b753a09aaf472f90becccefc82beae4764a81b1f46ed1f355cde0fffb4b8b50"


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password12345!",
        "P@ssw0rd1234",
        "passwordpassword",
        "qwertyuiop123",
        "qwerty123456",
        "1qaz2wsx3edc",
        "123456789012",
        "987654321098",
        "abcdefghijklm",
        "zyxwvutsrqponm",
        "asdfghjklasdfghjkl",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "ababab ababab ab",
        "iloveyou2026!",
        "2026iloveyou!!",
        "sunshine 2026",
        "PASSWORDPASSWORD",
        "leavemealone",
        "motherfucker",
        "ကကကကကကကကကကကကက",
        "၁၁၁၁၁၁၁၁၁၁၁၁",
    ],
)
def test_a_password_that_others_guess_first_is_refused(app, password):
    assert "guessed first" in (passwords.weakness(password) or "")


@pytest.mark.parametrize(
    "password",
    [
        "three grey herons fly",
        "seven small boats",
        "correct-battery-river-seven",
        "mK7$wq2!Lp0z",
        "မိုးရွာတော့ဖားအော်တယ်",
        "yellow umbrella in the monsoon",
    ],
)
def test_a_few_words_that_do_not_belong_together_are_taken(app, password):
    assert passwords.weakness(password, "Daw Mya", "S-07") is None


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("DawMya-2026!", ("Daw Mya",)),
        ("daw mya daw mya", ("Daw Mya",)),
        ("aidnet aidnet 1", ()),
        ("AidNet2026!!", ()),
        ("chindwin 2026!", ("admin", "Chindwin")),
        ("မောင်မောင်၁၂၃၄၅", ("မောင်မောင်",)),
    ],
)
def test_the_own_name_and_the_networks_do_not_make_a_password(app, password, words):
    assert "Leave your name" in (passwords.weakness(password, *words) or "")


def test_a_name_inside_a_long_password_is_no_harm(app):
    assert passwords.weakness("mya three grey herons fly", "mya") is None


@pytest.mark.parametrize(("length", "taken"), [(11, False), (12, True), (256, True), (257, False)])
def test_a_password_has_12_to_256_characters(app, length, taken):
    password = ("mK7$wq2!Lp0z-eR5" * 20)[: length - 1] + "?"

    refusal = passwords.weakness(password) if length < 100 else passwords.weakness(many_words(length))

    assert (refusal is None) is taken


def many_words(length):
    """No repetition, of any length."""
    return " ".join(str(number * number) + chr(97 + number % 26) for number in range(37, 137))[:length]


def test_what_is_kept_is_argon2id_and_never_the_same_twice(app):
    first, second = (passwords.hash_password("three grey herons fly") for _ in range(2))

    assert first != second
    assert extract_parameters(first).type is Type.ID
    assert extract_parameters(first).memory_cost >= 19_456
    assert passwords.verify(first, "three grey herons fly")
    assert not passwords.verify(first, "three grey herons fl")


def test_one_password_typed_on_two_keyboards_is_one(app):
    assert passwords.verify(passwords.hash_password("caf\u00e9 at the river"), "cafe\u0301 at the river")


def test_nobody_has_the_password_of_no_account(app):
    assert not passwords.verify(None, "three grey herons fly")
    assert not passwords.verify("not a hash", "three grey herons fly")
    assert not passwords.verify(passwords.hash_password("x" * 256), "x" * 300)


def test_the_list_is_the_one_its_readme_describes():
    packed = LIST.read_bytes()

    assert hashlib.sha256(packed).hexdigest() == SHA256
    assert len(gzip.decompress(packed).decode().split("\n")) == 79_278
    assert "CC0" in LIST.with_name("README.md").read_text()
