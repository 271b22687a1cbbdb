"""What is kept secret in a column, and how it is looked up without being read.

Keys come from the settings and never touch the database or a backup. `Fernet` gives secrecy and integrity;
the sealed bytes also name the table, column and row they belong to, so that a value cannot be moved elsewhere.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Self, cast, overload
from uuid import UUID

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app
from sqlalchemy.orm import MappedColumn, mapped_column

_BLOCK = 32


class Unreadable(Exception):
    """A sealed value does not open with any key, or belongs to another row."""


@dataclass(frozen=True, repr=False)
class Keyring:
    """The field keys, newest first, and the key of the blind indexes."""

    fernet: MultiFernet
    blind_key: bytes

    @classmethod
    def of(cls, field_keys: tuple[str, ...], blind_key: str) -> Self:
        return cls(MultiFernet([Fernet(key) for key in field_keys]), blind_key.encode())

    def seal(self, text: str, place: str) -> bytes:
        """`text` as bytes only this keyring opens, bound to `place` and padded so that its length says little."""
        plain = _digest(place) + text.encode() + b"\x80"
        return self.fernet.encrypt(plain + bytes(-len(plain) % _BLOCK))

    def unseal(self, sealed: bytes, place: str) -> str:
        """The text sealed for `place`. Raises: Unreadable."""
        try:
            plain = self.fernet.decrypt(sealed)
        except InvalidToken:
            raise Unreadable(place.rsplit(":", 1)[0]) from None
        if not hmac.compare_digest(plain[:16], _digest(place)):
            raise Unreadable(place.rsplit(":", 1)[0])
        return plain[16:].rstrip(b"\x00")[:-1].decode()

    def blind(self, purpose: str, text: str) -> str:
        """A keyed index of `text` (case and spaces folded): equal texts meet, nothing can be read back."""
        folded = " ".join(text.casefold().split())
        return hmac.new(self.blind_key, f"{purpose}\0{folded}".encode(), hashlib.sha256).hexdigest()


def _digest(place: str) -> bytes:
    return hashlib.sha256(place.encode()).digest()[:16]


def keyring() -> Keyring:
    """The keyring of the running app."""
    return cast(Keyring, current_app.extensions["aidnet.keyring"])


def token_hash(token: str) -> str:
    """What the database keeps of a random secret (a session, a link): enough to recognize it, not to use it."""
    return hashlib.sha256(token.encode()).hexdigest()


class Sealed:
    """A private text column: `note = Sealed()` beside `note_sealed: Mapped[bytes | None] = sealed_column()`.

    Reading opens it, writing seals it, both for this table, column and row (`uid`); None stays None.
    The sealed bytes are what the database, its backups and its logs ever hold.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, row: None, owner: type) -> Self: ...
    @overload
    def __get__(self, row: object, owner: type) -> str | None: ...
    def __get__(self, row: Any, owner: type) -> Self | str | None:
        if row is None:
            return self
        return self.opened(row.__tablename__, row.uid, getattr(row, f"{self.name}_sealed"))

    def opened(self, table: str, uid: UUID, sealed: bytes | None) -> str | None:
        """The text of a row that was read by its columns alone."""
        return None if sealed is None else keyring().unseal(sealed, f"{table}.{self.name}:{uid}")

    def __set__(self, row: Any, text: str | None) -> None:
        sealed = keyring().seal(text, f"{row.__tablename__}.{self.name}:{row.uid}") if text else None
        setattr(row, f"{self.name}_sealed", sealed)


def sealed_column() -> MappedColumn[bytes | None]:
    """The column behind a `Sealed` attribute."""
    return mapped_column(sa.LargeBinary, nullable=True, info={"private": True})
