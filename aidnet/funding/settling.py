"""Writes and reads of how lost payouts ended: what came back, and what is written off."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import audit, clock, disclosure, policy
from aidnet.agents.keeping import keep
from aidnet.disclosure import Shown
from aidnet.errors import AidnetError, Invalid
from aidnet.funding import ledger
from aidnet.funding.contributions import SentBefore, hold_open
from aidnet.funding.drafts import SettlementDraft
from aidnet.funding.ledger import FUND, LOST, Leg, author
from aidnet.funding.models import Fund, Payout, PayoutSettlement, SettlementKind
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.ledger.models import Account, AccountKind, LedgerEvent, LedgerEventKind, Transfer
from aidnet.money import format_amount
from aidnet.policy import Actor, Permission, unscoped

_OF_THE_PAYOUT = "what became of a payout the actor may see"


class NothingLost(AidnetError):
    """No loss of this payout waits to be settled."""

    status = 409
    code = "nothing-lost"
    sentence = _l("No loss of this payout waits to be settled.")


@dataclass(frozen=True)
class Loss:
    """What a payout lost, in the currency that was sent: how much, what of it came back, and what was given up."""

    lost_minor: int = 0
    repaid_minor: int = 0
    written_off_minor: int = 0

    @property
    def missing_minor(self) -> int:
        """Not come back."""
        return self.lost_minor - self.repaid_minor

    @property
    def open_minor(self) -> int:
        """Neither come back nor given up."""
        return max(self.missing_minor - self.written_off_minor, 0)


@dataclass(frozen=True)
class Settled:
    """One settlement. `code`: by which a repayment is undone (`L-…`); None: no money moved."""

    settlement: Shown
    code: str | None
    undone: bool


def settle(session: Session, actor: Actor, draft: SettlementDraft) -> PayoutSettlement:
    """Settle some or all of what a payout lost. What comes back is the fund's again; what was given up may still come back.

    Raises:
        NotVisible.
        FundClosed: money comes back to a fund that takes none any more.
        NothingLost.
        Invalid: more than is lost, or before it was sent.
    """
    payout = policy.fetch(session, actor, Permission.PAYOUT_SEND, Payout, draft.payout, lock=True)
    fund = hold_open(session, actor, Permission.PAYOUT_SEND, payout.fund_id)
    same = sa.select(PayoutSettlement).where(PayoutSettlement.uid == draft.uid)
    before = session.scalars(unscoped(same, because="a form sent twice is still one act")).one_or_none()
    if before is not None and before.payout_id != payout.id:
        raise SentBefore
    if before is not None:
        return before
    loss = loss_of(session, payout)
    repaid = draft.kind is SettlementKind.REPAID
    most_minor = loss.missing_minor if repaid else loss.open_minor
    if most_minor <= 0:
        raise NothingLost
    if not 0 < draft.amount_minor <= most_minor:
        left = format_amount(most_minor, payout.currency)
        raise Invalid(_("Only %(left)s of it is still lost.", left=left), field="amount")
    if draft.settled_on < payout.sent_on:
        raise Invalid(_("This is before the day it was sent."), field="day")
    settlement = PayoutSettlement(
        uid=draft.uid,
        payout_id=payout.id,
        kind=draft.kind,
        amount_minor=draft.amount_minor,
        settled_on=draft.settled_on,
        note=draft.note,
        recorded_at=clock.now(),
        recorded_by_id=author(actor),
    )
    session.add(settlement)
    session.flush()
    if repaid:
        event = LedgerEvent(
            kind=LedgerEventKind.SETTLEMENT,
            fund_id=fund.id,
            payout_id=payout.id,
            settlement_id=settlement.id,
            happened_on=draft.settled_on,
        )
        ledger.post(session, actor, event, [Leg(LOST, FUND, draft.amount_minor, payout.currency)])
        keep(session, payout.agent_id, event)
    action = "payout.repaid" if repaid else "payout.written-off"
    audit.record(session, actor, action, settlement, code=payout.code, amount_minor=draft.amount_minor)
    return settlement


def repayments(session: Session, payout: Payout) -> Sequence[LedgerEvent]:
    """The events that brought some of a payout's loss back, and were not undone."""
    undoing = aliased(LedgerEvent)
    statement = sa.select(LedgerEvent).where(
        LedgerEvent.payout_id == payout.id,
        LedgerEvent.kind == LedgerEventKind.SETTLEMENT,
        ~sa.exists().where(undoing.reverses_id == LedgerEvent.id),
    )
    return session.scalars(unscoped(statement, because=_OF_THE_PAYOUT)).all()


def loss_of(session: Session, payout: Payout) -> Loss:
    """What a payout lost and what became of that. Two statements. A loss that was undone is none, nor is what was given up of it."""
    lost = _plain(*_LOST).where(LedgerEvent.payout_id == payout.id)
    found = session.execute(unscoped(_standing(lost), because=_OF_THE_PAYOUT)).one_or_none()
    rows = _plain(*_SETTLED).where(PayoutSettlement.payout_id == payout.id)
    settled = session.execute(unscoped(_with_event(rows), because=_OF_THE_PAYOUT)).all()
    return _loss(found, [(row, undone) for row, _code, undone in settled])


def told(session: Session, actor: Actor, code: str) -> tuple[Loss, list[Settled]]:
    """The same as the actor may see it, with each settlement, oldest first. Two statements."""
    reads = {Payout: Permission.PAYOUT_READ, Fund: Permission.FUND_READ}
    lost = (
        policy.select(actor, reads, *_LOST)
        .select_from(LedgerEvent)
        .join(Payout, Payout.id == LedgerEvent.payout_id)
        .join(Fund, Fund.id == Payout.fund_id)
        .where(Payout.code == code)
    )
    rows = (
        policy.select(actor, reads, *_SETTLED, Payout.responder_id)
        .select_from(PayoutSettlement)
        .join(Payout, Payout.id == PayoutSettlement.payout_id)
        .join(Fund, Fund.id == Payout.fund_id)
        .where(Payout.code == code)
    )
    settled = session.execute(_with_event(rows)).all()
    loss = _loss(session.execute(_standing(lost)).one_or_none(), [(row, undone) for row, _code, undone, _to in settled])
    return loss, [
        Settled(Shown(row, "payout_settlement", disclosure.audience_of(actor, to)), event_code, bool(undone))
        for row, event_code, undone, to in settled
    ]


_LOST = (Transfer.amount_minor, LedgerEvent.recorded_at)
_INTO, _UNDOING = aliased(Account), aliased(LedgerEvent)
_REPAYING, _UNPAYING = aliased(LedgerEvent), aliased(LedgerEvent)
_SETTLED = (PayoutSettlement, _REPAYING.code, _UNPAYING.id.is_not(None))


def _plain(*columns: Any) -> sa.Select[Any]:
    return sa.select(*columns)


def _standing(lost: sa.Select[Any]) -> sa.Select[Any]:
    """The loss that was reported and not undone: there is at most one, for it ends the payout."""
    return (
        lost.join(Transfer, Transfer.event_id == LedgerEvent.id)
        .join(_INTO, _INTO.id == Transfer.to_id)
        .outerjoin(_UNDOING, _UNDOING.reverses_id == LedgerEvent.id)
        .where(
            LedgerEvent.confirmation_id.is_not(None),
            LedgerEvent.reverses_id.is_(None),
            _INTO.kind == AccountKind.LOST,
            _UNDOING.id.is_(None),
        )
    )


def _with_event(rows: sa.Select[Any]) -> sa.Select[Any]:
    """Settlements with the act of the ledger that brought money back, if one did, and whether it was undone."""
    repaying = (_REPAYING.settlement_id == PayoutSettlement.id) & _REPAYING.reverses_id.is_(None)
    return (
        rows.outerjoin(_REPAYING, repaying)
        .outerjoin(_UNPAYING, _UNPAYING.reverses_id == _REPAYING.id)
        .order_by(PayoutSettlement.id)
    )


def _loss(found: Sequence[Any] | None, settled: Iterable[tuple[PayoutSettlement, bool]]) -> Loss:
    if found is None:
        return Loss()
    lost_minor, lost_at = found
    sums = Counter[SettlementKind]()
    for row, undone in settled:
        if not undone and row.recorded_at >= lost_at:
            sums[row.kind] += row.amount_minor
    return Loss(lost_minor, sums[SettlementKind.REPAID], sums[SettlementKind.WRITTEN_OFF])
