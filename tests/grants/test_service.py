"""Grants are kept, changed and closed; figures agree with the trace and with statements; two people send a report."""

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from aidnet.db import bulk, db
from aidnet.errors import Invalid, NotVisible, Refused, Stale
from aidnet.funding.models import Fund
from aidnet.grants import queries, report, service
from aidnet.grants.models import Grant, GrantState, ReportState
from aidnet.grants.queries import Coming
from aidnet.grants.service import GrantClosed, LineDraft, NotWritten, ReportDraft, ReportSent, SamePerson, TrancheDraft
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Role, unscoped
from aidnet.statements import queries as statements
from aidnet.statements import service as closing
from aidnet.statements.models import Section
from aidnet.trace import queries as trace
from aidnet.trace.models import Fate
from tests import factories
from tests.funding.books import act
from tests.grants.granting import AUGUST, SEPTEMBER, Granted, on


@pytest.fixture
def books(app):
    return Granted()


def grants():
    return db().scalars(unscoped(sa.select(Grant), because="a test looks")).all()


def test_a_grant_sent_twice_is_one(books):
    draft = books.draft(title="Another")
    first, second = act(service.add, books.treasurer, draft), act(service.add, books.treasurer, draft)
    assert first.code == second.code
    assert len(grants()) == 2


@pytest.mark.parametrize("role", [Role.DONOR, Role.AUDITOR, Role.ADMIN, Role.COORDINATOR])
def test_only_a_treasurer_writes_a_grant_down(books, role):
    with pytest.raises(NotVisible):
        act(service.add, factories.actor(role), books.draft())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lines": []}, "lines"),
        ({"lines": [LineDraft(BudgetLine.GOODS, 1), LineDraft(BudgetLine.GOODS, 2)]}, "lines"),
        ({"lines": [LineDraft(BudgetLine.TOLLS, 1)]}, "lines"),
        ({"lines": [LineDraft(BudgetLine.GOODS, 0)]}, "lines"),
        ({"last_day": date(2026, 7, 1)}, "last_day"),
        ({"reports": [ReportDraft(date(2026, 10, 1), SEPTEMBER, AUGUST)]}, "reports"),
    ],
)
def test_what_cannot_be_agreed_is_refused_beside_its_field(books, wrong, field):
    with pytest.raises(Invalid) as refused:
        act(service.add, books.treasurer, books.draft(**wrong))
    assert refused.value.field == field


def test_a_grant_is_of_a_donor_to_a_fund_of_the_network(books):
    with pytest.raises(NotVisible):
        act(service.add, books.treasurer, replace(books.draft(), donor=books.group.id))
    books.gift(100)
    own = next(fund for fund in _funds() if fund.responder_id)
    with pytest.raises(NotVisible):
        act(service.add, books.treasurer, replace(books.draft(), fund=own.id))


def _funds():
    return db().scalars(unscoped(sa.select(Fund), because="a test looks")).all()


def test_a_change_keeps_what_came_and_what_was_written(books):
    books.lived()
    books.write()
    grant = queries.one(db(), books.treasurer, books.grant.code)
    terms = books.terms(
        tranches=[TrancheDraft(date(2027, 2, 1), 25_00), TrancheDraft(date(2027, 1, 1), 15_00)], reports=[]
    )
    act(service.change, books.treasurer, books.grant.code, version=grant.version, terms=terms)

    found = queries.tranches(db(), books.treasurer, books.grant.code)
    assert [(one.tranche.due_on, one.tranche.amount_minor, one.state) for one in found] == [
        (date(2026, 8, 5), 60_00, Coming.RECEIVED),
        (date(2027, 1, 1), 15_00, Coming.LATER),
        (date(2027, 2, 1), 25_00, Coming.LATER),
    ]
    assert books.report.state is ReportState.WRITTEN
    with pytest.raises(Stale):
        act(service.change, books.treasurer, books.grant.code, version=grant.version, terms=terms)


def test_a_report_owed_as_before_keeps_its_code(books):
    before = books.report.code
    act(service.change, books.treasurer, books.grant.code, version=1, terms=books.terms(title="Otherwise"))
    assert books.report.code == before


def test_a_tranche_is_a_gift_of_that_donor_fund_and_currency(books):
    other = factories.donor()
    for gift in (
        books.give(60_00),
        books.give(60_00, donor=other.id),
        books.given(60_00, currency="EUR"),
        books.given(60_00, received_on=None, pledged_on=date(2026, 8, 1)),
    ):
        with pytest.raises(Invalid):
            act(service.receive, books.treasurer, books.grant.code, 1, gift.code)
    with pytest.raises(NotVisible):
        act(service.receive, books.treasurer, books.grant.code, 9, "")


def test_a_gift_is_one_tranche_and_can_be_taken_back(books):
    gift = books.came(1, 60_00)
    with pytest.raises(Invalid):
        act(service.receive, books.treasurer, books.grant.code, 2, gift.code)
    act(service.receive, books.treasurer, books.grant.code, 1, "")
    act(service.receive, books.treasurer, books.grant.code, 2, gift.code)
    states = [one.state for one in queries.tranches(db(), books.treasurer, books.grant.code)]
    assert states == [Coming.OVERDUE, Coming.RECEIVED]


def test_a_tranche_whose_gift_is_undone_has_not_come(books):
    gift = books.came(1, 60_00)
    books.undo(gift.code)
    first = queries.tranches(db(), books.treasurer, books.grant.code)[0]
    assert (first.state, first.gift, first.received_minor) == (Coming.OVERDUE, None, 0)
    assert [one.minor for one in queries.due(db(), books.treasurer)] == [60_00]


def test_actual_is_what_the_trace_says_of_the_grants_own_gifts(books):
    books.lived()
    books.given(33_00)  # no tranche: it is none of the grant's
    found = queries.budget(db(), books.treasurer, books.grant.code)
    gift = queries.tranches(db(), books.treasurer, books.grant.code)[0].gift
    became = trace.gift(db(), books.donor, gift)

    assert found.came_minor == became.minor == 60_00
    assert found.spent_minor == became.of(Fate.SPENT) == 28_00
    assert {row.line: row.spent_minor for row in found.lines} == {
        part.line: part.minor for part in became.parts if part.fate is Fate.SPENT
    }
    assert dict(found.rest) == {part.fate: part.minor for part in became.parts if part.line is None}
    assert found.confirmed_minor == became.confirmed_minor > 0
    assert {row.line: (row.planned_minor, row.left_minor) for row in found.lines} == {
        BudgetLine.GOODS: (70_00, 50_00),
        BudgetLine.TRANSPORT: (30_00, 22_00),
    }


def figures(actor, books):
    one = report.head(db(), actor, books.grant.code, books.report.code)
    return {table.key: table for table in report.tell(db(), actor, one).tables}


def test_money_of_the_months_is_the_donors_statements(books):
    books.lived()
    books.write()
    books.send_report()
    wanted = statements.Wanted(of=books.partner.code, month=AUGUST)
    [(_row, lines)] = statements.everything(db(), books.treasurer, wanted)
    money = figures(books.treasurer, books)["money"]

    assert sorted(row.cells[1].value for row in money.rows) == sorted(line.amount_minor / 100 for line in lines)
    left = sum(line.amount_minor for line in lines if line.section is Section.CLOSING)
    assert sum(row.cells[1].value for row in money.rows) == 2 * left / 100
    assert figures(books.donor, books) == figures(books.treasurer, books)


def test_several_months_begin_with_the_first_and_end_with_the_last(books):
    terms = books.terms(reports=[ReportDraft(date(2026, 10, 10), AUGUST, SEPTEMBER)])
    act(service.change, books.treasurer, books.grant.code, version=1, terms=terms)
    with on(date(2026, 8, 5)):
        books.given(10_00)
    with on(date(2026, 9, 5)):
        books.given(5_00)
    with on(date(2026, 10, 5)):
        act(closing.build_fund, books.treasurer, books.fund.id)
    rows = figures(books.treasurer, books)["money"].rows
    assert [(row.label, int(row.cells[1].value)) for row in rows] == [("Received", 15), ("In the fund", 15)]


def test_a_report_waits_for_its_months_to_be_closed(books):
    with pytest.raises(Invalid):
        books.write()
    books.lived()
    assert books.write().state is ReportState.WRITTEN


def test_another_person_reads_a_report_before_it_is_sent(books):
    books.lived()
    with pytest.raises(NotWritten):
        books.send_report()
    books.write()
    with pytest.raises(SamePerson):
        books.send_report(books.treasurer)
    sent = books.send_report()
    assert (sent.state, sent.read_by_id, sent.written_by_id) == (
        ReportState.SENT,
        books.second.user_id,
        books.treasurer.user_id,
    )
    with pytest.raises(ReportSent):
        books.write("Otherwise.")


def test_one_person_in_two_roles_is_one_person(books):
    """Not in another treasurer's role either, and the table says so itself."""
    books.lived()
    books.write()
    with pytest.raises(SamePerson):
        books.send_report(replace(books.treasurer, membership_id=books.second.membership_id))
    with pytest.raises(sa.exc.IntegrityError), bulk() as connection:
        connection.exec_driver_sql("UPDATE grant_report SET read_by_id = written_by_id")


def test_what_was_changed_since_it_was_read_is_not_sent(books):
    books.lived()
    read = books.write().version
    books.write("Other words.")
    with pytest.raises(Stale):
        act(service.send, books.second, books.grant.code, books.report.code, version=read)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_only_a_treasurer_is_the_second_person(books, role):
    books.lived()
    books.write()
    with pytest.raises((NotVisible, Refused)):
        books.send_report(factories.actor(role))


def test_a_closed_grant_waits_for_nothing_and_takes_nothing(books):
    books.lived()
    books.write()
    with on(date(2027, 3, 1)):
        assert len(queries.due(db(), books.treasurer)) == 2
        act(service.close, books.treasurer, books.grant.code)
        assert queries.due(db(), books.treasurer) == []
    assert act(service.close, books.treasurer, books.grant.code).state is GrantState.CLOSED
    with pytest.raises(GrantClosed):
        act(service.receive, books.treasurer, books.grant.code, 2, "")
    with pytest.raises(GrantClosed):
        books.send_report()
    with pytest.raises(GrantClosed):
        books.write("Late.")


def test_reports_are_told_two_weeks_before_and_tranches_once_they_are_late(books):
    with on(date(2026, 8, 5)):
        assert queries.due(db(), books.treasurer) == []
    with on(date(2026, 8, 6)):
        [tranche] = queries.due(db(), books.donor)
        assert (tranche.state, tranche.minor, tranche.overdue) == (None, 60_00, True)
    books.came(1, 60_00)
    with on(date(2026, 9, 26)):
        [owed] = queries.due(db(), books.donor)
        assert (owed.state, owed.overdue) == (ReportState.DUE, False)
