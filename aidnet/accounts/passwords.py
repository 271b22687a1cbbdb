"""Passwords: how they are kept (argon2id), and which are refused because others would guess them.

Nothing is asked of any other machine: the common ones are a file beside this (see `data/README.md`).
"""

import gzip
import re
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from aidnet.accounts.names import fold
from aidnet.i18n import gettext as _

LEAST, MOST = 12, 256
#: argon2id with OWASP's parameters (Password Storage Cheat Sheet): 19 MiB, so that eight threads fit a small box.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
_LIST = Path(__file__).with_name("data") / "common-passwords.txt.gz"
#: How other letters are written for letters.
_LEET = str.maketrans("013457@$!|+", "oieastasiit")
_ROWS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertyuiopasdfghjklzxcvbnm")
#: Decoration that leaves a guessable word guessable: years, "123", "!".
_DECORATION = 6


def normal(password: str) -> str:
    """The same characters however a keyboard composed them."""
    return unicodedata.normalize("NFC", password)


def hash_password(password: str) -> str:
    """What the database keeps."""
    return _HASHER.hash(normal(password))


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("no password has this hash's salt")


def verify(kept: str | None, password: str) -> bool:
    """Whether `password` is the one kept. With none kept it is never, and takes as long to say so."""
    if len(password) > MOST:
        kept, password = None, ""
    try:
        _HASHER.verify(kept or _nobodys_hash(), normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


@cache
def _common() -> frozenset[str]:
    return frozenset(gzip.decompress(_LIST.read_bytes()).decode().split("\n"))


def weakness(password: str, *words: str) -> str | None:
    """Why `password` is refused, as a sentence; None where it is not. `words` are what a guesser would begin with (names)."""
    password = normal(password)
    if len(password) < LEAST:
        return _("At least %(least)s characters, please. A few words in a row are easy to remember.", least=LEAST)
    if len(password) > MOST:
        return _("At most %(most)s characters, please.", most=MOST)
    if _guessable(fold(password)):
        return _("Too many people use a password like this, so it is guessed first. Take a few words that do not belong together.")
    bare = re.sub(r"\s", "", fold(password))
    for word in (*words, "aidnet"):
        known = re.sub(r"\s", "", fold(word))
        if len(known) > 2 and known in bare and len(bare.replace(known, "")) < LEAST:
            return _("Leave your name and the name of this network out of the password.")
    return None


def _guessable(folded: str) -> bool:
    bare = re.sub(r"\s", "", folded)
    if len(set(bare)) < 5:
        return True
    unit = (bare + bare).find(bare, 1)
    if unit <= max(4, len(bare) // 4) or (unit < len(bare) and bare[:unit] in _common()):
        return True
    if bare in _common() or _is_run(bare):
        return True
    core = bare.strip("0123456789!?.,*#@$%&_-+=/()'\" ")
    readings = {core, core.translate(_LEET), bare.translate(_LEET)}
    return len(bare) - len(core) <= _DECORATION and any(one in _common() or _is_run(one) for one in readings if len(one) > 3)


def _is_run(text: str) -> bool:
    """Whether the text goes along the alphabet, the digits or a keyboard's rows, forward or back."""
    if len(text) < 6:
        return False
    along = [row * 3 for row in _ROWS]
    return any(text in row or text in row[::-1] for row in along)
