"""Writes: what money was spent on, lost by whoever held it, paid in fees, or changed within a fund."""

from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, policy
from aidnet.deliveries.models import Delivery
from aidnet.errors import Invalid, NotVisible
from aidnet.funding import ledger
from aidnet.funding.contributions import hold_fund, hold_open, made_before, own_purse, posted_before
from aidnet.funding.drafts import ExchangeDraft, ExpenseDraft, FeeDraft, HeldLossDraft
from aidnet.funding.ledger import EXCHANGE, FUND, LOST, Leg, author, fees, held, spent
from aidnet.funding.models import Expense, ExpenseShare, ExpenseState, Fund
from aidnet.i18n import gettext as _
from aidnet.ledger.models import LedgerEvent, LedgerEventKind
from aidnet.policy import Actor, Permission
from aidnet.roles import Role


def record_expense(session: Session, actor: Actor, draft: ExpenseDraft) -> Expense:
    """Record what was spent: by the actor's responder out of what it holds, or by the network out of the fund.

    Beyond what a responder holds, it is owed to the responder; the network spends no more than the fund has.

    Raises:
        NotVisible: no such fund or delivery.
        NotEnough: the network's own spending is more than the fund has.
    """
    is_network = actor.role is not Role.COORDINATOR
    if draft.fund is None and is_network:
        raise NotVisible
    key = own_purse(session, actor).id if draft.fund is None else draft.fund
    fund = hold_fund(session, actor, Permission.EXPENSE_RECORD, key)
    if before := made_before(session, actor, Permission.EXPENSE_RECORD, Expense, draft.uid):
        return before
    delivery = (
        policy.fetch(session, actor, Permission.EXPENSE_RECORD, Delivery, draft.delivery) if draft.delivery else None
    )
    expense = Expense(
        uid=draft.uid,
        code=codes.code_of("E", draft.uid),
        fund_id=fund.id,
        responder_id=actor.responder_id,
        budget_line=draft.budget_line,
        amount_minor=draft.amount_minor,
        currency=draft.currency,
        spent_on=draft.spent_on,
        precision=draft.precision,
        note=draft.note,
        state=ExpenseState.RECORDED,
        recorded_at=clock.now(),
        recorded_by_id=author(actor),
    )
    session.add(expense)
    session.flush()
    if delivery:
        session.add(ExpenseShare(expense_id=expense.id, delivery_id=delivery.id, amount_minor=draft.amount_minor))
    source = FUND if actor.responder_id is None else held(actor.responder_id)
    event = LedgerEvent(
        kind=LedgerEventKind.EXPENSE, fund_id=fund.id, expense_id=expense.id, happened_on=draft.spent_on
    )
    leg = Leg(source, spent(draft.budget_line), draft.amount_minor, draft.currency)
    ledger.post(session, actor, event, [leg], on_credit=actor.responder_id is not None)
    audit.record(session, actor, "expense.recorded", expense, code=expense.code, fund=fund.code)
    return expense


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
