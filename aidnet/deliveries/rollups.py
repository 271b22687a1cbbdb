"""Running totals of results, kept by the difference each change makes, and counted again from the events to prove it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, policy
from aidnet.db import add_up
from aidnet.deliveries import custody, records
from aidnet.deliveries.custody_models import Handover
from aidnet.deliveries.derive import Derived
from aidnet.deliveries.models import (
    Delivery,
    DeliveryEvent,
    EventKind,
    LossMonth,
    ResultMonth,
    ServedMonth,
    ServedPlace,
)
from aidnet.deliveries.totals import TOTALS, Around, Sums, Total, difference
from aidnet.policy import Actor

_KEEPING = "running totals are kept for whoever may read them"
#: Deliveries looked at together in a recount.
_BATCH = 500

#: Of each total of `TOTALS`, by the table's name: responder and the rest of the key, to the sums.
Counted = dict[str, Sums]
#: Responder and place to (distributions, last day).
Places = dict[tuple[int, int], tuple[int, date]]


def add_difference(session: Session, responder_id: int, before: Derived | None, after: Derived, around: Around) -> None:
    """Bring the totals from what a delivery was to what it is: a statement for each table, none where nothing changed in it."""
    for total in TOTALS:
        change = difference(total.of(before, around) if before else {}, total.of(after, around))
        if change:
            rows = [_row(total, (responder_id, *key), sums) for key, sums in change.items()]
            add_up(session, total.model, rows, summed=total.sums)
    _add_places(session, responder_id, before.by_place if before else {}, after.by_place)


def _row(total: Total, key: tuple[object, ...], sums: tuple[int, ...]) -> dict[str, object]:
    return dict(zip(("responder_id", *total.keys, *total.sums), (*key, *sums), strict=True))


def _add_places(session: Session, responder_id: int, had: Mapping[int, tuple[int, date]], has: Mapping[int, tuple[int, date]]) -> None:
    changed = [place_id for place_id in sorted({*had, *has}) if had.get(place_id) != has.get(place_id)]
    if not changed:
        return
    rows: list[dict[str, object]] = []
    for place_id in changed:
        times, last_on = has.get(place_id) or (0, had[place_id][1])
        times_before = had[place_id][0] if place_id in had else 0
        rows.append({"responder_id": responder_id, "place_id": place_id, "distributions": times - times_before, "last_on": last_on})
    add_up(session, ServedPlace, rows, summed=("distributions",), latest=("last_on",))
    shrunk = [place_id for place_id in changed if place_id in had and (place_id not in has or has[place_id][1] < had[place_id][1])]
    if shrunk:
        _see_again(session, responder_id, shrunk)


def _see_again(session: Session, responder_id: int, places: Collection[int]) -> None:
    """A last day was taken back: find the last that is left. Rare, so it may look at every delivery to these places."""
    statement = (
        sa.select(DeliveryEvent.delivery_id)
        .join(Delivery, Delivery.id == DeliveryEvent.delivery_id)
        .where(DeliveryEvent.place_id.in_(places), Delivery.responder_id == responder_id)
        .distinct()
    )
    ids = session.scalars(policy.unscoped(statement, because=_KEEPING)).all()
    last: defaultdict[int, list[date]] = defaultdict(list)
    for record in records.load(session, ids).values():
        for place_id, (_times, last_on) in record.derived().by_place.items():
            last[place_id].append(last_on)
    for place_id in places:
        here = (ServedPlace.responder_id == responder_id) & (ServedPlace.place_id == place_id)
        if last[place_id]:
            change = sa.update(ServedPlace).where(here).values(last_on=max(last[place_id]))
            session.execute(policy.unscoped(change, because=_KEEPING))
        else:
            session.execute(policy.unscoped(sa.delete(ServedPlace).where(here), because=_KEEPING))


@dataclass(frozen=True)
class Recount:
    """What a recount found: how many rows it looked at, and which were not as counted (then they were put right, if asked)."""

    deliveries: int
    wrong_deliveries: int
    #: Rows of the totals by month.
    wrong_months: int
    wrong_places: int
    wrong_handovers: int

    @property
    def sound(self) -> bool:
        """Whether every kept figure equals the count."""
        return not (self.wrong_deliveries or self.wrong_months or self.wrong_places or self.wrong_handovers)


def projection(derived: Derived) -> dict[str, object]:
    """The columns of `Delivery` that follow from its events."""
    return {
        "state": derived.state,
        "is_open": derived.is_open,
        "first_on": derived.first_on,
        "last_on": derived.last_on,
        "last_recorded_at": derived.last_recorded_at,
        "households": derived.results.households,
        "people": derived.results.people,
        "has_discrepancy": bool(derived.discrepancies),
    }


def _batches(session: Session) -> Iterator[list[Delivery]]:
    last = 0
    while True:
        statement = sa.select(Delivery).where(Delivery.id > last).order_by(Delivery.id).limit(_BATCH)
        found = list(session.scalars(policy.unscoped(statement, because=_KEEPING)))
        if not found:
            return
        yield found
        last = found[-1].id


def is_behind(session: Session) -> bool:
    """Whether these books are older than the tables of losses, of who served where and of hand-overs: a recount has to fill them."""
    anything = sa.or_(
        sa.exists().where(ResultMonth.distributions > 0), sa.exists().where(DeliveryEvent.kind == EventKind.LOST)
    )
    kept = sa.or_(sa.exists(sa.select(ServedMonth.month)), sa.exists(sa.select(LossMonth.month)))
    handed = sa.exists().where(DeliveryEvent.kind == EventKind.HANDED_OVER) & ~sa.exists(sa.select(Handover.id))
    return bool(session.scalar(policy.unscoped(sa.select((anything & ~kept) | handed), because=_KEEPING)))


def recount(session: Session, actor: Actor, *, repair: bool) -> Recount:
    """Derive every delivery anew and compare what is kept: columns, months, places, hand-overs. `repair` puts right what differs."""
    counted: Counted = {total.model.__tablename__: {} for total in TOTALS}
    counted_places: Places = {}
    seen = wrong = wrong_handovers = 0
    last: Delivery | None = None
    for batch in _batches(session):
        loaded = records.load(session, [delivery.id for delivery in batch])
        known = {delivery_id: (record, record.derived()) for delivery_id, record in loaded.items()}
        wrong_handovers += custody.recount(session, batch, known, repair=repair)
        for delivery in batch:
            record, derived = known[delivery.id]
            seen += 1
            wrong += _compare(delivery, derived, repair=repair)
            _count(derived, record.around, delivery.responder_id, counted)
            _count_places(derived, delivery.responder_id, counted_places)
            last = delivery
        session.flush()
        session.expunge_all()
    wrong_months = sum(_settle(session, total, counted[total.model.__tablename__], repair=repair) for total in TOTALS)
    found = Recount(seen, wrong, wrong_months, _settle_places(session, counted_places, repair=repair), wrong_handovers)
    if repair and last is not None and not found.sound:
        wrong_in_all = found.wrong_deliveries + found.wrong_months + found.wrong_places + found.wrong_handovers
        audit.record(session, actor, "deliveries.recounted", last, wrong=wrong_in_all)
    return found


def _compare(delivery: Delivery, derived: Derived, *, repair: bool) -> bool:
    different = {name: value for name, value in projection(derived).items() if getattr(delivery, name) != value}
    if repair:
        for name, value in different.items():
            setattr(delivery, name, value)
    return bool(different)


def _count(derived: Derived, around: Around, responder_id: int, counted: Counted) -> None:
    for total in TOTALS:
        kept = counted[total.model.__tablename__]
        for key, sums in total.of(derived, around).items():
            whole = (responder_id, *key)
            kept[whole] = tuple(old + new for old, new in zip(kept.get(whole, (0,) * len(sums)), sums, strict=True))


def _count_places(derived: Derived, responder_id: int, places: Places) -> None:
    for place_id, (times, last_on) in derived.by_place.items():
        had, last = places.get((responder_id, place_id), (0, last_on))
        places[responder_id, place_id] = (had + times, max(last, last_on))


def _settle(session: Session, total: Total, counted: Sums, *, repair: bool) -> int:
    """Compare a table with what was counted. A row of zeros says the same as none."""
    names = ("responder_id", *total.keys)
    kept = {
        tuple(getattr(row, name) for name in names): tuple(getattr(row, name) for name in total.sums)
        for row in session.scalars(policy.unscoped(sa.select(total.model), because=_KEEPING))
    }
    none = (0,) * len(total.sums)
    wrong = [key for key in {*kept, *counted} if kept.get(key, none) != counted.get(key, none)]
    if wrong and repair:
        session.execute(policy.unscoped(sa.delete(total.model), because=_KEEPING))
        if counted:
            session.execute(sa.insert(total.model), [_row(total, key, sums) for key, sums in counted.items()])
    return len(wrong)


def _settle_places(session: Session, counted: Places, *, repair: bool) -> int:
    kept = {
        (row.responder_id, row.place_id): (row.distributions, row.last_on)
        for row in session.scalars(policy.unscoped(sa.select(ServedPlace), because=_KEEPING))
    }
    wrong = [key for key in {*kept, *counted} if kept.get(key) != counted.get(key)]
    if wrong and repair:
        session.execute(policy.unscoped(sa.delete(ServedPlace), because=_KEEPING))
        rows = [
            {"responder_id": key[0], "place_id": key[1], "distributions": times, "last_on": last_on}
            for key, (times, last_on) in counted.items()
        ]
        if rows:
            session.execute(sa.insert(ServedPlace), rows)
    return len(wrong)
