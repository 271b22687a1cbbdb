"""Helping somebody who is stuck: who may make the link, whose word it takes, and what it does."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.accounts import passwords, queries, service
from aidnet.accounts.joining import find_user
from aidnet.accounts.models import ApprovalNeed, Device, WebSession
from aidnet.db import db, transaction
from aidnet.errors import Invalid, NotVisible
from aidnet.policy import Role, unscoped
from tests import factories
from tests.accounts.people import GOOD, here, membership_of, staff, with_records
from tests.factories import NOW

NEW = "five slow river boats"
LATER = NOW + timedelta(hours=24)


@pytest.fixture
def group(app):
    return factories.responder("S-07")


@pytest.fixture
def admin(app):
    return staff(Role.ADMIN)


@pytest.fixture
def coordinator(group):
    return factories.actor("coordinator", group, factories.user("Daw Mya"))


def does(act, *given, **more):
    with transaction() as session:
        return act(session, *given, **more)


def helped(maker, actor):
    return does(service.help_out, maker, membership_of(actor).uid)


def test_the_person_sets_a_new_password_and_everything_else_ends(admin, coordinator):
    here(coordinator)
    invited = helped(admin, coordinator)

    joined = does(service.recover, invited.token, NEW)

    assert joined.user.id == coordinator.user_id
    assert passwords.verify(find_user(db(), "daw mya").password_hash, NEW)
    ended = unscoped(sa.select(WebSession.ended_at).where(WebSession.user_id == joined.user.id), because="a test looks")
    assert all(db().scalars(ended))
    assert db().scalars(unscoped(sa.select(Device), because="a test looks")).all() == []


def test_the_link_works_once_and_does_not_let_anybody_join(admin, coordinator):
    invited = helped(admin, coordinator)

    with pytest.raises(service.LinkGone):
        does(service.accept, invited.token, "Somebody else", GOOD)
    does(service.recover, invited.token, NEW)
    with pytest.raises(service.LinkGone):
        does(service.recover, invited.token, NEW)


def test_a_new_link_takes_the_place_of_the_older(admin, coordinator):
    first, second = helped(admin, coordinator), helped(admin, coordinator)

    with pytest.raises(service.LinkGone):
        does(service.recover, first.token, NEW)
    does(service.recover, second.token, NEW)


def test_an_easily_guessed_password_does_not_spend_the_link(admin, coordinator):
    invited = helped(admin, coordinator)

    with pytest.raises(Invalid):
        does(service.recover, invited.token, "Daw Mya 2026")
    does(service.recover, invited.token, NEW)


def test_a_coordinator_helps_its_own_logger_at_once(coordinator, group):
    logger = factories.actor("logger", with_records(group))

    invited = helped(coordinator, logger)

    assert invited.invitation.approval is ApprovalNeed.NONE
    assert does(service.recover, invited.token, NEW).membership


@pytest.mark.parametrize("who", ["another coordinator", "logger elsewhere"])
def test_a_coordinator_helps_nobody_else(coordinator, group, who):
    other = factories.actor("coordinator", group) if who == "another coordinator" else factories.actor("logger")

    with pytest.raises(NotVisible):
        helped(coordinator, other)


@pytest.mark.parametrize("role", ["coordinator", "donor", "treasurer"])
def test_a_coordinator_does_not_walk_into_its_loggers_other_roles(coordinator, group, role):
    person = factories.user("Several roles")
    logger = factories.actor("logger", group, person)
    factories.actor(role, person=person)

    with pytest.raises(Invalid):
        helped(coordinator, logger)


def test_an_admin_helps_a_coordinator_of_a_group_without_records_at_once(admin, coordinator):
    assert helped(admin, coordinator).invitation.approval is ApprovalNeed.NONE


def test_records_written_since_end_such_a_link(admin, coordinator, group):
    invited = helped(admin, coordinator)
    with_records(group)

    with pytest.raises(service.LinkGone):
        does(service.recover, invited.token, NEW)


def test_for_a_group_with_records_another_of_its_coordinators_agrees(admin, coordinator, group):
    other = factories.actor("coordinator", with_records(group))
    invited = helped(admin, coordinator)

    with pytest.raises(service.LinkWaits):
        does(service.recover, invited.token, NEW)
    does(service.approve, other, invited.invitation.uid)

    assert does(service.recover, invited.token, NEW)


def test_or_a_day_passes_and_the_groups_board_is_told(admin, coordinator, group):
    logger = factories.actor("logger", with_records(group))
    other = factories.actor("coordinator", group)
    invited = helped(admin, coordinator)

    told = queries.announcements(db(), other)
    assert [(one.opens_at, one.may_decide, one.name) for one in told] == [(LATER, True, "Daw Mya")]
    assert [(one.may_decide, one.name) for one in queries.announcements(db(), logger)] == [(False, None)]
    assert queries.announcements(db(), factories.actor("coordinator")) == []
    with clock.at(LATER - timedelta(seconds=1)), pytest.raises(service.LinkWaits):
        does(service.recover, invited.token, NEW)
    with clock.at(LATER):
        assert does(service.recover, invited.token, NEW)
        assert [one.done for one in queries.announcements(db(), logger)] == [True]


def test_the_group_may_refuse(admin, coordinator, group):
    other = factories.actor("coordinator", with_records(group))
    invited = helped(admin, coordinator)

    does(service.decline, other, invited.invitation.uid)

    with clock.at(LATER), pytest.raises(service.LinkGone):
        does(service.recover, invited.token, NEW)


@pytest.mark.parametrize("who", ["the admin as coordinator", "the helped", "a logger", "an auditor", "another admin"])
def test_nobody_else_agrees(admin, coordinator, group, who):
    with_records(group)
    invited = helped(admin, coordinator)
    if who == "the admin as coordinator":
        from aidnet.accounts.models import User

        person = db().scalars(unscoped(sa.select(User).where(User.id == admin.user_id), because="a test looks")).one()
        other = factories.actor("coordinator", group, person)
    elif who == "the helped":
        other = coordinator
    else:
        other = {
            "a logger": lambda: factories.actor("logger", group),
            "an auditor": lambda: staff(Role.AUDITOR),
            "another admin": lambda: staff(Role.ADMIN),
        }[who]()

    with pytest.raises(NotVisible):
        does(service.approve, other, invited.invitation.uid)


def test_who_logs_for_one_group_and_coordinates_another_is_guarded_by_the_other(admin, group):
    person = factories.user("Two groups")
    logger = factories.actor("logger", group, person)
    other_group = with_records(factories.responder("S-08"))
    factories.actor("coordinator", other_group, person)
    colleague = factories.actor("coordinator", other_group)

    invited = helped(admin, logger)

    with pytest.raises(service.LinkWaits):
        does(service.recover, invited.token, NEW)
    assert len(queries.announcements(db(), colleague)) == 1
    does(service.approve, colleague, invited.invitation.uid)
    assert does(service.recover, invited.token, NEW)


def test_who_coordinates_two_groups_waits_the_day(admin, group):
    person = factories.user("Two groups")
    first = factories.actor("coordinator", with_records(group), person)
    other_group = with_records(factories.responder("S-08"))
    factories.actor("coordinator", other_group, person)
    colleagues = factories.actor("coordinator", group), factories.actor("coordinator", other_group)

    invited = helped(admin, first)

    assert [len(queries.announcements(db(), one)) for one in colleagues] == [1, 1]
    with pytest.raises(Invalid):
        does(service.approve, colleagues[0], invited.invitation.uid)
    with clock.at(LATER):
        assert does(service.recover, invited.token, NEW)


def test_for_a_role_in_the_network_a_second_person_agrees(admin):
    treasurer, auditor = staff(Role.TREASURER), staff(Role.AUDITOR)
    invited = helped(admin, treasurer)

    with pytest.raises(NotVisible):
        does(service.approve, treasurer, invited.invitation.uid)
    with clock.at(LATER), pytest.raises(service.LinkWaits):
        does(service.recover, invited.token, NEW)
    does(service.approve, auditor, invited.invitation.uid)

    assert does(service.recover, invited.token, NEW)


def test_where_only_the_two_are_left_it_waits_a_day(admin):
    treasurer = staff(Role.TREASURER)
    invited = helped(admin, treasurer)

    assert invited.invitation.opens_at == LATER
    with clock.at(LATER):
        assert does(service.recover, invited.token, NEW)


def test_an_auditor_who_coordinates_a_group_needs_both_the_word_and_the_day(admin, group):
    person = factories.user("Auditor and coordinator")
    as_auditor = staff(Role.AUDITOR, person)
    factories.actor("coordinator", with_records(group), person)
    colleague, treasurer = factories.actor("coordinator", group), staff(Role.TREASURER)
    invited = helped(admin, as_auditor)

    assert len(queries.announcements(db(), colleague)) == 1
    does(service.approve, treasurer, invited.invitation.uid)
    with pytest.raises(service.LinkWaits):
        does(service.recover, invited.token, NEW)
    with clock.at(LATER):
        assert does(service.recover, invited.token, NEW)


@pytest.mark.parametrize("what", ["role", "account"])
def test_the_suspended_are_not_helped_past_their_suspension(admin, coordinator, what):
    invited = helped(admin, coordinator)
    row = membership_of(coordinator)
    if what == "role":
        does(service.suspend, admin, row.uid)
        assert does(service.recover, invited.token, NEW).membership is None
    else:
        does(service.suspend_user, admin, row.user_id)
        with pytest.raises(service.LinkGone):
            does(service.recover, invited.token, NEW)
    with pytest.raises(Invalid):
        helped(admin, coordinator)


# On the machine itself


def test_the_only_admin_is_let_back_in_by_the_operator(app, client, command):
    person = factories.user("First admin")
    staff(Role.ADMIN, person)

    link = command("accounts", "invite").output.split()[0]

    page = client.page(link.removeprefix("http://127.0.0.1:8000"))
    assert "First admin" in page.text
    assert client.sent(page, password=NEW, again=NEW).title == "Partners"


def test_the_operator_makes_a_link_for_a_new_admin(admin, client, command):
    link = command("accounts", "invite", "--admin").output.split()[0]

    page = client.page(link.removeprefix("http://127.0.0.1:8000"))
    assert client.sent(page, name="New admin", password=NEW, again=NEW).title == "Partners"


def test_where_there_is_a_second_person_the_operators_link_waits_for_it(admin, command):
    treasurer = staff(Role.TREASURER)

    command("accounts", "invite", "--admin")

    assert [one.may_decide for one in queries.announcements(db(), treasurer)] == [True]


@pytest.mark.parametrize("words", [("--name", "Nobody"), ("--name", "x", "--admin")])
def test_the_operator_is_told_what_is_wrong(admin, command, words):
    assert command("accounts", "invite", *words, status=2 if "--admin" in words else 1).output


def test_of_several_admins_the_operator_must_say_which(admin, command):
    staff(Role.ADMIN)

    assert "--name" in command("accounts", "invite", status=1).output
