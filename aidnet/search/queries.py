"""What a code, or the beginning of one, names: every kind of record under the rule of its own page, in one statement."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from aidnet import codes, policy
from aidnet.disclosure import Level, audience_of, level_of
from aidnet.policy import Actor
from aidnet.search.kinds import KINDS, PREFIXES, Kind

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
    for kind in KINDS:
        view = current_app.view_functions.get(kind.endpoint)
        guard = getattr(view, "guard", ())
        may = actor.may(kind.permission) and any(actor.may(permission) for permission in guard)
        if may and level_of(kind.entity, "code", audience_of(actor)) is Level.FULL:
            found.append(kind)
    return found


def records(session: Session, actor: Actor, asked: Asked) -> list[Found]:
    """The records so named, by code: one more than `MOST` where there are more. One statement."""
    parts, kinds = [], _open_to(actor)
    for number, kind in enumerate(kinds):
        column = kind.model.__table__.c.code
        letter = f"{kind.prefix}-"
        wanted = [code for code in asked.whole if code.startswith(letter)]
        there: sa.ColumnElement[bool]
        if wanted:
            there = column.in_(wanted)
        elif asked.begun.startswith(letter):
            there = (column >= asked.begun) & (column < asked.begun + "~")
        else:
            continue
        rule = policy.rule(actor, kind.permission, kind.model)
        part = sa.select(sa.literal(number).label("kind"), column.label("code")).where(there, rule).order_by(column).limit(MOST + 1)
        parts.append(sa.select(part.subquery()))
    if not parts:
        return []
    statement = policy.unscoped(sa.union_all(*parts), because="each part carries the rule of its own table")
    rows = session.execute(statement).all()
    return sorted((Found(kinds[row.kind], row.code) for row in rows), key=lambda found: found.code)
