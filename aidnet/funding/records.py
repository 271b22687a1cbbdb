"""Reads: the lists of gifts, payouts and expenses, and one of each, as the actor may see them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import clock, codes, disclosure, policy
from aidnet.crypto import keyring
from aidnet.deliveries.items import name_of, unit_name
from aidnet.deliveries.models import Item
from aidnet.disclosure import WITHHELD, Level, Shown, Withheld
from aidnet.errors import NotVisible
from aidnet.funding.models import (
    OPEN_PAYOUTS,
    Channel,
    Contribution,
    ContributionState,
    Expense,
    Fund,
    Payout,
    PayoutConfirmation,
    PayoutState,
)
from aidnet.funding.queries import LATE_DAYS, PayoutLine, payout_line, payout_lines
from aidnet.funding.shares import ShareLine, shares_of
from aidnet.i18n import gettext as _
from aidnet.ledger.models import BudgetLine, LedgerEvent, LedgerEventKind, Transfer
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.places.queries import PlacePath, paths
from aidnet.policy import Actor, Permission
from aidnet.roles import PartnerKind
from aidnet.web import keyset
from aidnet.web.keyset import Page

#: The filter for pledges that should have come by now, or soon; and how many days are soon.
DUE = "due"
DUE_DAYS = 14
#: The filter for payouts that should have been confirmed by now.
LATE = "late"


@dataclass(frozen=True)
class Named:
    """A partner by its code name."""

    id: int
    code: str
    name: str
    kind: PartnerKind
    #: Whether money may be sent to it.
    active: bool


@dataclass(frozen=True)
class GiftsWanted:
    """What a list of gifts is narrowed to; None and "" narrow nothing."""

    q: str = ""
    fund_id: int | None = None
    donor_id: int | None = None
    state: ContributionState | None = None
    #: Pledges that are due, and no others.
    due: bool = False
    channel: Channel | None = None
    currency: str = ""


@dataclass(frozen=True)
class PayoutsWanted:
    """The same for payouts; `state` is one of `PayoutState`, or "late"."""

    q: str = ""
    fund_id: int | None = None
    responder_id: int | None = None
    state: str = ""
    channel: Channel | None = None


@dataclass(frozen=True)
class ExpensesWanted:
    """The same for expenses."""

    q: str = ""
    fund_id: int | None = None
    responder_id: int | None = None
    line: BudgetLine | None = None


@dataclass(frozen=True)
class GiftLine:
    """A gift in a list. What the matrix withholds is WITHHELD, what there is not is None."""

    gift: Shown
    fund: Shown
    #: Whom it is from in a word or two: the donor partner, the giver's chosen name, or that nobody said.
    giver: object
    item: object
    unit: object
    earmark_place: object
    earmark_responder: object
    #: How much of it went back to its giver, in its currency.
    given_back: int = 0

    @property
    def due(self) -> bool:
        """A pledge that should come soon, or should have come."""
        day = self.gift.due_on if self.gift.state is ContributionState.PLEDGED else None
        return day is not None and day <= clock.today() + timedelta(days=DUE_DAYS)

    @property
    def overdue(self) -> bool:
        """A pledge whose day is over."""
        return self.due and bool(self.gift.due_on < clock.today())


@dataclass(frozen=True)
class ExpenseLine:
    """An expense in a list. `responder` None: the network itself spent it."""

    expense: Shown
    fund: Shown
    responder: object
    #: The deliveries it was for; WITHHELD, or empty where it was for none.
    shares: tuple[ShareLine, ...] | Withheld


@dataclass(frozen=True)
class Word:
    """One word of the receiver on a payout."""

    confirmation: Shown
    #: By which it is undone (`L-…`).
    code: str
    undone: bool


def directory(session: Session, actor: Actor) -> dict[int, Named]:
    """The partners that pages of money may name to the actor, by id, in the order of their code names. One statement."""
    rows = session.execute(
        policy.select(
            actor,
            {Partner: Permission.CONTRIBUTION_READ},
            Partner.id,
            Partner.code,
            Partner.code_name,
            Partner.kind,
            Partner.status.in_([PartnerStatus.INVITED, PartnerStatus.ACTIVE]),
        ).order_by(Partner.code_name_key)
    )
    return {row[0]: Named(*row) for row in rows}


def _code_or_none(prefix: str, typed: str) -> str:
    """What somebody searched for as a code; "" where it is none, which no row has."""
    return codes.read(prefix, typed) or ""


# Gifts


def gifts(
    session: Session, actor: Actor, named: Mapping[int, Named], wanted: GiftsWanted, after: str | None
) -> Page[GiftLine]:
    """A page of gifts, newest first."""
    page = keyset.page(session, gifts_statement(actor, wanted), Contribution.recorded_at, Contribution.id, after=after)
    items = _items(session, actor, {gift.item_id for gift, _fund in page.rows})
    places = paths(session, {gift.earmark_place_id for gift, _fund in page.rows if gift.earmark_place_id})
    back = _given_back(session, actor, [gift.id for gift, _fund in page.rows])
    return Page(
        [_gift_line(actor, gift, fund, named, items, places, back.get(gift.id, 0)) for gift, fund in page.rows],
        page.after,
    )


def gift(session: Session, actor: Actor, code: str) -> GiftLine:
    """One gift. Raises: NotVisible."""
    statement = gifts_statement(actor, GiftsWanted()).where(Contribution.code == code).order_by(Contribution.id)
    found = session.execute(statement).first()
    if found is None:
        raise NotVisible
    row, fund = found
    items = _items(session, actor, {row.item_id})
    places = paths(session, {row.earmark_place_id} if row.earmark_place_id else ())
    return _gift_line(actor, row, fund, directory(session, actor), items, places)


@dataclass(frozen=True)
class GivenBack:
    """Some of a gift that went back to its giver."""

    #: By which it is undone (`L-…`).
    code: str
    happened_on: date
    minor: int


def given_back(session: Session, actor: Actor, code: str) -> int:
    """How much of a gift went back to its giver, in its currency. One statement."""
    return sum(one.minor for one in refunds_of(session, actor, code))


def refunds_of(session: Session, actor: Actor, code: str) -> list[GivenBack]:
    """What of a gift went back to its giver, oldest first. One statement."""
    rows = session.execute(
        _refunds(actor, LedgerEvent.id, LedgerEvent.code, LedgerEvent.happened_on)
        .where(Contribution.code == code)
        .order_by(LedgerEvent.id)
    )
    return [GivenBack(event_code, day, int(minor)) for _id, event_code, day, minor in rows]


def _given_back(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, int]:
    """How much of each of these gifts went back, by id. One statement."""
    rows = session.execute(_refunds(actor, Contribution.id).where(Contribution.id.in_(ids)))
    return {gift_id: int(minor) for gift_id, minor in rows}


def _refunds(actor: Actor, *by: Any) -> sa.Select[Any]:
    reads = {Contribution: Permission.CONTRIBUTION_READ, Fund: Permission.FUND_READ}
    return (
        policy.select(actor, reads, *by, sa.func.sum(Transfer.amount_minor))
        .select_from(Contribution)
        .join(Fund, Fund.id == Contribution.fund_id)
        .join(LedgerEvent, LedgerEvent.contribution_id == Contribution.id)
        .join(Transfer, Transfer.event_id == LedgerEvent.id)
        .where(_is_refund())
        .group_by(*by)
    )


def _is_refund() -> sa.ColumnElement[bool]:
    """An act gave something back, and was not undone."""
    undoing = aliased(LedgerEvent)
    undone = sa.exists().where(undoing.reverses_id == LedgerEvent.id)
    return (LedgerEvent.kind == LedgerEventKind.REFUND) & ~undone


def back_of_gift() -> sa.ScalarSelect[int | None]:
    """How much of a gift went back to its giver, None where nothing did: a column of `gifts_statement()`."""
    return (
        sa.select(sa.cast(sa.func.sum(Transfer.amount_minor), sa.BigInteger))
        .join(LedgerEvent, LedgerEvent.id == Transfer.event_id)
        .where(LedgerEvent.contribution_id == Contribution.id, _is_refund())
        .correlate(Contribution)
        .scalar_subquery()
    )


def pledges_waiting(session: Session, actor: Actor, *, most: int = 10) -> list[GiftLine]:
    """Pledges whose money has not come: those with a day first, by that day; then the others, oldest first.

    One statement, of two short lists that an index keeps in order: whom they are from is told on their own pages.
    """
    waiting = gifts_statement(actor, GiftsWanted(state=ContributionState.PLEDGED))
    ids = waiting.with_only_columns(Contribution.id, maintain_column_froms=True)
    dated = ids.where(Contribution.due_on.is_not(None)).order_by(Contribution.due_on, Contribution.id).limit(most)
    undated = ids.where(Contribution.due_on.is_(None)).order_by(Contribution.recorded_at, Contribution.id).limit(most)
    first = [sa.select(each.subquery().c.id) for each in (dated, undated)]
    order = (Contribution.due_on.is_(None), Contribution.due_on, Contribution.recorded_at, Contribution.id)
    found = session.execute(waiting.where(sa.or_(*map(Contribution.id.in_, first))).order_by(*order).limit(most))
    return [_gift_line(actor, gift, fund, {}, {}, {}) for gift, fund in found]


def pledges_due(session: Session, actor: Actor, *, most: int = 10) -> list[GiftLine]:
    """Pledges that should come soon, or should have come, oldest first. One statement."""
    due = gifts_statement(actor, GiftsWanted(due=True)).order_by(Contribution.due_on, Contribution.id)
    return [_gift_line(actor, gift, fund, {}, {}, {}) for gift, fund in session.execute(due.limit(most))]


def gifts_statement(actor: Actor, wanted: GiftsWanted) -> sa.Select[Any]:
    """Gifts with their fund, as many as the list is narrowed to."""
    reads = {Contribution: Permission.CONTRIBUTION_READ, Fund: Permission.FUND_READ}
    wheres: list[sa.ColumnElement[bool]] = []
    if wanted.q:
        wheres.append(_gift_named(actor, wanted.q))
    if wanted.fund_id:
        wheres.append(Contribution.fund_id == wanted.fund_id)
    if wanted.donor_id:
        wheres.append(Contribution.donor_id == wanted.donor_id)
    if wanted.state:
        wheres.append(Contribution.state == wanted.state)
    if wanted.due:
        soon = clock.today() + timedelta(days=DUE_DAYS)
        wheres += [Contribution.state == ContributionState.PLEDGED, Contribution.due_on <= soon]
    if wanted.channel:
        wheres.append(Contribution.channel == wanted.channel)
    if wanted.currency:
        wheres.append(Contribution.currency == wanted.currency)
    return policy.select(actor, reads, Contribution, Fund).join(Fund, Fund.id == Contribution.fund_id).where(*wheres)


def _gift_named(actor: Actor, typed: str) -> sa.ColumnElement[bool]:
    """By code, by receipt code, or by the giver's whole name, for whoever sees names."""
    receipt = typed.strip().upper().replace(" ", "-")
    found = (Contribution.code == _code_or_none("C", typed)) | (Contribution.receipt_code == receipt)
    if disclosure.level_of("contribution", "giver", disclosure.audience_of(actor)) is Level.FULL:
        found |= Contribution.giver_index == keyring().blind("giver", typed)
    return found


def all_items(session: Session, actor: Actor) -> dict[int, str]:
    """What items are called, by id. One statement."""
    items = session.scalars(policy.visible(actor, Permission.CONTRIBUTION_READ, Item))
    return {item.id: name_of(actor, item) for item in items}


def earmarked_places(session: Session, actor: Actor) -> dict[int, PlacePath]:
    """Every place a gift is meant for, by id. Two statements."""
    earmarks = policy.select(actor, {Contribution: Permission.CONTRIBUTION_READ}, Contribution.earmark_place_id)
    return paths(session, {place_id for place_id in session.scalars(earmarks.distinct()) if place_id})


def _items(session: Session, actor: Actor, ids: set[int | None]) -> dict[int, str]:
    """What these items are called, by id. One statement, none where there is nothing to ask."""
    known = [item_id for item_id in ids if item_id]
    if not known:
        return {}
    statement = policy.visible(actor, Permission.CONTRIBUTION_READ, Item).where(Item.id.in_(known))
    return {item.id: name_of(actor, item) for item in session.scalars(statement)}


def _gift_line(
    actor: Actor,
    gift: Contribution,
    fund: Fund,
    named: Mapping[int, Named],
    items: Mapping[int, str],
    places: Mapping[int, PlacePath],
    given_back: int = 0,
) -> GiftLine:
    def field(name: str, value: object) -> object:
        return disclosure.field(actor, "contribution", name, value)

    receiver = named.get(gift.earmark_responder_id or 0)
    place = places.get(gift.earmark_place_id or 0)
    seen = field("earmark_place", place)
    shown = disclosure.show(actor, gift)
    donor = named.get(gift.donor_id or 0)
    return GiftLine(
        gift=shown,
        fund=disclosure.show(actor, fund),
        giver=_giver(shown, field("donor", donor.name) if donor else None),
        item=field("item", items.get(gift.item_id or 0)),
        unit=field("unit", unit_name(gift.unit)) if gift.unit else None,
        earmark_place=seen.label if isinstance(seen, PlacePath) else seen,
        earmark_responder=field("earmark_responder", receiver.name) if receiver else None,
        given_back=given_back,
    )


def _giver(gift: Shown, donor: object) -> object:
    return WITHHELD if gift.giver is WITHHELD else giver_in_words(gift.giver, donor)


def giver_in_words(chosen: object, donor: object) -> str:
    """The donor partner, with the giver's chosen name where there is one too; that nobody said is said."""
    known = [str(one) for one in (chosen, donor) if one]
    return ", ".join(known) if known else _("Anonymous")


# Payouts


def payouts(session: Session, actor: Actor, wanted: PayoutsWanted, after: str | None) -> Page[PayoutLine]:
    """A page of payouts, newest first."""
    page = keyset.page(session, payouts_statement(actor, wanted), Payout.recorded_at, Payout.id, after=after)
    return Page([payout_line(actor, *row) for row in page.rows], page.after)


def payout(session: Session, actor: Actor, code: str) -> PayoutLine:
    """One payout. Raises: NotVisible."""
    found = session.execute(payout_lines(actor).where(Payout.code == code).order_by(Payout.id)).first()
    if found is None:
        raise NotVisible
    row, line = found[0], payout_line(actor, *found)
    if row.purpose_place_id is None:
        return line
    path = paths(session, [row.purpose_place_id])[row.purpose_place_id]
    seen = disclosure.field(actor, "payout", "purpose_place", path, owner_id=row.responder_id)
    return replace(line, purpose_place=seen.label if isinstance(seen, PlacePath) else seen)


def words_on(session: Session, actor: Actor, code: str) -> list[Word]:
    """What the receiver said of a payout, oldest first. One statement."""
    undoing = aliased(LedgerEvent)
    undone = sa.exists().where(undoing.reverses_id == LedgerEvent.id)
    reads = {Payout: Permission.PAYOUT_READ, Fund: Permission.FUND_READ}
    statement = (
        policy.select(actor, reads, PayoutConfirmation, Payout.responder_id, LedgerEvent.code, undone)
        .join(Payout, Payout.id == PayoutConfirmation.payout_id)
        .join(Fund, Fund.id == Payout.fund_id)
        .join(LedgerEvent, LedgerEvent.confirmation_id == PayoutConfirmation.id)
        .where(Payout.code == code, LedgerEvent.reverses_id.is_(None))
        .order_by(PayoutConfirmation.id)
    )
    return [
        Word(Shown(row, "payout_confirmation", disclosure.audience_of(actor, responder_id)), event_code, bool(gone))
        for row, responder_id, event_code, gone in session.execute(statement)
    ]


def payouts_statement(actor: Actor, wanted: PayoutsWanted) -> sa.Select[Any]:
    """Payouts with their fund and receiver, as many as the list is narrowed to."""
    wheres: list[sa.ColumnElement[bool]] = []
    if wanted.q:
        wheres.append(Payout.code == _code_or_none("Y", wanted.q))
    if wanted.fund_id:
        wheres.append(Payout.fund_id == wanted.fund_id)
    if wanted.responder_id:
        wheres.append(Payout.responder_id == wanted.responder_id)
    if wanted.state == LATE:
        wheres += [Payout.state.in_(OPEN_PAYOUTS), Payout.sent_on < clock.today() - timedelta(days=LATE_DAYS)]
    elif wanted.state:
        wheres.append(Payout.state == PayoutState(wanted.state))
    if wanted.channel:
        wheres.append(Payout.channel == wanted.channel)
    return payout_lines(actor).where(*wheres)


# Expenses


def expenses(
    session: Session,
    actor: Actor,
    named: Mapping[int, Named],
    wanted: ExpensesWanted,
    after: str | None,
    size: int = keyset.SIZE,
) -> Page[ExpenseLine]:
    """A page of expenses, newest first."""
    page = keyset.page(
        session, expenses_statement(actor, wanted), Expense.recorded_at, Expense.id, after=after, size=size
    )
    shares = shares_of(session, actor, Expense.id.in_([row.id for row, _fund in page.rows])) if page.rows else {}
    return Page([_expense_line(actor, row, fund, named, shares) for row, fund in page.rows], page.after)


def expense(session: Session, actor: Actor, code: str) -> ExpenseLine:
    """One expense. Raises: NotVisible."""
    statement = expenses_statement(actor, ExpensesWanted()).where(Expense.code == code).order_by(Expense.id)
    found = session.execute(statement).first()
    if found is None:
        raise NotVisible
    row, fund = found
    return _expense_line(actor, row, fund, directory(session, actor), shares_of(session, actor, Expense.id == row.id))


def expenses_statement(actor: Actor, wanted: ExpensesWanted) -> sa.Select[Any]:
    """Expenses with their fund, as many as the list is narrowed to."""
    reads = {Expense: Permission.EXPENSE_READ, Fund: Permission.FUND_READ}
    joined = policy.select(actor, reads, Expense, Fund).join(Fund, Fund.id == Expense.fund_id)
    return joined.where(*_expenses_like(wanted))


def _expenses_like(wanted: ExpensesWanted) -> list[sa.ColumnElement[bool]]:
    wheres: list[sa.ColumnElement[bool]] = []
    if wanted.q:
        wheres.append(Expense.code == _code_or_none("E", wanted.q))
    if wanted.fund_id:
        wheres.append(Expense.fund_id == wanted.fund_id)
    if wanted.responder_id:
        wheres.append(Expense.responder_id == wanted.responder_id)
    if wanted.line:
        wheres.append(Expense.budget_line == wanted.line)
    return wheres


def shares_like(session: Session, actor: Actor, wanted: ExpensesWanted) -> dict[int, tuple[ShareLine, ...]]:
    """What the expenses of a list were for, as far as the actor may know it. One statement, or none."""
    return shares_of(session, actor, *_expenses_like(wanted))


def _expense_line(
    actor: Actor, row: Expense, fund: Fund, named: Mapping[int, Named], shares: Mapping[int, tuple[ShareLine, ...]]
) -> ExpenseLine:
    def field(name: str, value: object) -> object:
        return disclosure.field(actor, "expense", name, value, owner_id=row.responder_id)

    spender = named.get(row.responder_id or 0)
    return ExpenseLine(
        expense=disclosure.show(actor, row),
        fund=disclosure.show(actor, fund),
        responder=field("responder", spender.name) if spender else None,
        shares=disclosure.field(actor, "expense_share", "delivery", shares.get(row.id, ()), owner_id=row.responder_id),
    )
