"""What each audience finds on the pages of responders, and what their coordinators do there."""

import csv
import io
from datetime import date

import pytest
import sqlalchemy as sa

from aidnet import audit, clock
from aidnet.db import transaction
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.places.models import Place
from aidnet.policy import unscoped
from aidnet.responders import service
from aidnet.responders.models import Reach, Responder, Sector, Way
from tests import factories
from tests.pages import Page
from tests.responders.making import reach

TOWNSHIP = "MMR005005"
PROFILE = {"own_name": "Hill and River", "about": "We go by boat.", "since_year": "၂၀၂၁", "pledged_on": "2021-03-14"}


@pytest.fixture
def group(app):
    """A responder, "S-Heron", whose coordinator is `.actor`."""
    row = factories.responder("S-Heron")
    row.actor = factories.actor("coordinator", at=row)
    return row


def pcodes(level, count=1):
    """P-codes of the test gazetteer."""
    with transaction() as session:
        return session.scalars(
            sa.select(Place.pcode).where(Place.level == level).order_by(Place.pcode).limit(count)
        ).all()


def stored(model):
    with transaction() as session:
        return session.scalars(unscoped(sa.select(model).order_by(model.id), because="a test looks")).all()


def test_a_coordinator_says_who_the_group_is(sign_in, group):
    browser = sign_in(group.actor)
    page = browser.sent(
        f"/responders/{group.code}/edit",
        PROFILE | {"kind": "women", "sectors": ["FSC", "HEA"], "contact": "Ask for Daw Hla."},
    )
    assert page.title == "S-Heron"
    for shown in ("Hill and River", "We go by boat.", "Women's group", "Food, Health", "2021", "14 Mar 2021"):
        assert shown in page.text
    assert "Daw Hla" not in page.html


def test_the_form_comes_back_with_what_was_typed(sign_in, group):
    page = sign_in(group.actor).refused(f"/responders/{group.code}/edit", PROFILE | {"since_year": "long ago"})
    assert page.form().values["since_year"] == ["long ago"]
    assert page.form().values["own_name"] == ["Hill and River"]
    page = sign_in(group.actor).refused(f"/responders/{group.code}/edit", PROFILE | {"since_year": "1066"})
    assert "This year cannot be right." in page.text


def test_an_older_form_does_not_win(sign_in, group):
    browser = sign_in(group.actor)
    older = browser.page(f"/responders/{group.code}/edit")
    browser.sent(f"/responders/{group.code}/edit", own_name="First")
    page = browser.refused(older, own_name="Second")
    assert "Somebody changed this" in page.text
    assert page.form().values["own_name"] == ["Second"]
    assert stored(Partner)[0].own_name == "First"


def test_the_contact_opens_for_its_coordinator_and_the_opening_is_recorded(sign_in, group):
    browser = sign_in(group.actor)
    browser.sent(f"/responders/{group.code}/edit", PROFILE | {"contact": "Ask for Daw Hla."})
    browser.sent(f"/responders/{group.code}/edit", PROFILE)
    url = f"/responders/{group.code}/openings"
    answer = browser.send(browser.page(f"/responders/{group.code}").form(url))
    assert "Ask for Daw Hla." in answer.text
    assert stored(audit.AuditEntry)[-1].action == "contact.opened"
    browser.sent(f"/responders/{group.code}/edit", PROFILE | {"no_contact": "y"})
    assert "Nothing is kept." in browser.send(browser.page(f"/responders/{group.code}").form(url)).text


@pytest.mark.parametrize("role", ["logger", "donor", "treasurer", "auditor", "admin", "coordinator"])
@pytest.mark.parametrize("page", ["edit", "withholding", "reach/new"])
def test_nobody_else_edits_a_profile(sign_in, group, role, page):
    where = {"at": group} if role == "logger" else {}
    assert sign_in(role, **where).get(f"/responders/{group.code}/{page}").status_code == 404


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        ("logger", {"Hill and River", "14 Mar 2021", "We go by boat."}),
        ("admin", {"Hill and River", "14 Mar 2021"}),
        ("coordinator", {"2021-03"}),
        ("donor", {"2021-03"}),
        ("treasurer", {"2021-03"}),
        ("auditor", {"2021-03"}),
    ],
)
def test_each_audience_sees_its_part_of_the_profile(sign_in, group, role, shown):
    sign_in(group.actor).sent(f"/responders/{group.code}/edit", PROFILE | {"contact": "Ask for Daw Hla."})
    where = {"at": group} if role == "logger" else {}
    text = sign_in(role, **where).page(f"/responders/{group.code}").text
    every = {"Hill and River", "14 Mar 2021", "We go by boat.", "Ask for Daw Hla.", "2021-03"}
    assert {each for each in every if each in text} == shown


def test_a_place_is_added_and_is_there_once_however_often_it_is_sent(sign_in, group):
    browser, village = sign_in(group.actor), pcodes("village")[0]
    page = browser.page(f"/responders/{group.code}/reach/new")
    form = page.form()
    sent = form.values | {"place": [village], "way": ["river"], "since_on": ["2022-05-09"]}
    for _turn in range(2):
        assert browser.post(form.action, data=sent).status_code == 303
    (row,) = stored(Reach)
    assert (row.way, row.since_on, row.until_on) == (Way.RIVER, date(2022, 5, 9), None)


def test_a_place_is_found_without_javascript(sign_in, group):
    browser = sign_in(group.actor)
    page = browser.page(f"/responders/{group.code}/reach/new")
    answer = browser.send(page, {"place-q": "Khin-U", "find": "place", "since_on": "2022-05-09"})
    assert answer.status_code == 200
    assert "MMR005005" in answer.text
    assert 'value="2022-05-09"' in answer.text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "Choose the place you reach."),
        ({"since_on": "2026-08-19"}, "This day has not come yet."),
        ({"until_on": "2022-05-08"}, "The last day is before the first."),
        ({"since_on": "32/13/2022"}, "This is not a day of the calendar."),
    ],
)
def test_a_place_with_days_that_cannot_be_is_refused(sign_in, group, changes, told):
    browser = sign_in(group.actor)
    form = browser.page(f"/responders/{group.code}/reach/new").form()
    place = {"place": [pcodes("village")[0]]} if changes else {}
    sent = form.values | {"since_on": ["2022-05-09"]} | place | {name: [value] for name, value in changes.items()}
    answer = browser.post(form.action, data=sent)
    assert answer.status_code == 422
    assert told in answer.text
    assert not stored(Reach)


def test_the_same_place_is_not_listed_twice(sign_in, group):
    village = pcodes("village")[0]
    reach(group.actor, village)
    browser = sign_in(group.actor)
    form = browser.page(f"/responders/{group.code}/reach/new").form()
    answer = browser.post(form.action, data=form.values | {"place": [village], "since_on": ["2023-01-01"]})
    assert answer.status_code == 422
    assert "on your list already" in answer.text


def test_a_place_ends_and_stays_on_the_own_list_only(sign_in, group):
    row = reach(group.actor, TOWNSHIP)
    browser = sign_in(group.actor)
    page = browser.sent(f"/responders/{group.code}/reach/{row.uid}/end", until_on="2024-02-29")
    assert "29 Feb 2024" in page.text
    assert "Khin-U" not in sign_in("coordinator").page(f"/responders/{group.code}").text


def test_a_correction_is_shown_before_it_is_made(sign_in, group):
    row = reach(group.actor, TOWNSHIP)
    browser = sign_in(group.actor)
    asked = browser.send(f"/responders/{group.code}/reach/{row.uid}", way="foot", place="MMR005006")
    assert "Correct this place?" in asked.text
    assert stored(Reach)[0].way is Way.ROAD
    page = browser.sent(Page(asked.text, f"/responders/{group.code}/reach/{row.uid}"))
    assert "Wetlet township" in page.text
    assert "On foot" in page.text
    assert stored(Reach)[0].way is Way.FOOT


def test_a_correction_of_an_older_row_does_not_win(sign_in, group):
    row = reach(group.actor, TOWNSHIP)
    browser = sign_in(group.actor)
    url = f"/responders/{group.code}/reach/{row.uid}"
    sent = browser.page(url).form().values | {"sure": ["1"], "way": ["foot"]}
    assert browser.post(url, data=sent).status_code == 303
    assert browser.post(url, data=sent | {"way": ["river"]}).status_code == 422


def test_anothers_place_is_not_there(sign_in, group):
    row = reach(group.actor, TOWNSHIP)
    other = factories.responder()
    browser = sign_in("coordinator", at=other)
    for code in (group.code, other.code):
        for page in ("", "/end"):
            assert browser.get(f"/responders/{code}/reach/{row.uid}{page}").status_code == 404


@pytest.mark.parametrize(
    ("role", "level"),
    [
        ("coordinator", "township"),
        ("logger", "township"),
        ("donor", "district"),
        ("treasurer", "district"),
        ("auditor", "district"),
        ("admin", "district"),
    ],
)
def test_others_see_where_a_group_reaches_only_coarsely_and_once(sign_in, group, role, level):
    villages = pcodes("village", 2)
    for village in villages:
        reach(group.actor, village)
    page = sign_in(role).page(f"/responders/{group.code}")
    listed = [each.text for each in page.one("section", id="reach").all("th", scope="row")]
    assert len(listed) == 1
    assert level in listed[0]
    assert not any(village in page.html for village in villages)


def test_figures_count_places_once(sign_in, group):
    other = factories.actor("coordinator")
    for village in pcodes("village", 3):
        reach(group.actor, village)
    reach(other, pcodes("village")[0])
    reach(other, "MMR005D010")
    reach(other, "MMR005008", until_on=date(2023, 1, 1))
    page = sign_in("donor").page("/responders")
    figures = {dt.text: dd.text for dt, dd in zip(page.all("dt"), page.all("dd"), strict=True)}
    assert figures == {"Active responders": "2", "Districts reached": "2", "Villages reached": "3"}
    row = page.all("table", class_="cards")[0].all("tr")[1]
    assert [cell.text for cell in row.walk() if cell.tag in ("th", "td")] == ["Sagaing", "2", "2", "3"]
    assert "Townships" not in page.html


def test_a_list_narrowed_does_not_narrow_the_figures(sign_in, group):
    for village in pcodes("village", 2):
        reach(group.actor, village)
    browser = sign_in("donor")
    figures = [
        browser.page(url).one("dl", class_="figures").text
        for url in ("/responders", "/responders?q=nobody", "/responders?district=MMR005D010")
    ]
    assert len(set(figures)) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["S-Egret", "S-Heron"]),
        ("q=heron", ["S-Heron"]),
        ("q=nothing", []),
        ("sector=HEA", ["S-Heron"]),
        ("sector=rubbish", ["S-Egret", "S-Heron"]),
        ("district=MMR005D010", ["S-Egret"]),
        ("status=suspended", []),
        ("district=MMR005007", []),
    ],
)
def test_the_list_is_searched_and_filtered(sign_in, group, query, found):
    egret = factories.actor("coordinator", at=factories.responder("S-Egret"))
    reach(egret, "MMR005007")
    with transaction() as session:
        draft = service.ProfileDraft(1, "", service.ResponderKind.CBO, [Sector.HEA], None, None, "")
        service.edit_profile(session, group.actor, group.code, draft)
    browser = sign_in("donor")
    page = browser.page(f"/responders?{query}")
    assert [each.text for each in page.one("section", id="groups").all("th", scope="row")] == found
    rows = list(csv.DictReader(io.StringIO(browser.get(f"/responders.csv?{query}").text.removeprefix("\ufeff"))))
    assert [row["Code name"] for row in rows] == found


def test_the_own_name_is_not_searched(sign_in, group):
    sign_in(group.actor).sent(f"/responders/{group.code}/edit", PROFILE)
    page = sign_in("admin").page("/responders?q=Hill")
    assert "No group matches." in page.text


def test_pages_follow_each_other(sign_in):
    for number in range(30):
        factories.responder(f"S-{number:03}")
    page = sign_in("admin").page("/responders")
    onward = page.one("a", rel="next").attrs["href"]
    first = [each.text for each in page.one("section", id="groups").all("th", scope="row")]
    browser = sign_in("admin")
    second = [each.text for each in browser.page(onward).one("section", id="groups").all("th", scope="row")]
    assert first + second == [f"S-{number:03}" for number in range(30)]


@pytest.mark.parametrize("role", ["coordinator", "donor", "admin"])
def test_a_page_costs_the_same_for_one_group_and_for_twenty(sign_in, count_queries, role):
    def grow(times):
        for _turn in range(times):
            for pcode in ("MMR005005", *pcodes("village", 3)):
                reach(factories.actor("coordinator"), pcode)

    shown = factories.responder()
    keeper = factories.actor("coordinator", at=shown)
    browser, costs = sign_in(role), []
    for times, listed in ((1, ["MMR005006"]), (5, pcodes("village", 9))):
        grow(times)
        for pcode in listed:
            reach(keeper, pcode)
        for url in ("/responders", f"/responders/{shown.code}", "/responders.csv", "/responders/reach.csv"):
            with count_queries() as asked:
                assert browser.get(url).status_code == 200
            costs.append(len(asked))
    assert costs[:4] == costs[4:]
    assert max(costs) <= 10


def test_an_admin_changes_the_status_after_a_second_look(sign_in, group):
    browser = sign_in("admin")
    url = f"/responders/{group.code}/status"
    asked = browser.send(url, status="suspended")
    assert asked.status_code == 200
    assert stored(Partner)[0].status is PartnerStatus.ACTIVE
    member = sign_in(group.actor)
    assert member.get("/responders").status_code == 200
    assert "Suspended" in browser.sent(Page(asked.text, url)).text
    assert member.get("/responders").status_code == 303


@pytest.mark.parametrize("role", ["coordinator", "logger", "donor", "treasurer", "auditor"])
def test_nobody_else_changes_the_status(sign_in, group, role):
    where = {"at": group} if role in ("coordinator", "logger") else {}
    assert sign_in(role, **where).get(f"/responders/{group.code}/status").status_code == 404


def test_a_group_withholds_itself_and_takes_that_back(sign_in, group):
    browser, url = sign_in(group.actor), f"/responders/{group.code}/withholding"
    page = browser.sent(url)
    assert "Withheld from results reports" in page.text
    with transaction() as session:
        assert (
            session.get(Responder, group.id, execution_options={"scoped": frozenset({"*"})}).withheld_at == clock.now()
        )
    assert "Withheld from results reports" not in browser.sent(url).text
    assert "Withheld from results" not in sign_in("donor").page(f"/responders/{group.code}").text


def test_donors_and_the_network_are_no_responders(sign_in):
    donor, network = factories.donor(), factories.network_partner()
    browser = sign_in("admin")
    for partner in (donor, network):
        assert browser.get(f"/responders/{partner.code}").status_code == 404
        assert browser.get(f"/responders/{partner.code}/status").status_code == 404
