"""Writes: what money was spent on, lost by whoever held it, paid in fees, or changed within a fund."""

from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, policy
from aidnet.deliveries.models import Delivery
from aidnet.errors import Invalid, NotVisible
from aidnet.evidence import service as evidence
from aidnet.funding import ledger
from aidnet.funding.contributions import hold_fund, hold_open, made_before, own_purse, posted_before
from aidnet.funding.drafts import ExchangeDraft, ExpenseDraft, FeeDraft, HeldLossDraft
from aidnet.funding.handouts import handouts
from aidnet.funding.ledger import EXCHANGE, FUND, LOST, Leg, author, fees, held, spent
from aidnet.funding.models import Expense, ExpenseShare, ExpenseState, Fund, Payout
from aidnet.i18n import gettext as _
from aidnet.ledger.models import BudgetLine, LedgerEvent, LedgerEventKind
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission
from aidnet.roles import PartnerKind, Role


def record_expense(session: Session, actor: Actor, draft: ExpenseDraft) -> Expense:
    """Record what was spent: by a responder out of what it holds, or by the network out of the fund.

    A treasurer who names a responder types that responder's word, and it is marked so. Beyond what a responder holds, it
    is owed to the responder; the network spends no more than the fund has.

    Raises:
        NotVisible: no such fund, or no such responder.
        Invalid: a delivery or a hand-out that is not the responder's, parts that are more than the whole.
        NotEnough: the network's own spending is more than the fund has.
    """
    if draft.fund is None and actor.role is not Role.COORDINATOR:
        raise NotVisible
    key = own_purse(session, actor).id if draft.fund is None else draft.fund
    fund = hold_open(session, actor, Permission.EXPENSE_RECORD, key)
    if before := made_before(session, actor, Permission.EXPENSE_RECORD, Expense, draft.uid):
        return before
    responder_id = _spender(session, actor, fund, draft)
    parts = _parts(session, actor, draft)
    expense = Expense(
        uid=draft.uid,
        code=codes.code_of("E", draft.uid),
        fund_id=fund.id,
        responder_id=responder_id,
        budget_line=draft.budget_line,
        amount_minor=draft.amount_minor,
        currency=draft.currency,
        spent_on=draft.spent_on,
        precision=draft.precision,
        handed_at_id=_handed_at(session, actor, draft, parts),
        by_treasurer=actor.role is Role.TREASURER and responder_id is not None,
        note=draft.note,
        state=ExpenseState.RECORDED,
        recorded_at=clock.now(),
        recorded_by_id=author(actor),
    )
    session.add(expense)
    session.flush()
    session.add_all(
        ExpenseShare(expense_id=expense.id, delivery_id=delivery.id, amount_minor=minor) for delivery, minor in parts
    )
    evidence.keep(session, actor, expense, draft.pictures, uid=draft.uid)
    source = FUND if responder_id is None else held(responder_id)
    event = LedgerEvent(
        kind=LedgerEventKind.EXPENSE, fund_id=fund.id, expense_id=expense.id, happened_on=draft.spent_on
    )
    leg = Leg(source, spent(draft.budget_line), draft.amount_minor, draft.currency)
    ledger.post(session, actor, event, [leg], on_credit=responder_id is not None)
    audit.record(session, actor, "expense.recorded", expense, code=expense.code, fund=fund.code)
    return expense


def _spender(session: Session, actor: Actor, fund: Fund, draft: ExpenseDraft) -> int | None:
    """Whose spending it is. Raises: NotVisible, Invalid (a responder that was never paid out of the fund)."""
    if draft.responder is None:
        return actor.responder_id
    if actor.role is not Role.TREASURER:
        raise NotVisible
    responder = policy.fetch(session, actor, Permission.PAYOUT_SEND, Partner, draft.responder)
    if responder.kind is not PartnerKind.RESPONDER:
        raise NotVisible
    paid = policy.visible(actor, Permission.PAYOUT_READ, Payout)
    if (
        session.scalars(paid.where(Payout.responder_id == responder.id, Payout.fund_id == fund.id).limit(1)).first()
        is None
    ):
        raise Invalid(_("This fund never paid this group: it can have spent nothing of it."), field="responder")
    return responder.id


def _parts(session: Session, actor: Actor, draft: ExpenseDraft) -> list[tuple[Delivery, int]]:
    """Each delivery with its part. Raises: Invalid."""
    open_ended = [share for share in draft.shares if share.amount_minor is None]
    if len(open_ended) > 1:
        raise Invalid(_("Type the part of each delivery; one of them may be left empty."), field="shares")
    rest = draft.amount_minor - sum(share.amount_minor or 0 for share in draft.shares)
    if rest < 0 or (open_ended and not rest):
        raise Invalid(_("The parts are more than the whole amount."), field="shares")
    parts = [(_delivery(session, actor, one.delivery), one.amount_minor or rest) for one in draft.shares]
    if len({delivery.id for delivery, _minor in parts}) < len(parts):
        raise Invalid(_("Each delivery once, please."), field="shares")
    return parts


def _delivery(session: Session, actor: Actor, key: int | str) -> Delivery:
    try:
        return policy.fetch(session, actor, Permission.EXPENSE_RECORD, Delivery, key)
    except NotVisible:
        raise Invalid(_("You have no delivery with the code %(code)s.", code=key), field="shares") from None


def _handed_at(session: Session, actor: Actor, draft: ExpenseDraft, parts: list[tuple[Delivery, int]]) -> int | None:
    """The hand-out at which cash was given. Raises: Invalid."""
    if draft.handed_at is None:
        return None
    if draft.budget_line is not BudgetLine.CASH_HANDED:
        raise Invalid(_("Only cash for households is tied to a hand-out."), field="handed_at")
    offered = handouts(session, actor, [delivery.code for delivery, _minor in parts])
    found = next((one.event_id for one in offered if one.uid == draft.handed_at), None)
    if found is None:
        raise Invalid(_("Choose a hand-out of one of these deliveries."), field="handed_at")
    return found


def lose_held(session: Session, actor: Actor, draft: HeldLossDraft) -> LedgerEvent:
    """Record that money the actor's responder held is lost. Raises: NotVisible, NotEnough."""
    if actor.responder_id is None:
        raise NotVisible
    fund = hold_fund(session, actor, Permission.EXPENSE_RECORD, draft.fund)
    leg = Leg(held(actor.responder_id), LOST, draft.amount_minor, draft.currency)
    event = LedgerEvent(uid=draft.uid, kind=LedgerEventKind.LOSS, fund_id=fund.id, happened_on=draft.happened_on)
    return _post_once(session, actor, "money.lost", fund, event, [leg])


def charge_fee(session: Session, actor: Actor, draft: FeeDraft) -> LedgerEvent:
    """Record a cost of keeping or moving a fund's money. Raises: NotVisible, FundClosed, NotEnough."""
    fund = hold_open(session, actor, Permission.FUND_WRITE, draft.fund)
    _refuse_own_purse(fund)
    event = LedgerEvent(uid=draft.uid, kind=LedgerEventKind.FEE, fund_id=fund.id, happened_on=draft.happened_on)
    return _post_once(
        session, actor, "fee.charged", fund, event, [Leg(FUND, fees(), draft.amount_minor, draft.currency)]
    )


def exchange(session: Session, actor: Actor, draft: ExchangeDraft) -> LedgerEvent:
    """Change money of a fund into another currency. Raises: NotVisible, FundClosed, Invalid, NotEnough."""
    fund = hold_open(session, actor, Permission.FUND_WRITE, draft.fund)
    _refuse_own_purse(fund)
    if draft.currency == draft.into_currency:
        raise Invalid(_("Choose two different currencies."), field="into_currency")
    legs = [
        Leg(FUND, EXCHANGE, draft.amount_minor, draft.currency),
        Leg(EXCHANGE, FUND, draft.into_minor, draft.into_currency),
    ]
    event = LedgerEvent(uid=draft.uid, kind=LedgerEventKind.EXCHANGE, fund_id=fund.id, happened_on=draft.happened_on)
    return _post_once(session, actor, "money.exchanged", fund, event, legs)


def _refuse_own_purse(fund: Fund) -> None:
    """What is in a responder's own purse is with the responder, not with the network."""
    if fund.responder_id is not None:
        raise NotVisible


def _post_once(
    session: Session, actor: Actor, action: str, fund: Fund, event: LedgerEvent, legs: list[Leg]
) -> LedgerEvent:
    """Post an act that has no record of its own; the same form sent twice is one act."""
    if before := posted_before(session, actor, event.uid):
        return before
    ledger.post(session, actor, event, legs)
    audit.record(session, actor, action, event, code=event.code, fund=fund.code)
    return event
