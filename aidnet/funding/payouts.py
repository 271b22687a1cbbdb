"""Writes: money sent to responders, and the receiver's word on what arrived."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, money, policy
from aidnet.accounts.models import Membership
from aidnet.accounts.passwords import hash_password, verify
from aidnet.agents import service as agents
from aidnet.agents.keeping import keep
from aidnet.approvals import service as approvals
from aidnet.approvals.models import Act, Approval, ApprovalState
from aidnet.errors import AidnetError, Invalid, NotVisible
from aidnet.funding import ledger
from aidnet.funding.contributions import FundClosed, SentBefore, check_earmark, hold_open, made_before
from aidnet.funding.drafts import ConfirmationDraft, PayoutDraft
from aidnet.funding.ledger import EXCHANGE, FUND, LOST, Leg, NotEnough, author, fees, held, transit
from aidnet.funding.models import (
    OPEN_PAYOUTS,
    FeeBearer,
    Fund,
    FundState,
    Payout,
    PayoutConfirmation,
    PayoutState,
    Rest,
)
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.ledger.models import LedgerEvent, LedgerEventKind
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.policy import Actor, Permission, unscoped
from aidnet.rates.lookup import market_rate
from aidnet.rates.spread import note_arrival
from aidnet.roles import PartnerKind, Role
from aidnet.trace.service import Purpose


class SamePerson(AidnetError):
    """Who sent money does not also say that it arrived."""

    status = 422
    code = "same-person"
    sentence = _l("You sent this money yourself, or agreed to it. Another person of the group must say what arrived.")


class PayoutClosed(AidnetError):
    """Nothing of this payout is on its way any more."""

    status = 409
    code = "payout-closed"
    sentence = _l("Everything of this payout is accounted for already.")


def converted(amount_minor: int, currency: str, rate: Decimal, into: str) -> int:
    """The amount in minor units of `into`, at `rate` units of `into` for one of `currency`, rounded to the nearest."""
    major = money.decimal_of(amount_minor, currency) * rate
    return int(major.scaleb(money.EXPONENTS[into]).to_integral_value(ROUND_HALF_EVEN))


def sendable(amount_minor: int, fee_minor: int, bearer: FeeBearer) -> int:
    """What of the amount is there to be received, in its own currency."""
    return amount_minor - fee_minor if bearer is FeeBearer.RECEIVER else amount_minor


def out_of_fund(amount_minor: int, fee_minor: int, bearer: FeeBearer) -> int:
    """What a payout takes out of its fund, fee and all."""
    return amount_minor if bearer is FeeBearer.RECEIVER else amount_minor + fee_minor


def expected_of(draft: PayoutDraft) -> tuple[int, str]:
    """What should arrive: as typed, else as the rate makes it of what the fee leaves. Raises: Invalid."""
    into = draft.expected_currency or draft.currency
    left_minor = sendable(draft.amount_minor, draft.fee_minor, draft.fee_bearer)
    if left_minor <= 0:
        raise Invalid(_("The fee is as much as the amount, or more."), field="fee")
    if into == draft.currency:
        expected_minor = draft.expected_minor or left_minor
        if expected_minor > left_minor:
            raise Invalid(_("This is more than is sent."), field="expected")
        return expected_minor, into
    if draft.rate is None or draft.rate_kind is None:
        raise Invalid(_("Another currency arrives than is sent: type the rate."), field="rate")
    expected_minor = draft.expected_minor or converted(left_minor, draft.currency, draft.rate, into)
    if not 0 < expected_minor <= money.MOST_MINOR:
        raise Invalid(_("At this rate, nothing sensible arrives. Please check it."), field="rate")
    return expected_minor, into


def send_payout(session: Session, actor: Actor, draft: PayoutDraft) -> Payout:
    """Send money from a fund to a responder.

    Above the network's limit it waits: no money moves before a second person agrees (`aidnet/funding/agreeing.py`).

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
    _refuse_gone(receiver)
    check_earmark(session, draft.purpose_place_id, field="purpose_place")
    expected_minor, expected_currency = expected_of(draft)
    changes = expected_currency != draft.currency
    payout = Payout(
        uid=draft.uid,
        code=codes.code_of("Y", draft.uid),
        fund_id=fund.id,
        responder_id=receiver.id,
        channel=draft.channel,
        agent_id=agents.named(session, actor, draft.agent).id if draft.agent else None,
        purpose_place_id=draft.purpose_place_id,
        purpose_sector=draft.purpose_sector,
        amount_minor=draft.amount_minor,
        currency=draft.currency,
        fee_minor=draft.fee_minor,
        fee_bearer=draft.fee_bearer,
        rate=draft.rate if changes else None,
        rate_kind=draft.rate_kind if changes else None,
        expected_minor=expected_minor,
        expected_currency=expected_currency,
        token_hash=hash_password(_token(draft.token)) if draft.token else None,
        confirmed_minor=0,
        state=PayoutState.SENT,
        sent_on=draft.sent_on,
        note=draft.note,
        recorded_at=clock.now(),
        recorded_by_id=author(actor),
    )
    session.add(payout)
    session.flush()
    leaves_minor = out_of_fund(draft.amount_minor, draft.fee_minor, draft.fee_bearer)
    if approvals.is_above_limit(session, draft.currency, leaves_minor):
        if ledger.balance(session, fund.id, FUND, draft.currency) < leaves_minor:
            raise _too_little(ledger.balance(session, fund.id, FUND, draft.currency), draft.currency)
        request = approvals.Request(
            uid=uuid4(),
            act=Act.PAYOUT,
            fund_id=fund.id,
            payout_id=payout.id,
            responder_id=receiver.id,
            subject_code=payout.code,
            amount_minor=leaves_minor,
            currency=draft.currency,
            reason=draft.reason,
        )
        if approvals.ask(session, actor, request) is not None:
            payout.state = PayoutState.WAITING
            session.flush()
            return payout
    _hand_over(session, actor, payout)
    audit.record(session, actor, "payout.sent", payout, code=payout.code, fund=fund.code)
    return payout


def release(session: Session, actor: Actor, payout_id: int) -> Payout:
    """Send a payout that waited, now that it may be: whoever calls holds the word of a second person.

    The day it is sent is the day of that word.

    Raises: FundClosed, Invalid.
    """
    because = "a second person's word sends what was asked for"
    waiting = sa.select(Payout).where(Payout.id == payout_id).with_for_update(key_share=True)
    payout = session.scalars(unscoped(waiting, because=because).execution_options(populate_existing=True)).one()
    ledger.hold(session, payout.fund_id)
    fund = session.scalars(unscoped(sa.select(Fund).where(Fund.id == payout.fund_id), because=because)).one()
    if fund.state is FundState.CLOSED:
        raise FundClosed
    receiver = sa.select(Partner).where(Partner.id == payout.responder_id)
    _refuse_gone(session.scalars(unscoped(receiver, because=because)).one())
    payout.state = PayoutState.SENT
    payout.sent_on = max(payout.sent_on, clock.today())
    _hand_over(session, actor, payout)
    session.flush()
    audit.record(session, actor, "payout.sent", payout, code=payout.code, fund=fund.code)
    return payout


def _refuse_gone(receiver: Partner) -> None:
    if receiver.status in (PartnerStatus.SUSPENDED, PartnerStatus.LEFT):
        raise Invalid(_("This group is suspended, or has left the network."), field="responder")


def _hand_over(session: Session, actor: Actor, payout: Payout) -> None:
    """The money of a payout leaves the fund, its fee beside it or out of it."""
    if payout.currency != payout.expected_currency:
        market = market_rate(session, payout.currency, payout.expected_currency, payout.sent_on)
        payout.market_rate_id = market.row.id if market else None
    side = transit(payout.responder_id, payout.id)
    legs = [Leg(FUND, side, payout.amount_minor, payout.currency)]
    if payout.fee_minor:
        source = FUND if payout.fee_bearer is FeeBearer.FUND else side
        legs.append(Leg(source, fees(payout.responder_id), payout.fee_minor, payout.currency))
    event = LedgerEvent(
        kind=LedgerEventKind.PAYOUT, fund_id=payout.fund_id, payout_id=payout.id, happened_on=payout.sent_on
    )
    purpose = Purpose(payout.responder_id, payout.purpose_place_id, payout.purpose_sector)
    try:
        ledger.post(session, actor, event, legs, purpose=purpose)
    except NotEnough as short:
        raise _too_little(short.available_minor, short.currency) from short
    keep(session, payout.agent_id, event)


def _too_little(available_minor: int, currency: str) -> Invalid:
    left = money.format_amount(max(available_minor, 0), currency)
    return Invalid(_("The fund has %(left)s. The amount and the fee together are more.", left=left), field="amount")


def _token(typed: str) -> str:
    """However it is spaced or capitalized: it is told over the phone."""
    return "".join(typed.split()).casefold()


def token_matches(payout: Payout, typed: str | None) -> bool | None:
    """Whether this is the word that was agreed on; None where nothing was typed, or no word is known."""
    if not typed or payout.token_hash is None:
        return None
    return verify(payout.token_hash, _token(typed))


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
    keep(session, payout.agent_id, event)
    note_arrival(session, payout, confirmation, sum(leg.amount_minor for leg in legs if leg.target == EXCHANGE))
    lost = any(leg.target == LOST for leg in legs)
    still_minor = left_minor - sum(leg.amount_minor for leg in legs if leg.source == side)
    payout.confirmed_minor += draft.amount_minor
    payout.state = PayoutState.PARTIAL if still_minor else PayoutState.LOST if lost else PayoutState.CONFIRMED
    session.flush()
    action = "payout.confirmed" if draft.amount_minor else "payout.lost" if lost else "payout.closed"
    facts: dict[str, str | bool] = {"code": payout.code, "state": payout.state}
    matches = token_matches(payout, draft.token)
    if matches is not None:
        facts["token_matches"] = matches
    audit.record(session, actor, action, payout, **facts, by_treasurer=confirmation.by_treasurer)
    return payout


def _arrival(payout: Payout, draft: ConfirmationDraft, left_minor: int) -> Iterator[Leg]:
    """The legs of one word: what arrived, then what became of the rest."""
    side, receiver = transit(payout.responder_id, payout.id), held(payout.responder_id)
    confirmed_minor = payout.confirmed_minor + draft.amount_minor
    is_all = confirmed_minor >= payout.expected_minor
    changes = payout.currency != payout.expected_currency
    if not changes:
        part_minor = draft.amount_minor
    elif not draft.amount_minor:
        part_minor = 0
    elif is_all or draft.rest is Rest.COST:
        part_minor = left_minor
    else:
        sent_minor = sendable(payout.amount_minor, payout.fee_minor, payout.fee_bearer)
        gone_minor = sent_minor - left_minor
        due_minor = sent_minor * confirmed_minor // payout.expected_minor
        part_minor = min(max(due_minor - gone_minor, 1), left_minor)
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
    """Who sent money, or agreed that it is sent, does not say as its receiver that it arrived.

    A treasurer may type the receiver's word on money they sent, unless they are of the group that receives it.
    """
    agreed = sa.select(Approval.decided_by_id).where(
        Approval.payout_id == payout.id, Approval.act == Act.PAYOUT, Approval.state == ApprovalState.AGREED
    )
    senders = {payout.recorded_by_id}
    if payout.recorded_by_id != actor.user_id:
        senders.update(session.scalars(unscoped(agreed, because="one person does not do both ends of a payout")))
    if actor.user_id not in senders:
        return
    own = policy.visible(actor, Permission.ACCOUNT_OWN, Membership).where(Membership.partner_id == payout.responder_id)
    if actor.role is Role.COORDINATOR or session.scalars(own).first() is not None:
        raise SamePerson


def declare_lost(session: Session, actor: Actor, key: int | str, *, on: date, uid: UUID) -> Payout:
    """Record that what has not arrived of a payout is lost. Raises as `confirm_payout`."""
    return confirm_payout(
        session, actor, ConfirmationDraft(uid=uid, payout=key, amount_minor=0, arrived_on=on, rest=Rest.LOST)
    )
