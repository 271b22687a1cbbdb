"""Lists as files: CSV, streamed, and workbooks (XLSX) of the same rows. Both are safe to open in a spreadsheet.

A view gives a header and rows once, to `csv_response`, under an address that ends in `.csv`. The same address with `.xlsx`
is there by itself (`init_sheets`), and answers with a workbook.
"""

import csv
import io
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, current_app, request, stream_with_context
from werkzeug.wsgi import FileWrapper
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from aidnet import clock
from aidnet.config import Settings
from aidnet.db import reading_on
from aidnet.i18n import gettext as _

#: What a spreadsheet would take for a formula. Source: OWASP, "CSV Injection".
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: All that a sheet of a workbook holds, its header too. Source: Microsoft, "Excel specifications and limits".
MOST_ROWS = 1_048_576
#: A spreadsheet's numbers are floats: with more digits they would be other numbers.
_MOST_DIGITS = 15
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FOLDER = "sheet-"
#: Characters sent at once.
_PIECE = 16_384
#: Seconds after which a folder was left behind by a process that was killed.
_LEFT_BEHIND = 3_600


@lru_cache(4_096)
def _moment(instant: datetime) -> datetime:
    """As in Yangon, to the minute."""
    return instant.astimezone(clock.YANGON).replace(second=0, microsecond=0)


def cell(value: Any) -> str:
    """`value` as text that no spreadsheet computes. Numbers stay numbers; an instant is told as in Yangon."""
    if isinstance(value, str):  # first, because most are: a file has many cells
        return "'" + value if value.startswith(_FORMULA) else str(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return _moment(value).isoformat(timespec="minutes")
    return str(value)


def lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The file in pieces of about 16 kB; UTF-8 with a mark, so that spreadsheets read Burmese."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow([cell(name) for name in header])
    for row in rows:
        writer.writerow([cell(value) for value in row])
        if buffer.tell() > _PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _gathered(pieces: Iterable[str]) -> Iterator[str]:
    """The same text in pieces worth sending."""
    waiting: list[str] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size > _PIECE:
            yield "".join(waiting)
            waiting, size = [], 0
    yield "".join(waiting)


class _Cells:
    """Writes values into a sheet, each as what it is."""

    def __init__(self, book: Workbook, sheet: Worksheet) -> None:
        self.sheet = sheet
        #: Whoever edits such a cell still has text.
        self.quoted: Format = book.add_format({"quote_prefix": True})
        self.day: Format = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment: Format = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self.whole: Format = book.add_format({"num_format": "0"})
        self.number = cache(
            lambda decimals: book.add_format({"num_format": "#,##0" + ("." + "0" * decimals if decimals else "")})
        )

    def write(self, row: int, column: int, value: Any) -> None:
        if isinstance(value, str):
            self._text(row, column, str(value))
        elif value is None:
            pass
        elif isinstance(value, int) and len(str(abs(value))) <= _MOST_DIGITS:
            self.sheet.write_number(row, column, int(value), self.whole)
        elif isinstance(value, Decimal) and value.is_finite() and len(value.as_tuple().digits) <= _MOST_DIGITS:
            decimals = max(-int(value.as_tuple().exponent), 0)
            self.sheet.write_number(row, column, float(value), self.number(decimals))
        elif isinstance(value, datetime):
            self.sheet.write_datetime(row, column, _moment(value).replace(tzinfo=None), self.moment)
        elif isinstance(value, date) and value.year > 1900:
            self.sheet.write_datetime(row, column, value, self.day)
        else:
            self._text(row, column, cell(value))

    def _text(self, row: int, column: int, text: str) -> None:
        if text.startswith(_FORMULA):
            self.sheet.write_string(row, column, text, self.quoted)
        else:
            self.sheet.write_string(row, column, text)


def workbook(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], folder: Path, most: int = MOST_ROWS
) -> IO[bytes]:
    """A workbook with one sheet, in a file that has no name and is gone when it is closed.

    Rows go through a folder within `folder` (0700) that is gone when this returns; none is kept in memory. Of more rows
    than `most`, header included, the last one says that they are not all.
    """
    _sweep(folder)
    with tempfile.TemporaryDirectory(prefix=_FOLDER, dir=folder) as inside:
        file = tempfile.TemporaryFile(dir=inside)  # noqa: SIM115 (whoever sends it closes it)
        try:
            book = Workbook(
                file,
                {
                    "constant_memory": True,
                    "tmpdir": inside,
                    "strings_to_formulas": False,
                    "strings_to_urls": False,
                    "strings_to_numbers": False,
                },
            )
            book.set_properties({"created": clock.now().astimezone(UTC).replace(tzinfo=None)})
            try:
                _fill(book, name, header, rows, most)
            finally:
                book.close()
        except BaseException:
            file.close()
            raise
    file.seek(0)
    return file


def _fill(book: Workbook, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], most: int) -> None:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, len(header) - 1, 18)
    sheet.freeze_panes(1, 0)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for column, title in enumerate(header):
        sheet.write_string(0, column, str(title), bold)
    cells = _Cells(book, sheet)
    each = iter(rows)
    for number, row in enumerate(each, 1):
        if number == most - 1 and next(each, None) is not None:
            cells.write(number, 0, _("There are more rows than a workbook can hold. The CSV file has them all."))
            return
        for column, value in enumerate(row):
            cells.write(number, column, value)


def _sweep(folder: Path) -> None:
    """Take away what a process left that was killed while it wrote."""
    for left in folder.glob(_FOLDER + "*"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _LEFT_BEHIND:
                shutil.rmtree(left)


def download(filename: str, mimetype: str, pieces: Iterator[str]) -> Response:
    """A streamed download called `filename` (which says nothing about what is in it)."""
    response = Response(stream_with_context(_gathered(pieces)), mimetype=mimetype)
    # The rows are read while they are sent: their session ends with the answer, sent whole or not, and not with the request.
    response.call_on_close(reading_on().close)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A download of these rows called `name`: a workbook where the address asks for one, else CSV."""
    if not request.path.endswith(".xlsx"):
        return download(f"{name}.csv", "text/csv; charset=utf-8", lines(header, rows))
    settings: Settings = current_app.extensions["aidnet.settings"]
    file = workbook(name, header, rows, settings.instance)
    response = Response(FileWrapper(file), mimetype=_XLSX, direct_passthrough=True)
    response.content_length = os.fstat(file.fileno()).st_size
    response.call_on_close(file.close)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response


def xlsx_of(url: str) -> str:
    """The address of the workbook beside a CSV file's."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.removesuffix(".csv") + ".xlsx")) if parts.path else url


def init_sheets(app: Flask) -> None:
    """Beside each address that ends in `.csv`, the same view under `.xlsx`; its endpoint ends so too."""
    for rule in list(app.url_map.iter_rules()):
        path = rule.rule.removesuffix(".csv")
        if path != rule.rule:
            endpoint = rule.endpoint.removesuffix("csv") + "xlsx"
            app.add_url_rule(path + ".xlsx", endpoint, app.view_functions[rule.endpoint], methods=["GET"])
    app.jinja_env.filters["xlsx_of"] = xlsx_of
