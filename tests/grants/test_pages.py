"""Grants in pages: written down without scripts, followed, reported on paper and as files."""

from datetime import date

import pytest

from aidnet.db import db
from aidnet.grants import queries
from aidnet.policy import Role
from tests import factories
from tests.grants.granting import Granted, on
from tests.workbooks import told


@pytest.fixture
def books(app):
    return Granted()


@pytest.fixture
def treasurer(books, sign_in):
    return sign_in(books.treasurer)


def at(books, *more):
    return "/".join((f"/funding/grants/{books.grant.code}", *more))


def report_at(books, *more):
    return at(books, "reports", books.report.code, *more)


def filled(books):
    return {
        "donor": books.partner.code,
        "fund": books.fund.code,
        "currency": "EUR",
        "title": "Lamps",
        "first_day": "2026-08-01",
        "last_day": "31/7/2027",
        "lines-0-budget_line": "goods",
        "lines-0-amount": "၅,၀၀၀",
        "tranches-0-due_on": "2026-09-01",
        "tranches-0-amount": "2500",
        "reports-0-due_on": "2027-02-01",
        "reports-0-first_month": "၂၀၂၆-၀၈",
        "reports-0-last_month": "2026-12",
    }


def test_a_grant_is_written_down_in_one_page(books, treasurer):
    page = treasurer.sent(treasurer.page("/funding/grants/new"), filled(books))
    assert page.title == "Lamps"
    assert "5,000.00" in page.text
    assert "Aug 2026 – Dec 2026" in page.text


def test_rows_are_added_without_scripts(books, treasurer):
    page = treasurer.page("/funding/grants/new")
    for name in ("lines", "tranches", "reports"):
        page = treasurer.refused(page, {"add": name, "title": "Kept"}, status=200)
    values = page.form().values
    assert values["title"] == ["Kept"]
    assert {"lines-1-amount", "tranches-1-due_on", "reports-1-last_month"} <= set(values)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"donor": ""}, "Please fill this in."),
        ({"fund": "F-0000-0000"}, "Choose one of the list."),
        ({"title": " "}, "Please fill this in."),
        ({"last_day": "2026-07-01"}, "The last day lies before the first."),
        ({"lines-0-amount": "much"}, "Type an amount in numbers"),
        ({"lines-0-amount": ""}, "Please fill this in."),
        ({"lines-0-amount": "", "lines-0-budget_line": ""}, "Type at least one line of the budget."),
        ({"tranches-0-due_on": ""}, "Please fill this in."),
        ({"reports-0-first_month": "August"}, "This is no month."),
        ({"reports-0-last_month": "2026-07"}, "The last month lies before the first."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(books, treasurer, wrong, said):
    page = treasurer.refused("/funding/grants/new", filled(books) | wrong)
    assert any(said in each.text for each in page.all(class_="error")), page.text
    assert len(list(queries.everything(db(), books.treasurer, None))) == 1


def test_a_grant_is_changed_by_the_form_it_was_made_with(books, treasurer):
    page = treasurer.page(at(books, "edit"))
    values = page.form().values
    assert values["lines-1-budget_line"] == ["transport"]
    assert values["tranches-1-amount"] == ["40.00"]
    assert values["reports-0-first_month"] == ["2026-08"]
    page = treasurer.sent(page, {"title": "Rice and oil", "tranches-1-due_on": "", "tranches-1-amount": ""})
    assert page.title == "Rice and oil"
    assert len(queries.tranches(db(), books.treasurer, books.grant.code)) == 1


def test_a_tranche_is_received_as_a_gift_of_the_list(books, treasurer):
    gift = books.given(60_00)
    page = treasurer.sent(treasurer.page(at(books, "tranches", "1")), gift=gift.code)
    assert gift.code in page.text
    assert f"/funding/contributions/{gift.code}" in page.links()
    treasurer.refused(at(books, "tranches", "2"), gift=gift.code)
    treasurer.page(at(books, "tranches", "9"), status=404)


def test_budget_and_actual_are_the_same_on_the_page_and_in_the_file(books, treasurer):
    books.lived()
    page = treasurer.page(at(books)).text
    for figure in ("70.00", "20.00", "50.00", "8.00", "22.00", "60.00"):
        assert figure in page
    file = treasurer.get(at(books) + ".csv").text
    assert "Transport and tolls,Spent,8.00,USD" in file
    assert "Transport and tolls" in told(treasurer.get(at(books) + ".xlsx"))


def test_a_report_goes_out_by_two_people(books, treasurer, sign_in):
    books.lived()
    page = treasurer.sent(treasurer.page(report_at(books, "words")), words="Rivers rose.\n\nRice came.")
    assert "another treasurer must read it" in page.text
    assert not page.all("form", action=report_at(books, "reading"))
    second = sign_in(books.second)
    page = second.page(report_at(books))
    page = second.sent(page.form(report_at(books, "reading")))
    assert "The report is sent." in page.text
    assert "words" not in " ".join(page.links())
    treasurer.page(report_at(books, "words"), status=409)


def test_whoever_wrote_it_cannot_send_it(books, treasurer):
    books.lived()
    report = books.write()
    page = treasurer.page(report_at(books))
    token = treasurer.page("/account").all("input", name="csrf_token")[0].attrs["value"]
    sent = {"csrf_token": token, "version": str(report.version)}
    assert treasurer.post(report_at(books, "reading"), data=sent).status_code == 422
    assert "another treasurer must read it" in page.text
    assert books.report.sent_at is None


def test_the_report_tells_money_budget_and_how_sure_it_is(books, treasurer):
    books.lived()
    books.write("Rivers rose.")
    page = treasurer.page(report_at(books))
    assert "Rivers rose." in page.text
    titles = [each.text for each in page.all("h2")]
    assert titles[:5] == [
        "In the network's own words",
        "Money in these months",
        "Budget and what was spent",
        "Where the grant's money is",
        "How sure this is",
    ]
    assert "No USD of the fund became another currency in these months." in page.text
    assert "75 %" in page.text  # 45 of 60 were confirmed by those who received it
    file = treasurer.get(report_at(books) + ".csv").text
    assert "Received,Amount,60.00,USD" in file
    assert "Received" in told(treasurer.get(report_at(books) + ".xlsx"))


def test_due_reports_and_overdue_tranches_are_on_the_first_pages(books, sign_in):
    with on(date(2026, 10, 5)):
        page = sign_in(books.treasurer).page("/funding")
        assert page.text.count("Rice for the rains") == 2
        assert at(books) in page.links()
        books.given(1_00)
        page = sign_in(books.donor).page("/giving")
        assert "2 reports and tranches of your grants are due." in page.text
        assert "/funding/grants" in page.links()


def test_a_grant_is_closed_after_a_question(books, treasurer):
    page = treasurer.page(at(books, "closure"))
    assert "2 tranches have not come" in page.text
    assert "1 report was not sent" in page.text
    page = treasurer.sent(page)
    assert "Closed" in page.text
    treasurer.page(at(books, "edit"), status=409)
    assert "Rice for the rains" not in treasurer.page("/funding/grants?state=open").text
    assert "Rice for the rains" in treasurer.page("/funding/grants?state=closed").text
    assert "Rice for the rains" in treasurer.get("/funding/grants.csv?state=closed").text


@pytest.mark.parametrize("role", [Role.ADMIN, Role.COORDINATOR, Role.LOGGER])
def test_others_find_no_grants(books, sign_in, role):
    browser = sign_in(factories.actor(role))
    browser.page("/funding/grants", status=404)
    browser.page(at(books), status=404)
