"""CSV answers: streamed, and safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask import Response, stream_with_context

from aidnet.db import reading_on

#: What a spreadsheet would take for a formula. Source: OWASP, "CSV Injection".
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> str:
    """`value` as text that no spreadsheet computes. Numbers stay numbers."""
    if isinstance(value, str):  # first, because most are: a file has many cells
        return "'" + value if value.startswith(_FORMULA) else str(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The file in pieces of about 16 kB; UTF-8 with a mark, so that spreadsheets read Burmese."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow([cell(name) for name in header])
    for row in rows:
        writer.writerow([cell(value) for value in row])
        if buffer.tell() > 16_384:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A download called `name` (which says nothing about what is in it)."""
    response = Response(stream_with_context(lines(header, rows)), mimetype="text/csv; charset=utf-8")
    # The rows are read while they are sent: their session ends with the answer, sent whole or not, and not with the request.
    response.call_on_close(reading_on().close)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
