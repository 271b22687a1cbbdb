"""What the rows of a list say, gift by gift, and what is wrong with the others: by row and by column. Nothing is written."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask_babel import LazyString

from aidnet import clock, money
from aidnet.clock import BadDay
from aidnet.crypto import keyring
from aidnet.funding.models import Channel, GiverKind
from aidnet.i18n import lazy_gettext as _l
from aidnet.intake import columns
from aidnet.intake.cells import DAYS, Faulty, RowReader, Wrong, cells_of, counted
from aidnet.intake.columns import Column
from aidnet.money import BadAmount
from aidnet.places.spelling import fold
from aidnet.responders.models import Sector

Kind = TypeVar("Kind", bound=StrEnum)

#: As the form of one gift has it.
_GIVER_MOST, _NOTE_MOST = 200, 4_000
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
class Checked(Faulty):
    """A list, looked through."""

    gifts: Sequence[Gift]
    wrongs: Sequence[Wrong[Column]]

    @property
    def rows(self) -> int:
        """How many rows there are, empty ones aside."""
        return len(self.gifts) + self.faulty


def check(
    rows: Sequence[Sequence[str]], *, channel: Channel, currency: str, places: Mapping[str, int | None]
) -> Checked:
    """Look through the rows. `channel` and `currency` are of rows that do not say; `places` are those a gift may be for."""
    known = columns.recognized(rows[columns.head_of(rows)]) if rows else []
    at = {column: place for place, column in enumerate(known) if column}
    gifts: list[Gift] = []
    wrongs: list[Wrong[Column]] = []
    before: Counter[str] = Counter()
    for line, cells in cells_of(rows, at):
        reader = _Row(cells, channel, currency, places)
        gift = reader.gift(line, before)
        wrongs += reader.wrongs(line)
        if gift:
            gifts.append(gift)
    return Checked(gifts, wrongs)


_NUMBERS = {
    "shape": _l("this is no amount; write it in numbers, such as 1,250 or 5 သိန်း"),
    "sign": _l("the amount must be more than zero"),
    "large": _l("this amount is too large to be true"),
    "decimals": _l("this currency has no such small part"),
}
_DAYS = {"shape": _l("this is no day of the calendar; write it as 2026-08-18 or 18/8/2026"), **DAYS}


class _Row(RowReader[Column]):
    """The cells of one row of a list."""

    def __init__(
        self, cells: Mapping[Column, str], channel: Channel, currency: str, places: Mapping[str, int | None]
    ) -> None:
        super().__init__(cells)
        self.channel, self.currency, self.places = channel, currency, places

    def gift(self, line: int, before: Counter[str]) -> Gift | None:
        """The gift it says, or None where something is wrong. `before`: how often each content came already."""
        named, amount = self._money()
        received, pledged = self._day(Column.RECEIVED_ON), self._day(Column.PLEDGED_ON)
        due = self._day(Column.DUE_ON, future=True)
        if not (self.cell(Column.RECEIVED_ON) or self.cell(Column.PLEDGED_ON)):
            self.wrong(Column.RECEIVED_ON, _l("say on which day it was received, or pledged"))
        kind = self._one_of(Column.KIND, columns.givers(), _l("write person, group, foundation or government"))
        channel = self._one_of(Column.CHANNEL, columns.channels(), _l("write hundi, bank, mobile money, cash or other"))
        sector = self._one_of(Column.SECTOR, columns.sectors(), _l("this is no kind of help that we know"))
        place = self._place()
        giver = self.text(Column.GIVER, _GIVER_MOST, one_line=True) or None
        note = self.text(Column.NOTE, _NOTE_MOST) or None
        if self.faults or amount is None:
            return None
        content = (giver, kind, amount, named, received, pledged, due, channel, place, sector, note)
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
            digest=keyring().blind("gift-row", counted(content, before)),
        )

    def _money(self) -> tuple[str | None, int | None]:
        """The currency, where the row says one, and the amount."""
        typed, said = self.cell(Column.AMOUNT), self.cell(Column.CURRENCY)
        named = _CURRENCIES.get(fold(said)) if said else None
        if said and named is None:
            self.wrong(Column.CURRENCY, _l("this is no currency that we keep; write its code, such as USD"))
        if not said:
            named = next((code for word in _CODE.findall(typed) if (code := word.upper()) in money.EXPONENTS), None)
        if not typed:
            self.wrong(Column.AMOUNT, _l("there is no amount"))
            return named, None
        try:
            return named, money.parse_amount(typed, named or self.currency)
        except BadAmount as bad:
            self.wrong(Column.AMOUNT, _NUMBERS[bad.reason])
        return named, None

    def _day(self, column: Column, *, future: bool = False) -> date | None:
        typed = self.cell(column)
        if not typed:
            return None
        try:
            return clock.parse_day(typed, future=future)
        except BadDay as bad:
            self.wrong(column, _DAYS[bad.reason])
        return None

    def _one_of(self, column: Column, known: Mapping[str, Kind], said: LazyString) -> Kind | None:
        typed = self.cell(column)
        found = known.get(fold(typed)) if typed else None
        if typed and found is None:
            self.wrong(column, said)
        return found

    def _place(self) -> int | None:
        typed = self.cell(Column.PLACE)
        if not typed:
            return None
        key = fold(typed)
        if self.places.get(key) is None:
            several = key in self.places
            self.wrong(
                Column.PLACE,
                _l("several places have this name; write its P-code, or “district” or “region” after it")
                if several
                else _l("this is no district, state or region that we know; its P-code is the safest"),
            )
        return self.places.get(key)


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
