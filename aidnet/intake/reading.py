"""What somebody pasted or uploaded, as rows of texts. Pure but for the process that opens workbooks."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from aidnet.errors import Invalid
from aidnet.i18n import gettext as _
from aidnet.intake.unpack_sheet import CELLS_MOST, SECONDS, TOO_MANY, TOO_MUCH

Rows = list[list[str]]

BYTES_MOST = 5_000_000
#: Without the head.
ROWS_MOST = 20_000
#: With the empty ones.
_LINES_MOST = ROWS_MOST * 2
_CHILD = Path(__file__).with_name("unpack_sheet.py")
_ZIP, _UTF16 = b"PK\x03\x04", (b"\xff\xfe", b"\xfe\xff")
_SEPARATORS = "\t,;|"


def rows_of_file(content: bytes) -> Rows:
    """The rows of a CSV or XLSX file, as it says by itself which it is. Raises: Invalid, saying why it is refused."""
    if len(content) > BYTES_MOST:
        raise Invalid(_("This file is larger than 5 MB. Bring it in parts."), field="file")
    if content.startswith(_ZIP):
        return _of_workbook(content)
    try:
        text = content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(
            _("This file cannot be read. Save it as XLSX, or as CSV with UTF-8 letters."), field="file"
        ) from None
    return rows_of_text(text, field="file")


def rows_of_text(text: str, *, field: str = "text") -> Rows:
    """The rows of CSV text, or of cells copied from a sheet. Raises: Invalid."""
    if len(text) > BYTES_MOST:
        raise Invalid(_("This list is larger than 5 MB. Bring it in parts."), field=field)
    text = text.replace("\x00", "")
    head = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    separator = max(_SEPARATORS, key=head.count)
    rows: Rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if len(rows) > _LINES_MOST:
                raise _too_many(field)
            rows.append([cell.strip() for cell in row[:CELLS_MOST]])
    except csv.Error:
        raise Invalid(_("This list cannot be read: a cell in it never ends."), field=field) from None
    return _checked(rows, field)


def text_of(rows: Sequence[Sequence[str]]) -> str:
    """Rows as the text that `rows_kept()` reads again, row by row the same."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def rows_kept(text: str) -> Rows:
    """The rows of `text_of()`."""
    return list(csv.reader(io.StringIO(text, newline="")))


def _of_workbook(content: bytes) -> Rows:
    # SECURITY: a workbook is opened in a process without our environment, with limits on time and memory, and killed after them.
    command = [sys.executable, "-I", str(_CHILD), str(ROWS_MOST)]
    refused = Invalid(
        _("This workbook cannot be read: it is damaged, or unpacks to too much. Save the list as CSV and try again."),
        field="file",
    )
    try:
        done = subprocess.run(  # noqa: S603
            command,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS * 2,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        raise refused from None
    if done.returncode == TOO_MANY:
        raise _too_many("file")
    if done.returncode == TOO_MUCH:
        raise Invalid(_("This workbook holds too much text. Bring it in parts."), field="file")
    if done.returncode != 0:
        raise refused
    return _checked([json.loads(line) for line in done.stdout.splitlines()], "file")


def _checked(rows: Rows, field: str) -> Rows:
    """Without the empty rows at the end. The first row that is not empty is the head."""
    while rows and not any(rows[-1]):
        rows.pop()
    filled = sum(1 for row in rows if any(row))
    if filled < 2:
        raise Invalid(
            _("There is nothing in this list: its first row names the columns, the others are what it tells."), field=field
        )
    if filled > ROWS_MOST + 1:
        raise _too_many(field)
    return rows


def _too_many(field: str) -> Invalid:
    return Invalid(_("This list has more than %(most)s rows. Bring it in parts.", most=f"{ROWS_MOST:,}"), field=field)
