"""Whose a grant is, what a donor reads of it and when, and what nobody learns from it."""

import pytest

from aidnet.db import db
from aidnet.errors import NotVisible
from aidnet.grants import queries, report
from aidnet.grants.models import ReportState
from aidnet.grants.queries import told
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Role
from tests import factories
from tests.grants.granting import Granted


@pytest.fixture
def books(app):
    return Granted()


@pytest.fixture
def donor(books, sign_in):
    return sign_in(books.donor)


def at(books, *more):
    return "/".join((f"/funding/grants/{books.grant.code}", *more))


def report_at(books):
    return at(books, "reports", books.report.code)


def test_a_donor_reads_a_report_only_once_it_is_sent(books, donor):
    books.lived()
    for step in (None, books.write, books.send_report):
        if step:
            step()
        is_sent = books.report.state is ReportState.SENT
        for where in (report_at(books), report_at(books) + ".csv", report_at(books) + ".xlsx"):
            assert donor.get(where).status_code == (200 if is_sent else 404), where
        for where in ("/giving", "/funding/grants", at(books)):
            page = donor.page(where)
            assert ("The rains were hard." in page.text) is False
            assert (books.report.code in page.html) is (is_sent and where == at(books))
    assert "The rains were hard." in donor.page(report_at(books)).text


def test_a_donor_does_not_learn_that_a_report_is_written(books):
    books.lived()
    books.write()
    [row] = queries.reports(db(), books.donor, books.grant.code)
    assert (row.code, row.state) == (None, ReportState.DUE)
    [row] = queries.reports(db(), books.treasurer, books.grant.code)
    assert (row.code, row.state) == (books.report.code, ReportState.WRITTEN)


def test_a_donor_finds_no_grant_of_another(books, sign_in):
    books.lived()
    books.write()
    books.send_report()
    other = factories.actor(Role.DONOR)
    books.give(5_00, donor=other.partner_id)
    browser = sign_in(other)
    for where in (at(books), at(books) + ".csv", report_at(books), report_at(books) + ".csv"):
        assert browser.get(where).status_code == 404, where
    assert books.grant.title not in browser.page("/funding/grants").text
    assert queries.due(db(), other) == []


def test_a_donor_writes_nothing(books, donor):
    for more in (("edit",), ("closure",), ("tranches", "1"), ("reports", books.report.code, "words")):
        donor.page(at(books, *more), status=404)
    donor.page("/funding/grants/new", status=404)


def test_no_donor_meets_a_group_or_a_toll(books, donor):
    books.lived()
    books.write()
    books.send_report()
    for where in (at(books), report_at(books), at(books) + ".csv", report_at(books) + ".csv"):
        text = donor.get(where).text
        assert books.group.code_name not in text
        assert "informal" not in text.replace("Transport holds tolls and informal payments", "")
        assert "8.00" in text  # 5 for transport and 3 of tolls


def test_tolls_are_transport_for_everybody(books):
    books.lived()
    assert told(BudgetLine.TOLLS) is BudgetLine.TRANSPORT
    for actor in (books.donor, books.treasurer, factories.actor(Role.AUDITOR)):
        spent = {row.line: row.spent_minor for row in queries.budget(db(), actor, books.grant.code).lines}
        assert spent == {BudgetLine.GOODS: 20_00, BudgetLine.TRANSPORT: 8_00}


def test_an_auditor_learns_neither_who_gives_nor_what_is_told(books, sign_in):
    books.lived()
    books.write()
    browser = sign_in(factories.actor(Role.AUDITOR))
    for where in ("/funding/grants", "/funding/grants.csv", at(books), report_at(books)):
        text = browser.get(where).text
        assert books.partner.code_name not in text
        assert "The rains were hard." not in text
    assert "withheld" in browser.page(report_at(books)).text


def test_a_report_is_of_its_own_grant(books):
    other = Granted()
    with pytest.raises(NotVisible):
        report.head(db(), books.treasurer, books.grant.code, other.report.code)
