"""What the whole internet reads: turned on by two humans, off by one, and nothing hints at it meanwhile."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.accounts.models import User
from aidnet.approvals import service as approvals
from aidnet.approvals.models import Act, Approval, ApprovalState
from aidnet.approvals.service import AskedAlready, TooEarly
from aidnet.audit.models import AuditEntry
from aidnet.db import db, transaction
from aidnet.errors import NotVisible, Refused, Stale
from aidnet.funding import service as deciding
from aidnet.network import service
from aidnet.network.models import Network
from aidnet.network.service import SettingsDraft
from aidnet.policy import ANONYMOUS, Role, unscoped
from aidnet.updates import queries
from aidnet.updates import service as updates
from aidnet.updates.models import UpdateAudience
from tests import factories
from tests.accounts.people import staff
from tests.approvals.test_two_persons import _leave, actions
from tests.funding.books import act
from tests.funding.test_ledger import at_once
from tests.updates.publishing import published

SAYS = "What this network says in public"
ADDRESSES = ("/updates", "/updates.csv", "/updates/week")


@pytest.fixture
def admin(app):
    return staff(Role.ADMIN)


@pytest.fixture
def treasurer(admin):
    return staff(Role.TREASURER)


@pytest.fixture
def three(app):
    """An update for each audience, by one group."""
    group = factories.actor("coordinator")
    return {one: published(group, audience=one, title_en=f"For {one.value}") for one in UpdateAudience}


def row():
    return db().scalars(sa.select(Network).execution_options(populate_existing=True)).one()


def requests():
    with transaction() as session:
        return list(session.scalars(unscoped(sa.select(Approval).order_by(Approval.id), because="a test")))


def ask(who, **more):
    named = {"version": row().version, "uid": uuid4()} | more
    return act(approvals.open_public_page, who, **named)


def open_by_two(first, second):
    act(deciding.agree, second, ask(first).code)
    assert row().public_page


def in_role(who, role):
    """The same human in another role of the network."""
    with transaction() as session:
        found = sa.select(User).where(User.id == who.user_id)
        person = session.scalars(unscoped(found, because="a test")).one()
    return staff(role, person=person)


def assert_closed(client, three):
    """A stranger is asked to sign in at every address, there is no feed, and no page speaks of either."""
    for address in (*ADDRESSES, *(f"/updates/{one.code}" for one in three.values()), "/updates/U-0000-0000"):
        answer = client.get(address)
        assert (answer.status_code, "/sign-in" in (answer.location or "")) == (303, True), address
    assert "atom" not in client.page("/updates.atom", status=404).text
    start = client.get("/", follow_redirects=True).text
    assert SAYS not in start
    assert "/updates" not in start


def test_it_takes_a_word_of_another_human(sign_in, admin, treasurer, client, three):
    browser = sign_in(admin)
    assert "It is off" in browser.page("/settings").text
    page = browser.page("/settings/public-page")
    assert "anybody on the internet, without an account" in page.text

    waits = browser.sent(page)

    code = requests()[0].code
    assert code in waits.text
    assert not row().public_page
    assert_closed(client, three)
    assert "waits for a second person" in browser.page("/settings").text
    assert not browser.page("/settings/public-page").one("main").all("form")
    browser.page(f"/funding/approvals/{code}/agreement", status=404)
    for role in (Role.TREASURER, Role.AUDITOR):
        other = sign_in(in_role(admin, role))
        other.page(f"/funding/approvals/{code}/agreement", status=404)
        with pytest.raises(NotVisible):
            act(deciding.agree, other.actor, code)
    assert not row().public_page

    second = sign_in(treasurer)
    assert "Turning the public page on waits for a second person." in second.page("/funding").text
    agreement = second.page(f"/funding/approvals/{code}/agreement")
    assert "anybody on the internet, without an account" in agreement.text
    second.sent(agreement)
    assert row().public_page
    assert "For public" in client.page("/updates").text


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.LOGGER, Role.DONOR])
def test_nobody_outside_the_network_is_the_second_person(admin, treasurer, role):
    asked = ask(admin)

    with pytest.raises(NotVisible):
        act(deciding.agree, factories.actor(role), asked.code)
    assert not row().public_page


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_it_is_an_admins_to_ask_for_and_to_end(sign_in, admin, treasurer, role):
    browser = sign_in(role.value)

    browser.page("/settings/public-page", status=404)
    with pytest.raises(Refused):
        ask(browser.actor)
    open_by_two(admin, treasurer)
    with pytest.raises(Refused):
        act(service.close_public_page, browser.actor)
    assert row().public_page


def rename(admin):
    """An unrelated change of the settings."""
    now = row()
    act(service.change_settings, admin, SettingsDraft(now.version, "Newer", now.release_delay_days))


def test_one_admin_ends_it_at_once(sign_in, admin, treasurer, client, three):
    open_by_two(admin, treasurer)
    browser = sign_in(admin)
    assert "It is on" in browser.page("/settings").text

    said = browser.sent("/settings/public-page")

    assert "The public page is off." in said.text
    assert not row().public_page
    assert len(requests()) == 1
    assert actions()[-1] == "network.public-page-closed"
    assert_closed(client, three)
    browser.sent("/settings/public-page")
    assert not row().public_page
    assert [one.state for one in requests()] == [ApprovalState.AGREED, ApprovalState.WAITING]


def test_strangers_read_what_is_for_anybody_while_it_is_on_and_nothing_else(admin, treasurer, client, three):
    assert_closed(client, three)
    open_by_two(admin, treasurer)

    for address in (*ADDRESSES, "/updates.atom"):
        text = client.get(address).text
        assert "For public" in text, address
        for audience in (UpdateAudience.NETWORK, UpdateAudience.RESPONDERS):
            assert f"For {audience.value}" not in text, address
            assert three[audience].code not in text, address
    for audience, one in three.items():
        client.page(f"/updates/{one.code}", status=200 if audience is UpdateAudience.PUBLIC else 404)
    for address in ("/settings", "/settings/public-page", "/partners", "/deliveries", "/funding", "/updates/new"):
        assert client.get(address).status_code in (303, 404), address


def test_what_was_taken_back_is_nowhere(admin, treasurer, client):
    open_by_two(admin, treasurer)
    group = factories.actor("coordinator")
    made = published(group, audience=UpdateAudience.PUBLIC, title_en="By the old bridge", body="at the old bridge")
    assert "old bridge" in client.get("/updates.atom").text
    act(updates.withdraw, group, made.code)

    for address in (*ADDRESSES, "/updates.atom", f"/updates/{made.code}"):
        assert "old bridge" not in client.get(address).text, address
    for address in (*ADDRESSES, "/updates.atom"):
        assert made.code not in client.get(address).text, address


def test_the_rule_itself_gives_strangers_nothing_while_it_is_off(admin, treasurer, three):
    assert queries.feed(db()) == []
    assert queries.publishers(db(), ANONYMOUS) == []
    open_by_two(admin, treasurer)
    assert [one.update.code for one in queries.feed(db())] == [three[UpdateAudience.PUBLIC].code]
    act(service.close_public_page, admin)
    assert queries.feed(db()) == []


def test_the_way_there_is_shown_while_it_is_on(admin, treasurer, client, three, sign_in):
    feed = {"rel": "alternate", "type": "application/atom+xml"}
    assert not sign_in(admin).page("/updates").all("link", **feed)
    open_by_two(admin, treasurer)

    start = client.get("/", follow_redirects=True)
    assert SAYS in start.text
    assert "/updates" in client.page("/sign-in").links()
    listed = client.page("/updates")
    assert listed.one("link", **feed).attrs["href"] == "/updates.atom"
    assert client.get("/updates.atom").mimetype == "application/atom+xml"
    assert "/updates/week" in listed.links()


@pytest.mark.parametrize("word", ["refuse", "take_back"])
def test_what_is_refused_or_taken_back_changes_nothing(admin, treasurer, client, three, word):
    asked, version = ask(admin), row().version

    act(getattr(deciding, word), treasurer if word == "refuse" else admin, asked.code)

    assert (row().public_page, row().version) == (False, version)
    assert_closed(client, three)
    assert ask(admin).code != asked.code


def test_the_chain_has_each_word(admin, treasurer, command):
    open_by_two(admin, treasurer)
    act(service.close_public_page, admin)

    told = ["approval.asked", "network.public-page-opened", "approval.agreed", "network.public-page-closed"]
    assert actions()[-4:] == told
    with transaction() as session:
        entries = unscoped(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(4), because="a test")
        closed, agreed, opened, asked = session.scalars(entries)
    assert (asked.user_id, opened.user_id) == (admin.user_id, treasurer.user_id)
    assert (agreed.user_id, closed.user_id) == (treasurer.user_id, admin.user_id)
    assert '"act":"public-page"' in asked.detail
    command("audit", "verify")


def test_an_older_form_does_not_turn_it_on_and_is_told_so(sign_in, admin, treasurer):
    browser = sign_in(admin)
    older = browser.page("/settings/public-page")
    rename(admin)

    page = browser.refused(older, status=409)

    assert "Somebody changed this since you opened it." in page.text
    assert (row().public_page, requests()) == (False, [])
    browser.sent(page)
    assert (row().public_page, len(requests())) == (False, 1)


def test_an_older_form_turns_it_off(sign_in, admin, treasurer, client, three):
    open_by_two(admin, treasurer)
    browser = sign_in(admin)
    older = browser.page("/settings/public-page")
    rename(admin)

    assert "The public page is off." in browser.sent(older).text

    assert not row().public_page
    assert actions()[-1] == "network.public-page-closed"
    assert_closed(client, three)


def test_a_form_drawn_to_end_it_never_asks_for_it(sign_in, admin, treasurer):
    open_by_two(admin, treasurer)
    browser = sign_in(admin)
    older = browser.page("/settings/public-page")
    act(service.close_public_page, admin)
    said = actions()

    assert "The public page is off." in browser.sent(older).text

    assert (row().public_page, len(requests()), actions()) == (False, 1, said)
    with pytest.raises(Stale):
        ask(admin, version=row().version - 1)


def test_a_form_drawn_to_ask_for_it_never_ends_it(sign_in, admin, treasurer):
    browser = sign_in(admin)
    older = browser.page("/settings/public-page")
    open_by_two(admin, treasurer)

    page = browser.refused(older, status=409)
    assert row().public_page
    for turn in ("", "x", None):
        browser.refused(page, turn=turn)
        assert row().public_page
    browser.sent(page)
    assert not row().public_page


def test_it_is_asked_for_once(app, sign_in, admin, treasurer):
    browser = sign_in(admin)
    first, second = browser.page("/settings/public-page"), browser.page("/settings/public-page")
    browser.sent(first)
    browser.sent(first)
    assert "asked for already" in browser.refused(second, status=409).text
    assert len(requests()) == 1

    act(deciding.take_back, admin, requests()[0].code)
    version = row().version
    done = at_once(app, [lambda who=who: ask(who, version=version) for who in (admin, staff(Role.ADMIN)) * 2])
    assert sum(isinstance(one, Approval) for one in done) == 1
    assert sum(isinstance(one, AskedAlready) for one in done) == 3


def test_while_one_person_sets_the_network_up_it_is_on_at_once(sign_in, admin, client):
    said = sign_in(admin).sent("/settings/public-page")

    assert "The public page is on." in said.text
    assert row().public_page
    assert not requests()


def test_where_nobody_else_is_left_it_opens_after_a_day_and_is_marked(sign_in, admin, treasurer):
    _leave(treasurer.membership_id)
    asked = ask(admin)
    assert asked.opens_at == clock.now() + timedelta(hours=24)
    coordinator = sign_in("coordinator")
    assert "Turning the public page on waits for a second person." in coordinator.page("/board").text
    with pytest.raises(TooEarly):
        act(deciding.do_alone, admin, asked.code)
    assert not row().public_page

    with clock.at(clock.now() + timedelta(hours=24)):
        act(deciding.do_alone, admin, asked.code)
        assert actions()[-1] == "approval.done-alone"
        assert "One person alone turned the public page on" in sign_in("coordinator").page("/board").text

    assert row().public_page
    [marked] = requests()
    assert (marked.act, marked.alone) == (Act.PUBLIC_PAGE, True)


def test_where_a_second_person_was_there_no_wait_is_enough(admin, treasurer):
    asked = ask(admin)

    with clock.at(clock.now() + timedelta(days=30)), pytest.raises(TooEarly):
        act(deciding.do_alone, admin, asked.code)
    assert not row().public_page
