"""Reads: the ledger as a plain-text accounting file, which tools that are not ours can add up again.

Beancount and hledger each get the same accounts, entries and, at the end, our running totals as assertions: a file that
the tool accepts proves them. One statement reads the entries, as they are written; nothing is kept in memory but the
accounts, of which there are as many as funds, groups and budget lines make.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import clock, disclosure, policy
from aidnet.disclosure import Level
from aidnet.errors import Refused
from aidnet.funding.models import Fund
from aidnet.ledger.models import Account, AccountBalance, AccountKind, BudgetLine, LedgerEvent, Transfer
from aidnet.money import EXPONENTS, format_plain
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission, unscoped
from aidnet.roles import PartnerKind

#: Rows read from the database at once.
_BATCH = 1_000


class Format(StrEnum):
    """Whose file it is. The value is how the command and the address call it."""

    BEANCOUNT = "beancount"
    HLEDGER = "hledger"

    @property
    def ending(self) -> str:
        """How its files are named."""
        return "journal" if self is Format.HLEDGER else self.value


#: The first part of an account's name is what the tools take it for; the second what it is here.
_ROOTS: Mapping[AccountKind, str] = {
    AccountKind.OUTSIDE: "Income:Givers",
    AccountKind.FUND: "Assets:Fund",
    AccountKind.TRANSIT: "Assets:Transit",
    AccountKind.HELD: "Assets:Held",
    AccountKind.SPENT: "Expenses:Spent",
    AccountKind.FEES: "Expenses:Fees",
    AccountKind.EXCHANGE: "Equity:Exchange",
    AccountKind.LOST: "Expenses:Lost",
}
#: Fees of the fund itself stand beside those of payouts to groups: an account with others below it cannot be asserted alone.
_ITSELF = "Itself"
#: What both tools take as a part of an account's name.
_PART = re.compile(r"[A-Z0-9][A-Za-z0-9-]*")
#: Without any of these whole, the file would prove nothing.
_FIELDS = (
    *(("ledger_event", name) for name in ("code", "kind", "happened_on")),
    *(("transfer", name) for name in ("amount_minor", "currency")),
    *(("account", name) for name in ("kind", "budget_line", "responder")),
    *(("account_balance", name) for name in ("in_minor", "out_minor")),
    ("fund", "code"),
    ("partner", "code_name"),
)

_HEAD = """\
; The ledger of aidnet: {scope}.
;
; Money in an account of Assets is there; below zero in Assets:Held, it is owed to the group. Income:Givers falls as givers
; give. Accounts are named by kind, fund and group, or budget line.
;
; Every entry adds up to zero in each currency by itself. Where one currency became another, both sides pass through the
; account Equity:Exchange of the fund: what was given stays there, what came of it is missing there. So no price stands in
; this file, none is guessed, and no tool has to convert: the rate is what the two amounts of such an entry say.
;
; The last entries hold each account, to the minor unit, against the running totals that aidnet's pages show.

"""


@dataclass(frozen=True)
class Standing:
    """What an account has of one currency, by the running totals."""

    account: str
    currency: str
    minor: int


@dataclass(frozen=True)
class Entry:
    """One event of the ledger; each of its postings is an account, minor units and their currency."""

    code: str
    kind: str
    day: date
    #: The code of the event it undoes.
    undoes: str | None
    postings: Sequence[tuple[str, int, str]]


def pieces(session: Session, actor: Actor, form: Format, fund: Fund | None = None) -> Iterator[str]:
    """The file, an entry a piece: of one fund, or of all that the actor may see (the operator: of all).

    Raises: Refused, where anything of it is not the actor's to see whole.
    """
    _refuse_half(actor)
    names = _group_names(session, actor)
    standings = _standings(session, actor, fund, names)
    first, last = _days(session, actor, fund)
    entries = _entries(session, actor, fund, names)
    write = _Beancount() if form is Format.BEANCOUNT else _Hledger()

    def written() -> Iterator[str]:
        yield _HEAD.format(scope=f"fund {fund.code}" if fund else "all funds")
        yield write.opened(standings, first - timedelta(days=1))
        for entry in entries:
            yield write.entry(entry)
        yield write.closed(standings, last + timedelta(days=1))

    return written()


def _refuse_half(actor: Actor) -> None:
    if actor.operator:
        return
    audience = disclosure.audience_of(actor, actor.responder_id)
    if any(disclosure.level_of(entity, name, audience) is not Level.FULL for entity, name in _FIELDS):
        raise Refused


def _select(actor: Actor, fund: Fund | None, *columns: Any) -> sa.Select[Any]:
    """A select of funds' rows. The operator reads by codes what a treasurer reads."""
    if actor.operator:
        statement = unscoped(sa.select(*columns), because="the operator proves the books with other tools")
    else:
        statement = policy.select(actor, {Fund: Permission.LEDGER_READ}, *columns)
    return statement.where(Fund.id == fund.id) if fund else statement


def _group_names(session: Session, actor: Actor) -> dict[int, str]:
    """How groups are called in accounts: by code name, or by code where the name is no part of an account, or another's too."""
    columns = (Partner.id, Partner.code, Partner.code_name)
    if actor.operator:
        statement = unscoped(sa.select(*columns), because="the operator proves the books with other tools")
    else:
        statement = policy.select(actor, {Partner: Permission.RESPONDER_READ}, *columns)
    rows = session.execute(statement.where(Partner.kind == PartnerKind.RESPONDER).order_by(Partner.id)).all()
    names: dict[int, str] = {}
    taken = {_ITSELF, *(code for _id, code, _name in rows)}
    for partner_id, code, code_name in rows:
        name = re.sub(r"\s+", "-", code_name.strip())
        names[partner_id] = name if _PART.fullmatch(name) and name not in taken else code
        taken.add(name)
    return names


def _account(
    names: Mapping[int, str], fund_code: str, kind: AccountKind, responder_id: int | None, line: BudgetLine | None
) -> str:
    parts = [_ROOTS[kind], fund_code]
    if responder_id is not None:
        parts.append(names[responder_id])
    elif kind is AccountKind.FEES:
        parts.append(_ITSELF)
    if line is not None:
        parts.append(line.value.capitalize())
    return ":".join(parts)


def _standings(session: Session, actor: Actor, fund: Fund | None, names: Mapping[int, str]) -> list[Standing]:
    """Every account and currency, by name. What is on its way stands together by group, whichever payouts it is of."""
    by = (Fund.code, Account.kind, Account.responder_id, Account.budget_line, Account.currency)
    left = sa.func.sum(AccountBalance.in_minor - AccountBalance.out_minor)
    statement = (
        _select(actor, fund, *by, left)
        .select_from(Account)
        .join(Fund, Fund.id == Account.fund_id)
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .group_by(*by)
    )
    found = [
        Standing(_account(names, code, kind, responder_id, line), currency, int(minor))
        for code, kind, responder_id, line, currency, minor in session.execute(statement)
    ]
    return sorted(found, key=lambda one: (one.account, one.currency))


def _days(session: Session, actor: Actor, fund: Fund | None) -> tuple[date, date]:
    """The first and the last day on which money moved; today, where none did."""
    statement = _select(actor, fund, sa.func.min(LedgerEvent.happened_on), sa.func.max(LedgerEvent.happened_on))
    first, last = session.execute(statement.join(Fund, Fund.id == LedgerEvent.fund_id)).one()
    return first or clock.today(), last or clock.today()


def _entries(session: Session, actor: Actor, fund: Fund | None, names: Mapping[int, str]) -> Iterator[Entry]:
    """Every event with its transfers, in the order they were recorded."""
    source, target, undone = aliased(Account), aliased(Account), aliased(LedgerEvent)
    statement = (
        _select(
            actor,
            fund,
            *(LedgerEvent.id, LedgerEvent.code, LedgerEvent.kind, LedgerEvent.happened_on, undone.code, Fund.code),
            *(Transfer.amount_minor, Transfer.currency),
            *(source.kind, source.responder_id, source.budget_line),
            *(target.kind, target.responder_id, target.budget_line),
        )
        .select_from(LedgerEvent)
        .join(Fund, Fund.id == LedgerEvent.fund_id)
        .join(Transfer, Transfer.event_id == LedgerEvent.id)
        .join(source, source.id == Transfer.from_id)
        .join(target, target.id == Transfer.to_id)
        .outerjoin(undone, undone.id == LedgerEvent.reverses_id)
        .order_by(LedgerEvent.id, Transfer.id)
        .execution_options(yield_per=_BATCH)
    )
    for (_event_id, code, kind, day, undoes), rows in groupby(session.execute(statement), key=lambda row: row[:5]):
        postings: list[tuple[str, int, str]] = []
        for row in rows:
            fund_code, minor, currency = row[5:8]
            postings.append((_account(names, fund_code, *row[8:11]), -minor, currency))
            postings.append((_account(names, fund_code, *row[11:14]), minor, currency))
        yield Entry(code, kind.value, day, undoes, postings)


def _currencies(standings: Iterable[Standing]) -> list[str]:
    used = {one.currency for one in standings}
    return [currency for currency in EXPONENTS if currency in used]


class _Beancount:
    """The words of Beancount 3."""

    def opened(self, standings: Sequence[Standing], day: date) -> str:
        lines = ['option "title" "aidnet"']
        for currency in _currencies(standings):
            lines += [f"{day} commodity {currency}", f"  precision: {EXPONENTS[currency]}"]
        for account, of in groupby(standings, key=lambda one: one.account):
            lines.append(f"{day} open {account}  {','.join(one.currency for one in of)}")
        return "\n".join(lines) + "\n\n"

    def entry(self, entry: Entry) -> str:
        undoes = f" ^{entry.undoes}" if entry.undoes else ""
        lines = [f'{entry.day} * "{entry.kind}" ^{entry.code}{undoes}']
        lines += [
            f"  {account}  {format_plain(minor, currency)} {currency}" for account, minor, currency in entry.postings
        ]
        return "\n".join(lines) + "\n\n"

    def closed(self, standings: Sequence[Standing], day: date) -> str:
        """Beancount would let the last decimal be off, were it not told that nothing may."""
        return "".join(
            f"{day} balance {one.account}  {format_plain(one.minor, one.currency)} ~ 0 {one.currency}\n"
            for one in standings
        )


class _Hledger:
    """The words of hledger 1.25 and later."""

    def opened(self, standings: Sequence[Standing], day: date) -> str:
        lines = ["decimal-mark ."]
        lines += [f"commodity 1.{'0' * EXPONENTS[currency]} {currency}" for currency in _currencies(standings)]
        lines += [f"account {account}" for account in dict.fromkeys(one.account for one in standings)]
        return "\n".join(lines) + "\n\n"

    def entry(self, entry: Entry) -> str:
        undoes = f"  ; undoes:{entry.undoes}" if entry.undoes else ""
        lines = [f"{entry.day} * ({entry.code}) {entry.kind}{undoes}"]
        lines += [
            f"    {account}  {format_plain(minor, currency)} {currency}" for account, minor, currency in entry.postings
        ]
        return "\n".join(lines) + "\n\n"

    def closed(self, standings: Sequence[Standing], day: date) -> str:
        if not standings:
            return ""
        lines = [f"{day} * the running totals"]
        lines += [
            f"    {one.account}  0 {one.currency} = {format_plain(one.minor, one.currency)} {one.currency}"
            for one in standings
        ]
        return "\n".join(lines) + "\n"
