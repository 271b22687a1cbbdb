"""Writes: agents by alias."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes
from aidnet.agents.models import Agent
from aidnet.crypto import keyring
from aidnet.errors import Refused
from aidnet.policy import Actor, Permission, unscoped

_ALIAS = "agent alias"


def named(session: Session, actor: Actor, alias: str) -> Agent:
    """The agent of this alias, however it is spaced or capitalized; made when first named. Raises: Refused."""
    if actor.user_id is None or not actor.may(Permission.PAYOUT_SEND):
        raise Refused
    index = keyring().blind(_ALIAS, alias)
    known = sa.select(Agent).where(Agent.alias_index == index)
    agent = session.scalars(unscoped(known, because="an alias is looked up to send money by it")).one_or_none()
    if agent is None:
        agent = Agent(alias=alias, alias_index=index, code="", created_at=clock.now(), created_by_id=actor.user_id)
        agent.code = codes.code_of("A", agent.uid)
        session.add(agent)
        session.flush()
        audit.record(session, actor, "agent.named", agent, code=agent.code)
    return agent
