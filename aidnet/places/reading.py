"""A gazetteer's file, read and checked whole before anything of it is kept.

Two shapes are read. One place a line: `pcode, level, parent_pcode, name_en, name_my, lat, lon, coord_source`, and
`display_name` where the network calls it otherwise. Or, as OCHA and MIMU publish their tables, one place a line with the
codes and names of all it lies in (`ADM1_PCODE, ADM1_EN … ADM3_PCODE, ADM3_EN`, or `ST_PCODE, ST … VT_PCODE, VT`).
"""

import csv
import gzip
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aidnet.places.models import Level

__all__ = ["BadFile", "Fault", "Row", "read"]

#: What a place of a level may lie in.
PARENTS: dict[Level, tuple[Level, ...]] = {
    Level.COUNTRY: (),
    Level.STATE: (Level.COUNTRY,),
    Level.DISTRICT: (Level.STATE,),
    Level.TOWNSHIP: (Level.DISTRICT,),
    Level.TOWN: (Level.TOWNSHIP,),
    Level.WARD: (Level.TOWN,),
    Level.VILLAGE_TRACT: (Level.TOWNSHIP,),
    Level.VILLAGE: (Level.VILLAGE_TRACT, Level.TOWNSHIP),
}
NAME_MOST = 120
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,23}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Row:
    """One place as a file says it."""

    pcode: str
    level: Level
    #: None: the country.
    parent: str | None
    name_en: str
    #: None: the file does not say.
    name_my: str | None
    #: WGS84 degrees; None for both where there is no point.
    lat: float | None = None
    lon: float | None = None
    coord_source: str | None = None
    #: None: the file does not say.
    display_name: str | None = None


#: What the wide shape hangs its states from; its own code for the country varies (MM, MMR, MMR000).
_COUNTRY = Row("MMR", Level.COUNTRY, None, "Myanmar", "မြန်မာ")


@dataclass(frozen=True)
class Fault:
    """What is wrong in a line (1 is the header)."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}"


class BadFile(Exception):
    """The file cannot be loaded, and nothing of it was."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} bad lines, of which the first: {faults[0]}")
        self.faults = faults


class _Bad(Exception):
    """A line's fault, without its number."""


def read(path: Path, known: Mapping[str, Level]) -> list[Row]:
    """The places in `path` (CSV, or CSV in gzip; UTF-8), coarsest first.

    `known` are the codes and levels loaded before: a file may hang its places below them.
    Raises: BadFile, with every bad line.
    """
    faults: list[Fault] = []
    rows: dict[str, tuple[int, Row]] = {}
    with _opened(path) as file:
        lines = csv.DictReader(file)
        header = {_word(name): name for name in lines.fieldnames or () if name}
        parse = _parser(header)
        for line, raw in _numbered(lines, faults):
            try:
                if None in raw:
                    raise _Bad("more cells than the header has")
                for row, repeats in parse(raw):
                    if row.pcode not in rows:
                        rows[row.pcode] = (line, row)
                    elif not repeats:
                        raise _Bad(f"{row.pcode} stands in line {rows[row.pcode][0]} already")
                    elif (rows[row.pcode][1].parent, rows[row.pcode][1].name_en) != (row.parent, row.name_en):
                        raise _Bad(f"{row.pcode} has another name or parent in line {rows[row.pcode][0]}")
            except _Bad as bad:
                faults.append(Fault(line, str(bad)))
    for line, row in rows.values():
        faults += (Fault(line, what) for what in _misplaced(row, rows, known))
    if not rows and not faults:
        faults.append(Fault(1, "no places"))
    if faults:
        raise BadFile(sorted(faults, key=lambda fault: fault.line))
    return sorted((row for _line, row in rows.values()), key=lambda row: row.level.depth)


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") if packed else path.open(
            encoding="utf-8-sig", newline=""
        ) as file:
            yield file
    except UnicodeDecodeError:
        raise BadFile([Fault(1, "the file is not in UTF-8: save it as “CSV UTF-8”")]) from None
    except (EOFError, gzip.BadGzipFile):
        raise BadFile([Fault(1, "the file is cut off or damaged")]) from None


def _numbered(lines: "csv.DictReader[str]", faults: list[Fault]) -> Iterator[tuple[int, dict[str, str | None]]]:
    while True:
        try:
            raw = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            faults.append(Fault(lines.line_num, f"not CSV ({error})"))
            return
        yield lines.line_num, raw  # type: ignore[misc]  # a short line has None where the stub says str


def _word(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().casefold())


#: The places of a line, and of each whether other lines may say it again.
Parse = Callable[[Mapping[str, str | None]], Iterable[tuple[Row, bool]]]


#: How the columns of a level begin: OCHA's way, then MIMU's.
_STEMS: dict[Level, tuple[str, ...]] = {
    Level.STATE: ("adm1", "st", "sr"),
    Level.DISTRICT: ("adm2", "dt"),
    Level.TOWNSHIP: ("adm3", "ts"),
    Level.VILLAGE_TRACT: ("adm4", "vt"),
}


def _first(header: Mapping[str, str], stem: str, endings: Iterable[str]) -> str | None:
    return next((header[stem + ending] for ending in endings if stem + ending in header), None)


def _parser(header: Mapping[str, str]) -> Parse:
    """How to read the lines below `header`. Raises: BadFile for a header that is neither shape's."""
    if {"pcode", "level", "parent_pcode", "name_en"} <= header.keys():
        return lambda raw: [(_plain_row(header, raw), False)]
    columns = []
    for level, stems in _STEMS.items():
        for stem in stems:
            code = _first(header, stem, ("_pcode", "_code"))
            if code is not None:
                english = _first(header, stem, ("_en", "_name", "_name_eng", ""))
                columns.append((level, code, english, _first(header, stem, ("_my", "_mm", "_mmr", "_name_mmr"))))
                break
    if not columns:
        wanted = "pcode, level, parent_pcode, name_en, name_my, lat, lon, coord_source"
        raise BadFile([Fault(1, f"the header should name {wanted}; or ADM1_PCODE, ADM1_EN, ADM2_PCODE …")])
    return lambda raw: _wide_rows(columns, raw)


def _cell(raw: Mapping[str, str | None], column: str | None) -> str:
    text = unicodedata.normalize("NFC", (raw.get(column) or "") if column else "").strip()
    if _CONTROL.search(text):
        raise _Bad(f"{column} has a character that cannot be kept")
    return text


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise _Bad(f"“{text[:40]}” is no place code (2 to 24 letters, digits, hyphens)")
    return text


def _name(text: str, what: str) -> str:
    if not text:
        raise _Bad(f"{what} is empty")
    if len(text) > NAME_MOST:
        raise _Bad(f"{what} is longer than {NAME_MOST} characters")
    return text


def _optional(text: str, what: str) -> str | None:
    return _name(text, what) if text else None


def _plain_row(header: Mapping[str, str], raw: Mapping[str, str | None]) -> Row:
    def cell(name: str) -> str:
        return _cell(raw, header.get(name))

    pcode = _code(cell("pcode"))
    word = cell("level").casefold().replace(" ", "_")
    if word not in set(Level):
        raise _Bad(f"“{word[:40]}” is no level (one of {', '.join(Level)})")
    level = Level(word)
    parent = cell("parent_pcode")
    if bool(parent) == (level is Level.COUNTRY):
        raise _Bad("a country has no parent" if parent else "parent_pcode is empty")
    name_en = _name(cell("name_en"), "name_en")
    lat, lon = _degrees(cell("lat"), "lat", 90), _degrees(cell("lon"), "lon", 180)
    if (lat is None) != (lon is None):
        raise _Bad("lat and lon belong together")
    return Row(
        pcode=pcode,
        level=level,
        parent=parent or None,
        name_en=name_en,
        name_my=_optional(cell("name_my"), "name_my"),
        lat=lat,
        lon=lon,
        coord_source=cell("coord_source")[:NAME_MOST] or None if lat is not None else None,
        display_name=_optional(cell("display_name"), "display_name"),
    )


def _degrees(text: str, what: str, most: int) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise _Bad(f"{what} “{text[:40]}” is no number") from None
    if not math.isfinite(number) or abs(number) > most:
        raise _Bad(f"{what} {text[:40]} is not on the globe")
    return number


def _wide_rows(
    columns: list[tuple[Level, str, str | None, str | None]], raw: Mapping[str, str | None]
) -> Iterator[tuple[Row, bool]]:
    parent = _COUNTRY.pcode
    yield _COUNTRY, True
    for level, code_column, english, burmese in columns:
        code = _cell(raw, code_column)
        if code:
            name_en = _name(_cell(raw, english), english or f"the name of {code}")
            yield Row(_code(code), level, parent, name_en, _optional(_cell(raw, burmese), "name_my")), True
            parent = code
    if parent == _COUNTRY.pcode:
        raise _Bad("no place code in this line")


def _misplaced(row: Row, rows: Mapping[str, tuple[int, Row]], known: Mapping[str, Level]) -> Iterator[str]:
    if known.get(row.pcode, row.level) is not row.level:
        yield f"{row.pcode} is loaded as {known[row.pcode]} and cannot become {row.level}"
    if row.parent is None:
        return
    level = rows[row.parent][1].level if row.parent in rows else known.get(row.parent)
    if level is None:
        yield f"{row.pcode} lies in {row.parent}, which is neither in this file nor loaded"
    elif level not in PARENTS[row.level]:
        yield f"{row.pcode} ({row.level}) cannot lie in {row.parent} ({level})"
