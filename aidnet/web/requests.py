"""What comes in, without the one character that no text of a database can hold."""

from collections.abc import Iterable
from typing import Any

from flask import Flask, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from aidnet.errors import NotVisible
from aidnet.web.uploads import MemoryRequest

_NUL = "\x00"


def _clean(value: Any) -> Any:
    return value.replace(_NUL, "") if isinstance(value, str) else value


class _Values(ImmutableMultiDict[str, Any]):
    """Fields of a form or an address; NUL, which nobody types and PostgreSQL refuses, is left out."""

    def __init__(self, mapping: MultiDict[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        pairs = mapping.items(multi=True) if isinstance(mapping, MultiDict) else mapping or ()
        super().__init__([(_clean(name), _clean(value)) for name, value in pairs])


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
