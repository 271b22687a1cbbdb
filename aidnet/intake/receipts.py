"""Reads: what a receipt says of its one gift to whoever holds it, signed in or not.

SECURITY: the only reading through `RECEIPT_READ`, and always for one receipt code (100 random bits). It says what the
matrix lets the public see of `contribution.receipt_*`: no giver, no donor, no place, no group. Kept by tests/intake/test_receipts.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import disclosure, policy
from aidnet.deliveries.items import unit_name
from aidnet.deliveries.models import Item
from aidnet.errors import NotVisible
from aidnet.funding.models import Contribution, ContributionState, Fund
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.ledger.models import BudgetLine, LedgerEvent, LedgerEventKind, Transfer
from aidnet.policy import ANONYMOUS, Permission
from aidnet.trace.models import Fate, GiftTrace

_READ = Permission.RECEIPT_READ
#: A value as anybody may see it, whoever asks: a receipt says the same to all.
_public = partial(disclosure.field, ANONYMOUS)


@dataclass(frozen=True)
class Part:
    """A part of a gift, and what became of it, in the gift's own currency."""

    fate: Fate
    #: None: not spent.
    line: BudgetLine | None
    minor: int


@dataclass(frozen=True)
class Receipt:
    """All that a receipt says."""

    code: str
    #: A short code to quote.
    short: str
    state: ContributionState
    #: None: in kind.
    minor: int | None
    currency: str | None
    #: None: in money.
    item: str | None
    quantity_milli: int | None
    unit: str | None
    fund: str
    purpose: str
    pledged_on: date | None
    due_on: date | None
    received_on: date | None
    given_back_minor: int
    #: What became of it; empty where nothing is known yet. Together the gift.
    parts: Sequence[Part]
    #: Of the gift, how much receivers confirmed.
    confirmed_minor: int

    @property
    def confirmed_percent(self) -> int:
        """Rounded down, so that all is said only of all."""
        return self.confirmed_minor * 100 // self.minor if self.minor else 0


def receipt(session: Session, code: str) -> Receipt:
    """The receipt with this code. Three statements at most. Raises: NotVisible, as for every other address with nothing behind it."""
    reads = {Contribution: _READ, Fund: _READ}
    found = session.execute(
        policy.select(ANONYMOUS, reads, Contribution, Fund)
        .join(Fund, Fund.id == Contribution.fund_id)
        .where(Contribution.receipt_code == code)
    ).one_or_none()
    if found is None:
        raise NotVisible
    gift, fund = found
    told = gift.state is ContributionState.RECEIVED and gift.amount_minor is not None
    parts, confirmed = _became(session, gift.id) if told else ([], 0)
    own = fund.responder_id is not None  # its name is the group's
    return Receipt(
        code=gift.receipt_code,
        short=_public("contribution", "receipt_short", gift.code),
        state=_public("contribution", "receipt_state", gift.state),
        minor=_public("contribution", "receipt_amount", gift.amount_minor),
        currency=_public("contribution", "receipt_amount", gift.currency),
        item=_public("contribution", "receipt_amount", _item(session, gift.item_id)) if gift.item_id else None,
        quantity_milli=_public("contribution", "receipt_amount", gift.quantity_milli),
        unit=_public("contribution", "receipt_amount", unit_name(gift.unit)) if gift.unit else None,
        fund="" if own else _public("contribution", "receipt_fund", fund.name),
        purpose=_public("contribution", "receipt_fund", fund.purpose),
        pledged_on=_public("contribution", "receipt_day", gift.pledged_on),
        due_on=_public("contribution", "receipt_day", gift.due_on),
        received_on=_public("contribution", "receipt_day", gift.received_on),
        given_back_minor=_public("contribution", "receipt_became", _given_back(session, gift.id)) if told else 0,
        parts=parts,
        confirmed_minor=confirmed,
    )


def _item(session: Session, item_id: int) -> str:
    """What a thing is called; a group's own word for it says who the group is."""
    item = session.scalars(policy.visible(ANONYMOUS, _READ, Item).where(Item.id == item_id)).one_or_none()
    if item is None:
        return _("things")
    return (current_language() == "my" and item.name_my) or item.name_en


def _became(session: Session, gift_id: int) -> tuple[list[Part], int]:
    """What became of a gift, in the order of `Fate` and of budget lines; and how much of it was confirmed.

    SECURITY: tolls and informal payments are told only inside transport, as to donors.
    """
    rows = session.execute(
        policy.select(
            ANONYMOUS,
            {Contribution: _READ},
            GiftTrace.fate,
            GiftTrace.budget_line,
            GiftTrace.source_minor,
            GiftTrace.confirmed_minor,
        )
        .select_from(GiftTrace)
        .join(Contribution, Contribution.id == GiftTrace.contribution_id)
        .where(GiftTrace.contribution_id == gift_id)
    ).all()
    sums: dict[tuple[Fate, BudgetLine | None], int] = {}
    for row in rows:
        line = BudgetLine(row.budget_line) if row.budget_line and row.fate is Fate.SPENT else None
        key = row.fate, BudgetLine.TRANSPORT if line is BudgetLine.TOLLS else line
        sums[key] = sums.get(key, 0) + int(row.source_minor)
    fates, lines = list(Fate), [None, *BudgetLine]
    ordered = sorted(sums, key=lambda key: (fates.index(key[0]), lines.index(key[1])))
    parts = [Part(fate, line, sums[fate, line]) for fate, line in ordered if sums[fate, line]]
    confirmed = sum(int(row.confirmed_minor) for row in rows)
    return _public("contribution", "receipt_became", parts), _public("contribution", "receipt_became", confirmed)


def _given_back(session: Session, gift_id: int) -> int:
    undoing = aliased(LedgerEvent)
    statement = (
        policy.select(ANONYMOUS, {Fund: _READ}, sa.func.coalesce(sa.func.sum(Transfer.amount_minor), 0))
        .select_from(LedgerEvent)
        .join(Fund, Fund.id == LedgerEvent.fund_id)
        .join(Transfer, Transfer.event_id == LedgerEvent.id)
        .where(LedgerEvent.contribution_id == gift_id, LedgerEvent.kind == LedgerEventKind.REFUND)
        .where(~sa.exists().where(undoing.reverses_id == LedgerEvent.id))
    )
    return int(session.scalars(statement).one())
