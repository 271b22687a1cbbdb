"""Custody when several write at once: whoever waited sees what the other wrote, and one form makes one thing."""

from datetime import date
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from aidnet.codes import code_of
from aidnet.custody import service
from aidnet.custody.drafts import AnswerDraft, GatherDraft, OnwardDraft, Taken
from aidnet.db import transaction
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.custody_models import HandoverState, LineOrigin
from aidnet.deliveries.drafts import CorrectionDraft, EventDraft
from aidnet.deliveries.models import Answer, Delivery, EventKind
from aidnet.errors import NotVisible
from aidnet.policy import Actor, unscoped
from tests.custody.shared import given_to, of, pair
from tests.custody.test_service import held, sound
from tests.deliveries.shared import RICE, TOLD, coordinator, event, logged, ready, rice_and_oil
from tests.funding.test_ledger import at_once
from tests.meeting import Meeting

DAY = date(2026, 8, 9)


@pytest.fixture(autouse=True)
def catalogue(app: Flask) -> None:
    ready()


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


def of_rice(actor: Actor) -> Delivery:
    """A consignment of 300 bags in the own hands."""
    return logged(actor, rice_and_oil(events=(event(EventKind.LOADED, 2),)))


def counted(kind: type[Delivery] | type[LineOrigin]) -> int:
    """How many rows there are."""
    with transaction() as session:
        return session.scalar(unscoped(sa.select(sa.func.count()).select_from(kind), because=TOLD)) or 0


@pytest.mark.parametrize("milli", [100_000, None])
def test_a_split_sent_twice_at_once_is_one(meeting: Meeting, milli: int | None) -> None:
    actor = coordinator()
    source = of_rice(actor).code
    draft = GatherDraft(moved_on=DAY, takes=(Taken(code=source, amounts={RICE: milli} if milli else {}),))
    code = code_of("D", draft.uid)
    came = meeting(*[lambda session: service.gather(session, actor, draft).code] * 2)
    assert came == code
    assert held(source)[RICE] == {actor.partner_id: 300_000 - milli} if milli else not held(source)[RICE]
    assert (counted(Delivery), counted(LineOrigin)) == (2, 1 if milli else 2)
    assert sound()


def test_a_join_sent_many_times_at_once_is_one(app: Flask) -> None:
    actor = coordinator()
    takes = tuple(Taken(code=of_rice(actor).code) for _turn in range(2))
    draft = GatherDraft(moved_on=DAY, takes=takes)

    def join() -> str:
        with transaction() as session:
            return service.gather(session, actor, draft).code

    assert at_once(app, [join] * 6) == [code_of("D", draft.uid)] * 6
    assert (counted(Delivery), counted(LineOrigin)) == (3, 4)
    assert sound()


def test_what_is_carried_on_twice_at_once_by_one_form_goes_on_once(meeting: Meeting) -> None:
    giver, receiver = pair()
    code = of(given_to(giver, receiver)).code
    draft = OnwardDraft(loaded_on=DAY, amounts={RICE: 250_000})
    came = meeting(*[lambda session: service.carry_on(session, receiver, code, draft).code] * 2)
    assert came == code_of("D", draft.uid)
    assert (counted(Delivery), counted(LineOrigin)) == (2, 1)
    assert sound()


def test_one_uid_for_two_subjects_at_once_makes_one_delivery_and_moves_one(meeting: Meeting) -> None:
    giver, receiver = pair()
    handed = [of(given_to(giver, receiver)).code for _turn in range(2)]
    onward = OnwardDraft(loaded_on=DAY, amounts={RICE: 250_000})
    came = meeting(*[lambda session, code=code: service.carry_on(session, receiver, code, onward).code for code in handed])
    assert came == code_of("D", onward.uid)
    assert counted(LineOrigin) == 1

    sources = [of_rice(giver).code for _turn in range(2)]
    uid = uuid4()
    drafts = [GatherDraft(uid=uid, moved_on=DAY, takes=(Taken(code=code, amounts={RICE: 1_000}),)) for code in sources]
    came = meeting(*[lambda session, draft=draft: service.gather(session, giver, draft).code for draft in drafts])
    assert came == code_of("D", uid)
    assert [held(code)[RICE][giver.partner_id] for code in sources] == [299_000, 300_000]
    assert counted(LineOrigin) == 2
    assert sound()
