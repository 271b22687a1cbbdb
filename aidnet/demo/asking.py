"""The last evening of the story: a limit is set, two turn the public page on, and three acts wait. An agent has more than it should."""

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, policy
from aidnet.accounts.models import Membership, User
from aidnet.accounts.sessions import STAFF, open_session
from aidnet.agents import service as agents
from aidnet.agents.models import Agent, AgentBalance
from aidnet.agents.service import AgentDraft
from aidnet.approvals import service as approvals
from aidnet.db import Base, transaction
from aidnet.demo.cast import AGENTS, GROUPS, MARKET
from aidnet.demo.telling import Stage
from aidnet.funding import agreeing, queries
from aidnet.funding import service as funding
from aidnet.funding.drafts import PayoutDraft
from aidnet.funding.models import Channel, Payout, PayoutState
from aidnet.ledger.models import LedgerEvent
from aidnet.network.models import Network
from aidnet.policy import Actor, Permission, unscoped
from aidnet.rates.models import RateKind

#: In minor units: what one person may send.
LIMITS = {"USD": 50_000, "MMK": 2_000_000}
NEVER_HERE = ("lantern",)
_BECAUSE = "the story is told by nobody in it"


def ask(stage: Stage, people: Mapping[str, Actor], today: date) -> None:
    """Play it, a transaction for each act."""
    chance = random.Random(f"asking {today.isoformat()}")
    evening = datetime(today.year, today.month, today.day, tzinfo=clock.YANGON) - timedelta(hours=3)
    treasurer, admin = people["abacus"], people["banyan"]
    with clock.at(evening):
        with transaction() as session:
            _sign_in(session, chance)
        with transaction() as session:
            for currency, limit_minor in LIMITS.items():
                approvals.change_limit(session, admin, currency=currency, limit_minor=limit_minor, uid=_uid(chance))
        _turn_public_page_on(admin, treasurer, chance)
        for number in (0, 1):
            with transaction() as session:
                _large(session, treasurer, stage, chance, number)
        with transaction() as session:
            _wrongly_confirmed(session, treasurer, chance)
        with transaction() as session:
            _over_its_limit(session, treasurer)


def _turn_public_page_on(admin: Actor, treasurer: Actor, chance: random.Random) -> None:
    """One asks for it, another agrees."""
    with transaction() as session:
        version = session.get_one(Network, 1).version
        asked = approvals.open_public_page(session, admin, version=version, uid=_uid(chance))
    if asked is not None:
        with transaction() as session:
            agreeing.agree(session, treasurer, asked.code)


def _uid(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _sign_in(session: Session, chance: random.Random) -> None:
    """The network's people were here today, so that there are two, the others on some day; who is `NEVER_HERE` waits for attention."""
    held = sa.select(User, Membership).join(Membership, Membership.user_id == User.id).order_by(User.id)
    for user, membership in session.execute(unscoped(held, because=_BECAUSE)).all():
        days = 0 if membership.role in STAFF else chance.randrange(1, 40)
        if user.sign_in_name not in NEVER_HERE:
            with clock.at(clock.now() - timedelta(days=days)):
                open_session(session, user, membership).row.ended_at = clock.now()


def _large(session: Session, treasurer: Actor, stage: Stage, chance: random.Random, number: int) -> None:
    """A payout above the limit, out of the fund that has most: it waits."""
    figures = queries.fund_figures(session, treasurer, stage.funds)
    dollars = sorted((one for one in figures if one.currency == "USD"), key=lambda one: -one.in_fund)
    if not dollars or dollars[0].in_fund <= LIMITS["USD"] + 100 or dollars[0].fund_id is None:
        return
    rate = Decimal(str(round(MARKET["USD"][0] * 0.98, 1)))
    draft = PayoutDraft(
        uid=_uid(chance),
        fund=dollars[0].fund_id,
        responder=stage.responders[GROUPS[number].code_name],
        channel=Channel.HUNDI,
        amount_minor=max(min(dollars[0].in_fund // 2, 2_400_00) // 100 * 100, LIMITS["USD"] + 100),
        currency="USD",
        sent_on=clock.today(),
        expected_currency="MMK",
        rate=rate,
        rate_kind=RateKind.ACHIEVED,
        agent=AGENTS[number],
        token="three white oxen",  # noqa: S106 (an invented word of an invented payout)
        reason="Rice for three weeks, before the river rises.",
    )
    funding.send_payout(session, treasurer, draft)


def _wrongly_confirmed(session: Session, treasurer: Actor, chance: random.Random) -> None:
    """A group's word on a payout is to be undone."""
    last = (
        sa.select(LedgerEvent.code)
        .join(Payout, Payout.id == LedgerEvent.payout_id)
        .where(LedgerEvent.confirmation_id.is_not(None), Payout.state == PayoutState.CONFIRMED)
        .order_by(LedgerEvent.id.desc())
        .limit(1)
    )
    code = session.scalars(unscoped(last, because=_BECAUSE)).one()
    funding.reverse(
        session, treasurer, code, uid=_uid(chance), reason="The group confirmed the payout of another month."
    )


def _over_its_limit(session: Session, treasurer: Actor) -> None:
    """The agent with most on its way should have half of that."""
    there = AgentBalance.handed_minor - AgentBalance.settled_minor - AgentBalance.lost_minor
    reads: dict[type[Base], Permission] = {Agent: Permission.AGENT_READ}
    most = policy.select(treasurer, reads, Agent, AgentBalance.currency, there).join(
        Agent, Agent.id == AgentBalance.agent_id
    )
    found = session.execute(most.order_by(there.desc()).limit(1)).first()
    if found is None or found[2] < 2:
        return
    agent, currency, minor = found
    draft = AgentDraft(
        version=agent.version, note="Slow since the bridge closed.", currency=currency, limit_minor=minor // 2
    )
    agents.change(session, treasurer, agent.id, draft)
