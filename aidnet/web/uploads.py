"""How much a request may carry: little, but for pages that take files; and files stay in memory, never on a disk unsealed."""

import io
from collections.abc import Callable
from typing import IO, Any, TypeVar

from flask import Flask, Request, current_app, request

View = TypeVar("View", bound=Callable[..., Any])


def takes_files(most: int) -> Callable[[View], View]:
    """A view whose requests may weigh `most` bytes."""

    def mark(view: View) -> View:
        view.most_sent = most  # type: ignore[attr-defined]
        return view

    return mark


class MemoryRequest(Request):
    """A request whose files are read into memory: what a phone's photo says of its place is in no temporary file."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return io.BytesIO()


def init_uploads(app: Flask) -> None:
    """Say how much the request may carry before anybody reads it (the token's check does)."""

    @app.before_request
    def allow() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        most = getattr(view, "most_sent", None)
        if most is not None:
            request.max_content_length = most
