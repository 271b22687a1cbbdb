"""Registering partners, naming them, letting them in and out; and what their pages show to whom."""

from contextlib import nullcontext
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.accounts import service as accounts
from aidnet.accounts.models import Invitation, Membership
from aidnet.audit.models import AuditEntry
from aidnet.db import db, transaction
from aidnet.errors import Invalid, NotVisible, Refused, Stale
from aidnet.network.models import Network
from aidnet.network.service import SettingsDraft, change_settings
from aidnet.partners import service
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.partners.service import NamesDraft, RegistrationDraft
from aidnet.policy import PartnerKind, Role, unscoped
from aidnet.responders.models import Responder, ResponderKind
from aidnet.web.qr import qr
from tests import factories
from tests.accounts.people import here, invite, membership_of, staff, with_records
from tests.factories import NOW

HOSTILE = ["မြစ်ချစ်သူ", "<script>alert(1)</script>", "=HYPERLINK(1)", "'; DROP TABLE partner; --", "a" * 60, "%s ${7*7}"]


@pytest.fixture
def admin(app):
    return staff(Role.ADMIN)


@pytest.fixture
def group(app):
    return factories.responder("S-07", "Myittar")


def does(act, *given, **more):
    with transaction() as session:
        return act(session, *given, **more)


def every(model):
    return db().scalars(unscoped(sa.select(model).order_by(model.id), because="a test looks")).all()


def entries():
    return [entry.action for entry in every(AuditEntry)]


# Registering


@pytest.mark.parametrize("role", list(Role))
def test_only_an_admin_registers_a_partner(app, role):
    actor = factories.actor(role)

    with nullcontext() if role is Role.ADMIN else pytest.raises(Refused):
        does(service.register, actor, RegistrationDraft(PartnerKind.DONOR, "Anna"))


def test_a_responder_gets_its_profile_and_nobody_can_sign_in_yet(admin):
    draft = RegistrationDraft(PartnerKind.RESPONDER, "S-50", "Myittar", ResponderKind.WOMEN)

    partner = does(service.register, admin, draft)

    assert partner.status is PartnerStatus.INVITED
    assert [(row.id, row.kind) for row in every(Responder)] == [(partner.id, ResponderKind.WOMEN)]
    assert entries()[-1] == "partner.registered"


def test_sent_twice_it_is_one_partner(admin):
    draft = RegistrationDraft(PartnerKind.RESPONDER, "S-50", uid=uuid4())

    first, second = does(service.register, admin, draft), does(service.register, admin, draft)

    assert first.id == second.id
    assert [one.code_name for one in every(Partner)].count("S-50") == 1


@pytest.mark.parametrize("name", ["S-07", "s-07", " s-07 ", "ｓ-07", "S-\u200b07"])
def test_no_two_partners_share_a_code_name(admin, group, name):
    with pytest.raises(Invalid) as refused:
        does(service.register, admin, RegistrationDraft(PartnerKind.DONOR, name))
    assert refused.value.field == "code_name"


def test_a_code_name_typed_twice_at_once_is_one_partners(admin, meeting):
    drafts = [RegistrationDraft(PartnerKind.DONOR, name) for name in ("S-50", "s-50")]
    came = meeting(*[lambda session, draft=draft: service.register(session, admin, draft) for draft in drafts])
    assert isinstance(came, Invalid)
    assert (came.field, str(came)) == ("code_name", "Another partner has this code name already.")
    assert [one.code_name for one in every(Partner)].count("S-50") == 1


def test_two_partners_are_not_renamed_alike_at_once(admin, group, meeting):
    other = factories.responder("S-60")
    came = meeting(
        *[
            lambda session, one=one: service.rename(session, admin, one.code, NamesDraft(one.version, "S-50", ""))
            for one in (group, other)
        ]
    )
    assert isinstance(came, Invalid)
    assert came.field == "code_name"
    assert [one.code_name for one in every(Partner) if one.id in (group.id, other.id)] == ["S-50", "S-60"]


def test_a_partner_and_the_network_do_not_take_one_name_at_once(admin, meeting):
    now = db().scalars(sa.select(Network)).one()
    settings = SettingsDraft(version=now.version, name="Heron", release_delay_days=now.release_delay_days)
    came = meeting(
        lambda session: change_settings(session, admin, settings),
        lambda session: service.register(session, admin, RegistrationDraft(PartnerKind.DONOR, "Heron")),
    )
    assert isinstance(came, Invalid)
    assert came.field == "code_name"


@pytest.mark.parametrize("name", ["", " ", "\u200b", "x" * 61])
def test_a_code_name_is_there_and_short(admin, name):
    with pytest.raises(Invalid):
        does(service.register, admin, RegistrationDraft(PartnerKind.DONOR, name))


def test_nobody_registers_a_second_network(admin):
    with pytest.raises(Invalid):
        does(service.register, admin, RegistrationDraft(PartnerKind.NETWORK, "Another"))


def test_the_own_name_is_not_readable_in_the_database(admin, world):
    does(service.register, admin, RegistrationDraft(PartnerKind.DONOR, "D-1", "Very Private Name"))

    with world.engine.connect() as connection:
        row = connection.execute(sa.text("SELECT * FROM partner WHERE code_name = 'D-1'")).one()
    assert all(b"Private" not in bytes(value) for value in row if isinstance(value, bytes | memoryview))
    assert all("Private" not in value for value in row if isinstance(value, str))


# Names


def test_names_change_and_the_code_stays(admin, group):
    does(service.rename, admin, group.code, NamesDraft(group.version, "S-08", "Another name"))

    row = next(one for one in every(Partner) if one.id == group.id)
    assert (row.code, row.code_name, row.own_name) == (group.code, "S-08", "Another name")
    assert entries()[-1] == "partner.renamed"


def test_an_older_form_does_not_win(admin, group):
    does(service.rename, admin, group.code, NamesDraft(group.version, "S-08", ""))

    with pytest.raises(Stale):
        does(service.rename, admin, group.code, NamesDraft(group.version, "S-09", ""))


def test_a_stale_form_comes_back_with_what_was_typed_and_what_stands(sign_in, admin, group):
    browser = sign_in("admin")
    page = browser.page(f"/partners/{group.code}/names")
    does(service.rename, admin, group.code, NamesDraft(group.version, "S-08", ""))

    again = browser.refused(page, status=409, code_name="S-09")

    assert again.form().values["code_name"] == ["S-09"]
    assert "S-08" in again.text


def test_saving_the_same_names_is_nothing(admin, group):
    before = len(entries())
    with transaction() as session:
        service.rename(session, admin, group.code, NamesDraft(group.version, "S-07", "Myittar"))

    assert len(entries()) == before


# In and out


@pytest.mark.parametrize("status", [PartnerStatus.SUSPENDED, PartnerStatus.LEFT])
def test_a_partner_is_let_out_at_once_and_in_again(sign_in, admin, group, status):
    browser = sign_in("coordinator", at=group)

    row = does(service.change_status, admin, group.code, status, version=group.version)
    assert browser.get("/account").status_code == 303
    row = does(service.change_status, admin, group.code, PartnerStatus.ACTIVE, version=row.version)

    assert row.status is PartnerStatus.ACTIVE
    assert browser.get("/account").status_code == 303
    assert sign_in(browser.actor).get("/account").status_code == 200


def test_the_network_itself_is_not_suspended(admin):
    network = factories.network_partner()

    with pytest.raises(Invalid):
        does(service.change_status, admin, network.code, PartnerStatus.SUSPENDED, version=network.version)


def test_nobody_is_invited_to_a_suspended_partner(admin, group):
    does(service.change_status, admin, group.code, PartnerStatus.SUSPENDED, version=group.version)

    with pytest.raises(Invalid):
        invite(admin, group, Role.LOGGER)


# People


def test_a_coordinator_suspends_its_own_logger_and_lifts_that(sign_in, group):
    logger = factories.actor("logger", group)
    browser = sign_in("coordinator", at=group)
    url = f"/partners/{group.code}/people/{membership_of(logger).uid}"

    page = browser.sent(f"{url}/suspension")
    assert "Suspended" in page.text
    page = browser.sent(f"{url}/suspension?lift=1")

    assert page.one("dl").text.startswith("State Never signed in")


def test_a_coordinator_lifts_what_an_admin_laid_on_its_own_logger(admin, group):
    row = membership_of(factories.actor("logger", group))
    does(accounts.suspend, admin, row.uid)

    assert does(accounts.reinstate, factories.actor("coordinator", group), row.uid).state == "active"


@pytest.mark.parametrize("who", ["coordinator of the own", "logger elsewhere", "admin"])
def test_a_coordinator_suspends_nobody_else(group, who):
    other = {
        "coordinator of the own": lambda: factories.actor("coordinator", group),
        "logger elsewhere": lambda: factories.actor("logger"),
        "admin": lambda: factories.actor("admin"),
    }[who]()

    with pytest.raises(NotVisible):
        does(accounts.suspend, factories.actor("coordinator", group), membership_of(other).uid)


@pytest.mark.parametrize("act", [accounts.suspend_user, accounts.reinstate_user])
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_an_admin_stops_a_whole_account(group, act, role):
    person = factories.actor("logger", group)
    actor = factories.actor(role, group if role in (Role.COORDINATOR, Role.LOGGER) else None)

    with pytest.raises(NotVisible):
        does(act, actor, person.user_id)


def test_an_admin_stops_a_whole_account_and_opens_it_again(sign_in, group):
    row = membership_of(factories.actor("logger", group))
    browser = sign_in("admin")
    url = f"/partners/{group.code}/people/{row.uid}"

    assert "Whole account suspended" in browser.sent(f"{url}/account-suspension").text
    assert "Whole account suspended" not in browser.sent(f"{url}/account-suspension?lift=1").text


def test_nobody_suspends_oneself(admin):
    with pytest.raises(Invalid):
        does(accounts.suspend, admin, membership_of(admin).uid)
    with pytest.raises(Invalid):
        does(accounts.suspend_user, admin, admin.user_id)


def test_a_second_click_is_nothing(admin, group):
    row = membership_of(factories.actor("logger", group))
    for _ in range(2):
        does(accounts.suspend, admin, row.uid, version=row.version)

    assert entries().count("membership.suspended") == 1


def test_a_page_that_is_out_of_date_says_so(admin, group):
    row = membership_of(factories.actor("logger", group))
    does(accounts.suspend, admin, row.uid)
    does(accounts.reinstate, admin, row.uid)

    with pytest.raises(Stale):
        does(accounts.suspend, admin, row.uid, version=row.version)


def test_sessions_are_ended_from_the_page(sign_in, group):
    logger = sign_in("logger", at=group)
    browser = sign_in("coordinator", at=group)
    url = f"/partners/{group.code}/people/{membership_of(logger.actor).uid}"
    page = browser.page(url)
    assert "in 1 browser" in page.text

    browser.sent(page.form(f"{url}/sign-out"))

    assert logger.get("/account").status_code == 303


# The pages


def test_an_admin_invites_a_partner_whose_coordinator_signs_in(sign_in, client):
    browser = sign_in("admin")
    page = browser.sent("/partners/new", kind="responder", code_name="S-50", own_name="မြစ်ချစ်သူ")
    assert page.title == "S-50"
    invite_url = next(link for link in page.links() if link.endswith("/invitations/new"))
    response = browser.send(invite_url, role="coordinator", label="the tall one")
    assert response.status_code == 200
    shown = response.text
    link = shown.split('value="http://localhost')[1].split('"')[0]
    assert qr(f"http://localhost{link}").path in shown

    joined = client.sent(link, name="Daw Khin", password="three grey herons fly", again="three grey herons fly")

    assert "S-50" in joined.text
    assert link not in browser.page(page.url).html
    assert "the tall one" in browser.page(page.url).text


def test_a_double_click_makes_one_link_and_both_answers_show_it(sign_in, group):
    browser = sign_in("admin")
    form = browser.page(f"/partners/{group.code}/invitations/new").form()

    first, second = (browser.send(form, role="logger") for _ in range(2))

    assert first.text.split("/join/")[1][:64] == second.text.split("/join/")[1][:64]
    assert len(every(Invitation)) == 1


def test_a_coordinator_invites_a_logger_from_the_team_page(sign_in, client, group):
    browser = sign_in("coordinator", at=group)
    page = browser.page("/team")
    invite_url = next(link for link in page.links() if link.endswith("/invitations/new"))
    response = browser.send(invite_url, label="phone 2")
    link = response.text.split('value="http://localhost')[1].split('"')[0]

    client.sent(link, name="Ko Thu", password="three grey herons fly", again="three grey herons fly")

    assert "Ko Thu" in browser.page("/team").text
    assert [row.role for row in every(Membership)][-1] is Role.LOGGER


def test_a_coordinator_offers_no_other_role(sign_in, group):
    browser = sign_in("coordinator", at=group)
    form = browser.page(f"/partners/{group.code}/invitations/new").form()

    response = browser.post(form.action, data={**form.values, "role": "coordinator"})

    assert response.status_code == 422
    assert every(Invitation) == []


def test_a_link_is_withdrawn_from_the_page(sign_in, group, client):
    browser = sign_in("coordinator", at=group)
    response = browser.send(f"/partners/{group.code}/invitations/new")
    link = response.text.split('value="http://localhost')[1].split('"')[0]
    page = browser.page("/team")
    action = next(form.attrs["action"] for form in page.all("form") if form.attrs["action"].endswith("/withdrawal"))

    browser.sent(page.form(action))

    assert client.get(link).status_code == 410


def test_what_needs_attention_comes_first(sign_in, group):
    staff_admin = factories.actor("admin")
    factories.actor("logger", group, factories.user("Never Came"))
    stopped = factories.actor("logger", group, factories.user("Stopped"))
    here(stopped)
    does(accounts.suspend, staff_admin, membership_of(stopped).uid)
    does(service.register, staff_admin, RegistrationDraft(PartnerKind.DONOR, "Nobody Yet"))
    invite(staff_admin, group, Role.LOGGER)

    with clock.at(NOW + timedelta(days=8)):
        text = sign_in(staff_admin).page("/partners").one("section", id="attention").text

    assert all(words in text for words in ("Expired", "Never Came", "Never signed in", "Stopped", "Nobody Yet"))


def test_without_anything_to_attend_to_it_says_so(sign_in):
    assert "Nothing needs attention" in sign_in("admin").page("/partners").text


def test_partners_are_found_by_name_code_kind_and_status(sign_in, group):
    browser = sign_in("admin")
    factories.donor("Anna")

    def found(query):
        page = browser.page(f"/partners?{query}")
        return [name for name in ("S-07", "Anna", "Network") if name in page.one("main").text.split("Last here")[-1]]

    assert found("q=s-0") == ["S-07"]
    assert found(f"q={group.code.lower()}") == ["S-07"]
    assert found("kind=donor") == ["Anna"]
    assert found("status=suspended") == []
    assert found("q=100%25") == []
    assert found("kind=nonsense&status=nonsense&after=nonsense") == ["S-07", "Anna", "Network"]


def test_long_lists_are_paged(sign_in):
    browser = sign_in("admin")
    for number in range(30):
        factories.donor(f"Giver {number:02}")

    page = browser.page("/partners")
    onward = next(link for link in page.links() if "after=" in link)

    seen = page.text + browser.page(onward).text
    assert all(f"Giver {number:02}" in seen for number in range(30))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_they_are_and_the_csv_computes_nothing(sign_in, name):
    browser = sign_in("admin")

    page = browser.sent("/partners/new", kind="donor", code_name=name, own_name=name)

    assert page.title == " ".join(name.split())
    csv = browser.get("/partners.csv").text
    assert "\n=HYPERLINK" not in csv
    assert ",=HYPERLINK" not in csv
    assert browser.page("/partners").title == "Partners"


@pytest.mark.parametrize(
    "changes", [{}, {"kind": "network"}, {"code_name": "x" * 300}, {"responder_kind": "nonsense"}, {"code_name": "a\x07b"}]
)
def test_a_wrong_form_comes_back_as_it_was_typed(sign_in, changes):
    browser = sign_in("admin")
    form = browser.page("/partners/new").form()
    values = {**form.values, "kind": "donor", "code_name": "", "own_name": "Kept"} | changes

    response = browser.post("/partners/new", data=values)

    assert response.status_code == 422
    assert 'value="Kept"' in response.text


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_the_admins_pages_are_nobody_elses(sign_in, role, group):
    browser = sign_in(role.value)
    for url in ("/partners", "/partners.csv", "/partners/new", f"/partners/{group.code}", f"/partners/{group.code}/names"):
        assert browser.get(url).status_code == 404, url
    token = browser.page("/account").form("/leave").values
    for url in ("/partners/new", f"/partners/{group.code}/status", f"/partners/{group.code}/invitations/new"):
        assert browser.post(url, data=token).status_code == 404, url


def test_a_coordinator_finds_nothing_of_another_group(sign_in, group):
    logger = factories.actor("logger", group)
    invited = invite(factories.actor("coordinator", group), group, Role.LOGGER)
    browser = sign_in("coordinator")
    person = f"/partners/{group.code}/people/{membership_of(logger).uid}"

    gets = (f"/partners/{group.code}", person, f"{person}/help", f"{person}/suspension", f"/partners/{group.code}/invitations/new")
    assert {browser.get(url).status_code for url in gets} == {404}
    token = browser.page("/account").form("/leave").values
    posts = (
        f"{person}/help",
        f"{person}/suspension",
        f"{person}/sign-out",
        f"{person}/account-suspension",
        f"/partners/{group.code}/invitations/{invited.invitation.uid}/withdrawal",
    )
    assert {browser.post(url, data=token).status_code for url in posts} == {404}


def test_a_person_is_found_at_the_own_partner_only(sign_in, group):
    logger = factories.actor("logger", group)
    elsewhere = factories.responder()

    sign_in("admin").page(f"/partners/{elsewhere.code}/people/{membership_of(logger).uid}", status=404)


def test_a_further_coordinators_link_says_whom_it_waits_for(sign_in, group):
    with_records(group)
    browser = sign_in("admin")

    response = browser.send(f"/partners/{group.code}/invitations/new", role="coordinator")

    assert "one of its coordinators must agree first" in response.text


# What a page costs


@pytest.mark.parametrize("many", [1, 40])
def test_pages_take_few_statements_however_much_there_is(sign_in, count_queries, group, many):
    browser = sign_in("admin")
    coordinator = sign_in("coordinator", at=group)
    for _ in range(many):
        logger = factories.actor("logger", group)
        invite(browser.actor, group, Role.LOGGER)
        factories.donor()
    person = f"/partners/{group.code}/people/{membership_of(logger).uid}"
    asked = {}
    for who, url in (
        (browser, "/partners"),
        (browser, "/partners?q=s"),
        (browser, "/partners.csv"),
        (browser, "/partners/new"),
        (browser, f"/partners/{group.code}"),
        (browser, f"/partners/{group.code}/names"),
        (browser, f"/partners/{group.code}/status?status=left"),
        (browser, f"/partners/{group.code}/invitations/new"),
        (browser, person),
        (browser, f"{person}/help"),
        (browser, f"{person}/suspension"),
        (coordinator, "/team"),
        (browser, "/settings"),
    ):
        with count_queries() as counted:
            assert who.get(url).status_code == 200, url
        asked[url] = len(counted)

    assert max(asked.values()) <= 8, asked
    assert asked["/partners"] == 8, asked
    assert asked["/team"] == 4, asked
