"""Writes: closing months with a statement. A month that is closed stays as it is."""

from collections.abc import Iterator, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes
from aidnet.errors import Refused
from aidnet.funding.models import Contribution, Fund
from aidnet.ledger.models import LedgerEvent
from aidnet.policy import Actor, Permission, unscoped
from aidnet.statements import books
from aidnet.statements.books import Line, Month
from aidnet.statements.models import Section, Statement, StatementLine

_BECAUSE = "statements are built over every fund"
#: In the place of a donor: the whole fund.
WHOLE_FUND = 0


def fund_ids(session: Session) -> Sequence[int]:
    """Every fund in which money ever moved, for whoever builds them one by one."""
    moved = sa.select(LedgerEvent.id).where(LedgerEvent.fund_id == Fund.id).exists()
    return session.scalars(unscoped(sa.select(Fund.id).where(moved).order_by(Fund.id), because=_BECAUSE)).all()


def build_fund(session: Session, actor: Actor, fund_id: int) -> list[Statement]:
    """Close every month of a fund that is over: of the whole fund, and of each donor's gifts to it. A second run adds nothing.

    Raises: Refused, where the actor is neither a treasurer nor the operator of the machine.
    """
    if not actor.operator and not actor.may(Permission.STATEMENT_BUILD):
        raise Refused
    fund = session.scalars(
        unscoped(sa.select(Fund).where(Fund.id == fund_id).with_for_update(), because=_BECAUSE)
    ).one()
    begun = sa.select(LedgerEvent.recorded_at).where(LedgerEvent.fund_id == fund_id).order_by(LedgerEvent.id).limit(1)
    first = session.scalars(unscoped(begun, because=_BECAUSE)).one_or_none()
    if first is None:
        return []
    donors = (
        sa.select(sa.func.coalesce(Contribution.donor_id, WHOLE_FUND))
        .where(Contribution.fund_id == fund_id, Contribution.donor_id.is_not(None), Contribution.amount_minor.is_not(None))
        .where(Contribution.received_on.is_not(None))
        .distinct()
    )
    built = []
    for donor_id in (WHOLE_FUND, *sorted(session.scalars(unscoped(donors, because=_BECAUSE)))):
        built += list(_build(session, fund, donor_id, books.month_of(first)))
    if built:
        audit.record(
            session,
            actor,
            "statements.built",
            fund,
            code=fund.code,
            statements=len(built),
            last_month=f"{max(one.month for one in built):%Y-%m}",
        )
    return built


def _build(session: Session, fund: Fund, donor_id: int, begun: Month) -> Iterator[Statement]:
    """The missing statements of one series, the oldest first; a donor's begins with the month of its first gift."""
    newest = (
        sa.select(Statement)
        .where(Statement.fund_id == fund.id, Statement.donor_id == donor_id)
        .order_by(Statement.number.desc())
        .limit(1)
    )
    last = session.scalars(unscoped(newest, because=_BECAUSE)).one_or_none()
    month = Month(Month(last.month).after) if last else begun
    number, upto = (last.number, last.last_event_id) if last else (0, 0)
    closing = _closing(session, last) if last else []
    while month.until <= clock.now():
        event_id = max(books.last_event(session, fund.id, month), upto)
        made = books.lines(session, fund.id, donor_id, month, (upto + 1, event_id), closing)
        if made or number:
            number += 1
            yield _write(session, fund, donor_id, month, number, (upto + 1, event_id), made)
        closing = [line for line in made if line.section is Section.CLOSING]
        month, upto = Month(month.after), event_id


def _closing(session: Session, statement: Statement) -> list[Line]:
    rows = sa.select(StatementLine).where(
        StatementLine.statement_id == statement.id, StatementLine.section == Section.CLOSING
    )
    return [
        Line(row.section, row.figure, row.currency, row.amount_minor)
        for row in session.scalars(unscoped(rows, because=_BECAUSE))
    ]


def _write(
    session: Session,
    fund: Fund,
    donor_id: int,
    month: Month,
    number: int,
    events: tuple[int, int],
    made: Sequence[Line],
) -> Statement:
    statement = Statement(
        code="",
        fund_id=fund.id,
        donor_id=donor_id,
        month=month.first,
        number=number,
        first_event_id=events[0],
        last_event_id=events[1],
        built_at=clock.now(),
        built_on=clock.today(),
        digest=books.digest(made),
    )
    statement.code = codes.code_of("S", statement.uid)
    session.add(statement)
    session.flush()
    if made:
        session.execute(
            sa.insert(StatementLine),
            [
                {
                    "statement_id": statement.id,
                    "position": position,
                    "section": line.section,
                    "figure": line.figure,
                    "currency": line.currency,
                    "amount_minor": line.amount_minor,
                    "earlier_minor": line.earlier_minor,
                }
                for position, line in enumerate(made, 1)
            ],
        )
    return statement


def closed_until(session: Session, fund_id: int) -> date | None:
    """The last month that is closed for a fund; None where none is."""
    last = sa.select(sa.func.max(Statement.month)).where(
        Statement.fund_id == fund_id, Statement.donor_id == WHOLE_FUND
    )
    return session.scalars(unscoped(last, because=_BECAUSE)).one()
