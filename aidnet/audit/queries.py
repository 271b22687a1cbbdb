"""What auditors read of the chain, and whether it holds."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.audit import GENESIS, link_hash
from aidnet.audit.models import AuditEntry, AuditHead
from aidnet.policy import Actor, Permission
from aidnet.web import keyset

_READ = Permission.AUDIT_READ
#: Links read from the database at a time, where all are.
_BATCH = 2_000


@dataclass(frozen=True)
class Wanted:
    """What a list of entries is narrowed to; "" and None narrow nothing."""

    action: str = ""
    entity: str = ""
    #: A day where the network's people are.
    day: date | None = None


@dataclass(frozen=True)
class Verdict:
    """What re-hashing the chain found. `broken` is the number (from 1) of the first link that does not hold, `why` says how."""

    links: int
    head: str
    broken: int | None = None
    why: str = ""


def _list(actor: Actor, wanted: Wanted) -> sa.Select[AuditEntry]:
    statement = policy.visible(actor, _READ, AuditEntry)
    if wanted.action:
        statement = statement.where(AuditEntry.action == wanted.action)
    if wanted.entity:
        statement = statement.where(AuditEntry.entity == wanted.entity)
    if wanted.day:
        begins = datetime.combine(wanted.day, time.min, clock.YANGON)
        statement = statement.where(AuditEntry.at >= begins, AuditEntry.at < begins + timedelta(days=1))
    return statement


def page(session: Session, actor: Actor, wanted: Wanted, after: str | None) -> keyset.Page[disclosure.Shown]:
    """Entries as the actor may see them, newest first."""
    by = (AuditEntry.at, AuditEntry.id) if wanted.day else (AuditEntry.id,)
    found = keyset.page(session, _list(actor, wanted), *by, after=after)
    return keyset.Page([disclosure.show(actor, entry) for entry in found.rows], found.after)


def everything(session: Session, actor: Actor, wanted: Wanted) -> Iterator[disclosure.Shown]:
    """The same list whole, read in pieces."""
    statement = _list(actor, wanted).order_by(AuditEntry.id.desc()).execution_options(yield_per=_BATCH)
    for entry in session.scalars(statement):
        yield disclosure.show(actor, entry)


def head(session: Session, actor: Actor) -> disclosure.Shown:
    """How long the chain is, and its newest hash."""
    return disclosure.show(actor, session.scalars(policy.visible(actor, _READ, AuditHead)).one())


def actions(session: Session, actor: Actor) -> list[str]:
    """Every action there is an entry of, by name. It steps through the index: as many steps as actions, however many entries."""
    first = policy.select(actor, {AuditEntry: _READ}, sa.func.min(AuditEntry.action).label("action"))
    steps = first.cte("steps", recursive=True)
    onward = (
        policy.select(actor, {AuditEntry: _READ}, sa.func.min(AuditEntry.action))
        .where(AuditEntry.action > steps.c.action)
        .correlate(steps)
        .scalar_subquery()
    )
    steps = steps.union_all(sa.select(onward).where(steps.c.action.is_not(None)))
    found = session.scalars(
        policy.select(actor, {AuditEntry: _READ}, steps.c.action).where(steps.c.action.is_not(None))
    )
    return sorted(found)


def verify(session: Session) -> Iterator[Verdict]:
    """Hash the whole chain again, oldest link first; a verdict so far after every batch, and the last one is final.

    The chain is broken at a link that does not name its predecessor's hash, whose own facts do not give its hash, or where
    the head stands apart from the newest link (links were cut off).
    """
    because = "the chain is checked whole, by the machine's operator"
    entries = session.scalars(
        policy.unscoped(sa.select(AuditEntry).order_by(AuditEntry.id), because=because).execution_options(
            yield_per=_BATCH
        )
    )
    links, last = 0, GENESIS
    with closing(entries):
        for number, entry in zip(count(1), entries, strict=False):
            why = _broken(entry, last)
            if why:
                yield Verdict(links, last, number, why)
                return
            links, last = number, entry.hash
            if number % _BATCH == 0:
                yield Verdict(links, last)
    kept = session.scalars(policy.unscoped(sa.select(AuditHead), because=because)).one()
    if (kept.count, kept.hash) != (links, last):
        yield Verdict(links, last, links + 1, f"is missing: the head counts {kept.count} links")
        return
    yield Verdict(links, last)


def _broken(entry: AuditEntry, last: str) -> str:
    """How the link does not hold after one whose hash is `last`; empty where it does."""
    if entry.previous_hash != last:
        return "does not follow from the link before it"
    return "" if link_hash(entry) == entry.hash else "was changed after it was written"
