"""Lists of constraints: filtered, page by page or whole, and one of the own."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.access.models import AccessConstraint, ConstraintKind, Ease
from aidnet.access.rows import AccessRow, around, row_of, rows, shown, stale, stands
from aidnet.errors import NotVisible
from aidnet.places.queries import paths
from aidnet.places.search import Option
from aidnet.policy import Actor, Permission
from aidnet.web import keyset

_WRITE = Permission.ACCESS_WRITE


class Which(StrEnum):
    """What a list is narrowed to by how it stands."""

    STANDING = "standing"
    STALE = "stale"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    ANY = "any"


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to; what is None narrows nothing."""

    which: Which = Which.STANDING
    kind: ConstraintKind | None = None
    ease: Ease | None = None
    place: Option | None = None


def _is(which: Which) -> sa.ColumnElement[bool]:
    withdrawn = AccessConstraint.withdrawn_at.is_not(None)
    return {
        Which.STANDING: stands(),
        Which.STALE: stands() & stale(),
        Which.ENDED: ~stands() & ~withdrawn,
        Which.WITHDRAWN: withdrawn,
        Which.ANY: sa.true(),
    }[which]


def _narrowed(actor: Actor, wanted: Wanted, statement: sa.Select[Any]) -> sa.Select[Any]:
    statement = statement.where(_is(wanted.which))
    if wanted.kind:
        statement = statement.where(AccessConstraint.kind == wanted.kind)
    if wanted.ease:
        statement = statement.where(AccessConstraint.ease == wanted.ease)
    if wanted.place:
        statement = statement.where(around(wanted.place))
    return statement


def page(session: Session, actor: Actor, wanted: Wanted, after: str | None) -> keyset.Page[AccessRow]:
    """A page of constraints, the last heard of first. Two statements."""
    statement = _narrowed(actor, wanted, rows(actor))
    found = keyset.page(session, statement, AccessConstraint.heard_on, AccessConstraint.id, after=after)
    return keyset.Page(shown(session, actor, found.rows), found.after)


def everything(session: Session, actor: Actor, wanted: Wanted) -> Iterator[AccessRow]:
    """Every constraint of the same list. Two statements, however many there are."""
    listed = _narrowed(actor, wanted, rows(actor))
    at = listed.with_only_columns(AccessConstraint.place_id).distinct()
    known = paths(session, {place_id for place_id in session.scalars(at) if place_id})
    ordered = listed.order_by(AccessConstraint.heard_on.desc(), AccessConstraint.id.desc())
    for constraint, crossing in session.execute(ordered.execution_options(yield_per=1_000)):
        yield row_of(actor, constraint, crossing, known.get(constraint.place_id))


@dataclass(frozen=True)
class Own:
    """A constraint of the own group, and whether the actor may say more of it."""

    row: AccessRow
    may_write: bool


def own(session: Session, actor: Actor, code: str) -> Own:
    """One of the own group's. Two statements. Raises: NotVisible."""
    statement = rows(actor, policy.rule(actor, _WRITE, AccessConstraint)).where(
        AccessConstraint.code == code, AccessConstraint.responder_id == actor.responder_id
    )
    found = session.execute(statement.order_by(AccessConstraint.id)).first()
    if found is None:
        raise NotVisible
    [row] = shown(session, actor, [(found[0], found[1])])
    return Own(row, bool(found[2]))
