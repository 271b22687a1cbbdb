"""Who may let whom in, and whose word it takes (design.md, Roles)."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.accounts import agreement, queries, service
from aidnet.accounts.models import ApprovalNeed, Invitation, Membership
from aidnet.audit.models import AuditEntry
from aidnet.db import db, transaction
from aidnet.errors import Invalid, NotVisible, Refused
from aidnet.policy import Role, unscoped
from tests import factories
from tests.accounts.people import GOOD, accept, here, invite, membership_of, staff, with_records
from tests.factories import NOW

LATER = NOW + timedelta(hours=24)


@pytest.fixture
def group(app):
    return factories.responder("S-07")


@pytest.fixture
def admin(app):
    return staff(Role.ADMIN)


def does(act, *given, **more):
    with transaction() as session:
        return act(session, *given, **more)


def entries(action):
    found = unscoped(sa.select(AuditEntry).where(AuditEntry.action == action), because="a test reads the chain")
    return db().scalars(found).all()


# One person, no wait


@pytest.mark.parametrize("role", [Role.LOGGER, Role.COORDINATOR])
def test_one_person_invites_a_groups_first_coordinator_and_its_loggers(admin, group, role):
    invited = invite(admin, group, role)

    assert invited.invitation.approval is ApprovalNeed.NONE
    assert accept(invited.token, "Ko Thu").role is role


def test_one_person_invites_a_donor(admin):
    giver = factories.donor()

    assert accept(invite(admin, giver, Role.DONOR).token, "Anna").role is Role.DONOR


def test_a_logger_of_a_group_with_records_takes_one_person(admin, group):
    with_records(group)

    assert invite(admin, group, Role.LOGGER).invitation.approval is ApprovalNeed.NONE


@pytest.mark.parametrize(("role", "allowed"), [(Role.LOGGER, True), (Role.COORDINATOR, False)])
def test_a_coordinator_invites_its_own_loggers_only(group, role, allowed):
    coordinator = factories.actor("coordinator", group)

    with nullcontext() if allowed else pytest.raises(Refused):
        invite(coordinator, group, role)


def test_a_coordinator_invites_to_no_other_group(group):
    with pytest.raises(NotVisible):
        invite(factories.actor("coordinator"), group, Role.LOGGER)


@pytest.mark.parametrize("role", ["logger", "donor", "treasurer", "auditor"])
def test_nobody_else_invites(group, role):
    with pytest.raises(NotVisible):
        invite(factories.actor(role), group, Role.LOGGER)


@pytest.mark.parametrize(("kind", "role"), [("responder", Role.ADMIN), ("donor", Role.COORDINATOR), ("network", Role.LOGGER)])
def test_a_partner_gives_only_roles_of_its_kind(admin, kind, role):
    partner = factories.network_partner() if kind == "network" else getattr(factories, kind)()

    with pytest.raises(Invalid):
        invite(admin, partner, role)


# A further coordinator of a group with records


def test_a_further_coordinator_of_a_group_without_records_takes_one_person(admin, group):
    accept(invite(admin, group, Role.COORDINATOR).token, "Ko Thu")

    assert accept(invite(admin, group, Role.COORDINATOR).token, "Ma Hla").role is Role.COORDINATOR


def test_a_further_coordinator_of_a_group_with_records_needs_one_of_the_group(admin, group):
    coordinator = factories.actor("coordinator", with_records(group))
    invited = invite(admin, group, Role.COORDINATOR)

    with clock.at(NOW + timedelta(days=6)), pytest.raises(service.LinkWaits):
        accept(invited.token, "Ma Hla")
    does(service.approve, coordinator, invited.invitation.uid)

    assert accept(invited.token, "Ma Hla").role is Role.COORDINATOR


def test_a_link_made_before_there_were_records_does_not_let_a_further_coordinator_in(admin, group):
    invited = invite(admin, group, Role.COORDINATOR)
    with_records(group)

    with pytest.raises(service.LinkGone):
        accept(invited.token, "Ma Hla")


@pytest.mark.parametrize("who", ["treasurer", "auditor", "admin", "logger", "coordinator-elsewhere"])
def test_nobody_else_agrees_to_a_further_coordinator(admin, group, who):
    invited = invite(admin, with_records(group), Role.COORDINATOR)
    other = factories.actor("logger", group) if who == "logger" else factories.actor(who.split("-")[0])

    with pytest.raises(NotVisible):
        does(service.approve, other, invited.invitation.uid)


def test_an_admin_who_is_also_a_coordinator_agrees_to_no_link_of_its_own(admin, group):
    both = factories.user("Both")
    as_admin = staff(Role.ADMIN, both)
    as_coordinator = factories.actor("coordinator", with_records(group), both)
    invited = invite(as_admin, group, Role.COORDINATOR)

    with pytest.raises(NotVisible):
        does(service.approve, as_coordinator, invited.invitation.uid)


def test_who_agreed_to_a_link_does_not_use_it(admin, group):
    somebody = factories.user("Somebody")
    coordinator = factories.actor("coordinator", with_records(group), somebody)
    factories.actor("logger", factories.responder(), somebody)
    invited = invite(admin, group, Role.COORDINATOR)
    does(service.approve, coordinator, invited.invitation.uid)

    with pytest.raises(Invalid):
        does(service.take, coordinator, invited.token)


# Roles in the network


def test_the_first_admin_sets_the_network_up_alone(admin):
    network = factories.network_partner()

    first = invite(admin, network, Role.TREASURER)
    second = invite(admin, network, Role.AUDITOR)

    assert accept(first.token, "Treasurer").role is Role.TREASURER
    assert accept(second.token, "Auditor").role is Role.AUDITOR


def test_who_was_invited_but_never_came_is_no_second_person(admin):
    factories.actor("treasurer")

    assert invite(admin, factories.network_partner(), Role.AUDITOR).invitation.approval is ApprovalNeed.NONE


@pytest.mark.parametrize("role", [Role.ADMIN, Role.TREASURER, Role.AUDITOR])
@pytest.mark.parametrize("second", [Role.ADMIN, Role.TREASURER, Role.AUDITOR])
def test_a_role_in_the_network_takes_any_second_person(admin, role, second):
    other = staff(second)
    invited = invite(admin, factories.network_partner(), role)

    with clock.at(NOW + timedelta(days=6)), pytest.raises(service.LinkWaits):
        accept(invited.token, "New")
    does(service.approve, other, invited.invitation.uid)

    assert accept(invited.token, "New").role is role


def test_the_same_human_in_another_role_is_no_second_person(admin):
    person = factories.user("Admin and auditor")
    as_admin, as_auditor = staff(Role.ADMIN, person), staff(Role.AUDITOR, person)
    invited = invite(as_admin, factories.network_partner(), Role.TREASURER)

    with pytest.raises(NotVisible):
        does(service.approve, as_auditor, invited.invitation.uid)


def test_one_human_in_two_roles_is_not_two_people(app):
    person = factories.user("Admin and auditor")
    as_admin = staff(Role.ADMIN, person)
    staff(Role.AUDITOR, person)

    assert invite(as_admin, factories.network_partner(), Role.TREASURER).invitation.approval is ApprovalNeed.NONE


@pytest.fixture
def alone(admin):
    """An admin, whose second person was here and is gone."""
    treasurer = staff(Role.TREASURER)
    does(service.suspend, admin, membership_of(treasurer).uid)
    return admin


def test_where_nobody_else_is_left_the_act_waits_a_day(alone):
    invited = invite(alone, factories.network_partner(), Role.AUDITOR)

    with clock.at(LATER - timedelta(seconds=1)), pytest.raises(service.LinkWaits):
        accept(invited.token, "Auditor")
    with clock.at(LATER):
        assert accept(invited.token, "Auditor").role is Role.AUDITOR


@pytest.mark.parametrize("role", list(Role))
def test_such_an_act_is_announced_on_every_board_then_stands_marked(alone, role):
    invited = invite(alone, factories.network_partner(), Role.AUDITOR)
    reader = alone if role is Role.ADMIN else factories.actor(role)

    told = queries.announcements(db(), reader)
    assert [(one.uid, one.done, one.opens_at) for one in told] == [(invited.invitation.uid, False, LATER)]
    with clock.at(LATER):
        accept(invited.token, "Auditor")
        assert [one.done for one in queries.announcements(db(), reader)] == [True]
    with clock.at(LATER + timedelta(days=8)):
        assert queries.announcements(db(), reader) == []
    assert '"one_person":true' in entries("membership.begun")[-1].detail


def test_a_second_person_who_comes_meanwhile_may_still_refuse(alone):
    invited = invite(alone, factories.network_partner(), Role.AUDITOR)
    other = staff(Role.ADMIN)

    does(service.decline, other, invited.invitation.uid)

    with clock.at(LATER), pytest.raises(service.LinkGone):
        accept(invited.token, "Auditor")


def test_what_waits_for_a_second_person_is_told_to_those_who_may_agree(admin):
    treasurer = staff(Role.TREASURER)
    invite(admin, factories.network_partner(), Role.AUDITOR)

    assert [one.may_decide for one in queries.announcements(db(), treasurer)] == [True]
    assert queries.announcements(db(), admin) == []
    assert queries.announcements(db(), factories.actor("donor")) == []


# Links


def test_a_link_works_once(admin, group):
    invited = invite(admin, group, Role.LOGGER)
    accept(invited.token, "Ko Thu")

    with pytest.raises(service.LinkGone):
        accept(invited.token, "Ma Hla")


@pytest.mark.parametrize("end", ["expired", "withdrawn", "partner suspended", "unknown"])
def test_a_link_that_has_ended_lets_nobody_in(admin, group, end):
    invited = invite(admin, group, Role.LOGGER)
    token, now = invited.token, NOW
    if end == "expired":
        now = NOW + timedelta(days=7)
    elif end == "withdrawn":
        does(service.withdraw, admin, invited.invitation.uid)
    elif end == "partner suspended":
        from aidnet.partners.models import PartnerStatus
        from aidnet.partners.service import change_status

        does(change_status, admin, group.code, PartnerStatus.SUSPENDED, version=group.version)
    else:
        token += "x"

    with clock.at(now), pytest.raises(service.LinkGone):
        accept(token, "Ko Thu")


def test_the_database_does_not_keep_a_links_secret(admin, group):
    invited = invite(admin, group, Role.LOGGER)
    row = db().scalars(unscoped(sa.select(Invitation), because="a test looks")).one()

    assert invited.token not in (row.token_hash, str(row.uid))


def test_a_form_sent_twice_makes_one_link_and_shows_it_again(admin, group):
    draft = service.InvitationDraft(partner_id=group.id, role=Role.LOGGER, uid=factories.user().uid)

    first, second = does(service.invite, admin, draft), does(service.invite, admin, draft)

    assert first.invitation.uid == second.invitation.uid
    assert first.token == second.token
    assert len(entries("invitation.made")) == 1


def test_an_invitation_again_ends_the_one_it_replaces(admin, group):
    old = invite(admin, group, Role.LOGGER)
    does(
        service.invite,
        admin,
        service.InvitationDraft(partner_id=group.id, role=Role.LOGGER, replaces=old.invitation.uid),
    )

    with pytest.raises(service.LinkGone):
        accept(old.token, "Ko Thu")


def test_a_used_link_is_not_withdrawn(admin, group):
    invited = invite(admin, group, Role.LOGGER)
    accept(invited.token, "Ko Thu")

    with pytest.raises(Invalid):
        does(service.withdraw, admin, invited.invitation.uid)


@pytest.mark.parametrize("who", ["coordinator", "treasurer", "donor"])
def test_a_link_of_others_is_not_withdrawn(admin, group, who):
    invited = invite(admin, group, Role.LOGGER)

    with pytest.raises(NotVisible):
        does(service.withdraw, factories.actor(who), invited.invitation.uid)


@pytest.mark.parametrize("name", ["X", "a@b.example", "+95 9 123 456 789", "၀၉၁၂၃၄၅၆၇၈၉", "y" * 61, "\u200b\u200b\u200b", "a\x07b"])
def test_a_name_that_is_unfit_or_points_to_its_person_is_refused(admin, group, name):
    invited = invite(admin, group, Role.LOGGER)

    with pytest.raises(Invalid) as refused:
        accept(invited.token, name)
    assert refused.value.field == "name"


@pytest.mark.parametrize(("taken", "name"), [("Ko Thu", "ko  THU"), ("မောင်မောင်", "မောင်\u200bမောင်"), ("Zoe", "\uff3aoe")])
def test_two_people_never_share_a_name(admin, group, taken, name):
    accept(invite(admin, group, Role.LOGGER).token, taken)

    with pytest.raises(Invalid) as refused:
        accept(invite(admin, group, Role.LOGGER).token, name)
    assert refused.value.field == "name"


def test_a_name_chosen_twice_at_once_is_one_persons(admin, group, meeting):
    links = [invite(admin, group, Role.LOGGER) for _turn in range(2)]
    came = meeting(*[lambda session, link=link: service.accept(session, link.token, "Kingfisher", GOOD) for link in links])
    assert isinstance(came, Invalid)
    assert (came.field, str(came)) == ("name", "Somebody has this name already. Choose another.")
    assert accept(links[1].token, "Osprey").responder_id == group.id


def test_somebody_with_an_account_takes_the_role_onto_it(admin, group):
    giver = factories.actor("donor")
    invited = invite(admin, group, Role.LOGGER)

    joined = does(service.take, giver, invited.token)

    assert joined.user.id == giver.user_id
    held = unscoped(sa.select(Membership.role).where(Membership.user_id == giver.user_id), because="a test looks")
    assert set(db().scalars(held)) == {Role.DONOR, Role.LOGGER}


def test_a_role_is_taken_once_and_the_link_is_not_spent(admin, group):
    logger = factories.actor("logger", group)
    invited = invite(admin, group, Role.LOGGER)

    with pytest.raises(Invalid):
        does(service.take, logger, invited.token)

    assert accept(invited.token, "Ko Thu")


def test_somebody_suspended_in_a_role_does_not_take_it_again(admin, group):
    logger = factories.actor("logger", group)
    does(service.suspend, admin, membership_of(logger).uid)
    invited = invite(admin, group, Role.LOGGER)

    with pytest.raises(Invalid):
        does(service.take, logger, invited.token)


def test_joining_makes_an_invited_partner_active(admin):
    from aidnet.partners.models import PartnerStatus
    from aidnet.partners.service import RegistrationDraft, register
    from aidnet.policy import PartnerKind

    partner = does(register, admin, RegistrationDraft(PartnerKind.RESPONDER, "S-50"))
    assert partner.status is PartnerStatus.INVITED

    accept(invite(admin, partner, Role.COORDINATOR).token, "Ko Thu")

    with transaction() as session:
        assert agreement.second_person(session, admin.user_id) is False
        from aidnet.partners.models import Partner

        again = unscoped(sa.select(Partner.status).where(Partner.id == partner.id), because="a test looks")
        assert session.scalar(again) is PartnerStatus.ACTIVE


def test_every_act_is_one_entry(admin, group):
    coordinator = here(factories.actor("coordinator", with_records(group)))
    before = len(db().scalars(unscoped(sa.select(AuditEntry.id), because="a test counts")).all())

    invited = invite(admin, group, Role.COORDINATOR)
    does(service.approve, coordinator, invited.invitation.uid)
    with transaction() as session:
        service.accept(session, invited.token, "Ma Hla", GOOD)
    other = invite(admin, group, Role.LOGGER)
    does(service.withdraw, admin, other.invitation.uid)

    after = len(db().scalars(unscoped(sa.select(AuditEntry.id), because="a test counts")).all())
    assert after - before == 5
