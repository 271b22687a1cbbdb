"""A streamed answer lets go of its database connection, however it ends."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask, Response

from aidnet.db import db
from aidnet.places.models import Place
from aidnet.web.guards import public
from aidnet.web.sheets import csv_response
from tests.world import World


@pytest.fixture
def streamed(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """A page that reads its rows while it sends them."""

    def view() -> Response:
        session = db()
        session.scalars(sa.select(Place.id).limit(1)).one()

        def rows() -> Iterator[list[str]]:
            for name in session.scalars(sa.select(Place.name_en)):
                yield [name * 100]

        return csv_response("places", ["name"], rows())

    monkeypatch.setitem(app.view_functions, "health.healthz", public(view))
    return "/healthz"


@pytest.mark.parametrize("end", ["read whole", "read half", "not read", "HEAD"])
def test_the_connection_goes_back_when_the_answer_ends(app: Flask, world: World, streamed: str, end: str) -> None:
    with world.alone():
        client = app.test_client()
        answer = super(type(client), client).open(streamed, method="HEAD" if end == "HEAD" else "GET", buffered=False)
        if end == "read whole":
            assert len(answer.data.splitlines()) > 300
        elif end == "read half":
            next(answer.iter_encoded())
        answer.close()

        assert world.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
