"""What each audience finds on the pages of places."""

import json
import re

import pytest
import sqlalchemy as sa

from aidnet import policy
from aidnet.db import transaction
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.partners.service import change_status
from aidnet.places.models import Level, Place
from tests import factories
from tests.places.making import below, display, site
from tests.responders.making import reach

DISTRICT, TOWNSHIP = "MMR005D002", "MMR005005"
NETWORK_SIDE = ["donor", "treasurer", "auditor", "admin"]
FINE = [Level.TOWNSHIP, Level.TOWN, Level.WARD, Level.VILLAGE_TRACT, Level.VILLAGE]


@pytest.fixture
def heron(app):
    """A coordinator of the responder "S-Heron"."""
    return factories.actor("coordinator", at=factories.responder("S-Heron"))


def test_places_are_browsed_from_the_states_down(sign_in, heron):
    browser = sign_in(heron)
    village = below(TOWNSHIP, Level.VILLAGE)
    page = browser.page("/places")
    for step in ("Sagaing", "Shwebo", "Khin-U"):
        urls = {link.text: link.attrs["href"] for link in page.all("a", href=True)}
        page = browser.page(urls[step])
    assert page.title == "Khin-U"
    page = browser.page(f"/places/{village.pcode}")
    assert page.title == village.name_en
    for shown in (village.pcode, village.name_my, "Khin-U township", "Shwebo district", "Sagaing"):
        assert shown in page.text


def test_the_country_and_a_ward_have_pages_too(sign_in, heron):
    browser = sign_in(heron)
    assert "Sagaing" in browser.page("/places/MMR").text
    ward = below(TOWNSHIP, Level.WARD)
    assert "town" in browser.page(f"/places/{ward.pcode}").text


def test_a_place_without_a_point_has_a_page(sign_in, heron):
    with transaction() as session:
        pcode = session.scalars(sa.select(Place.pcode).where(Place.lat.is_(None), Place.level == "village")).first()
    assert "not known" in sign_in(heron).page(f"/places/{pcode}").text


def test_names_are_shown_in_the_readers_language_with_the_other_beside(sign_in, heron):
    browser = sign_in(heron)
    with browser.session_transaction() as cookie:
        cookie["language"] = "my"
    page = browser.page(f"/places/{TOWNSHIP}")
    assert page.title == factories.place(TOWNSHIP).name_my
    assert page.all("span", lang="en")[0].text == "Khin-U"


def test_a_search_shows_each_place_with_all_it_lies_in(sign_in, heron):
    page = sign_in(heron).page("/places?q=ywar+thit")
    assert len(page.table) > 5
    assert all("township" in row[2] for row in page.table if row[1] == "Village")


def test_a_search_that_finds_nothing_says_so(sign_in, heron):
    assert "Nothing found" in sign_in(heron).page("/places?q=zzzzqqq").text


@pytest.mark.parametrize("code", ["MMR005016'", "sites/x", "%00", "../etc", "mmr005005", "M" * 300, "ဝ"])
def test_an_odd_code_is_not_found(sign_in, heron, code):
    sign_in(heron).page(f"/places/{code}", status=404)


def options(browser, q, **arguments):
    answer = browser.get("/places/options", query_string={"q": q, **arguments})
    assert answer.status_code == 200
    return json.loads(answer.text)["options"]


def test_the_picker_is_offered_what_it_needs(sign_in, heron):
    first = options(sign_in(heron), "khin u", level="township")[0]
    assert first == {"code": TOWNSHIP, "name": "Khin-U", "path": "Shwebo district · Sagaing", "level": "Township"}


@pytest.mark.parametrize("q", ["", "%", "\x00", "x" * 3_000])
def test_the_picker_answers_odd_questions_with_nothing(sign_in, heron, q):
    assert options(sign_in(heron), q, level="nonsense") == []


def body(answer):
    """An answer's text without its form token, which no two answers share."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)


@pytest.mark.parametrize("role", NETWORK_SIDE)
@pytest.mark.parametrize("level", FINE)
def test_nobody_but_responders_finds_a_place_below_the_district(sign_in, role, level):
    place, browser = below(DISTRICT, level), sign_in(role)
    nowhere, there = (browser.get(f"/places/{pcode}") for pcode in ("MMR999999", place.pcode))
    assert there.status_code == nowhere.status_code == 404
    assert body(there).replace(place.pcode, "MMR999999") == body(nowhere)
    for q in (place.pcode, place.name_en, place.name_my, f"{place.name_en}, Shwebo", place.name_en[:-1]):
        assert {option["level"] for option in options(browser, q, sites="1")} <= {"State or region", "District"}
        cells = browser.page("/places", query_string={"q": q}).all("td", data_label=True)
        assert not {cell.text for cell in cells} & {"Township", "Town", "Ward", "Village tract", "Village"}
    assert f"/places/{TOWNSHIP}" not in browser.page(f"/places/{DISTRICT}").html


@pytest.mark.parametrize("role", NETWORK_SIDE)
def test_the_network_side_sees_no_point_and_no_delivery(sign_in, role):
    page = sign_in(role).page(f"/places/{DISTRICT}")
    assert "Point" not in page.text
    assert "Deliveries here" not in page.text
    assert "withheld for safety" in page.text


def test_a_stranger_is_asked_to_sign_in(client):
    for url in ("/places", "/places/MMR", "/places/options?q=x", "/places/sites", "/places/crossings", "/places/names"):
        assert client.get(url).status_code == 303


def test_those_who_reach_a_place_are_named_no_finer_than_each_may_know(sign_in, heron):
    village = below(TOWNSHIP, Level.VILLAGE)
    reach(heron, village.pcode)
    own, other, donor = sign_in(heron), sign_in("coordinator"), sign_in("donor")
    neighbour = below(TOWNSHIP, Level.VILLAGE, skip=1)
    assert "S-Heron" in own.page(f"/places/{village.pcode}").text
    assert "Road since 9 May 2022" in own.page(f"/places/{village.pcode}").text
    for pcode in (village.pcode, neighbour.pcode):  # another group learns the township, and not which village
        page = other.page(f"/places/{pcode}")
        assert "S-Heron" in page.text
        assert "known for the township only: Khin-U" in page.text
    assert "S-Heron" in donor.page(f"/places/{DISTRICT}").text
    assert "S-Heron" not in donor.page("/places/MMR005D003").text


def test_a_group_that_reaches_all_of_a_district_is_named_apart(sign_in, heron):
    reach(heron, DISTRICT)
    page = sign_in("coordinator").page(f"/places/{TOWNSHIP}")
    assert "all of a larger area: S-Heron" in page.text


def test_a_group_that_left_reaches_nothing(sign_in, heron):
    reach(heron, TOWNSHIP)
    admin = factories.actor("admin")
    with transaction() as session:
        group = policy.visible(admin, policy.Permission.PARTNER_READ, Partner).where(Partner.id == heron.partner_id)
        change_status(session, admin, session.scalars(group).one().code, PartnerStatus.LEFT, version=1)
    assert "S-Heron" not in sign_in("coordinator").page(f"/places/{TOWNSHIP}").text


def test_own_sites_stand_on_the_page_of_the_place_they_lie_in_and_on_nobody_elses(sign_in, heron):
    site(heron, "Camp by the creek", below(TOWNSHIP, Level.VILLAGE_TRACT).pcode)
    for pcode in (TOWNSHIP, DISTRICT):
        assert "Camp by the creek" in sign_in(heron).page(f"/places/{pcode}").text
        assert "Camp by the creek" not in sign_in("coordinator").page(f"/places/{pcode}").text
    assert "Camp by the creek" not in sign_in("donor").page(f"/places/{DISTRICT}").text


def test_a_name_the_network_chose_is_shown_everywhere_and_found_by_both(sign_in, heron):
    display(DISTRICT, "River bend")
    browser = sign_in(heron)
    page = browser.page(f"/places/{DISTRICT}")
    assert page.title == "River bend"
    assert "Shwebo district" not in page.text
    assert "Shwebo district" not in browser.page(f"/places/{TOWNSHIP}").text
    assert "River bend" in browser.page(f"/places/{TOWNSHIP}").text
    for q in ("river bend", "shwebo"):
        assert options(browser, q, level="district")[0]["name"] == "River bend"
    assert "Shwebo" not in {label.text for label in page.all("text")}


@pytest.mark.parametrize("level", Level)
def test_a_place_page_asks_the_database_ten_times_at_most(sign_in, heron, count_queries, level):
    place = factories.place("MMR") if level is Level.COUNTRY else below("MMR005", level)
    for number in range(3):
        site(heron, f"Camp {number}", below(DISTRICT, Level.VILLAGE).pcode)
    reach(heron, place.pcode)
    browser = sign_in(heron)
    with count_queries() as asked:
        browser.page(f"/places/{place.pcode}")
    assert len(asked) <= 10, asked


@pytest.mark.parametrize("url", ["/places", "/places?q=ywar+thit,+shwebo", "/places?q=yinmabin", "/places/options?q=yinmabin&sites=1"])
def test_finding_asks_the_database_ten_times_at_most(sign_in, heron, count_queries, url):
    browser = sign_in(heron)
    with count_queries() as asked:
        assert browser.get(url).status_code == 200
    assert len(asked) <= 10, asked
