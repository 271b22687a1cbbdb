"""Writes: funds, and the gifts that come into them."""

import hashlib
from collections.abc import Collection, Sequence
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import audit, clock, codes, policy
from aidnet.crypto import keyring
from aidnet.db import Base, insert_many
from aidnet.deliveries.models import Item
from aidnet.errors import AidnetError, Invalid, NotVisible
from aidnet.funding import ledger
from aidnet.funding.drafts import ContributionDraft, FundDraft, GiftDraft, ReceiptDraft, RefundDraft
from aidnet.funding.ledger import FUND, OUTSIDE, Leg, Posting, Side, author, held
from aidnet.funding.models import Contribution, ContributionState, Fund, FundState
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.ledger.models import LedgerEvent, LedgerEventKind, Transfer
from aidnet.network.models import Network
from aidnet.partners.models import Partner
from aidnet.places.models import Level, Place
from aidnet.policy import Actor, Permission, unscoped
from aidnet.responders.models import Responder
from aidnet.roles import PartnerKind

Row = TypeVar("Row", bound=Base)

_TAKEN = "a form sent twice is still one act"
_OF_THE_GIFT = "what became of a gift the actor may see"


class FundClosed(AidnetError):
    """No money comes into or leaves a closed fund."""

    status = 422
    code = "fund-closed"
    sentence = _l("This fund is closed.")

    def __init__(self) -> None:
        super().__init__(field="fund")


class NotPledged(AidnetError):
    """What was asked needs a pledge that still stands."""

    status = 409
    code = "not-pledged"
    sentence = _l("This is no open pledge: it was received, withdrawn or undone already.")


class SentBefore(Invalid):
    """SECURITY: a uid that something else has would end in the database's own error, which says that it is there."""

    code = "sent-before"
    sentence = _l("This was sent before. Open the page again, and look whether it is there.")


def open_fund(session: Session, actor: Actor, draft: FundDraft) -> Fund:
    """Open a fund of the network. Raises Invalid where another has its name."""
    if not actor.may(Permission.FUND_WRITE):
        raise NotVisible
    session.execute(sa.select(Network.id).with_for_update())  # two copies of a form meet here
    because = "no two funds share a name, whoever may see them"
    same = unscoped(
        sa.select(Fund).where((Fund.name_key == draft.name.casefold()) | (Fund.uid == draft.uid)), because=because
    )
    other = session.scalars(same).first()
    if other is not None and other.uid == draft.uid:
        return other
    if other is not None:
        raise Invalid(_("Another fund has this name."), field="name")
    fund = Fund(
        uid=draft.uid,
        code=codes.code_of("F", draft.uid),
        name=draft.name,
        name_key=draft.name.casefold(),
        purpose=draft.purpose,
        created_at=clock.now(),
    )
    session.add(fund)
    session.flush()
    audit.record(session, actor, "fund.opened", fund, code=fund.code)
    return fund


def hold_fund(session: Session, actor: Actor, permission: Permission, key: int | str) -> Fund:
    """A fund the actor holds `permission` on, alone with its money. Raises: NotVisible."""
    return policy.fetch(session, actor, permission, Fund, key, lock=True)


def hold_open(session: Session, actor: Actor, permission: Permission, key: int | str) -> Fund:
    """The same for what a closed fund no longer does. Raises: NotVisible, FundClosed."""
    fund = hold_fund(session, actor, permission, key)
    if fund.state is FundState.CLOSED:
        raise FundClosed
    return fund


def made_before(session: Session, actor: Actor, permission: Permission, model: type[Row], uid: UUID) -> Row | None:
    """What a form sent twice made the first time. Ask once the fund is held: two copies of a form meet there.

    Raises: SentBefore, where the uid is that of something the actor does not see.
    """
    column = model.__table__.c["uid"]
    if session.scalar(unscoped(sa.select(column).where(column == uid), because=_TAKEN)) is None:
        return None
    row = session.scalars(policy.visible(actor, permission, model).where(column == uid)).one_or_none()
    if row is None:
        raise SentBefore
    return row


def posted_before(session: Session, actor: Actor, uid: UUID) -> LedgerEvent | None:
    """The same for an act that is an event of the ledger and no record. Raises: SentBefore, where somebody else has the uid."""
    event = session.scalars(
        unscoped(sa.select(LedgerEvent).where(LedgerEvent.uid == uid), because=_TAKEN)
    ).one_or_none()
    if event is not None and event.recorded_by_id != actor.user_id:
        raise SentBefore
    return event


def purse_of(fund: Fund) -> Side:
    """Where a fund's money is before anybody moves it: with the responder, if it is a responder's own purse."""
    return held(fund.responder_id) if fund.responder_id else FUND


def record_contribution(session: Session, actor: Actor, draft: ContributionDraft) -> Contribution:
    """Record a gift of money: as a pledge, or as received at once.

    Raises:
        NotVisible: no such fund, donor or responder.
        FundClosed, Invalid.
    """
    fund = hold_open(session, actor, Permission.CONTRIBUTION_RECORD, draft.fund)
    if before := made_before(session, actor, Permission.CONTRIBUTION_RECORD, Contribution, draft.uid):
        return before
    donor = _partner(session, actor, Permission.CONTRIBUTION_RECORD, draft.donor, PartnerKind.DONOR)
    receiver = _partner(session, actor, Permission.CONTRIBUTION_RECORD, draft.earmark_responder, PartnerKind.RESPONDER)
    check_earmark(session, draft.earmark_place_id)
    contribution = _contribution(actor, draft, fund, donor, receiver)
    session.add(contribution)
    session.flush()
    if draft.received_on:
        _bring_in(session, actor, contribution, fund)
    action = "contribution.received" if draft.received_on else "contribution.pledged"
    audit.record(session, actor, action, contribution, code=contribution.code, fund=fund.code)
    return contribution


def record_many(session: Session, actor: Actor, drafts: Sequence[ContributionDraft]) -> list[Contribution]:
    """Record many gifts of money into one fund, each as `record_contribution()` does, a thousand a statement.

    They share one link of the audit chain, which holds a digest of them all. The gifts are not kept in the session.

    Raises:
        NotVisible: no such fund, donor or responder.
        SentBefore: one of them is there already.
        FundClosed, Invalid.
    """
    permission = Permission.CONTRIBUTION_RECORD
    (key,) = {draft.fund for draft in drafts}
    fund = hold_open(session, actor, permission, key)
    there = sa.select(Contribution.uid).where(Contribution.uid.in_([draft.uid for draft in drafts])).limit(1)
    if session.scalars(unscoped(there, because=_TAKEN)).first() is not None:
        raise SentBefore
    donors = {
        key: _partner(session, actor, permission, key, PartnerKind.DONOR) for key in {draft.donor for draft in drafts}
    }
    receivers = {
        key: _partner(session, actor, permission, key, PartnerKind.RESPONDER)
        for key in {draft.earmark_responder for draft in drafts}
    }
    _check_earmarks(session, {draft.earmark_place_id for draft in drafts}, "earmark_place")
    gifts = [
        _contribution(actor, draft, fund, donors[draft.donor], receivers[draft.earmark_responder]) for draft in drafts
    ]
    insert_many(session, gifts)
    brought = [gift for gift in gifts if gift.received_on]
    ledger.post_many(session, actor, [_brought_in(gift, fund) for gift in brought])
    said = "\n".join(f"{gift.code} {gift.state} {gift.amount_minor} {gift.currency}" for gift in gifts)
    digest = hashlib.sha256(said.encode()).hexdigest()
    counts = {"gifts": len(gifts), "received": len(brought)}
    audit.record(session, actor, "contributions.recorded", fund, code=fund.code, digest=digest, **counts)
    return gifts


def _contribution(
    actor: Actor, draft: ContributionDraft, fund: Fund, donor: Partner | None, receiver: Partner | None
) -> Contribution:
    return Contribution(
        uid=draft.uid,
        code=codes.code_of("C", draft.uid),
        receipt_code=codes.receipt_code(),
        fund_id=fund.id,
        donor_id=donor.id if donor else None,
        giver_kind=draft.giver_kind,
        giver=draft.giver,
        giver_index=keyring().blind("giver", draft.giver) if draft.giver else None,
        state=ContributionState.RECEIVED if draft.received_on else ContributionState.PLEDGED,
        channel=draft.channel,
        amount_minor=draft.amount_minor,
        currency=draft.currency,
        earmark_place_id=draft.earmark_place_id,
        earmark_sector=draft.earmark_sector,
        earmark_responder_id=receiver.id if receiver else None,
        note=draft.note,
        pledged_on=draft.pledged_on or (None if draft.received_on else clock.today()),
        due_on=None if draft.received_on else draft.due_on,
        received_on=draft.received_on,
        recorded_at=clock.now(),
        recorded_by_id=author(actor),
    )


def _partner(
    session: Session, actor: Actor, permission: Permission, key: int | str | None, kind: PartnerKind
) -> Partner | None:
    if key is None:
        return None
    partner = policy.fetch(session, actor, permission, Partner, key)
    if partner.kind is not kind:
        raise NotVisible
    return partner


def check_earmark(session: Session, place_id: int | None, *, field: str = "earmark_place") -> None:
    """Money is meant for a district or a state, never for less. Raises: Invalid, beside `field`."""
    _check_earmarks(session, {place_id}, field)


def _check_earmarks(session: Session, place_ids: Collection[int | None], field: str) -> None:
    ids = {place_id for place_id in place_ids if place_id is not None}
    if not ids:
        return
    fit = sa.select(Place.id).where(Place.id.in_(ids), Place.level.in_([Level.STATE, Level.DISTRICT]))
    if set(session.scalars(fit)) != ids:
        raise Invalid(_("Choose a district, or a state or region."), field=field)


def _bring_in(session: Session, actor: Actor, gift: Contribution, fund: Fund) -> None:
    """From the giver into the purse; things stay out of the books of money."""
    if gift.amount_minor is not None:
        posting = _brought_in(gift, fund)
        ledger.post(session, actor, posting.event, posting.legs)


def _brought_in(gift: Contribution, fund: Fund) -> Posting:
    event = LedgerEvent(
        kind=LedgerEventKind.CONTRIBUTION, fund_id=fund.id, contribution_id=gift.id, happened_on=gift.received_on
    )
    leg = Leg(OUTSIDE, purse_of(fund), gift.amount_minor or 0, gift.currency or "")
    return Posting(event, [leg], gift.channel, gift.donor_id)


def receive(session: Session, actor: Actor, draft: ReceiptDraft) -> Contribution:
    """Record that a pledge's money arrived; sent twice, it arrived once.

    Raises:
        NotVisible, FundClosed.
        NotPledged: it was withdrawn, or received and undone.
    """
    pledge = policy.fetch(session, actor, Permission.CONTRIBUTION_RECORD, Contribution, draft.contribution, lock=True)
    if pledge.state is ContributionState.RECEIVED:
        return pledge
    if pledge.state is not ContributionState.PLEDGED:
        raise NotPledged
    fund = hold_open(session, actor, Permission.CONTRIBUTION_RECORD, pledge.fund_id)
    pledged_minor = pledge.amount_minor
    pledge.amount_minor = draft.amount_minor or pledge.amount_minor
    pledge.channel = draft.channel or pledge.channel
    pledge.received_on = draft.received_on
    pledge.state = ContributionState.RECEIVED
    session.flush()
    _bring_in(session, actor, pledge, fund)
    amounts = {"pledged_minor": pledged_minor, "received_minor": pledge.amount_minor}
    audit.record(session, actor, "pledge.received", pledge, code=pledge.code, **amounts)
    return pledge


def withdraw_pledge(session: Session, actor: Actor, key: int | str) -> Contribution:
    """Note that a pledge will not come. Raises: NotVisible, NotPledged."""
    pledge = policy.fetch(session, actor, Permission.CONTRIBUTION_RECORD, Contribution, key, lock=True)
    if pledge.state is ContributionState.WITHDRAWN:
        return pledge
    if pledge.state is not ContributionState.PLEDGED:
        raise NotPledged
    pledge.state = ContributionState.WITHDRAWN
    session.flush()
    audit.record(session, actor, "pledge.withdrawn", pledge, code=pledge.code)
    return pledge


def own_purse(session: Session, actor: Actor) -> Fund:
    """The fund that is the purse of the actor's own responder, made when first needed. Raises: NotVisible."""
    statement = policy.visible(actor, Permission.GIFT_RECORD, Fund)
    purse = session.scalars(statement).one_or_none()
    if purse is not None:
        return purse
    if actor.responder_id is None:
        raise NotVisible
    alone = sa.select(Responder.id).where(Responder.id == actor.responder_id).with_for_update(key_share=True)
    session.execute(unscoped(alone, because="two people of one responder make one purse"))
    purse = session.scalars(statement).one_or_none()
    if purse is None:
        name = f"Own purse of {actor.partner_name}"
        purse = Fund(
            code="",
            responder_id=actor.responder_id,
            name=name,
            name_key=f"{name.casefold()} ({actor.responder_id})",
            purpose="Gifts that reach the group directly",
            created_at=clock.now(),
        )
        purse.code = codes.code_of("F", purse.uid)
        session.add(purse)
        session.flush()
    return purse


def record_gift(session: Session, actor: Actor, draft: GiftDraft) -> Contribution:
    """Record a gift that reached the actor's own responder, in money or in kind. Things never count as money.

    Raises:
        NotVisible: the actor has no responder, or there is no such item for it.
        Invalid.
    """
    purse = own_purse(session, actor)
    fund = hold_fund(session, actor, Permission.GIFT_RECORD, purse.id)
    if before := made_before(session, actor, Permission.GIFT_RECORD, Contribution, draft.uid):
        return before
    item = policy.fetch(session, actor, Permission.GIFT_RECORD, Item, draft.item_id) if draft.item_id else None
    if (item is None) == (draft.amount_minor is None):
        raise Invalid(_("Say how much money it was, or what things, and not both."))
    gift = Contribution(
        uid=draft.uid,
        code=codes.code_of("C", draft.uid),
        receipt_code=codes.receipt_code(),
        fund_id=fund.id,
        giver_kind=draft.giver_kind,
        giver=draft.giver,
        giver_index=keyring().blind("giver", draft.giver) if draft.giver else None,
        state=ContributionState.RECEIVED,
        channel=draft.channel,
        amount_minor=draft.amount_minor,
        currency=draft.currency if item is None else None,
        item_id=item.id if item else None,
        quantity_milli=draft.quantity_milli if item else None,
        unit=(draft.unit or item.unit) if item else None,
        note=draft.note,
        received_on=draft.received_on,
        recorded_at=clock.now(),
        recorded_by_id=author(actor),
    )
    session.add(gift)
    session.flush()
    _bring_in(session, actor, gift, fund)
    audit.record(session, actor, "gift.recorded", gift, code=gift.code, in_kind=item is not None)
    return gift


def refund(session: Session, actor: Actor, draft: RefundDraft) -> LedgerEvent:
    """Give some or all of a received gift back to its giver.

    Raises:
        NotVisible.
        Invalid: it was not received, or less of it is left to give back.
        NotEnough: the purse has less.
    """
    gift = policy.fetch(session, actor, Permission.CONTRIBUTION_RECORD, Contribution, draft.contribution, lock=True)
    fund = hold_fund(session, actor, Permission.FUND_WRITE, gift.fund_id)
    if before := posted_before(session, actor, draft.uid):
        return before
    if gift.state is not ContributionState.RECEIVED or gift.amount_minor is None or gift.currency is None:
        raise Invalid(_("Only money that was received can be given back."), field="amount")
    if draft.amount_minor > gift.amount_minor - refunded_minor(session, gift):
        raise Invalid(_("This is more than is left of the gift."), field="amount")
    event = LedgerEvent(
        uid=draft.uid,
        kind=LedgerEventKind.REFUND,
        fund_id=fund.id,
        contribution_id=gift.id,
        happened_on=draft.happened_on,
    )
    ledger.post(session, actor, event, [Leg(purse_of(fund), OUTSIDE, draft.amount_minor, gift.currency)])
    audit.record(session, actor, "contribution.refunded", gift, code=gift.code, amount_minor=draft.amount_minor)
    return event


def refunds(session: Session, gift: Contribution) -> Sequence[LedgerEvent]:
    """The events that gave some of a gift back and were not undone."""
    undoing = aliased(LedgerEvent)
    statement = sa.select(LedgerEvent).where(
        LedgerEvent.contribution_id == gift.id,
        LedgerEvent.kind == LedgerEventKind.REFUND,
        ~sa.exists().where(undoing.reverses_id == LedgerEvent.id),
    )
    return session.scalars(unscoped(statement, because=_OF_THE_GIFT)).all()


def refunded_minor(session: Session, gift: Contribution) -> int:
    """How much of a gift went back to its giver."""
    back = sa.select(sa.func.coalesce(sa.func.sum(Transfer.amount_minor), 0)).where(
        Transfer.event_id.in_([event.id for event in refunds(session, gift)])
    )
    return int(session.scalars(unscoped(back, because=_OF_THE_GIFT)).one())
