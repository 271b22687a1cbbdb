"""Writes: agents by alias, what each should carry at most, and that one is used no more."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, money, policy
from aidnet.agents.models import Agent, AgentLimit, AgentState
from aidnet.crypto import keyring
from aidnet.errors import Invalid, Refused, Stale
from aidnet.i18n import lazy_gettext as _l
from aidnet.policy import Actor, Permission, unscoped

_ALIAS = "agent alias"


@dataclass(frozen=True)
class AgentDraft:
    """An agent as somebody would have it who read `version`. `limits`: minor units by currency; one left out has none."""

    version: int
    note: str | None
    limits: dict[str, int]


def named(session: Session, actor: Actor, alias: str) -> Agent:
    """The agent of this alias, however it is spaced or capitalized; made when first named.

    Raises:
        Refused.
        Invalid: nothing more is sent through this one.
    """
    if actor.user_id is None or not actor.may(Permission.PAYOUT_SEND):
        raise Refused
    agent = known(session, actor, alias)
    if agent is None:
        index = keyring().blind(_ALIAS, alias)
        agent = Agent(alias=alias, alias_index=index, code="", created_at=clock.now(), created_by_id=actor.user_id)
        agent.code = codes.code_of("A", agent.uid)
        session.add(agent)
        session.flush()
        audit.record(session, actor, "agent.named", agent, code=agent.code)
    elif agent.state is AgentState.CLOSED:
        raise Invalid(_l("This agent is closed: nothing more is sent through it."), field="agent")
    return agent


def known(session: Session, actor: Actor, alias: str) -> Agent | None:
    """The agent of this alias, if it was ever named. Raises: Refused."""
    if not actor.may(Permission.PAYOUT_SEND):
        raise Refused
    statement = sa.select(Agent).where(Agent.alias_index == keyring().blind(_ALIAS, alias))
    return session.scalars(unscoped(statement, because="an alias is looked up to send money by it")).one_or_none()


def change(session: Session, actor: Actor, key: int | str, draft: AgentDraft) -> Agent:
    """Change what is noted of an agent, and how much it should have on its way at most.

    Raises:
        NotVisible.
        Stale: somebody changed it since.
        Invalid: a currency or an amount that is none.
    """
    agent = policy.fetch(session, actor, Permission.AGENT_WRITE, Agent, key, lock=True)
    if agent.version != draft.version:
        raise Stale
    for currency, limit_minor in draft.limits.items():
        if currency not in money.CURRENCIES or not 0 < limit_minor <= money.MOST_MINOR:
            raise Invalid
    statement = policy.select(actor, {Agent: Permission.AGENT_WRITE}, AgentLimit).join(
        Agent, Agent.id == AgentLimit.agent_id
    )
    kept = {row.currency: row for row in session.scalars(statement.where(Agent.id == agent.id))}
    for currency in kept.keys() - draft.limits.keys():
        session.delete(kept[currency])
    for currency, limit_minor in draft.limits.items():
        if currency in kept:
            kept[currency].limit_minor = limit_minor
        else:
            session.add(AgentLimit(agent_id=agent.id, currency=currency, limit_minor=limit_minor))
    agent.note = draft.note
    session.flush()
    audit.record(session, actor, "agent.changed", agent, code=agent.code)
    return agent


def close(session: Session, actor: Actor, key: int | str) -> Agent:
    """Send nothing more through an agent; what is with it stays on the books. Twice is once. Raises: NotVisible."""
    agent = policy.fetch(session, actor, Permission.AGENT_WRITE, Agent, key, lock=True)
    if agent.state is AgentState.ACTIVE:
        agent.state = AgentState.CLOSED
        session.flush()
        audit.record(session, actor, "agent.closed", agent, code=agent.code)
    return agent


def reopen(session: Session, actor: Actor, key: int | str) -> Agent:
    """Use a closed agent again. Twice is once. Raises: NotVisible."""
    agent = policy.fetch(session, actor, Permission.AGENT_WRITE, Agent, key, lock=True)
    if agent.state is AgentState.CLOSED:
        agent.state = AgentState.ACTIVE
        session.flush()
        audit.record(session, actor, "agent.reopened", agent, code=agent.code)
    return agent
