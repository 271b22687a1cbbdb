"""Names and passwords: who gets in, and what a stranger learns."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.accounts import passwords, service, throttle
from aidnet.accounts.agreement import roles_of
from aidnet.accounts.models import Device, Throttle, WebSession
from aidnet.db import db, transaction
from aidnet.partners import service as partners
from aidnet.partners.models import PartnerStatus
from aidnet.policy import Role, unscoped
from tests import factories
from tests.factories import NOW, PASSWORD


@pytest.fixture
def group(app):
    return factories.responder("S-07")


@pytest.fixture
def person(group):
    """Somebody who may sign in, as a coordinator."""
    somebody = factories.user("Daw Mya")
    factories.membership(somebody, group, Role.COORDINATOR)
    return somebody


def rows(model):
    return db().scalars(unscoped(sa.select(model), because="a test counts")).all()


def fail(times, name="Daw Mya"):
    """Tries from an unknown browser that came to nothing."""
    for _ in range(times):
        with transaction() as session:
            service.begin_try(session, name, None)


def test_name_and_password_open_the_role_however_the_name_is_typed(client, person):
    page = client.sent("/sign-in", name=" daw  MYA ", password=PASSWORD)

    assert "S-07" in page.text
    assert client.get("/account").status_code == 200


def test_who_was_going_somewhere_arrives_there(client, person):
    page = client.page("/account")
    assert page.title == "Sign in"

    assert client.sent(page, name="Daw Mya", password=PASSWORD).title == "Account"


@pytest.mark.parametrize("onward", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:x"])
def test_nobody_is_sent_to_another_server(client, person, onward):
    page = client.page(f"/sign-in?onward={onward}")

    response = client.send(page, name="Daw Mya", password=PASSWORD)

    assert response.status_code == 303
    assert response.location == "/"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(client, person):
    wrong = client.refused("/sign-in", name="Daw Mya", password="not this one at all")
    unknown = client.refused("/sign-in", name="Daw Nobody", password="not this one at all")

    assert wrong.one(role="alert").text == unknown.one(role="alert").text
    assert "Name and password do not match" in wrong.text


@pytest.mark.parametrize("name", ["Daw Mya", "Daw Nobody", "No Password", "Suspended"])
def test_every_try_computes_one_hash_and_asks_the_same_statements(client, group, person, name, monkeypatch, count_queries):
    factories.user("No Password", password=None)
    suspended = factories.user("Suspended")
    factories.membership(suspended, group, Role.COORDINATOR)
    with transaction() as session:
        service.suspend_user(session, factories.actor("admin"), suspended.id)
    hashes = []
    verify = passwords._HASHER.verify
    monkeypatch.setattr(type(passwords._HASHER), "verify", lambda self, *given: hashes.append(1) or verify(*given))
    page = client.page("/sign-in")

    with count_queries() as asked:
        client.refused(page, name=name, password="not this one at all")

    assert len(hashes) == 1
    assert len(asked) == 6, asked


@pytest.mark.parametrize("state", ["user", "membership", "partner"])
def test_the_suspended_are_told_only_with_the_right_password(client, group, person, state):
    admin = factories.actor("admin")
    with transaction() as session:
        if state == "user":
            service.suspend_user(session, admin, person.id)
        elif state == "membership":
            service.suspend(session, admin, roles_of(session, person.id)[0].uid)
        else:
            partners.change_status(session, admin, group.code, PartnerStatus.SUSPENDED, version=group.version)

    assert "cannot be used now" in client.refused("/sign-in", name="Daw Mya", password=PASSWORD).text
    assert "do not match" in client.refused("/sign-in", name="Daw Mya", password=PASSWORD + "x").text


def test_the_sixth_try_must_wait_whether_or_not_anybody_has_the_name(client, person):
    for name in ("Daw Mya", "Daw Nobody"):
        fail(5, name)
        page = client.refused("/sign-in", name=name, password=PASSWORD, status=429)
        assert "Please wait 15 seconds" in page.text
        assert page.form().values["name"] == [name]


def test_tries_made_while_waiting_count_for_nothing(client, person):
    fail(5)
    for _ in range(20):
        with pytest.raises(service.Throttled):
            fail(1)

    with clock.at(NOW + timedelta(seconds=16)):
        client.sent("/sign-in", name="Daw Mya", password=PASSWORD)


def test_a_wait_is_never_longer_than_five_minutes():
    waits = [throttle.wait_after(failures) for failures in range(400)]

    assert waits == sorted(waits)
    assert waits[4] == timedelta(0)
    assert waits[-1] == timedelta(minutes=5)


def test_failures_are_forgotten_after_a_day_and_by_the_right_password(client, person):
    fail(5)
    with clock.at(NOW + timedelta(hours=25)):
        fail(1)
        client.sent("/sign-in", name="Daw Mya", password=PASSWORD)

    assert rows(Throttle) == []


def test_a_browser_that_signed_in_before_is_not_slowed_by_strangers(app, client, person):
    client.sent("/sign-in", name="Daw Mya", password=PASSWORD)
    client.send(client.page("/account").form("/leave"))
    known = app.test_client()
    known.sent("/sign-in", name="Daw Mya", password=PASSWORD)
    known.post("/sign-out", data=known.page("/account").form("/leave").values)
    fail(5)
    client.refused("/sign-in", name="Daw Mya", password=PASSWORD, status=429)

    assert known.sent("/sign-in", name="Daw Mya", password=PASSWORD)
    assert len(rows(Device)) == 2


def test_a_known_browser_has_a_throttle_of_its_own(app, client, person):
    client.sent("/sign-in", name="Daw Mya", password=PASSWORD)
    client.post("/sign-out", data=client.page("/account").form("/leave").values)
    token = client.get_cookie("d").value
    for _ in range(5):
        with transaction() as session:
            service.begin_try(session, "Daw Mya", token)

    client.refused("/sign-in", name="Daw Mya", password=PASSWORD, status=429)
    assert app.test_client().sent("/sign-in", name="Daw Mya", password=PASSWORD)


def test_a_known_browser_is_known_for_its_own_person_only(app, client, group, person):
    other = factories.user("Ko Ko")
    factories.membership(other, group, Role.LOGGER)
    client.sent("/sign-in", name="Daw Mya", password=PASSWORD)
    client.post("/sign-out", data=client.page("/account").form("/leave").values)
    fail(5, "Ko Ko")

    client.refused("/sign-in", name="Ko Ko", password=PASSWORD, status=429)


def test_the_database_keeps_neither_name_nor_token_of_a_try(client, person):
    fail(1)
    client.sent("/sign-in", name="Daw Mya", password=PASSWORD)
    cookie = client.get_cookie("d").value

    assert all("mya" not in row.key for row in rows(Throttle))
    assert all(row.token_hash != cookie for row in rows(Device))
    assert [len(row.token_hash) for row in rows(WebSession)] == [64]


def test_the_cookie_holds_nothing_of_address_or_browser(client, person):
    client.sent("/sign-in", name="Daw Mya", password=PASSWORD)

    with client.session_transaction() as kept:
        assert "_id" not in kept
        assert set(kept) <= {"_user_id", "_fresh", "csrf_token", "_flashes", "language"}


@pytest.mark.parametrize(
    "name", ["", " ", "မြမြ", "x" * 5_000, "<script>alert(1)</script>", "'; DROP TABLE user; --", "\u202e\u200b", "a\x00b"]
)
def test_any_name_gets_an_answer(client, name):
    response = client.send("/sign-in", name=name, password="whatever it may be")

    assert response.status_code == 422
    assert "<script>alert" not in response.text


def test_a_password_longer_than_any_is_refused_quickly(client, person):
    page = client.refused("/sign-in", name="Daw Mya", password="x" * 100_000)

    assert "At most 256" in page.text


def test_a_token_is_needed(client, person):
    assert client.post("/sign-in", data={"name": "Daw Mya", "password": PASSWORD}).status_code == 400
