"""Lists of deliveries: searched, filtered, page by page or whole, as the actor may see them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import clock, codes, policy
from aidnet.db import unindexed
from aidnet.deliveries.items import Items
from aidnet.deliveries.models import Delivery, DeliveryLine, DeliveryState, DeliveryStop
from aidnet.deliveries.plan_models import DeliveryLeg
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

#: A filter with no more rows than this leads; with more, the list is walked until a page is full.
_FEW = 3_000
#: "D-7K" and longer is borne by one in a thousand deliveries at most: its index leads.
_LONG_CODE = 4

#: `Wanted.state`: deliveries some of which may still be handed out, those that do not add up, those late against their plan.
OPEN, QUESTION, LATE = "open", "question", "late"


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to; what is empty narrows nothing."""

    #: A code or its beginning, or part of an item's name.
    q: str = ""
    #: A state, OPEN, QUESTION or LATE.
    state: str = ""
    #: An item's `ref`.
    item: str = ""
    place: Option | None = None
    #: The last day anything happened, from and to.
    since: date | None = None
    until: date | None = None
    #: The day it should reach its villages.
    due: date | None = None
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


@dataclass(frozen=True)
class _Narrow:
    """Deliveries named by the rows of another table: found by walking the list, or, where they are few, from these rows."""

    rows: sa.Select[Any]
    walking: sa.ColumnElement[bool]


def _statement(session: Session, actor: Actor, wanted: Wanted, items: Items, *columns: Any) -> sa.Select[Any]:
    """The list, not yet sorted. At most one statement of its own: how many rows a filter has, counted no further than `_FEW`."""
    rule: sa.ColumnElement[bool] = policy.rule(actor, Permission.DELIVERY_READ, Delivery) & (Delivery.responder_id == actor.responder_id)
    narrows = _narrows(wanted, items)
    few = _fewest(session, narrows)
    if few is not None:
        rule = unindexed(rule) & Delivery.id.in_(few.rows)
    elif len(wanted.q) >= _LONG_CODE and _code(wanted.q) is not None:
        rule = unindexed(rule)
    statement = sa.select(*(columns or (Delivery,))).where(rule, *(each.walking for each in narrows if each is not few))
    if wanted.state == OPEN:
        statement = statement.where(Delivery.is_open)
    elif wanted.state == QUESTION:
        statement = statement.where(Delivery.has_discrepancy)
    elif wanted.state == LATE:
        statement = statement.where(is_late())
    elif wanted.state:
        statement = statement.where(Delivery.state == DeliveryState(wanted.state))
    if wanted.since:
        statement = statement.where(Delivery.last_on >= wanted.since)
    if wanted.until:
        statement = statement.where(Delivery.last_on <= wanted.until)
    if wanted.due:
        statement = statement.where(Delivery.is_open.in_([True, False]), Delivery.planned_on == wanted.due)
    code = _code(wanted.q)
    if code is not None:
        statement = statement.where(code)
    return policy.unscoped(statement, because="the rule of deliveries is in it, in whichever form finds them soonest")


def is_late() -> sa.ColumnElement[bool]:
    """Open after the day it should have reached its villages; or nothing was heard since the day a leg should have ended."""
    today = clock.today()
    unheard = (DeliveryLeg.expected_on < today) & (DeliveryLeg.expected_on > Delivery.last_on)
    overdue = sa.exists().where(DeliveryLeg.delivery_id == Delivery.id, unheard).correlate(Delivery)
    return Delivery.is_open & ((Delivery.planned_on < today) | overdue)


def _fewest(session: Session, narrows: Sequence[_Narrow]) -> _Narrow | None:
    """The filter with the fewest rows, where they are few."""
    if not narrows:
        return None
    counts = [sa.select(sa.func.count()).select_from(each.rows.limit(_FEW + 1).subquery()).scalar_subquery() for each in narrows]
    found = session.execute(policy.unscoped(sa.select(*counts), because="counted, not shown: it chooses how to look")).one()
    least = min(range(len(narrows)), key=lambda place: found[place])
    return narrows[least] if found[least] <= _FEW else None


def _narrows(wanted: Wanted, items: Items) -> list[_Narrow]:
    found = []
    if wanted.q and _code(wanted.q) is None:
        found.append(_has_line(items.ids_like(wanted.q)))
    if wanted.item:
        item = items.by_ref.get(wanted.item)
        found.append(_has_line([item.id] if item else []))
    if wanted.place and wanted.place.level is not PlaceLevel.COUNTRY:
        found.append(_goes_to(wanted.place))
    return found


def _code(typed: str) -> sa.ColumnElement[bool] | None:
    """What was typed as a code or its beginning; None where it is none."""
    whole = codes.read("D", typed)
    if whole:
        return Delivery.code == whole
    begun = typed.upper().replace(" ", "")
    if begun.startswith("D-") and len(begun) > 2:
        return (Delivery.code >= begun) & (Delivery.code < begun + "~")
    return None


def _has_line(item_ids: Sequence[int]) -> _Narrow:
    named = DeliveryLine.item_id.in_(item_ids)
    return _Narrow(sa.select(DeliveryLine.delivery_id).where(named), sa.exists().where(DeliveryLine.delivery_id == Delivery.id, named))


def _goes_to(place: Option) -> _Narrow:
    column = {
        PlaceLevel.STATE: DeliveryStop.state_id,
        PlaceLevel.DISTRICT: DeliveryStop.district_id,
        PlaceLevel.TOWNSHIP: DeliveryStop.township_id,
    }.get(place.level)
    if column is not None:
        there = column == place.place_id
    elif place.site_id:
        there = (DeliveryStop.place_id == place.place_id) & (DeliveryStop.site_id == place.site_id)
    else:
        within = sa.select(Place.id).where((Place.id == place.place_id) | (Place.parent_id == place.place_id))
        there = DeliveryStop.place_id.in_(within)
    return _Narrow(sa.select(DeliveryStop.delivery_id).where(there), sa.exists().where(DeliveryStop.delivery_id == Delivery.id, there))


def page(session: Session, actor: Actor, wanted: Wanted, items: Items, after: str | None) -> keyset.Page[DeliveryRow]:
    """One page of deliveries, newest word first (or newest day). Four statements at most."""
    by = Delivery.last_on if wanted.by_day else Delivery.last_recorded_at
    found = keyset.page(session, _statement(session, actor, wanted, items), by, Delivery.id, after=after)
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
    rows = stop_rows(session, actor, ids)
    return stops(actor, rows, paths(session, {row.place_id for row in rows}))


def stop_rows(session: Session, actor: Actor, ids: Collection[int]) -> Sequence[Any]:
    """The places of deliveries for `stops()`; none for an actor who does not see them. One statement."""
    if not ids or level_of("delivery", "place", audience_of(actor, actor.responder_id)) is not Level.FULL:
        return ()
    statement = policy.unscoped(
        sa.select(DeliveryStop.delivery_id, DeliveryStop.place_id, Site)
        .select_from(DeliveryStop)
        .join(Delivery, Delivery.id == DeliveryStop.delivery_id)
        .outerjoin(Site, (Site.id == DeliveryStop.site_id) & policy.rule(actor, Permission.SITE_READ, Site))
        .where(unindexed(policy.rule(actor, Permission.DELIVERY_READ, Delivery)), DeliveryStop.delivery_id.in_(ids))
        .order_by(DeliveryStop.delivery_id, DeliveryStop.id),
        because="deliveries and sites each carry their own rule here; a place without a site stays in the list",
    )
    return session.execute(statement).all()


def stops(actor: Actor, rows: Sequence[Any], known: Mapping[int, PlacePath]) -> dict[int, tuple[Stop, ...]]:
    """The places of deliveries, by id. `known`: their paths."""
    found: defaultdict[int, list[Stop]] = defaultdict(list)
    for row in rows:
        path = field(actor, "delivery_stop", "place", known[row.place_id], owner_id=actor.responder_id)
        if not isinstance(path, Withheld):
            site = show(actor, row.Site) if row.Site else None
            found[row.delivery_id].append(Stop(path, str(site.name) if site else "", str(site.code) if site else ""))
    return {delivery_id: tuple(its) for delivery_id, its in found.items()}


def _named_places(session: Session, listed: sa.Select[Any]) -> dict[str, tuple[str, str]]:
    """The places of all deliveries `listed` (their ids), by id as text: the name, and the township's. One statement."""
    township = aliased(Place)
    language = "name_my" if current_language() == "my" else "name_en"
    going = sa.select(DeliveryStop.place_id).where(DeliveryStop.delivery_id.in_(listed))
    statement = (
        sa.select(
            Place.id,
            sa.func.coalesce(Place.display_name, getattr(Place, language)),
            sa.func.coalesce(township.display_name, getattr(township, language), ""),
        )
        .outerjoin(township, township.id == Place.township_id)
        .where(Place.id.in_(going))
    )
    rows = session.execute(policy.unscoped(statement, because="of deliveries listed under their rule"))
    return {str(place_id): (name, township_name) for place_id, name, township_name in rows}


def _local_day(instant: datetime) -> date:
    return instant.astimezone(clock.YANGON).date()


def export(session: Session, actor: Actor, wanted: Wanted, items: Items) -> tuple[list[str], Iterator[list[Any]]]:
    """The whole list as a header and rows, for a file: read as it is written. Three statements at most."""
    goes_to = sa.select(sa.func.aggregate_strings(sa.cast(DeliveryStop.place_id, sa.Text()), " "))
    goes_to = goes_to.where(DeliveryStop.delivery_id == Delivery.id).correlate(Delivery)
    listed = _statement(session, actor, wanted, items, Delivery.id)
    places = _named_places(session, listed) if sees(actor, "place") else {}
    states = {state: str(word) for state, (_kind, word) in STATES.items()}

    def named(which: int) -> Callable[[str], str]:
        return lambda ids: "; ".join(dict.fromkeys(places[place_id][which] for place_id in ids.split()))

    columns: list[tuple[str, str, Any, Callable[[Any], object] | None]] = [
        (_("Code"), "code", Delivery.code, None),
        (_("State"), "state", Delivery.state, states.__getitem__),
        (_("What"), "what", Delivery.what, cache(items.what)),
        (_("Places"), "place", goes_to.scalar_subquery().label("places"), cache(named(0))),
        (_("Townships"), "place", None, cache(named(1))),
        (_("First day"), "first_on", Delivery.first_on, None),
        (_("Last day"), "last_on", Delivery.last_on, None),
        (_("Households"), "households", Delivery.households, None),
        (_("People"), "people", Delivery.people, None),
        (_("Does not add up"), "has_discrepancy", Delivery.has_discrepancy, None),
        (_("Last word"), "last_recorded_at", Delivery.last_recorded_at, _local_day),
        (_("Imported"), "imported", Delivery.imported, None),
    ]
    seen = [column for column in columns if sees(actor, column[1])]
    by = Delivery.last_on if wanted.by_day else Delivery.last_recorded_at
    statement = listed.with_only_columns(*(column for _header, _name, column, _say in seen if column is not None))
    statement = statement.order_by(by.desc(), Delivery.id.desc()).execution_options(yield_per=1_000)
    # A column of its own has a place in the row; townships are told from the places before them.
    at, last = [], -1
    for _header, _name, column, _say in seen:
        last += column is not None
        at.append(last)
    says = [(place, say) for place, (_header, _name, _column, say) in zip(at, seen, strict=True)]

    def rows() -> Iterator[list[Any]]:
        for row in session.execute(statement):
            yield [say(row[place]) if say and row[place] is not None else row[place] for place, say in says]

    return [header for header, _name, _column, _say in seen], rows()
