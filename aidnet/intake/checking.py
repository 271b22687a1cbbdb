"""What the rows of a list say, gift by gift, and what is wrong with the others: by row and by column. Nothing is written."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from flask_babel import LazyString

from aidnet import clock, money
from aidnet.clock import BadDay
from aidnet.crypto import keyring
from aidnet.funding.models import Channel, GiverKind
from aidnet.i18n import lazy_gettext as _l
from aidnet.intake import columns
from aidnet.intake.columns import Column
from aidnet.money import BadAmount
from aidnet.places.spelling import fold
from aidnet.responders.models import Sector

Kind = TypeVar("Kind", bound=StrEnum)

#: As the form of one gift has it.
_GIVER_MOST, _NOTE_MOST = 200, 4_000
_UNKEPT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CODE = re.compile(r"\b[A-Za-z]{3}\b")
_CURRENCIES = {fold(code): code for code in money.CURRENCIES} | {
    fold(word): code
    for code, words in {
        "MMK": "kyat, kyats, ks, ကျပ်",
        "THB": "baht, ဘတ်",
        "USD": "us dollar, us dollars, အမေရိကန်ဒေါ်လာ",
        "EUR": "euro, euros, ယူရို",
    }.items()
    for word in words.split(",")
}


@dataclass(frozen=True)
class Gift:
    """A row that can be loaded."""

    line: int
    giver: str | None
    giver_kind: GiverKind
    amount_minor: int
    currency: str
    channel: Channel
    received_on: date | None
    pledged_on: date | None
    due_on: date | None
    place_id: int | None
    sector: Sector | None
    note: str | None
    #: Keyed digest of what the row says, and of how many like it came before.
    digest: str


@dataclass(frozen=True)
class Wrong:
    """A cell that cannot be taken: "line 17, amount: not a number"."""

    line: int
    column: Column
    said: LazyString
    #: What stands there.
    typed: str


@dataclass(frozen=True)
class Checked:
    """A list, looked through."""

    gifts: Sequence[Gift]
    wrongs: Sequence[Wrong]

    @cached_property
    def faulty(self) -> int:
        """How many rows have a fault, or several."""
        return len({wrong.line for wrong in self.wrongs})

    @property
    def rows(self) -> int:
        """How many rows there are, empty ones aside."""
        return len(self.gifts) + self.faulty


def check(
    rows: Sequence[Sequence[str]], *, channel: Channel, currency: str, places: Mapping[str, int | None]
) -> Checked:
    """Look through the rows. `channel` and `currency` are of rows that do not say; `places` are those a gift may be for."""
    head = columns.head_of(rows)
    known = columns.recognized(rows[head]) if rows else []
    at = {column: place for place, column in enumerate(known) if column}
    gifts: list[Gift] = []
    wrongs: list[Wrong] = []
    before: Counter[str] = Counter()
    for line, row in enumerate(rows[head + 1 :], head + 2):
        if not any(row):
            continue
        cells = {column: row[place] for column, place in at.items() if place < len(row)}
        reader = _Row(cells, channel, currency, places)
        gift = reader.gift(line, before)
        wrongs += [Wrong(line, column, said, cells.get(column, "")) for column, said in reader.faults]
        if gift:
            gifts.append(gift)
    return Checked(gifts, wrongs)


_NUMBERS = {
    "shape": _l("this is no amount; write it in numbers, such as 1,250 or 5 သိန်း"),
    "sign": _l("the amount must be more than zero"),
    "large": _l("this amount is too large to be true"),
    "decimals": _l("this currency has no such small part"),
}
_DAYS = {
    "shape": _l("this is no day of the calendar; write it as 2026-08-18 or 18/8/2026"),
    "past": _l("this day is too long ago"),
    "future": _l("this day has not come yet"),
    "far": _l("this day is too far away"),
}


class _Row:
    """The cells of one row, and what is wrong with them."""

    def __init__(
        self, cells: Mapping[Column, str], channel: Channel, currency: str, places: Mapping[str, int | None]
    ) -> None:
        self.cells, self.channel, self.currency, self.places = cells, channel, currency, places
        self.faults: list[tuple[Column, LazyString]] = []

    def _cell(self, column: Column) -> str:
        return self.cells.get(column, "")

    def _wrong(self, column: Column, said: LazyString) -> None:
        self.faults.append((column, said))

    def gift(self, line: int, before: Counter[str]) -> Gift | None:
        """The gift it says, or None where something is wrong. `before`: how often each content came already."""
        named, amount = self._money()
        received, pledged = self._day(Column.RECEIVED_ON), self._day(Column.PLEDGED_ON)
        due = self._day(Column.DUE_ON, future=True)
        if not (self._cell(Column.RECEIVED_ON) or self._cell(Column.PLEDGED_ON)):
            self._wrong(Column.RECEIVED_ON, _l("say on which day it was received, or pledged"))
        kind = self._one_of(Column.KIND, columns.givers(), _l("write person, group, foundation or government"))
        channel = self._one_of(Column.CHANNEL, columns.channels(), _l("write hundi, bank, mobile money, cash or other"))
        sector = self._one_of(Column.SECTOR, columns.sectors(), _l("this is no kind of help that we know"))
        place = self._place()
        giver, note = self._text(Column.GIVER, _GIVER_MOST), self._text(Column.NOTE, _NOTE_MOST)
        if self.faults or amount is None:
            return None
        content = (giver, kind, amount, named, received, pledged, due, channel, place, sector, note)
        said = json.dumps([None if part is None else str(part) for part in content])
        before[said] += 1
        return Gift(
            line=line,
            giver=giver,
            giver_kind=kind or GiverKind.PERSON,
            amount_minor=amount,
            currency=named or self.currency,
            channel=channel or self.channel,
            received_on=received,
            pledged_on=pledged,
            due_on=due,
            place_id=place,
            sector=sector,
            note=note,
            digest=keyring().blind("gift-row", f"{before[said]} {said}"),
        )

    def _money(self) -> tuple[str | None, int | None]:
        """The currency, where the row says one, and the amount."""
        typed, said = self._cell(Column.AMOUNT), self._cell(Column.CURRENCY)
        named = _CURRENCIES.get(fold(said)) if said else None
        if said and named is None:
            self._wrong(Column.CURRENCY, _l("this is no currency that we keep; write its code, such as USD"))
        if not said:
            named = next((code for word in _CODE.findall(typed) if (code := word.upper()) in money.EXPONENTS), None)
        if not typed:
            self._wrong(Column.AMOUNT, _l("there is no amount"))
            return named, None
        try:
            return named, money.parse_amount(typed, named or self.currency)
        except BadAmount as bad:
            self._wrong(Column.AMOUNT, _NUMBERS[bad.reason])
        return named, None

    def _day(self, column: Column, *, future: bool = False) -> date | None:
        typed = self._cell(column)
        if not typed:
            return None
        try:
            return clock.parse_day(typed, future=future)
        except BadDay as bad:
            self._wrong(column, _DAYS[bad.reason])
        return None

    def _one_of(self, column: Column, known: Mapping[str, Kind], said: LazyString) -> Kind | None:
        typed = self._cell(column)
        found = known.get(fold(typed)) if typed else None
        if typed and found is None:
            self._wrong(column, said)
        return found

    def _place(self) -> int | None:
        typed = self._cell(Column.PLACE)
        if not typed:
            return None
        key = fold(typed)
        if self.places.get(key) is None:
            several = key in self.places
            self._wrong(
                Column.PLACE,
                _l("several places have this name; write its P-code, or “district” or “region” after it")
                if several
                else _l("this is no district, state or region that we know; its P-code is the safest"),
            )
        return self.places.get(key)

    def _text(self, column: Column, most: int) -> str | None:
        typed = self._cell(column)
        if len(typed) > most:
            self._wrong(column, _l("this is too long"))
        if _UNKEPT.search(typed) or (column is Column.GIVER and "\n" in typed):
            self._wrong(column, _l("this has a character that cannot be kept"))
        return typed or None


@dataclass
class Sums:
    """Gifts of one currency: how many, and how much of them was received and how much pledged, in minor units."""

    gifts: int = 0
    received_minor: int = 0
    pledged_minor: int = 0


def sums(gifts: Iterable[Gift]) -> dict[str, Sums]:
    """What gifts come to, by currency, in our order."""
    found: dict[str, Sums] = {}
    for gift in gifts:
        one = found.setdefault(gift.currency, Sums())
        one.gifts += 1
        if gift.received_on:
            one.received_minor += gift.amount_minor
        else:
            one.pledged_minor += gift.amount_minor
    return {code: found[code] for code in money.CURRENCIES if code in found}
