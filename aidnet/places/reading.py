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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

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
_LEVELS = {level.value: level for level in Level}
NAME_MOST = 120
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,23}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(slots=True)
class Row:
    """One place as a file says it. Not frozen: 91,039 are made in a load, and freezing doubles that."""

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
    """The places in `path` (CSV, or CSV in gzip; UTF-8), in its order.

    `known` are the codes and levels loaded before: a file may hang its places below them.
    Raises: BadFile, with every bad line.
    """
    faults: list[Fault] = []
    rows: dict[str, tuple[int, Row]] = {}
    with _opened(path) as file:
        lines = csv.reader(file, strict=True)
        header = next(_numbered(lines, faults), (1, []))[1]
        parse = _parser({_word(name): at for at, name in enumerate(header)})
        for line, cells in _numbered(lines, faults):
            try:
                if len(cells) != len(header):
                    raise _Bad(f"{len(cells)} cells where the header has {len(header)}")
                for row, repeats in parse(cells):
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
    return [row for _line, row in rows.values()]


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


def _numbered(lines: Any, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold anything, trimmed, in one Unicode form, with their numbers in the file."""
    try:
        for cells in lines:
            if any(cells):
                yield lines.line_num, [unicodedata.normalize("NFC", cell).strip() for cell in cells]
    except csv.Error as error:
        faults.append(Fault(lines.line_num, f"not CSV ({error})"))


def _word(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().casefold())


#: The places of a line, and of each whether other lines may say it again.
Parse = Callable[[list[str]], Iterable[tuple[Row, bool]]]
#: Columns' words to their positions.
Header = Mapping[str, int]


#: How the columns of a level begin: OCHA's way, then MIMU's.
_STEMS: dict[Level, tuple[str, ...]] = {
    Level.STATE: ("adm1", "st", "sr"),
    Level.DISTRICT: ("adm2", "dt"),
    Level.TOWNSHIP: ("adm3", "ts"),
    Level.VILLAGE_TRACT: ("adm4", "vt"),
}


def _first(header: Header, stem: str, endings: Iterable[str]) -> int | None:
    return next((header[stem + ending] for ending in endings if stem + ending in header), None)


def _parser(header: Header) -> Parse:
    """How to read the lines below `header`. Raises: BadFile for a header that is neither shape's."""
    if {"pcode", "level", "parent_pcode", "name_en"} <= header.keys():
        return _plain_parser(header)
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
    return lambda cells: _wide_rows(columns, cells)


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise _Bad(f"“{text[:40]}” is no place code (2 to 24 letters, digits, hyphens)")
    return text


def _name(text: str, what: str) -> str:
    if not text:
        raise _Bad(f"{what} is empty")
    if _CONTROL.search(text):
        raise _Bad(f"{what} has a character that cannot be kept")
    if len(text) > NAME_MOST:
        raise _Bad(f"{what} is longer than {NAME_MOST} characters")
    return text


def _optional(text: str, what: str) -> str | None:
    return _name(text, what) if text else None


def _plain_parser(header: Header) -> Parse:
    """Lines of one place each. Columns that the header does not name are read as empty."""
    wanted = ("pcode", "level", "parent_pcode", "name_en", "name_my", "lat", "lon", "coord_source", "display_name")
    at = [header.get(name, -1) for name in wanted]

    def parse(cells: list[str]) -> list[tuple[Row, bool]]:
        return [(_plain_row(*(cells[number] if number >= 0 else "" for number in at)), False)]

    return parse


def _plain_row(
    pcode: str, word: str, parent: str, name_en: str, name_my: str, lat: str, lon: str, source: str, display_name: str
) -> Row:
    level = _LEVELS.get(word.casefold().replace(" ", "_"))
    if level is None:
        raise _Bad(f"“{word[:40]}” is no level (one of {', '.join(Level)})")
    if bool(parent) == (level is Level.COUNTRY):
        raise _Bad("a country has no parent" if parent else "parent_pcode is empty")
    point = _degrees(lat, "lat", 90), _degrees(lon, "lon", 180)
    if (point[0] is None) != (point[1] is None):
        raise _Bad("lat and lon belong together")
    return Row(
        _code(pcode),
        level,
        parent or None,
        _name(name_en, "name_en"),
        _optional(name_my, "name_my"),
        *point,
        _optional(source, "coord_source") if lat else None,
        _optional(display_name, "display_name"),
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
    columns: Sequence[tuple[Level, int, int | None, int | None]], cells: list[str]
) -> Iterator[tuple[Row, bool]]:
    parent = _COUNTRY.pcode
    yield _COUNTRY, True
    for level, code_at, english, burmese in columns:
        if cells[code_at]:
            code = _code(cells[code_at])
            name_en = _name(cells[english] if english is not None else "", f"the name of {code}")
            name_my = _optional(cells[burmese] if burmese is not None else "", "the Burmese name")
            yield Row(code, level, parent, name_en, name_my), True
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
