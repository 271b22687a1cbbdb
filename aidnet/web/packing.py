"""Pages are sent packed: on a slow line that is most of the wait.

A packed page that holds both a secret and what somebody else sent in could tell the secret by its length (BREACH). So the
packed bytes carry a name of random length, as the gzip format allows: lengths say nothing any more. Source: Palacios and
others, "Heal the Breach" (2022).
"""

import gzip
import io
import secrets

from flask import Flask, Response, request

_KINDS = frozenset({"text/html", "application/json", "text/csv", "image/svg+xml"})
#: Smaller answers are sent as they are.
_LEAST = 600
_NOISE_MOST = 96


def pack(body: bytes) -> bytes:
    """`body` in gzip, with a header of random length."""
    packed = io.BytesIO()
    name = secrets.token_hex(_NOISE_MOST)[: 1 + secrets.randbelow(_NOISE_MOST)]
    with gzip.GzipFile(name, "wb", 6, packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()


def init_packing(app: Flask) -> None:
    """Pack every answer worth it, for browsers that unpack. Streams go out as they come."""

    @app.after_request
    def packed(response: Response) -> Response:
        if response.mimetype not in _KINDS or response.direct_passthrough or response.is_streamed:
            return response
        response.vary.add("Accept-Encoding")
        if "Content-Encoding" in response.headers or request.accept_encodings.quality("gzip") <= 0:
            return response
        body = response.get_data()
        if len(body) >= _LEAST:
            response.set_data(pack(body))
            response.headers["Content-Encoding"] = "gzip"
        return response
