"""Where the next truck is needed most: what all groups' open needs say, less what arrived there lately.

Others' needs are known by township, sector, urgency and band of people (disclosure/matrix.toml); so nothing here is finer.
Every need, the own ones too, counts as the most of its band: sums of bands tell no exact number, however one adds to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.deliveries.models import ServedMonth
from aidnet.deliveries.served import shown_to
from aidnet.disclosure import most_of_band
from aidnet.needs.models import Need, NeedState, Urgency
from aidnet.needs.rows import MOST_URGENT, STALE_AFTER, STANDING, fell_through, urgent_first
from aidnet.places.models import Level, Place
from aidnet.places.queries import PlacePath, paths
from aidnet.policy import Actor, Permission
from aidnet.responders.models import Sector

#: How much a person counts in a need of each urgency.
WEIGHTS = {Urgency.CRITICAL: 3, Urgency.HIGH: 2, Urgency.MEDIUM: 1}
#: A need that nobody counted is taken for this many.
NOT_COUNTED = 50


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to; None narrows nothing."""

    region: Place | None = None
    sector: Sector | None = None


@dataclass(frozen=True)
class Gap:
    """What is missing of one kind of help in one township. People are sums of the most of each band: "up to"."""

    township: PlacePath
    sector: Sector
    #: The most urgent of the open needs that are fresh; None: none is.
    urgency: Urgency | None
    open: int
    people: int
    #: Of those, needs without a number.
    not_counted: int
    #: A delivery is on its way for them, or was handed out there: they count for nothing here.
    covered: int
    #: Not heard of for longer than two weeks: they count for nothing either.
    stale: int
    served: int
    #: People times urgency.
    weighted: int
    heard_on: date

    @property
    def points(self) -> int:
        """What the list is ranked by."""
        return max(self.weighted - self.served, 0)


def served_since() -> date:
    """The first day of the last month but this: what was served is kept by month."""
    return (clock.today().replace(day=1) - timedelta(days=1)).replace(day=1)


def gaps(session: Session, actor: Actor, wanted: Wanted) -> Sequence[Gap]:
    """Every township and sector with standing needs, the most points first. Three statements, as many rows as there are of these."""
    told = _needs(session, actor, wanted)
    served = _served(session, actor, {township for township, _sector in told})
    known = paths(session, {township for township, _sector in told})
    found = []
    for (township, sector), row in told.items():
        path = disclosure.field(actor, "need", "place", known[township], owner_id=0)
        found.append(
            Gap(
                township=path,
                sector=sector,
                urgency=MOST_URGENT[row.urgency] if row.urgency is not None else None,
                open=row.open,
                people=row.people,
                not_counted=row.not_counted,
                covered=row.covered,
                stale=row.stale,
                served=served.get((township, sector.value), 0),
                weighted=row.weighted,
                heard_on=row.heard_on,
            )
        )
    return sorted(found, key=lambda gap: (-gap.points, -gap.weighted, gap.township.pcode, gap.sector.value))


def _needs(session: Session, actor: Actor, wanted: Wanted) -> dict[tuple[int, Sector], sa.Row[*tuple[object, ...]]]:
    """What stands, added up."""
    open_now = (Need.state == NeedState.OPEN) | fell_through()
    standing = sa.select(
        Need.township_id,
        Need.sector,
        Need.people,
        Need.heard_on,
        urgent_first().label("rank"),
        sa.case((open_now, 1), else_=0).label("is_open"),
        sa.case((Need.heard_on >= clock.today() - STALE_AFTER, 1), else_=0).label("is_fresh"),
    ).where(policy.rule(actor, Permission.NEED_GAPS, Need), Need.state.in_(STANDING), Need.township_id.is_not(None))
    if wanted.region:
        standing = standing.where(Need.state_id == wanted.region.id)
    if wanted.sector:
        standing = standing.where(Need.sector == wanted.sector)
    need = standing.subquery().c
    is_fresh, counts = need.is_fresh == 1, (need.is_fresh == 1) & (need.is_open == 1)
    people = sa.case((need.people.is_(None), NOT_COUNTED), else_=most_of_band(need.people))
    weight = sa.case({rank: WEIGHTS[one] for rank, one in enumerate(MOST_URGENT)}, value=need.rank)

    def total(where: sa.ColumnElement[bool], what: sa.ColumnElement[int] | int = 1) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((where, what), else_=0))

    statement = sa.select(
        need.township_id,
        need.sector,
        sa.func.min(sa.case((counts, need.rank))).label("urgency"),
        total(counts).label("open"),
        total(counts, people).label("people"),
        total(counts & need.people.is_(None)).label("not_counted"),
        total(is_fresh & (need.is_open == 0)).label("covered"),
        total(~is_fresh).label("stale"),
        total(counts, people * weight).label("weighted"),
        sa.func.max(need.heard_on, type_=sa.Date()).label("heard_on"),
    ).group_by(need.township_id, need.sector)
    because = "needs carry their rule; whether a delivery is still on its way for one is told in sums only"
    return {(row.township_id, row.sector): row for row in session.execute(policy.unscoped(statement, because=because))}


def _served(session: Session, actor: Actor, townships: set[int]) -> dict[tuple[int, str], int]:
    """People served there lately by everybody, by township and sector: each group's month as the most of its band.

    A group that withholds itself is left out here too: beside "Served lately", which leaves it out, its part would show.
    """
    if not actor.may(Permission.SERVED_READ) or not townships:
        return {}
    people = sa.func.sum(most_of_band(ServedMonth.people))
    lately = sa.select(ServedMonth.area_id, ServedMonth.sector, people).where(
        ServedMonth.month >= served_since(), ServedMonth.area_id.in_(townships), ServedMonth.sector != "", shown_to(actor)
    )
    because = "what all groups served, by township and band, as the matrix shows it to whoever may read it"
    grouped = policy.unscoped(lately.group_by(ServedMonth.area_id, ServedMonth.sector), because=because)
    return {(area, sector): int(people) for area, sector, people in session.execute(grouped)}


def region_of(gap: Gap) -> str:
    """The P-code of the region a gap lies in."""
    state = gap.township.step(Level.STATE)
    return state.pcode if state else ""
