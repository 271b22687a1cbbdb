"""A report that was sent never changes, whatever moves later; a release that is withdrawn leaves it, and it says so."""

from collections import Counter
from datetime import date

import pytest
import sqlalchemy as sa

from aidnet.db import bulk, db, transaction
from aidnet.grants import figures, queries, report, service
from aidnet.grants.models import GrantReportFigure
from aidnet.grants.service import LineDraft
from aidnet.ledger.models import BudgetLine, LedgerEvent
from aidnet.policy import OPERATOR, unscoped
from aidnet.releases import service as releases
from aidnet.trace.models import Fate, TraceMove
from tests.funding.books import act
from tests.grants.granting import Granted, on
from tests.releases.history import SHWEBO, deliverer, villages
from tests.workbooks import told


@pytest.fixture
def books(app):
    made = Granted()
    made.lived()
    return made


def report_at(books, *more):
    return "/".join((f"/funding/grants/{books.grant.code}/reports/{books.report.code}", *more))


def said(actor, books):
    one = report.head(db(), actor, books.grant.code, books.report.code)
    found = report.tell(db(), actor, one)
    return [*found.tables, *found.results]


def released(books):
    """A results report over August: 8,880 people."""
    deliverer(books.fund).hand_out(villages(SHWEBO)[:6], day=date(2026, 8, 10), people=1480)
    with on(date(2026, 10, 2)), transaction() as session:
        return releases.build(session, OPERATOR, date(2026, 9, 15))[-1].code


def sent(books):
    books.write()
    books.send_report()


def moves(books):
    """Much that changes every figure of the grant's money."""
    books.spend(4_00)
    books.came(2, 40_00)
    books.confirm(books.send(30_00), 30_00)
    grant = queries.one(db(), books.treasurer, books.grant.code)
    terms = books.terms(lines=[LineDraft(BudgetLine.MEDICINE, 99_00)], tranches=[], reports=[])
    act(service.change, books.treasurer, books.grant.code, version=grant.version, terms=terms)


def test_nothing_that_moves_later_changes_it(books, sign_in):
    sent(books)
    before = {actor: said(actor, books) for actor in (books.donor, books.treasurer)}
    files = [sign_in(books.donor).get(report_at(books) + ".csv").text]
    with on(date(2026, 12, 20)):
        moves(books)
        assert queries.budget(db(), books.treasurer, books.grant.code).spent_minor == 32_00
        assert {actor: said(actor, books) for actor in before} == before
        browser = sign_in(books.donor)
        files.append(browser.get(report_at(books) + ".csv").text)
        assert "99.00" in browser.page(f"/funding/grants/{books.grant.code}").text
        assert "99.00" not in browser.page(report_at(books)).text
    assert files[0] == files[1]
    assert before[books.donor] == before[books.treasurer]


def test_until_it_is_sent_it_is_of_today(books):
    books.write()
    before = said(books.treasurer, books)
    books.spend(4_00)
    assert said(books.treasurer, books) != before


def test_sending_changes_no_figure(books):
    """What is kept is what was read: only the words that say as of when differ."""
    books.write()
    now = figures.now(db(), books.treasurer, of(books))
    books.send_report()
    assert figures.sent(db(), books.donor, of(books)) == now
    assert now.money
    assert now.budget.spent_minor == 28_00
    assert now.budget.confirmed_minor == 45_00


def of(books):
    return report.head(db(), books.treasurer, books.grant.code, books.report.code).about


def test_what_was_kept_is_made_again_from_the_moves_before_it_was_sent(books):
    sent(books)
    with on(date(2026, 12, 20)):
        moves(books)
    became = Counter[tuple[Fate, str]]()
    for move, _event in moves_before(books.report.sent_at):
        if move.to_fate is not None:
            became[move.to_fate, move.budget_line] += move.source_minor
        if move.from_fate is not None:
            became[move.from_fate, ""] -= move.source_minor
    budget = figures.sent(db(), books.treasurer, of(books)).budget
    spent = Counter[BudgetLine]()
    for (fate, line), minor in became.items():
        if fate is Fate.SPENT and minor:
            spent[queries.told(BudgetLine(line))] += minor
    assert {row.line: row.spent_minor for row in budget.lines} == spent
    rest = {fate: minor for (fate, _line), minor in became.items() if fate is not Fate.SPENT and minor}
    assert dict(budget.rest) == rest


def moves_before(when):
    """Every move of the books' gifts, which are the grant's alone, that was written down until then."""
    statement = sa.select(TraceMove, LedgerEvent).join(LedgerEvent, LedgerEvent.id == TraceMove.event_id)
    rows = db().execute(unscoped(statement.where(LedgerEvent.recorded_at <= when), because="a test adds up"))
    return rows.all()


@pytest.mark.parametrize(
    "change", ["UPDATE grant_report_figure SET amount_minor = 1", "DELETE FROM grant_report_figure"]
)
def test_the_database_refuses_to_change_it(books, change):
    sent(books)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), bulk() as connection:
        connection.exec_driver_sql(change)


def test_a_report_that_is_not_sent_keeps_nothing(books):
    books.write()
    kept = sa.select(sa.func.count()).select_from(GrantReportFigure)
    assert db().scalar(unscoped(kept, because="a test counts")) == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_withdrawn_release_is_told_in_words_without_a_figure(books, sign_in, when):
    release = released(books)
    books.write()
    shown = sign_in(books.treasurer).page(report_at(books)).text
    assert "8,880" in shown
    if when == "after":
        books.send_report()
    act(releases.withdraw, OPERATOR, release)
    if when == "before":
        books.send_report()
    browser = sign_in(books.donor)
    page = browser.page(report_at(books)).text
    assert "8,880" not in page
    assert "Results reports that were withdrawn" in page
    assert "All of it: nothing of it is shown" in page
    for file in (browser.get(report_at(books) + ".csv").text, told(browser.get(report_at(books) + ".xlsx"))):
        assert "All of it: nothing of it is shown" in file
        assert "8880" not in file


def test_a_release_that_comes_later_is_not_in_what_was_sent(books, sign_in):
    sent(books)
    released(books)
    page = sign_in(books.donor).page(report_at(books)).text
    assert "8,880" not in page
    assert "was there to show when this was sent" in page


def test_it_takes_few_statements_before_and_after_it_is_sent(books, sign_in, count_queries):
    released(books)
    books.write()
    browsers = [sign_in(books.treasurer), sign_in(books.second)]
    for step in (None, books.send_report):
        if step:
            step()
            browsers.append(sign_in(books.donor))
        for browser in browsers:
            with count_queries() as asked:
                browser.page(report_at(books))
            assert len(asked) <= 10, asked
