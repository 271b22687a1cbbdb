"""What happened to a delivery, in the order it happened, with what is not known between."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import clock, policy
from aidnet.accounts.models import User
from aidnet.deliveries import chain, words
from aidnet.deliveries.derive import Derived, Fact, Holder, likely_day
from aidnet.deliveries.facts import said_at
from aidnet.deliveries.handouts import Bands, detail
from aidnet.deliveries.items import Line
from aidnet.deliveries.kinds import FACTS
from aidnet.deliveries.models import (
    Age,
    Answer,
    Delivery,
    DeliveryEvent,
    DeliveryLine,
    EventBand,
    EventKind,
    EventPeople,
    EventQuantity,
    PeopleKind,
    Sex,
)
from aidnet.deliveries.records import fact_of
from aidnet.disclosure import field, show
from aidnet.evidence import queries as evidence
from aidnet.i18n import gettext as _
from aidnet.i18n import ngettext
from aidnet.partners.models import Partner
from aidnet.places.models import Crossing, Site
from aidnet.places.queries import PlacePath, crossing_label, paths
from aidnet.policy import Actor, Permission
from aidnet.web.context import quantity

#: Days without a word after which a timeline says so.
_SILENCE = 3


@dataclass(frozen=True)
class Told:
    """An event as it stands, or that a correction undid."""

    uid: UUID
    kind: EventKind
    title: str
    where: str
    #: What of it, in words.
    facts: tuple[str, ...]
    first: date
    last: date
    #: The day as exactly as it is known.
    when: str
    recorded: str
    #: "", or what a correction changed.
    corrected: str
    void: bool
    mark: str
    #: It is not another's word, nor a part that went on.
    may_correct: bool
    event_id: int
    #: Codes of the photos kept of a hand-out, to who may open them.
    photos: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gap:
    """Days of which nobody said anything."""

    first: date
    #: None: until today.
    last: date | None
    text: str


@dataclass
class Heard:
    """All events of a delivery, with what their pages need."""

    actor: Actor
    delivery: Delivery
    lines: Mapping[int, Line]
    rows: Mapping[UUID, Any]
    facts: dict[UUID, Fact]
    people: Mapping[int, Mapping[PeopleKind, int]]
    bands: Mapping[int, Bands]
    paths: Mapping[int, PlacePath]
    names: Mapping[Holder, str]
    #: The paths of all places that were asked for; each is shown through disclosure.
    known: Mapping[int, PlacePath]

    @classmethod
    def read(
        cls, session: Session, actor: Actor, delivery: Delivery, lines: Sequence[Line], places: Collection[int] = ()
    ) -> "Heard":
        """Three statements. `places`: others of which the page wants the path."""
        rows = _events(session, actor, delivery)
        quantities, given, people, bands = _numbers(session, delivery)
        facts = {}
        names: dict[Holder, str] = {None: _("somebody outside"), delivery.responder_id: actor.partner_name}
        for row in rows:
            event = row.DeliveryEvent
            facts[event.uid] = fact_of(event, row.corrects, row.about, quantities.get(event.id, {}), given.get(event.id, {}))
            owner_id = delivery.responder_id
            if event.from_responder_id is not None:
                names[event.from_responder_id] = str(field(actor, "delivery_event", "giver", row.giver, owner_id=owner_id))
            if event.to_responder_id is not None:
                names[event.to_responder_id] = str(field(actor, "delivery_event", "receiver", row.receiver, owner_id=owner_id))
        of_events = {row.DeliveryEvent.place_id for row in rows if row.DeliveryEvent.place_id}
        known = paths(session, of_events.union(places))
        seen = {
            place_id: field(actor, "delivery_event", "place", path, owner_id=delivery.responder_id)
            for place_id, path in known.items()
            if place_id in of_events
        }
        return cls(
            actor,
            delivery,
            {line.number: line for line in lines},
            {row.DeliveryEvent.uid: row for row in rows},
            facts,
            people,
            bands,
            {place_id: path for place_id, path in seen.items() if path},
            names,
            known,
        )

    def root_of(self, fact: Fact) -> Fact:
        """The event that `fact` is, or in the end corrects."""
        while fact.corrects is not None:
            fact = self.facts[fact.corrects]
        return fact

    def corrections(self, root: Fact) -> list[Fact]:
        """What was said of an event after it, oldest first."""
        about = [fact for fact in self.facts.values() if fact.corrects is not None and self.root_of(fact) == root]
        return sorted(about, key=lambda fact: (said_at(fact, self.facts), fact.uid))

    def last_word(self, root: Fact) -> Fact:
        """An event with the facts it has, or had before it was taken back."""
        return [root, *(fact for fact in self.corrections(root) if not fact.void)][-1]

    def asked_about(self, fact: Fact) -> Fact | None:
        """The hand-out whose receiver was asked, as the last word on it has it; None: `fact` is no such question."""
        handed = self.facts.get(fact.about) if fact.about else None
        return self.last_word(handed) if handed is not None and handed.kind is EventKind.DISTRIBUTED else None

    def told(self, derived: Derived) -> list[Told]:
        """Every event that was not a correction, in the order they happened."""
        stand = {fact.uid: fact for fact in derived.standing}
        roots = [fact for fact in self.facts.values() if fact.corrects is None]
        shown = [self._told(root, stand.get(root.uid), next(reversed(self.corrections(root)), None)) for root in roots]
        order = {fact.uid: place for place, fact in enumerate(derived.standing)}
        days = {root.uid: likely_day(replace(self.last_word(root), kind=root.kind)) for root in roots}
        return sorted(shown, key=lambda one: (days[one.uid], order.get(one.uid, len(order)), one.uid))

    def _told(self, root: Fact, fact: Fact | None, correction: Fact | None) -> Told:
        now = self.last_word(root)
        row = self.rows[now.uid]
        event = row.DeliveryEvent
        path = self.paths.get(now.place_id or 0)
        where = path.label if path else ""
        if row.Site is not None:
            where = f"{show(self.actor, row.Site).name}, {where}"
        if row.Crossing is not None:
            label = crossing_label(self.actor, row.Crossing)
            where = str(field(self.actor, "delivery_event", "crossing", label, owner_id=self.delivery.responder_id))
        recorded = _("recorded %(day)s by %(name)s", day=words.short_day(root.recorded_at), name=self._typed_by(now))
        late = (root.recorded_at.astimezone(clock.YANGON).date() - root.last_day).days
        if late >= _SILENCE:
            recorded += " · " + ngettext("%(num)s day later", "%(num)s days later", late)
        if event.said_by.value != "own-team" and root.kind is not EventKind.ANSWERED:
            recorded = _("said by %(who)s", who=str(words.SAID_BY[event.said_by])) + " · " + recorded
        return Told(
            uid=root.uid,
            kind=root.kind,
            title=self._title(root, now),
            where=where,
            facts=self._facts_of(now, event.id),
            first=now.happened_on,
            last=now.last_day,
            when=words.exact_day(now.happened_on, now.precision),
            recorded=recorded,
            corrected=self._corrected(root, fact, correction),
            void=fact is None,
            mark=("wait" if fact.answer in DENIED else _MARKS.get(root.kind, "")) if fact else "undone",
            may_correct=not FACTS[root.kind].custody,
            event_id=event.id,
            photos=self._photos(root),
        )

    def _title(self, root: Fact, now: Fact) -> str:
        if root.kind is EventKind.ANSWERED:
            return chain.answered(now, self.names)
        return str(words.EVENTS[root.kind]) if self.asked_about(root) is None else _("Asked whether it arrived")

    def _typed_by(self, fact: Fact) -> str:
        """Who wrote an event down: another group's people are that group."""
        if fact.about is not None and fact.receiver not in (None, self.delivery.responder_id):
            return self.names[fact.receiver]
        typed_by = self.rows[fact.uid].typed_by
        return str(field(self.actor, "user", "sign_in_name", typed_by, owner_id=self.delivery.responder_id))

    def _corrected(self, root: Fact, fact: Fact | None, correction: Fact | None) -> str:
        if correction is None:
            return ""
        day = words.short_day(correction.recorded_at)
        if fact is None:
            return _("Taken back %(day)s: it did not happen.", day=day)
        before = ", ".join([words.exact_day(root.happened_on, root.precision), *self._facts_of(root, self.rows[root.uid].DeliveryEvent.id)])
        return _("Corrected %(day)s. It said before: %(before)s", day=day, before=before)

    def _photos(self, root: Fact) -> tuple[str, ...]:
        """Photos are kept of the event as it was first reported, whatever corrected it."""
        kept = sorted((self.rows[root.uid].photos or "").split())
        return tuple(field(self.actor, "photo", "code", kept, owner_id=self.delivery.responder_id) or ())

    def _facts_of(self, fact: Fact, event_id: int) -> tuple[str, ...]:
        said = []
        if fact.kind is EventKind.HANDED_OVER or (fact.receiver is not None and fact.about is None):
            giver, receiver = self.names.get(fact.giver, ""), self.names.get(fact.receiver, "")
            said.append(_("from %(giver)s to %(receiver)s", giver=giver, receiver=receiver))
        elif fact.giver is not None and fact.giver != self.delivery.responder_id:
            said.append(_("by %(giver)s", giver=self.names.get(fact.giver, "")))
        said += chain.refusal(fact)
        if fact.reason is not None:
            said.append(str(words.REASONS[fact.reason]))
        if fact.quantities:
            said.append(", ".join(self._amount(number, fact) for number in sorted(fact.quantities)))
        if fact.households is not None:
            said.append(ngettext("%(num)s household", "%(num)s households", fact.households))
        if fact.people is not None:
            said.append(ngettext("%(num)s person", "%(num)s people", fact.people))
        for kind, people in self.people.get(event_id, {}).items():
            said.append(f"{words.PEOPLE[kind]}: {people}")
        said += detail(self.rows[fact.uid].DeliveryEvent, fact, self.lines, self.bands.get(event_id, {}))
        handed = self.asked_about(fact)
        if handed is not None and fact.answer is not None:
            day = words.exact_day(handed.happened_on, handed.precision)
            said[:0] = [str(words.ARRIVED[fact.answer]), _("of the hand-out of %(day)s", day=day)]
        return tuple(said)

    def _amount(self, number: int, fact: Fact) -> str:
        line = self.lines[number]
        counted = f"{line.item} {quantity(fact.quantities[number])} {line.unit}"
        given = fact.given.get(number)
        if given is None:
            return counted
        short = given - fact.quantities[number]
        if short > 0:
            return _("%(counted)s counted, %(short)s short", counted=counted, short=quantity(short))
        return _("%(counted)s counted, %(more)s more than given", counted=counted, more=quantity(-short))


#: It did not arrive as it was reported.
DENIED = frozenset({Answer.SHORT, Answer.REFUSED})
_MARKS = {EventKind.DISTRIBUTED: "done", EventKind.CONFIRMED: "done", EventKind.LOST: "lost", EventKind.DELAYED: "wait"}


def _events(session: Session, actor: Actor, delivery: Delivery) -> Sequence[Any]:
    corrected, about = aliased(DeliveryEvent), aliased(DeliveryEvent)
    giver, receiver = aliased(Partner), aliased(Partner)
    statement = (
        sa.select(
            DeliveryEvent,
            Site,
            Crossing,
            corrected.uid.label("corrects"),
            about.uid.label("about"),
            giver.code_name.label("giver"),
            receiver.code_name.label("receiver"),
            User.sign_in_name.label("typed_by"),
            evidence.of_event(actor, DeliveryEvent).label("photos"),
        )
        .select_from(DeliveryEvent)
        .join(User, User.id == DeliveryEvent.recorded_by_id)
        .outerjoin(corrected, corrected.id == DeliveryEvent.corrects_id)
        .outerjoin(about, about.id == DeliveryEvent.about_id)
        .outerjoin(giver, giver.id == DeliveryEvent.from_responder_id)
        .outerjoin(receiver, receiver.id == DeliveryEvent.to_responder_id)
        .outerjoin(Site, (Site.id == DeliveryEvent.site_id) & policy.rule(actor, Permission.SITE_READ, Site))
        .outerjoin(Crossing, (Crossing.id == DeliveryEvent.crossing_id) & policy.rule(actor, Permission.DELIVERY_READ, Crossing))
        .where(DeliveryEvent.delivery_id == delivery.id)
        .order_by(DeliveryEvent.id)
    )
    because = "of a delivery that was fetched under its rule; sites and crossings carry theirs, names go through disclosure"
    return session.execute(policy.unscoped(statement, because=because)).all()


_Numbers = defaultdict[int, dict[int, int]]


def _numbers(
    session: Session, delivery: Delivery
) -> tuple[_Numbers, _Numbers, dict[int, dict[PeopleKind, int]], dict[int, dict[tuple[Sex, Age], int]]]:
    """Quantities and given quantities by event and line number; people by event and kind, and by sex and age. One statement."""
    counted = (
        sa.select(
            EventQuantity.event_id.label("event_id"),
            DeliveryLine.number.label("number"),
            sa.cast(sa.null(), sa.String()).label("kind"),
            sa.cast(sa.null(), sa.String()).label("age"),
            EventQuantity.quantity_milli.label("quantity"),
            EventQuantity.given_milli.label("given"),
        )
        .join(DeliveryEvent, DeliveryEvent.id == EventQuantity.event_id)
        .join(DeliveryLine, DeliveryLine.id == EventQuantity.line_id)
        .where(DeliveryEvent.delivery_id == delivery.id)
    )
    reached = (
        sa.select(
            EventPeople.event_id,
            sa.cast(sa.null(), sa.Integer()),
            sa.cast(EventPeople.kind, sa.String()),
            sa.cast(sa.null(), sa.String()),
            sa.cast(EventPeople.people, sa.BigInteger()),
            sa.cast(sa.null(), sa.BigInteger()),
        )
        .join(DeliveryEvent, DeliveryEvent.id == EventPeople.event_id)
        .where(DeliveryEvent.delivery_id == delivery.id)
    )
    banded = (
        sa.select(
            EventBand.event_id,
            sa.cast(sa.null(), sa.Integer()),
            sa.cast(EventBand.sex, sa.String()),
            sa.cast(EventBand.age, sa.String()),
            sa.cast(EventBand.people, sa.BigInteger()),
            sa.cast(sa.null(), sa.BigInteger()),
        )
        .join(DeliveryEvent, DeliveryEvent.id == EventBand.event_id)
        .where(DeliveryEvent.delivery_id == delivery.id)
    )
    quantities: _Numbers = defaultdict(dict)
    given: _Numbers = defaultdict(dict)
    people: defaultdict[int, dict[PeopleKind, int]] = defaultdict(dict)
    bands: defaultdict[int, dict[tuple[Sex, Age], int]] = defaultdict(dict)
    every: sa.CompoundSelect[*tuple[Any, ...]] = sa.union_all(counted, reached, banded)
    for row in session.execute(policy.unscoped(every, because="of a delivery that was fetched under its rule")):
        if row.age is not None:
            bands[row.event_id][Sex(row.kind), Age(row.age)] = row.quantity
            continue
        if row.kind is not None:
            people[row.event_id][PeopleKind(row.kind)] = row.quantity
            continue
        quantities[row.event_id][row.number] = row.quantity
        if row.given is not None:
            given[row.event_id][row.number] = row.given
    return quantities, given, people, bands


def with_gaps(
    told: Sequence[Told], derived: Derived, crosses: bool, today: date, owner: Holder, names: Mapping[Holder, str]
) -> tuple[Told | Gap, ...]:
    """The timeline with what is not known: silent days, a crossing or a hand-over that was passed over, silence until today."""
    kinds = {fact.kind for fact in derived.standing}
    unseen = crosses and EventKind.CROSSED not in kinds
    out_of_nowhere = chain.unexplained(derived, owner)
    shown: list[Told | Gap] = []
    before: Told | None = None
    for one in told:
        if one.void or one.kind is EventKind.PLANNED:
            shown.append(one)
            continue
        passed = unseen and one.kind in _BEYOND
        if before is not None and (passed or one.first - before.last >= timedelta(days=_SILENCE)):
            text = _("The crossing was not reported. Nothing is assumed.") if passed else _("Not reported. Nothing is assumed.")
            shown.append(Gap(before.last, max(one.first, before.last), text))
            unseen = unseen and not passed
        if one.uid in out_of_nowhere:
            text = _("How it came to %(name)s was not reported. Nothing is assumed.", name=names.get(out_of_nowhere[one.uid], ""))
            shown.append(Gap(before.last if before and before.last <= one.first else one.first, one.first, text))
        shown.append(one)
        before = one if before is None or one.last >= before.last else before
    if derived.is_open and before is not None and today - before.last >= timedelta(days=_SILENCE):
        shown.append(Gap(before.last, None, _("No word since. Nothing is assumed.")))
    return tuple(shown)


_BEYOND = frozenset({EventKind.ARRIVED, EventKind.DISTRIBUTED})
