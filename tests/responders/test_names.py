"""A group's own name is seen by the partners it chose, on two pages, for as long as it wants, and by nobody else."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet import audit
from aidnet.db import transaction
from aidnet.errors import Invalid, Refused
from aidnet.policy import unscoped
from aidnet.responders import names
from aidnet.responders.models import NameShown
from tests import factories

NAME = "Hill and River"


@pytest.fixture
def group(app):
    row = factories.responder("S-Heron", NAME)
    row.actor = factories.actor("coordinator", at=row)
    return row


def show(group, partner):
    with transaction() as session:
        return names.show_name(session, group.actor, partner.code, uuid4())


def rows():
    with transaction() as session:
        return session.scalars(unscoped(sa.select(NameShown), because="a test looks")).all()


@pytest.mark.parametrize("make", [factories.donor, factories.responder])
def test_who_was_chosen_sees_it_on_the_list_and_the_page(group, sign_in, make):
    chosen = make()
    role = "donor" if make is factories.donor else "coordinator"
    reader = sign_in(role, at=chosen)
    page = sign_in(group.actor).sent(f"/responders/{group.code}/names", partner=chosen.code.lower())
    assert chosen.code_name in page.text
    for url in ("/responders", "/responders.csv", f"/responders/{group.code}"):
        assert f"S-Heron · {NAME}" in reader.get(url).text, url
    title = reader.page(f"/responders/{group.code}").all("title")[0].text
    assert NAME not in title, "a tab is read over a shoulder"
    for who in (sign_in(role), sign_in("treasurer"), sign_in("auditor")):
        for url in ("/responders", "/responders.csv", f"/responders/{group.code}"):
            assert NAME not in who.get(url).text, url


def test_taking_it_back_takes_effect_at_once(group, sign_in):
    donor = factories.donor()
    reader, own = sign_in("donor", at=donor), sign_in(group.actor)
    row = show(group, donor)
    assert NAME in reader.page("/responders").text
    page = own.sent(f"/responders/{group.code}/names/{row.uid}/end")
    assert "They saw it before" in page.text
    for url in ("/responders", "/responders.csv", f"/responders/{group.code}"):
        assert NAME not in reader.get(url).text
    assert own.get(f"/responders/{group.code}/names/{row.uid}/end").status_code == 404
    show(group, donor)
    assert NAME in reader.page("/responders").text
    with transaction() as session:
        statement = sa.select(audit.AuditEntry.action).order_by(audit.AuditEntry.id.desc()).limit(3)
        done = session.scalars(unscoped(statement, because="a test looks")).all()
    assert done == ["name.shown", "name.hidden", "name.shown"]


def test_sent_twice_or_shown_already_it_is_one(group, session):
    donor = factories.donor()
    uid = uuid4()
    first = names.show_name(session, group.actor, donor.code, uid)
    assert names.show_name(session, group.actor, donor.code, uid).id == first.id
    assert names.show_name(session, group.actor, donor.code, uuid4()).id == first.id
    assert len(rows()) == 1


@pytest.mark.parametrize("typed", ["P-0000-0000", "nonsense", "own", "network"])
def test_a_code_of_nobody_is_refused_beside_the_field(group, sign_in, typed):
    codes = {"own": group.code, "network": factories.network_partner().code}
    page = sign_in(group.actor).refused(f"/responders/{group.code}/names", partner=codes.get(typed, typed))
    assert page.form().values["partner"] == [codes.get(typed, typed)]
    assert not rows()


def test_a_name_that_is_not_kept_is_not_shown(session):
    bare = factories.responder()
    donor = factories.donor()
    with pytest.raises(Invalid):
        names.show_name(session, factories.actor("coordinator", at=bare), donor.code, uuid4())


@pytest.mark.parametrize("role", ["logger", "coordinator", "donor", "treasurer", "auditor", "admin"])
def test_nobody_else_shows_or_hides_it(group, session, sign_in, role):
    donor = factories.donor()
    row = show(group, donor)
    where = {"at": group} if role == "logger" else {}
    browser = sign_in(role, **where)
    for page in ("names", f"names/{row.uid}/end"):
        assert browser.get(f"/responders/{group.code}/{page}").status_code == 404
    if role != "coordinator":
        with pytest.raises(Refused):
            names.show_name(session, browser.actor, donor.code, uuid4())


def test_another_group_cannot_take_it_back_on_its_own_page(group, sign_in):
    row = show(group, factories.donor())
    other = factories.responder(own_name="Other")
    browser = sign_in("coordinator", at=other)
    assert browser.get(f"/responders/{other.code}/names/{row.uid}/end").status_code == 404
    form = browser.page("/account").all("input", name="csrf_token")[0].attrs["value"]
    assert browser.post(f"/responders/{other.code}/names/{row.uid}/end", data={"csrf_token": form}).status_code == 404
    assert rows()[0].ended_at is None


def test_a_donor_finds_its_own_code(sign_in):
    donor = factories.donor()
    assert donor.code in sign_in("donor", at=donor).page("/account").text
