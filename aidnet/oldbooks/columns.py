"""What the columns of an old book are, and the words people write over them, in English and Burmese."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache

from flask_babel import LazyString

from aidnet.i18n import lazy_gettext as _l
from aidnet.intake import columns as lists


class Column(StrEnum):
    """What a column says of each hand-out."""

    DAY = "day"
    VILLAGE = "village"
    TRACT = "tract"
    TOWNSHIP = "township"
    DISTRICT = "district"
    REGION = "region"
    ITEM = "item"
    QUANTITY = "quantity"
    UNIT = "unit"
    HOUSEHOLDS = "households"
    PEOPLE = "people"
    NOTE = "note"


#: Where it was, finest first.
PLACES = (Column.VILLAGE, Column.TRACT, Column.TOWNSHIP, Column.DISTRICT, Column.REGION)
#: Without these a book tells no delivery; of a place, one of `PLACES` is enough.
NEEDED = (Column.DAY, Column.ITEM, Column.QUANTITY)

#: How pages name them, in the order of the sample.
COLUMNS: dict[Column, LazyString] = {
    Column.DAY: _l("Day"),
    Column.VILLAGE: _l("Village"),
    Column.TRACT: _l("Village tract"),
    Column.TOWNSHIP: _l("Township"),
    Column.DISTRICT: _l("District"),
    Column.REGION: _l("State or region"),
    Column.ITEM: _l("Item"),
    Column.QUANTITY: _l("Quantity"),
    Column.UNIT: _l("Unit"),
    Column.HOUSEHOLDS: _l("Households"),
    Column.PEOPLE: _l("People"),
    Column.NOTE: _l("Note"),
}

_HEADS: Mapping[Column, str] = {
    Column.DAY: "date, delivered on, date delivered, delivery date, distribution date, month, ရက်, ရက်စွဲ, နေ့, နေ့စွဲ, လ, ဝေသည့်ရက်, ပို့သည့်ရက်",
    Column.VILLAGE: "place, location, where, site, camp, village name, p-code, pcode, ရွာ, ကျေးရွာ, ရွာအမည်, ကျေးရွာအမည်, နေရာ, စခန်း",
    Column.TRACT: "village tract, vt, ကျေးရွာအုပ်စု, အုပ်စု, ရွာအုပ်စု",
    Column.TOWNSHIP: "tsp, town ship, မြို့နယ်",
    Column.DISTRICT: "ခရိုင်",
    Column.REGION: "state, state/region, state or region, region/state, တိုင်း, ပြည်နယ်, တိုင်း/ပြည်နယ်, ပြည်နယ်/တိုင်း, တိုင်းဒေသကြီး",
    Column.ITEM: "items, goods, what, material, materials, commodity, ပစ္စည်း, ပစ္စည်းအမည်, ပစ္စည်းအမျိုးအမည်, အမျိုးအမည်",
    Column.QUANTITY: "qty, amount, number, how many, how much, အရေအတွက်, ပမာဏ, အရေအတွတ်",
    Column.UNIT: "units, uom, measure, ယူနစ်, ယူနစ်အမျိုးအစား, အတိုင်းအတာ",
    Column.HOUSEHOLDS: "household, hh, hhs, families, family, အိမ်ထောင်စု, အိမ်ထောင်, အိမ်ထောင်စုဦးရေ, မိသားစု",
    Column.PEOPLE: "persons, person, population, individuals, beneficiaries, pax, လူဦးရေ, လူ, ဦးရေ",
    Column.NOTE: "notes, remark, remarks, comment, comments, မှတ်စု, မှတ်ချက်",
}


@cache
def heads() -> dict[str, Column]:
    """Columns by every word for them (folded)."""
    return lists.in_every_language(COLUMNS, _HEADS)


#: What somebody said columns are, by their place; None: nothing we need. Empty: nobody said anything, and their names tell.
Said = Mapping[int, Column | None]


def offered(rows: Sequence[Sequence[str]]) -> list[int]:
    """The columns that hold anything."""
    width = max(map(len, rows), default=0)
    return [place for place in range(width) if any(place < len(row) and row[place] for row in rows)]


def meant(rows: Sequence[Sequence[str]], said: Said) -> dict[int, Column]:
    """What columns are, by their place: as somebody said, or else by their names; the first of two with one name."""
    guessed = dict(enumerate(lists.recognized_by(heads(), rows[lists.head_of(rows)]))) if rows else {}
    return {place: column for place, column in (said or guessed).items() if column}


def unsettled(rows: Sequence[Sequence[str]], said: Said) -> list[int]:
    """The columns of which somebody has to say what they are."""
    return [] if said else lists.unsettled_by(heads(), rows)


def missing(rows: Sequence[Sequence[str]], said: Said) -> list[Column]:
    """Columns without which nothing can be read; of places, the village stands for all."""
    known = set(meant(rows, said).values())
    wanted = [column for column in NEEDED if column not in known]
    return wanted if known & set(PLACES) else [*wanted, Column.VILLAGE]
