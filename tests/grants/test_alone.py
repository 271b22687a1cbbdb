"""A network with one treasurer: nobody else reads a report, so it waits, told on every board, and stands marked."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.accounts.models import Presence
from aidnet.approvals import queries as approvals
from aidnet.approvals.models import Act, ApprovalState
from aidnet.approvals.service import TooEarly
from aidnet.db import bulk, db
from aidnet.errors import NotVisible
from aidnet.funding import service as funding
from aidnet.grants import service
from aidnet.grants.models import ReportState
from aidnet.grants.service import SamePerson
from aidnet.policy import Role
from tests import factories
from tests.approvals.people import present
from tests.funding.books import act
from tests.grants.granting import Granted

WAIT = timedelta(hours=24)


@pytest.fixture
def books(app):
    """An admin and an auditor are there: neither may read a report's words."""
    made = Granted()
    made.admin, made.auditor = factories.actor(Role.ADMIN), factories.actor(Role.AUDITOR)
    present(made.admin, made.auditor)
    made.lived()
    return made


def report_at(books, *more):
    return "/".join((f"/funding/grants/{books.grant.code}/reports/{books.report.code}", *more))


def asked(books):
    return approvals.of_report(db(), books.treasurer, books.report.code)


def after_the_wait():
    return clock.at(clock.now() + WAIT)


def test_where_another_treasurer_is_there_no_wait_opens_it(books):
    books.write()
    assert (asked(books).state, asked(books).opens_at) == (ApprovalState.WAITING, None)
    with after_the_wait(), pytest.raises(SamePerson):
        books.send_report(books.treasurer)
    books.send_report()
    assert (asked(books).state, asked(books).alone, books.report.alone) == (ApprovalState.AGREED, False, False)


def test_alone_it_goes_out_after_a_day_and_stands_marked(books):
    books.leaves()
    books.write()
    with pytest.raises(TooEarly):
        books.send_report(books.treasurer)
    with clock.at(clock.now() + WAIT - timedelta(seconds=1)), pytest.raises(TooEarly):
        books.send_report(books.treasurer)
    with after_the_wait():
        sent = books.send_report(books.treasurer)
    assert (sent.state, sent.alone, sent.read_by_id) == (ReportState.SENT, True, books.treasurer.user_id)
    assert (asked(books).state, asked(books).alone) == (ApprovalState.AGREED, True)


def test_words_that_are_changed_wait_anew(books):
    books.leaves()
    books.write()
    first = asked(books).opens_at
    with clock.at(clock.now() + timedelta(hours=20)):
        books.write("Quite other words.")
    assert asked(books).opens_at == first + timedelta(hours=20)
    with after_the_wait(), pytest.raises(TooEarly):
        books.send_report(books.treasurer)
    states = [line.approval.state for line in approvals.decided(db(), books.treasurer, None).rows]
    assert states == [ApprovalState.WITHDRAWN]


def test_a_treasurer_who_comes_meanwhile_reads_it(books):
    books.leaves()
    books.write()
    third = factories.actor(Role.TREASURER)
    sent = books.send_report(third)
    assert (sent.alone, sent.read_by_id) == (False, third.user_id)
    assert (asked(books).state, asked(books).alone) == (ApprovalState.AGREED, False)


def test_it_is_told_on_every_board_but_no_donors(books, sign_in):
    books.leaves()
    books.write()
    for role, where in ((Role.COORDINATOR, "/board"), (Role.LOGGER, "/board"), (Role.ADMIN, "/partners")):
        page = sign_in(factories.actor(role)).page(where)
        assert "A report to a donor waits to be read." in page.text, role
        assert "one person may do it from" in page.text, role
    assert "A report to a donor" not in sign_in(books.donor).page("/giving").text
    with after_the_wait():
        books.send_report(books.treasurer)
        page = sign_in(factories.actor(Role.COORDINATOR)).page("/board")
    assert "One person alone sent a report to a donor, after the wait." in page.text


def test_the_word_on_it_is_given_where_it_is_read_and_nowhere_else(books, sign_in):
    books.leaves()
    books.write()
    code = asked(books).code
    for write in (funding.agree, funding.refuse):
        for other in (books.admin, books.auditor, factories.actor(Role.TREASURER)):
            with pytest.raises(NotVisible):
                act(write, other, code)
    with after_the_wait():
        for write in (funding.take_back, funding.do_alone):
            with pytest.raises(NotVisible):
                act(write, books.treasurer, code)
        browser = sign_in(books.treasurer)
        page = browser.page(f"/funding/approvals/{code}")
        assert report_at(books) in page.links()
        assert not [link for link in page.links() if link.startswith(f"/funding/approvals/{code}/")]
    page = sign_in(books.admin).page(f"/funding/approvals/{code}")
    assert report_at(books) not in page.links()
    assert "The rains were hard." not in page.text


def test_its_page_says_from_when_and_then_sends_it(books, sign_in):
    books.leaves()
    books.write()
    page = sign_in(books.treasurer).page(report_at(books))
    assert "No other treasurer is there" in page.text
    assert not page.all("form", action=report_at(books, "reading"))
    with after_the_wait():
        browser = sign_in(books.treasurer)
        page = browser.page(report_at(books))
        page = browser.sent(page.form(report_at(books, "reading")))
        assert "sent it alone" in page.text
        assert "sent it alone" in sign_in(books.donor).page(report_at(books)).text


def test_a_closed_grant_waits_for_nobodys_word(books):
    books.leaves()
    books.write()
    act(service.close, books.treasurer, books.grant.code)
    assert asked(books).state is ApprovalState.WITHDRAWN
    assert approvals.waiting(db(), books.admin) == []


def test_while_one_person_sets_the_network_up_it_waits_for_nobody(books, sign_in):
    with bulk() as connection:
        connection.execute(sa.delete(Presence).where(Presence.user_id != books.treasurer.user_id))
    books.write()
    assert asked(books) is None
    browser = sign_in(books.treasurer)
    page = browser.page(report_at(books))
    browser.sent(page.form(report_at(books, "reading")))
    assert books.report.alone is True


def test_what_waits_names_no_donor(books):
    books.write()
    [line] = approvals.waiting(db(), books.auditor)
    assert (line.approval.act, line.approval.subject_code) == (Act.REPORT, books.report.code)
    assert books.partner.code_name not in (line.fund, line.responder)
