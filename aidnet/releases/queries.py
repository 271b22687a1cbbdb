"""Releases as their readers may see them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import disclosure, policy
from aidnet.deliveries.models import Item, LossReason
from aidnet.disclosure import Shown, Withheld
from aidnet.errors import NotVisible
from aidnet.funding.models import Fund
from aidnet.grants import queries as grants
from aidnet.i18n import current_language
from aidnet.places.models import Place
from aidnet.places.queries import PlacePath, Step
from aidnet.policy import Actor, Permission, unscoped
from aidnet.releases.models import (
    Release,
    ReleaseLoss,
    ReleaseLossReason,
    ReleaseRow,
    ReleaseRowPlace,
    ReleaseWithdrawal,
)
from aidnet.web import keyset

_READ = Permission.RELEASE_READ
_BECAUSE = "each table carries its own rule; a release names its fund to whoever may read the release"


@dataclass(frozen=True)
class ReportLine:
    """One shown line."""

    #: Districts (or a region, or the country), the most people's regions first; several where they were joined.
    places: tuple[PlacePath, ...]
    deliveries: int
    households: int
    people: int
    #: Names of items in the viewer's language.
    mostly: tuple[str, ...]
    #: For auditors; else withheld.
    villages: int | Withheld
    earlier: bool

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(path.name for path in self.places)


@dataclass(frozen=True)
class LostLine:
    """One shown line of losses."""

    #: Several where they were joined.
    reasons: tuple[LossReason, ...]
    deliveries: int
    #: For auditors; else withheld.
    villages: int | Withheld
    earlier: bool


@dataclass(frozen=True)
class Total:
    """The sum of some lines."""

    deliveries: int
    households: int
    people: int


def total_of(lines: Sequence[ReportLine]) -> Total:
    """The sum of what is shown."""
    return Total(
        sum(line.deliveries for line in lines),
        sum(line.households for line in lines),
        sum(line.people for line in lines),
    )


@dataclass(frozen=True)
class Report:
    """A release without its lines."""

    code: str
    fund_code: str
    fund: str
    first_month: date
    last_month: date
    published_on: date
    something_withheld: bool
    #: When it was withdrawn, as exactly as the reader may know; None: it stands.
    withdrawn: datetime | str | None
    #: For auditors; else withheld.
    built_at: datetime | Withheld
    release_id: int


def _reports(actor: Actor) -> sa.Select[*tuple[Any, ...]]:
    statement = (
        sa.select(Release, Fund.code, Fund.name, ReleaseWithdrawal)
        .join(Fund, Fund.id == Release.fund_id)
        .outerjoin(ReleaseWithdrawal, ReleaseWithdrawal.release_id == Release.id)
        .where(policy.rule(actor, _READ, Release))
    )
    return unscoped(statement, because=_BECAUSE)


def _of_fund(statement: sa.Select[*tuple[Any, ...]], code: str) -> sa.Select[*tuple[Any, ...]]:
    return statement.where(Fund.code == code) if code else statement


def _report(actor: Actor, row: Any) -> Report:
    release, fund_code, fund, withdrawal = row
    shown = disclosure.show(actor, release)
    return Report(
        code=shown.code,
        fund_code=fund_code,
        fund=disclosure.field(actor, "release", "fund", fund),
        first_month=shown.first_month,
        last_month=shown.last_month,
        published_on=shown.published_on,
        something_withheld=shown.something_withheld,
        withdrawn=disclosure.show(actor, withdrawal).withdrawn_at if withdrawal else None,
        built_at=shown.built_at,
        release_id=release.id,
    )


def page(session: Session, actor: Actor, *, fund: str, after: str | None) -> keyset.Page[tuple[Report, Total | None]]:
    """The actor's releases, newest first, each with its total (None where it is withdrawn). Two statements.

    `fund` (a code) narrows the list; empty narrows nothing.
    """
    statement = _of_fund(_reports(actor), fund)
    found = keyset.page(session, statement, Release.last_month, Release.id, after=after)
    reports = [_report(actor, row) for row in found.rows]
    totals = _totals(session, actor, [report.release_id for report in reports if not report.withdrawn])
    return keyset.Page([(report, totals.get(report.release_id)) for report in reports], found.after)


def _totals(session: Session, actor: Actor, release_ids: Collection[int]) -> dict[int, Total]:
    sums = (sa.func.sum(column) for column in (ReleaseRow.deliveries, ReleaseRow.households, ReleaseRow.people))
    statement = (
        policy.select(actor, {Release: _READ}, ReleaseRow.release_id, *sums)
        .join(Release, Release.id == ReleaseRow.release_id)
        .where(ReleaseRow.release_id.in_(release_ids))
        .group_by(ReleaseRow.release_id)
    )
    return {row[0]: Total(*map(int, row[1:])) for row in session.execute(statement)}


def report(session: Session, actor: Actor, code: str) -> Report:
    """One release. Raises: NotVisible."""
    row = session.execute(_reports(actor).where(Release.code == code)).one_or_none()
    if row is None:
        raise NotVisible
    return _report(actor, row)


def everything(session: Session, actor: Actor, *, fund: str) -> Iterator[tuple[Report, Sequence[ReportLine]]]:
    """Every release of the same list that stands, with its lines. Three statements."""
    reports = _standing(session, actor, fund)
    found = lines(session, actor, [report.release_id for report in reports])
    for each in reports:
        yield each, found[each.release_id]


def everything_lost(session: Session, actor: Actor, *, fund: str) -> Iterator[tuple[Report, Sequence[LostLine]]]:
    """The same releases, with their lines of losses. Two statements."""
    reports = _standing(session, actor, fund)
    found = losses(session, actor, [report.release_id for report in reports])
    for each in reports:
        yield each, found.get(each.release_id, ())


def _standing(session: Session, actor: Actor, fund: str) -> list[Report]:
    statement = _of_fund(_reports(actor), fund).where(ReleaseWithdrawal.release_id.is_(None))
    rows = session.execute(statement.order_by(Release.last_month.desc(), Release.id.desc())).all()
    return [_report(actor, row) for row in rows]


def of_months(
    session: Session, actor: Actor, fund_id: int, first: date, last: date, only: sa.Select[int] | None = None
) -> list[tuple[Report, Sequence[ReportLine]]]:
    """Releases of a fund that tell of any of these months, the oldest first, with their lines. Three statements.

    A withdrawn one has no lines. `only`: ids of those that are asked for; None: all of them.
    """
    statement = _reports(actor).where(
        Release.fund_id == fund_id, Release.first_month <= last, Release.last_month >= first
    )
    if only is not None:
        statement = statement.where(Release.id.in_(only))
    reports = [_report(actor, row) for row in session.execute(statement.order_by(Release.last_month, Release.id))]
    found = lines(session, actor, [report.release_id for report in reports])
    return [(report, found.get(report.release_id, ())) for report in reports]


def lines(session: Session, actor: Actor, release_ids: Collection[int]) -> Mapping[int, Sequence[ReportLine]]:
    """The lines of releases, by release, as they are numbered. A withdrawn one has none. Two statements."""
    region = aliased(Place)
    withdrawn = sa.exists().where(ReleaseWithdrawal.release_id == Release.id)
    statement = (
        policy.select(actor, {Release: _READ}, ReleaseRow, Place, region)
        .join(Release, Release.id == ReleaseRow.release_id)
        .join(
            ReleaseRowPlace,
            (ReleaseRowPlace.release_id == ReleaseRow.release_id) & (ReleaseRowPlace.number == ReleaseRow.number),
        )
        .join(Place, Place.id == ReleaseRowPlace.place_id)
        .outerjoin(region, region.id == Place.state_id)
        .where(ReleaseRow.release_id.in_(release_ids), ~withdrawn)
        .order_by(ReleaseRow.release_id, ReleaseRow.number, Place.pcode)
    )
    parts: dict[tuple[int, int], tuple[ReleaseRow, list[PlacePath]]] = {}
    for row, place, state in session.execute(statement):
        _row, paths = parts.setdefault((row.release_id, row.number), (row, []))
        path = _path([found for found in (state, place) if found])
        paths.append(disclosure.field(actor, "release_row", "place", path))
    items = _item_names(session, [row for row, _paths in parts.values()])
    found: dict[int, list[ReportLine]] = defaultdict(list)
    for row, paths in parts.values():
        found[row.release_id].append(_line(disclosure.show(actor, row), paths, items))
    return found


def _line(shown: Shown, paths: Sequence[PlacePath], items: Mapping[str, str]) -> ReportLine:
    return ReportLine(
        places=tuple(paths),
        deliveries=shown.deliveries,
        households=shown.households,
        people=shown.people,
        mostly=tuple(items.get(slug, slug) for slug in cast(str, shown.mostly).split()),
        villages=shown.villages,
        earlier=shown.earlier,
    )


def losses(session: Session, actor: Actor, release_ids: Collection[int]) -> Mapping[int, Sequence[LostLine]]:
    """The lines of losses of releases, by release, as they are numbered. A withdrawn one has none. One statement."""
    withdrawn = sa.exists().where(ReleaseWithdrawal.release_id == Release.id)
    statement = (
        policy.select(actor, {Release: _READ}, ReleaseLoss, ReleaseLossReason.reason)
        .join(Release, Release.id == ReleaseLoss.release_id)
        .join(
            ReleaseLossReason,
            (ReleaseLossReason.release_id == ReleaseLoss.release_id) & (ReleaseLossReason.number == ReleaseLoss.number),
        )
        .where(ReleaseLoss.release_id.in_(release_ids), ~withdrawn)
        .order_by(ReleaseLoss.release_id, ReleaseLoss.number, ReleaseLossReason.reason)
    )
    found: dict[int, list[LostLine]] = defaultdict(list)
    for row, parts in groupby(session.execute(statement), key=itemgetter(0)):
        shown = disclosure.show(actor, row)
        reasons = tuple(disclosure.field(actor, "release_loss_reason", "reason", reason) for _row, reason in parts)
        found[row.release_id].append(LostLine(reasons, shown.deliveries, shown.villages, shown.earlier))
    return found


def _path(places: Sequence[Place]) -> PlacePath:
    burmese = current_language() == "my"
    steps = {
        place.id: Step(
            place.id,
            place.pcode,
            place.level,
            place.display_name or (place.name_my if burmese else place.name_en),
            None if place.display_name else (place.name_en if burmese else place.name_my),
        )
        for place in places
    }
    return PlacePath(tuple(steps.values()))


def _item_names(session: Session, rows: Sequence[ReleaseRow]) -> dict[str, str]:
    slugs = {slug for row in rows for slug in row.mostly.split()}
    name = Item.name_my if current_language() == "my" else Item.name_en
    statement = sa.select(Item.slug, name).where(Item.slug.in_(slugs))
    found = session.execute(unscoped(statement, because="the shipped catalogue is the same for everyone"))
    return {slug: called for slug, called in found if slug and called}


@dataclass(frozen=True)
class FundOutlook:
    """A fund of the actor, the newest release of it that stands, and how far its results are told."""

    code: str
    name: str
    fund_id: int
    #: None: none yet, or all are withdrawn.
    newest: Report | None
    #: The last month that a release covers, withdrawn or not; None: none yet.
    told_until: date | None
    #: Of a donor's grants to it: reports and tranches that are due.
    grants_due: int


def outlooks(session: Session, actor: Actor) -> list[FundOutlook]:
    """The actor's funds by name, with their newest release. Of a donor, every fund given to; of others, those with a release.

    One statement.
    """
    stands = ReleaseWithdrawal.release_id.is_(None)
    ranked = (
        sa.select(
            Release.id,
            Release.fund_id,
            sa.func.max(Release.last_month).over(partition_by=Release.fund_id).label("told_until"),
            sa.func.row_number()
            .over(partition_by=Release.fund_id, order_by=[sa.case((stands, 0), else_=1), Release.last_month.desc()])
            .label("place"),
        )
        .outerjoin(ReleaseWithdrawal, ReleaseWithdrawal.release_id == Release.id)
        .where(policy.rule(actor, _READ, Release))
        .subquery()
    )
    gives = actor.may(Permission.GIVING_READ)
    own = policy.rule(actor, Permission.GIVING_READ, Fund) if gives else sa.false()
    due = grants.due_of(actor, Fund.id) if gives else sa.literal(0)
    statement = (
        sa.select(Fund.id, ranked.c.told_until, Release, Fund.code, Fund.name, ReleaseWithdrawal, due)
        .outerjoin(ranked, (ranked.c.fund_id == Fund.id) & (ranked.c.place == 1))
        .outerjoin(Release, Release.id == ranked.c.id)
        .outerjoin(ReleaseWithdrawal, ReleaseWithdrawal.release_id == Release.id)
        .where(own | Release.id.is_not(None))
        .order_by(Fund.name_key)
    )
    found = []
    for row in session.execute(unscoped(statement, because=_BECAUSE)):
        newest = _report(actor, row[2:6]) if row.Release is not None and row.ReleaseWithdrawal is None else None
        name = disclosure.field(actor, "release", "fund", row.name)
        found.append(FundOutlook(row.code, name, row.id, newest, row.told_until, int(row[6])))
    return found
