"""The network's settings, and what is told about aidnet."""

import tomllib

import pytest
import sqlalchemy as sa

from aidnet.config import ROOT
from aidnet.db import db, transaction
from aidnet.errors import Invalid, Refused
from aidnet.network import service
from aidnet.network.models import Network, NetworkKind
from aidnet.network.service import SettingsDraft
from aidnet.partners.models import Partner
from aidnet.policy import PartnerKind, Role, unscoped
from tests import factories
from tests.accounts.people import staff


@pytest.fixture
def admin(app):
    return staff(Role.ADMIN)


def row():
    return db().scalars(sa.select(Network)).one()


def change(actor, **changes):
    now = row()
    draft = {"version": now.version, "name": now.name, "release_delay_days": now.release_delay_days} | changes
    with transaction() as session:
        return service.change_settings(session, actor, SettingsDraft(**draft))


def test_the_name_is_the_networks_and_its_partners(sign_in, admin):
    browser = sign_in(admin)

    page = browser.sent("/settings", name="ချင်းတွင်း")

    assert page.form().values["name"] == ["ချင်းတွင်း"]
    names = unscoped(sa.select(Partner.code_name).where(Partner.kind == PartnerKind.NETWORK), because="a test looks")
    assert db().scalars(names).all() == ["ချင်းတွင်း"]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_the_settings_are_an_admins(sign_in, role):
    browser = sign_in(role.value)

    browser.page("/settings", status=404)
    with pytest.raises(Refused):
        change(browser.actor, name="Mine")


@pytest.mark.parametrize(("days", "taken"), [(14, True), (30, True), (92, True), (13, False), (0, False), (93, False)])
def test_results_wait_fourteen_days_or_more(sign_in, admin, days, taken):
    browser = sign_in(admin)

    response = browser.send("/settings", release_delay_days=str(days))

    assert response.status_code == (303 if taken else 422)
    assert row().release_delay_days == (days if taken else 14)


def test_the_wait_is_made_longer_by_one_and_shorter_by_two(sign_in, admin):
    treasurer = staff(Role.TREASURER)
    change(admin, release_delay_days=30)
    with pytest.raises(Invalid) as refused:
        change(admin, release_delay_days=29)
    assert refused.value.field == "release_delay_days"

    browser = sign_in(admin)
    page = browser.page("/settings")
    waits = browser.sent(page, name="Newer", release_delay_days="20")
    browser.sent(page, version=str(row().version), name="Newer", release_delay_days="20")

    assert "20 days" in waits.text
    assert (row().name, row().release_delay_days) == ("Newer", 30)
    assert "A shorter wait of results" in sign_in(treasurer).page("/funding").text
    browser.refused(browser.page("/settings"), status=409, release_delay_days="25")
    code = waits.one("h1").text.split()[-1]
    browser.page(f"/funding/approvals/{code}/agreement", status=404)
    sign_in(treasurer).sent(f"/funding/approvals/{code}/agreement")
    assert row().release_delay_days == 20


def test_while_one_person_sets_the_network_up_the_wait_is_shortened_at_once(sign_in, admin):
    change(admin, release_delay_days=30)
    sign_in(admin).sent("/settings", release_delay_days="14")

    assert row().release_delay_days == 14


def test_an_older_form_does_not_win_and_what_was_typed_stays(sign_in, admin):
    browser = sign_in(admin)
    page = browser.page("/settings")
    change(admin, name="Newer")

    again = browser.refused(page, status=409, name="Older")

    assert again.form().values["name"] == ["Older"]
    assert "Newer" in again.one("main").text


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "x" * 61, "S-07", "s-07"])
def test_a_name_is_there_short_and_nobody_elses(sign_in, admin, name):
    factories.responder("S-07")

    assert sign_in(admin).send("/settings", name=name).status_code == 422


@pytest.mark.parametrize("days", ["", "-3", "many", "၁၅.၅", "9" * 40, "<b>"])
def test_what_is_no_number_of_days_is_refused(sign_in, admin, days):
    page = sign_in(admin).refused("/settings", release_delay_days=days)

    assert page.form().values["release_delay_days"] == [days]


def test_burmese_digits_are_read(sign_in, admin):
    sign_in(admin).sent("/settings", release_delay_days="၂၀")

    assert row().release_delay_days == 20


def test_a_database_keeps_its_kind(app):
    with transaction() as session:
        assert service.ensure(session, NetworkKind.DEMO).kind is NetworkKind.REAL


def test_about_names_every_part_made_by_others_and_the_source_of_the_places(client):
    text = client.page("/about").text
    manifest = tomllib.loads((ROOT / "aidnet" / "static" / "vendor" / "manifest.toml").read_text())

    assert "P-codes: MIMU release 9.6, Feb 2025" in text
    assert "MIMU's written agreement" in text
    for part in manifest["file"]:
        assert part["name"] in text
        assert part["licence"] in text


def test_about_is_for_anybody_in_either_language(client):
    page = client.page("/about", headers={"Accept-Language": "my"})

    assert page.one("html").attrs["lang"] == "my"
