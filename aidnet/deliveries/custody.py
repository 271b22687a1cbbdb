"""Hand-overs as rows that both sides find: a projection of their events, written with every event that changes one."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import codes, policy
from aidnet.db import insert_many
from aidnet.deliveries.custody_models import Handover
from aidnet.deliveries.derive import Derived, Handing
from aidnet.deliveries.models import Delivery
from aidnet.deliveries.records import Record

_KEEPING = "hand-overs are kept for whoever may read them"


def _columns(hand: Handing) -> dict[str, object]:
    return {
        "from_responder_id": hand.giver,
        "to_responder_id": hand.receiver,
        "state": hand.state,
        "given_on": hand.given_on,
        "answered_on": hand.answered_on,
    }


def _new(delivery: Delivery, hand: Handing, event_id: int) -> Handover:
    return Handover(
        uid=hand.uid,
        code=codes.code_of("H", hand.uid),
        delivery_id=delivery.id,
        event_id=event_id,
        owner_id=delivery.responder_id,
        version=1,
        **_columns(hand),
    )


def _rows_of(session: Session, ids: Collection[int]) -> Sequence[Handover]:
    statement = sa.select(Handover).where(Handover.delivery_id.in_(ids)).execution_options(populate_existing=True)
    return session.scalars(policy.unscoped(statement, because=_KEEPING)).all()


def keep(
    session: Session, delivery: Delivery, before: Derived | None, after: Derived, event_ids: Mapping[UUID, int]
) -> None:
    """Bring the rows of a delivery's hand-overs to what its events say: two statements, none where nothing changed."""
    had = before.handovers if before else {}
    changed = {uid: hand for uid, hand in after.handovers.items() if had.get(uid) != hand}
    insert_many(session, [_new(delivery, hand, event_ids[uid]) for uid, hand in changed.items() if uid not in had])
    if changed.keys() & had.keys():
        for row in _rows_of(session, [delivery.id]):
            if row.uid in changed:
                _renew(row, changed[row.uid])


def _renew(row: Handover, hand: Handing) -> bool:
    different = {name: value for name, value in _columns(hand).items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)


def recount(
    session: Session, deliveries: Sequence[Delivery], known: Mapping[int, tuple[Record, Derived]], *, repair: bool
) -> int:
    """How many rows of these deliveries' hand-overs are not what the events say; `repair` puts them right."""
    kept = {row.uid: row for row in _rows_of(session, [delivery.id for delivery in deliveries])}
    wrong = 0
    missing = []
    for delivery in deliveries:
        record, derived = known[delivery.id]
        for uid, hand in derived.handovers.items():
            row = kept.get(uid)
            if row is None:
                missing.append(_new(delivery, hand, record.event_ids[uid]))
            elif any(getattr(row, name) != value for name, value in _columns(hand).items()):
                wrong += 1
                if repair:
                    _renew(row, hand)
    if repair:
        insert_many(session, missing)
    return wrong + len(missing)
