"""Nothing typed is lost when a session has ended: the form rides along through the sign-in page, and is offered again.

It is never sent again by itself, never to another origin, never for another person, and passwords never ride along.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

from aidnet.accounts.forms import SignInForm

#: More than any form of ours holds; longer ones are not carried.
_MOST_FIELDS, _MOST_CHARACTERS = 1_000, 200_000


@dataclass(frozen=True)
class Kept:
    """A form that was sent too late: where to, and what it held."""

    path: str
    fields: Sequence[tuple[str, str]]


def local_path(value: str | None) -> str | None:
    """`value` where it is a path on this server; None for all else, above all other servers."""
    if not value or not value.startswith("/") or value.startswith("//") or "\\" in value or not value.isprintable():
        return None
    parts = urlsplit(value)
    return None if parts.scheme or parts.netloc else value


def _serializer() -> URLSafeSerializer:
    secret: Any = current_app.secret_key
    return URLSafeSerializer(secret, salt="kept form")


def _keep() -> str | None:
    """What was posted, signed; None where it had better be typed again (a password, a file, too much)."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    if (request.endpoint or "").startswith("accounts.") or request.files or len(fields) > _MOST_FIELDS:
        return None
    if any("password" in name.casefold() for name, _ in fields) or sum(len(n) + len(v) for n, v in fields) > _MOST_CHARACTERS:
        return None
    path = request.full_path.rstrip("?")
    return _serializer().dumps([path, fields]) if local_path(path) else None


def read(kept: str | None) -> Kept | None:
    """The form in a sign-in page's hidden field; None where there is none that we wrote."""
    if not kept:
        return None
    try:
        path, fields = _serializer().loads(kept)
    except BadSignature:
        return None
    return Kept(path, [(name, value) for name, value in fields]) if local_path(path) else None


def ask_to_sign_in() -> ResponseReturnValue:
    """The answer to somebody who must sign in first; then they are where they were going, with what they typed."""
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("accounts.sign_in", onward=request.full_path.rstrip("?")), code=303)
    kept = _keep()
    return render_template("accounts/sign_in.html", form=SignInForm(), onward="", kept=kept, ended=True), 401
