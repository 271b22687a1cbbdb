"""Who did what, when: recorded in the transaction of the change, or the change does not commit.

`record()` notes an act; at commit the notes become links of the chain, under a lock on its head, so that the chain has
no gap and no fork. A transaction that changed anything but operational tables and noted nothing is refused.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from aidnet import clock
from aidnet.audit.models import AuditEntry, AuditHead
from aidnet.db import Base, WriteSession
from aidnet.policy import Actor, unscoped

__all__ = ["link_hash", "record"]

#: What the first link names as its predecessor.
GENESIS = "0" * 64


@dataclass(frozen=True)
class _Note:
    actor: Actor
    action: str
    row: Base
    detail: str


def record(session: Session, actor: Actor, action: str, row: Base, **detail: str | int | bool | None) -> None:
    """Note that `actor` did `action` (`thing.done`) to `row`. `detail` holds only what auditors may read: codes, states, counts."""
    text = json.dumps(detail, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    session.info.setdefault("audit", []).append(_Note(actor, action, row, text))


def link_hash(entry: AuditEntry) -> str:
    """The hash of a link: over its predecessor's and all its own facts."""
    facts = [
        entry.previous_hash,
        entry.at.isoformat(timespec="microseconds"),
        entry.user_id,
        entry.role,
        entry.partner_id,
        entry.action,
        entry.entity,
        entry.entity_id,
        entry.digest,
        entry.detail,
    ]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()


def _row_digest(row: Base) -> str:
    facts = [str(getattr(row, attribute.key)) for attribute in row.__mapper__.column_attrs]
    return hashlib.sha256((secrets.token_hex(16) + "\0".join(facts)).encode()).hexdigest()


@event.listens_for(WriteSession, "after_flush")
def _note_changes(session: Session, context: object) -> None:
    changed = {
        row.__tablename__
        for row in (*session.new, *session.dirty, *session.deleted)
        if not (row.__table__.info.get("operational") or row.__table__.info.get("audit"))
    }
    session.info.setdefault("changed", set()).update(changed)


@event.listens_for(WriteSession, "do_orm_execute")
def _note_bulk_changes(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        table: Any = state.statement
        info = table.table.info
        if not (info.get("operational") or info.get("audit")):
            state.session.info.setdefault("changed", set()).add(table.table.name)


@event.listens_for(WriteSession, "before_commit")
def _seal(session: Session) -> None:
    """SECURITY: no change without an entry. Kept by tests/audit/test_chain.py."""
    session.flush()
    notes: list[_Note] = session.info.pop("audit", [])
    changed: set[str] = session.info.pop("changed", set())
    if changed and not notes:
        raise RuntimeError(f"{', '.join(sorted(changed))} changed and no audit entry says why")
    if not notes:
        return
    head = session.scalars(
        unscoped(sa.select(AuditHead).with_for_update(), because="the chain has one head, whoever adds to it")
    ).one()
    entries = []
    for note in notes:
        entry = AuditEntry(
            at=clock.now(),
            user_id=note.actor.user_id,
            role=note.actor.role.value if note.actor.role else None,
            partner_id=note.actor.partner_id,
            action=note.action,
            entity=note.row.__tablename__,
            entity_id=note.row.id,  # type: ignore[attr-defined]
            digest=_row_digest(note.row),
            detail=note.detail,
            previous_hash=head.hash,
        )
        entry.hash = link_hash(entry)
        head.hash = entry.hash
        head.count += 1
        entries.append(entry)
    session.add_all(entries)
    session.flush()
    session.info.pop("changed", None)
