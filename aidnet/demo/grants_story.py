"""The last evening of the story, on grants: one report is with its donor, one is due soon, and one is overdue."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, policy
from aidnet.db import transaction
from aidnet.demo.telling import Stage
from aidnet.funding.models import Contribution, ContributionState
from aidnet.grants import service
from aidnet.grants.models import Grant, GrantReport
from aidnet.grants.service import GrantDraft, LineDraft, ReportDraft, Terms, TrancheDraft
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Actor, Permission, unscoped

_WORDS = (
    "The rains came late and the rivers rose fast. Groups bought rice before prices went up, and carried it by boat.\n\n"
    "Moving the money took longer than we hoped, and twice a carrier kept more than was agreed. We changed to another.\n\n"
    "What families asked for most was oil and dry shelter. We ask you to let the next part go where people are, not where we planned."
)


@dataclass(frozen=True)
class _Promise:
    """What a donor agreed to: names of the cast, shares of the budget, and reports by months back and days from today."""

    donor: str
    fund: int
    currency: str
    title: str
    shares: tuple[tuple[BudgetLine, int], ...]
    #: How long ago it began, in months, and how many there are in all.
    began: int
    months: int
    #: First and last month (so many before this one), and the day it is due on.
    reports: tuple[tuple[int, int, int], ...]


_PROMISES = (
    _Promise(
        "Lantern Foundation",
        1,
        "EUR",
        "Open hand, two rains",
        ((BudgetLine.GOODS, 60), (BudgetLine.TRANSPORT, 25), (BudgetLine.MEDICINE, 15)),
        10,
        18,
        ((10, 5, -4), (4, 1, 9)),
    ),
    _Promise(
        "Melbourne Friends Circle",
        0,
        "AUD",
        "Rice for the rains",
        ((BudgetLine.GOODS, 80), (BudgetLine.TRANSPORT, 20)),
        8,
        12,
        ((8, 3, -12),),
    ),
)


def grant(stage: Stage, people: Mapping[str, Actor], today: date) -> None:
    """Play it, a transaction for each act: months are closed, and the network's people have been here."""
    chance = random.Random(f"grants {today.isoformat()}")
    evening = datetime(today.year, today.month, today.day, tzinfo=clock.YANGON) - timedelta(hours=2)
    treasurer, reader = people["abacus"], people["inkstone"]
    with clock.at(evening):
        made = [_promised(stage, treasurer, promise, today, chance) for promise in _PROMISES]
        with transaction() as session:
            first = _first_report(session, made[0])
            service.write(session, treasurer, made[0].code, first.code, version=first.version, words=_WORDS)
        with transaction() as session:
            service.send(session, reader, made[0].code, first.code, version=first.version)


def _promised(stage: Stage, treasurer: Actor, promise: _Promise, today: date, chance: random.Random) -> Grant:
    """The grant: what its tranches came as are the two largest gifts of its first months, and a third is to come."""
    began = _month(today, -promise.began)
    with transaction() as session:
        largest = (
            policy.visible(treasurer, Permission.GRANT_WRITE, Contribution)
            .where(Contribution.donor_id == stage.donors[promise.donor])
            .where(Contribution.fund_id == stage.funds[promise.fund], Contribution.currency == promise.currency)
            .where(Contribution.state == ContributionState.RECEIVED)
            .where(Contribution.received_on.between(began, _month(today, -3)))
            .order_by(Contribution.amount_minor.desc(), Contribution.received_on, Contribution.id)
            .limit(2)
        )
        gifts = sorted(session.scalars(largest), key=lambda gift: (gift.received_on or began, gift.id))
        parts = [((gift.received_on or began) - timedelta(4), gift.amount_minor or 0) for gift in gifts]
        parts += [(today + timedelta(40), minor) for _day, minor in parts[:1]]
        whole = sum(minor for _day, minor in parts)
        terms = Terms(
            title=promise.title,
            first_day=began,
            last_day=_month(today, promise.months - promise.began) - timedelta(1),
            lines=[LineDraft(line, max(whole * share // 10_000, 1) * 100) for line, share in promise.shares],
            tranches=[TrancheDraft(day, minor) for day, minor in parts],
            reports=[
                ReportDraft(today + timedelta(due), _month(today, -first), _month(today, -last))
                for first, last, due in promise.reports
            ],
        )
        draft = GrantDraft(
            uid=UUID(int=chance.getrandbits(128), version=4),
            donor=stage.donors[promise.donor],
            fund=stage.funds[promise.fund],
            currency=promise.currency,
            terms=terms,
        )
        made = service.add(session, treasurer, draft)
        for number, gift in enumerate(gifts, 1):
            service.receive(session, treasurer, made.code, number, gift.code)
    return made


def _month(today: date, step: int) -> date:
    """The first day of a month so many after this one."""
    month = today.year * 12 + today.month - 1 + step
    return date(month // 12, month % 12 + 1, 1)


def _first_report(session: Session, made: Grant) -> GrantReport:
    owed = sa.select(GrantReport).where(GrantReport.grant_id == made.id).order_by(GrantReport.due_on).limit(1)
    return session.scalars(unscoped(owed, because="the story is told by nobody in it")).one()
