"""Who was served lately, over all groups: so that two do not serve one township while a third gets nothing.

SECURITY: everything here is as coarse as the matrix says of `served_month` for another group, also of the own group's part,
and names nobody: whoever reads it learns of others no more than that. Hand-outs are the sum of the most of each group's
band. Kept by tests/deliveries/test_overviews.py.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.deliveries import spans
from aidnet.deliveries.models import ServedMonth
from aidnet.deliveries.totals import ALL
from aidnet.disclosure import field, most_of_band
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.places.models import Level, Place
from aidnet.places.queries import PlacePath, paths
from aidnet.policy import Actor
from aidnet.responders.models import Responder, Sector
from aidnet.responders.words import SECTORS
from aidnet.web import keyset

#: How far back it looks, and what "lately" is: months, this one included.
_FAR, _LATELY = 12, 3
#: Nobody: whoever looks is another group to them.
_OTHERS = 0
#: Stands for "not in all that time".
_NEVER = date(1970, 1, 1)
_BECAUSE = "over all groups, and shown no finer than the matrix lets another group see"


@dataclass(frozen=True)
class Wanted:
    """P-codes of a region and of a district in it; empty: wherever anybody was served."""

    region: str = ""
    district: str = ""


@dataclass(frozen=True)
class Served:
    """A township (or what is larger, where nothing finer was said), and when anybody handed out there."""

    path: PlacePath
    #: The first day of the last month; None: not in the last twelve.
    month: date | None
    #: Hand-outs of the last three months: each group's as the most of its band, added up ("up to").
    times: int
    #: Of what was handed out in the last three months.
    sectors: str

    @property
    def name(self) -> str:
        return self.path.name if self.path.level is Level.TOWNSHIP else _("%(place)s, township not said", place=self.path.steps[-1].called)

    @property
    def when(self) -> str:
        return spans.months_ago(self.month) if self.month else _("not in the last twelve months")

    @property
    def kind(self) -> str:
        """The shape it is drawn with."""
        if self.month is None:
            return "lost"
        return "done" if self.month >= spans.back(spans.this_month(), 1) else "part" if self.month >= spans.since(_LATELY) else "waits"


def shown_to(actor: Actor) -> sa.ColumnElement[bool]:
    """Totals of all groups but those that withhold everything about themselves; the own always."""
    withheld = sa.select(Responder.id).where(Responder.withheld_at.is_not(None))
    return (ServedMonth.responder_id == actor.responder_id) | ServedMonth.responder_id.not_in(withheld)


def _areas(actor: Actor, wanted: Wanted) -> tuple[sa.Select[*tuple[Any, ...]], sa.ColumnElement[date]]:
    """Area, hand-outs of lately and last month of each; and the last month, to sort by."""
    month = ServedMonth.month
    lately = sa.func.sum(sa.case((month >= spans.since(_LATELY), ServedMonth.distributions), else_=0))
    each = (
        sa.select(ServedMonth.area_id, sa.func.max(month).label("last"), most_of_band(lately).label("times"))
        .where(month >= spans.since(_FAR), ServedMonth.sector == ALL, ServedMonth.distributions > 0, shown_to(actor))
        .group_by(ServedMonth.area_id, ServedMonth.responder_id)
        .subquery()
    ).c
    together = sa.select(each.area_id, sa.func.max(each.last).label("last"), sa.func.sum(each.times).label("times"))
    here = together.group_by(each.area_id).subquery()
    last = sa.func.coalesce(here.c.last, sa.literal(_NEVER, sa.Date()), type_=sa.Date())
    asked = wanted.district or wanted.region
    statement: sa.Select[*tuple[Any, ...]] = sa.select(Place.id, sa.func.coalesce(here.c.times, 0).label("times"), last.label("last"))
    statement = statement.select_from(Place).join(here, here.c.area_id == Place.id, isouter=bool(asked))
    if asked:
        above = sa.select(Place.id).where(Place.pcode == asked).scalar_subquery()
        within = (Place.district_id if wanted.district else Place.state_id) == above
        statement = statement.where(within, (Place.level == Level.TOWNSHIP) | here.c.area_id.is_not(None))
    return policy.unscoped(statement, because=_BECAUSE), last


def page(session: Session, actor: Actor, wanted: Wanted, after: str | None) -> keyset.Page[Served]:
    """One page, longest unserved first. Three statements."""
    statement, last = _areas(actor, wanted)
    found = keyset.page(session, statement, last, Place.id, after=after, descending=False)
    return keyset.Page(_rows(session, actor, found.rows), found.after)


def everything(session: Session, actor: Actor, wanted: Wanted) -> list[Served]:
    """The whole list. Three statements."""
    statement, last = _areas(actor, wanted)
    return _rows(session, actor, session.execute(statement.order_by(last, Place.id)).all())


def _rows(session: Session, actor: Actor, found: Sequence[Any]) -> list[Served]:
    ids = [row[0] for row in found]
    known, sectors = paths(session, ids), _sectors(session, actor, ids)
    return [_row(actor, known[place_id], times, last, sectors[place_id]) for place_id, times, last in found]


def _row(actor: Actor, path: PlacePath, times: int, last: date, sectors: Collection[str]) -> Served:
    def seen(name: str, value: Any) -> Any:
        return field(actor, "served_month", name, value, owner_id=_OTHERS)

    told = [str(SECTORS[Sector(seen("sector", sector))]) for sector in sorted(sectors)]
    return Served(
        path=field(actor, "served_month", "area", path, owner_id=_OTHERS),
        month=None if last == _NEVER else seen("month", last),
        times=int(times),
        sectors=", ".join(told),
    )


def _sectors(session: Session, actor: Actor, ids: Collection[int]) -> defaultdict[int, set[str]]:
    """What was handed out lately in each area."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    statement = (
        sa.select(ServedMonth.area_id, ServedMonth.sector)
        .where(ServedMonth.month >= spans.since(_LATELY), ServedMonth.area_id.in_(ids), ServedMonth.sector != ALL)
        .where(ServedMonth.distributions > 0, shown_to(actor))
        .distinct()
    )
    for area_id, sector in session.execute(policy.unscoped(statement, because=_BECAUSE)):
        found[area_id].add(sector)
    return found


def table(found: Sequence[Served]) -> tuple[list[str], Iterator[list[Any]]]:
    """The list as a file has it."""
    header = [_("Township"), _("Lies in"), _("P-code"), _("Last served"), _("Hand-outs in three months, up to"), _("Sectors")]
    return header, (
        [one.name, one.path.above, one.path.pcode, f"{one.month:%Y-%m}" if one.month else "", one.times, one.sectors] for one in found
    )


def choices(session: Session, wanted: Wanted) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Regions, and the districts of the wanted one: P-code and name. One statement."""
    region = sa.select(Place.id).where(Place.pcode == wanted.region, Place.level == Level.STATE).scalar_subquery()
    statement = sa.select(Place).where(
        (Place.level == Level.STATE) | ((Place.level == Level.DISTRICT) & (Place.state_id == region))
    )
    burmese = current_language() == "my"
    offered: dict[Level, list[tuple[str, str]]] = {Level.STATE: [], Level.DISTRICT: []}
    for place in session.scalars(statement.order_by(Place.pcode)):
        offered[place.level].append((place.pcode, place.display_name or (place.name_my if burmese else place.name_en)))
    return offered[Level.STATE], offered[Level.DISTRICT]
