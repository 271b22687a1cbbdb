"""Sessions: how long they last, who ends them, and in which role one works."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.accounts import service
from aidnet.accounts.models import Presence, WebSession
from aidnet.db import db, transaction
from aidnet.errors import NotVisible
from aidnet.policy import Role, unscoped
from tests import factories
from tests.accounts.people import membership_of
from tests.factories import NOW
from tests.world import token_for


def does(act, *given, **more):
    with transaction() as session:
        return act(session, *given, **more)


def status_of(browser, url="/account"):
    return browser.get(url).status_code


@pytest.mark.parametrize("role", [Role.ADMIN, Role.LOGGER])
def test_a_session_ends_twelve_hours_after_it_began_however_busy(sign_in, role):
    browser = sign_in(role.value)
    for minutes in range(0, 12 * 60, 25):
        with clock.at(NOW + timedelta(minutes=minutes)):
            assert status_of(browser) == 200
    with clock.at(NOW + timedelta(hours=12)):
        assert status_of(browser) == 303


@pytest.mark.parametrize(
    ("role", "ends"),
    [("admin", True), ("treasurer", True), ("auditor", True), ("coordinator", False), ("logger", False), ("donor", False)],
)
def test_staff_of_the_network_left_alone_for_half_an_hour_sign_in_again(sign_in, role, ends):
    browser = sign_in(role)

    with clock.at(NOW + timedelta(minutes=29)):
        assert status_of(browser) == 200
    with clock.at(NOW + timedelta(minutes=29 + 31)):
        assert status_of(browser) == (303 if ends else 200)


def test_only_the_day_somebody_was_here_is_kept(sign_in):
    browser = sign_in("donor")
    with clock.at(NOW + timedelta(hours=11)):
        browser.page("/account")

    days = unscoped(sa.select(Presence.last_seen_on), because="a test looks")
    with clock.at(NOW + timedelta(hours=11)):
        assert db().scalars(days).all() == [clock.today()]


@pytest.mark.parametrize("what", ["session", "membership", "account", "partner", "signed out"])
def test_an_end_counts_from_the_next_request(sign_in, what):
    group = factories.responder("S-07")
    browser = sign_in("logger", at=group)
    admin = factories.actor("admin")
    row = membership_of(browser.actor)
    assert status_of(browser) == 200

    if what == "session":
        does(service.end_sessions, admin, row.uid)
    elif what == "membership":
        does(service.suspend, admin, row.uid)
    elif what == "account":
        does(service.suspend_user, admin, row.user_id)
    elif what == "partner":
        from aidnet.partners.models import PartnerStatus
        from aidnet.partners.service import change_status

        does(change_status, admin, group.code, PartnerStatus.SUSPENDED, version=group.version)
    else:
        browser.post("/sign-out", data=browser.page("/account").form("/leave").values)

    assert status_of(browser) == 303


def test_a_lifted_suspension_does_not_bring_old_sessions_back(sign_in):
    browser = sign_in("logger")
    admin, row = factories.actor("admin"), membership_of(browser.actor)

    does(service.suspend, admin, row.uid)
    does(service.reinstate, admin, row.uid)

    assert status_of(browser) == 303


def test_a_coordinator_ends_only_the_sessions_of_the_role_it_looks_after(sign_in, app):
    group, person = factories.responder(), factories.user("Two roles")
    logger, giver = factories.actor("logger", group, person), factories.actor("donor", person=person)
    in_logger, in_donor = sign_in(logger), sign_in(giver)

    does(service.end_sessions, factories.actor("coordinator", group), membership_of(logger).uid)

    assert (status_of(in_logger), status_of(in_donor)) == (303, 200)


def test_an_invented_token_is_nobody(app, client):
    with client.session_transaction() as kept:
        kept["_user_id"] = "invented"

    assert status_of(client) == 303


def test_sessions_of_last_week_are_forgotten_at_the_next_sign_in(app):
    giver = factories.actor("donor")
    token_for(giver)
    with clock.at(NOW + timedelta(days=8)):
        token_for(giver)

    assert len(db().scalars(unscoped(sa.select(WebSession.id), because="a test counts")).all()) == 1


# One's own


def test_own_sessions_are_listed_and_ended_one_by_one(sign_in, app):
    browser = sign_in("donor")
    other = app.test_client()
    with other.session_transaction() as kept:
        kept["_user_id"] = token_for(browser.actor)
    assert status_of(other) == 200

    page = browser.page("/account")
    assert "this browser, now" in page.text
    endings = [form for form in page.all("form") if form.attrs["action"].endswith("/ending")]
    assert len(endings) == 2
    browser.post(endings[1].attrs["action"], data=page.form(endings[1].attrs["action"]).values)

    assert (status_of(browser), status_of(other)) == (200, 303)


def test_ones_own_sessions_of_other_roles_are_listed_too(sign_in):
    browser = sign_in("donor")
    person = db().scalars(
        unscoped(sa.select(service.User).where(service.User.id == browser.actor.user_id), because="a test looks")
    ).one()
    token_for(factories.actor("logger", person=person))

    page = browser.page("/account")

    assert len([form for form in page.all("form") if form.attrs["action"].endswith("/ending")]) == 2


def test_ending_this_session_leads_to_the_sign_in_page(sign_in):
    browser = sign_in("donor")
    page = browser.page("/account")
    here = next(form.attrs["action"] for form in page.all("form") if form.attrs["action"].endswith("/ending"))

    response = browser.post(here, data=page.form(here).values)

    assert response.location == "/sign-in"
    assert status_of(browser) == 303


def test_a_session_of_somebody_else_is_not_there(sign_in, app):
    token_for(factories.actor("donor"))
    theirs = db().scalars(unscoped(sa.select(WebSession.uid), because="a test looks")).one()

    with pytest.raises(NotVisible):
        does(service.end_own_session, factories.actor("donor"), theirs)


# One role at a time


@pytest.fixture
def two_roles(app):
    person = factories.user("Two roles")
    return factories.actor("admin", person=person), factories.actor("coordinator", factories.responder("S-07"), person)


def test_a_role_is_chosen_and_rights_never_add_up(sign_in, two_roles):
    browser = sign_in(two_roles[0])
    assert status_of(browser, "/partners") == 200
    page = browser.page("/account")

    browser.sent(page.form("/account/role"))

    assert status_of(browser, "/partners") == 404
    assert "Coordinator, S-07" in browser.page("/account").text
    assert browser.get("/team").status_code == 200


def test_the_role_worked_in_last_is_the_one_to_begin_in(client, sign_in, two_roles):
    browser = sign_in(two_roles[0])
    browser.sent(browser.page("/account").form("/account/role"))

    client.sent("/sign-in", name="Two roles", password=factories.PASSWORD)

    assert "Coordinator, S-07" in client.page("/account").text


@pytest.mark.parametrize("whose", ["somebody else's", "suspended", "no"])
def test_a_role_that_is_not_ones_own_or_not_usable_is_not_there(sign_in, two_roles, whose):
    browser = sign_in(two_roles[1])
    if whose == "suspended":
        does(service.suspend, factories.actor("admin"), membership_of(two_roles[0]).uid)
        uid = str(membership_of(two_roles[0]).uid)
    else:
        uid = str(membership_of(factories.actor("admin")).uid) if whose != "no" else "nonsense"
    token = browser.page("/account").form("/leave").values

    response = browser.post("/account/role", data={**token, "membership": uid})

    assert response.status_code == 404
    assert "Coordinator" in browser.page("/account").text


def test_a_suspended_role_leaves_the_other(client, two_roles):
    does(service.suspend, factories.actor("admin"), membership_of(two_roles[0]).uid)

    client.sent("/sign-in", name="Two roles", password=factories.PASSWORD)

    assert "Coordinator, S-07" in client.page("/account").text

