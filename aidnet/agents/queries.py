"""Reads: agents by alias, what is with each of them, and what each carried. Only treasurers see any of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.agents.models import Agent, AgentBalance, AgentLimit
from aidnet.agents.service import known
from aidnet.disclosure import Shown
from aidnet.funding.models import Payout
from aidnet.policy import Actor, Permission
from aidnet.web import keyset
from aidnet.web.keyset import Page

_READ = Permission.AGENT_READ


@dataclass(frozen=True)
class WithIt:
    """What is with an agent in a currency, in minor units, and what should be at most (None: nobody said)."""

    currency: str
    handed_minor: int
    settled_minor: int
    lost_minor: int
    limit_minor: int | None

    @property
    def now_minor(self) -> int:
        """On its way with it."""
        return self.handed_minor - self.settled_minor - self.lost_minor

    @property
    def over(self) -> bool:
        return self.limit_minor is not None and self.now_minor > self.limit_minor


@dataclass(frozen=True)
class AgentLine:
    """An agent, and what is with it by currency."""

    agent: Shown
    figures: list[WithIt]

    @property
    def over(self) -> bool:
        return any(one.over for one in self.figures)


@dataclass(frozen=True)
class OverLimit:
    """A payout would bring an agent over what it should carry at most."""

    currency: str
    now_minor: int
    limit_minor: int


def agents(session: Session, actor: Actor, after: str | None) -> Page[AgentLine]:
    """A page of agents, newest first. Three statements."""
    page = keyset.page(session, policy.visible(actor, _READ, Agent), Agent.id, after=after)
    figures = _figures(session, actor, [row.id for row in page.rows])
    return Page([AgentLine(disclosure.show(actor, row), figures[row.id]) for row in page.rows], page.after)


def agent(session: Session, actor: Actor, code: str) -> tuple[AgentLine, int]:
    """One agent, and the version of its row. Raises: NotVisible."""
    row = policy.fetch(session, actor, _READ, Agent, code)
    return AgentLine(disclosure.show(actor, row), _figures(session, actor, [row.id])[row.id]), row.version


def _figures(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, list[WithIt]]:
    def rows(model: type[AgentBalance] | type[AgentLimit]) -> Sequence[Any]:
        statement = policy.select(actor, {Agent: _READ}, model).join(Agent, Agent.id == model.agent_id)
        return session.scalars(statement.where(Agent.id.in_(ids))).all()

    balances = {(row.agent_id, row.currency): row for row in rows(AgentBalance)}
    limits = {(row.agent_id, row.currency): row for row in rows(AgentLimit)}
    found: dict[int, list[WithIt]] = {agent_id: [] for agent_id in ids}
    for agent_id, currency in sorted(balances.keys() | limits.keys()):
        balance, limit = balances.get((agent_id, currency)), limits.get((agent_id, currency))
        kept = disclosure.show(actor, balance) if balance else None
        found[agent_id].append(
            WithIt(
                currency=currency,
                handed_minor=kept.handed_minor if kept else 0,
                settled_minor=kept.settled_minor if kept else 0,
                lost_minor=kept.lost_minor if kept else 0,
                limit_minor=disclosure.show(actor, limit).limit_minor if limit else None,
            )
        )
    return found


def payouts(session: Session, actor: Actor, code: str, after: str | None) -> Page[Shown]:
    """What an agent carried, newest first. One statement."""
    reads = {Payout: Permission.PAYOUT_READ, Agent: _READ}
    statement = policy.select(actor, reads, Payout).join(Agent, Agent.id == Payout.agent_id).where(Agent.code == code)
    page = keyset.page(session, statement, Payout.recorded_at, Payout.id, after=after)
    return Page([disclosure.show(actor, row) for row in page.rows], page.after)


@dataclass(frozen=True)
class Carrier:
    """Who carries a payout, by code and alias."""

    code: object
    alias: object


def carrier(session: Session, actor: Actor, payout_code: str) -> Carrier | None:
    """Who carries a payout; None where nobody does, or it is not for the actor to know. One statement, or none."""
    if not actor.may(_READ):
        return None
    reads = {Payout: Permission.PAYOUT_READ, Agent: Permission.PAYOUT_READ}
    statement = policy.select(actor, reads, Agent).join(Payout, Payout.agent_id == Agent.id)
    row = session.scalars(statement.where(Payout.code == payout_code).order_by(Payout.id)).first()
    if row is None:
        return None
    return Carrier(disclosure.show(actor, row).code, disclosure.field(actor, "payout", "agent", row.alias))


def over_limit(session: Session, actor: Actor, alias: str, currency: str, amount_minor: int) -> OverLimit | None:
    """Whether this much more would be more than the agent should carry: it is warned of, never refused."""
    row = known(session, actor, alias)
    if row is None:
        return None
    figures = {one.currency: one for one in _figures(session, actor, [row.id])[row.id]}
    one = figures.get(currency)
    if one is None or one.limit_minor is None or one.now_minor + amount_minor <= one.limit_minor:
        return None
    return OverLimit(currency, one.now_minor, one.limit_minor)
