"""Hand-overs as their giver, their receiver and the group whose delivery it is see them: each alone, without the rest of the delivery."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import codes, policy
from aidnet.custody import words
from aidnet.deliveries import records, unsettled
from aidnet.deliveries.custody_models import Handover, HandoverState, LineOrigin
from aidnet.deliveries.drafts import OUTSIDE
from aidnet.deliveries.items import unit_name
from aidnet.deliveries.models import Delivery, DeliveryLine, DeliveryState, Item, Unit
from aidnet.deliveries.unsettled import Unsettled
from aidnet.disclosure import Shown, audience_of, field
from aidnet.errors import NotVisible
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.partners.models import Partner
from aidnet.policy import Actor, PartnerKind, Permission
from aidnet.web import keyset

_READ = Permission.HANDOVER_READ

#: In these nothing changed hands.
_NOTHING_CAME = frozenset({HandoverState.REFUSED, HandoverState.VOID})

#: `Wanted.side`: what comes to the own group, and what it gives.
TO_US, FROM_US = "to-us", "from-us"


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to; what is empty narrows nothing."""

    #: A whole code.
    q: str = ""
    #: TO_US or FROM_US.
    side: str = ""
    state: HandoverState | Unsettled | None = None
    #: Id of the group on the other side; OUTSIDE: somebody outside.
    other: int | None = None


@dataclass(frozen=True)
class Other:
    """Whom hand-overs may be with, and what an address calls them."""

    id: int
    code: str
    name: str


@dataclass(frozen=True)
class HandedLine:
    """A line of a hand-over: what was given, and what its receiver counted (None: not counted yet, or nothing changed hands)."""

    number: int
    item: str
    unit: str
    given_milli: int
    counted_milli: int | None


@dataclass(frozen=True)
class HandoverRow:
    """A hand-over as one of its sides sees it."""

    handover: Shown
    giver: str
    receiver: str
    lines: tuple[HandedLine, ...]
    kind: str
    state: str
    #: It is this actor's to answer, and nobody did.
    waits_for_us: bool
    #: Why it was not taken.
    refusal: str = ""


@dataclass(frozen=True)
class Onward:
    """What of a hand-over went on with the actor's own deliveries; amounts by line, in thousandths."""

    #: Of the deliveries.
    codes: tuple[str, ...]
    #: What came and did not go on yet, of every line; none where nothing came.
    left: Mapping[int, int]
    #: What went on beyond what came, of lines where anything did.
    beyond: Mapping[int, int]


_NOTHING_WENT_ON = Onward((), {}, {})


@dataclass(frozen=True)
class HandoverPage:
    """A hand-over with what this actor may do about it."""

    row: HandoverRow
    #: The actor says what came: as its receiver, or for somebody outside. No word is too late, not even after it was taken back.
    may_answer: bool
    for_outside: bool
    #: It is ours now, and not of our own delivery: it can go on with one.
    may_carry_on: bool
    #: Code of the delivery, where it is the actor's own.
    delivery: str
    onward: Onward


def _to_us(actor: Actor) -> sa.ColumnElement[bool]:
    """The own group's to answer: it received it, or it answers for somebody outside."""
    return policy.rule(actor, Permission.HANDOVER_ANSWER, Handover)


def _from_us(actor: Actor) -> sa.ColumnElement[bool]:
    return Handover.from_responder_id == actor.responder_id


def _with(actor: Actor, other: int) -> sa.ColumnElement[bool]:
    """Between the own group and another, or anybody outside. One that the own group neither gave nor took is with its receiver."""
    us, them = actor.responder_id, None if other == OUTSIDE else other
    from_them = (Handover.to_responder_id == us) & (Handover.from_responder_id == them)
    return from_them | (Handover.to_responder_id == them)


def others(session: Session, actor: Actor) -> Sequence[Other]:
    """Everybody hand-overs may be with: the other groups, then somebody outside. One statement."""
    columns = (Partner.id, Partner.code, Partner.code_name)
    statement = policy.select(actor, {Partner: Permission.RESPONDER_READ}, *columns)
    statement = statement.where(Partner.kind == PartnerKind.RESPONDER, Partner.id != actor.responder_id)
    groups = [
        Other(
            id=row.id,
            code=str(field(actor, "partner", "code", row.code, owner_id=row.id)),
            name=str(field(actor, "partner", "code_name", row.code_name, owner_id=row.id)),
        )
        for row in session.execute(statement.order_by(Partner.code_name_key))
    ]
    return [*groups, Other(OUTSIDE, words.ELSEWHERE, _("Somebody outside"))]


def _statement(actor: Actor, wanted: Wanted, *columns: Any) -> sa.Select[Any]:
    statement = policy.select(actor, {Handover: _READ}, *(columns or (Handover,)))
    if wanted.side:
        statement = statement.where(_to_us(actor) if wanted.side == TO_US else _from_us(actor))
    if isinstance(wanted.state, Unsettled):
        statement = statement.where(Handover.id.in_(unsettled.ids(actor, wanted.state)))
    elif wanted.state:
        statement = statement.where(Handover.state == wanted.state)
    if wanted.other is not None:
        statement = statement.where(_with(actor, wanted.other))
    if wanted.q:
        statement = statement.where(Handover.code == (codes.read("H", wanted.q) or ""))
    return statement


def page(session: Session, actor: Actor, wanted: Wanted, after: str | None) -> keyset.Page[HandoverRow]:
    """A page of hand-overs: the open ones first, then the newest. Five statements."""
    is_open = sa.case((Handover.state == HandoverState.OPEN, 1), else_=0)
    statement = policy.unscoped(sa.select(Handover), because="each part carries the rule of hand-overs")
    by, parts = (is_open, Handover.given_on, Handover.id), _parts(actor, wanted)
    found = keyset.page(session, statement, *by, after=after, parts=parts)
    return keyset.Page(_told(session, actor, found.rows), found.after)


def _parts(actor: Actor, wanted: Wanted) -> Sequence[keyset.Part]:
    """The hand-overs that are asked for, by the three ways to be of one and by state: an index leads to each in its order."""
    us, rows = actor.responder_id, _statement(actor, wanted)
    of_us = (Handover.from_responder_id == us, Handover.to_responder_id == us, Handover.owner_id == us)
    return [
        keyset.Part(rows.where(side, Handover.state == state), int(state is HandoverState.OPEN))
        for state in _states(wanted.state)
        for side in (of_us[:1] if wanted.side == FROM_US else of_us)
    ]


def _states(wanted: HandoverState | Unsettled | None) -> Iterable[HandoverState]:
    if isinstance(wanted, Unsettled):
        return unsettled.STATES[wanted]
    return [wanted] if wanted else HandoverState


def _told(session: Session, actor: Actor, handovers: Sequence[Handover]) -> list[HandoverRow]:
    """Hand-overs with their lines as they stand. Four statements, none where there is none."""
    if not handovers:
        return []
    known = records.load(session, {row.delivery_id for row in handovers})
    hands = {
        record.event_ids[uid]: hand for record in known.values() for uid, hand in record.derived().handovers.items()
    }
    names = _names(session, actor, handovers)
    lines = _lines(session, actor, handovers)
    rows = []
    for row in handovers:
        hand = hands[row.event_id]
        counted = hand.counted if hand.answered_on is not None and hand.refusal is None else {}
        told = [
            HandedLine(number, *lines[row.delivery_id, number], given_milli=milli, counted_milli=counted.get(number))
            for number, milli in sorted(hand.given.items())
        ]
        kind, state = words.STATES[row.state]
        giver, receiver = _sides(actor, row, names)
        rows.append(
            HandoverRow(
                handover=Shown(row, "handover", audience_of(actor, row.owner_id)),
                giver=giver,
                receiver=receiver,
                lines=tuple(_shown(actor, row, one) for one in told),
                kind=kind,
                state=str(state),
                waits_for_us=row.state is HandoverState.OPEN and _is_ours(actor, row),
                refusal=str(words.REFUSALS[hand.refusal]) if hand.refusal else "",
            )
        )
    return rows


def _is_ours(actor: Actor, row: Handover) -> bool:
    """Whether the answer is this group's to give."""
    return actor.responder_id == (row.owner_id if row.to_responder_id is None else row.to_responder_id)


def _shown(actor: Actor, row: Handover, line: HandedLine) -> HandedLine:
    owner = row.owner_id
    return HandedLine(
        line.number,
        str(field(actor, "handover", "item", line.item, owner_id=owner)),
        str(field(actor, "handover", "unit", line.unit, owner_id=owner)),
        field(actor, "handover", "given_milli", line.given_milli, owner_id=owner),
        field(actor, "handover", "quantity_milli", line.counted_milli, owner_id=owner),
    )


def _sides(actor: Actor, row: Handover, names: Mapping[int, str]) -> tuple[str, str]:
    """Who gave and who received it, by code name."""
    giver, receiver = (
        names[side] if side else _("somebody outside") for side in (row.from_responder_id, row.to_responder_id)
    )
    return (
        str(field(actor, "handover", "giver", giver, owner_id=row.owner_id)),
        str(field(actor, "handover", "receiver", receiver, owner_id=row.owner_id)),
    )


def _names(session: Session, actor: Actor, handovers: Sequence[Handover]) -> dict[int, str]:
    ids = {
        responder_id
        for row in handovers
        for responder_id in (row.from_responder_id, row.to_responder_id)
        if responder_id
    }
    statement = policy.select(actor, {Partner: Permission.RESPONDER_READ}, Partner.id, Partner.code_name)
    return {row.id: row.code_name for row in session.execute(statement.where(Partner.id.in_(ids)))}


def _lines(session: Session, actor: Actor, handovers: Sequence[Handover]) -> dict[tuple[int, int], tuple[str, str]]:
    """Item and unit of every line of these deliveries, by delivery and number; only those of a hand-over are shown."""
    statement = (
        sa.select(DeliveryLine, Item, Unit)
        .join(Item, Item.id == DeliveryLine.item_id)
        .outerjoin(Unit, Unit.code == DeliveryLine.unit)
        .where(DeliveryLine.delivery_id.in_({row.delivery_id for row in handovers}))
    )
    because = "of hand-overs that were found under their rule; what is shown of a line goes through disclosure"
    burmese = current_language() == "my"
    return {
        (line.delivery_id, line.number): (
            (item.name_my if burmese else None) or item.name_en,
            unit_name(line.unit, unit),
        )
        for line, item, unit in session.execute(policy.unscoped(statement, because=because))
    }


def handover(session: Session, actor: Actor, code: str) -> HandoverPage:
    """One hand-over. Seven statements at most. Raises: NotVisible."""
    row = policy.fetch(session, actor, _READ, Handover, code)
    told = _told(session, actor, [row])[0]
    own = row.owner_id == actor.responder_id
    received = row.to_responder_id == actor.responder_id and not own
    holds = received and row.state not in _NOTHING_CAME
    return HandoverPage(
        row=told,
        may_answer=actor.may(Permission.HANDOVER_ANSWER) and _is_ours(actor, row),
        for_outside=row.to_responder_id is None,
        may_carry_on=holds and actor.may(Permission.DELIVERY_LOG),
        delivery=str(field(actor, "handover", "delivery", _delivery(session, actor, row), owner_id=row.owner_id))
        if own
        else "",
        onward=_onward(session, actor, row, told.lines if holds else ()) if received else _NOTHING_WENT_ON,
    )


def _delivery(session: Session, actor: Actor, row: Handover) -> str:
    statement = policy.select(actor, {Delivery: Permission.DELIVERY_READ}, Delivery.code).where(
        Delivery.id == row.delivery_id
    )
    code = session.scalar(statement)
    if code is None:
        raise NotVisible
    return str(code)


def _onward(session: Session, actor: Actor, row: Handover, lines: Sequence[HandedLine]) -> Onward:
    """What went on of a hand-over of which `lines` came. One statement.

    A delivery that was cancelled carries nothing on, unless goods are in its books still.
    """
    came_of = aliased(DeliveryLine)
    given_up = (Delivery.state == DeliveryState.CANCELLED) & ~Delivery.is_open
    columns = (Delivery.code, came_of.number, LineOrigin.quantity_milli, given_up.label("given_up"))
    statement = (
        policy.select(actor, {Delivery: Permission.DELIVERY_READ}, *columns)
        .join(DeliveryLine, DeliveryLine.delivery_id == Delivery.id)
        .join(LineOrigin, LineOrigin.line_id == DeliveryLine.id)
        .join(came_of, came_of.id == LineOrigin.from_line_id)
        .where(LineOrigin.event_id == row.event_id)
        .order_by(Delivery.id)
    )
    found = session.execute(statement).all()

    def seen(name: str, value: Any) -> Any:
        return field(actor, "line_origin", name, value, owner_id=actor.responder_id)

    came = {line.number: line.given_milli if line.counted_milli is None else line.counted_milli for line in lines}
    went = Counter[int]()
    for one in found:
        went[one.number] += 0 if one.given_up else seen("quantity_milli", one.quantity_milli)
    return Onward(
        codes=tuple(str(seen("delivery", code)) for code in dict.fromkeys(one.code for one in found)),
        left={number: max(milli - went[number], 0) for number, milli in came.items()},
        beyond={number: milli - came.get(number, 0) for number, milli in went.items() if milli > came.get(number, 0)},
    )


def export(session: Session, actor: Actor, wanted: Wanted) -> tuple[list[str], Iterator[list[Any]]]:
    """The whole list as a header and rows, for a file: read as it is written. Two statements."""
    header = [_("Code"), _("State"), _("From"), _("To"), _("Handed over on"), _("Answered on")]
    statement = _statement(actor, wanted).order_by(Handover.given_on.desc(), Handover.id.desc())
    names_of = policy.select(actor, {Partner: Permission.RESPONDER_READ}, Partner.id, Partner.code_name)
    names = {row.id: row.code_name for row in session.execute(names_of)}

    def rows() -> Iterator[list[Any]]:
        for row in session.scalars(statement.execution_options(yield_per=1_000)):
            shown = Shown(row, "handover", audience_of(actor, row.owner_id))
            days: list[date | None] = [shown.given_on, shown.answered_on]
            yield [shown.code, str(words.STATES[shown.state][1]), *_sides(actor, row, names), *days]

    return header, rows()
