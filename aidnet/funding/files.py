"""Reads: the lists as files. A file of a hundred thousand rows asks the matrix once a column, not once a cell."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure
from aidnet.deliveries.items import unit_name
from aidnet.disclosure import WITHHELD, Level
from aidnet.funding import book, records
from aidnet.funding.book import LedgerWanted
from aidnet.funding.models import OPEN_PAYOUTS, Contribution, Expense, Fund, Payout, PayoutState
from aidnet.funding.queries import LATE_DAYS
from aidnet.funding.records import LATE, ExpensesWanted, GiftsWanted, Named, PayoutsWanted
from aidnet.i18n import gettext as _
from aidnet.ledger.models import Account, LedgerEvent, Transfer
from aidnet.money import decimal_of
from aidnet.partners.models import Partner
from aidnet.places.queries import PlacePath
from aidnet.policy import Actor

#: Rows read from the database at once.
_BATCH = 1_000
File = tuple[list[str], Iterator[list[Any]]]


@dataclass(frozen=True)
class Column:
    """A column of a file: the field of the matrix it obeys, what it reads, and how that is said."""

    header: str
    entity: str
    name: str
    reads: tuple[Any, ...]
    #: Given all that is read; None: the one value as it is.
    say: Callable[..., Any] | None = None
    #: What is read is no value that the matrix can make coarse (an id): `say` does that.
    says_how_coarse: bool = False


def _file(session: Session, actor: Actor, statement: sa.Select[Any], columns: Sequence[Column]) -> File:
    """The header, and the rows as they are read: one statement. What is withheld says so in every row."""
    audience = disclosure.audience_of(actor, actor.responder_id)
    reads: list[Any] = []
    says: list[tuple[slice, Callable[..., Any] | None]] = []
    for column in columns:
        level = disclosure.level_of(column.entity, column.name, audience)
        if level is Level.WITHHELD:
            says.append((slice(0, 0), cache(lambda: str(WITHHELD))))
            continue
        says.append((slice(len(reads), len(reads) + len(column.reads)), _told(actor, column, level)))
        reads += column.reads
    numbered = [read.label(f"c{number}") for number, read in enumerate(reads)]
    rows = session.execute(
        statement.with_only_columns(*numbered, maintain_column_froms=True).execution_options(yield_per=_BATCH)
    )

    def told() -> Iterator[list[Any]]:
        for row in rows:
            yield [say(*row[where]) if say else row[where.start] for where, say in says]

    return [column.header for column in columns], told()


def _told(actor: Actor, column: Column, level: Level) -> Callable[..., Any] | None:
    if level is Level.FULL or column.says_how_coarse:
        return column.say
    # Of a coarsened field there are few values: a month has one, however many its rows.
    return cache(lambda value: disclosure.field(actor, column.entity, column.name, value, owner_id=actor.responder_id))


def _money(minor: int | None, currency: str | None) -> Decimal | None:
    return None if minor is None or currency is None else decimal_of(minor, currency)


def _quantity(milli: int | None) -> Decimal | None:
    return None if milli is None else Decimal(f"{(Decimal(milli) / 1000).normalize():f}")


def _word(value: Any) -> str | None:
    return None if value is None else str(value.value)


def _name_of(named: Mapping[int, Named]) -> Callable[[int | None], str | None]:
    names = {partner_id: one.name for partner_id, one in named.items()}
    return lambda partner_id: names.get(partner_id or 0)


def gifts(session: Session, actor: Actor, named: Mapping[int, Named], wanted: GiftsWanted) -> File:
    """The gifts of a list, newest first. Four statements."""
    items, places = records.all_items(session, actor), records.earmarked_places(session, actor)
    names = _name_of(named)
    audience = disclosure.audience_of(actor)
    tells_donor = disclosure.level_of("contribution", "donor", audience) is Level.FULL

    @cache
    def place(place_id: int | None) -> object:
        path = disclosure.field(actor, "contribution", "earmark_place", places.get(place_id or 0))
        return path.label if isinstance(path, PlacePath) else path

    def giver(uid: UUID, sealed: bytes | None, donor_id: int | None) -> str:
        chosen = Contribution.giver.opened("contribution", uid, sealed)
        return records.giver_in_words(chosen, names(donor_id) if tells_donor else None)

    gift = Contribution
    columns = [
        Column(_("Code"), "contribution", "code", (gift.code,)),
        Column(_("Receipt code"), "contribution", "receipt_code", (gift.receipt_code,)),
        Column(_("Fund"), "fund", "name", (Fund.name,)),
        Column(_("State"), "contribution", "state", (gift.state,), _word),
        Column(_("From"), "contribution", "giver", (gift.uid, gift.giver_sealed, gift.donor_id), giver),
        Column(_("The giver is a"), "contribution", "giver_kind", (gift.giver_kind,), _word),
        Column(_("How it came"), "contribution", "channel", (gift.channel,), _word),
        Column(_("Amount"), "contribution", "amount_minor", (gift.amount_minor, gift.currency), _money),
        Column(_("Currency"), "contribution", "currency", (gift.currency,)),
        Column(_("Item"), "contribution", "item", (gift.item_id,), items.get),
        Column(_("Quantity"), "contribution", "quantity_milli", (gift.quantity_milli,), _quantity),
        Column(_("Unit"), "contribution", "unit", (gift.unit,), lambda unit: unit and unit_name(unit)),
        Column(
            _("For the place"), "contribution", "earmark_place", (gift.earmark_place_id,), place, says_how_coarse=True
        ),
        Column(_("For this help"), "contribution", "earmark_sector", (gift.earmark_sector,), _word),
        Column(_("For the group"), "contribution", "earmark_responder", (gift.earmark_responder_id,), names),
        Column(_("Pledged on"), "contribution", "pledged_on", (gift.pledged_on,)),
        Column(_("Expected on"), "contribution", "due_on", (gift.due_on,)),
        Column(_("Received on"), "contribution", "received_on", (gift.received_on,)),
        Column(_("Given back"), "contribution", "amount_minor", (records.back_of_gift(), gift.currency), _money),
    ]
    statement = records.gifts_statement(actor, wanted).order_by(gift.recorded_at.desc(), gift.id.desc())
    return _file(session, actor, statement, columns)


def payouts(session: Session, actor: Actor, wanted: PayoutsWanted) -> File:
    """The payouts of a list, newest first. One statement."""
    today = clock.today()

    def state(now: PayoutState, sent_on: Any) -> str:
        return LATE if now in OPEN_PAYOUTS and (today - sent_on).days > LATE_DAYS else now.value

    one = Payout
    columns = [
        Column(_("Code"), "payout", "code", (one.code,)),
        Column(_("Fund"), "fund", "name", (Fund.name,)),
        Column(_("Group"), "payout", "responder", (Partner.code_name,)),
        Column(_("State"), "payout", "state", (one.state, one.sent_on), state),
        Column(_("Sent on"), "payout", "sent_on", (one.sent_on,)),
        Column(_("How it is sent"), "payout", "channel", (one.channel,), _word),
        Column(_("Amount sent"), "payout", "amount_minor", (one.amount_minor, one.currency), _money),
        Column(_("Fee beside it"), "payout", "fee_minor", (one.fee_minor, one.currency), _money),
        Column(_("Currency"), "payout", "currency", (one.currency,)),
        Column(_("Rate"), "payout", "rate", (one.rate,)),
        Column(_("Kind of rate"), "payout", "rate_kind", (one.rate_kind,), _word),
        Column(_("Should arrive"), "payout", "expected_minor", (one.expected_minor, one.expected_currency), _money),
        Column(_("Arrived"), "payout", "confirmed_minor", (one.confirmed_minor, one.expected_currency), _money),
        Column(_("Currency that should arrive"), "payout", "expected_currency", (one.expected_currency,)),
    ]
    statement = records.payouts_statement(actor, wanted).order_by(one.recorded_at.desc(), one.id.desc())
    return _file(session, actor, statement, columns)


def expenses(session: Session, actor: Actor, named: Mapping[int, Named], wanted: ExpensesWanted) -> File:
    """The spending of a list, newest first. Three statements."""
    one = Expense
    statement = records.expenses_statement(actor, wanted)
    shares = records.shares_like(session, actor, wanted)

    def deliveries(expense_id: int, currency: str) -> str | None:
        parts = shares.get(expense_id, ())
        return ", ".join(f"{one.delivery} {_money(one.share.amount_minor, currency)}" for one in parts) or None

    columns = [
        Column(_("Code"), "expense", "code", (one.code,)),
        Column(_("Fund"), "fund", "name", (Fund.name,)),
        Column(_("Group"), "expense", "responder", (one.responder_id,), _name_of(named)),
        Column(_("Day"), "expense", "spent_on", (one.spent_on,)),
        Column(_("Spent on"), "expense", "budget_line", (one.budget_line,), _word),
        Column(_("Amount"), "expense", "amount_minor", (one.amount_minor, one.currency), _money),
        Column(_("Currency"), "expense", "currency", (one.currency,)),
        Column(_("State"), "expense", "state", (one.state,), _word),
        Column(_("For deliveries"), "expense_share", "delivery", (one.id, one.currency), deliveries),
    ]
    return _file(session, actor, statement.order_by(one.recorded_at.desc(), one.id.desc()), columns)


def ledger(session: Session, actor: Actor, names: Mapping[int, str], wanted: LedgerWanted) -> File:
    """The rows of the ledger, newest first. One statement, and the accounts are put into words once each."""
    statement, source, target, undone = book.statement(actor, wanted)

    @cache
    def account(kind: Any, responder_id: int | None, line: Any) -> str:
        return book.account_in_words(actor, Account(kind=kind, responder_id=responder_id, budget_line=line), names)

    def words(side: Any) -> tuple[Any, ...]:
        return (side.kind, side.responder_id, side.budget_line)

    columns = [
        Column(_("Entry"), "ledger_event", "code", (LedgerEvent.code,)),
        Column(_("What"), "ledger_event", "kind", (LedgerEvent.kind,), _word),
        Column(_("Day"), "ledger_event", "happened_on", (LedgerEvent.happened_on,)),
        Column(_("Recorded"), "ledger_event", "recorded_at", (LedgerEvent.recorded_at,)),
        Column(_("Fund"), "fund", "name", (Fund.name,)),
        Column(_("From"), "account", "kind", words(source), account),
        Column(_("To"), "account", "kind", words(target), account),
        Column(_("Amount"), "transfer", "amount_minor", (Transfer.amount_minor, Transfer.currency), _money),
        Column(_("Currency"), "transfer", "currency", (Transfer.currency,)),
        Column(
            _("About"), "ledger_event", "code", (sa.func.coalesce(Contribution.code, Payout.code, Expense.code, ""),)
        ),
        Column(_("Undone"), "ledger_event", "kind", (undone,)),
    ]
    return _file(session, actor, statement.order_by(Transfer.id.desc()), columns)
