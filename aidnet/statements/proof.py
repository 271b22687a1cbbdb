"""The proof of statements: each made again from the books, and compared."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet.policy import unscoped
from aidnet.statements import books
from aidnet.statements.books import Line, Month
from aidnet.statements.models import Section, Statement, StatementLine

_PROOF = "the proof re-adds every row, for the machine's operator"


def wrong(session: Session) -> Iterator[tuple[str, str, str]]:
    """Every statement that says something else than the books: table, row, how it is wrong."""
    said: dict[int, list[Line]] = {}
    rows = sa.select(StatementLine).order_by(StatementLine.statement_id, StatementLine.position)
    for row in session.scalars(unscoped(rows, because=_PROOF)):
        line = Line(row.section, row.figure, row.currency, row.amount_minor, row.earlier_minor)
        said.setdefault(row.statement_id, []).append(line)
    closing: dict[tuple[int, int], list[Line]] = {}
    statements = sa.select(Statement).order_by(Statement.fund_id, Statement.donor_id, Statement.number)
    for one in session.scalars(unscoped(statements, because=_PROOF)):
        series, events = (one.fund_id, one.donor_id), (one.first_event_id, one.last_event_id)
        found = said.get(one.id, [])
        true = books.lines(session, *series, Month(one.month), events, closing.get(series, []))
        closing[series] = [line for line in true if line.section is Section.CLOSING]
        if found != true:
            other = next((line for line in [*found, *true] if line not in found or line not in true), None)
            yield "statement", f"{one.id} ({one.code})", f"the books say otherwise of {other}"
        elif one.digest != books.digest(found):
            yield "statement", f"{one.id} ({one.code})", "its digest is not that of its lines"
