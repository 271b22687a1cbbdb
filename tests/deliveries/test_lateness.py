"""Two groups tell what happened whenever they come to it, some of it twice, through the services themselves: nothing is too late."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from aidnet import clock
from aidnet.custody import service as custody
from aidnet.custody.drafts import AnswerDraft, GatherDraft, OnwardDraft, Taken
from aidnet.db import transaction
from aidnet.deliveries import records, rollups, service
from aidnet.deliveries.custody_models import Handover, HandoverState, LineOrigin
from aidnet.deliveries.derive import Derived, DiscrepancyKind, Holder, derive
from aidnet.deliveries.drafts import OUTSIDE, CorrectionDraft, EventDraft
from aidnet.deliveries.models import (
    Answer,
    Delivery,
    DeliveryEvent,
    DeliveryLine,
    EventKind,
    LossReason,
    Precision,
    Refusal,
)
from aidnet.deliveries.records import Record
from aidnet.errors import Invalid
from aidnet.policy import OPERATOR, Actor, unscoped
from tests.deliveries.shared import OIL, RICE, TOLD, coordinator, ready, rice_and_oil, villages

#: How many sequences are tried. A failing one is short enough to read as it is.
SEQUENCES = {"sqlite": 10, "postgresql": 4}
SETTINGS = settings(stateful_step_count=30, phases=[Phase.explicit, Phase.generate])

LEAVING = (EventKind.DISTRIBUTED, EventKind.LOST, EventKind.RETURNED, EventKind.MOVED)
#: What is told by whoever carries the goods; a hand-over has its own rule.
CARRIED = st.sampled_from(
    [
        *(EventKind.LOADED, EventKind.LOADED, EventKind.DEPARTED, EventKind.CROSSED, EventKind.DELAYED, EventKind.ARRIVED),
        *(EventKind.DISTRIBUTED, EventKind.DISTRIBUTED, EventKind.LOST, EventKind.RETURNED),
        *(EventKind.CANCELLED, EventKind.CONFIRMED),
    ]
)
#: How many days ago it happened. A phone's day may have begun before ours: -1.
AGO = st.sampled_from([-1, 0, 1, 3, 8, 40, 400, 5_000, 9_000])
PRECISIONS = st.sampled_from([Precision.DAY, Precision.DAY, Precision.WEEK, Precision.MONTH])
#: Of the first line and of the second; not both nothing.
AMOUNTS = st.tuples(st.sampled_from([0, 1, 40_000, 100_000, 300_000]), st.sampled_from([0, 70_000, 150_000, 900_000])).filter(any)
GONE_BY = st.sampled_from([timedelta(minutes=1), timedelta(days=1), timedelta(days=45), timedelta(days=800)])
WHOSE = st.sampled_from(["owner", "owner", "other", "outside"])
#: Which of several: of the first, or of the last. So one is spoken of more than once.
PICK = st.integers(-3, 4)
#: What does not add up by goods, and not by days or by somebody's word.
OF_GOODS = {DiscrepancyKind.SHORT, DiscrepancyKind.SURPLUS, DiscrepancyKind.LEG_MISSING}


@dataclass(frozen=True)
class Said:
    """What stands of a report."""

    kind: EventKind
    quantities: Mapping[int, int]
    giver: Holder
    receiver: Holder = None


@dataclass
class Told:
    """A delivery by what its tellers said of it: nothing here is asked of the code under test."""

    owner: Actor
    #: By the number of its line, the item, and what was planned.
    items: Mapping[int, str]
    planned: Mapping[int, int]
    #: What its own group reported, in the order it did.
    reports: list[EventDraft] = field(default_factory=list)
    #: By uid, what stands of it (None: it never happened), and of a hand-over, what was said first.
    stand: dict[UUID, Said | None] = field(default_factory=dict)
    first: dict[UUID, Said] = field(default_factory=dict)
    #: By hand-over and by whose word it is, the last answer, and what was counted.
    answers: dict[tuple[UUID, Holder], tuple[Answer, Mapping[int, int]]] = field(default_factory=dict)

    @property
    def group(self) -> int:
        assert self.owner.partner_id is not None
        return self.owner.partner_id

    def amounts(self, drawn: tuple[int, int]) -> dict[int, int]:
        """Some of its lines."""
        return {number: milli for number, milli in zip(self.items, drawn, strict=False) if milli} or {1: 1_000}

    def keep(self, uid: UUID, said: Said | None) -> None:
        self.stand[uid] = said
        if said and said.kind is EventKind.HANDED_OVER:
            self.first.setdefault(uid, said)

    def milli(self, line: int, *kinds: EventKind) -> int:
        """What the standing reports of these kinds say of a line."""
        return sum(said.quantities.get(line, 0) for said in self.stand.values() if said and said.kind in kinds)

    def receiver(self, uid: UUID) -> Holder:
        return (self.stand[uid] or self.first[uid]).receiver

    def state(self, uid: UUID) -> set[HandoverState]:
        """What a hand-over can be."""
        answer = self.answers.get((uid, self.receiver(uid)))
        if self.stand[uid] is None:
            return {HandoverState.VOID}
        if answer is None:
            return {HandoverState.OPEN}
        if answer[0] is Answer.REFUSED:
            return {HandoverState.REFUSED}
        return {HandoverState.ACCEPTED, HandoverState.SHORT, HandoverState.SURPLUS}

    def balance(self, line: int) -> Counter[Holder]:
        """What everybody has of a line by all that was said; below zero: more went out than came."""
        has: Counter[Holder] = Counter()
        for uid, said in self.stand.items():
            if said is None or (line not in said.quantities and said.kind is not EventKind.HANDED_OVER):
                continue
            if said.kind is EventKind.LOADED:
                has[self.group] += said.quantities[line]
            elif said.kind in LEAVING:
                has[said.giver] -= said.quantities[line]
            elif self.state(uid) != {HandoverState.REFUSED}:
                _answer, counted = self.answers.get((uid, said.receiver), (None, {}))
                has[said.giver] -= said.quantities.get(line, 0)
                has[said.receiver] += {**said.quantities, **counted}.get(line, 0)
        return has


def ends(found: Derived) -> tuple[object, ...]:
    """All that follows from a delivery's reports, but for when and under which uid they were sent."""
    hands = Counter((hand.state, hand.giver, hand.receiver, *sorted(hand.counted.items())) for hand in found.handovers.values())
    told = (found.discrepancies, found.unsettled, found.results, found.by_month, found.by_place)
    return (found.state, found.is_open, found.lines, *told, found.first_on, found.last_on, hands)


def every(model: Any) -> int:
    with transaction() as session:
        return session.scalar(unscoped(sa.select(sa.func.count()).select_from(model), because=TOLD)) or 0


class Tellers(RuleBasedStateMachine):
    """What two groups do through the services, beside what a plain reader of their reports would count."""

    @initialize(answer=st.sampled_from(Answer), again=st.booleans(), taken_back=st.booleans())
    def open(self, answer: Answer, again: bool, taken_back: bool) -> None:
        """Every sequence begins with goods that were handed out in part, and given to the other group, which said what came."""
        self.time = ExitStack()
        self.now = clock.now()
        self.groups = {actor.partner_id: actor for actor in (coordinator(), coordinator())}
        self.places = villages(3)
        self.told: dict[str, Told] = {}
        #: Everything that was done, to be sent again: who may still send it, and what it answers.
        self.acts: list[tuple[Callable[[], Any], Any, tuple[Told, UUID, Holder] | None]] = []
        self.plan(0, 0)
        self.report(0, EventKind.LOADED, 8, Precision.DAY, (300_000, 150_000), "owner")
        self.report(0, EventKind.DISTRIBUTED, 3, Precision.DAY, (40_000, 0), "owner")
        self.hand_over(0, "other", 3, Precision.DAY, (100_000, 70_000), back=False)
        self.answer(0, 3, answer, (40_000, 70_000))
        self.correct(0, 1, 400 if again else 1, (100_000, 0), "owner")
        if again:
            self.answer(0, 8, Answer.ACCEPTED, (0, 0))
            self.correct(0, 1, 8, (1, 0), "owner")
        if taken_back:
            self.take_back(0, 1)

    def teardown(self) -> None:
        """What went wrong in one sequence is not found again in the next."""
        with transaction() as session:
            rollups.recount(session, OPERATOR, repair=True)
        self.time.close()

    # How it is done

    def act(self, verb: Callable[..., Any], *words: Any, speaks: tuple[Told, UUID, Holder] | None = None) -> Any:
        """What a request does; to be sent again later. It is a moment after all else: so the last word is the last."""

        def send() -> Any:
            with transaction() as session:
                return verb(session, *words).uid

        self.time_goes_by(timedelta(seconds=1))
        self.acts.append((send, send(), speaks))
        return self.acts[-1][1]

    def refused(self, name: str, verb: Callable[..., Any], *words: Any) -> None:
        """Refused for this reason, and nothing is left of it."""
        before = every(DeliveryEvent)
        with pytest.raises(Invalid) as found, transaction() as session:
            verb(session, *words)
        assert found.value.field == name
        assert every(DeliveryEvent) == before

    def one(self, which: int) -> tuple[str, Told]:
        return list(self.told.items())[which % len(self.told)]

    def hand(self, which: int) -> tuple[Handover, Told] | None:
        """A hand-over as its row is now."""
        known = [(uid, told) for told in self.told.values() for uid in told.first]
        if not known:
            return None
        uid, told = known[which % len(known)]
        with transaction() as session:
            return session.scalars(unscoped(sa.select(Handover).where(Handover.uid == uid), because=TOLD)).one(), told

    def books(self, *codes: str) -> dict[str, tuple[Delivery, Record]]:
        """The deliveries with these codes as the database has them; oldest first."""
        statement = sa.select(Delivery).where(Delivery.code.in_(codes)).order_by(Delivery.id)
        with transaction() as session:
            rows = session.scalars(unscoped(statement, because=TOLD)).all()
            found = records.load(session, [row.id for row in rows])
        return {row.code: (row, found[row.id]) for row in rows}

    def day(self, ago: int) -> date:
        return max(clock.today() - timedelta(days=ago), date(2000, 1, 1))

    def other(self, told: Told) -> int:
        return next(group for group in self.groups if group is not None and group != told.group)

    def new(self, uid: UUID, told: Told) -> Told:
        with transaction() as session:
            code = session.scalars(unscoped(sa.select(Delivery.code).where(Delivery.uid == uid), because=TOLD)).one()
        self.told[code] = told
        return told

    def loaded(self, uid: UUID, owner: Actor, lines: Mapping[str, int]) -> None:
        """A consignment that was made of others: all of it is loaded."""
        numbered = list(enumerate(lines.items(), 1))
        planned = {number: milli for number, (_item, milli) in numbered}
        told = self.new(uid, Told(owner, {number: item for number, (item, _milli) in numbered}, planned))
        told.keep(uuid4(), Said(EventKind.LOADED, planned, None))

    def draft(self, told: Told, kind: EventKind, ago: int, drawn: tuple[int, int], **more: Any) -> EventDraft:
        facts: dict[str, Any] = {"kind": kind, "happened_on": self.day(ago)}
        if kind is EventKind.DISTRIBUTED:
            facts |= {"place": self.places[ago % len(self.places)], "households": ago % 7, "people": ago % 31}
        if kind is EventKind.LOST:
            facts["reason"] = LossReason.SEIZED
        if kind in (EventKind.LOADED, EventKind.HANDED_OVER, *LEAVING):
            facts["quantities"] = told.amounts(drawn)
        return EventDraft(**facts | more)

    def tell(self, code: str, draft: EventDraft) -> None:
        told = self.told[code]
        assert self.act(service.report, told.owner, code, draft) == draft.uid
        told.reports.append(draft)
        told.keep(draft.uid, self.said(told, draft))

    def said(self, told: Told, draft: EventDraft) -> Said:
        giver = told.group if draft.giver is None else draft.giver or None
        return Said(draft.kind, draft.quantities, giver, draft.receiver or None)

    # What is told

    @rule(who=PICK, ago=AGO)
    def plan(self, who: int, ago: int) -> None:
        actor = list(self.groups.values())[who % len(self.groups)]
        draft = rice_and_oil(planned_on=self.day(ago), places=tuple(self.places[:1]))
        uid = self.act(service.log, actor, draft)
        self.new(uid, Told(actor, {RICE: "rice", OIL: "oil"}, {RICE: 300_000, OIL: 150_000}))

    @rule(long=GONE_BY)
    def time_goes_by(self, long: timedelta) -> None:
        self.now += long
        self.time.close()
        self.time.enter_context(clock.at(self.now))

    @rule(which=PICK, kind=CARRIED, ago=AGO, precision=PRECISIONS, drawn=AMOUNTS, whose=WHOSE)
    def report(self, which: int, kind: EventKind, ago: int, precision: Precision, drawn: tuple[int, int], whose: str) -> None:
        """Whatever it came to by now: confirmed, cancelled, gone on."""
        code, told = self.one(which)
        giver = {"owner": None, "other": self.other(told), "outside": OUTSIDE}[whose] if kind in LEAVING else None
        self.tell(code, self.draft(told, kind, ago, drawn, precision=precision, giver=giver))

    @rule(which=PICK, one=PICK, ago=AGO, answer=st.sampled_from([Answer.ACCEPTED, Answer.SHORT, Answer.REFUSED]))
    def ask_by_phone(self, which: int, one: int, ago: int, answer: Answer) -> None:
        code, told = self.one(which)
        handed_out = [draft.uid for draft in told.reports if draft.kind is EventKind.DISTRIBUTED]
        if handed_out:
            about = handed_out[one % len(handed_out)]
            self.tell(code, self.draft(told, EventKind.CONFIRMED, ago, (0, 0), about=about, answer=answer))

    @rule(which=PICK, to=WHOSE, ago=AGO, precision=PRECISIONS, drawn=AMOUNTS, back=st.booleans())
    def hand_over(self, which: int, to: str, ago: int, precision: Precision, drawn: tuple[int, int], back: bool) -> None:
        """Between the two groups, either way, or by one of them to somebody outside."""
        code, told = self.one(which)
        receiver = {"owner": told.group, "other": self.other(told), "outside": OUTSIDE}[to]
        giver = self.other(told) if to == "owner" or (back and to == "outside") else None
        more = {"precision": precision, "receiver": receiver, "giver": giver}
        self.tell(code, self.draft(told, EventKind.HANDED_OVER, ago, drawn, **more))

    @rule(which=PICK, one=PICK, ago=AGO, drawn=AMOUNTS, to=WHOSE)
    def correct(self, which: int, one: int, ago: int, drawn: tuple[int, int], to: str) -> None:
        """The last word on any report, corrected before or not, taken back before or not."""
        code, told, root = self.any_report(which, one)
        receiver = {"owner": told.group, "other": self.other(told), "outside": OUTSIDE}[to]
        if receiver == (told.group if root.giver is None else root.giver):
            receiver = root.receiver
        facts = self.draft(told, root.kind, ago, drawn, giver=root.giver, receiver=receiver, answer=root.answer)
        self.act(service.correct, told.owner, code, CorrectionDraft(event=root.uid, facts=facts))
        told.keep(root.uid, self.said(told, facts))

    @rule(which=PICK, one=PICK)
    def take_back(self, which: int, one: int) -> None:
        code, told, root = self.any_report(which, one)
        self.act(service.correct, told.owner, code, CorrectionDraft(event=root.uid, facts=None))
        told.keep(root.uid, None)

    def any_report(self, which: int, one: int) -> tuple[str, Told, EventDraft]:
        reported = [(code, told) for code, told in self.told.items() if told.reports]
        code, told = reported[which % len(reported)]
        return code, told, told.reports[one % len(told.reports)]

    @rule(which=PICK, ago=AGO, answer=st.sampled_from(Answer), drawn=AMOUNTS)
    def answer(self, which: int, ago: int, answer: Answer, drawn: tuple[int, int]) -> None:
        """Whoever is its receiver by now says what came; perhaps not for the first time, perhaps of one that was taken back."""
        row, told = self.hand(which) or (None, None)
        if row is None or told is None:
            return
        said = (told.stand[row.uid] or told.first[row.uid]).quantities
        counted = {line: milli for line, milli in told.amounts(drawn).items() if line in said}
        if answer in (Answer.SHORT, Answer.SURPLUS) and not counted:
            return
        draft = AnswerDraft(
            answer=answer,
            happened_on=self.day(ago),
            quantities={} if answer is Answer.ACCEPTED else counted,
            refusal=Refusal.NO_ROOM if answer is Answer.REFUSED else None,
        )
        receiver = told.receiver(row.uid)
        speaker = told.owner if receiver is None else self.groups[receiver]
        self.act(custody.answer, speaker, row.code, draft, speaks=(told, row.uid, receiver))
        told.answers[row.uid, receiver] = answer, {Answer.ACCEPTED: said, Answer.REFUSED: {}}.get(answer, counted)

    @rule(which=PICK, ago=AGO, drawn=AMOUNTS)
    def carry_on(self, which: int, ago: int, drawn: tuple[int, int]) -> None:
        """A group loads what it was given by the other; more than came, if it says so."""
        row, told = self.hand(which) or (None, None)
        if row is None or told is None or told.receiver(row.uid) in (None, told.group):
            return
        said = told.stand[row.uid]
        going = {line: milli for line, milli in told.amounts(drawn).items() if said and line in said.quantities}
        actor, draft = self.groups[told.receiver(row.uid)], OnwardDraft(loaded_on=self.day(ago), amounts=going)
        if not going or told.state(row.uid) == {HandoverState.REFUSED}:
            self.refused("amounts", custody.carry_on, actor, row.code, draft)
            return
        uid = self.act(custody.carry_on, actor, row.code, draft, speaks=(told, row.uid, told.receiver(row.uid)))
        self.loaded(uid, actor, {told.items[line]: milli for line, milli in going.items()})

    @rule(which=PICK, also=PICK, ago=AGO, drawn=AMOUNTS, whole=st.booleans())
    def gather(self, which: int, also: int, ago: int, drawn: tuple[int, int], whole: bool) -> None:
        """Part of a consignment, or of two of one group; whatever became of them, and more than is there if it says so."""
        actor = self.one(which)[1].owner
        codes = [code for code in dict([self.one(which), self.one(also)]) if self.told[code].owner == actor]
        held = {
            code: {line.number: line.held.get(actor.partner_id, 0) for line in record.derived().lines}
            for code, (_row, record) in self.books(*codes).items()
        }
        takes = {code: {} if whole else self.told[code].amounts(drawn) for code in held}
        draft = GatherDraft(moved_on=self.day(ago), takes=tuple(Taken(code=code, amounts=some) for code, some in takes.items()))
        if not all(any(lines.values()) for lines in held.values()):
            self.refused("takes", custody.gather, actor, draft)
            return
        uid = self.act(custody.gather, actor, draft)
        lines: Counter[str] = Counter()
        for code, in_hands in held.items():
            moved = {number: milli for number, milli in (takes[code] or in_hands).items() if milli}
            self.told[code].keep(uuid5(draft.uid, code), Said(EventKind.MOVED, moved, actor.partner_id))
            lines.update({self.told[code].items[number]: milli for number, milli in moved.items()})
        self.loaded(uid, actor, lines)

    @rule(which=PICK)
    def send_again(self, which: int) -> None:
        """A form that was sent before is sent again, however long ago that was: it answers the same, and adds nothing."""
        send, answered, speaks = self.acts[which % len(self.acts)]
        if speaks and speaks[0].receiver(speaks[1]) != speaks[2]:
            return  # the hand-over is another group's by now
        before = every(DeliveryEvent), every(Delivery), every(DeliveryLine), every(LineOrigin)
        assert send() == answered
        assert (every(DeliveryEvent), every(Delivery), every(DeliveryLine), every(LineOrigin)) == before

    @rule(which=PICK, drawn=AMOUNTS, wrong=st.sampled_from([{}, {1: 0}, {1: -1}, {99: 1_000}, {1: 10**13}]), ahead=st.booleans())
    def say_what_cannot_be(self, which: int, drawn: tuple[int, int], wrong: Mapping[int, int], ahead: bool) -> None:
        """What is no quantity and no day is refused for that, whenever it comes."""
        code, told = self.one(which)
        lost = self.draft(told, EventKind.LOST, 3, drawn)
        self.refused("quantities", service.report, told.owner, code, replace(lost, quantities=wrong))
        day = clock.today() + timedelta(days=2) if ahead else date(1999, 12, 31)
        self.refused("happened_on", service.report, told.owner, code, replace(lost, happened_on=day))

    @rule(which=PICK, chance=st.randoms(use_true_random=False), long=GONE_BY)
    def hear_it_in_another_order(self, which: int, chance: Any, long: timedelta) -> None:
        """All that was reported of a delivery, told of two new ones, now and in years, in two orders: they end the same."""
        _code, told = self.one(which)
        plain = [draft for draft in told.reports if draft.about is None]
        found = []
        for order in (plain, chance.sample(plain, k=len(plain))):
            draft = rice_and_oil() if "oil" in told.items.values() else replace(rice_and_oil(), lines=rice_and_oil().lines[:1])
            with transaction() as session:
                code = service.log(session, told.owner, replace(draft, uid=uuid4())).code
            for each in order:
                with transaction() as session:
                    service.report(session, told.owner, code, replace(each, uid=uuid4()))
                self.time_goes_by(long)
            found.append(ends(self.books(code)[code][1].derived()))
        assert found[0] == found[1]

    # What is true after every step

    @invariant()
    def a_recount_finds_nothing_wrong(self) -> None:
        with transaction() as session:
            assert rollups.recount(session, OPERATOR, repair=False).sound

    @invariant()
    def what_is_kept_is_what_follows_from_the_reports(self) -> None:
        for code, (row, record) in self.books(*self.told).items():
            told = self.told[code]
            facts = [*reversed(record.facts.values()), *record.facts.values()]
            kept = rollups.projection(derive(told.planned, facts, told.group))
            assert {name: getattr(row, name) for name in kept} == kept
            assert record.planned == told.planned

    @invariant()
    def all_that_was_loaded_is_somewhere_or_it_is_said_how_much_is_not(self) -> None:
        for code, (_row, record) in self.books(*self.told).items():
            told, found = self.told[code], record.derived()
            for line in found.lines:
                loaded = told.milli(line.number, EventKind.LOADED)
                gone = (line.distributed, line.lost, line.returned, line.moved)
                assert (line.loaded or 0, *gone) == (loaded, *(told.milli(line.number, kind) for kind in LEAVING))
                has = told.balance(line.number)
                if not loaded:
                    continue
                if min(has.values()) >= 0:
                    assert line.held == {holder: milli for holder, milli in has.items() if milli}
                astray = loaded - sum(gone) - sum(line.held.values())
                sizes = [each.quantity_milli for each in found.discrepancies if each.line == line.number and each.kind in OF_GOODS]
                assert sizes == ([abs(astray)] if astray else [])

    @invariant()
    def a_hand_over_is_open_until_its_receiver_speaks(self) -> None:
        uids = {uid: told for told in self.told.values() for uid in told.first}
        with transaction() as session:
            rows = session.scalars(unscoped(sa.select(Handover).where(Handover.uid.in_(uids)), because=TOLD)).all()
        assert {row.uid for row in rows} == uids.keys()
        for row in rows:
            assert row.state in uids[row.uid].state(row.uid)
            assert row.to_responder_id == uids[row.uid].receiver(row.uid)

    @invariant()
    def every_unit_that_came_of_another_consignment_knows_it(self) -> None:
        origin = sa.func.sum(LineOrigin.quantity_milli)
        statement = sa.select(DeliveryLine.quantity_milli, origin).join(LineOrigin, LineOrigin.line_id == DeliveryLine.id)
        with transaction() as session:
            found = session.execute(unscoped(statement.group_by(DeliveryLine.id, DeliveryLine.quantity_milli), because=TOLD)).all()
        assert all(whole == parts for whole, parts in found)


def test_nothing_is_ever_refused_for_being_late(app: Flask, dialect: str) -> None:
    ready()
    run_state_machine_as_test(Tellers, settings=settings(SETTINGS, max_examples=SEQUENCES[dialect]))
