"""The invented hand-overs: most are answered, and what the last days tell goes through the services."""

import random
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from aidnet import audit, clock
from aidnet.db import transaction
from aidnet.deliveries.custody_models import Handover, HandoverState, LineOrigin
from aidnet.deliveries.models import Answer, EventKind
from aidnet.demo.custody_story import tell_split, with_answers
from aidnet.demo.playing import play
from aidnet.demo.stage import set_stage
from aidnet.demo.story import tell
from aidnet.demo.telling import MONTHS, Telling
from aidnet.network.models import Network, NetworkKind
from aidnet.policy import OPERATOR, unscoped

TODAY = date(2026, 11, 22)
WHOLE = "a test looks at everything"


@pytest.fixture
def made(app):
    with transaction() as session:
        network = session.get_one(Network, 1)
        network.kind, network.set_up_at = NetworkKind.DEMO, None
        session.flush()
        audit.record(session, OPERATOR, "network.made", network)
    with clock.at(datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=clock.YANGON) - timedelta(days=31 * MONTHS + 20)):
        return set_stage(random.Random(1), TODAY)


def test_most_hand_overs_are_answered_some_short_one_refused_a_few_not_at_all(made):
    story = tell(made.stage, TODAY)
    events = [event for act in story if act.verb == "log" for event in act.draft.events]
    events += [act.draft for act in story if act.verb == "report"]
    handed = [event for event in events if event.kind is EventKind.HANDED_OVER]
    said = Counter(act.draft.answer for act in story if act.verb == "answer")

    assert not any(event.given for event in handed)
    assert said[Answer.ACCEPTED] > said[Answer.SHORT] > said[Answer.REFUSED] == 1
    assert 1 <= len(handed) - said.total() <= 20
    assert with_answers(Telling(made.stage, TODAY), []) == [*tell_split(Telling(made.stage, TODAY))]


def test_the_split_and_the_refusal_go_through_the_services(made):
    acts = sorted(tell_split(Telling(made.stage, TODAY)), key=lambda act: act.at)
    with clock.at(acts[-1].at + timedelta(hours=1)):
        assert [*play(acts, made.people, TODAY)][-1] == len(acts)
    with transaction() as session:
        states = session.scalars(unscoped(sa.select(Handover.state), because=WHOLE)).all()
        moved = session.scalars(unscoped(sa.select(LineOrigin.quantity_milli), because=WHOLE)).all()
    assert (states, moved) == ([HandoverState.REFUSED], [100_000])
