"""What no release has counted yet, read for the cube: one fund's distributions and losses as they stand after corrections."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet.deliveries.custody_models import LineOrigin
from aidnet.deliveries.derive import Fact, standing
from aidnet.deliveries.models import Delivery, DeliveryEvent, DeliveryLine, DeliveryStop, EventKind, EventQuantity, Item
from aidnet.places.models import Level, Place
from aidnet.policy import unscoped
from aidnet.releases.cube import Handout
from aidnet.releases.losses import Loss
from aidnet.releases.models import ReleasedEvent
from aidnet.responders.models import Responder

_BECAUSE = "a release is cut from all records of a fund, and shows only what passes the floors"
#: Where nothing finer was said.
_COUNTRY = "MMR"
#: A place of one of these is one village; of a larger one, each site there is.
_VILLAGES = frozenset({Level.VILLAGE, Level.WARD})
#: Stands for an event of another kind: what corrects it says nothing here.
_OTHER = UUID(int=0)
#: Ids in one statement.
_BATCH = 1000


@dataclass(frozen=True)
class Harvest:
    """One fund's hand-outs and losses for the cube."""

    handouts: list[Handout]
    losses: list[Loss]
    #: Deliveries among theirs that a release counts already.
    counted: frozenset[int]
    #: A responder of the fund withholds everything about itself; nothing of it is in here.
    something_withheld: bool


def harvest(session: Session, fund_id: int) -> Harvest:
    """What no release has counted of the fund's results, without the responders that withhold theirs."""
    rows = session.execute(_events(fund_id), execution_options={"yield_per": 5000})
    found = [
        one for _delivery_id, its in groupby(rows, key=attrgetter("delivery_id")) for one in _standing(list(its))
    ]
    own_word = _carried_on(session, sorted({one.event.delivery_id for one in found if one.of_another}))
    due = [one for one in found if not (one.of_another and (one.event.delivery_id, one.word.giver) in own_word)]
    deliveries = sorted({one.event.delivery_id for one in due})
    items = _items(session, deliveries)
    withheld = sa.select(sa.exists().where(Delivery.fund_id == fund_id, Delivery.responder_id.in_(_withheld())))
    return Harvest(
        [_handout(one, items.get(one.event.delivery_id, frozenset())) for one in due],
        _losses(session, fund_id),
        _counted(session, deliveries),
        session.scalars(unscoped(withheld, because=_BECAUSE)).one(),
    )


def _carried_on(session: Session, deliveries: Sequence[int]) -> frozenset[tuple[int, int]]:
    """These deliveries, each with a group that carried goods of it on with a delivery of its own.

    What its giver tells of that group's hand-outs is the same goods told twice; the group's own word counts.
    """
    found: set[tuple[int, int]] = set()
    taken, carried = aliased(DeliveryLine), aliased(DeliveryLine)
    for ids in _batches(deliveries):
        statement = (
            sa.select(taken.delivery_id, Delivery.responder_id)
            .join(LineOrigin, LineOrigin.from_line_id == taken.id)
            .join(carried, carried.id == LineOrigin.line_id)
            .join(Delivery, Delivery.id == carried.delivery_id)
            .where(taken.delivery_id.in_(ids))
        )
        found.update((row[0], row[1]) for row in session.execute(unscoped(statement, because=_BECAUSE)))
    return frozenset(found)


def _withheld() -> sa.Select[int]:
    return sa.select(Responder.id).where(Responder.withheld_at.is_not(None))


def _due(fund_id: int, kind: EventKind) -> sa.Select[int]:
    """The fund's deliveries with an event of the kind that no release has counted."""
    event = aliased(DeliveryEvent)
    told = sa.exists().where(ReleasedEvent.event_id == event.id)
    return (
        sa.select(event.delivery_id)
        .join(Delivery, Delivery.id == event.delivery_id)
        .where(Delivery.fund_id == fund_id, Delivery.responder_id.not_in(_withheld()))
        .where(event.kind == kind, ~told)
    )


def _events(fund_id: int) -> sa.Select[*tuple[Any, ...]]:
    """The distributions and corrections of those deliveries, a delivery's together, each with what the cube asks of its place."""
    district, region = aliased(Place), aliased(Place)
    statement = (
        sa.select(
            *(DeliveryEvent.id, DeliveryEvent.uid, DeliveryEvent.delivery_id, DeliveryEvent.kind),
            *(DeliveryEvent.corrects_id, DeliveryEvent.void, DeliveryEvent.happened_on, DeliveryEvent.recorded_at),
            DeliveryEvent.device_at,
            *(DeliveryEvent.place_id, DeliveryEvent.site_id, DeliveryEvent.households, DeliveryEvent.people),
            *(DeliveryEvent.from_responder_id.label("giver"), Delivery.responder_id.label("owner")),
            Place.level,
            district.pcode.label("district"),
            region.pcode.label("region"),
            ReleasedEvent.event_id.label("told"),
        )
        .join(Delivery, Delivery.id == DeliveryEvent.delivery_id)
        .outerjoin(Place, Place.id == DeliveryEvent.place_id)
        .outerjoin(district, district.id == Place.district_id)
        .outerjoin(region, region.id == Place.state_id)
        .outerjoin(ReleasedEvent, ReleasedEvent.event_id == DeliveryEvent.id)
        .where(DeliveryEvent.delivery_id.in_(_due(fund_id, EventKind.DISTRIBUTED)))
        .where(DeliveryEvent.kind.in_([EventKind.DISTRIBUTED, EventKind.CORRECTED]))
        .order_by(DeliveryEvent.delivery_id, DeliveryEvent.id)
    )
    return unscoped(statement, because=_BECAUSE)


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids in parts that one statement can name."""
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))


def _counted(session: Session, deliveries: Sequence[int]) -> frozenset[int]:
    """Which of the deliveries a release counts already."""
    found: set[int] = set()
    for ids in _batches(deliveries):
        statement = (
            sa.select(DeliveryEvent.delivery_id)
            .join(ReleasedEvent, ReleasedEvent.event_id == DeliveryEvent.id)
            .where(DeliveryEvent.delivery_id.in_(ids), DeliveryEvent.kind == EventKind.DISTRIBUTED)
        )
        found.update(session.scalars(unscoped(statement, because=_BECAUSE)))
    return frozenset(found)


def _items(session: Session, deliveries: Sequence[int]) -> dict[int, frozenset[str]]:
    """What of the shipped catalogue each of the deliveries carries. A responder's own item could name it."""
    found: dict[int, set[str]] = defaultdict(set)
    for ids in _batches(deliveries):
        statement = (
            sa.select(DeliveryLine.delivery_id, Item.slug)
            .join(Item, Item.id == DeliveryLine.item_id)
            .where(DeliveryLine.delivery_id.in_(ids))
        )
        for delivery_id, slug in session.execute(unscoped(statement, because=_BECAUSE)):
            if slug:
                found[delivery_id].add(slug)
    return {delivery_id: frozenset(slugs) for delivery_id, slugs in found.items()}


@dataclass(frozen=True, slots=True)
class _Standing:
    """A distribution, the last word on it (itself, where nobody corrected it), and a row with that word's place."""

    event: Any
    word: Any
    place: Any

    @property
    def of_another(self) -> bool:
        """Another group of the network handed out what its giver tells."""
        return self.word.giver not in (None, self.event.owner)


def _standing(rows: Sequence[Any]) -> Iterator[_Standing]:
    """The distributions of one delivery that stand and that no release has counted."""
    if all(row.kind is EventKind.DISTRIBUTED for row in rows):
        yield from (_Standing(row, row, row) for row in rows if row.told is None)
        return
    uids = {row.id: row.uid for row in rows}
    roots = {row.uid: row for row in rows}
    places = {row.place_id: row for row in rows}
    facts = (
        Fact(
            uid=row.uid,
            kind=row.kind,
            happened_on=row.happened_on,
            recorded_at=row.recorded_at,
            device_at=row.device_at,
            corrects=uids.get(row.corrects_id, _OTHER) if row.corrects_id is not None else None,
            void=row.void,
            place_id=row.place_id,
            site_id=row.site_id,
            giver=row.giver,
            households=row.households,
            people=row.people,
        )
        for row in rows
    )
    for fact in standing(facts):
        if roots[fact.uid].told is None:
            yield _Standing(roots[fact.uid], fact, places[fact.place_id])


def _handout(one: _Standing, items: frozenset[str]) -> Handout:
    word, place = one.word, one.place
    return Handout(
        event_id=one.event.id,
        delivery_id=one.event.delivery_id,
        day=word.happened_on,
        district=place.district or place.region or _COUNTRY,
        region=place.region or _COUNTRY,
        village=_village(word.place_id, place.level, word.site_id),
        households=word.households or 0,
        people=word.people or 0,
        items=items,
    )


def _village(place_id: int | None, level: Level | None, site_id: int | None) -> tuple[int, int]:
    """What tells a village apart."""
    return place_id or 0, 0 if level in _VILLAGES else site_id or 0


def _losses(session: Session, fund_id: int) -> list[Loss]:
    """The fund's losses that stand and that no release has counted."""
    rows = session.execute(_lost(fund_id)).all()
    roots = {row.uid: row for row in rows}
    uids = {row.id: row.uid for row in rows}
    facts = (
        Fact(
            uid=row.uid,
            kind=row.kind,
            happened_on=row.happened_on,
            recorded_at=row.recorded_at,
            device_at=row.device_at,
            corrects=uids.get(row.corrects_id, _OTHER) if row.corrects_id is not None else None,
            # Nothing lost is no loss.
            void=row.void or not row.quantity_milli,
            reason=row.reason,
        )
        for row in rows
    )
    stand = [(roots[fact.uid], fact) for fact in standing(facts) if roots[fact.uid].told is None]
    villages = _stops(session, sorted({event.delivery_id for event, _word in stand}))
    return [
        Loss(event.id, event.delivery_id, word.happened_on, word.reason, villages.get(event.delivery_id, frozenset()))
        for event, word in stand
        if word.reason is not None
    ]


def _lost(fund_id: int) -> sa.Select[*tuple[Any, ...]]:
    """The losses and corrections of deliveries with a loss that no release has counted."""
    quantity = sa.select(sa.func.sum(EventQuantity.quantity_milli)).where(EventQuantity.event_id == DeliveryEvent.id)
    statement = (
        sa.select(
            *(DeliveryEvent.id, DeliveryEvent.uid, DeliveryEvent.delivery_id, DeliveryEvent.kind),
            *(DeliveryEvent.corrects_id, DeliveryEvent.void, DeliveryEvent.happened_on, DeliveryEvent.recorded_at),
            DeliveryEvent.device_at,
            DeliveryEvent.reason,
            quantity.scalar_subquery().label("quantity_milli"),
            ReleasedEvent.event_id.label("told"),
        )
        .outerjoin(ReleasedEvent, ReleasedEvent.event_id == DeliveryEvent.id)
        .where(DeliveryEvent.delivery_id.in_(_due(fund_id, EventKind.LOST)))
        .where(DeliveryEvent.kind.in_([EventKind.LOST, EventKind.CORRECTED]))
    )
    return unscoped(statement, because=_BECAUSE)


def _stops(session: Session, deliveries: Sequence[int]) -> dict[int, frozenset[tuple[int, int]]]:
    """The villages that each of the deliveries is for."""
    found: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for ids in _batches(deliveries):
        statement = (
            sa.select(DeliveryStop.delivery_id, DeliveryStop.place_id, Place.level, DeliveryStop.site_id)
            .join(Place, Place.id == DeliveryStop.place_id)
            .where(DeliveryStop.delivery_id.in_(ids))
        )
        for delivery_id, place_id, level, site_id in session.execute(unscoped(statement, because=_BECAUSE)):
            found[delivery_id].add(_village(place_id, level, site_id))
    return {delivery_id: frozenset(villages) for delivery_id, villages in found.items()}
