"""A coordinator's morning: what waits, what moves, what came of it. A logger's: what is open of what they logged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, policy
from aidnet.db import unindexed
from aidnet.deliveries import items as catalogue
from aidnet.deliveries import queries
from aidnet.deliveries.models import Delivery, ResultMonth, ServedPlace
from aidnet.deliveries.queries import DeliveryRow
from aidnet.disclosure import field
from aidnet.funding import owing
from aidnet.funding import queries as funding
from aidnet.funding.owing import Owed
from aidnet.funding.queries import PayoutLine
from aidnet.policy import Actor, Permission

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


def board(session: Session, actor: Actor) -> Board:
    """The actor's board. Eight statements at most."""
    late, newest, done = _lists(session, actor)
    return Board(
        figures=_figures(session, actor),
        late=late,
        newest=newest,
        done=done,
        payouts=funding.payouts_waiting(session, actor, most=5) if actor.may(Permission.PAYOUT_CONFIRM) else (),
        owed=owing.owed(session, actor) if actor.may(Permission.EXPENSE_READ) else (),
        results=queries.sees(actor, "people"),
    )


def _is_late() -> sa.ColumnElement[bool]:
    return Delivery.is_open & (Delivery.planned_on < clock.today())


def _lists(session: Session, actor: Actor) -> tuple[list[DeliveryRow], list[DeliveryRow], list[DeliveryRow]]:
    """Open deliveries that should have arrived, longest late first; the others, newest word first; what ended lately. Four statements."""
    mine = policy.rule(actor, Permission.DELIVERY_READ, Delivery) & (Delivery.responder_id == actor.responder_id)
    late_first = sa.select(Delivery.id).where(mine, _is_late()).order_by(Delivery.planned_on, Delivery.id).limit(_LATE)
    new_first = sa.select(Delivery.id).where(mine).order_by(Delivery.last_recorded_at.desc(), Delivery.id.desc())
    ended = ~Delivery.is_open & (Delivery.last_recorded_at > clock.now() - _LATELY)
    parts = [new_first.where(Delivery.is_open).limit(_NEWEST), new_first.where(ended).limit(_DONE)]
    if queries.sees(actor, "planned_on"):
        parts.append(late_first)
    wanted = sa.union_all(*(sa.select(part.subquery().c.id) for part in parts))
    statement = sa.select(Delivery).where(unindexed(mine), Delivery.id.in_(wanted))
    found = session.scalars(policy.unscoped(statement, because="each part carries the rule of deliveries")).all()
    rows = queries.rows_of(session, actor, found, catalogue.items(session, actor))
    pairs = sorted(zip(found, rows, strict=True), key=lambda pair: (pair[0].last_recorded_at, pair[0].id), reverse=True)
    is_open = [pair for pair in pairs if pair[0].is_open]
    today = clock.today()
    behind = [pair for pair in is_open if queries.sees(actor, "planned_on") and pair[0].planned_on and pair[0].planned_on < today]
    late = sorted(behind, key=lambda pair: (pair[0].planned_on, pair[0].id))[:_LATE]
    newest = [row for delivery, row in is_open if (delivery, row) not in late][:_NEWEST]
    return [row for _delivery, row in late], newest, [row for delivery, row in pairs if not delivery.is_open]


def _figures(session: Session, actor: Actor) -> Figures:
    """One statement."""
    mine = policy.rule(actor, Permission.DELIVERY_READ, Delivery) & (Delivery.responder_id == actor.responder_id)
    month = clock.today().replace(day=1)
    this_month = (ResultMonth.responder_id == actor.responder_id) & (ResultMonth.month == month)
    ever = ResultMonth.responder_id == actor.responder_id
    here = ServedPlace.responder_id == actor.responder_id

    def count(*where: sa.SQLColumnExpression[bool]) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.count()).select_from(Delivery).where(mine, *where).scalar_subquery()

    def total(column: sa.SQLColumnExpression[int], where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.coalesce(sa.func.sum(column), 0)).where(where).scalar_subquery()

    def places(*where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.count()).select_from(ServedPlace).where(here, *where).scalar_subquery()

    statement = sa.select(
        count(Delivery.is_open).label("open"),
        count(_is_late()).label("late"),
        count(Delivery.has_discrepancy).label("questions"),
        total(ResultMonth.households, this_month).label("households_month"),
        total(ResultMonth.people, this_month).label("people_month"),
        total(ResultMonth.households, ever).label("households"),
        total(ResultMonth.people, ever).label("people"),
        places(ServedPlace.last_on >= month).label("places_month"),
        places().label("places"),
    )
    row = session.execute(policy.unscoped(statement, because="deliveries carry their rule, the totals are of the actor's own group")).one()

    def seen(entity: str, name: str, value: int) -> object:
        return field(actor, entity, name, int(value), owner_id=actor.responder_id)

    return Figures(
        open=row.open,
        late=row.late if queries.sees(actor, "planned_on") else 0,
        questions=seen("delivery", "has_discrepancy", row.questions),
        households_month=seen("result_month", "households", row.households_month),
        people_month=seen("result_month", "people", row.people_month),
        households=seen("result_month", "households", row.households),
        people=seen("result_month", "people", row.people),
        places_month=seen("served_place", "distributions", row.places_month),
        places=seen("served_place", "distributions", row.places),
    )
