"""Many deliveries that were over long ago, recorded at once: all of them or none, in statements that do not grow with their number."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from aidnet import clock, codes
from aidnet.db import add_up, insert_many
from aidnet.deliveries import checking, references, rollups, service
from aidnet.deliveries.derive import Derived, Fact, derive
from aidnet.deliveries.drafts import DeliveryDraft, EventDraft, LineDraft
from aidnet.deliveries.models import Delivery, DeliveryLine, EventKind, EventQuantity, Item, ServedPlace
from aidnet.deliveries.references import Named, Spot
from aidnet.deliveries.totals import TOTALS, Around, Goods, Sums
from aidnet.errors import Invalid, Refused
from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission

#: What an old book tells of: what was handed out. Nothing of it is private, and nothing changes hands between groups.
_KINDS = frozenset({EventKind.DISTRIBUTED})
#: Items, own items and places a statement asks for, items by two names: databases take 65,535 values in one, some 32,766.
_AT_ONCE = 5_000


@dataclass(frozen=True)
class _Made:
    """A delivery that is being made, with what follows from it."""

    row: Delivery
    lines: Sequence[checking.Line]
    spots: Sequence[Spot]
    events: Sequence[tuple[EventDraft, Fact]]
    derived: Derived


def log_many(session: Session, actor: Actor, drafts: Sequence[DeliveryDraft]) -> tuple[list[Delivery], str]:
    """Record deliveries as imported; in their order, and a digest of them all for the caller's link of the audit chain.

    Raises: Refused; Invalid, for the first draft that cannot be.
    """
    if not actor.may(Permission.DELIVERY_LOG) or actor.responder_id is None:
        raise Refused
    if any(event.kind not in _KINDS for draft in drafts for event in draft.events):
        raise Invalid(_("Choose what happened."), field="kind")
    named = _named(session, actor, drafts)
    made = [_one(actor, actor.responder_id, draft, named) for draft in drafts]
    insert_many(session, [one.row for one in made])
    _write_lines(session, actor, made, named)
    _add_up(session, actor.responder_id, made, named)
    said = "\n".join(f"{one.row.code} {one.row.what} {one.row.first_on} {one.row.people}" for one in made)
    return [one.row for one in made], hashlib.sha256(said.encode()).hexdigest()


def _named(session: Session, actor: Actor, drafts: Sequence[DeliveryDraft]) -> Named:
    """All that the drafts name; items the responder never had are made. Three statements up to `_AT_ONCE` names."""
    lines = [line for draft in drafts for line in draft.lines]
    own: dict[str, LineDraft] = {}
    for line in lines:
        if line.own_name and not line.item:
            own.setdefault(references.name_key(line.own_name), line)
    items = sorted({line.item for line in lines if line.item})
    places = sorted({event.place for draft in drafts for event in draft.events})
    named = _found(session, actor, items, list(own), places)
    missing = {key: line for key, line in own.items() if key not in named.own_items}
    if missing and actor.responder_id is not None:
        _make_items(session, actor.responder_id, missing)
        named.own_items |= _found(session, actor, (), list(missing), ()).own_items
    return named


def _found(
    session: Session, actor: Actor, items: Sequence[str], own_items: Sequence[str], places: Sequence[str]
) -> Named:
    """What is there of all this, so many of each in a statement."""
    named = Named()
    for start in range(0, max(len(items), len(own_items), len(places)), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        found = references.find(session, actor, items=items[some], own_items=own_items[some], places=places[some])
        named.items |= found.items
        named.own_items |= found.own_items
        named.spots |= found.spots
    return named


def _make_items(session: Session, responder_id: int, missing: Mapping[str, LineDraft]) -> None:
    items = [service.new_item(responder_id, line) for line in missing.values()]
    names = [column.key for column in Item.__mapper__.column_attrs if column.key != "id"]
    rows = [{name: getattr(item, name) for name in names} for item in items]
    insert = (postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert)(Item)
    session.execute(insert.on_conflict_do_nothing(index_elements=["responder_id", "name_key"]), rows)


def _one(actor: Actor, responder_id: int, draft: DeliveryDraft, named: Named) -> _Made:
    now = clock.now()
    lines, _new = service.lines_of(responder_id, draft.lines, named)
    planned = {line.number: line.quantity_milli for line in lines}
    facts = [checking.fact(event, responder_id, planned, named, now) for event in draft.events]
    derived = derive(planned, facts, responder_id)
    row = Delivery(
        uid=draft.uid,
        code=codes.code_of("D", draft.uid),
        responder_id=responder_id,
        note=checking.text(draft.note, "note"),
        created_by_id=actor.user_id,
        created_at=now,
        imported=True,
        what=" ".join(line.ref for line in lines),
        version=1,
        **rollups.projection(derived),
    )
    return _Made(
        row, lines, checking.spots(draft, draft.events, named), list(zip(draft.events, facts, strict=True)), derived
    )


def _write_lines(session: Session, actor: Actor, made: Sequence[_Made], named: Named) -> None:
    """Lines, stops, events and their quantities: a statement for a thousand of each."""
    now = clock.now()
    lines = [
        DeliveryLine(
            delivery_id=one.row.id,
            number=line.number,
            item_id=line.item_id,
            quantity_milli=line.quantity_milli,
            unit=line.unit,
            weight_grams=line.weight_grams,
        )
        for one in made
        for line in one.lines
    ]
    insert_many(session, lines)
    insert_many(session, [service.stop_at(one.row.id, spot) for one in made for spot in one.spots])
    told = [
        (service.event_of(actor, one.row.id, draft, fact, named, now), fact)
        for one in made
        for draft, fact in one.events
    ]
    insert_many(session, [event for event, _fact in told])
    line_ids = {(line.delivery_id, line.number): line.id for line in lines}
    quantities = [
        {"event_id": event.id, "line_id": line_ids[event.delivery_id, number], "quantity_milli": milli}
        for event, fact in told
        for number, milli in fact.quantities.items()
    ]
    session.execute(sa.insert(EventQuantity), quantities)


def _add_up(session: Session, responder_id: int, made: Sequence[_Made], named: Named) -> None:
    """What all of them add to the running totals: a statement for each table."""
    arounds = [
        Around({line.number: Goods(line.item_id, line.unit, line.sector) for line in one.lines}, named.areas)
        for one in made
    ]
    for total in TOTALS:
        sums = _together(total.of(one.derived, around) for one, around in zip(made, arounds, strict=True))
        if sums:
            names = ("responder_id", *total.keys, *total.sums)
            rows = [dict(zip(names, (responder_id, *key, *sums[key]), strict=True)) for key in sorted(sums, key=repr)]
            add_up(session, total.model, rows, summed=total.sums)
    places: dict[int, tuple[int, date]] = {}
    for one in made:
        for place_id, (times, last_on) in one.derived.by_place.items():
            had, last = places.get(place_id, (0, last_on))
            places[place_id] = (had + times, max(last, last_on))
    rows = [
        {"responder_id": responder_id, "place_id": place_id, "distributions": times, "last_on": last_on}
        for place_id, (times, last_on) in sorted(places.items())
    ]
    add_up(session, ServedPlace, rows, summed=("distributions",), latest=("last_on",))


def _together(parts: Iterable[Sums]) -> Sums:
    found: Sums = {}
    for part in parts:
        for key, values in part.items():
            found[key] = tuple(old + new for old, new in zip(found.get(key, (0,) * len(values)), values, strict=True))
    return found
