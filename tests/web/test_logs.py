"""Logs are structured, and nobody can be found in them."""

import json
import logging
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from aidnet.db import db, transaction
from aidnet.partners.models import Partner
from aidnet.policy import unscoped
from aidnet.web.guards import public
from aidnet.web.logs import FIELDS, JsonLines, handler
from tests import factories
from tests.pages import Page
from tests.world import Client

MARK = "ThirtySevenLotus"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    """What was logged so far, parsed."""

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]

    return read


@pytest.fixture
def broken(app: Flask, monkeypatch: pytest.MonkeyPatch) -> str:
    """A page whose database call fails with a person's data in the failure."""

    def view() -> str:
        with transaction() as session:
            values = {"code": MARK, "code_name": MARK, "code_name_key": MARK}
            session.execute(unscoped(sa.insert(Partner).values(values), because="a test"))
        return MARK

    monkeypatch.setitem(app.view_functions, "health.healthz", public(view))
    return "/healthz"


def test_a_request_is_its_route_and_never_its_path_query_or_sender(client: Client, lines: Any) -> None:
    client.get(f"/places/{MARK}?q={MARK}", headers={"User-Agent": MARK, "Referer": f"http://{MARK}/"})
    client.get(f"/{MARK}")
    client.post("/sign-in", data={"name": MARK, "password": MARK})

    logged = lines()
    assert len(logged) >= 3
    for line in logged:
        assert set(line) <= {"at", "level", "logger", "event", *FIELDS}
        assert MARK not in json.dumps(line)
        assert "127.0.0.1" not in json.dumps(line)
    assert {"route", "method", "status", "ms"} <= set(logged[0])


def test_an_answer_of_500_has_a_number_to_quote_and_the_log_tells_where_but_not_whose(
    client: Client, broken: str, lines: Any
) -> None:
    answer = client.get(broken)

    assert answer.status_code == 500
    bug = next(line for line in lines() if line["event"] == "bug")
    assert bug["error_id"] in Page(answer.text).text
    assert bug["error"] == "IntegrityError"
    assert bug["route"] == "/healthz"
    assert any("test_logs" in frame for frame in bug["frames"])
    assert MARK not in json.dumps(bug)
    assert MARK not in answer.text


def test_what_is_absent_and_what_is_not_yours_are_one_answer(client: Client, sign_in: Any) -> None:
    theirs = factories.responder()
    browser = sign_in("donor")
    absent = browser.get("/responders/P-0000-0000/edit")
    foreign = browser.get(f"/responders/{theirs.code}/edit")

    assert absent.status_code == foreign.status_code == 404
    assert without_tokens(absent.text) == without_tokens(foreign.text)


def without_tokens(html: str) -> str:
    """The page, but for its forms' tokens, which carry the second they were made in."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", html)


def test_health_checks_are_logged_only_when_they_fail(client: Client, lines: Any) -> None:
    client.get("/healthz")

    assert not lines()


@pytest.mark.parametrize(
    ("logger", "level", "message", "arguments", "told"),
    [
        (
            "gunicorn.error",
            logging.ERROR,
            "Error handling request %s",
            (f"/deliveries/{MARK}",),
            "Error handling request %s",
        ),
        (
            "gunicorn.error",
            logging.INFO,
            "Listening at: %s",
            ("http://127.0.0.1:8000",),
            "Listening at: http://127.0.0.1:8000",
        ),
        ("sqlalchemy.engine", logging.WARNING, "parameters %r", (MARK,), "parameters %r"),
        ("aidnet.releases", logging.INFO, "built %s", (3,), "built 3"),
    ],
)
def test_what_others_log_is_kept_without_its_arguments(
    logger: str, level: int, message: str, arguments: tuple[Any, ...], told: str
) -> None:
    record = logging.LogRecord(logger, level, __file__, 1, message, arguments, None)

    assert json.loads(JsonLines().format(record))["event"] == told


def test_only_listed_extras_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    record = logging.LogRecord("aidnet.test", logging.INFO, __file__, 1, "said", (), None)
    record.__dict__ |= {"route": "/board", "person": MARK}
    handler().handle(record)

    line = json.loads(capsys.readouterr().err)
    assert line["route"] == "/board"
    assert MARK not in json.dumps(line)


def test_reading_leaves_no_trace_in_the_log(app: Flask, lines: Any) -> None:
    factories.responder(own_name=MARK)
    db().scalars(unscoped(sa.select(Partner), because="a test")).all()

    assert not lines()
