"""Pages of evacuations: the case of Loikaw from plan to safety, and what each group finds on them."""

from datetime import date, timedelta

import pytest

from aidnet import clock
from tests import factories
from tests.evacuations.moving import LOIKAW, TOWNSHIP, K, planned, told
from tests.pages import Form, Page

BANDS = {"adults": "121", "children": "၇၄", "older": "26", "reduced_mobility": "၇"}


@pytest.fixture
def leader(app):
    return factories.actor("coordinator")


@pytest.fixture
def second(app):
    return factories.actor("coordinator")


def form_with(page, name):
    """The page's form that can send `name`."""
    return next(form for form in (Form(element, page) for element in page.all("form")) if name in form.names)


def test_loikaw_from_plan_to_safety(sign_in, leader, second):
    """228 people, 33 vehicles, one town to another, three groups together."""
    third = factories.actor("coordinator")
    browser, other = sign_in(leader), sign_in(second)
    page = browser.page(f"/evacuations/new?destination={TOWNSHIP}")
    codes = {each.attrs["value"] for each in page.all("input", name="groups")}
    assert len(codes) == 2
    filled = {"origin": "the old church hall", "planned_on": "2026-08-01", "vehicles": "33"}
    page = browser.sent(page, **filled, **BANDS, groups=sorted(codes))
    assert "Planned" in page.text
    assert second.partner_name in page.text
    assert third.partner_name in page.text
    assert "old church hall" not in page.text
    [here] = {link for link in page.links() if link.endswith("/groups")}
    here = here.removesuffix("/groups")

    page = browser.page(f"{here}/events/new?kind=departed")
    page = browser.sent(page, happened_on="2026-08-02", vehicles="33", note="two buses broke down", **BANDS)
    assert "228 people are still expected" in page.text
    assert "Children: 74" in page.text

    page = other.page(f"{here}/events/new?kind=counted")
    assert not page.all("textarea")
    other.sent(page, happened_on="2026-08-02", people="228")
    page = other.sent(other.page(f"{here}/events/new?kind=arrived"), happened_on="2026-08-03", people="140")
    counts = next(one for one in page.all("table") if one.one("caption").text == "Head counts by band")
    head, *rows = [[cell.text for cell in row.walk() if cell.tag in ("td", "th")] for row in counts.all("tr")]
    on_the_way = head.index("Counted on the way")
    assert head.index("Set out") < on_the_way < head.index("Arrived safe")
    assert rows[-1][on_the_way] == "228"
    assert "88 people are still expected" in page.text
    assert "Which of them, nobody said" in page.text

    page = browser.sent(browser.page(f"{here}/events/new?kind=arrived"), happened_on="2026-08-04", **BANDS)
    assert "count differently who arrived: by 88 people" in page.text
    assert "All safe" not in page.text
    page = other.sent(other.page(f"{here}/events/new?kind=arrived"), happened_on="2026-08-04", people="88")
    assert "228 people set out, and all arrived" in page.text
    assert "old church hall" not in page.text
    assert "two buses" not in page.text
    assert page.all("tr", class_="total")


def test_the_private_side_is_opened_and_written_down(sign_in, leader, second):
    made = planned(leader, second)
    told(leader, made.code, K.DEPARTED, 5, place="the ferry", note="two at a time")
    browser = sign_in(leader)
    page = browser.page(f"/evacuations/{made.code}")
    assert "old market" not in page.text
    opened = browser.send(page)
    text = Page(opened.text, "/evacuations").text
    for words in ("behind the old market", "at dawn, by the southern road", "the ferry · two at a time"):
        assert words in text
    assert "evacuation.opened" in sign_in("auditor").page("/audit").text
    assert (
        not sign_in(second).page(f"/evacuations/{made.code}").all("form", action=f"/evacuations/{made.code}/openings")
    )


@pytest.mark.parametrize("role", ["logger", "donor", "treasurer", "auditor", "admin", "coordinator"])
def test_nobody_else_finds_it(sign_in, leader, role):
    made = planned(leader)
    browser = sign_in(role)
    for address in ("", "/events/new", "/groups"):
        browser.page(f"/evacuations/{made.code}{address}", status=404)
    if role == "coordinator":
        assert made.code not in browser.page("/evacuations").text
        assert made.code not in browser.get("/evacuations.csv").text
    else:
        browser.page("/evacuations", status=404)
        browser.page("/evacuations.csv", status=404)
        browser.page("/evacuations/new", status=404)


def test_a_group_that_works_with_it_sees_counts_and_never_the_origin(sign_in, leader, second):
    made = planned(leader, second)
    browser = sign_in(second)
    page = browser.page(f"/evacuations/{made.code}")
    assert leader.partner_name in page.text
    assert "known to the group that leads it" in page.text
    browser.page(f"/evacuations/{made.code}/groups", status=404)
    assert made.code in browser.page("/evacuations").text
    assert "No evacuation is like that" in browser.page("/evacuations?whose=own").text
    kinds = browser.page(f"/evacuations/{made.code}/events/new").links()
    assert not any("cancelled" in link for link in kinds)


def test_a_mistake_is_corrected_and_stays_in_the_record(sign_in, leader):
    made = planned(leader)
    told(leader, made.code, K.DEPARTED, heads=LOIKAW)
    arrived = told(leader, made.code, K.ARRIVED, 200)
    browser = sign_in(leader)
    address = f"/evacuations/{made.code}/events/{arrived.uid}/correction"
    page = browser.sent(form_with(browser.page(address), "people"), people="228", happened_on="2026-08-10")
    assert "all arrived" in page.text
    assert "corrected" in page.text
    with clock.at(clock.now() + timedelta(minutes=1)):
        page = browser.sent(form_with(browser.page(address), "took_back"))
    assert "taken back" in page.text
    assert "228 people are still expected" in page.text


def test_more_in_the_bands_than_in_all_is_asked_about(sign_in, leader):
    made = planned(leader)
    browser = sign_in(leader)
    page = browser.refused(f"/evacuations/{made.code}/events/new?kind=departed", people="10", children="11")
    assert "The rows below are more than this" in page.text
    assert page.form().values["children"] == ["11"]


def test_the_list_is_narrowed_and_is_a_file(sign_in, leader, second, count_queries):
    safe, moving = planned(leader, second), planned(leader)
    theirs = planned(second, leader)
    told(leader, safe.code, K.DEPARTED, heads=LOIKAW)
    told(leader, safe.code, K.ARRIVED, heads=LOIKAW)
    told(leader, moving.code, K.DEPARTED, 30)
    browser = sign_in(leader)
    for question, found in (
        ("", {safe, moving, theirs}),
        ("which=closed", {safe}),
        ("which=open", {moving, theirs}),
        ("state=on-the-way", {moving}),
        ("whose=others", {theirs}),
        (f"place={TOWNSHIP}", {safe, moving, theirs}),
        ("place=MMR005016", set()),
        ("state=no-such&which=x", {safe, moving, theirs}),
    ):
        with count_queries() as asked:
            page = browser.page(f"/evacuations?{question}")
        assert len(asked) <= 10
        assert {row[0] for row in (page.table[1:] if found else [])} == {one.code for one in found}, question
    lines = browser.get("/evacuations.csv").text.splitlines()
    [line] = [line for line in lines if line.startswith(safe.code)]
    assert "All safe" in line
    assert ",228,228,0,0,33" in line


def test_who_only_works_with_it_finds_it_by_its_township_and_by_no_town(sign_in, leader, second):
    town = f"{TOWNSHIP}701"
    to_town, to_township = planned(leader, second, destination=town), planned(leader, second)
    own = planned(second, destination=town)
    browser = sign_in(second)
    for place, found in ((town, {own}), (TOWNSHIP, {to_town, to_township}), ("MMR005005701", set())):
        page = browser.page(f"/evacuations?place={place}")
        lines = browser.get(f"/evacuations.csv?place={place}").text.splitlines()[1:]
        codes = {one.code for one in found}
        assert {row[0] for row in (page.table[1:] if found else [])} == codes, place
        assert {line.split(",")[0] for line in lines} == codes, place
    assert {row[0] for row in sign_in(leader).page(f"/evacuations?place={town}").table[1:]} == {to_town.code}


def test_an_open_one_says_when_it_fades(sign_in, leader):
    made = planned(leader)
    told(leader, made.code, K.DEPARTED, heads=LOIKAW)
    told(leader, made.code, K.ARRIVED, 227)
    assert "as things stand, on 9 Sep 2026" in sign_in(leader).page(f"/evacuations/{made.code}").text


def test_a_faded_one_says_when(sign_in, leader, command):
    made = planned(leader)
    day = date(2026, 8, 18) - timedelta(40)
    for kind in (K.DEPARTED, K.ARRIVED):
        told(leader, made.code, kind, heads=LOIKAW, happened_on=day, note="quietly")
    command("retention", "run")
    browser = sign_in(leader)
    page = browser.page(f"/evacuations/{made.code}")
    assert "Its detail was deleted on 18 Aug 2026" in page.text
    assert not page.all("form", action=f"/evacuations/{made.code}/openings")
    assert not browser.page(f"/evacuations/{made.code}/events/new?kind=incident").all("textarea")


def test_a_report_opened_before_it_faded_keeps_its_counts_and_says_that_its_words_are_gone(sign_in, leader, command):
    made = planned(leader)
    for kind in (K.DEPARTED, K.ARRIVED):
        told(leader, made.code, kind, heads=LOIKAW, happened_on=date(2026, 7, 1))
    browser = sign_in(leader)
    opened = browser.page(f"/evacuations/{made.code}/events/new?kind=arrived")
    command("retention", "run")
    page = browser.sent(opened, people="12", happened_on="2026-07-02", note="by the southern road")
    assert "the counts are kept, the words are not" in page.text
    assert "240" in page.text
    assert "southern road" not in page.html
    again = browser.sent(browser.page(f"/evacuations/{made.code}/events/new?kind=arrived"), people="3")
    assert "the words are not" not in again.text


def test_groups_are_chosen_on_a_page_of_their_own(sign_in, leader, second):
    made = planned(leader, second)
    browser = sign_in(leader)
    page = browser.page(f"/evacuations/{made.code}/groups")
    browser.sent(page, groups=None)
    sign_in(second).page(f"/evacuations/{made.code}", status=404)
    assert browser.send(page, groups=None).status_code == 422
