"""The pages of coming in and going out, as a browser meets them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.accounts import resume, service
from aidnet.accounts.models import ApprovalNeed, Invitation, Membership, User
from aidnet.accounts.words import PERMISSION_WORDS, ROLE_SUMMARIES
from aidnet.db import db, transaction
from aidnet.policy import ROLES, Permission, Role, unscoped
from tests import factories
from tests.accounts.people import GOOD, invite, staff, with_records
from tests.factories import NOW, PASSWORD


@pytest.fixture
def group(app):
    return factories.responder("S-07")


@pytest.fixture
def admin(app):
    return staff(Role.ADMIN)


def every(model):
    return db().scalars(unscoped(sa.select(model).order_by(model.id), because="a test looks")).all()


def clicked_twice(client, url, filled):
    """Both requests leave with the cookies that the page was drawn with."""
    before = client.get_cookie("aidnet").value
    first = client.post(url, data=filled)
    client.set_cookie("aidnet", before)
    return [first.status_code, client.post(url, data=filled).status_code]


# The first page


@pytest.mark.parametrize("role", list(Role))
def test_the_first_page_is_ones_own(sign_in, role):
    response = sign_in(role.value).get("/")

    assert response.status_code == 303
    assert response.location != "/sign-in"


def test_for_a_stranger_it_is_the_way_in(client):
    assert client.page("/").title == "Sign in"


# Links


def test_opening_a_link_spends_nothing_and_submitting_does(client, admin, group):
    url = f"/join/{invite(admin, group, Role.COORDINATOR).token}"
    for _ in range(3):
        page = client.page(url)
    assert "S-07 invites you to work as: Coordinator" in page.text

    page = client.sent(page, name="မမြ", password=GOOD, again=GOOD)

    assert client.get("/account").status_code == 200
    assert client.get(url).status_code == 410


def test_a_double_click_makes_one_account_and_goes_on(client, app, admin, group):
    url = f"/join/{invite(admin, group, Role.COORDINATOR).token}"
    form = client.page(url).form()
    filled = form.filled({"name": "Ma Hla", "password": GOOD, "again": GOOD})

    assert clicked_twice(client, url, filled) == [303, 303]
    assert [user.sign_in_name for user in every(User)].count("Ma Hla") == 1


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("name", "", "Please fill this in"),
        ("name", "<b>Ma Hla</b>" * 30, "At most"),
        ("password", "short", "At least 12"),
        ("password", "password1234", "guessed first"),
        ("password", "x" * 300, "At most 256"),
        ("again", "something else", "not the same"),
    ],
)
def test_what_is_wrong_is_told_beside_it_and_the_name_is_kept(client, admin, group, field, typed, told):
    url = f"/join/{invite(admin, group, Role.COORDINATOR).token}"
    good = {"name": "Ma Hla", "password": GOOD, "again": GOOD}
    wrong = good | {field: typed}
    if field == "password":
        wrong["again"] = typed

    page = client.refused(url, wrong)

    assert told in page.text
    assert page.form().values["name"] == [wrong["name"]]
    assert client.sent(page, good)


def test_a_link_that_waits_says_for_whom(client, admin, group):
    url = f"/join/{invite(admin, with_records(group), Role.COORDINATOR).token}"

    page = client.page(url)

    assert page.title == "This link does not work yet"
    assert not page.one("main").all("form")


def test_somebody_signed_in_adds_the_role_and_works_in_it(sign_in, admin, group):
    browser = sign_in("donor")
    url = f"/join/{invite(admin, group, Role.LOGGER).token}"
    page = browser.page(url)
    form = page.form(f"{url}/role")

    browser.send(form)
    again = browser.send(form)

    assert again.status_code == 303
    assert "Logger, S-07" in browser.page("/account").text
    assert browser.get(url).status_code == 410


def test_somebody_with_an_account_signs_in_first(client, admin, group):
    giver = factories.user("Anna")
    factories.membership(giver, factories.donor(), Role.DONOR)
    url = f"/join/{invite(admin, group, Role.LOGGER).token}"
    to_sign_in = next(link for link in client.page(url).links() if "onward" in link)

    page = client.sent(to_sign_in, name="Anna", password=PASSWORD)

    assert page.title == "Add a role"


def test_on_a_shared_computer_one_signs_out_to_join(sign_in, admin, group):
    browser = sign_in("donor")
    url = f"/join/{invite(admin, group, Role.LOGGER).token}"

    page = browser.sent(browser.page(url).form("/sign-out"))

    assert page.title == "Join"


def test_a_link_for_a_role_already_held_is_not_spent(sign_in, admin, group):
    browser = sign_in("logger", at=group)
    url = f"/join/{invite(admin, group, Role.LOGGER).token}"

    page = browser.sent(browser.page(url).form(f"{url}/role"))

    assert "You have this role already" in page.text
    assert every(Invitation)[-1].used_at is None


@pytest.mark.parametrize("token", ["x", "x" * 3_000, "%00", "မြမြ", "<script>", "..%2f..%2fpartners"])
def test_an_invented_link_does_not_work(client, token):
    assert client.get(f"/join/{token}").status_code in (404, 410)


def test_a_new_password_is_set_with_a_link_to_help(client, admin, group):
    stuck = factories.user("Ko Thu")
    row = factories.membership(stuck, group, Role.LOGGER)
    with transaction() as session:
        token = service.help_out(session, admin, row.uid).token
    page = client.page(f"/join/{token}")
    assert "Your sign-in name is Ko Thu" in page.text
    client.refused(page, password="Ko Thu 123456", again="Ko Thu 123456")

    client.sent(f"/join/{token}", password=GOOD, again=GOOD)

    assert "Logger, S-07" in client.page("/account").text


# The word one gives


def test_a_second_person_agrees_on_a_page(sign_in, admin):
    browser = sign_in("treasurer")
    with transaction() as session:
        invited = service.invite(
            session, admin, service.InvitationDraft(factories.network_partner().id, Role.AUDITOR)
        )
    assert invited.invitation.approval is ApprovalNeed.SECOND_PERSON
    url = next(link for link in browser.page("/account").links() if link.startswith("/links/"))
    page = browser.page(url)

    browser.send(page, word="agree")

    assert every(Invitation)[-1].approved_at is not None
    browser.page(url, status=404)


def test_or_refuses(sign_in, admin):
    browser = sign_in("auditor")
    invited = invite(admin, factories.network_partner(), Role.TREASURER)

    browser.send(f"/links/{invited.invitation.uid}", word="refuse")

    assert every(Invitation)[-1].withdrawn_at is not None


@pytest.mark.parametrize("role", ["admin", "coordinator", "logger", "donor"])
def test_whose_word_is_not_asked_finds_nothing(sign_in, group, role):
    person = factories.user("Admin and more")
    admin = staff(Role.ADMIN, person)
    staff(Role.TREASURER)
    invited = invite(admin, factories.network_partner(), Role.AUDITOR)
    browser = sign_in(admin) if role == "admin" else sign_in(role)
    url = f"/links/{invited.invitation.uid}"

    browser.page(url, status=404)
    token = browser.page("/account").form("/leave").values
    assert browser.post(url, data={**token, "word": "agree"}).status_code == 404


# Setting the network up


@pytest.fixture
def setup_url(app):
    with transaction() as session:
        network = session.get(service.Network, 1)
        network.set_up_at, network.name = None, ""
        token = service.new_setup_token(session)
    return f"/setup?token={token}"


def fill(**changes):
    return {"network_name": "Chindwin", "name": "First admin", "password": GOOD, "again": GOOD} | changes


def test_the_link_makes_the_network_and_its_first_admin_once(client, setup_url):
    page = client.sent(setup_url, fill())

    assert page.title == "Partners"
    assert "Admin, Chindwin" in page.text
    assert client.get(setup_url).status_code == 410
    assert [(user.sign_in_name, row.role) for user, row in zip(every(User), every(Membership), strict=True)] == [
        ("First admin", Role.ADMIN)
    ]


def test_a_double_click_sets_up_once(client, setup_url):
    form = client.page(setup_url).form()

    assert clicked_twice(client, "/setup", form.filled(fill())) == [303, 303]
    assert len(every(User)) == 1


@pytest.mark.parametrize("url", ["/setup", "/setup?token=", "/setup?token=invented"])
def test_without_the_link_nothing_is_set_up(client, setup_url, url):
    assert client.get(url).status_code == 410


def test_a_newer_link_ends_the_older(client, setup_url):
    with transaction() as session:
        service.new_setup_token(session)

    assert client.get(setup_url).status_code == 410


@pytest.mark.parametrize("changes", [{"network_name": " "}, {"password": "chindwin 2026!", "again": "chindwin 2026!"}, {"name": ""}])
def test_a_wrong_form_sets_nothing_up(client, setup_url, changes):
    page = client.refused(setup_url, fill(**changes))

    assert client.sent(page, fill())


# What was typed when the session ended


@pytest.fixture
def person(group):
    somebody = factories.user("Daw Mya")
    factories.membership(somebody, factories.network_partner(), Role.ADMIN)
    return somebody


def late(client):
    """The sign-in page after a form was sent half an hour too late, and its time."""
    client.sent("/sign-in", name="Daw Mya", password=PASSWORD)
    form = client.page("/partners/new").form()
    filled = form.filled({"kind": "donor", "code_name": "မြ <b>", "own_name": "Anna & friends"})
    with clock.at(NOW + timedelta(hours=1)):
        response = client.post("/partners/new", data=filled)
    assert response.status_code == 401
    return response


def page_of(response):
    from tests.pages import Page, wrongs

    page = Page(response.text, "/sign-in")
    assert not wrongs(page)
    return page


def test_a_form_sent_too_late_is_given_back_after_signing_in(client, person):
    page = page_of(late(client))
    assert "What you typed is kept" in page.text

    with clock.at(NOW + timedelta(hours=1)):
        client.refused(page, name="Daw Mya", password="not the right one")
        again = page_of(client.send(page, name="Daw Mya", password=PASSWORD))
        assert again.form().action == "/partners/new"
        shown = client.sent(again)

    assert shown.title == "မြ <b>"


def test_it_is_not_given_to_somebody_else(client, person, group):
    other = factories.user("Ko Ko")
    factories.membership(other, group, Role.COORDINATOR)
    page = page_of(late(client))

    with clock.at(NOW + timedelta(hours=1)):
        response = client.send(page, name="Ko Ko", password=PASSWORD)

    assert response.status_code == 303
    assert "Anna" not in client.page("/account").text


def test_a_kept_form_that_we_did_not_write_is_thrown_away(client, person):
    page = page_of(late(client))
    forged = page.form().values["kept"][0][:-4] + "AAAA"

    with clock.at(NOW + timedelta(hours=1)):
        response = client.post(
            "/sign-in", data=page.form().filled({"name": "Daw Mya", "password": PASSWORD, "kept": forged})
        )

    assert response.status_code == 303


def test_passwords_never_ride_along(client, person):
    client.sent("/sign-in", name="Daw Mya", password=PASSWORD)
    form = client.page("/account").form("/account/password")
    with clock.at(NOW + timedelta(hours=1)):
        response = client.post("/account/password", data=form.filled({"old": PASSWORD, "new": GOOD, "again": GOOD}))

    assert response.status_code == 401
    assert "kept" not in page_of(response).form().values
    assert GOOD not in response.text


@pytest.mark.parametrize(
    ("value", "local"),
    [
        ("/partners?q=a", True),
        ("https://x.example/", False),
        ("//x.example", False),
        ("/\\x.example", False),
        ("partners", False),
        ("", False),
        (None, False),
        ("/a\nb", False),
    ],
)
def test_only_a_path_of_ours_is_gone_to(value, local):
    assert (resume.local_path(value) == value) is (local or value is None)


# Leaving, and the language


def test_leave_now_forgets_everything_and_lands_on_a_dull_page(client, person):
    client.sent("/sign-in", name="Daw Mya", password=PASSWORD)
    response = client.send(client.page("/account").form("/leave"))

    assert response.status_code == 303
    assert "storage" in response.headers["Clear-Site-Data"]
    assert client.get_cookie("d") is None
    assert client.get_cookie("aidnet") is None
    page = client.page(response.location)
    assert "aidnet" not in page.html.casefold()
    assert "Test network" not in page.html
    assert client.get("/account").status_code == 303


def test_the_language_is_kept_per_person(app, client, person):
    client.sent("/sign-in", name="Daw Mya", password=PASSWORD)
    client.sent(_switch(client, "/account"))

    other = app.test_client()
    other.sent("/sign-in", name="Daw Mya", password=PASSWORD)

    assert other.page("/account").one("html").attrs["lang"] == "my"


def _switch(client, url):
    from tests.pages import Form

    page = client.page(url)
    forms = [Form(each, page) for each in page.all("form") if each.attrs.get("action") == "/language"]
    forms[0].values["language"] = ["my"]
    return forms[0]


def test_a_stranger_chooses_a_language_too(client):
    response = client.send(_switch(client, "/sign-in"))

    assert response.location == "/sign-in"
    assert client.page("/sign-in").one("html").attrs["lang"] == "my"


@pytest.mark.parametrize("chosen", ["xx", "", "../en", "<b>"])
def test_an_unknown_language_changes_nothing(client, chosen):
    form = _switch(client, "/sign-in")

    client.post("/language", data={**form.values, "language": chosen, "next": "//x.example"})

    assert client.page("/sign-in").one("html").attrs["lang"] == "en"


# The password


def test_the_password_is_changed_against_the_old_one(app, client, person):
    client.sent("/sign-in", name="Daw Mya", password=PASSWORD)
    other = app.test_client()
    other.sent("/sign-in", name="Daw Mya", password=PASSWORD)
    form = client.page("/account").form("/account/password")
    client.refused(form, old="not the right one", new=GOOD, again=GOOD)
    client.refused(form, old=PASSWORD, new="Daw Mya Daw Mya", again="Daw Mya Daw Mya")

    page = client.sent(form, old=PASSWORD, new=GOOD, again=GOOD)

    assert "signed out everywhere else" in page.text
    assert other.get("/account").status_code == 303
    app.test_client().refused("/sign-in", name="Daw Mya", password=PASSWORD)
    app.test_client().sent("/sign-in", name="Daw Mya", password=GOOD)


def test_guessing_the_old_password_is_slowed_too(client, person):
    client.sent("/sign-in", name="Daw Mya", password=PASSWORD)
    form = client.page("/account").form("/account/password")
    for _ in range(5):
        client.refused(form, old="not the right one", new=GOOD, again=GOOD)

    client.refused(form, old=PASSWORD, new=GOOD, again=GOOD, status=429)


# The page of roles


def test_every_permission_has_words_and_every_role_a_summary():
    assert set(PERMISSION_WORDS) == set(Permission)
    assert set(ROLE_SUMMARIES) == set(Role)


@pytest.mark.parametrize("role", list(Role))
def test_the_page_says_of_each_role_exactly_what_the_policy_gives_it(client, role):
    page = client.page("/roles")
    told = [each.text for each in page.one("section", id=role.value).all("li")]
    common = [each.text for each in page.all("li") if each.above("section") and "id" not in each.above("section").attrs]

    assert sorted(told + common) == sorted(str(PERMISSION_WORDS[one]) for one in ROLES[role])


# What a page costs


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("url", ["/account", "/roles", "/about", "/sign-in"])
def test_a_page_takes_few_statements(sign_in, count_queries, role, url):
    browser = sign_in(role.value)

    with count_queries() as asked:
        browser.get(url)

    assert len(asked) <= 6, asked
