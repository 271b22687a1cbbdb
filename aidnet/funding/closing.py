"""Writes: closing a fund, which two people do, once nothing is left in it."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock
from aidnet.approvals import service as approvals
from aidnet.approvals.models import Act, Approval
from aidnet.approvals.service import Request
from aidnet.errors import AidnetError, NotVisible
from aidnet.funding.contributions import hold_open
from aidnet.funding.ledger import hold
from aidnet.funding.models import Contribution, ContributionState, Fund, FundState, Payout, PayoutState
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.ledger.models import Account, AccountBalance, AccountKind
from aidnet.money import format_amount
from aidnet.policy import Actor, Permission, unscoped

_OF_THE_FUND = "whoever closes a fund is told what is left of it"

#: Where money of a fund can be that is not accounted for yet; below zero it is owed.
_UNSETTLED = (AccountKind.FUND, AccountKind.TRANSIT, AccountKind.HELD)


class NotEmpty(AidnetError):
    """There is money of the fund that is not accounted for, or something waits in it."""

    status = 409
    code = "not-empty"


def close_fund(
    session: Session, actor: Actor, key: int | str, *, uid: UUID, reason: str | None = None
) -> Fund | Approval:
    """Close a fund of the network: no money comes into it or leaves it any more.

    A second person must agree: then what waits for that is returned.

    Raises:
        NotVisible: no such fund, or a responder's own purse.
        FundClosed.
        NotEmpty: money is left in it, on its way, held or owed, or a payout or a pledge waits.
        AskedAlready: it waits for a second person.
    """
    if before := approvals.asked_before(session, actor, uid):
        return before
    fund = hold_open(session, actor, Permission.FUND_WRITE, key)
    if fund.responder_id is not None:
        raise NotVisible
    refuse_unsettled(session, fund)
    asked = approvals.ask(
        session, actor, Request(uid, Act.FUND_CLOSURE, fund_id=fund.id, subject_code=fund.code, reason=reason)
    )
    return asked if asked is not None else _shut(session, actor, fund)


def close_agreed(session: Session, actor: Actor, fund_id: int) -> Fund:
    """The same for what was asked for: whoever calls holds the word of a second person. Raises: NotEmpty."""
    hold(session, fund_id)
    same = sa.select(Fund).where(Fund.id == fund_id)
    fund = session.scalars(
        unscoped(same, because="a second person agreed").execution_options(populate_existing=True)
    ).one()
    refuse_unsettled(session, fund)
    return _shut(session, actor, fund)


def refuse_unsettled(session: Session, fund: Fund) -> None:
    """Two statements. Raises: NotEmpty, with what is left and where."""
    left = (
        sa.select(Account.kind, Account.currency, AccountBalance.in_minor - AccountBalance.out_minor)
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .where(
            Account.fund_id == fund.id,
            Account.kind.in_(_UNSETTLED),
            AccountBalance.in_minor != AccountBalance.out_minor,
        )
        .order_by(Account.id)
        .limit(1)
    )
    found = session.execute(unscoped(left, because=_OF_THE_FUND)).one_or_none()
    if found is not None:
        kind, currency, minor = found
        raise NotEmpty(_where(kind, minor, format_amount(abs(minor), currency)))
    waits = sa.exists().where(Payout.fund_id == fund.id, Payout.state == PayoutState.WAITING) | sa.exists().where(
        Contribution.fund_id == fund.id, Contribution.state == ContributionState.PLEDGED
    )
    if session.scalar(unscoped(sa.select(waits), because=_OF_THE_FUND)):
        raise NotEmpty(_l("A payout or a pledge of this fund still waits. Decide on it first."))


def _where(kind: AccountKind, minor: int, amount: str) -> str:
    if kind is AccountKind.FUND:
        return _("There is still %(amount)s in the fund.", amount=amount)
    if kind is AccountKind.TRANSIT:
        return _("There is still %(amount)s of it on its way.", amount=amount)
    if minor < 0:
        return _("There is still %(amount)s owed to a group.", amount=amount)
    return _("There is still %(amount)s of it held by a group.", amount=amount)


def _shut(session: Session, actor: Actor, fund: Fund) -> Fund:
    fund.state, fund.closed_at = FundState.CLOSED, clock.now()
    session.flush()
    audit.record(session, actor, "fund.closed", fund, code=fund.code)
    return fund
