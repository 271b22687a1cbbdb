"""Writes and reads of how lost payouts ended: what came back, and what is written off."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import audit, clock, policy
from aidnet.agents.keeping import keep
from aidnet.errors import AidnetError, Invalid
from aidnet.funding import ledger
from aidnet.funding.contributions import SentBefore, hold_open
from aidnet.funding.drafts import SettlementDraft
from aidnet.funding.ledger import FUND, LOST, Leg, author
from aidnet.funding.models import Payout, PayoutSettlement, SettlementKind
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
    undoing, into = aliased(LedgerEvent), aliased(Account)
    lost = (
        sa.select(Transfer.amount_minor, LedgerEvent.recorded_at)
        .join(LedgerEvent, LedgerEvent.id == Transfer.event_id)
        .join(into, into.id == Transfer.to_id)
        .outerjoin(undoing, undoing.reverses_id == LedgerEvent.id)
        .where(
            LedgerEvent.payout_id == payout.id,
            LedgerEvent.confirmation_id.is_not(None),
            into.kind == AccountKind.LOST,
            Transfer.reverses_id.is_(None),
            undoing.id.is_(None),
        )
    )
    found = session.execute(unscoped(lost, because=_OF_THE_PAYOUT)).one_or_none()
    if found is None:
        return Loss()
    lost_minor, lost_at = found
    settled = (
        sa.select(PayoutSettlement.kind, sa.func.sum(PayoutSettlement.amount_minor))
        .outerjoin(LedgerEvent, (LedgerEvent.settlement_id == PayoutSettlement.id) & LedgerEvent.reverses_id.is_(None))
        .outerjoin(undoing, undoing.reverses_id == LedgerEvent.id)
        .where(PayoutSettlement.payout_id == payout.id, undoing.id.is_(None))
        .where(PayoutSettlement.recorded_at >= lost_at)
        .group_by(PayoutSettlement.kind)
    )
    sums = {kind: int(minor) for kind, minor in session.execute(unscoped(settled, because=_OF_THE_PAYOUT))}
    return Loss(lost_minor, sums.get(SettlementKind.REPAID, 0), sums.get(SettlementKind.WRITTEN_OFF, 0))
