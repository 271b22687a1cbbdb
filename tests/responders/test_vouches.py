"""Words of groups for each other: what counts, what ends, who is told, and that an end deletes and suspends nothing."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet import audit, clock
from aidnet.db import transaction
from aidnet.errors import Invalid, NotVisible, Refused
from aidnet.partners import service as partners
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.policy import unscoped
from aidnet.responders import vouches, vouching
from aidnet.responders.models import Vouch
from tests import factories

BECAUSE = "a test looks at everything"


@pytest.fixture
def groups(app):
    """Four groups; `.actor` is the coordinator of each."""
    found = [factories.responder(f"S-{name}") for name in ("Heron", "Egret", "Crane", "Stork")]
    for row in found:
        row.actor = factories.actor("coordinator", at=row)
    return found


def give(voucher, other, at=factories.NOW, uid=None):
    with clock.at(at), transaction() as session:
        return vouching.vouch(session, voucher.actor, other.code, uid or uuid4())


def found_of(actor, other):
    with transaction() as session:
        return vouches.vouches_of(session, actor, other.id)


def stored():
    with transaction() as session:
        return session.scalars(unscoped(sa.select(Vouch).order_by(Vouch.id), because=BECAUSE)).all()


def status(partner, now):
    admin = factories.actor("admin")
    with transaction() as session:
        row = session.scalars(unscoped(sa.select(Partner).where(Partner.id == partner.id), because=BECAUSE)).one()
        partners.change_status(session, admin, row.code, now, version=row.version)


def test_two_words_count_until_the_first_of_them_ends(groups):
    heron, egret, crane, stork = groups
    give(egret, heron, factories.NOW - timedelta(100))
    give(crane, heron)
    found = found_of(heron.actor, heron)
    assert (found.standing, found.few, found.until) == (2, False, clock.today() + timedelta(265))
    give(stork, heron, factories.NOW - timedelta(50))
    assert found_of(heron.actor, heron).until == clock.today() + timedelta(315)


def test_a_word_ends_after_a_year_and_counts_no_more(groups):
    heron, egret, *_others = groups
    row = give(egret, heron)
    assert row.expires_on == clock.today() + timedelta(365)
    with clock.at(factories.NOW + timedelta(365)):
        assert found_of(heron.actor, heron).standing == 1
    with clock.at(factories.NOW + timedelta(366)):
        found = found_of(heron.actor, heron)
    assert (found.standing, found.lost, found.by[0].word) == (0, True, vouches.Word.EXPIRED)


def test_a_word_is_renewed_and_stays_one(groups, session):
    heron, egret, *_others = groups
    give(egret, heron, factories.NOW - timedelta(300))
    again = vouching.vouch(session, egret.actor, heron.code, uuid4())
    assert again.expires_on == clock.today() + timedelta(365)
    assert again.given_on == clock.today() - timedelta(300)
    assert len(stored()) == 1


def test_a_word_sent_twice_is_one_and_after_its_end_a_new_one(groups):
    heron, egret, *_others = groups
    uid = uuid4()
    assert give(egret, heron, uid=uid).id == give(egret, heron, uid=uid).id
    later = factories.NOW + timedelta(400)
    assert give(egret, heron, later).id != stored()[0].id
    with clock.at(later):
        found = found_of(heron.actor, heron)
    assert (len(stored()), found.standing, len(found.by)) == (2, 1, 1)


def test_one_group_counts_once(groups, session):
    """Even where two of its words came to stand, as on two servers at once."""
    heron, egret, *_others = groups
    row = give(egret, heron)
    day = clock.today()
    twin = Vouch(
        responder_id=heron.id,
        voucher_id=egret.id,
        given_on=day,
        expires_on=day + timedelta(9),
        recorded_at=clock.now(),
        recorded_by_id=row.recorded_by_id,
    )
    session.add(twin)
    session.flush()
    audit.record(session, egret.actor, "vouch.given", twin)
    session.commit()
    found = found_of(heron.actor, heron)
    assert (found.standing, len(found.by), found.until) == (1, 1, row.expires_on)


def test_nobody_vouches_for_itself(groups, session, sign_in):
    heron = groups[0]
    with pytest.raises(Invalid):
        vouching.vouch(session, heron.actor, heron.code, uuid4())
    assert sign_in(heron.actor).get(f"/responders/{heron.code}/vouch").status_code == 404
    assert not stored()


@pytest.mark.parametrize("role", ["logger", "donor", "treasurer", "auditor", "admin"])
def test_only_a_coordinator_vouches(groups, session, role, sign_in):
    where = {"at": groups[1]} if role == "logger" else {}
    with pytest.raises(Refused):
        vouching.vouch(session, factories.actor(role, **where), groups[0].code, uuid4())
    for page in ("vouch", "vouch/withdraw"):
        assert sign_in(role, **where).get(f"/responders/{groups[0].code}/{page}").status_code == 404


def test_only_an_active_group_vouches_and_its_word_is_silent_while_it_is_not(groups, session):
    heron, egret, *_others = groups
    give(egret, heron)
    status(egret, PartnerStatus.SUSPENDED)
    found = found_of(heron.actor, heron)
    assert (found.standing, found.by[0].word) == (0, vouches.Word.SILENT)
    with pytest.raises(Invalid):
        vouching.vouch(session, egret.actor, groups[2].code, uuid4())
    status(egret, PartnerStatus.ACTIVE)
    assert found_of(heron.actor, heron).standing == 1


def test_nobody_takes_anothers_word_back(groups, session):
    heron, egret, crane, _stork = groups
    give(egret, heron)
    with pytest.raises(NotVisible):
        vouching.withdraw(session, crane.actor, heron.code)
    assert found_of(heron.actor, heron).standing == 1


def test_a_word_is_given_and_taken_back_on_pages(groups, sign_in):
    heron, egret, crane, _stork = groups
    give(crane, heron)
    browser = sign_in(egret.actor)
    page = browser.sent(f"/responders/{heron.code}/vouch")
    assert "2 groups vouch for it." in page.text
    assert "Both until 18 Aug 2027." in page.text
    page = browser.sent(f"/responders/{heron.code}/vouch/withdraw")
    assert "One group vouches for it." in page.text
    assert "Taken back" in page.one("section", id="vouches").text
    assert browser.get(f"/responders/{heron.code}/vouch/withdraw").status_code == 404
    with transaction() as session:
        statement = sa.select(audit.AuditEntry.action).order_by(audit.AuditEntry.id.desc()).limit(2)
        assert session.scalars(unscoped(statement, because=BECAUSE)).all() == ["vouch.withdrawn", "vouch.given"]


def test_an_end_warns_everybody_concerned_and_suspends_nothing(groups, sign_in):
    heron, egret, crane, _stork = groups
    admin, own = sign_in("admin"), sign_in(heron.actor)
    words = "Fewer than two groups vouch"
    for page in (own.page("/board"), own.page(f"/responders/{heron.code}"), admin.page("/partners")):
        assert words not in page.html, "a group that never had a word is no news"
    give(egret, heron)
    give(crane, heron)
    for page in (own.page("/board"), own.page(f"/responders/{heron.code}"), admin.page("/partners")):
        assert words not in page.html
    with transaction() as session:
        vouching.withdraw(session, crane.actor, heron.code)
    board = own.page("/board")
    assert "Fewer than two groups vouch for yours" in board.text
    assert f"/responders/{heron.code}#vouches" in board.links()
    assert own.page(f"/responders/{heron.code}").one("section", id="vouches")
    assert words in own.page(f"/responders/{heron.code}").text
    assert words in sign_in(egret.actor).page(f"/responders/{heron.code}").text
    table = admin.page("/partners").one("section", id="attention")
    assert "S-Heron" in table.text
    assert "by one group" in table.text
    assert "S-Egret" not in table.text
    assert own.get("/deliveries").status_code == 200
    assert len(stored()) == 2


def test_its_own_people_are_told_before_a_word_ends(groups, sign_in):
    heron, egret, *_others = groups
    give(egret, heron, factories.NOW - timedelta(340))
    assert "A word for your group ends soon" in sign_in(heron.actor).page(f"/responders/{heron.code}").text
    assert "A word for your group ends soon" not in sign_in(egret.actor).page(f"/responders/{heron.code}").text


def test_an_admin_who_activates_sees_how_many_words_stand(groups, sign_in):
    heron, egret, crane, _stork = groups
    give(egret, heron)
    status(heron, PartnerStatus.SUSPENDED)
    admin = sign_in("admin")
    url = f"/responders/{heron.code}/status"
    assert "One group vouches for it." in admin.page(url).text
    asked = admin.send(url, status="active")
    assert "Fewer than two groups vouch" in asked.text
    assert "it is for you to decide" in asked.text
    assert "Fewer than two groups vouch" in admin.page(f"/partners/{heron.code}/status?status=active").text
    give(crane, heron)
    asked = admin.send(url, status="active")
    assert "Fewer than two" not in asked.text
    assert "2 groups vouch for it." in asked.text
    assert "2 groups vouch for it." in admin.page(f"/partners/{heron.code}").text


@pytest.mark.parametrize(
    ("role", "told"),
    [("coordinator", True), ("logger", True), ("admin", True), ("donor", False), ("treasurer", False), ("auditor", False)],
)
def test_who_is_told_who_vouches(groups, sign_in, role, told):
    heron, egret, *_others = groups
    give(egret, heron)
    page = sign_in(role).page(f"/responders/{heron.code}")
    assert ("S-Egret" in page.text) == told
    assert ("vouch" in page.text) == told
