"""What each agent was handed and what became of it, kept as its money moves."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet.agents.models import AgentBalance
from aidnet.db import add_up
from aidnet.ledger.models import Account, AccountKind, LedgerEvent, Transfer
from aidnet.policy import unscoped

_KEPT = "an agent's totals are kept with the ledger: the service has asked whether the actor may"
_FIGURES = ("handed_minor", "settled_minor", "lost_minor")


@dataclass(frozen=True)
class Change:
    """What a movement adds to an agent's figures, in minor units of the currency that was sent."""

    handed_minor: int = 0
    settled_minor: int = 0
    lost_minor: int = 0

    def times(self, factor: int) -> "Change":
        return Change(self.handed_minor * factor, self.settled_minor * factor, self.lost_minor * factor)


def change_of(source: AccountKind, target: AccountKind, amount_minor: int) -> Change:
    """What money that goes this way means for whoever carries it. A fee beside the amount was never with it."""
    if target is AccountKind.TRANSIT:
        return Change(handed_minor=amount_minor)
    if source is AccountKind.TRANSIT and target is AccountKind.LOST:
        return Change(lost_minor=amount_minor)
    if source is AccountKind.TRANSIT:
        return Change(settled_minor=amount_minor)
    if source is AccountKind.LOST:
        return Change(settled_minor=amount_minor, lost_minor=-amount_minor)
    return Change()


_SOURCE, _TARGET = aliased(Account), aliased(Account)
_OF_EVENT = unscoped(
    sa.select(Transfer.currency, _SOURCE.kind, _TARGET.kind, Transfer.amount_minor)
    .join(_SOURCE, _SOURCE.id == Transfer.from_id)
    .join(_TARGET, _TARGET.id == Transfer.to_id)
    .where(Transfer.event_id == sa.bindparam("event")),
    because=_KEPT,
)


def keep(session: Session, agent_id: int | None, event: LedgerEvent, *, undone: bool = False) -> None:
    """Add what `event` moved to the agent's totals; take it away again where the event is `undone`. None: no agent."""
    if agent_id is None:
        return
    totals = Counter[tuple[str, str]]()
    for currency, source, target, amount_minor in session.execute(_OF_EVENT, {"event": event.id}):
        change = change_of(source, target, amount_minor).times(-1 if undone else 1)
        for figure in _FIGURES:
            totals[currency, figure] += getattr(change, figure)
    rows = list(_rows(agent_id, totals))
    if rows:
        add_up(session, AgentBalance, rows, summed=_FIGURES)


def _rows(agent_id: int, totals: Mapping[tuple[str, str], int]) -> Iterator[dict[str, object]]:
    for currency in sorted({currency for (currency, _figure), minor in totals.items() if minor}):
        figures = {figure: totals[currency, figure] for figure in _FIGURES}
        yield {"agent_id": agent_id, "currency": currency, **figures}
