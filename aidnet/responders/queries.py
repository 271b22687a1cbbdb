"""What is known of responders, as each audience may know it: where they reach is made coarse in the query itself."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import disclosure, policy
from aidnet.db import Base
from aidnet.disclosure import Level as Shown
from aidnet.errors import NotVisible
from aidnet.i18n import current_language
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.places.models import Level, Place, Site, SiteKind
from aidnet.policy import Actor, Permission
from aidnet.responders import names
from aidnet.responders.models import Reach, Responder, ResponderSector, Sector
from aidnet.web import keyset

_READ = Permission.RESPONDER_READ
#: Nobody's id: how the actor stands to a row of somebody else's.
_OTHERS = 0


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to; None and "" narrow nothing."""

    q: str = ""
    sector: Sector | None = None
    status: PartnerStatus | None = None
    #: P-code.
    district: str | None = None


@dataclass(frozen=True)
class ResponderLine:
    """A responder in a list, as the actor may see it."""

    partner: disclosure.Shown
    #: The code name; with the own name beside it, where the group shows it to the actor's partner.
    name: str
    profile: disclosure.Shown
    sectors: tuple[Sector, ...]
    districts: tuple[str, ...]


@dataclass(frozen=True)
class StateReach:
    """How far the network reaches in a state or region. `townships` may be WITHHELD."""

    name: str
    pcode: str
    responders: int
    districts: int
    townships: int | disclosure.Withheld
    villages: int


@dataclass(frozen=True)
class AreaReach:
    """How many active responders reach a district or township."""

    pcode: str
    level: Level
    name: str
    district: str
    district_pcode: str
    state: str
    state_pcode: str
    responders: int


def code_names(session: Session, actor: Actor, ids: Collection[int | None]) -> dict[int, str]:
    """The code names of some responders, by id. One statement, none where there is nothing to ask.

    Whether the actor may see who is meant is the caller's to ask of `disclosure` (`payout.responder` and the like).
    """
    wanted = {found for found in ids if found}
    if not wanted:
        return {}
    rows = session.execute(
        policy.select(actor, {Partner: _READ}, Partner.id, Partner.code_name).where(Partner.id.in_(wanted))
    )
    return {row.id: row.code_name for row in rows}


def reach_level(actor: Actor, owner_id: int = _OTHERS) -> Shown:
    """The finest level at which the actor sees where the responder `owner_id` (else: any other) reaches."""
    return disclosure.level_of("reach", "place", disclosure.audience_of(actor, owner_id))


def coarse(level: Shown) -> sa.SQLColumnExpression[int]:
    """The id of the place that stands for `Place` at `level`. SECURITY: finer ids never leave the database."""
    if level is Shown.WITHHELD:
        return sa.cast(sa.null(), sa.Integer)
    finest = {
        Shown.FULL: (Place.id,),
        Shown.TOWNSHIP: (Place.township_id, Place.district_id, Place.state_id, Place.id),
        Shown.DISTRICT: (Place.district_id, Place.state_id, Place.id),
        Shown.REGION: (Place.state_id, Place.id),
    }[level]
    return sa.func.coalesce(*finest) if len(finest) > 1 else Place.id


def _name(place: type[Place]) -> sa.ColumnElement[str]:
    official = place.name_my if current_language() == "my" else place.name_en
    return sa.func.coalesce(place.display_name, official)


def _list(actor: Actor, wanted: Wanted) -> sa.Select[Any]:
    reads: dict[type[Base], Permission] = {Partner: _READ, Responder: _READ, Reach: _READ}
    statement = policy.unscoped(
        policy.select(actor, reads, Partner, Responder, names.is_shown(actor)), because="names shown carry their rule"
    ).join(Responder, Responder.id == Partner.id)
    if wanted.q:
        typed = wanted.q.casefold()
        statement = statement.where(
            Partner.code_name_key.contains(typed, autoescape=True) | (Partner.code == wanted.q.strip().upper())
        )
    if wanted.status:
        statement = statement.where(Partner.status == wanted.status)
    if wanted.sector:
        having = sa.select(ResponderSector.responder_id).where(ResponderSector.sector == wanted.sector)
        statement = statement.where(Partner.id.in_(having))
    if wanted.district:
        home = aliased(Place)
        there = (
            sa.select(Reach.responder_id)
            .join(Place, Place.id == Reach.place_id)
            .join(home, home.id == Place.district_id)
            .where(home.pcode == wanted.district, Reach.until_on.is_(None))
        )
        statement = statement.where(Partner.id.in_(there))
    return statement


def page(session: Session, actor: Actor, wanted: Wanted, after: str | None) -> keyset.Page[ResponderLine]:
    """Responders by code name. Three statements."""
    found = keyset.page(session, _list(actor, wanted), Partner.code_name_key, Partner.id, after=after, descending=False)
    return keyset.Page(_lines(session, actor, found.rows), found.after)


def everyone(session: Session, actor: Actor, wanted: Wanted) -> Iterator[ResponderLine]:
    """The same list whole. Three statements."""
    rows = session.execute(_list(actor, wanted).order_by(Partner.code_name_key, Partner.id)).all()
    yield from _lines(session, actor, rows)


def _lines(session: Session, actor: Actor, rows: Sequence[Any]) -> list[ResponderLine]:
    ids = [partner.id for partner, _responder, _is_shown in rows]
    sectors = _sectors(session, actor, ids)
    districts = _districts(session, actor, ids)
    return [
        ResponderLine(
            disclosure.show(actor, partner),
            names.called(actor, partner, shown=is_shown),
            disclosure.show(actor, responder),
            sectors.get(partner.id, ()),
            districts.get(partner.id, ()),
        )
        for partner, responder, is_shown in rows
    ]


def _sectors(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, tuple[Sector, ...]]:
    rows = session.execute(
        policy.select(actor, {Responder: _READ}, ResponderSector.responder_id, ResponderSector.sector)
        .join(Responder, Responder.id == ResponderSector.responder_id)
        .where(ResponderSector.responder_id.in_(ids))
        .order_by(ResponderSector.sector)
    )
    found: defaultdict[int, list[Sector]] = defaultdict(list)
    for row in rows:
        found[row.responder_id].append(row.sector)
    return {key: tuple(values) for key, values in found.items()}


def _districts(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Names of the districts each reaches now, no finer than the actor may see of anybody."""
    level = Shown.REGION if reach_level(actor) is Shown.REGION else Shown.DISTRICT
    home = aliased(Place)
    rows = session.execute(
        policy.select(actor, {Reach: _READ}, Reach.responder_id, _name(home).label("name"))
        .join(Place, Place.id == Reach.place_id)
        .join(home, home.id == coarse(level))
        .where(Reach.responder_id.in_(ids), Reach.until_on.is_(None))
        .distinct()
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row.responder_id].append(row.name)
    return {key: tuple(sorted(values)) for key, values in found.items()}


def active_count(session: Session, actor: Actor) -> int:
    """How many responders are active."""
    statement = policy.select(actor, {Partner: _READ}, sa.func.count(Partner.id)).where(
        Partner.status == PartnerStatus.ACTIVE
    )
    return session.scalar(statement) or 0


def by_state(session: Session, actor: Actor) -> list[StateReach]:
    """How far active responders reach in each state or region, most villages first.

    Shape: a row for each state that somebody reaches now. Counts are of different places, however many responders reach
    them, and never narrower than a state: what a list is narrowed to does not change them.
    Units: villages are villages of the gazetteer, and villages that responders added.
    """
    state = aliased(Place)
    village = sa.case(((Place.level == Level.VILLAGE) & Reach.site_id.is_(None), Place.id))
    added = sa.case((Site.kind == SiteKind.VILLAGE, Site.id))
    rows = session.execute(
        policy.unscoped(
            policy.select(
                actor,
                {Reach: _READ, Partner: _READ},
                state.pcode,
                _name(state).label("name"),
                sa.func.count(Reach.responder_id.distinct()).label("responders"),
                sa.func.count(Place.district_id.distinct()).label("districts"),
                sa.func.count(Place.township_id.distinct()).label("townships"),
                (sa.func.count(village.distinct()) + sa.func.count(added.distinct())).label("villages"),
            )
            .join(Partner, Partner.id == Reach.responder_id)
            .join(Place, Place.id == Reach.place_id)
            .join(state, state.id == Place.state_id)
            .outerjoin(Site, Site.id == Reach.site_id)
            .where(Partner.status == PartnerStatus.ACTIVE, Reach.until_on.is_(None))
            .group_by(state.id, state.pcode, _name(state)),
            because="sites are counted by state and not shown",
        )
    ).all()
    found = [
        StateReach(
            row.name,
            row.pcode,
            row.responders,
            row.districts,
            disclosure.field(actor, "reach", "townships", row.townships, owner_id=_OTHERS),
            disclosure.field(actor, "reach", "villages", row.villages, owner_id=_OTHERS),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.villages, one.name))


def by_area(session: Session, actor: Actor) -> list[AreaReach]:
    """How many active responders reach each township (district, for who may not see townships), by P-code."""
    home, district, state = aliased(Place), aliased(Place), aliased(Place)
    rows = session.execute(
        policy.select(
            actor,
            {Reach: _READ, Partner: _READ},
            home.pcode,
            home.level,
            _name(home).label("name"),
            _name(district).label("district"),
            district.pcode.label("district_pcode"),
            _name(state).label("state"),
            state.pcode.label("state_pcode"),
            sa.func.count(Reach.responder_id.distinct()).label("responders"),
        )
        .join(Partner, Partner.id == Reach.responder_id)
        .join(Place, Place.id == Reach.place_id)
        .join(home, home.id == coarse(reach_level(actor)))
        .join(state, state.id == home.state_id)
        .outerjoin(district, district.id == home.district_id)
        .where(Partner.status == PartnerStatus.ACTIVE, Reach.until_on.is_(None))
        .group_by(
            home.id, home.pcode, home.level, _name(home), _name(district), district.pcode, _name(state), state.pcode
        )
        .order_by(home.pcode)
    )
    return [
        AreaReach(
            row.pcode,
            row.level,
            row.name,
            row.district or "",
            row.district_pcode or "",
            row.state,
            row.state_pcode,
            row.responders,
        )
        for row in rows
    ]


def found(session: Session, actor: Actor, code: str) -> tuple[Partner, Responder, str]:
    """A responder by its code, both its rows, and what the actor calls it. One statement. Raises: NotVisible."""
    statement = (
        policy.select(actor, {Partner: _READ, Responder: _READ}, Partner, Responder, names.is_shown(actor))
        .join(Responder, Responder.id == Partner.id)
        .where(Partner.code == code)
    )
    row = session.execute(policy.unscoped(statement, because="names shown carry their rule")).first()
    if row is None:
        raise NotVisible
    return row[0], row[1], names.called(actor, row[0], shown=row[2])


def sectors_of(session: Session, actor: Actor, responder_id: int) -> tuple[Sector, ...]:
    """The sectors one responder works in."""
    return _sectors(session, actor, [responder_id]).get(responder_id, ())
