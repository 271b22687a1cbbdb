"""Writes: a second person's word on acts with money, which does what was asked for, in one transaction."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet.approvals import service as approvals
from aidnet.approvals.models import READ_FIRST, Act, Approval, ApprovalState
from aidnet.errors import NotVisible
from aidnet.funding.closing import close_agreed
from aidnet.funding.models import Payout, PayoutState
from aidnet.funding.payouts import release
from aidnet.funding.undoing import reverse_agreed
from aidnet.network import service as networks
from aidnet.policy import Actor, unscoped


def agree(session: Session, actor: Actor, code: str) -> Approval:
    """Agree to what somebody else asked for: it is done now, or, where it cannot be, still waits.

    Raises:
        NotVisible: nothing of that code waits for this person; whoever asked agrees in no role.
        Decided: the word was given already.
        FundClosed, Invalid, NotEmpty, AlreadyReversed, MovedOn: as the act itself.
    """
    row = approvals.to_decide(session, actor, code)
    _do(session, actor, row)
    return approvals.decide(session, actor, row, ApprovalState.AGREED)


def do_alone(session: Session, actor: Actor, code: str) -> Approval:
    """Do what one asked for oneself, after the wait, where nobody else was there: it stands as one person's for ever.

    Raises: as `agree`, and Refused, TooEarly.
    """
    row = approvals.own_opened(session, actor, code)
    _do(session, actor, row)
    return approvals.decide(session, actor, row, ApprovalState.AGREED, alone=True)


def refuse(session: Session, actor: Actor, code: str) -> Approval:
    """Say no to what somebody else asked for: it is not done. Raises: NotVisible, Decided."""
    row = approvals.to_decide(session, actor, code)
    _drop(session, row)
    return approvals.decide(session, actor, row, ApprovalState.REFUSED)


def take_back(session: Session, actor: Actor, code: str) -> Approval:
    """Take back what one asked for oneself. Raises: NotVisible, Decided."""
    row = approvals.own(session, actor, code)
    _drop(session, row)
    return approvals.decide(session, actor, row, ApprovalState.WITHDRAWN)


def _do(session: Session, actor: Actor, row: Approval) -> None:
    if row.act in READ_FIRST:
        raise NotVisible
    if row.act is Act.PAYOUT and row.payout_id is not None:
        release(session, actor, row.payout_id)
    elif row.act is Act.REVERSAL and row.subject_code is not None:
        reverse_agreed(session, actor, row.subject_code, uid=row.uid)
    elif row.act is Act.FUND_CLOSURE and row.fund_id is not None:
        close_agreed(session, actor, row.fund_id)
    elif row.act is Act.LIMIT and row.currency is not None:
        approvals.set_limit(session, actor, row.currency, row.amount_minor)
    elif row.act is Act.SHORTER_WAIT and row.days is not None:
        networks.set_wait(session, actor, row.days)
    elif row.act is Act.PUBLIC_PAGE:
        networks.set_public_page(session, actor, is_on=True)


def _drop(session: Session, row: Approval) -> None:
    if row.act in READ_FIRST:
        raise NotVisible
    if row.act is not Act.PAYOUT:
        return
    statement = sa.select(Payout).where(Payout.id == row.payout_id).with_for_update(key_share=True)
    payout = session.scalars(unscoped(statement, because="what was asked for is not done")).one()
    payout.state = PayoutState.DECLINED
