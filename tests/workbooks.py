"""Workbooks (XLSX) as tests read them."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineWorkbook
from werkzeug.test import TestResponse

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def rows_of(body: bytes) -> list[list[Any]]:
    """The cells of the only sheet, each as what it is; an empty one is ""."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(body))
    (name,) = book.sheet_names
    return book.get_sheet_by_name(name).to_python()


def part_of(body: bytes, name: str) -> str:
    """One of the files a workbook is packed of."""
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        return packed.read(name).decode()


def text_of(body: bytes) -> str:
    """All that a reader could find in a workbook: its cells as they would be read, its names and properties."""
    told = [part_of(body, name) for name in ("docProps/core.xml", "docProps/app.xml", "xl/workbook.xml")]
    told += ["\t".join(_said(value) for value in row) for row in rows_of(body)]
    return "\n".join(told)


def told(answer: TestResponse) -> str:
    """What an answer says: of a page or a text all of it, of a workbook what could be read in it."""
    return text_of(answer.data) if answer.mimetype == XLSX else answer.text


def _said(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else f"{value!r} {value:.2f}"
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
