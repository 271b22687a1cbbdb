"""The one place where a failure becomes a page or JSON."""

import logging
import secrets

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from aidnet.errors import AidnetError, NotVisible
from aidnet.i18n import gettext as _

log = logging.getLogger("aidnet.errors")


def _answer(status: int, code: str, heading: str, sentence: str, error_id: str | None = None) -> ResponseReturnValue:
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return {"error": code, "message": sentence} | ({"id": error_id} if error_id else {}), status
    g.failed = True
    page = render_template("errors/error.html", status=status, heading=heading, sentence=sentence, error_id=error_id)
    return page, status


def _aidnet(error: AidnetError) -> ResponseReturnValue:
    heading = _("Not found") if error.status == 404 else _("That did not work")
    return _answer(error.status, error.code, heading, str(error))


def _csrf(error: CSRFError) -> ResponseReturnValue:
    sentence = _("This form was open too long or in another sign-in. Go back, reload the page, and send it again.")
    return _answer(400, "csrf", _("The form could not be checked"), sentence)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code == 404:
        return _aidnet(NotVisible())
    if error.code == 405:
        return _answer(405, "method", _("Not here"), _("This page cannot be used that way."))
    if error.code == 413:
        return _answer(413, "too-large", _("Too large"), _("What was sent is larger than this page takes."))
    if error.code is not None and error.code < 400 and error.response is not None:
        return error.get_response()
    return _answer(error.code or 400, "request", _("That did not work"), _("The request could not be understood."))


def _bug(error: Exception) -> ResponseReturnValue:
    error_id = secrets.token_hex(4)
    rule = request.url_rule.rule if request.url_rule else "-"
    # SECURITY: type and places in the code only; messages of database errors quote people's data.
    frames = []
    trace = error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if "site-packages" not in path:
            frames.append(f"{path.rsplit('/aidnet/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    log.error("bug", extra={"error_id": error_id, "error": type(error).__name__, "route": rule, "frames": frames[-12:]})
    sentence = _("Something is broken on our side. What you typed was not saved. Quote this number to your network admin:")
    return _answer(500, "bug", _("Something went wrong"), sentence, error_id)


def init_errors(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(AidnetError, _aidnet)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)
