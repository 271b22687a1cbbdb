"""What comes in, without the one character that no text of a database can hold, and under names that may be ours."""

from collections.abc import Iterable
from typing import Any

from flask import Flask, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from aidnet.errors import NotVisible
from aidnet.web.uploads import MemoryRequest

_NUL = "\x00"
#: The longest name of a field; ours are shorter by far.
_NAME_MOST = 100


def _clean(value: Any) -> Any:
    return value.replace(_NUL, "") if isinstance(value, str) else value


def _may_be_ours(name: str) -> bool:
    return name.isascii() and len(name) <= _NAME_MOST


class _Values(ImmutableMultiDict[str, Any]):
    """Fields of a form or an address; NUL, which nobody types and PostgreSQL refuses, is left out.

    So are fields whose name cannot be one of ours: rows of forms are numbered, and not every digit or number can be read.
    """

    def __init__(self, mapping: MultiDict[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        pairs = mapping.items(multi=True) if isinstance(mapping, MultiDict) else mapping or ()
        super().__init__([(_clean(name), _clean(value)) for name, value in pairs if _may_be_ours(name)])


class CleanRequest(MemoryRequest):
    """A request whose fields can be kept as they are."""

    parameter_storage_class = _Values


def init_requests(app: Flask) -> None:
    """Read requests so, and find nothing at an address with such a character in it."""
    app.request_class = CleanRequest

    @app.before_request
    def refuse() -> None:
        if _NUL in request.path:
            raise NotVisible
