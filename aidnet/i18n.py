"""Languages: which there are, which one this request speaks, and the two gettexts everybody imports."""

from collections.abc import Callable

import flask_babel
from flask import g, has_request_context, request, session

__all__ = ["LANGUAGES", "babel", "choose", "current_language", "gettext", "lazy_gettext", "ngettext"]

#: Code and own name, in the order of the switch.
LANGUAGES: tuple[tuple[str, str], ...] = (("en", "English"), ("my", "မြန်မာ"))
CODES = tuple(code for code, _ in LANGUAGES)

babel = flask_babel.Babel()

# Named again with their types, which flask-babel does not ship.
gettext: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext
lazy_gettext: Callable[..., flask_babel.LazyString] = flask_babel.lazy_gettext


def current_language() -> str:
    """The person's own choice, else this browser's choice, else what the browser asks for, else English."""
    if not has_request_context():
        return "en"
    if "language" not in g:
        actor = g.get("actor")
        chosen = getattr(actor, "language", None) or session.get("language")
        g.language = chosen if chosen in CODES else request.accept_languages.best_match(CODES, "en")
    return str(g.language)


def choose(code: str) -> None:
    """Speak `code` for the rest of this request and, in this browser, after it."""
    g.language = code
    session["language"] = code
