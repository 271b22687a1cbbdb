"""What is sealed opens only with our keys, only where it was put, and says little by its length."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from aidnet.crypto import Keyring, Unreadable
from tests import factories

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
RING = Keyring.of((OLD,), "a key that blinds")


@given(st.text())
def test_what_was_sealed_opens_to_the_letter(text: str) -> None:
    assert RING.unseal(RING.seal(text, "here"), "here") == text


def test_it_opens_nowhere_else() -> None:
    with pytest.raises(Unreadable):
        RING.unseal(RING.seal("Daw Mya", "contribution.giver:1"), "contribution.giver:2")


def test_one_changed_byte_is_found() -> None:
    sealed = bytearray(RING.seal("Daw Mya", "here"))
    sealed[-5] ^= 1
    with pytest.raises(Unreadable):
        RING.unseal(bytes(sealed), "here")


def test_a_new_key_seals_and_an_old_one_still_opens() -> None:
    before = RING.seal("Daw Mya", "here")
    both = Keyring.of((NEW, OLD), "a key that blinds")

    assert both.unseal(before, "here") == "Daw Mya"
    assert Keyring.of((NEW,), "a key that blinds").unseal(both.seal("U Hla", "here"), "here") == "U Hla"
    with pytest.raises(Unreadable):
        Keyring.of((NEW,), "a key that blinds").unseal(before, "here")


def test_names_of_one_block_have_one_length() -> None:
    assert len({len(RING.seal("x" * many, "here")) for many in range(16)}) == 1


def test_an_index_meets_its_equal_and_no_other_purpose_or_key() -> None:
    assert RING.blind("giver", "Daw  Mya ") == RING.blind("giver", "daw mya")
    others = {RING.blind("agent", "daw mya"), Keyring.of((OLD,), "another key").blind("giver", "daw mya")}
    assert RING.blind("giver", "daw mya") not in others
    assert len(others) == 2


def test_a_sealed_name_moved_to_another_row_does_not_open(app: object) -> None:
    one, other = (factories.responder(own_name=name) for name in ("River friends", "Hill friends"))
    other.own_name_sealed = one.own_name_sealed

    assert one.own_name == "River friends"
    with pytest.raises(Unreadable):
        _ = other.own_name
