"""Writes: agents by alias, what each should carry at most, and that one is used no more."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from aidnet import audit, clock, codes, money, policy
from aidnet.agents.models import Agent, AgentLimit, AgentState
from aidnet.crypto import keyring
from aidnet.db import insert_once
from aidnet.errors import Invalid, Refused, Stale
from aidnet.i18n import lazy_gettext as _l
from aidnet.policy import Actor, Permission, unscoped

_ALIAS = "agent alias"


@dataclass(frozen=True)
class AgentDraft:
    """An agent as somebody would have it who read `version`: what is noted of it, and its limit in one currency (None: none)."""

    version: int
    note: str | None
    currency: str
    #: In the minor unit of `currency`.
    limit_minor: int | None


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
        agent = Agent(
            alias=alias,
            alias_index=index,
            code="",
            state=AgentState.ACTIVE,
            created_at=clock.now(),
            created_by_id=actor.user_id,
            version=1,
        )
        agent.code = codes.code_of("A", agent.uid)
        if not insert_once(session, agent, by="alias_index"):
            return named(session, actor, alias)
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
        Invalid: a currency that is none of ours.
    """
    agent = policy.fetch(session, actor, Permission.AGENT_WRITE, Agent, key, lock=True)
    if agent.version != draft.version:
        raise Stale
    if draft.currency not in money.CURRENCIES:
        raise Invalid
    limits = policy.select(actor, {Agent: Permission.AGENT_WRITE}, AgentLimit).join(
        Agent, Agent.id == AgentLimit.agent_id
    )
    kept = session.scalars(limits.where(Agent.id == agent.id, AgentLimit.currency == draft.currency)).one_or_none()
    if draft.limit_minor is None and kept is not None:
        session.delete(kept)
    elif draft.limit_minor is not None and kept is not None:
        kept.limit_minor = draft.limit_minor
    elif draft.limit_minor is not None:
        session.add(AgentLimit(agent_id=agent.id, currency=draft.currency, limit_minor=draft.limit_minor))
    agent.note = draft.note
    flag_modified(agent, "state")  # a limit is the agent's, too: whoever changes one meets whoever changes another
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
