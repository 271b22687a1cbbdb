"""A coordinator's morning: what waits, what moves, what came of it. A logger's: what is open of what they logged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, policy
from aidnet.access import near as access_around
from aidnet.custody.words import ELSEWHERE
from aidnet.db import unindexed
from aidnet.deliveries import items as catalogue
from aidnet.deliveries import queries, unsettled
from aidnet.deliveries.custody_models import Handover, HandoverState
from aidnet.deliveries.models import Delivery, DeliveryState, ResultMonth, ServedPlace
from aidnet.deliveries.queries import DeliveryRow, is_late
from aidnet.deliveries.unsettled import Unsettled
from aidnet.deliveries.words import STATES
from aidnet.disclosure import field
from aidnet.funding import owing
from aidnet.funding import queries as funding
from aidnet.funding.owing import Owed
from aidnet.funding.queries import PayoutLine
from aidnet.i18n import gettext as _
from aidnet.needs import near as needs_around
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission
from aidnet.responders import vouches

#: Where an open delivery may stand, in the order of a journey.
_OPEN = (
    *(DeliveryState.PLANNED, DeliveryState.LOADED, DeliveryState.ON_THE_WAY, DeliveryState.CROSSED),
    *(DeliveryState.HANDED_OVER, DeliveryState.ARRIVED, DeliveryState.PARTLY_DISTRIBUTED),
)
#: Rows of each list.
_LATE, _NEWEST, _DONE = 5, 10, 5
#: How long a finished delivery stays on the board.
_LATELY = timedelta(days=3)


@dataclass(frozen=True)
class Figures:
    """Counts of the own group. Households and people as counted at each hand-out; places are places of the gazetteer.

    What this actor does not see is WITHHELD.
    """

    open: int
    late: int
    questions: object
    households_month: object
    people_month: object
    households: object
    people: object
    places_month: object
    places: object
    #: Code of the own group, where words of other groups for it ended and fewer than two count; empty: nothing to say.
    vouched_less: str
    #: Fresh needs, and what stands in the way, where the group works.
    needs_near: int
    access_near: int


@dataclass(frozen=True)
class Standing:
    """How many open deliveries stand so."""

    state: str
    word: str
    count: int


@dataclass(frozen=True)
class Between:
    """Hand-overs with one other group (or with anybody outside) that nobody answered, or that are answered and not settled."""

    group: str
    #: What the list of hand-overs calls it in its address.
    code: str
    #: The actor's to answer, and the others'.
    ours: int
    theirs: int
    #: Of our deliveries: less or more was counted than given; not taken.
    differs: int
    came_back: int
    oldest: date


@dataclass(frozen=True)
class Board:
    """What a board shows. `results`: whether the actor sees what came of the deliveries."""

    figures: Figures
    late: Sequence[DeliveryRow]
    newest: Sequence[DeliveryRow]
    done: Sequence[DeliveryRow]
    payouts: Sequence[PayoutLine]
    owed: Sequence[Owed]
    results: bool
    standing: Sequence[Standing]
    handovers: Sequence[Between]


def board(session: Session, actor: Actor) -> Board:
    """The actor's board. Nine statements at most."""
    late, newest, done = _lists(session, actor)
    figures, standing = _figures(session, actor)
    return Board(
        figures=figures,
        late=late,
        newest=newest,
        done=done,
        payouts=funding.payouts_waiting(session, actor, most=5) if actor.may(Permission.PAYOUT_CONFIRM) else (),
        owed=owing.owed(session, actor) if actor.may(Permission.EXPENSE_READ) else (),
        results=queries.sees(actor, "people"),
        standing=standing,
        handovers=_handovers(session, actor) if actor.may(Permission.HANDOVER_READ) else (),
    )


def _lists(session: Session, actor: Actor) -> tuple[list[DeliveryRow], list[DeliveryRow], list[DeliveryRow]]:
    """Open deliveries that should have arrived, longest late first; the others, newest word first; what ended lately. Four statements."""
    mine = policy.rule(actor, Permission.DELIVERY_READ, Delivery) & (Delivery.responder_id == actor.responder_id)
    due = sa.func.coalesce(Delivery.planned_on, clock.today())
    late_first = sa.select(Delivery.id).where(mine, is_late()).order_by(due, Delivery.id).limit(_LATE)
    new_first = sa.select(Delivery.id).where(mine).order_by(Delivery.last_recorded_at.desc(), Delivery.id.desc())
    ended = ~Delivery.is_open & (Delivery.last_recorded_at > clock.now() - _LATELY)
    parts = [new_first.where(Delivery.is_open).limit(_NEWEST), new_first.where(ended).limit(_DONE)]
    if queries.sees(actor, "planned_on"):
        parts.append(late_first)
    wanted = sa.union_all(*(sa.select(part.subquery().c.id) for part in parts))
    statement = sa.select(Delivery, is_late().label("late")).where(unindexed(mine), Delivery.id.in_(wanted))
    found = session.execute(policy.unscoped(statement, because="each part carries the rule of deliveries")).all()
    rows = queries.rows_of(session, actor, [one.Delivery for one in found], catalogue.items(session, actor))
    pairs = sorted(
        zip(found, rows, strict=True), key=lambda pair: (pair[0].Delivery.last_recorded_at, pair[0].Delivery.id), reverse=True
    )
    is_open = [pair for pair in pairs if pair[0].Delivery.is_open]
    behind = [pair for pair in is_open if queries.sees(actor, "planned_on") and pair[0].late]
    today = clock.today()
    late = sorted(behind, key=lambda pair: (pair[0].Delivery.planned_on or today, pair[0].Delivery.id))[:_LATE]
    newest = [pair[1] for pair in is_open if pair not in late][:_NEWEST]
    return [row for _one, row in late], newest, [row for one, row in pairs if not one.Delivery.is_open]


def _handovers(session: Session, actor: Actor) -> list[Between]:
    """Hand-overs that are not settled, by the other group, those of the longest ago first. One statement."""
    me = actor.responder_id
    ours = policy.rule(actor, Permission.HANDOVER_ANSWER, Handover)
    other = sa.case((Handover.to_responder_id == me, Handover.from_responder_id), else_=Handover.to_responder_id)
    is_open = Handover.state == HandoverState.OPEN

    def count(where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((where, 1), else_=0))

    grouped = (
        sa.select(
            other.label("other"),
            count(is_open & ours).label("ours"),
            count(is_open).label("open"),
            *(count(Handover.state.in_(states)).label(which.name) for which, states in unsettled.STATES.items()),
            sa.func.min(Handover.given_on).label("oldest"),
        )
        .where(unindexed(policy.rule(actor, Permission.HANDOVER_READ, Handover)))
        .where(Handover.id.in_(sa.union(*_open_of(actor), *(unsettled.ids(actor, which) for which in Unsettled))))
        .group_by(other)
        .subquery()
    )
    statement = sa.select(grouped, Partner.code_name, Partner.code).outerjoin(Partner, Partner.id == grouped.c.other)
    statement = statement.order_by(grouped.c.oldest, grouped.c.other)
    because = "the rule of hand-overs is in it; who is on the other side is told with each"
    rows = session.execute(policy.unscoped(statement, because=because))
    return [
        Between(
            group=str(field(actor, "handover", "receiver", row.code_name or _("Somebody outside"), owner_id=me)),
            code=str(field(actor, "partner", "code", row.code, owner_id=row.other)) if row.code else ELSEWHERE,
            ours=int(row.ours),
            theirs=int(row.open - row.ours),
            differs=field(actor, "delivery", "has_discrepancy", int(row.DIFFERS), owner_id=me),
            came_back=field(actor, "delivery", "state", int(row.CAME_BACK), owner_id=me),
            oldest=row.oldest,
        )
        for row in rows
    ]


def _open_of(actor: Actor) -> Iterator[sa.Select[int]]:
    """Ids of the own group's open hand-overs, by the three ways to be of one: an index leads to each, where an OR reads all there are."""
    sides = (Handover.from_responder_id, Handover.to_responder_id, Handover.owner_id)
    for side in sides:
        of_us = policy.select(actor, {Handover: Permission.HANDOVER_READ}, Handover.id).where(side == actor.responder_id)
        yield of_us.where(Handover.state == HandoverState.OPEN)


def _figures(session: Session, actor: Actor) -> tuple[Figures, list[Standing]]:
    """One statement."""
    mine = policy.rule(actor, Permission.DELIVERY_READ, Delivery) & (Delivery.responder_id == actor.responder_id)
    month = clock.today().replace(day=1)
    this_month = (ResultMonth.responder_id == actor.responder_id) & (ResultMonth.month == month)
    ever = ResultMonth.responder_id == actor.responder_id
    here = ServedPlace.responder_id == actor.responder_id
    own = sa.literal(actor.responder_id or 0)

    def count(*where: sa.SQLColumnExpression[bool]) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.count()).select_from(Delivery).where(mine, *where).scalar_subquery()

    def total(column: sa.SQLColumnExpression[int], where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.coalesce(sa.func.sum(column), 0)).where(where).scalar_subquery()

    def places(*where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.count()).select_from(ServedPlace).where(here, *where).scalar_subquery()

    statement = sa.select(
        count(Delivery.is_open).label("open"),
        count(is_late()).label("late"),
        count(Delivery.has_discrepancy).label("questions"),
        total(ResultMonth.households, this_month).label("households_month"),
        total(ResultMonth.people, this_month).label("people_month"),
        total(ResultMonth.households, ever).label("households"),
        total(ResultMonth.people, ever).label("people"),
        places(ServedPlace.last_on >= month).label("places_month"),
        places().label("places"),
        vouches.standing_of(own).label("vouches"),
        vouches.ever_of(own).label("ever"),
        sa.select(Partner.code).where(Partner.id == own).scalar_subquery().label("code"),
        needs_around.count_near(actor).label("needs_near"),
        access_around.count_near(actor).label("access_near"),
        *(count(Delivery.state == state).label(state.name) for state in _OPEN),
    )
    because = "deliveries, needs and access carry their rules, the rest is of the actor's own group"
    row = session.execute(policy.unscoped(statement, because=because)).one()

    def seen(entity: str, name: str, value: int) -> object:
        return field(actor, entity, name, int(value), owner_id=actor.responder_id)

    vouched_less = actor.may(Permission.VOUCH_WRITE) and row.vouches < min(vouches.ENOUGH, row.ever)
    standing = [Standing(state.value, str(STATES[state][1]), getattr(row, state.name)) for state in _OPEN if getattr(row, state.name)]
    figures = Figures(
        open=row.open,
        late=row.late if queries.sees(actor, "planned_on") else 0,
        questions=seen("delivery", "has_discrepancy", row.questions),
        households_month=seen("result_month", "households", row.households_month),
        people_month=seen("result_month", "people", row.people_month),
        households=seen("result_month", "households", row.households),
        people=seen("result_month", "people", row.people),
        places_month=seen("served_place", "distributions", row.places_month),
        places=seen("served_place", "distributions", row.places),
        vouched_less=str(field(actor, "partner", "code", row.code, owner_id=actor.responder_id)) if vouched_less else "",
        needs_near=row.needs_near,
        access_near=row.access_near,
    )
    return figures, standing
