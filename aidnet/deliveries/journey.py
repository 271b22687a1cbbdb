"""One delivery as its own coordinator sees it: what happened, where everything is, what is not known."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import clock, policy
from aidnet.access.standing import Found, found_on, told
from aidnet.deliveries import chain, legs, queries, words
from aidnet.deliveries.chain import Step
from aidnet.deliveries.derive import Derived, Holder, LineCustody, derive
from aidnet.deliveries.items import Line, lines_of
from aidnet.deliveries.legs import Leg, Travelled
from aidnet.deliveries.models import Delivery, DeliveryEvent, DeliveryState, EventKind
from aidnet.deliveries.obstacles import Obstacle, in_words
from aidnet.deliveries.origins import NO_ORIGINS, Origins, origins
from aidnet.deliveries.plan_models import DeliveryLeg
from aidnet.deliveries.queries import Stop
from aidnet.deliveries.timeline import Gap, Heard, Told, with_gaps
from aidnet.disclosure import Level, Shown, Withheld, audience_of, field, level_of, show
from aidnet.errors import NotVisible
from aidnet.funding.models import Expense, ExpenseShare, Fund
from aidnet.funding.words import LINES
from aidnet.i18n import gettext as _
from aidnet.needs.models import Need, NeedDelivery
from aidnet.places.models import Crossing
from aidnet.places.queries import crossing_label
from aidnet.policy import Actor, Permission
from aidnet.web.charts import Part, Strip, strip
from aidnet.web.context import quantity

#: In these a delivery is where it goes, or is given up.
_THERE = frozenset({DeliveryState.ARRIVED, DeliveryState.CONFIRMED, DeliveryState.CANCELLED})


@dataclass(frozen=True)
class LineView:
    """A line with where every unit of it is."""

    line: Line
    custody: LineCustody
    strip: Strip
    #: Where it is in words, and how much: the same as the strip, for a table.
    parts: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Spending:
    """An expense tied to the delivery, and the part of it that was for the delivery."""

    expense: Shown
    share: Shown
    line: str
    fund: str
    #: Of cash for households, the hand-out it was given at: the uid of its event and its day; empty: none, or nobody said.
    handed_uid: str = ""
    handed_on: str = ""


@dataclass(frozen=True)
class Journey:
    """A delivery's page. Where the actor sees no more than what was logged (`whole` False), the rest is empty."""

    delivery: Shown
    kind: str
    state: str
    lines: tuple[Line, ...]
    whole: bool
    what: str
    fund: str = ""
    crossing: str = ""
    views: tuple[LineView, ...] = ()
    discrepancies: tuple[str, ...] = ()
    #: Why it is open although its receiver is said to have confirmed it, in sentences.
    unsettled: tuple[str, ...] = ()
    timeline: tuple[Told | Gap, ...] = ()
    held: tuple[tuple[str, tuple[str, ...]], ...] = ()
    stops: tuple[Stop, ...] = ()
    spending: tuple[Spending, ...] = ()
    #: From hand to hand.
    steps: tuple[Step, ...] = ()
    origins: Origins = NO_ORIGINS
    legs: tuple[Travelled, ...] = ()
    #: Codes of the needs it is meant for.
    needs: tuple[str, ...] = ()
    #: It is a plan: its way may change.
    planned: bool = False
    #: Some of it is in its own group's hands: it can be split, joined with others and handed over.
    in_hand: bool = False
    #: What stands in the way of what is open and did not arrive yet.
    obstacles: tuple[Obstacle, ...] = ()


def sees_events(actor: Actor) -> bool:
    """Whether the actor sees what happened to the deliveries that are the actor's to read."""
    return level_of("delivery_event", "kind", audience_of(actor, actor.responder_id)) is Level.FULL


def journey(session: Session, actor: Actor, code: str) -> Journey:
    """The page of a delivery. Nine statements at most. Raises: NotVisible."""
    delivery, fund, crossing, way, needs = _found(session, actor, code)
    shown = show(actor, delivery)
    lines = lines_of(session, actor, delivery)
    kind, state = words.STATES[shown.state]
    what = ", ".join(line.item for line in lines)
    if not sees_events(actor):
        return Journey(shown, kind, str(state), lines, whole=False, what=what)
    rows = queries.stop_rows(session, actor, [delivery.id])
    own_legs = legs.shown(actor, way, delivery.responder_id)
    standing = _standing(session, actor, delivery, own_legs, {row.place_id for row in rows})
    heard = Heard.read(session, actor, delivery, lines, standing.place_ids | {row.place_id for row in rows})
    planned = {line.number: line.planned_milli for line in lines if not isinstance(line.planned_milli, Withheld)}
    derived = derive(planned, heard.facts.values(), delivery.responder_id)
    stops = queries.stops(actor, rows, heard.known).get(delivery.id, ())
    is_plan = all(fact.kind is EventKind.PLANNED for fact in derived.standing)
    return Journey(
        shown,
        kind,
        str(state),
        lines,
        whole=True,
        what=what,
        fund=str(field(actor, "delivery", "fund", show(actor, fund).name, owner_id=delivery.responder_id)) if fund else "",
        crossing=_crossing(actor, delivery, crossing) if crossing else "",
        views=tuple(_view(line, custody, heard.names) for line, custody in zip(lines, derived.lines, strict=True)),
        discrepancies=_discrepancies(lines, derived),
        unsettled=tuple(words.unsettled(one.why, heard.names.get(one.holder, "")) for one in derived.unsettled),
        timeline=with_gaps(
            heard.told(derived), derived, crossing is not None, clock.today(), delivery.responder_id, heard.names
        ),
        steps=chain.steps(actor, delivery.responder_id, derived, heard.lines, heard.names),
        origins=NO_ORIGINS if is_plan else origins(session, actor, delivery, lines),
        held=_held(lines, derived, heard.names),
        stops=stops,
        spending=_spending(session, actor, delivery),
        legs=legs.beside(own_legs, derived.standing),
        needs=field(actor, "need_delivery", "delivery", needs, owner_id=delivery.responder_id) or (),
        planned=is_plan,
        in_hand=any(custody.held.get(delivery.responder_id) for custody in derived.lines),
        obstacles=in_words(told(actor, standing, heard.known)),
    )


def _standing(session: Session, actor: Actor, delivery: Delivery, way: Sequence[Leg], place_ids: Collection[int]) -> Found:
    """What stands in the way of a delivery that is planned, or on its way to its places. One statement at most."""
    if not delivery.is_open or delivery.state in _THERE:
        return Found()
    crossings = {leg.crossing_id for leg in way if leg.crossing_id} | ({delivery.crossing_id} if delivery.crossing_id else set())
    return found_on(session, actor, place_ids, crossings)


_Way = list[tuple[DeliveryLeg, Crossing | None]]


def _found(session: Session, actor: Actor, code: str) -> tuple[Delivery, Fund | None, Crossing | None, _Way, tuple[str, ...]]:
    """A delivery with its fund, its crossing, the legs of its plan and the codes of the needs it is meant for."""
    passed = aliased(Crossing)
    meant_for = sa.select(sa.func.aggregate_strings(Need.code, " ")).select_from(NeedDelivery).join(Need, Need.id == NeedDelivery.need_id)
    meant_for = meant_for.where(NeedDelivery.delivery_id == Delivery.id, policy.rule(actor, Permission.NEED_READ, Need))
    statement = (
        sa.select(Delivery, Fund, Crossing, DeliveryLeg, passed, meant_for.correlate(Delivery).scalar_subquery())
        .select_from(Delivery)
        .outerjoin(Fund, (Fund.id == Delivery.fund_id) & policy.rule(actor, Permission.FUND_READ, Fund))
        .outerjoin(Crossing, (Crossing.id == Delivery.crossing_id) & policy.rule(actor, Permission.DELIVERY_READ, Crossing))
        .outerjoin(DeliveryLeg, DeliveryLeg.delivery_id == Delivery.id)
        .outerjoin(passed, passed.id == DeliveryLeg.crossing_id)
        .where(policy.rule(actor, Permission.DELIVERY_READ, Delivery), Delivery.code == code)
        .order_by(Delivery.id)
    )
    because = "each table carries its own rule; a delivery without fund or crossing is found too; its legs are its own"
    rows = session.execute(policy.unscoped(statement, because=because)).all()
    if not rows:
        raise NotVisible
    delivery, fund, crossing, _leg, _passed, needs = rows[0]
    way = [(row[3], row[4]) for row in rows if row[0].id == delivery.id and row[3] is not None]
    return delivery, fund, crossing, way, legs.codes_of(needs)


def _view(line: Line, custody: LineCustody, names: Mapping[Holder, str]) -> LineView:
    found = [("done", _("handed out"), custody.distributed)]
    for holder, milli in custody.held.items():
        unsure = custody.unconfirmed.get(holder, 0)
        found.append(("held", _("held by %(name)s", name=names.get(holder, "")), milli - unsure))
        found.append(("open", _("with %(name)s, as the giver says", name=names.get(holder, "")), unsure))
    found.append(("open", _("between reports"), custody.between))
    found += [("lost", str(words.REASONS[reason]), milli) for reason, milli in custody.lost_by.items()]
    found.append(("lost", _("lost"), custody.lost - sum(custody.lost_by.values())))
    found.append(("back", _("brought back"), custody.returned))
    found.append(("back", _("went on with another consignment"), custody.moved))
    found.append(("plan", _("planned"), custody.planned))
    real = [(kind, label, milli) for kind, label, milli in found if milli > 0]
    drawn = strip([Part(kind, label, Decimal(milli), quantity(milli)) for kind, label, milli in real])
    return LineView(line, custody, drawn, tuple((label, milli) for _kind, label, milli in real))


def _held(lines: Sequence[Line], derived: Derived, names: Mapping[Holder, str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Who holds what now."""
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for line, custody in zip(lines, derived.lines, strict=True):
        for holder, milli in custody.held.items():
            unsure = custody.unconfirmed.get(holder, 0)
            amount = f"{line.item} {quantity(milli)} {line.unit}"
            if unsure:
                amount = _("%(amount)s (%(unsure)s of it not confirmed)", amount=amount, unsure=quantity(unsure))
            by_name[names.get(holder, "")].append(amount)
    return tuple((name, tuple(amounts)) for name, amounts in by_name.items())


def _discrepancies(lines: Sequence[Line], derived: Derived) -> tuple[str, ...]:
    by_number = {line.number: (line, custody) for line, custody in zip(lines, derived.lines, strict=True)}
    said = []
    for found in derived.discrepancies:
        what = how_much = gone = held = ""
        if found.line is not None:
            line, custody = by_number[found.line]
            what, how_much = line.item, f"{quantity(found.quantity_milli)} {line.unit}"
            gone, held = quantity(custody.gone), quantity(sum(custody.held.values()))
        said.append(words.discrepancy(found.kind, what, how_much, gone=gone, held=held))
    return tuple(said)


def _crossing(actor: Actor, delivery: Delivery, crossing: Crossing) -> str:
    return str(field(actor, "delivery", "crossing", crossing_label(actor, crossing), owner_id=delivery.responder_id))


def _spending(session: Session, actor: Actor, delivery: Delivery) -> tuple[Spending, ...]:
    """Expenses tied to the delivery, that the actor may see. One statement."""
    if not actor.may(Permission.EXPENSE_READ):
        return ()
    reads = {Expense: Permission.EXPENSE_READ, Fund: Permission.FUND_READ, Delivery: Permission.DELIVERY_READ}
    here = (DeliveryEvent.id == Expense.handed_at_id) & (DeliveryEvent.delivery_id == delivery.id)
    statement = (
        policy.select(actor, reads, Expense, ExpenseShare, Fund, DeliveryEvent)
        .select_from(Expense)
        .join(ExpenseShare, ExpenseShare.expense_id == Expense.id)
        .join(Delivery, Delivery.id == ExpenseShare.delivery_id)
        .join(Fund, Fund.id == Expense.fund_id)
        .outerjoin(DeliveryEvent, here)
        .where(ExpenseShare.delivery_id == delivery.id)
        .order_by(Expense.spent_on, Expense.id)
        .limit(50)
    )
    return tuple(
        Spending(
            show(actor, row.Expense),
            Shown(row.ExpenseShare, "expense_share", audience_of(actor, row.Expense.responder_id)),
            str(LINES[row.Expense.budget_line]),
            str(show(actor, row.Fund).name),
            *_handed(actor, row.Expense, row.DeliveryEvent),
        )
        for row in session.execute(statement)
    )


def _handed(actor: Actor, expense: Expense, event: DeliveryEvent | None) -> tuple[str, str]:
    if event is None:
        return "", ""
    told = (str(event.uid), words.exact_day(event.happened_on, event.precision))
    return field(actor, "expense", "handed_at", told, owner_id=expense.responder_id) or ("", "")
