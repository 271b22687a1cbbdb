"""What the columns of a list are, and the words people write in them, in English and Burmese."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from flask_babel import LazyString, force_locale

from aidnet.funding import words
from aidnet.funding.models import Channel, GiverKind
from aidnet.i18n import LANGUAGES
from aidnet.i18n import lazy_gettext as _l
from aidnet.places.spelling import fold
from aidnet.responders.models import Sector
from aidnet.responders.words import SECTORS

Kind = TypeVar("Kind", bound=StrEnum)


class Column(StrEnum):
    """What a column says of each gift."""

    GIVER = "giver"
    KIND = "kind"
    AMOUNT = "amount"
    CURRENCY = "currency"
    RECEIVED_ON = "received on"
    PLEDGED_ON = "pledged on"
    DUE_ON = "due on"
    CHANNEL = "channel"
    PLACE = "place"
    SECTOR = "sector"
    NOTE = "note"


#: How pages name them, in the order of the sample.
COLUMNS: dict[Column, LazyString] = {
    Column.GIVER: _l("Giver"),
    Column.KIND: _l("Kind of giver"),
    Column.AMOUNT: _l("Amount"),
    Column.CURRENCY: _l("Currency"),
    Column.RECEIVED_ON: _l("Received on"),
    Column.PLEDGED_ON: _l("Pledged on"),
    Column.DUE_ON: _l("Due on"),
    Column.CHANNEL: _l("How it came"),
    Column.PLACE: _l("For a district or a region"),
    Column.SECTOR: _l("For a kind of help"),
    Column.NOTE: _l("Note"),
}

#: A head that somebody said is nothing we need.
LEFT_OUT = "-"

_HEADS: Mapping[Column, str] = {
    Column.GIVER: "giver, giver name, name, from, donor, donor name, အလှူရှင်, အလှူရှင်အမည်, အမည်, နာမည်, လှူဒါန်းသူ",
    Column.KIND: "kind, kind of giver, giver kind, type, giver type, အလှူရှင်အမျိုးအစား, အမျိုးအစား",
    Column.AMOUNT: "amount, sum, gift, money, အလှူငွေ, ငွေပမာဏ, ပမာဏ, ငွေ",
    Column.CURRENCY: "currency, ccy, ငွေကြေး, ငွေအမျိုးအစား, ငွေကြေးအမျိုးအစား",
    Column.RECEIVED_ON: "received on, received, date received, date, day, လက်ခံရရှိသည့်ရက်, ရရှိသည့်ရက်, ရသည့်ရက်, ရက်စွဲ, နေ့စွဲ, ရက်",
    Column.PLEDGED_ON: "pledged on, pledged, date pledged, promised on, ကတိပြုသည့်ရက်, ကတိပြုရက်",
    Column.DUE_ON: "due on, due, due date, expected on, ရမည့်ရက်, ပေးမည့်ရက်, ရရန်ရက်",
    Column.CHANNEL: "channel, how it came, method, way, sent by, နည်းလမ်း, ပေးပို့နည်း, လွှဲပို့နည်း",
    Column.PLACE: (
        "earmark, earmark place, earmark district, earmark region, earmark district/region, place, district, region, state,"
        " for place, for a district or a region, p-code, pcode, ဒေသ, ခရိုင်, တိုင်း, ပြည်နယ်, ပြည်နယ်/တိုင်း, နေရာ"
    ),
    Column.SECTOR: "earmark sector, sector, for sector, for a kind of help, ကဏ္ဍ, အကူအညီအမျိုးအစား",
    Column.NOTE: "note, notes, remark, remarks, comment, မှတ်စု, မှတ်ချက်",
}

_CHANNELS: Mapping[Channel, str] = {
    Channel.HUNDI: "hawala, ဟွန်ဒီ",
    Channel.BANK: "bank transfer, wire, ဘဏ်, ဘဏ်လွှဲ",
    Channel.MOBILE_MONEY: "mobile, kpay, kbzpay, wave, wavepay, wave money, promptpay, မိုဘိုင်းငွေ",
    Channel.CASH: "by hand, ငွေသား, လက်ငင်း",
    Channel.OTHER: "other, အခြား",
}
_GIVERS: Mapping[GiverKind, str] = {
    GiverKind.PERSON: "individual, people, လူ, တစ်ဦးချင်း",
    GiverKind.GROUP: "group, အဖွဲ့",
    GiverKind.FOUNDATION: "ngo, organization, organisation, ဖောင်ဒေးရှင်း",
    GiverKind.GOVERNMENT: "အစိုးရ",
}


def recognized(head: Sequence[str]) -> list[Column | None]:
    """What each column of a head is; None where we cannot say, or another before it is that already."""
    return recognized_by(_heads(), head)


def recognized_by(heads: Mapping[str, Kind], head: Sequence[str]) -> list[Kind | None]:
    """The same by other words for columns (folded)."""
    found: list[Kind | None] = []
    for name in head:
        column = heads.get(fold(name))
        found.append(None if column in found else column)
    return found


def head_of(rows: Sequence[Sequence[str]]) -> int:
    """Where the head is: the first row that is not empty."""
    return next((number for number, row in enumerate(rows) if any(row)), 0)


def unsettled(rows: Sequence[Sequence[str]]) -> list[int]:
    """The columns of which somebody has to say what they are: not named by a name that we know, and not left out."""
    return unsettled_by(_heads(), rows)


def unsettled_by(heads: Mapping[str, Kind], rows: Sequence[Sequence[str]]) -> list[int]:
    """The same by other words for columns (folded)."""
    head, *below = rows[head_of(rows) :]
    names = [*head, *[""] * (max(map(len, rows)) - len(head))]
    known = recognized_by(heads, names)
    strange = [place for place, name in enumerate(names) if known[place] is None and name != LEFT_OUT]
    return [place for place in strange if names[place] or any(row[place] for row in below if place < len(row))]


def in_every_language(named: Mapping[Kind, LazyString], also: Mapping[Kind, str]) -> dict[str, Kind]:
    """Kinds by every word for them, folded."""
    found = {fold(kind.value): kind for kind in named}
    for language, _name in LANGUAGES:
        with force_locale(language):
            found |= {fold(str(word)): kind for kind, word in named.items()}
    return found | {fold(word): kind for kind, more in also.items() for word in more.split(",")}


@cache
def _heads() -> dict[str, Column]:
    return in_every_language(COLUMNS, _HEADS)


@cache
def channels() -> dict[str, Channel]:
    """Ways money comes, by every word for them (folded)."""
    return in_every_language(words.CHANNELS, _CHANNELS)


@cache
def givers() -> dict[str, GiverKind]:
    """Kinds of givers, the same."""
    return in_every_language(words.GIVERS, _GIVERS)


@cache
def sectors() -> dict[str, Sector]:
    """Kinds of help, the same."""
    return in_every_language(SECTORS, {})


def places(known: Iterable[Sequence[Any]]) -> dict[str, int | None]:
    """Places by every name for them (folded); None where a name is that of several. `known`: id, P-code, name in English,
    whether it is a district, name in Burmese, and what this network calls it."""
    found: dict[str, int | None] = {}
    for place_id, pcode, name_en, is_district, name_my, display_name in known:
        levels = ("district",) if is_district else ("state", "region")
        names = {pcode, name_en, name_my, display_name or "", *(f"{name_en} {level}" for level in levels)}
        if is_district:
            names.add(name_my.removesuffix("ခရိုင်"))
        else:
            names |= {name_my.removesuffix("တိုင်းဒေသကြီး"), name_my.removesuffix("ပြည်နယ်"), name_my.removesuffix("ဒေသကြီး")}
        for name in {fold(name) for name in names} - {""}:
            found[name] = None if name in found else place_id
    return found
