"""Codes that people say, such as `D-7K3Q-9XMT`, derived from a row's random uid.

Seven characters of Crockford base32 carry 35 random bits; the eighth is a check character. A phone can mint the same
code offline from the same uid. Two uids may share a code (about 14 pairs in a million rows): the uid settles that, and
`mint` draws again where a server can.

Source of the alphabet: Douglas Crockford, "Base 32". The check is Damm's idea over the field of 32 elements
(x^5 + x^2 + 1): it finds every single wrong character and every swap of neighbours.
"""

import re
import secrets
from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_READ = str.maketrans({"I": "1", "L": "1", "O": "0"})
_BODY = 7


def _doubled(value: int) -> int:
    """`value` times x in GF(32)."""
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value


def check_character(body: str) -> str:
    """The character that makes `body` (Crockford base32, upper case) a whole code."""
    state = 0
    for character in body:
        state = _doubled(state ^ _VALUE[character])
    return ALPHABET[state]


def code_of(prefix: str, uid: UUID) -> str:
    """The code of a row: `prefix`, then the first 35 bits of `uid`, then the check character."""
    number = uid.int >> (128 - 5 * _BODY)
    body = "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(_BODY)))
    whole = body + check_character(body)
    return f"{prefix}-{whole[:4]}-{whole[4:]}"


def forgiven(characters: str) -> str:
    """Upper-case characters of a code with 1 and 0 where somebody read I, L or O."""
    return characters.translate(_READ)


def read(prefix: str, typed: str) -> str | None:
    """What somebody typed as a code, in its one form; None where it cannot be one.

    Forgives case, spaces, missing hyphens and prefix, and I, L, O for 1, 1, 0.
    """
    letters = re.sub(r"[\s-]", "", typed).upper()
    if letters.startswith(prefix) and len(letters) == len(prefix) + _BODY + 1:
        letters = letters[len(prefix) :]
    letters = letters.translate(_READ)
    if len(letters) != _BODY + 1 or any(letter not in _VALUE for letter in letters):
        return None
    if check_character(letters[:_BODY]) != letters[_BODY]:
        return None
    return f"{prefix}-{letters[:4]}-{letters[4:]}"


def secret_token() -> str:
    """A single-use secret for a link: 256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def receipt_code() -> str:
    """A public receipt code: 100 random bits as 20 characters in groups of five."""
    number = secrets.randbits(100)
    body = "".join(ALPHABET[(number >> 5 * place) & 31] for place in range(20))
    return "-".join(body[start : start + 5] for start in range(0, 20, 5))


def read_receipt(typed: str) -> str | None:
    """What somebody typed as a receipt code, in its one form; None where it cannot be one."""
    letters = re.sub(r"[\s-]", "", typed).upper().translate(_READ)
    if len(letters) != 20 or any(letter not in _VALUE for letter in letters):
        return None
    return "-".join(letters[start : start + 5] for start in range(0, 20, 5))
