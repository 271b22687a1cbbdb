"""What releases tell of losses: lines by reason that stand on enough deliveries and villages, each loss at most once."""

from collections import Counter
from datetime import date

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from aidnet import clock
from aidnet.db import transaction
from aidnet.deliveries.models import LossReason
from aidnet.places.models import Place
from aidnet.releases import floors, losses, months
from aidnet.releases.losses import Loss, LossLine
from aidnet.releases.models import ReleasedEvent, ReleaseLoss, ReleaseLossReason
from tests import factories
from tests.releases.history import KATHA, MONYWA, SHWEBO, Deliverer, deliverer, villages, withhold
from tests.releases.test_build import SEPTEMBER_20, build, rows

R = LossReason
FIRST, LAST = date(2026, 3, 1), date(2026, 8, 1)


def lost(
    number: int, *villages: int, reason: LossReason = R.SEIZED, day: date = date(2026, 7, 5), delivery: int = 0
) -> Loss:
    return Loss(number, delivery or number, day, reason, frozenset((village, 0) for village in villages))


def several(number: int, *, start: int = 1, reason: LossReason = R.SEIZED, day: date = date(2026, 7, 5)) -> list[Loss]:
    """Losses of so many deliveries, each for a village of its own."""
    return [lost(at, at, reason=reason, day=day) for at in range(start, start + number)]


def lines(found: list[Loss]) -> tuple[LossLine, ...]:
    return losses.lines(found, earlier=False)


@pytest.mark.parametrize(("deliveries", "told"), [(4, []), (5, [5])])
def test_a_line_stands_on_five_deliveries(deliveries, told):
    assert [line.deliveries for line in lines(several(deliveries))] == told


def test_a_delivery_that_lost_something_twice_is_counted_once():
    again = [lost(10, 1, delivery=1), lost(11, 2, delivery=2)]
    assert lines([*several(4), *again]) == ()
    assert [line.deliveries for line in lines([*several(5), *again])] == [5]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param([lost(at, at % 2) for at in range(1, 9)], id="two villages"),
        pytest.param([lost(at) for at in range(1, 9)], id="no village"),
        pytest.param([lost(at, 1 if at < 5 else at) for at in range(1, 7)], id="four of six for one"),
        pytest.param([lost(at, 1, at) for at in range(2, 8)], id="all for one, and for another each"),
    ],
)
def test_a_line_is_not_mostly_one_villages(found):
    assert lines(found) == ()
    others = several(5, start=50, reason=R.SPOILED)
    assert [line.reasons for line in lines(found + others)] == [(R.SEIZED, R.SPOILED)]


def test_reasons_that_are_enough_are_lines_of_their_own():
    found = lines([*several(5), *several(6, start=20, reason=R.SPOILED)])
    assert [(line.reasons, line.deliveries, line.villages) for line in found] == [
        ((R.SPOILED,), 6, 6),
        ((R.SEIZED,), 5, 5),
    ]


def test_a_reason_with_too_few_is_joined_with_the_smallest():
    few = [*several(2, start=20, reason=R.STOLEN), *several(3, start=30, reason=R.SHELLING)]
    found = lines([*several(9), *few])
    assert [(line.reasons, line.deliveries) for line in found] == [((R.SEIZED,), 9), ((R.SHELLING, R.STOLEN), 5)]
    (all_together,) = lines([*several(5), *several(1, start=20, reason=R.STOLEN)])
    assert all_together.reasons == (R.SEIZED, R.STOLEN)


def test_a_delivery_that_lost_for_two_reasons_is_in_two_lines():
    again = [lost(20 + at, at, reason=R.INFORMAL_TAX, delivery=at) for at in range(1, 6)]
    assert [line.deliveries for line in lines([*several(5), *again])] == [5, 5]


#: Reports by delivery, reason and month; each delivery is for some of a few villages, so that lines fail.
REPORTS = st.lists(st.tuples(st.integers(0, 29), st.sampled_from(list(R)[:4]), st.integers(1, 8)), max_size=80)
VILLAGES = st.lists(st.frozensets(st.tuples(st.integers(0, 6), st.just(0)), max_size=3), min_size=30, max_size=30)


def histories() -> st.SearchStrategy[list[Loss]]:
    return st.builds(
        lambda reports, stops: [
            Loss(number, delivery, date(2026, month, 1 + number % 28), reason, stops[delivery])
            for number, (delivery, reason, month) in enumerate(reports, 1)
        ],
        REPORTS,
        VILLAGES,
    )


SPANS = [(month, month) for month in months.between(FIRST, LAST)]


@given(histories())
def test_no_line_is_below_a_floor_and_no_loss_is_counted_twice(history):
    by_id = {loss.event_id: loss for loss in history}
    told = losses.plan(history, SPANS)
    counted = [event_id for shown in told for line in shown for event_id in line.event_ids]
    assert len(counted) == len(set(counted))
    for (first, last), shown in zip(SPANS, told, strict=True):
        for earlier in (False, True):
            reasons = [reason for line in shown if line.earlier is earlier for reason in line.reasons]
            assert len(reasons) == len(set(reasons))
        for line in shown:
            found = [by_id[event_id] for event_id in line.event_ids]
            assert {loss.reason for loss in found} == set(line.reasons)
            assert all(
                loss.day < first if line.earlier else first <= months.month_of(loss.day) <= last for loss in found
            )
            deliveries = {loss.delivery_id: loss.villages for loss in found}
            each = Counter(village for stops in deliveries.values() for village in stops)
            assert len(deliveries) == line.deliveries >= floors.FLOOR_DELIVERIES
            assert len(each) == line.villages >= floors.FLOOR_VILLAGES
            assert 100 * max(each.values()) <= floors.MOST_OF_ONE_VILLAGE * min(each.total(), line.deliveries)


@given(histories(), st.randoms())
def test_neither_the_order_nor_how_often_one_builds_matters(history, random):
    told = losses.plan(history, SPANS)
    shuffled = history.copy()
    random.shuffle(shuffled)
    assert losses.plan(shuffled, SPANS) == told
    waiting, in_steps = history, []
    for span in SPANS:
        in_steps += losses.plan(waiting, [span])
        done = {event_id for line in in_steps[-1] for event_id in line.event_ids}
        waiting = [loss for loss in waiting if loss.event_id not in done]
    assert in_steps == told


def spread() -> list[Place]:
    """Villages of two districts."""
    return villages(SHWEBO)[:3] + villages(MONYWA)[:3]


def group_of(fund=None) -> Deliverer:
    """A responder with results enough for a release of July."""
    group = deliverer(fund)
    group.hand_out(villages(SHWEBO)[:5])
    return group


def told() -> list[tuple[list[str], int, int, bool]]:
    """Every line of losses there is: reasons, deliveries, villages, earlier."""
    reasons = rows(ReleaseLossReason)
    return [
        (
            sorted(one.reason for one in reasons if (one.release_id, one.number) == (row.release_id, row.number)),
            *(row.deliveries, row.villages, row.earlier),
        )
        for row in rows(ReleaseLoss)
    ]


def september(group: Deliverer) -> None:
    """The next month's release."""
    group.hand_out(villages(SHWEBO)[:5], day=date(2026, 8, 3))
    with clock.at(SEPTEMBER_20):
        build(SEPTEMBER_20.date())


def test_a_release_tells_losses_of_the_whole_country_by_reason(app):
    group = group_of()
    seized = group.lose(spread())
    spoiled = group.lose(spread()[:5], reason=R.SPOILED)
    (release,) = build()
    assert told() == [(["seized"], 6, 6, False), (["spoiled"], 5, 5, False)]
    counted = {row.event_id for row in rows(ReleasedEvent) if row.release_id == release.id}
    assert {event.id for event in seized + spoiled} < counted
    september(group)
    assert len(told()) == 2


def test_four_are_told_nowhere_and_wait_until_they_are_five(app):
    group = group_of()
    group.lose(spread()[:4])
    build()
    assert told() == []
    group.lose(villages(KATHA)[:1])
    september(group)
    assert told() == [(["seized"], 5, 5, True)]


def test_losses_known_late_are_told_as_earlier(app):
    group = group_of()
    group.lose(spread())
    build()
    group.lose(spread()[:5], reason=R.STOLEN)
    group.lose(spread(), day=date(2026, 8, 2))
    september(group)
    assert told()[1:] == [(["seized"], 6, 6, False), (["stolen"], 5, 5, True)]


def test_losses_of_a_month_that_is_not_closed_wait(app):
    group = group_of()
    group.lose(spread(), day=date(2026, 8, 2))
    build()
    assert told() == []


def test_a_responder_that_withholds_loses_nothing_here(app):
    fund = factories.fund()
    group, hidden = group_of(fund), deliverer(fund)
    group.lose(spread()[:4])
    hidden.lose(spread())
    withhold(hidden.responder.id)
    build()
    assert told() == []


def test_another_funds_losses_are_not_counted(app):
    group_of().lose(spread()[:4])
    group_of(factories.fund("Dry season")).lose(spread()[:4])
    build()
    assert told() == []


def test_the_last_word_on_a_loss_before_the_release_counts(app):
    group = group_of()
    first, second, third, *_others = group.lose(spread() + villages(KATHA)[:1])
    group.correct(first, void=True)
    group.say_again(second, reason=R.SEIZED, quantity_milli=0)
    group.say_again(third, reason=R.SHELLING, quantity_milli=500)
    build()
    assert told() == [(["seized", "shelling"], 5, 5, False)]
    group.correct(third, void=True)
    september(group)
    assert len(told()) == 1


def test_a_delivery_of_two_reports_is_one_delivery(app):
    group = group_of()
    events = group.lose(spread()[:4])
    group.lose([], delivery_ids=tuple(event.delivery_id for event in events))
    build()
    assert told() == []


@pytest.mark.parametrize("wrong", [{"deliveries": 4}, {"villages": 2}])
def test_the_database_refuses_a_line_below_the_floors(app, wrong):
    group_of()
    (release,) = build()
    values = {"release_id": release.id, "number": 1, "deliveries": 5, "villages": 3, "earlier": False}
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.execute(sa.insert(ReleaseLoss), [values | wrong])
