"""Writes: acts that are asked for, a second person's word on them, and the limits above which a payout needs one.

What is asked for is done by the slice it belongs to (`aidnet/funding/agreeing.py`), in the transaction of the word.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, money, policy
from aidnet.accounts.agreement import network_need
from aidnet.accounts.models import ApprovalNeed
from aidnet.approvals.models import Act, Approval, ApprovalState, PayoutLimit
from aidnet.errors import AidnetError, Invalid, NotVisible, Refused, Stale
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.network import service as networks
from aidnet.network.models import Network
from aidnet.policy import Actor, Permission, unscoped

_TAKEN = "a form sent twice is still one act"
_LIMITS = "a setting is one for all, whoever asks to change it"

#: What whoever does an act alone must still be allowed to do.
RIGHTS: dict[Act, Permission] = {
    Act.PAYOUT: Permission.PAYOUT_SEND,
    Act.REVERSAL: Permission.MONEY_REVERSE,
    Act.FUND_CLOSURE: Permission.FUND_WRITE,
    Act.LIMIT: Permission.NETWORK_SETTINGS,
    Act.REPORT: Permission.GRANT_AGREE,
    Act.SHORTER_WAIT: Permission.NETWORK_SETTINGS,
    Act.PUBLIC_PAGE: Permission.NETWORK_SETTINGS,
}
#: What the second person of an act must be allowed to do, where it is more than to decide.
DECIDES: dict[Act, Permission] = {Act.REPORT: Permission.GRANT_AGREE}


class Decided(AidnetError):
    """The word on an act was given already, or it was taken back."""

    status = 409
    code = "decided"
    sentence = _l("This does not wait any more: look at what became of it.")


class AskedAlready(AidnetError):
    """The same is asked for already, and waits."""

    status = 409
    code = "asked-already"
    sentence = _l("This was asked for already, and waits for a second person.")


class TooEarly(AidnetError):
    """One person may do an act alone only after the wait."""

    status = 409
    code = "too-early"


@dataclass(frozen=True)
class Request:
    """An act somebody asks for. `subject_code`: of what is to be sent, undone or closed; ids and amount as far as there are any."""

    uid: UUID
    act: Act
    fund_id: int | None = None
    payout_id: int | None = None
    responder_id: int | None = None
    subject_code: str | None = None
    #: In the minor unit of `currency`.
    amount_minor: int | None = None
    currency: str | None = None
    days: int | None = None
    reason: str | None = None


def is_above_limit(session: Session, currency: str, amount_minor: int) -> bool:
    """Whether a payout that takes this out of a fund is more than one person may send."""
    limits = sa.select(PayoutLimit.limit_minor).where(PayoutLimit.currency == currency)
    limit_minor = session.scalars(limits).one_or_none()
    return limit_minor is not None and amount_minor > limit_minor


def must_ask(session: Session, actor: Actor) -> bool:
    """Whether what two persons do needs another here: not while the network is set up by one."""
    return network_need(session, actor.user_id).approval is not ApprovalNeed.NONE


def ask(session: Session, actor: Actor, request: Request) -> Approval | None:
    """Write down that an act is asked for; None where the network is so new that one person does it.

    Where nobody else could agree, the act opens to whoever asked after a wait.

    Raises:
        Refused: nobody asks.
        AskedAlready: it waits already.
    """
    if actor.user_id is None:
        raise Refused
    decides = DECIDES.get(request.act, Permission.APPROVAL_DECIDE)
    readers = [role for role, permissions in policy.ROLES.items() if decides in permissions]
    need = network_need(session, actor.user_id, among=readers)
    if need.approval is ApprovalNeed.NONE:
        return None
    if request.subject_code is not None:
        same = sa.select(Approval.id).where(
            Approval.subject_code == request.subject_code,
            Approval.act == request.act,
            Approval.state == ApprovalState.WAITING,
        )
        if session.scalars(unscoped(same, because="one thing is asked for once")).first() is not None:
            raise AskedAlready
    row = Approval(
        uid=request.uid,
        code=codes.code_of("Q", request.uid),
        act=request.act,
        fund_id=request.fund_id,
        payout_id=request.payout_id,
        responder_id=request.responder_id,
        subject_code=request.subject_code,
        amount_minor=request.amount_minor,
        currency=request.currency,
        days=request.days,
        reason=request.reason,
        state=ApprovalState.WAITING,
        asked_by_id=actor.user_id,
        asked_at=clock.now(),
        opens_at=need.opens_at,
    )
    session.add(row)
    session.flush()
    _note(session, actor, "approval.asked", row)
    return row


def asked_before(session: Session, actor: Actor, uid: UUID) -> Approval | None:
    """What the same form asked for the first time. Raises: Invalid, where it was somebody else's."""
    row = session.scalars(unscoped(sa.select(Approval).where(Approval.uid == uid), because=_TAKEN)).one_or_none()
    if row is not None and row.asked_by_id != actor.user_id:
        raise Invalid(_l("This form is out of date. Open it again, and send it once."))
    return row


def waiting_on(session: Session, act: Act, subject_codes: Collection[str]) -> Sequence[Approval]:
    """What waits of this kind on these things, each alone with it until the transaction ends."""
    statement = (
        sa.select(Approval)
        .where(Approval.act == act, Approval.subject_code.in_(subject_codes), Approval.state == ApprovalState.WAITING)
        .order_by(Approval.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(unscoped(statement, because="what is asked for is found by what it is about")).all()


def to_decide(session: Session, actor: Actor, code: str) -> Approval:
    """An act that waits for this person's word, alone with it until the transaction ends. Raises: NotVisible, Decided."""
    return _waiting(policy.fetch(session, actor, Permission.APPROVAL_DECIDE, Approval, code, lock=True))


def own(session: Session, actor: Actor, code: str) -> Approval:
    """An act that this person asked for and that still waits, alone with it. Raises: NotVisible, Decided."""
    row = policy.fetch(session, actor, Permission.APPROVAL_READ, Approval, code, lock=True)
    if row.asked_by_id != actor.user_id:
        raise NotVisible
    return _waiting(row)


def own_opened(session: Session, actor: Actor, code: str) -> Approval:
    """The same where the wait is over, so that whoever asked may do it alone.

    Raises:
        NotVisible, Decided.
        Refused: the role has no right to the act itself.
        TooEarly: the wait is not over, or a second person was there.
    """
    row = own(session, actor, code)
    if not actor.may(RIGHTS[row.act]):
        raise Refused
    if row.opens_at is None:
        raise TooEarly(_l("A second person is there: this waits for their word."))
    if clock.now() < row.opens_at:
        raise TooEarly(_l("The wait is not over yet."))
    return row


def _waiting(row: Approval) -> Approval:
    if row.state is not ApprovalState.WAITING:
        raise Decided
    return row


def decide(session: Session, actor: Actor, row: Approval, state: ApprovalState, *, alone: bool = False) -> Approval:
    """Write the word down. `row` is held; whatever it stands for is done, or will not be."""
    row.state, row.decided_by_id, row.decided_at, row.alone = state, actor.user_id, clock.now(), alone
    session.flush()
    _note(session, actor, "approval.done-alone" if alone else f"approval.{state}", row)
    return row


def _note(session: Session, actor: Actor, action: str, row: Approval) -> None:
    audit.record(
        session,
        actor,
        action,
        row,
        code=row.code,
        act=row.act.value,
        subject=row.subject_code,
        one_person=row.opens_at is not None,
    )


def change_limit(
    session: Session, actor: Actor, *, currency: str, limit_minor: int | None, uid: UUID
) -> Approval | None:
    """Set the largest payout in a currency that one person may send; None: no limit.

    Lower is set at once. Higher, or none, lets one person do more: it needs a second person, and is then what is returned.

    Raises: Refused, Invalid, AskedAlready.
    """
    if not actor.may(Permission.NETWORK_SETTINGS):
        raise Refused
    if currency not in money.CURRENCIES:
        raise Invalid(_("Choose one of the list."), field="currency")
    if limit_minor is not None and not 0 <= limit_minor <= money.MOST_MINOR:
        raise Invalid(_("This is too much."), field="amount")
    session.execute(sa.select(Network.id).with_for_update())  # two people who set a limit meet here
    if before := asked_before(session, actor, uid):
        return before
    row = session.get(PayoutLimit, currency, populate_existing=True)
    now = None if row is None else row.limit_minor
    if now == limit_minor:
        return None
    if now is not None and (limit_minor is None or limit_minor > now):
        _refuse_twice(session, Approval.act == Act.LIMIT, Approval.currency == currency)
        asked = ask(session, actor, Request(uid, Act.LIMIT, amount_minor=limit_minor, currency=currency))
        if asked is not None:
            return asked
    set_limit(session, actor, currency, limit_minor)
    return None


def set_limit(session: Session, actor: Actor, currency: str, limit_minor: int | None) -> None:
    """Write a limit down, or (None) take it away: whoever calls has asked whether it may be."""
    row = session.get(PayoutLimit, currency, populate_existing=True)
    if limit_minor is None and row is not None:
        session.delete(row)
    elif limit_minor is not None and row is not None:
        row.limit_minor = limit_minor
    elif limit_minor is not None:
        session.add(PayoutLimit(currency=currency, limit_minor=limit_minor))
    session.flush()
    network = session.get_one(Network, 1)
    audit.record(session, actor, "limit.changed", network, currency=currency, limit_minor=limit_minor)


def shorten_wait(session: Session, actor: Actor, *, days: int, uid: UUID) -> Approval | None:
    """Let results wait fewer days after a month's end, which lets more out: it needs a second person, and is then returned.

    Raises: Refused, Invalid, AskedAlready.
    """
    if not actor.may(Permission.NETWORK_SETTINGS):
        raise Refused
    if days < networks.DELAY_LEAST:
        raise Invalid(_("At least %(least)s days, please.", least=networks.DELAY_LEAST), field="release_delay_days")
    row = session.get_one(Network, 1, with_for_update=True)  # two people who ask meet here
    if before := asked_before(session, actor, uid):
        return before
    if days >= row.release_delay_days:
        raise Invalid(_("This is not shorter."), field="release_delay_days")
    _refuse_twice(session, Approval.act == Act.SHORTER_WAIT)
    asked = ask(session, actor, Request(uid, Act.SHORTER_WAIT, days=days))
    if asked is None:
        networks.set_wait(session, actor, days)
    return asked


def open_public_page(session: Session, actor: Actor, *, version: int, uid: UUID) -> Approval | None:
    """Let anybody read what partners published for anybody: it needs a second person, and is then returned.

    Raises:
        Refused: the actor's role has no settings.
        Stale: somebody changed them since `version`.
        AskedAlready: it waits already.
    """
    if not actor.may(Permission.NETWORK_SETTINGS):
        raise Refused
    row = session.get_one(Network, 1, with_for_update=True, populate_existing=True)  # two people who ask meet here
    if before := asked_before(session, actor, uid):
        return before
    if row.version != version:
        raise Stale
    if row.public_page:
        return None
    _refuse_twice(session, Approval.act == Act.PUBLIC_PAGE)
    asked = ask(session, actor, Request(uid, Act.PUBLIC_PAGE))
    if asked is None:
        networks.set_public_page(session, actor, is_on=True)
    return asked


def _refuse_twice(session: Session, *same: sa.ColumnElement[bool]) -> None:
    waiting = sa.select(Approval.id).where(Approval.state == ApprovalState.WAITING, *same)
    if session.scalars(unscoped(waiting, because=_LIMITS)).first() is not None:
        raise AskedAlready
