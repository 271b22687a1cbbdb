"""What a code, or the beginning of one, names: every kind of record under the rule of its own page, in one statement."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app, url_for
from sqlalchemy.orm import Session

from aidnet import codes, policy
from aidnet.deliveries.custody_models import Handover
from aidnet.deliveries.models import Delivery
from aidnet.disclosure import Level, audience_of, level_of
from aidnet.policy import Actor, Permission
from aidnet.search.kinds import HANDED, KINDS, PREFIXES, Kind

#: Records a page names; who finds more types on.
MOST = 10
#: A beginning has so many characters after the letter, so that an index leads to few: one in a thousand of a kind.
_FEWEST = 2
_BEGUN = re.compile(r"([A-Z])-([0-9A-Z]{1,4}-?[0-9A-Z]{0,4})", re.ASCII)


@dataclass(frozen=True)
class Found:
    """A record that the actor may open."""

    kind: Kind
    code: str
    #: Of what it lies within, where its address names that too.
    above: str = ""

    @property
    def url(self) -> str:
        """Its page."""
        names: dict[str, Any] = {"code": self.above or self.code, self.kind.argument: self.code}
        return url_for(self.kind.endpoint, **names)


@dataclass(frozen=True)
class Asked:
    """What was typed, read as a code: whole ones (a body without its letter may be of any kind), or a beginning."""

    whole: frozenset[str] = frozenset()
    begun: str = ""

    @property
    def is_code(self) -> bool:
        return bool(self.whole or self.begun)


def read(typed: str) -> Asked:
    """`typed` as a code or its beginning. Forgives case, spaces, hyphens left out, and I, L, O for 1, 1, 0."""
    bare = typed.strip().upper()
    whole = frozenset(code for prefix in PREFIXES if (code := codes.read(prefix, bare)))
    if whole:
        return Asked(whole=whole)
    joined = re.sub(r"\s", "", bare)
    if "-" not in joined and joined[:1] in PREFIXES and any(character.isdigit() for character in joined[1:]):
        joined = f"{joined[0]}-{joined[1:5]}" + (f"-{joined[5:]}" if len(joined) > 5 else "")
    begun = _BEGUN.fullmatch(joined)
    if begun is None or begun[1] not in PREFIXES or len(begun[2].replace("-", "")) < _FEWEST:
        return Asked()
    return Asked(begun=f"{begun[1]}-{codes.forgiven(begun[2])}")


def _open_to(actor: Actor) -> Sequence[Kind]:
    """The kinds whose pages the actor may open, and whose codes the matrix shows."""
    found = []
    for kind in (*KINDS, HANDED):
        view = current_app.view_functions.get(kind.endpoint)
        guard = getattr(view, "guard", ())
        may = actor.may(kind.permission) and any(actor.may(permission) for permission in guard)
        if may and level_of(kind.entity, "code", audience_of(actor)) is Level.FULL:
            found.append(kind)
    return found


def _begins(session: Session, column: sa.ColumnElement[str], begun: str) -> sa.ColumnElement[bool]:
    """True of codes that begin so, character by character: PostgreSQL's order of words passes over "-" and "~" in most languages."""
    if session.get_bind().dialect.name == "postgresql":
        column = sa.collate(column, "C")
    return (column >= begun) & (column < begun + "~")


def _named(session: Session, actor: Actor, kind: Kind, asked: Asked) -> sa.ColumnElement[bool] | None:
    """Which rows of a kind were asked for; None: none can be."""
    letter = f"{kind.prefix}-"
    wanted = [code for code in asked.whole if code.startswith(letter)]
    if kind is HANDED:
        # SECURITY: by the whole code alone, so that nobody learns a delivery's code bit by bit. Kept by tests/search/test_search.py.
        anothers = ~policy.rule(actor, Permission.DELIVERY_READ, Delivery)
        return Handover.delivery_id.in_(sa.select(Delivery.id).where(Delivery.code.in_(wanted), anothers)) if wanted else None
    column = kind.model.__table__.c.code
    if wanted:
        return column.in_(wanted)
    return _begins(session, column, asked.begun) if asked.begun.startswith(letter) else None


def records(session: Session, actor: Actor, asked: Asked) -> list[Found]:
    """The records so named, by code: one more than `MOST` where there are more. One statement."""
    parts, kinds = [], _open_to(actor)
    for number, kind in enumerate(kinds):
        there = _named(session, actor, kind, asked)
        if there is None:
            continue
        column = kind.model.__table__.c.code
        above = kind.within.__table__.c.code if kind.within and kind.argument != "code" else sa.literal("")
        part = sa.select(sa.literal(number).label("kind"), column.label("code"), above.label("above")).select_from(kind.model)
        if kind.within:
            part = part.join(kind.within)
        rule = policy.rule(actor, kind.permission, kind.within or kind.model)
        part = part.where(there, rule, kind.only(actor)).order_by(column).limit(MOST + 1)
        parts.append(sa.select(part.subquery()))
    if not parts:
        return []
    statement = policy.unscoped(sa.union_all(*parts), because="each part carries the rule of its own table")
    rows = session.execute(statement).all()
    return sorted((Found(kinds[row.kind], row.code, row.above) for row in rows), key=lambda found: found.code)
