"""Reads: statements and their lines, as the actor may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.disclosure import Shown
from aidnet.errors import NotVisible
from aidnet.funding.models import Fund
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission
from aidnet.statements.models import Section, Statement, StatementLine
from aidnet.statements.service import WHOLE_FUND
from aidnet.web import keyset
from aidnet.web.keyset import Page

_READ = Permission.STATEMENT_READ


@dataclass(frozen=True)
class Wanted:
    """What a list of statements is narrowed to; None and "" narrow nothing."""

    fund: str = ""
    #: A donor's code, or "fund" for those of whole funds.
    of: str = ""
    month: date | None = None


@dataclass(frozen=True)
class StatementRow:
    """A statement in a list."""

    statement: Shown
    fund: object
    fund_code: object
    #: The donor's code name; None: of the whole fund.
    donor: object | None


@dataclass(frozen=True)
class Told:
    """The lines of a statement in one currency, by section."""

    currency: str
    sections: Mapping[Section, Sequence[Shown]]

    def total(self, section: Section) -> int:
        """The sum of a section, in minor units."""
        return sum(line.amount_minor for line in self.sections.get(section, ()))


def _statement(actor: Actor, wanted: Wanted) -> sa.Select[Any]:
    reads = {Statement: _READ, Fund: _READ, Partner: _READ}
    statement = (
        policy.select(actor, reads, Statement, Fund.name, Fund.code, Partner.code_name)
        .join(Fund, Fund.id == Statement.fund_id)
        .outerjoin(Partner, Partner.id == Statement.donor_id)
    )
    if wanted.fund:
        statement = statement.where(Fund.code == wanted.fund)
    if wanted.of == "fund":
        statement = statement.where(Statement.donor_id == WHOLE_FUND)
    elif wanted.of:
        statement = statement.where(Partner.code == wanted.of)
    if wanted.month:
        statement = statement.where(Statement.month == wanted.month)
    return statement


def _row(actor: Actor, statement: Statement, fund: str, fund_code: str, donor: str | None) -> StatementRow:
    return StatementRow(
        disclosure.show(actor, statement),
        disclosure.field(actor, "statement", "fund", fund),
        disclosure.field(actor, "statement", "fund", fund_code),
        disclosure.field(actor, "statement", "donor", donor) if donor else None,
    )


def page(session: Session, actor: Actor, wanted: Wanted, after: str | None) -> Page[StatementRow]:
    """A page of statements, the newest month first. One statement."""
    found = keyset.page(session, _statement(actor, wanted), Statement.month, Statement.id, after=after)
    return Page([_row(actor, *row) for row in found.rows], found.after)


def everything(session: Session, actor: Actor, wanted: Wanted) -> list[tuple[StatementRow, list[Shown]]]:
    """Every statement of a list with its lines. Two statements."""
    rows = session.execute(_statement(actor, wanted).order_by(Statement.month.desc(), Statement.id.desc())).all()
    of_each = _lines(session, actor, [row[0].id for row in rows])
    return [(_row(actor, *row), of_each.get(row[0].id, [])) for row in rows]


def one(session: Session, actor: Actor, code: str) -> tuple[StatementRow, list[Told]]:
    """A statement with its lines. Two statements. Raises: NotVisible."""
    found = session.execute(_statement(actor, Wanted()).where(Statement.code == code).order_by(Statement.id)).first()
    if found is None:
        raise NotVisible
    by_currency: dict[str, dict[Section, list[Shown]]] = {}
    for line in _lines(session, actor, [found[0].id]).get(found[0].id, []):
        by_currency.setdefault(line.currency, {}).setdefault(line.section, []).append(line)
    return _row(actor, *found), [Told(currency, sections) for currency, sections in by_currency.items()]


def _lines(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, list[Shown]]:
    statement = (
        policy.select(actor, {Statement: _READ}, StatementLine)
        .join(Statement, Statement.id == StatementLine.statement_id)
        .where(StatementLine.statement_id.in_(ids))
        .order_by(StatementLine.statement_id, StatementLine.position)
    )
    found: dict[int, list[Shown]] = {}
    for line in session.scalars(statement):
        found.setdefault(line.statement_id, []).append(disclosure.show(actor, line))
    return found


def choices(session: Session, actor: Actor) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What the list can be narrowed to: funds and donors that have statements, code and name. One statement."""
    reads = {Statement: _READ, Fund: _READ, Partner: _READ}
    statement = (
        policy.select(actor, reads, Fund.code, Fund.name, Partner.code, Partner.code_name)
        .select_from(Statement)
        .join(Fund, Fund.id == Statement.fund_id)
        .outerjoin(Partner, Partner.id == Statement.donor_id)
        .distinct()
    )
    funds, donors = {}, {}
    for fund, name, donor, donor_name in session.execute(statement):
        funds[fund] = name
        if donor and disclosure.field(actor, "statement", "donor", donor_name) is not disclosure.WITHHELD:
            donors[donor] = donor_name
    return sorted(funds.items(), key=lambda each: each[1]), sorted(donors.items(), key=lambda each: each[1])
