"""The sites and crossings that responders add, and the names an admin gives."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet.audit.models import AuditEntry
from aidnet.db import db, transaction
from aidnet.errors import Invalid, NotVisible, Refused, Stale
from aidnet.places import queries, service
from aidnet.places.load import load_gazetteer
from aidnet.places.models import Crossing, Level, Place, PlaceName, Site, SiteKind
from aidnet.policy import unscoped
from tests import factories
from tests.pages import Page
from tests.places.making import below, crossing, display, site
from tests.start import GAZETTEER

TOWNSHIP = "MMR005005"
SITE = {"name": "Camp by the creek", "kind": "camp", "place": TOWNSHIP}


@pytest.fixture
def heron(app):
    """A coordinator of the responder "S-Heron"."""
    return factories.actor("coordinator", at=factories.responder("S-Heron"))


def stored(model, *where):
    with transaction() as session:
        return session.scalars(unscoped(sa.select(model).where(*where).order_by(model.id), because="a test looks")).all()


def test_a_responder_adds_a_place_that_the_gazetteer_lacks(sign_in):
    browser = sign_in("coordinator")
    page = browser.sent("/places/sites/new?place=MMR005016", SITE)
    assert page.title == "Our own places"
    assert page.table[1][:2] == ["Camp by the creek", "Camp"]
    row = stored(Site)[0]
    assert row.code in page.text
    assert b"creek" not in row.name_sealed
    assert stored(AuditEntry)[-1].action == "site.added"
    assert "creek" not in stored(AuditEntry)[-1].detail


def test_a_logger_sees_its_groups_places_and_adds_none(sign_in):
    group = factories.responder("S-Heron")
    camp = site(factories.actor("coordinator", at=group), "Creek camp", TOWNSHIP)
    browser = sign_in("logger", at=group)

    assert "/places/sites" in browser.page("/places").links()
    page = browser.page("/places/sites")

    assert "Creek camp" in page.text
    assert "Add a place" not in page.text
    here = browser.page(f"/places/{TOWNSHIP}")
    assert "Creek camp" in here.text
    for path in ("/places/sites/new", f"/places/sites/{camp.code}", "/places/crossings/new"):
        assert path not in here.links() + page.links()
        browser.page(path, status=404)
    with pytest.raises(Refused), transaction() as session:
        service.add_site(session, browser.actor, service.SiteDraft(uuid4(), camp.place_id, SiteKind.CAMP, "Mine"))


def test_the_form_begins_with_the_place_it_was_opened_from(sign_in, heron):
    browser = sign_in(heron)
    link = browser.page(f"/places/{TOWNSHIP}").one("a", class_="button", href=f"/places/sites/new?place={TOWNSHIP}")
    assert browser.page(link.attrs["href"]).form().values["place"] == [TOWNSHIP]


def test_without_javascript_one_searches_then_chooses(sign_in, heron):
    browser = sign_in(heron)
    page = browser.page("/places/sites/new")
    answer = browser.send(page, {"name": "Camp", "place-q": "khin u", "find": "place"})
    assert answer.status_code == 200
    page = Page(answer.text, "/places/sites/new")
    assert page.form().values["name"] == ["Camp"]
    assert TOWNSHIP in [each.attrs["value"] for each in page.all("input", type="radio", name="place")]
    browser.sent(page, {"place": TOWNSHIP, "place-q": ""})
    assert [row.name for row in stored(Site)] == ["Camp"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "Please fill this in"),
        ({"name": "x" * 500}, "At most"),
        ({"place": None}, "Choose the township or village tract"),
        ({"place": None, "place-q": "khin u"}, "Choose one of the places found"),
        ({"place": None, "place-q": "zzzzqq"}, "No such place was found"),
        ({"place": "MMR999"}, "not known here"),
        ({"place": "MMR005D002"}, "not known here"),  # a district is no place for a camp
        ({"kind": "palace"}, ""),
    ],
)
def test_a_form_that_is_wrong_comes_back_with_what_was_typed(sign_in, heron, changes, told):
    page = sign_in(heron).refused("/places/sites/new?place=" + TOWNSHIP, SITE | {"place-q": ""} | changes)
    assert told in page.text
    assert page.form().values["name"] == [(SITE | changes)["name"]]
    assert stored(Site) == []


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "=cmd()", "ကျောင်းဝင်း", "O'Brien \"x\" & y"])
def test_any_name_is_kept_as_typed(sign_in, heron, name):
    page = sign_in(heron).sent("/places/sites/new?place=" + TOWNSHIP, SITE | {"name": name})
    assert page.table[1][0] == name


def test_a_form_sent_twice_makes_one_place(sign_in, heron):
    browser = sign_in(heron)
    page = browser.page("/places/sites/new?place=" + TOWNSHIP)
    for _time in range(2):
        browser.sent(page, SITE)
    assert len(stored(Site)) == 1


def test_a_uid_of_somebody_elses_is_nobodys(heron):
    theirs = site(factories.actor("coordinator"), "Theirs", TOWNSHIP)
    draft = service.SiteDraft(theirs.uid, township_id(), SiteKind.CAMP, "Mine")
    with pytest.raises(NotVisible), transaction() as session:
        service.add_site(session, heron, draft)


def township_id():
    with transaction() as session:
        return session.scalars(sa.select(Place.id).where(Place.pcode == TOWNSHIP)).one()


def test_a_site_is_renamed_closed_and_opened_again(sign_in, heron):
    code = site(heron, "Old name", TOWNSHIP).code
    browser = sign_in(heron)
    page = browser.sent(
        browser.page(f"/places/sites/{code}").form(f"/places/sites/{code}"), {"name": "New name", "kind": "school"}
    )
    assert page.table[1][:2] == ["New name", "School"]
    assert page.table[1][4] == "In use"
    page = browser.sent(browser.page(f"/places/sites/{code}").form(f"/places/sites/{code}/closure"))
    assert page.table[1][4] == "Closed"
    assert "New name" not in browser.get("/places/options?q=new+name&sites=1").text
    page = browser.sent(browser.page(f"/places/sites/{code}").form(f"/places/sites/{code}/reopening"))
    assert page.table[1][4] == "In use"
    assert "New name" in browser.get("/places/options?q=new+name&sites=1").text


def test_whoever_read_the_older_site_does_not_win(heron):
    row = site(heron, "Camp", TOWNSHIP)
    with transaction() as session:
        service.edit_site(session, heron, row.code, kind=SiteKind.CAMP, name="First", version=row.version)
    for act in (
        lambda session: service.edit_site(session, heron, row.code, kind=SiteKind.CAMP, name="Late", version=row.version),
        lambda session: service.close_site(session, heron, row.code, version=row.version),
    ):
        with pytest.raises(Stale), transaction() as session:
            act(session)
    assert [found.name for found in stored(Site)] == ["First"]


@pytest.mark.parametrize("role", ["coordinator", "donor", "treasurer", "auditor", "admin"])
def test_another_groups_site_and_crossing_are_not_there(sign_in, heron, role):
    camp, bridge = site(heron, "Hidden camp", TOWNSHIP), crossing(heron, "Lotus")
    browser = sign_in(role)
    browser.page(f"/places/sites/{camp.code}", status=404)
    listed = 200 if role == "coordinator" else 404
    for url in ("/places/sites", "/places/crossings"):
        answer = browser.get(url)
        assert answer.status_code == listed
        assert "Hidden camp" not in answer.text
        assert "Lotus" not in answer.text
    actor = browser.actor
    with transaction() as session:
        for act in (
            lambda: service.close_site(session, actor, camp.code, version=1),
            lambda: service.close_crossing(session, actor, bridge.uid),
        ):
            with pytest.raises(NotVisible):
                act()
    assert "Lotus" not in str(queries.crossings(db(), actor))


@pytest.mark.parametrize("role", ["donor", "treasurer", "auditor", "admin"])
def test_only_responders_add_places_and_crossings(app, role):
    actor = factories.actor(role)
    place_id = township_id()
    with transaction() as session:
        with pytest.raises(Refused):
            service.add_site(session, actor, service.SiteDraft(uuid4(), place_id, SiteKind.CAMP, "Camp"))
        with pytest.raises(Refused):
            service.add_crossing(session, actor, service.CrossingDraft(uuid4(), "Lotus", "TH"))


def test_a_site_lies_in_a_township_or_finer(heron):
    for pcode in ("MMR", "MMR005", "MMR005D002"):
        place = factories.place(pcode)
        with pytest.raises(Invalid), transaction() as session:
            service.add_site(session, heron, service.SiteDraft(uuid4(), place.id, SiteKind.CAMP, "Camp"))


def first_row(page):
    """The texts of the first row of the page's first table."""
    return [cell.text for cell in page.all("tbody")[0].all("tr")[0].walk() if cell.tag in ("td", "th")]


def test_a_crossing_under_a_code_name_is_offered_first_and_to_its_group_alone(sign_in, heron):
    browser = sign_in(heron)
    page = browser.sent("/places/crossings/new", code_name="Lotus", country="IN")
    assert first_row(page)[:3] == ["Lotus", "India", "In use"]
    assert queries.crossings(db(), heron)[0].label == "Lotus (India)"
    assert len(queries.crossings(db(), heron)) == 19
    assert len(queries.crossings(db(), factories.actor("coordinator"))) == 18
    assert queries.crossings(db(), factories.actor("donor")) == []


def test_a_closed_crossing_is_not_offered_until_it_is_opened_again(sign_in, heron):
    uid, browser = crossing(heron, "Lotus").uid, sign_in(heron)
    page = browser.sent(browser.page("/places/crossings").form(f"/places/crossings/{uid}/closure"))
    assert first_row(page)[2] == "Closed"
    assert len(queries.crossings(db(), heron)) == 18
    browser.sent(browser.page("/places/crossings").form(f"/places/crossings/{uid}/reopening"))
    db().close()
    assert len(queries.crossings(db(), heron)) == 19


def test_a_crossings_name_is_taken_once_in_a_group_and_free_in_another(sign_in, heron):
    crossing(heron, "Lotus")
    crossing(factories.actor("coordinator"), "Lotus")
    page = sign_in(heron).refused("/places/crossings/new", code_name="LO-TUS", country="TH")
    assert "of this name already" in page.text
    assert page.form().values["code_name"] == ["LO-TUS"]


@pytest.mark.parametrize("code_name", ["", "-", "x" * 300, "\u200b"])
def test_a_crossing_needs_a_name_that_can_be_said(sign_in, heron, code_name):
    sign_in(heron).refused("/places/crossings/new", code_name=code_name, country="TH")


def test_a_crossing_sent_twice_is_one(sign_in, heron):
    browser = sign_in(heron)
    page = browser.page("/places/crossings/new")
    for _time in range(2):
        browser.sent(page, code_name="Lotus", country="TH")
    assert len(stored(Crossing, Crossing.responder_id.is_not(None))) == 1


def test_an_admin_calls_a_place_otherwise_and_takes_it_back(sign_in):
    browser = sign_in("admin")
    page = browser.sent("/places/names", pcode="mmr005d002", display_name="Northern plain")
    assert page.table[1][::2] == ["Northern plain", "MMR005D002"]
    assert browser.page("/places/MMR005D002").title == "Northern plain"
    page = browser.sent("/places/names", pcode="MMR005D002", display_name="")
    assert page.all("table") == []
    assert browser.page("/places/MMR005D002").title == "Shwebo"
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).where(PlaceName.kind == "display")) == 0


def test_a_village_may_be_named_by_its_code_and_the_page_does_not_say_which(sign_in):
    village = below(TOWNSHIP, Level.VILLAGE)
    page = sign_in("admin").sent("/places/names", pcode=village.pcode, display_name="Green valley")
    assert "1 place below the district" in page.text
    for shown in ("Green valley", village.name_en, village.pcode):
        assert shown not in page.text
    entry = stored(AuditEntry)[-1]
    assert entry.action == "place.named"
    for shown in ("Green valley", village.name_en, village.pcode):
        assert shown not in entry.detail


@pytest.mark.parametrize(("pcode", "name"), [("MMR999", "X"), ("", "X"), (TOWNSHIP, "--"), (TOWNSHIP, "x" * 300)])
def test_a_name_that_cannot_be_is_refused_with_what_was_typed(sign_in, pcode, name):
    page = sign_in("admin").refused("/places/names", pcode=pcode, display_name=name)
    assert page.form().values["display_name"] == [name]


@pytest.mark.parametrize("role", ["coordinator", "logger", "donor", "treasurer", "auditor"])
def test_only_an_admin_names_places(sign_in, role):
    browser = sign_in(role)
    assert browser.get("/places/names").status_code == 404
    with pytest.raises(Refused), transaction() as session:
        service.name_place(session, browser.actor, TOWNSHIP, "Mine")


def test_a_name_given_outlives_the_next_load(app):
    display(TOWNSHIP, "River bend")
    with transaction() as session:
        assert not load_gazetteer(session, GAZETTEER).anything
    assert factories.place(TOWNSHIP).display_name == "River bend"
