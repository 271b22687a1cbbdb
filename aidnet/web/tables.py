"""Tables of figures that a page shows and a file holds: built once, so that the two cannot differ."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.money import decimal_of, format_amount, format_count
from aidnet.web.context import day as in_words


@dataclass(frozen=True)
class Cell:
    """One figure: as a page says it, and as a file holds it."""

    text: str
    value: Any
    unit: str = ""
    url: str = ""
    is_number: bool = True


@dataclass(frozen=True)
class Row:
    label: str
    cells: tuple[Cell, ...]
    #: The list behind the row; empty: the viewer may see none.
    url: str = ""


@dataclass(frozen=True)
class Table:
    """`total` empty: the rows are not parts of one whole."""

    key: str
    title: str
    #: Of the first column, then of each cell.
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    #: What the figures are of, where it is not what the page is of.
    note: str = ""
    total: tuple[Cell, ...] = ()
    #: What must be known to read it.
    caption: str = ""


def money(minor: int, currency: str, url: str = "") -> Cell:
    """An amount."""
    return Cell(format_amount(minor, currency, current_language()), decimal_of(minor, currency), currency, url)


def count(number: int, unit: str) -> Cell:
    """So many of something."""
    return Cell(format_count(number, current_language()), number, unit)


def percent(part: int, whole: int) -> Cell:
    """Rounded down, so that a hundred is said only of all; nothing of nothing."""
    value = 100 * part // whole if whole else None
    return Cell("–" if value is None else f"{value} %", value, "%")


def day(value: date) -> Cell:
    return Cell(in_words(value), value, is_number=False)


def words(text: str, url: str = "") -> Cell:
    return Cell(text, text, url=url, is_number=False)


def header() -> tuple[str, ...]:
    """The columns of `flat()`."""
    return (_("Of"), _("Table"), _("Row"), _("Column"), _("Value"), _("Unit"))


def flat(scope: str, tables: Iterable[Table]) -> Iterator[Sequence[Any]]:
    """Every cell of the tables as a line of a file, in the order of the page."""
    for table in tables:
        whose = table.note or scope
        for row in (*table.rows, *([Row(_("All"), table.total)] if table.total else [])):
            for column, cell in zip(table.head[1:], row.cells, strict=True):
                yield whose, table.title, row.label, column, cell.value, cell.unit
