"""Writes: money sent to responders, and the receiver's word on what arrived."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, money, policy
from aidnet.accounts.models import Membership
from aidnet.agents import service as agents
from aidnet.errors import AidnetError, Invalid, NotVisible
from aidnet.funding import ledger
from aidnet.funding.contributions import SentBefore, hold_open, made_before
from aidnet.funding.drafts import ConfirmationDraft, PayoutDraft
from aidnet.funding.ledger import EXCHANGE, FUND, LOST, Leg, NotEnough, author, fees, held, transit
from aidnet.funding.models import OPEN_PAYOUTS, Payout, PayoutConfirmation, PayoutState, Rest
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.ledger.models import LedgerEvent, LedgerEventKind
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.policy import Actor, Permission, unscoped
from aidnet.roles import PartnerKind, Role


class SamePerson(AidnetError):
    """Who sent money does not also say that it arrived."""

    status = 422
    code = "same-person"
    sentence = _l("You sent this money yourself. Another person of the group must say what arrived.")


class PayoutClosed(AidnetError):
    """Nothing of this payout is on its way any more."""

    status = 409
    code = "payout-closed"
    sentence = _l("Everything of this payout is accounted for already.")


def converted(amount_minor: int, currency: str, rate: Decimal, into: str) -> int:
    """The amount in minor units of `into`, at `rate` units of `into` for one of `currency`, rounded to the nearest."""
    major = money.decimal_of(amount_minor, currency) * rate
    return int(major.scaleb(money.EXPONENTS[into]).to_integral_value(ROUND_HALF_EVEN))


def expected_of(draft: PayoutDraft) -> tuple[int, str]:
    """What should arrive: as typed, else as the rate makes it. Raises: Invalid."""
    into = draft.expected_currency or draft.currency
    if into == draft.currency:
        expected_minor = draft.expected_minor or draft.amount_minor
        if expected_minor > draft.amount_minor:
            raise Invalid(_("This is more than is sent."), field="expected")
        return expected_minor, into
    if draft.rate is None or draft.rate_kind is None:
        raise Invalid(_("Another currency arrives than is sent: type the rate."), field="rate")
    expected_minor = draft.expected_minor or converted(draft.amount_minor, draft.currency, draft.rate, into)
    if not 0 < expected_minor <= money.MOST_MINOR:
        raise Invalid(_("At this rate, nothing sensible arrives. Please check it."), field="rate")
    return expected_minor, into


def send_payout(session: Session, actor: Actor, draft: PayoutDraft) -> Payout:
    """Send money from a fund to a responder; the fee beside it is paid out of the fund too.

    Raises:
        NotVisible: no such fund or responder.
        FundClosed, Invalid.
        NotEnough: the fund has less than the amount and the fee.
    """
    fund = hold_open(session, actor, Permission.PAYOUT_SEND, draft.fund)
    if before := made_before(session, actor, Permission.PAYOUT_SEND, Payout, draft.uid):
        return before
    receiver = policy.fetch(session, actor, Permission.PAYOUT_SEND, Partner, draft.responder)
    if receiver.kind is not PartnerKind.RESPONDER:
        raise NotVisible
    if receiver.status in (PartnerStatus.SUSPENDED, PartnerStatus.LEFT):
        raise Invalid(_("This group is suspended, or has left the network."), field="responder")
    expected_minor, expected_currency = expected_of(draft)
    changes = expected_currency != draft.currency
    payout = Payout(
        uid=draft.uid,
        code=codes.code_of("Y", draft.uid),
        fund_id=fund.id,
        responder_id=receiver.id,
        channel=draft.channel,
        agent_id=agents.named(session, actor, draft.agent).id if draft.agent else None,
        amount_minor=draft.amount_minor,
        currency=draft.currency,
        fee_minor=draft.fee_minor,
        rate=draft.rate if changes else None,
        rate_kind=draft.rate_kind if changes else None,
        expected_minor=expected_minor,
        expected_currency=expected_currency,
        confirmed_minor=0,
        state=PayoutState.SENT,
        sent_on=draft.sent_on,
        note=draft.note,
        recorded_at=clock.now(),
        recorded_by_id=author(actor),
    )
    session.add(payout)
    session.flush()
    legs = [Leg(FUND, transit(receiver.id, payout.id), draft.amount_minor, draft.currency)]
    if draft.fee_minor:
        legs.append(Leg(FUND, fees(receiver.id), draft.fee_minor, draft.currency))
    event = LedgerEvent(kind=LedgerEventKind.PAYOUT, fund_id=fund.id, payout_id=payout.id, happened_on=draft.sent_on)
    try:
        ledger.post(session, actor, event, legs)
    except NotEnough as short:
        left = money.format_amount(max(short.available_minor, 0), short.currency)
        raise Invalid(
            _("The fund has %(left)s. The amount and the fee together are more.", left=left), field="amount"
        ) from short
    audit.record(session, actor, "payout.sent", payout, code=payout.code, fund=fund.code)
    return payout


def confirm_payout(session: Session, actor: Actor, draft: ConfirmationDraft) -> Payout:
    """Record the receiver's word on a payout: what arrived, and whether more will.

    In the currency it was sent in, what arrived is what left; in another, the part of the sent money that stands for
    what arrived has become it, by cumulative rounding, so that the parts add up to the whole to the minor unit.

    Raises:
        NotVisible.
        SamePerson: the actor sent it.
        PayoutClosed: nothing of it is on its way.
        Invalid: more arrived than was sent, or nothing was said.
    """
    payout = policy.fetch(session, actor, Permission.PAYOUT_CONFIRM, Payout, draft.payout, lock=True)
    said = sa.select(PayoutConfirmation.payout_id).where(PayoutConfirmation.uid == draft.uid)
    about = session.scalars(unscoped(said, because="a form sent twice is still one word")).first()
    if about == payout.id:
        return payout
    if about is not None:
        raise SentBefore
    _refuse_sender(session, actor, payout)
    if payout.state not in OPEN_PAYOUTS:
        raise PayoutClosed
    if draft.arrived_on < payout.sent_on:
        raise Invalid(_("This is before the day it was sent."), field="arrived_on")
    if draft.amount_minor == 0 and (
        draft.rest is Rest.COMING or (draft.rest is Rest.COST and payout.confirmed_minor == 0)
    ):
        raise Invalid(_("Type what arrived. If nothing will come, say that the rest is lost."), field="amount")

    ledger.hold(session, payout.fund_id)
    side = transit(payout.responder_id, payout.id)
    left_minor = ledger.balance(session, payout.fund_id, side, payout.currency)
    if payout.currency == payout.expected_currency and draft.amount_minor > left_minor:
        left = money.format_amount(left_minor, payout.currency)
        raise Invalid(_("Only %(left)s of it is still on its way.", left=left), field="amount")
    confirmation = PayoutConfirmation(
        uid=draft.uid,
        payout_id=payout.id,
        amount_minor=draft.amount_minor,
        rest=draft.rest,
        arrived_on=draft.arrived_on,
        by_treasurer=actor.role is not Role.COORDINATOR,
        recorded_at=clock.now(),
        recorded_by_id=author(actor),
    )
    session.add(confirmation)
    session.flush()
    legs = list(_arrival(payout, draft, left_minor))
    event = LedgerEvent(
        kind=LedgerEventKind.CONFIRMATION if draft.amount_minor else LedgerEventKind.LOSS,
        fund_id=payout.fund_id,
        payout_id=payout.id,
        confirmation_id=confirmation.id,
        happened_on=draft.arrived_on,
    )
    ledger.post(session, actor, event, legs)
    lost = any(leg.target == LOST for leg in legs)
    still_minor = left_minor - sum(leg.amount_minor for leg in legs if leg.source == side)
    payout.confirmed_minor += draft.amount_minor
    payout.state = PayoutState.PARTIAL if still_minor else PayoutState.LOST if lost else PayoutState.CONFIRMED
    session.flush()
    action = "payout.confirmed" if draft.amount_minor else "payout.lost" if lost else "payout.closed"
    audit.record(
        session, actor, action, payout, code=payout.code, state=payout.state, by_treasurer=confirmation.by_treasurer
    )
    return payout


def _arrival(payout: Payout, draft: ConfirmationDraft, left_minor: int) -> Iterator[Leg]:
    """The legs of one word: what arrived, then what became of the rest."""
    side, receiver = transit(payout.responder_id, payout.id), held(payout.responder_id)
    confirmed_minor = payout.confirmed_minor + draft.amount_minor
    is_all = confirmed_minor >= payout.expected_minor
    changes = payout.currency != payout.expected_currency
    if not changes:
        part_minor = draft.amount_minor
    elif is_all or draft.rest is Rest.COST:
        part_minor = left_minor
    else:
        gone_minor = payout.amount_minor - left_minor
        due_minor = payout.amount_minor * confirmed_minor // payout.expected_minor
        part_minor = min(max(due_minor - gone_minor, 0), left_minor)
    if part_minor:
        yield Leg(side, EXCHANGE if changes else receiver, part_minor, payout.currency)
    if changes and draft.amount_minor:
        yield Leg(EXCHANGE, receiver, draft.amount_minor, payout.expected_currency)
    rest_minor = left_minor - part_minor
    if rest_minor and draft.rest is Rest.LOST and not is_all:
        yield Leg(side, LOST, rest_minor, payout.currency)
    elif rest_minor and (is_all or draft.rest is Rest.COST):
        yield Leg(side, fees(payout.responder_id), rest_minor, payout.currency)


def _refuse_sender(session: Session, actor: Actor, payout: Payout) -> None:
    """A treasurer may type the receiver's word on money they sent, unless they are of the group that receives it."""
    if payout.recorded_by_id != actor.user_id:
        return
    own = policy.visible(actor, Permission.ACCOUNT_OWN, Membership).where(Membership.partner_id == payout.responder_id)
    if actor.role is Role.COORDINATOR or session.scalars(own).first() is not None:
        raise SamePerson


def declare_lost(session: Session, actor: Actor, key: int | str, *, on: date, uid: UUID) -> Payout:
    """Record that what has not arrived of a payout is lost. Raises as `confirm_payout`."""
    return confirm_payout(
        session, actor, ConfirmationDraft(uid=uid, payout=key, amount_minor=0, arrived_on=on, rest=Rest.LOST)
    )
