"""Finding places: by code, by name in either script, by what people call them, nearly spelt, and in the right order."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from aidnet.db import db, transaction
from aidnet.places import service
from aidnet.places.models import Level, Place, SiteKind
from aidnet.places.search import search
from tests import factories
from tests.deliveries.shared import logged, ready, rice_and_oil
from tests.responders.making import reach

YINMARBIN = "MMR005016"


@pytest.fixture
def coordinator(app):
    return factories.actor("coordinator")


def codes(actor, q, **options):
    return [option.code for option in search(db(), actor, q, **options)]


@pytest.mark.parametrize(
    "q",
    [
        *("yinmarbin", "Yin Mar Bin", "YIN-MAR-BIN", "ယင်းမာပင်", "ယင်း မာပင်", "MMR005016", "mmr 005 016"),
        *("yinmabin", "yinmarbn", "yinmrabin", "yinmarbi", "ယင်းမာပင", "Yinmarbin, Sagaing", "yinmarbin township"),
    ],
)
def test_a_township_is_found_however_it_is_typed(coordinator, q):
    assert YINMARBIN in codes(coordinator, q)[:3]


@pytest.mark.parametrize(("alias", "pcode"), [("Depayin", "MMR005010"), ("kantbalu", "MMR005007"), ("Ye-U", "MMR005009")])
def test_a_place_is_found_by_what_the_press_calls_it(coordinator, alias, pcode):
    assert pcode in codes(coordinator, alias)[:2]


def test_exact_names_come_before_those_that_begin_so(coordinator):
    options = search(db(), coordinator, "Shwebo")
    assert [option.level for option in options[:3]] == [Level.DISTRICT, Level.TOWNSHIP, Level.TOWN]
    assert all(option.name == "Shwebo" for option in options[:3])


def test_nothing_is_guessed_while_there_are_ten_hits(coordinator):
    assert all(option.name.casefold().replace(" ", "").startswith("ywar") for option in search(db(), coordinator, "ywar"))


def test_a_choice_shows_township_and_tract(coordinator):
    villages = search(db(), coordinator, "Ywar Thit", levels={Level.VILLAGE})
    assert len(villages) == 10
    assert all("tract" in option.path and "township" in option.path for option in villages)


@pytest.mark.parametrize("q", ["Ywar Thit, {}", "ywar thit {}", "Ywar Thit, {} township"])
def test_a_name_is_looked_for_in_the_township_typed_behind_it(coordinator, q):
    with transaction() as session:
        village = session.scalars(
            sa.select(Place).where(Place.name_en == "Ywar Thit", Place.level == Level.VILLAGE).order_by(Place.id.desc())
        ).first()
        township = session.get(Place, village.township_id)
    options = search(db(), coordinator, q.format(township.name_en), levels={Level.VILLAGE})
    assert village.pcode in [option.code for option in options]
    assert all(f"{township.name_en} township" in option.above for option in options if option.name == "Ywar Thit")


def last_village(name="Ywar Thit"):
    with transaction() as session:
        statement = sa.select(Place).where(Place.name_en == name, Place.level == Level.VILLAGE)
        return session.scalars(statement.order_by(Place.pcode.desc())).first()


def test_what_the_viewer_reaches_comes_before_all(coordinator):
    village = last_village()
    assert codes(coordinator, "ywar thit")[0] != village.pcode
    reach(coordinator, village.pcode)
    assert codes(coordinator, "ywar thit")[0] == village.pcode
    assert codes(factories.actor("coordinator"), "ywar thit")[0] != village.pcode


def test_a_village_in_a_township_the_viewer_reaches_comes_before_its_namesakes(coordinator):
    village = last_village()
    with transaction() as session:
        township = session.get(Place, village.township_id)
    reach(coordinator, township.pcode)
    first = search(db(), coordinator, "ywar thit", levels={Level.VILLAGE})[0]
    assert f"{township.name_en} township" in first.above


def test_where_the_viewers_group_was_lately_comes_before_all(coordinator):
    ready()
    village = last_village()
    logged(coordinator, rice_and_oil(places=(village.pcode,)))

    assert codes(coordinator, "ywar thit")[0] == village.pcode
    assert codes(factories.actor("coordinator"), "ywar thit")[0] != village.pcode


def test_an_ended_reach_counts_no_more(coordinator):
    village = last_village()
    reach(coordinator, village.pcode, until_on=factories.NOW.date().replace(day=1))
    assert codes(coordinator, "ywar thit")[0] != village.pcode


def test_part_of_a_name_finds_the_viewers_own_places_only(coordinator):
    assert YINMARBIN not in codes(coordinator, "marbin")
    reach(coordinator, YINMARBIN)
    assert codes(coordinator, "marbin")[0] == YINMARBIN


@pytest.mark.parametrize("q", ["", " ", "-", "()", "\u200b", "%", "_", "'", '"', "\\", "\x00", "x" * 5_000, "၊", ",,,"])
def test_odd_words_find_nothing_and_break_nothing(coordinator, q):
    assert search(db(), coordinator, q) == []


@pytest.mark.parametrize("role", ["donor", "treasurer", "auditor", "admin"])
@pytest.mark.parametrize("q", ["Yinmarbin", "Yinmarbin, Sagaing", "ywar thit", "ywar thit shwebo", "MMR005016", "yinmabin", "k"])
def test_the_network_side_finds_nothing_below_the_district(app, role, q):
    levels = {option.level for option in search(db(), factories.actor(role), q, sites=True)}
    assert levels <= {Level.COUNTRY, Level.STATE, Level.DISTRICT}


def test_nobody_without_a_role_finds_anything(app):
    from aidnet.policy import ANONYMOUS

    assert search(db(), ANONYMOUS, "Sagaing") == []


def test_levels_narrow_a_search(coordinator):
    assert codes(coordinator, "Shwebo", levels={Level.DISTRICT}) == ["MMR005D002"]


def test_own_sites_are_found_by_name_and_code_and_nobody_elses(coordinator):
    with transaction() as session:
        draft = service.SiteDraft(UUID(int=7 << 100), factories.place(YINMARBIN).id, SiteKind.CAMP, "Lotus pond camp")
        code = service.add_site(session, coordinator, draft).code
    found = search(db(), coordinator, "lotus pond", sites=True)
    assert [(option.code, option.word, option.level) for option in found] == [(code, "Camp", Level.VILLAGE)]
    assert "Yinmarbin township" in found[0].above
    assert codes(coordinator, code.lower(), sites=True)[0] == code
    assert codes(coordinator, "lotus pond") == []
    assert codes(factories.actor("coordinator"), "lotus pond", sites=True) == []


@pytest.mark.parametrize("q", ["shwebo", "ywar thit, shwebo", "mmr005016", "yinmabin sagaing", "zzzzzz"])
def test_a_search_asks_at_most_nine_times(coordinator, count_queries, q):
    with count_queries() as asked:
        search(db(), coordinator, q, sites=True)
    assert len(asked) <= 9, asked
