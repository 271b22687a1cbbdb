"""Lists of deliveries: searched, filtered, page by page or whole, as the actor may see them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, codes, policy
from aidnet.deliveries.items import Items
from aidnet.deliveries.models import Delivery, DeliveryLine, DeliveryState, DeliveryStop
from aidnet.deliveries.words import STATES
from aidnet.disclosure import Level, Shown, Withheld, audience_of, field, level_of, show
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.places.models import Level as PlaceLevel
from aidnet.places.models import Place, Site
from aidnet.places.queries import PlacePath, paths
from aidnet.places.search import Option
from aidnet.policy import Actor, Permission
from aidnet.web import keyset

#: `Wanted.state`: deliveries some of which may still be handed out, and those that do not add up.
OPEN, QUESTION = "open", "question"


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to; what is empty narrows nothing."""

    #: A code or its beginning, or part of an item's name.
    q: str = ""
    #: A state, OPEN or QUESTION.
    state: str = ""
    #: An item's `ref`.
    item: str = ""
    place: Option | None = None
    #: The last day anything happened, from and to.
    since: date | None = None
    until: date | None = None
    #: By that day; else by when we last heard.
    by_day: bool = False


@dataclass(frozen=True)
class Stop:
    """A place of a delivery, as the actor may see it."""

    path: PlacePath
    #: The name and code of an own site there; "": the place itself.
    site: str
    site_code: str

    @property
    def code(self) -> str:
        """What forms call it."""
        return self.site_code or self.path.pcode

    @property
    def name(self) -> str:
        return self.site or self.path.name


@dataclass(frozen=True)
class DeliveryRow:
    """A delivery in a list."""

    delivery: Shown
    what: str
    stops: tuple[Stop, ...]
    kind: str
    state: str

    @property
    def where(self) -> str:
        """The places in a few words: "Ywar Thit, Kani Ywar and 2 more"."""
        names = list(dict.fromkeys(stop.name for stop in self.stops))
        more = len(names) - 2
        shown = ", ".join(names[:2])
        return _("%(places)s and %(more)s more", places=shown, more=more) if more > 0 else shown

    @property
    def area(self) -> str:
        """The townships they lie in."""
        return ", ".join(dict.fromkeys(stop.path.township or stop.path.name for stop in self.stops))


def sees(actor: Actor, name: str) -> bool:
    """Whether the actor sees `delivery.<name>` of the deliveries that are the actor's to read; what is not seen cannot be searched by."""
    return level_of("delivery", name, audience_of(actor, actor.responder_id)) is Level.FULL


def _statement(actor: Actor, wanted: Wanted, items: Items, *columns: Any) -> sa.Select[Any]:
    statement = policy.select(actor, {Delivery: Permission.DELIVERY_READ}, *(columns or (Delivery,)))
    statement = statement.where(Delivery.responder_id == actor.responder_id)
    if wanted.q:
        statement = statement.where(_searched(wanted.q, items))
    if wanted.state == OPEN:
        statement = statement.where(Delivery.is_open)
    elif wanted.state == QUESTION:
        statement = statement.where(Delivery.has_discrepancy)
    elif wanted.state:
        statement = statement.where(Delivery.state == DeliveryState(wanted.state))
    if wanted.item:
        item = items.by_ref.get(wanted.item)
        statement = statement.where(_has_line([item.id] if item else []))
    if wanted.place:
        statement = statement.where(_goes_to(wanted.place))
    if wanted.since:
        statement = statement.where(Delivery.last_on >= wanted.since)
    if wanted.until:
        statement = statement.where(Delivery.last_on <= wanted.until)
    return statement


def _searched(typed: str, items: Items) -> sa.ColumnElement[bool]:
    whole = codes.read("D", typed)
    if whole:
        return Delivery.code == whole
    begun = typed.upper().replace(" ", "")
    if begun.startswith("D-") and len(begun) > 2:
        return (Delivery.code >= begun) & (Delivery.code < begun + "~")
    return _has_line(items.ids_like(typed))


def _has_line(item_ids: Sequence[int]) -> sa.ColumnElement[bool]:
    return sa.exists().where(DeliveryLine.delivery_id == Delivery.id, DeliveryLine.item_id.in_(item_ids))


def _goes_to(place: Option) -> sa.ColumnElement[bool]:
    column = {
        PlaceLevel.STATE: DeliveryStop.state_id,
        PlaceLevel.DISTRICT: DeliveryStop.district_id,
        PlaceLevel.TOWNSHIP: DeliveryStop.township_id,
    }.get(place.level, DeliveryStop.place_id)
    if place.level is PlaceLevel.COUNTRY:
        return sa.true()
    there = column == place.place_id
    if place.site_id:
        there = DeliveryStop.site_id == place.site_id
    elif column is DeliveryStop.place_id:
        there |= DeliveryStop.place_id.in_(sa.select(Place.id).where(Place.parent_id == place.place_id))
    return sa.exists().where(DeliveryStop.delivery_id == Delivery.id, there)


def page(session: Session, actor: Actor, wanted: Wanted, items: Items, after: str | None) -> keyset.Page[DeliveryRow]:
    """One page of deliveries, newest word first (or newest day). Three statements."""
    by = Delivery.last_on if wanted.by_day else Delivery.last_recorded_at
    found = keyset.page(session, _statement(actor, wanted, items), by, Delivery.id, after=after)
    return keyset.Page(rows_of(session, actor, found.rows, items), found.after)


def rows_of(session: Session, actor: Actor, deliveries: Sequence[Delivery], items: Items) -> list[DeliveryRow]:
    """Deliveries as a list shows them. Two statements."""
    stops = stops_of(session, actor, [delivery.id for delivery in deliveries])
    rows = []
    for delivery in deliveries:
        shown = show(actor, delivery)
        kind, word = STATES[shown.state]
        rows.append(DeliveryRow(shown, items.what(shown.what), stops.get(delivery.id, ()), kind, str(word)))
    return rows


def stops_of(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, tuple[Stop, ...]]:
    """The places of deliveries, by id; empty for an actor who does not see them. Two statements."""
    if not ids or not sees(actor, "place"):
        return {}
    statement = policy.unscoped(
        sa.select(DeliveryStop.delivery_id, DeliveryStop.place_id, Site)
        .select_from(DeliveryStop)
        .join(Delivery, Delivery.id == DeliveryStop.delivery_id)
        .outerjoin(Site, (Site.id == DeliveryStop.site_id) & policy.rule(actor, Permission.SITE_READ, Site))
        .where(policy.rule(actor, Permission.DELIVERY_READ, Delivery), DeliveryStop.delivery_id.in_(ids))
        .order_by(DeliveryStop.delivery_id, DeliveryStop.id),
        because="deliveries and sites each carry their own rule here; a place without a site stays in the list",
    )
    rows = session.execute(statement).all()
    known = paths(session, {row.place_id for row in rows})
    found: defaultdict[int, list[Stop]] = defaultdict(list)
    for row in rows:
        path = field(actor, "delivery_stop", "place", known[row.place_id], owner_id=actor.responder_id)
        if not isinstance(path, Withheld):
            site = show(actor, row.Site) if row.Site else None
            found[row.delivery_id].append(Stop(path, str(site.name) if site else "", str(site.code) if site else ""))
    return {delivery_id: tuple(stops) for delivery_id, stops in found.items()}


def _place_names(coarse: bool) -> Any:
    place = Place.name_my if current_language() == "my" else Place.name_en
    on = DeliveryStop.township_id if coarse else DeliveryStop.place_id
    named = sa.select(sa.func.coalesce(Place.display_name, place).label("name")).distinct()
    inner = named.join(DeliveryStop, on == Place.id).where(DeliveryStop.delivery_id == Delivery.id).correlate(Delivery).subquery()
    return sa.select(sa.func.aggregate_strings(inner.c.name, "; ")).scalar_subquery()


def _local_day(instant: datetime) -> date:
    return instant.astimezone(clock.YANGON).date()


def export(session: Session, actor: Actor, wanted: Wanted, items: Items) -> tuple[list[str], Iterator[list[Any]]]:
    """The whole list as a header and rows, for a file: read as it is written. One statement."""
    columns: list[tuple[str, str, Any]] = [
        (_("Code"), "code", Delivery.code),
        (_("State"), "state", Delivery.state),
        (_("What"), "what", Delivery.what),
        (_("Places"), "place", _place_names(coarse=False)),
        (_("Townships"), "place", _place_names(coarse=True)),
        (_("First day"), "first_on", Delivery.first_on),
        (_("Last day"), "last_on", Delivery.last_on),
        (_("Households"), "households", Delivery.households),
        (_("People"), "people", Delivery.people),
        (_("Does not add up"), "has_discrepancy", Delivery.has_discrepancy),
        (_("Last word"), "last_recorded_at", Delivery.last_recorded_at),
    ]
    seen = [column for column in columns if sees(actor, column[1])]
    by = Delivery.last_on if wanted.by_day else Delivery.last_recorded_at
    statement = _statement(actor, wanted, items, *(column for _header, _name, column in seen)).order_by(by.desc(), Delivery.id.desc())
    states = {state: str(word) for state, (_kind, word) in STATES.items()}
    said: dict[str, Callable[[Any], object]] = {"state": states.__getitem__, "what": items.what, "last_recorded_at": _local_day}
    as_said = [said.get(name) for _header, name, _column in seen]

    def rows() -> Iterator[list[Any]]:
        for row in session.execute(statement.execution_options(yield_per=1_000)):
            yield [say(value) if say and value is not None else value for say, value in zip(as_said, row, strict=True)]

    return [header for header, _name, _column in seen], rows()
