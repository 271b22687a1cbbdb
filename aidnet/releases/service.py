"""Building releases and withdrawing them. What is published stays as it is, or goes as a whole."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, policy
from aidnet.errors import Invalid, NotVisible
from aidnet.funding.models import Fund
from aidnet.i18n import lazy_gettext as _l
from aidnet.network.models import Network
from aidnet.places.models import Place
from aidnet.policy import Actor, Permission, unscoped
from aidnet.releases import cube, floors, losses, months
from aidnet.releases.harvest import harvest
from aidnet.releases.losses import LossLine
from aidnet.releases.models import (
    Release,
    ReleasedEvent,
    ReleaseLoss,
    ReleaseLossReason,
    ReleaseRow,
    ReleaseRowPlace,
    ReleaseWithdrawal,
)

_BECAUSE = "releases are built by a command, over every fund"


class TooEarly(Invalid):
    """Results of a day to come cannot be published yet."""

    code = "too-early"
    sentence = _l("This day has not come yet.")


def delay_days(network: Network | None) -> int:
    """Days between a month's end and its results: the floor, or longer where the network says so."""
    return max(floors.CLOSED_DAYS, network.release_delay_days if network else 0)


def build(session: Session, actor: Actor, today: date) -> list[Release]:
    """Publish what is due by `today`, of every fund. A second run adds nothing. Raises: TooEarly."""
    return [release for fund_id in fund_ids(session) for release in build_fund(session, actor, fund_id, today)]


def fund_ids(session: Session) -> Sequence[int]:
    """Every fund, for whoever builds them one by one."""
    return session.scalars(unscoped(sa.select(Fund.id).order_by(Fund.id), because=_BECAUSE)).all()


def build_fund(session: Session, actor: Actor, fund_id: int, today: date) -> list[Release]:
    """Publish what is due of one fund by `today`: a release for each month, or for several where one is too small.

    Raises: TooEarly, where `today` is later than the clock's.
    """
    if today > clock.today():
        raise TooEarly
    fund = session.scalars(
        unscoped(sa.select(Fund).where(Fund.id == fund_id).with_for_update(), because=_BECAUSE)
    ).one()
    network = session.scalars(sa.select(Network)).one_or_none()
    until = months.last_closed(today, delay_days(network))
    last = session.scalar(
        unscoped(sa.select(sa.func.max(Release.last_month)).where(Release.fund_id == fund.id), because=_BECAUSE)
    )
    if last is not None and last >= until:
        return []
    found = harvest(session, fund.id)
    if last is not None:
        since = months.after(last)
    else:
        opened = fund.created_at.astimezone(clock.YANGON).date()
        since = months.month_of(min((opened, *(one.day for one in found.handouts))))
    drafts = cube.plan(found.handouts, since=since, until=until, counted=found.counted)
    lost = losses.plan(found.losses, [(draft.first_month, draft.last_month) for draft in drafts])
    return [
        _publish(session, actor, fund, draft, told, today, found.something_withheld)
        for draft, told in zip(drafts, lost, strict=True)
    ]


def _publish(
    session: Session,
    actor: Actor,
    fund: Fund,
    draft: cube.Draft,
    lost: Sequence[LossLine],
    today: date,
    something_withheld: bool,
) -> Release:
    release = Release(
        code="",
        fund_id=fund.id,
        first_month=draft.first_month,
        last_month=draft.last_month,
        built_at=clock.now(),
        published_on=today,
        something_withheld=something_withheld,
    )
    release.code = codes.code_of("R", release.uid)
    session.add(release)
    session.flush()
    lines = [(line, False) for line in draft.lines] + [(line, True) for line in draft.earlier]
    pcodes = {pcode for line, _earlier in lines for pcode in line.districts}
    places = {place.pcode: place.id for place in session.scalars(sa.select(Place).where(Place.pcode.in_(pcodes)))}
    session.execute(
        sa.insert(ReleaseRow),
        [
            {
                "release_id": release.id,
                "number": number,
                "deliveries": line.deliveries,
                "villages": line.villages,
                "households": line.households,
                "people": line.people,
                "mostly": " ".join(line.mostly),
                "earlier": earlier,
            }
            for number, (line, earlier) in enumerate(lines, 1)
        ],
    )
    session.execute(
        sa.insert(ReleaseRowPlace),
        [
            {"release_id": release.id, "number": number, "place_id": places[pcode]}
            for number, (line, _earlier) in enumerate(lines, 1)
            for pcode in line.districts
        ],
    )
    if lost:
        _publish_losses(session, release, lost)
    counted = sorted((*draft.event_ids, *(event_id for line in lost for event_id in line.event_ids)))
    session.execute(
        sa.insert(ReleasedEvent), [{"event_id": event_id, "release_id": release.id} for event_id in counted]
    )
    audit.record(
        session,
        actor,
        "release.published",
        release,
        code=release.code,
        fund=fund.code,
        first_month=f"{release.first_month:%Y-%m}",
        last_month=f"{release.last_month:%Y-%m}",
        lines=len(lines),
    )
    return release


def _publish_losses(session: Session, release: Release, lost: Sequence[LossLine]) -> None:
    session.execute(
        sa.insert(ReleaseLoss),
        [
            {
                "release_id": release.id,
                "number": number,
                "deliveries": line.deliveries,
                "villages": line.villages,
                "earlier": line.earlier,
            }
            for number, line in enumerate(lost, 1)
        ],
    )
    session.execute(
        sa.insert(ReleaseLossReason),
        [
            {"release_id": release.id, "number": number, "reason": reason}
            for number, line in enumerate(lost, 1)
            for reason in line.reasons
        ],
    )


def withdraw(session: Session, actor: Actor, code: str) -> Release:
    """Withdraw a release whole: nothing of it is shown any more, and what it counted is not told again.

    Withdrawn twice is withdrawn once. An operator of the machine may withdraw any.
    Raises: NotVisible.
    """
    if actor.operator:
        statement = sa.select(Release).where(Release.code == code).with_for_update()
        release = session.scalars(unscoped(statement, because="the operator of the machine withdraws")).one_or_none()
        if release is None:
            raise NotVisible
    else:
        release = policy.fetch(session, actor, Permission.RELEASE_WITHDRAW, Release, code, lock=True)
    known = sa.select(ReleaseWithdrawal).where(ReleaseWithdrawal.release_id == release.id)
    if session.scalars(unscoped(known, because="of the release just fetched")).one_or_none() is None:
        session.add(ReleaseWithdrawal(release_id=release.id, withdrawn_at=clock.now(), withdrawn_by_id=actor.user_id))
        audit.record(session, actor, "release.withdrawn", release, code=release.code)
    return release
