"""Reads: the ledger row by row, with its accounts in words, for those who keep the books and those who check them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import disclosure, policy
from aidnet.disclosure import Shown
from aidnet.errors import NotVisible
from aidnet.funding import words
from aidnet.funding.models import Contribution, Expense, Fund, Payout
from aidnet.ledger.models import Account, AccountKind, LedgerEvent, LedgerEventKind, Transfer
from aidnet.policy import Actor, Permission
from aidnet.web import keyset
from aidnet.web.keyset import Page


@dataclass(frozen=True)
class LedgerWanted:
    """What the ledger is narrowed to; None and "" narrow nothing."""

    fund_id: int | None = None
    currency: str = ""
    kind: LedgerEventKind | None = None


@dataclass(frozen=True)
class LedgerRow:
    """One transfer, with the event it belongs to."""

    transfer: Shown
    event: Shown
    fund: Shown
    source: str
    target: str
    #: Code of the gift, payout or expense it is about; None where the event stands alone.
    record: str | None
    #: Which of the slice's pages shows that record.
    record_kind: str
    undone: bool


def rows(
    session: Session, actor: Actor, names: Mapping[int, str], wanted: LedgerWanted, after: str | None
) -> Page[LedgerRow]:
    """A page of transfers, newest first. `names`: responders' code names by id."""
    page = keyset.page(session, statement(actor, wanted)[0], Transfer.id, after=after)
    return Page([_row(actor, names, *row) for row in page.rows], page.after)


def event(session: Session, actor: Actor, names: Mapping[int, str], code: str) -> list[LedgerRow]:
    """The transfers of one event, in order. Raises: NotVisible."""
    found = session.execute(
        statement(actor, LedgerWanted())[0].where(LedgerEvent.code == code).order_by(Transfer.id)
    ).all()
    if not found:
        raise NotVisible
    return [_row(actor, names, *row) for row in found]


def statement(actor: Actor, wanted: LedgerWanted) -> tuple[sa.Select[Any], Any, Any, Any]:
    """The transfers the ledger is narrowed to, each with all it is shown with; the accounts it moved between, and whether
    its event was undone, to pick from."""
    source, target, undoing = aliased(Account), aliased(Account), aliased(LedgerEvent)
    undone = sa.exists().where(undoing.reverses_id == LedgerEvent.id)
    reads = dict.fromkeys((Fund, Contribution, Payout, Expense), Permission.LEDGER_READ)
    record = (Contribution.code, Payout.code, Expense.code)
    found = (
        policy.select(actor, reads, Transfer, LedgerEvent, Fund, source, target, *record, undone)
        .select_from(Transfer)
        .join(LedgerEvent, LedgerEvent.id == Transfer.event_id)
        .join(Fund, Fund.id == Transfer.fund_id)
        .join(source, source.id == Transfer.from_id)
        .join(target, target.id == Transfer.to_id)
        .outerjoin(Contribution, Contribution.id == LedgerEvent.contribution_id)
        .outerjoin(Payout, Payout.id == LedgerEvent.payout_id)
        .outerjoin(Expense, Expense.id == LedgerEvent.expense_id)
    )
    if wanted.fund_id:
        found = found.where(Transfer.fund_id == wanted.fund_id)
    if wanted.currency:
        found = found.where(Transfer.currency == wanted.currency)
    if wanted.kind:
        found = found.where(Transfer.kind == wanted.kind)
    return found, source, target, undone


def _row(
    actor: Actor,
    names: Mapping[int, str],
    transfer: Transfer,
    happened: LedgerEvent,
    fund: Fund,
    source: Account,
    target: Account,
    gift_code: str | None,
    payout_code: str | None,
    expense_code: str | None,
    undone: bool,
) -> LedgerRow:
    return LedgerRow(
        transfer=disclosure.show(actor, transfer),
        event=disclosure.show(actor, happened),
        fund=disclosure.show(actor, fund),
        source=account_in_words(actor, source, names),
        target=account_in_words(actor, target, names),
        record=gift_code or payout_code or expense_code,
        record_kind="contribution" if gift_code else "payout" if payout_code else "expense",
        undone=bool(undone),
    )


def account_in_words(actor: Actor, account: Account, names: Mapping[int, str]) -> str:
    """What an account stands for, such as "Held, S-07" or "Spent, Goods"."""
    shown = Shown(account, "account", disclosure.audience_of(actor))
    said = [str(words.ACCOUNTS[shown.kind])]
    if account.responder_id and account.kind in (AccountKind.HELD, AccountKind.TRANSIT):
        said.append(str(disclosure.field(actor, "account", "responder", names.get(account.responder_id, ""))))
    if shown.budget_line:
        said.append(str(words.LINES[shown.budget_line]))
    return ", ".join(said)
