"""What a statement says, from the ledger and the trace alone: made again at any time, it is the same.

A month holds what was written down in it (as in Yangon), not what happened in it: so nothing that becomes known later
changes a closed month. What happened earlier and was written down now is told apart.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import clock
from aidnet.funding.models import Contribution
from aidnet.ledger.models import Account, AccountKind, BudgetLine, LedgerEvent, Measure, Transfer
from aidnet.ledger.totals import measure_of
from aidnet.money import CURRENCIES
from aidnet.policy import unscoped
from aidnet.statements.models import Section
from aidnet.trace.models import Fate, TraceMove

_BOOKS = "a statement is made of every act in its months"

#: Where money lies at a month's end: kind of account, and what it is to a donor's gift.
PLACES = {
    "in-fund": (AccountKind.FUND, Fate.WAITING),
    "on-the-way": (AccountKind.TRANSIT, Fate.ON_THE_WAY),
    "held": (AccountKind.HELD, Fate.HELD),
}
_FIGURES: dict[Measure, tuple[Section, str, int]] = {
    Measure.RECEIVED: (Section.IN, "received", 1),
    Measure.REFUNDED: (Section.OUT, "returned", -1),
    Measure.SPENT: (Section.OUT, "spent", -1),
    Measure.FEES: (Section.OUT, "cost", -1),
    Measure.KEPT: (Section.OUT, "cost", -1),
    Measure.EXCHANGED_IN: (Section.EXCHANGE, "changed-in", 1),
    Measure.ARRIVED_CHANGED: (Section.EXCHANGE, "changed-in", 1),
    Measure.EXCHANGED_OUT: (Section.EXCHANGE, "changed-out", -1),
    Measure.CHANGED: (Section.EXCHANGE, "changed-out", -1),
    Measure.LOST: (Section.LOSSES, "lost", -1),
    Measure.LOST_HELD: (Section.LOSSES, "lost", -1),
    Measure.RECOVERED: (Section.LOSSES, "recovered", 1),
}
_ENDS = {
    Fate.SPENT: (Section.OUT, "spent"),
    Fate.COST: (Section.OUT, "cost"),
    Fate.RETURNED: (Section.OUT, "returned"),
    Fate.LOST: (Section.LOSSES, "lost"),
}
_ORDER = (
    *("in-fund", "on-the-way", "held", "received", "returned"),
    *(f"spent:{line}" for line in BudgetLine),
    *("cost", "changed-in", "changed-out", "lost", "recovered"),
)


@dataclass(frozen=True)
class Line:
    """A figure: in the minor unit of its currency, and how much of it happened in earlier months."""

    section: Section
    figure: str
    currency: str
    amount_minor: int
    earlier_minor: int = 0


@dataclass(frozen=True)
class Month:
    """A month, and when it begins and ends for people."""

    first: date

    @property
    def after(self) -> date:
        return (self.first.replace(day=28) + (date(2000, 1, 5) - date(2000, 1, 1))).replace(day=1)

    @property
    def until(self) -> datetime:
        """The instant at which it is over."""
        after = self.after
        return datetime(after.year, after.month, 1, tzinfo=clock.YANGON)


def month_of(instant: datetime) -> Month:
    """The month, as in Yangon, in which something was written down."""
    return Month(instant.astimezone(clock.YANGON).date().replace(day=1))


def last_event(session: Session, fund_id: int, month: Month) -> int:
    """The fund's last act that was written down before the month ended; 0 where there is none."""
    statement = sa.select(sa.func.coalesce(sa.func.max(LedgerEvent.id), 0)).where(
        LedgerEvent.fund_id == fund_id, LedgerEvent.recorded_at < month.until
    )
    return session.scalars(unscoped(statement, because=_BOOKS)).one()


def lines(
    session: Session, fund_id: int, donor_id: int, month: Month, events: tuple[int, int], opening: Iterable[Line]
) -> list[Line]:
    """The statement's lines: what was there, what happened in the acts from `events[0]` to `events[1]`, what is there.

    `donor_id` 0: of the whole fund; else of one donor's gifts to it, each in the currency it was given in.
    `opening`: the closing lines of the statement before.
    """
    happened = _of_gifts if donor_id else _of_fund
    amounts: Counter[tuple[Section, str, str]] = Counter()
    earlier: Counter[tuple[Section, str, str]] = Counter()
    there: Counter[tuple[str, str]] = Counter()
    for line in opening:
        there[line.figure, line.currency] += line.amount_minor
        amounts[Section.OPENING, line.figure, line.currency] += line.amount_minor
    for day, section, figure, currency, minor in happened(session, fund_id, donor_id, events):
        if section is Section.CLOSING:
            there[figure, currency] += minor
            continue
        amounts[section, figure, currency] += minor
        earlier[section, figure, currency] += minor if day < month.first else 0
    for (figure, currency), minor in there.items():
        amounts[Section.CLOSING, figure, currency] = minor
    sections = list(Section)
    keys = [key for key in amounts if amounts[key] or earlier[key]]
    keys.sort(key=lambda key: (CURRENCIES.index(key[2]), sections.index(key[0]), _ORDER.index(key[1])))
    return [Line(*key, amounts[key], earlier[key]) for key in keys]


#: The day it happened, where it stands, what it counts, the currency, minor units. In `CLOSING`: what a place gained.
Happened = tuple[date, Section, str, str, int]


def _of_fund(session: Session, fund_id: int, _donor_id: int, events: tuple[int, int]) -> Iterable[Happened]:
    source, target = aliased(Account), aliased(Account)
    by = (
        LedgerEvent.happened_on,
        Transfer.currency,
        source.kind,
        target.kind,
        target.budget_line,
        source.budget_line,
        Transfer.reverses_id.is_(None),
    )
    statement = (
        sa.select(*by, sa.func.sum(Transfer.amount_minor))
        .join(LedgerEvent, LedgerEvent.id == Transfer.event_id)
        .join(source, source.id == Transfer.from_id)
        .join(target, target.id == Transfer.to_id)
        .where(LedgerEvent.fund_id == fund_id, LedgerEvent.id.between(*events))
        .group_by(*by)
    )
    places = {kind: figure for figure, (kind, _fate) in PLACES.items()}
    for day, currency, left, came, line, back_line, forward, total in session.execute(
        unscoped(statement, because=_BOOKS)
    ):
        minor = int(total)
        if left in places:
            yield day, Section.CLOSING, places[left], currency, -minor
        if came in places:
            yield day, Section.CLOSING, places[came], currency, minor
        measure = measure_of(left, came) if forward else measure_of(came, left)
        if measure in _FIGURES:
            section, figure, sign = _FIGURES[measure]
            named = f"spent:{line or back_line}" if figure == "spent" else figure
            yield day, section, named, currency, sign * minor if forward else -sign * minor


def _of_gifts(session: Session, fund_id: int, donor_id: int, events: tuple[int, int]) -> Iterable[Happened]:
    by = (
        LedgerEvent.happened_on,
        sa.func.coalesce(Contribution.currency, ""),
        TraceMove.from_fate,
        TraceMove.to_fate,
        TraceMove.budget_line,
        TraceMove.undoes_id.is_(None),
    )
    statement = (
        sa.select(*by, sa.func.sum(TraceMove.source_minor))
        .join(LedgerEvent, LedgerEvent.id == TraceMove.event_id)
        .join(Contribution, Contribution.id == TraceMove.contribution_id)
        .where(Contribution.donor_id == donor_id, LedgerEvent.fund_id == fund_id, LedgerEvent.id.between(*events))
        .group_by(*by)
    )
    places = {fate: figure for figure, (_kind, fate) in PLACES.items()}
    for day, currency, left, came, line, _forward, total in session.execute(unscoped(statement, because=_BOOKS)):
        for fate, sign in ((left, -1), (came, 1)):
            if fate in places:
                yield day, Section.CLOSING, places[fate], currency, sign * int(total)
            elif fate is not None:
                section, figure = _ENDS[fate]
                named = f"spent:{_told(line)}" if fate is Fate.SPENT else figure
                yield day, section, named, currency, -sign * int(total)
        if left is None or came is None:
            yield day, Section.IN, "received", currency, int(total) if left is None else -int(total)


def _told(line: str) -> str:
    """SECURITY: donors see tolls and informal payments only inside transport. Kept by tests/statements."""
    return BudgetLine.TRANSPORT if line == BudgetLine.TOLLS else line


def digest(made: Sequence[Line]) -> str:
    """SHA-256 of the lines in their order."""
    text = "\n".join(
        f"{line.section} {line.figure} {line.currency} {line.amount_minor} {line.earlier_minor}" for line in made
    )
    return hashlib.sha256(text.encode()).hexdigest()
