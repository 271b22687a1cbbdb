"""What the pages of lists of gifts and of old books share: sending a sheet, naming its columns, and looking through it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from flask import Response, request, url_for
from flask_babel import LazyString
from werkzeug.datastructures import CombinedMultiDict

from aidnet.i18n import gettext as _
from aidnet.intake.cells import Wrong
from aidnet.web.sheets import csv_response

Kind = TypeVar("Kind", bound=StrEnum)

#: More than a sheet may be, so that one that is too large is told so, and does not end at the door.
BYTES_MOST = 12_000_000
#: Faults that a page shows; the file has all of them.
_FAULTS = 300


class Preview(Protocol):
    """What every sheet's preview has."""

    @property
    def wrongs(self) -> Sequence[Wrong[Any]]: ...
    @property
    def next_line(self) -> int | None: ...


def sent() -> Any:
    """What a form with a file was sent with; None where it is only asked for."""
    return CombinedMultiDict([request.files, request.form]) if request.method == "POST" else None


def first_line() -> int:
    """The line that the page of rows begins with: as the address says, of which seven digits are read."""
    typed = request.args.get("from", "")
    return int(typed[:7]) if typed.isdecimal() else 0


def drawn(endpoint: str, code: str, preview: Preview, columns: Mapping[Kind, LazyString]) -> dict[str, Any]:
    """What a preview is drawn with, whatever its rows tell; `endpoint` is its own page."""
    here: dict[str, Any] = {"code": code}
    return {
        "preview": preview,
        "wrongs": preview.wrongs[:_FAULTS],
        "columns": columns,
        "next_url": url_for(endpoint, **here | {"from": preview.next_line}) if preview.next_line else "",
        "first_url": url_for(endpoint, **here) if request.args.get("from") else "",
    }


def columns_typed(kind: type[Kind]) -> dict[int, Kind | None]:
    """What somebody chose columns to be, by their place; None: nothing we need."""
    known = {column.value: column for column in kind}
    named = ((re.fullmatch(r"column-(\d{1,4})", name), value) for name, value in request.form.items())
    return {int(found[1]): known.get(value) for found, value in named if found}


def faults_file(wrongs: Iterable[Wrong[Kind]], columns: Mapping[Kind, LazyString]) -> Response:
    """What is wrong in a sheet, cell by cell, as a file."""
    return csv_response(
        "faults",
        [_("Line"), _("Column"), _("What is wrong"), _("What stands there")],
        ([wrong.line, str(columns[wrong.column]), str(wrong.said), wrong.typed] for wrong in wrongs),
    )
