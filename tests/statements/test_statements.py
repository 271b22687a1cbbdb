"""Months are closed once, and say for ever what the books say."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from aidnet import clock
from aidnet.db import bulk, db, transaction
from aidnet.funding import queries as figures
from aidnet.funding.models import Rest
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Actor, Role, unscoped
from aidnet.statements import proof, queries, service
from aidnet.statements.models import Section, Statement
from tests import factories
from tests.funding.books import Books

#: The books' acts are written down in August 2026.
JULY, AUGUST, SEPTEMBER = date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)


@contextmanager
def on(day: date) -> Iterator[None]:
    with clock.at(datetime(day.year, day.month, day.day, 12, tzinfo=clock.YANGON)):
        yield


def close(actor: Actor, fund_id: int) -> list[Statement]:
    with transaction() as session:
        return service.build_fund(session, actor, fund_id)


def lines(actor: Actor, month: date, of: str = "fund") -> dict[tuple[Section, str, str], int]:
    """A statement's lines, as the actor sees them: section, figure and currency to minor units."""
    found = queries.everything(db(), actor, queries.Wanted(of=of, month=month))
    assert len(found) == 1
    return {(line.section, line.figure, line.currency): line.amount_minor for line in found[0][1]}


def told(found: dict[tuple[Section, str, str], int], section: Section, currency: str = "USD") -> dict[str, int]:
    return {figure: minor for (of, figure, code), minor in found.items() if (of, code) == (section, currency)}


@pytest.fixture
def books(app: Flask) -> Books:
    return Books()


def test_a_month_is_closed_once_it_is_over_and_only_once(books: Books) -> None:
    with on(date(2026, 8, 5)):
        books.give(100_00)
        assert close(books.treasurer, books.fund.id) == []
    with on(date(2026, 10, 1)):
        built = close(books.treasurer, books.fund.id)
        assert [(one.month, one.number) for one in built] == [(AUGUST, 1), (SEPTEMBER, 2)]
        assert close(books.treasurer, books.fund.id) == []


def test_opening_and_all_that_happened_is_closing(books: Books) -> None:
    with on(date(2026, 8, 5)):
        gift = books.give(100_00)
        payout = books.send(50_00, fee_minor=1_00, into="MMK", rate=Decimal(2000))
        books.confirm(payout, 60_000)
        books.spend(44_000, "MMK")
        books.spend(4_000, "MMK", line=BudgetLine.TOLLS)
        books.lose(books.send(5_00))
        books.refund(gift, 10_00)
    with on(date(2026, 9, 7)):
        books.confirm(payout, 30_000, rest=Rest.COST)
        books.lose_held(1_000, "MMK")
        books.give(7_00)
    with on(date(2026, 10, 2)):
        close(books.treasurer, books.fund.id)
    august, september = lines(books.treasurer, AUGUST), lines(books.treasurer, SEPTEMBER)

    assert told(august, Section.IN) == {"received": 100_00}
    assert told(august, Section.OUT) == {"returned": -10_00, "cost": -1_00}
    assert told(august, Section.OUT, "MMK") == {"spent:goods": -44_000, "spent:tolls": -4_000}
    assert told(august, Section.LOSSES) == {"lost": -5_00}
    assert told(august, Section.CLOSING) == {"in-fund": 34_00, "on-the-way": 20_00}
    assert told(september, Section.OPENING) == told(august, Section.CLOSING)
    assert told(september, Section.LOSSES, "MMK") == {"lost": -1_000}
    for month in (august, september):
        for currency in ("USD", "MMK"):
            parts = [sum(told(month, section, currency).values()) for section in Section]
            assert sum(parts[:-1]) == parts[-1]
    now = {one.currency: one for one in figures.fund_figures(db(), books.treasurer, [books.fund.id])}
    assert sum(told(september, Section.CLOSING).values()) == now["USD"].left
    assert sum(told(september, Section.CLOSING, "MMK").values()) == now["MMK"].left


def test_what_is_written_down_late_changes_no_closed_month(books: Books) -> None:
    with on(date(2026, 8, 5)):
        books.give(100_00)
    with on(date(2026, 9, 3)):
        close(books.treasurer, books.fund.id)
        before = lines(books.treasurer, AUGUST)
        books.give(30_00, received_on=date(2026, 8, 20))
    with on(date(2026, 10, 3)):
        close(books.treasurer, books.fund.id)
    found = queries.everything(db(), books.treasurer, queries.Wanted(of="fund", month=SEPTEMBER))

    assert lines(books.treasurer, AUGUST) == before
    received = next(line for line in found[0][1] if line.section is Section.IN)
    assert (received.amount_minor, received.earlier_minor) == (30_00, 30_00)


def test_an_undone_act_goes_back_in_the_month_it_was_undone(books: Books) -> None:
    with on(date(2026, 8, 5)):
        gift = books.give(100_00)
    with on(date(2026, 9, 3)):
        books.undo(gift.code)
    with on(date(2026, 10, 3)):
        close(books.treasurer, books.fund.id)

    assert told(lines(books.treasurer, SEPTEMBER), Section.IN) == {"received": -100_00}
    assert told(lines(books.treasurer, SEPTEMBER), Section.CLOSING) == {}


def test_a_donor_has_a_statement_of_the_own_gifts_alone(books: Books) -> None:
    donor, other = factories.donor(), factories.donor()
    mine, theirs = factories.actor(Role.DONOR, at=donor), factories.actor(Role.DONOR, at=other)
    with on(date(2026, 8, 5)):
        books.give(30_00, donor=donor.id)
        books.give(10_00, donor=other.id)
        books.confirm(books.send(40_00), 40_00)
        books.spend(20_00)
        books.spend(4_00, line=BudgetLine.TOLLS)
    with on(date(2026, 9, 3)):
        close(books.treasurer, books.fund.id)
    found = lines(mine, AUGUST, of="")

    assert told(found, Section.IN) == {"received": 30_00}
    assert told(found, Section.OUT) == {"spent:goods": -15_00, "spent:transport": -3_00}
    assert told(found, Section.CLOSING) == {"held": 12_00}
    assert told(lines(theirs, AUGUST, of=""), Section.CLOSING) == {"held": 4_00}


def test_a_donor_finds_no_statement_of_a_fund_or_of_another_donor(books: Books, sign_in) -> None:
    donor, other = factories.donor(), factories.donor()
    with on(date(2026, 8, 5)):
        books.give(30_00, donor=donor.id)
        books.give(10_00, donor=other.id)
    with on(date(2026, 9, 3)):
        close(books.treasurer, books.fund.id)
        everything = db().scalars(unscoped(sa.select(Statement), because="a test")).all()
        browser = sign_in("donor", at=donor)
        for one in everything:
            browser.page(f"/funding/statements/{one.code}", status=200 if one.donor_id == donor.id else 404)
        assert len(browser.page("/funding/statements").table) == 2  # its head, and its own


def test_statements_are_neither_changed_nor_removed_and_are_made_again_the_same(books: Books) -> None:
    with on(date(2026, 8, 5)):
        books.give(100_00)
        books.confirm(books.send(40_00), 40_00)
    with on(date(2026, 9, 3)):
        close(books.treasurer, books.fund.id)
    with transaction() as session:
        assert list(proof.wrong(session)) == []
    for act in ("UPDATE statement_line SET amount_minor = 1", "DELETE FROM statement"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), bulk() as connection:
            connection.exec_driver_sql(act)
    with bulk() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER statement_line_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE statement_line DISABLE TRIGGER USER")
        connection.exec_driver_sql("UPDATE statement_line SET amount_minor = amount_minor + 1 WHERE section = 'in'")
    with transaction() as session:
        assert [table for table, _row, _how in proof.wrong(session)] == ["statement"]


def test_the_treasurer_closes_months_by_a_button_and_the_machine_by_a_command(books: Books, sign_in, command) -> None:
    with on(date(2026, 8, 5)):
        books.give(100_00)
    with on(date(2026, 9, 3)):
        browser = sign_in(books.treasurer)
        page = browser.sent(browser.page("/funding/statements").form("/funding/statements/closings"))
        assert "1 statement is built." in page.text
        assert "0 statements built" in command("statements", "build").output


def test_an_auditor_reads_every_statement_and_no_donors_name(books: Books, sign_in) -> None:
    donor = factories.donor("Far Friends")
    with on(date(2026, 8, 5)):
        books.give(30_00, donor=donor.id)
    with on(date(2026, 9, 3)):
        close(books.treasurer, books.fund.id)
        page = sign_in("auditor").page("/funding/statements")
        assert len(page.table) == 3
        assert "Far Friends" not in page.text


def test_a_coordinator_finds_no_statements(books: Books, sign_in) -> None:
    sign_in(books.coordinator).page("/funding/statements", status=404)

