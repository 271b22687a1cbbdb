"""Eighteen months of an invented network, as acts in the order in which they were written down.

Pure: the same stage and the same `today` tell the same story. It reads as life does: seasons, bursts after displacement, weeks when
networks are cut and reports come late, losses, short counts, money that is slow.
"""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from aidnet import clock
from aidnet.deliveries.drafts import CorrectionDraft, DeliveryDraft, EventDraft, LineDraft
from aidnet.deliveries.models import EventKind, LossReason, PeopleKind, Precision, SaidBy
from aidnet.demo.board_story import tell_board
from aidnet.demo.cast import CROSSINGS, GROUPS, LOADS, OWN_CROSSINGS, Group
from aidnet.demo.custody_story import with_answers
from aidnet.demo.evacuations_story import tell_evacuations
from aidnet.demo.groups_story import tell_groups
from aidnet.demo.lists_story import tell_lists
from aidnet.demo.money_story import tell_money, tell_spending
from aidnet.demo.plans_story import tell_plans, with_detail
from aidnet.demo.proof_story import with_proof
from aidnet.demo.rates_story import tell_rates
from aidnet.demo.situation_story import tell_situation
from aidnet.demo.telling import Act, Stage, Telling
from aidnet.demo.updates_story import tell_updates

DELIVERIES = 1240
#: How busy each month of the year is: rivers carry in the rains, roads close in them.
SEASON = (1.0, 1.0, 1.15, 1.2, 1.05, 0.85, 0.7, 0.7, 0.8, 0.95, 1.1, 1.1)


def tell(stage: Stage, today: date) -> list[Act]:
    """The whole story, oldest first. Nothing in it is written down after `today` begins."""
    telling = Telling(stage, today)
    money, deliveries = tell_money(telling), with_detail(list(_deliveries(telling)))
    told = with_answers(telling, deliveries)
    acts = [*tell_rates(telling), *money, *told, *with_proof(telling, deliveries, tell_spending(telling, money))]
    acts += [*tell_lists(telling), *tell_updates(telling), *tell_evacuations(telling)]
    acts += [*tell_board(telling), *tell_plans(telling), *tell_situation(telling), *tell_groups(telling)]
    end = datetime(today.year, today.month, today.day, tzinfo=clock.YANGON)
    return sorted((act for act in acts if act.at < end), key=lambda act: (act.at, act.verb))


def _bursts(telling: Telling) -> list[tuple[date, frozenset[str]]]:
    """Days on which people had to leave, and the townships they came to."""
    townships = sorted(telling.stage.villages)
    days = sorted(telling.chance.sample(range(30, telling.days - 15), 6))
    return [(telling.first + timedelta(day), frozenset(telling.chance.sample(townships, 4))) for day in days]


def _cuts(telling: Telling) -> list[tuple[date, date]]:
    """When the networks were cut: nothing is written down in between."""
    days = sorted(telling.chance.sample(range(20, telling.days - 40), 5))
    return [
        (telling.first + timedelta(day), telling.first + timedelta(day + telling.chance.randint(9, 24))) for day in days
    ]


def _deliveries(telling: Telling) -> Iterator[Act]:
    bursts, cuts = _bursts(telling), _cuts(telling)
    calendar = [telling.first + timedelta(day) for day in range(telling.days)]
    weights = []
    for day in calendar:
        near = sum(1.6 for burst, _townships in bursts if 2 <= (day - burst).days <= 16)
        weights.append(SEASON[day.month - 1] * (1 + near) * (0.7 + 0.6 * (day - telling.first).days / telling.days))
    starts = sorted(telling.chance.choices(calendar, weights, k=DELIVERIES))
    for start in starts:
        townships = frozenset(name for burst, names in bursts if 0 <= (start - burst).days <= 18 for name in names)
        pull = [group.weight * (3 if townships & set(group.townships) else 1) for group in GROUPS]
        group = telling.chance.choices(GROUPS, pull)[0]
        yield from _Delivery(telling, group, start, cuts).acts()


class _Delivery:
    """One delivery of the story."""

    def __init__(self, telling: Telling, group: Group, start: date, cuts: list[tuple[date, date]]) -> None:
        self.telling, self.chance, self.group, self.start, self.cuts = telling, telling.chance, group, start, cuts
        self.uid = telling.uid()
        self.load = self.chance.choices(group.loads, range(len(group.loads) * 2, 0, -2))[0]
        kinds = LOADS[self.load][: self.chance.choice((1, 2, 2, 3, 4))]
        self.amounts = [
            round(self.chance.triangular(least, most), -1 if least >= 20 else 0) for _i, _u, least, most in kinds
        ]
        self.lines = tuple(
            LineDraft(item=item, unit=unit, quantity_milli=int(amount) * 1000)
            for (item, unit, _least, _most), amount in zip(kinds, self.amounts, strict=True)
        )
        reach = [village for township in group.townships for village in telling.stage.villages[township]]
        first = self.chance.randrange(len(reach))
        self.villages = tuple(
            dict.fromkeys(reach[(first + step) % len(reach)] for step in range(self.chance.choice((1, 1, 2, 2, 2, 3))))
        )
        self.holder: int | None = None
        #: What was not handed out, by line.
        self.kept: dict[int, int] = {}

    def acts(self) -> Iterator[Act]:
        events = self._events()
        who = self._writer()
        written = [self._written(event.happened_on) for event in events]
        draft = DeliveryDraft(
            uid=self.uid,
            lines=self.lines,
            places=self.villages,
            planned_on=self.start - timedelta(self.chance.randint(0, 4)) if self.chance.random() < 0.7 else None,
            crossing_id=self.crossing,
            fund_id=self._fund(who),
            courier=self.chance.choice(("Heron", "The tall one", "Uncle K", "Two brothers", "")),
            route_note=self.chance.choice(("", "", "By the canal road, at night", "Boat from the second landing")),
        )
        last = max(written)
        at_once = self.chance.random() < 0.72
        self.telling.carried[self.group.code_name].append((last if at_once else written[0], self.uid))
        if at_once:
            yield Act(last, who, "log", _with(draft, tuple(events)))
        else:
            yield Act(written[0], who, "log", _with(draft, (events[0],)))
            late = written[0]
            for event, at in zip(events[1:], written[1:], strict=True):
                late = max(at, late + timedelta(minutes=self.chance.randint(3, 200)))
                yield Act(late, who, "report", event, of=str(self.uid))
            last = late
        given = [event for event in events if event.kind is EventKind.DISTRIBUTED]
        if given and self.chance.random() < 0.25:
            day = given[-1].happened_on + timedelta(self.chance.randint(3, 20))
            confirmed = EventDraft(
                uid=self.telling.uid(), kind=EventKind.CONFIRMED, happened_on=day, said_by=SaidBy.RECEIVER
            )
            yield Act(max(self._written(day), last + timedelta(hours=1)), who, "report", confirmed, of=str(self.uid))
        if given and self.chance.random() < 0.03:
            wrong = given[0]
            right = EventDraft(**vars(wrong) | {"uid": self.telling.uid(), "households": (wrong.households or 10) + 6})
            fixed = CorrectionDraft(uid=self.telling.uid(), event=wrong.uid, facts=right)
            yield Act(
                last + timedelta(days=2),
                f"coordinator-{self.group.code_name.lower()}",
                "correct",
                fixed,
                of=str(self.uid),
            )

    def _writer(self) -> str:
        has_logger = self.group.code_name in ("S-07", "S-11")
        name = self.group.code_name.lower()
        return f"logger-{name}" if has_logger and self.chance.random() < 0.3 else f"coordinator-{name}"

    @property
    def crossing(self) -> int | None:
        known = self.telling.stage.crossings
        own = OWN_CROSSINGS.get(self.group.code_name)
        draw = random.Random(self.uid.int)
        if own and draw.random() < 0.6:
            return known[own[0]]
        return known[draw.choice(CROSSINGS)] if draw.random() < 0.45 else None

    def _fund(self, who: str) -> int | None:
        paid = [number for day, number in self.telling.funded[self.group.code_name] if day < self.start]
        if not paid or who.startswith("logger") or self.chance.random() < 0.08:
            return None
        wanted = {"medicine": 2, "school": 3, "food": 0, "shelter": 0}.get(self.load, 1)
        return self.telling.stage.funds[wanted if wanted in paid else self.chance.choice(paid)]

    def _written(self, day: date) -> datetime:
        """When it was written down: soon, or when the networks came back."""
        at = day + timedelta(self.chance.choices((0, 1, 2, 4, 9), (40, 25, 15, 14, 6))[0])
        for begin, end in self.cuts:
            if begin <= at < end:
                at = end + timedelta(self.chance.randint(0, 5))
        return self.telling.moment(at)

    def _event(self, kind: EventKind, day: date, **facts: Any) -> EventDraft:
        exact = self.chance.random()
        precision = Precision.DAY if exact < 0.82 else Precision.WEEK if exact < 0.96 else Precision.MONTH
        if precision is Precision.MONTH:
            day = day.replace(day=1)
        if kind is EventKind.LOADED:
            precision = Precision.DAY
        return EventDraft(
            uid=self.telling.uid(), kind=kind, happened_on=max(day, self.start), precision=precision, **facts
        )

    def _events(self) -> list[EventDraft]:
        chance, day = self.chance, self.start
        if chance.random() < 0.02:
            return [self._event(EventKind.PLANNED, day), self._event(EventKind.CANCELLED, day + timedelta(2))]
        events = [self._event(EventKind.LOADED, day)]
        left = dict(enumerate((line.quantity_milli for line in self.lines), 1))
        if chance.random() < 0.5:
            events.append(self._event(EventKind.DEPARTED, day + timedelta(chance.randint(0, 1))))
        if self.crossing:
            day += timedelta(chance.randint(1, 3))
            if chance.random() < 0.85:
                events.append(self._event(EventKind.CROSSED, day, crossing_id=self.crossing))
        if chance.random() < 0.09:
            day += timedelta(1)
            events.append(self._loss(day, left))
        if chance.random() < 0.12:
            day += timedelta(chance.randint(1, 2))
            events.append(self._hand_over(day, left))
        if chance.random() < 0.03:
            back = {number: milli for number, milli in left.items() if milli}
            return [*events, self._event(EventKind.RETURNED, day + timedelta(3), quantities=back)]
        if chance.random() < 0.4:
            day += timedelta(chance.randint(1, 3))
            events.append(self._event(EventKind.ARRIVED, day, place=self.villages[0]))
        events += self._distributions(day, left)
        if self.kept and chance.random() < 0.8:
            day = events[-1].happened_on + timedelta(chance.randint(5, 30))
            events.append(self._event(EventKind.RETURNED, day, quantities=self.kept, giver=self.holder))
        return events

    def _loss(self, day: date, left: dict[int, int]) -> EventDraft:
        number = self.chance.choice(sorted(left))
        gone = max(1, int(left[number] / 1000 * self.chance.uniform(0.04, 0.3))) * 1000
        left[number] -= gone
        rains = 6 <= day.month <= 10
        reason = self.chance.choices(
            (
                LossReason.SEIZED,
                LossReason.INFORMAL_TAX,
                LossReason.RIVER_OR_WEATHER,
                LossReason.SHARED,
                LossReason.SPOILED,
            ),
            (30, 25, 35 if rains else 5, 15, 8),
        )[0]
        return self._event(EventKind.LOST, day, quantities={number: gone}, reason=reason, place=self.villages[0])

    def _hand_over(self, day: date, left: dict[int, int]) -> EventDraft:
        others = [group.code_name for group in GROUPS if group is not self.group]
        self.holder = self.telling.stage.responders[self.chance.choice(others)]
        counted = dict(left)
        given: dict[int, int] = {}
        if self.chance.random() < 0.2:
            given = dict(left)
            counted[1] = max(0, counted[1] - 1000 * self.chance.randint(1, 12))
            left[1] = counted[1]
        return self._event(EventKind.HANDED_OVER, day, quantities=counted, given=given, receiver=self.holder)

    def _distributions(self, day: date, left: dict[int, int]) -> Iterator[EventDraft]:
        slack = self.chance.random()
        for place, village in enumerate(self.villages):
            share = {}
            for number, milli in left.items():
                whole = milli // 1000 // (len(self.villages) - place)
                share[number] = (milli if place == len(self.villages) - 1 else whole * 1000) or 0
                left[number] -= share[number]
            if slack < 0.05 and place == 0 and share[1] > 6000:
                share[1] -= 5000
                self.kept = {1: 5000}
            elif slack > 0.985:
                share[1] += 4000
            share = {number: milli for number, milli in share.items() if milli > 0}
            households = max(8, int(sum(share.values()) / 1000 * self.chance.uniform(0.25, 0.7)) % 180 + 12)
            people = int(households * self.chance.uniform(4.2, 5.4))
            displaced = int(people * self.chance.uniform(0.3, 0.9))
            kinds = (
                {PeopleKind.DISPLACED: displaced, PeopleKind.HOST: people - displaced}
                if self.chance.random() < 0.6
                else {}
            )
            day += timedelta(self.chance.randint(1, 3))
            yield self._event(
                EventKind.DISTRIBUTED,
                day,
                place=village,
                quantities=share,
                households=households,
                people=people,
                by_kind=kinds,
                giver=self.holder,
            )


def _with(draft: DeliveryDraft, events: tuple[EventDraft, ...]) -> DeliveryDraft:
    return DeliveryDraft(**vars(draft) | {"events": events})
