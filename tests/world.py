"""The app under test and its current database: one app a worker, a fresh database a test."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.ctx import AppContext
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from aidnet import create_app
from aidnet.accounts import sessions
from aidnet.accounts.models import Membership, User
from aidnet.config import Settings
from aidnet.db import Base, Database, WriteSession, transaction
from aidnet.policy import Actor, unscoped
from tests.pages import Form, Page, wrongs

#: Keys of the tests; they guard nothing.
KEYS = {
    "secret_key": "tests sign their cookies with this key",
    "blind_key": "tests look people up with this one key",
    "field_keys": ("dGVzdHMgc2VhbCB0aGVpciBjb2x1bW5zIHdpdGggaXQ=",),
}


class _Writes(sessionmaker[WriteSession]):
    """Lets go of the test's own session before anybody else writes: SQLite has one writer."""

    world: "World"

    def begin(self) -> Any:
        self.world.hand_over()
        return super().begin()


class World:
    """One app, and whichever database it has now."""

    def __init__(self, instance: Path) -> None:
        settings = Settings(mode="test", instance=instance, database_url=f"sqlite:///{instance / 'none.db'}", **KEYS)  # type: ignore[arg-type]
        self.app: Flask = create_app(settings)
        self.app.test_client_class = Client
        self.app.extensions["tests.world"] = self
        self.held: WriteSession | None = None
        self.context: AppContext | None = None
        self._databases: dict[str, Database] = {}

    @property
    def engine(self) -> sa.Engine:
        """The current database's engine."""
        database: Database = self.app.extensions["aidnet.database"]
        return database.engine

    @contextmanager
    def using(self, url: str) -> Iterator["World"]:
        """The app on the database at `url`, with an app context pushed, until the block ends."""
        database = self._database(url)
        self.app.extensions["aidnet.database"] = database
        self._push()
        try:
            yield self
        finally:
            if self.held is not None:
                self.held.close()
                self.held = None
            self._pop()
            kept = database.engine.pool.checkedout()  # type: ignore[attr-defined]
            if kept:
                gc.collect()  # what nobody closed goes now, and not when its database is gone
            if kept or url.startswith("sqlite"):
                database.engine.dispose()  # the file goes; a connection that somebody kept must not hold up the next test

    def _database(self, url: str) -> Database:
        """An address keeps its engine, whose compiled statements (and on PostgreSQL connections) the next test finds ready."""
        if url not in self._databases:
            database = self._databases[url] = Database(url)
            writes = _Writes(
                database.engine.execution_options(aidnet_writes=True), class_=WriteSession, expire_on_commit=False
            )
            writes.world = self
            database.writes = writes
        return self._databases[url]

    def close(self) -> None:
        """Close every connection that is still kept."""
        for database in self._databases.values():
            database.engine.dispose()

    def _push(self) -> None:
        self.context = self.app.app_context()
        self.context.push()

    def _pop(self) -> None:
        if self.context is not None:
            self.context.pop()
        self.context = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """For a request or a command: what the test wrote is committed, and no app context is in the way."""
        if self.context is None:
            yield
            return
        self.hand_over()
        self._pop()
        try:
            yield
        finally:
            self._push()

    def hand_over(self) -> None:
        """Commit what the test's own session holds, and let it see what others write next."""
        if self.held is not None and self.held.in_transaction():
            if self.held.is_active:
                self.held.commit()
            else:
                self.held.rollback()
            self.held.expire_all()

    def hold(self) -> Session:
        """The test's own session, as a service is given one."""
        database: Database = self.app.extensions["aidnet.database"]
        self.held = database.writes()
        return self.held

    def finish(self) -> None:
        """Commit what services finished in the test's session; what a refused one left is rolled back, as at the edge."""
        if self.held is None:
            return
        if self.held.is_active:
            self.held.flush()
        else:
            self.held.rollback()
        if self.held.info.get("changed") and not self.held.info.get("audit"):
            self.held.rollback()
        self.held.commit()


class Client(FlaskClient):
    """A browser without a screen. Requests see what the test wrote, and the test sees what they wrote."""

    #: Who is signed in; None in the plain `client`.
    actor: Actor | None = None

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("buffered", True)  # a stream that nobody reads would keep its request open
        world: World = self.application.extensions["tests.world"]
        with world.alone():
            answer = super().open(*args, **kwargs)
            kept = world.engine.pool.checkedout()  # type: ignore[attr-defined]
            assert not kept, f"{answer.request.path} kept {kept} connections to the database"
        return answer

    def page(self, url: str, *, status: int = 200, **kwargs: Any) -> Page:
        """GET a page, check it, and parse it. A redirect is followed where `status` is 200."""
        response = self.get(url, **kwargs)
        hops = 0
        while status == 200 and response.status_code in (302, 303) and hops < 4:
            url, hops = response.location, hops + 1
            response = self.get(url)
        return checked(response, url, status=status)

    def send(self, where: str | Page | Form, changes: dict[str, Any] | None = None, /, **more: Any) -> TestResponse:
        """Fill a page's form and send it, token and all. `where`: a URL whose <main> has one form, a page, or a form.

        A change is a value, a list, or None to leave the field out. A button is sent by its name.
        """
        page = self.page(where) if isinstance(where, str) else where
        form = page if isinstance(page, Form) else page.form()
        values = form.filled((changes or {}) | more)
        if form.method == "get":
            return self.get(form.action, query_string=values)
        return self.post(form.action, data=values)

    def sent(self, where: str | Page | Form, changes: dict[str, Any] | None = None, /, **more: Any) -> Page:
        """`send()`, which must be accepted (303); the page it leads to."""
        response = self.send(where, changes, **more)
        if response.status_code != 303:
            shown = Page(response.text)
            told = [each.text for each in shown.all(class_="error")] or [shown.text[:800]]
            raise AssertionError(f"{response.status_code} where 303 was expected: {told}")
        return self.page(response.location)

    def refused(
        self, where: str | Page | Form, changes: dict[str, Any] | None = None, /, status: int = 422, **more: Any
    ) -> Page:
        """`send()`, which must be refused; the checked page with its form."""
        response = self.send(where, changes, **more)
        return checked(response, response.request.path, status=status)


def checked(response: TestResponse, url: str, *, status: int = 200) -> Page:
    """The page of an answer, with nothing wrong in it."""
    assert response.status_code == status, (
        f"{url}: {response.status_code}, not {status}: {Page(response.text).text[:600]}"
    )
    assert response.mimetype == "text/html", response.mimetype
    page = Page(response.text, url)
    found = wrongs(page)
    assert not found, f"{url}:\n  " + "\n  ".join(found)
    return page


def token_for(who: Actor) -> str:
    """The token of a new session for `who`."""
    with transaction() as session:
        because = "a test signs somebody in without a password"
        person = session.scalars(unscoped(sa.select(User).where(User.id == who.user_id), because=because)).one()
        membership = session.scalars(
            unscoped(sa.select(Membership).where(Membership.id == who.membership_id), because=because)
        ).one()
        return sessions.open_session(session, person, membership).token


def row_counts(engine: sa.Engine) -> dict[str, int]:
    """How many rows each table has."""
    with engine.connect() as connection:
        return {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }
