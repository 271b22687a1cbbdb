"""Custody when several write at once: whoever waited sees what the other wrote, and one form makes one thing."""

from collections.abc import Callable
from datetime import date
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from aidnet.custody import service
from aidnet.custody.drafts import AnswerDraft
from aidnet.db import transaction
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.custody_models import HandoverState
from aidnet.deliveries.drafts import CorrectionDraft, EventDraft
from aidnet.deliveries.models import Answer, EventKind
from aidnet.errors import AidnetError, NotVisible
from tests.custody.shared import given_to, of, pair
from tests.custody.test_service import held, sound
from tests.deliveries.shared import RICE, coordinator, ready
from tests.funding.test_ledger import at_once
from tests.world import World

DAY = date(2026, 8, 9)


@pytest.fixture(autouse=True)
def catalogue(app: Flask) -> None:
    ready()


class Meeting:
    """Two acts of which the second begins while the first is not committed yet."""

    def __init__(self, world: World, dialect: str) -> None:
        self.world, self.dialect = world, dialect

    def __call__(self, first: Callable[[Session], Any], second: Callable[[Session], Any]) -> Any:
        """Do both; what the second gave, or the refusal it met."""
        came: list[Any] = []

        def run() -> None:
            with self.world.app.app_context():
                try:
                    with transaction() as session:
                        came.append(second(session))
                except (AidnetError, sa.exc.SQLAlchemyError) as error:
                    came.append(error)

        thread = Thread(target=run)
        with transaction() as session:
            first(session)
            session.flush()
            thread.start()
            if self.dialect == "postgresql":
                self._until_somebody_waits(thread)
        thread.join()
        return came[0]

    def _until_somebody_waits(self, thread: Thread) -> None:
        waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        with self.world.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while thread.is_alive() and not connection.scalar(waiting):
                thread.join(0.01)


@pytest.fixture
def meeting(world: World, dialect: str) -> Meeting:
    return Meeting(world, dialect)


def short(milli: int) -> AnswerDraft:
    return AnswerDraft(answer=Answer.SHORT, happened_on=DAY, quantities={RICE: milli})


def test_two_answers_at_once_are_both_kept_and_the_later_counts(meeting: Meeting) -> None:
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    code = of(delivery).code
    accepted = AnswerDraft(answer=Answer.ACCEPTED, happened_on=DAY)
    came = meeting(
        lambda session: service.answer(session, receiver, code, short(220_000)),
        lambda session: service.answer(session, receiver, code, accepted).state,
    )
    assert came is of(delivery).state is HandoverState.ACCEPTED
    assert sound()


def test_eight_answers_at_once_leave_the_books_sound(app: Flask) -> None:
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    code = of(delivery).code

    def say(milli: int) -> str:
        with transaction() as session:
            return service.answer(session, receiver, code, short(milli)).code

    done = at_once(app, [lambda milli=milli: say(milli) for milli in range(10_000, 90_000, 10_000)])
    assert done == [code] * 8
    assert sound()


def test_an_answer_waits_for_the_giver_who_corrects_and_is_of_what_is_true_then(meeting: Meeting) -> None:
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    row, code = of(delivery), delivery.code
    facts = EventDraft(kind=EventKind.HANDED_OVER, happened_on=DAY, quantities={RICE: 200_000}, receiver=receiver.partner_id or 0)
    came = meeting(
        lambda session: deliveries.correct(session, giver, code, CorrectionDraft(event=row.uid, facts=facts)),
        lambda session: service.answer(session, receiver, row.code, AnswerDraft(answer=Answer.ACCEPTED, happened_on=DAY)).state,
    )
    assert came is HandoverState.ACCEPTED
    assert (of(delivery).given_on, of(delivery).answered_on) == (DAY, DAY)
    assert held(code)[RICE][receiver.partner_id] == 200_000
    assert sound()


def test_who_is_no_longer_the_receiver_when_it_is_their_turn_does_not_answer(meeting: Meeting) -> None:
    giver, receiver = pair()
    other = coordinator()
    delivery = given_to(giver, receiver)
    row, code = of(delivery), delivery.code
    facts = EventDraft(kind=EventKind.HANDED_OVER, happened_on=DAY, quantities={RICE: 200_000}, receiver=other.partner_id or 0)
    came = meeting(
        lambda session: deliveries.correct(session, giver, code, CorrectionDraft(event=row.uid, facts=facts)),
        lambda session: service.answer(session, receiver, row.code, short(1_000)),
    )
    assert isinstance(came, NotVisible)
    assert of(delivery).state is HandoverState.OPEN
