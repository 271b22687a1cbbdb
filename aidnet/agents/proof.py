"""The proof of agents' totals: added up again from the transfers of the payouts that they carried."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet.agents.keeping import change_of
from aidnet.agents.models import Agent, AgentBalance
from aidnet.funding.models import Payout
from aidnet.ledger.models import Account, LedgerEvent, Transfer
from aidnet.policy import unscoped

_PROOF = "the proof re-adds every row, for the machine's operator"


class Fault(NamedTuple):
    """One row that is wrong, and how. Agents are named by their codes, never by an alias."""

    table: str
    row: str
    wrong: str


def faults(session: Session) -> Iterator[Fault]:
    """Every agent's total that is not what the transfers say."""
    added = _added(session)
    kept = Counter[tuple[int, str, str]]()
    for row in session.scalars(unscoped(sa.select(AgentBalance), because=_PROOF)):
        for figure in ("handed_minor", "settled_minor", "lost_minor"):
            kept[row.agent_id, row.currency, figure] = getattr(row, figure)
    named = sa.select(Agent.id, Agent.code)
    codes = {row.id: row.code for row in session.execute(unscoped(named, because=_PROOF))}
    for agent_id, currency, figure in sorted(kept.keys() | added.keys()):
        says, true = kept[agent_id, currency, figure], added[agent_id, currency, figure]
        if says != true:
            yield Fault("agent_balance", f"{codes[agent_id]} {currency}", f"{figure} {says}; its transfers say {true}")


def _added(session: Session) -> Counter[tuple[int, str, str]]:
    """Agent, currency and figure to what the transfers say."""
    source, target = aliased(Account), aliased(Account)
    by = (Payout.agent_id, Transfer.currency, source.kind, target.kind, Transfer.reverses_id.is_(None))
    statement = (
        sa.select(*by, sa.func.sum(Transfer.amount_minor))
        .join(LedgerEvent, LedgerEvent.id == Transfer.event_id)
        .join(Payout, Payout.id == LedgerEvent.payout_id)
        .join(source, source.id == Transfer.from_id)
        .join(target, target.id == Transfer.to_id)
        .where(Payout.agent_id.is_not(None))
        .group_by(*by)
    )
    totals = Counter[tuple[int, str, str]]()
    for agent_id, currency, start, end, forward, minor in session.execute(unscoped(statement, because=_PROOF)):
        change = change_of(start, end, int(minor)) if forward else change_of(end, start, int(minor)).times(-1)
        for figure, amount_minor in vars(change).items():
            totals[agent_id or 0, currency, figure] += amount_minor
    return totals
