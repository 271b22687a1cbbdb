"""Structured logs: a JSON object a line on stderr, and nothing in it that a person typed or could be found by.

No address, query string, name or code: a request is its route's rule, never its path. What other packages log is kept as
their template only, because their arguments quote paths and values.
"""

import json
import logging
import sys
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, request

from aidnet.config import Settings

#: The only extras that are written. SECURITY: kept by tests/web/test_logs.py.
FIELDS = ("route", "method", "status", "ms", "error_id", "error", "frames", "what", "count", "seconds")
#: Asked often and by machines: logged only when they fail.
_QUIET = frozenset({"static", "assets.file", "health.healthz"})

log = logging.getLogger("aidnet.requests")


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. Shape: at, level, logger, event, then the `FIELDS` that the record carries."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage() if _is_ours(record) else str(record.msg),
        }
        line |= {name: record.__dict__[name] for name in FIELDS if name in record.__dict__}
        if record.exc_info and record.exc_info[0]:
            line.setdefault("error", record.exc_info[0].__name__)
        return json.dumps(line, ensure_ascii=False, default=str)


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether the message may be written whole: our own, or the server telling that it starts or stops."""
    return record.name.startswith("aidnet.") or (record.name == "gunicorn.error" and record.levelno <= logging.INFO)


class Stderr(logging.Handler):
    """Writes to whatever stderr is now."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        sys.stderr.write(self.format(record) + "\n")


def handler() -> logging.Handler:
    """The handler of every log."""
    made = Stderr()
    made.setFormatter(JsonLines())
    return made


def init_logs(app: Flask, settings: Settings) -> None:
    """Log every request, and send all logs through one handler."""
    root = logging.getLogger()
    if not any(isinstance(each, Stderr) for each in root.handlers):
        root.addHandler(handler())
    logging.getLogger("aidnet").setLevel(logging.DEBUG if settings.debug else logging.INFO)

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def note(response: Response) -> Response:
        if request.endpoint in _QUIET and response.status_code < 500:
            return response
        level = logging.ERROR if response.status_code >= 500 else logging.INFO
        log.log(
            level,
            "request",
            extra={
                "route": request.url_rule.rule if request.url_rule else "-",
                "method": request.method,
                "status": response.status_code,
                "ms": round((time.perf_counter() - g.started) * 1000, 1) if "started" in g else None,
            },
        )
        return response
