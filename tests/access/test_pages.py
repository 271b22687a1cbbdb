"""Pages of access: groups in full or by township, donors by region and late, everybody else not at all."""

from datetime import date, datetime, timedelta

import pytest

from aidnet import clock
from aidnet.access import regions, service
from aidnet.access.models import AccessConstraint, Ease
from aidnet.access.months import on_day
from aidnet.db import db, transaction
from tests import factories
from tests.access.reporting import ELSEWHERE, VILLAGE, draft, reported

FORM = {"kind": "road", "ease": "none", "since_on": "၁၀/၈/၂၀၂၆", "source": "carrier", "note": "by the old bridge"}

_EASES = {"Still easy", "Hard to pass", "No way through"}


@pytest.fixture
def browser(sign_in):
    return sign_in("coordinator")


def earlier(days):
    return clock.at(factories.NOW - timedelta(days=days))


def test_it_is_reported_renewed_ended_and_taken_back(browser):
    with earlier(5):
        page = browser.sent(browser.page(f"/access/new?place={VILLAGE}"), FORM)
        code = page.one("span", class_="code").text
        assert "by the old bridge" in page.text
    page = browser.sent(page.form(f"/access/{code}/renewal"))
    assert "today" in page.text
    page = browser.sent(page.form(f"/access/{code}/ending"), until_on="17/8/2026")
    assert code not in browser.page("/access").html
    assert code in browser.page("/access?state=ended").html
    page = browser.sent(browser.page(f"/access/{code}/withdrawal"))
    assert "Taken back" in page.text
    assert browser.post(f"/access/{code}/renewal", data=token(page)).status_code == 409


def token(page):
    return {"csrf_token": page.all("input", name="csrf_token")[0].attrs["value"]}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"place": None}, "Choose a place or a crossing"),
        ({"crossing": "1"}, "Choose a place or a crossing"),
        ({"place": None, "crossing": "99999"}, "Choose a crossing of the list"),
        ({"kind": None}, "Please fill this in."),
        ({"since_on": "2026-08-19"}, "This day has not come yet."),
        ({"until_on": "2026-08-09"}, "It cannot end before it began."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(browser, changes, told):
    filled = browser.page(f"/access/new?place={VILLAGE}").form().filled(FORM) | changes
    answer = browser.post("/access/new", data={name: value for name, value in filled.items() if value is not None})

    assert answer.status_code == 422
    assert told in answer.text


@pytest.mark.parametrize(
    ("ease", "shape", "colour"), [(Ease.EASY, "done", "done"), (Ease.HARD, "waits", "over"), (Ease.NONE, "lost", "lost")]
)
def test_how_one_gets_through_has_one_colour_as_a_word_and_in_the_month(browser, ease, shape, colour):
    code = reported(browser.actor, ease=ease).code
    for url in ("/access", f"/access/{code}"):
        (drawn,) = [each for each in browser.page(url).one("main").all("span", class_="state") if each.text in _EASES]
        assert drawn.attrs["class"] == f"state {shape}"
    strip = browser.page("/access/months").one("svg", class_="strip")
    assert f"s-{colour}" in [each.attrs["class"] for each in strip.all("rect")]


def test_an_end_that_cannot_be_is_refused_beside_its_field(browser):
    page = browser.page(f"/access/{reported(browser.actor).code}")
    code = page.one("span", class_="code").text
    told = browser.refused(page.form(f"/access/{code}/ending"), until_on="2026-07-01")
    assert "It cannot end before it began." in told.text


def test_another_group_reads_the_township_under_no_name(sign_in):
    theirs = factories.actor("coordinator")
    made = reported(theirs, note="ask the miller")
    for role in ("coordinator", "logger"):
        browser = sign_in(role)
        for text in (browser.page("/access").text, browser.get("/access.csv").text, browser.page("/access/months").text):
            assert "Shwebo" in text
            assert not any(secret in text for secret in ("Ta Ga Nan", theirs.partner_name, made.code, "miller"))
        assert browser.get(f"/access/{made.code}").status_code == 404


def test_a_logger_renews_what_it_reported_and_only_that(sign_in):
    home = factories.responder()
    one, other = sign_in("logger", at=home), sign_in("logger", at=home)
    made = reported(one.actor)
    assert one.page(f"/access/{made.code}").form(f"/access/{made.code}/renewal")
    assert "Still so" not in other.page(f"/access/{made.code}").text
    assert other.get(f"/access/{made.code}/withdrawal").status_code == 200
    answer = other.post(f"/access/{made.code}/withdrawal", data=token(other.page("/access/new")))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", 3),
        ("state=stale", 1),
        ("state=ended", 1),
        ("state=withdrawn", 1),
        ("state=any", 5),
        ("ease=none", 1),
        ("kind=weather", 0),
        ("place=MMR005016", 1),
        ("place=MMR005D002", 2),
        ("state=no-such&kind=no-such&ease=&place=MMR999", 3),
    ],
)
def test_the_list_is_narrowed(browser, question, found):
    with earlier(15):
        reported(browser.actor)
    reported(browser.actor, ELSEWHERE, ease=Ease.NONE)
    made = [reported(browser.actor) for _turn in range(3)]
    with transaction() as session:
        service.end(session, browser.actor, made[1].code, until_on=date(2026, 8, 17))
        service.withdraw(session, browser.actor, made[2].code)

    assert len(browser.get(f"/access.csv?{question}").text.splitlines()) == 1 + found
    assert len(browser.page(f"/access?{question}").all("th", class_="card-head")) == found


def test_a_donor_is_told_the_region_and_the_worst_a_week_late(sign_in):
    groups = [factories.actor("coordinator") for _turn in range(2)]
    with earlier(8):
        reported(groups[0], ease=Ease.EASY)
        hard = reported(groups[1], ELSEWHERE, ease=Ease.HARD, note="ask the miller")
    with earlier(7):
        reported(groups[0], ease=Ease.NONE)
    donor = sign_in("donor")
    page = donor.page("/access")
    file = donor.get("/access.csv").text

    [_head, row] = page.all("table", class_="cards")[0].all("tr")
    assert [each.text for each in row.all("th") + row.all("td")] == ["Sagaing", "Hard to pass"]
    assert file.splitlines()[1:] == ["Sagaing,Hard to pass,2026-08-11"]
    for text in (page.text, file):
        assert not any(secret in text for secret in ("Yinmarbin", "Road", "miller", hard.code, groups[1].partner_name))
    for where in ("/access/new", "/access/months", f"/access/{hard.code}"):
        assert donor.get(where).status_code == 404


NOTHING = "Nothing was reported for that day."


@pytest.mark.parametrize(
    ("ended", "said", "told"),
    [
        (date(2026, 8, 12), 0, "Hard to pass"),
        (date(2026, 8, 10), 0, "Hard to pass"),
        (date(2026, 8, 10), 7, "Hard to pass"),
        (date(2026, 8, 10), 8, NOTHING),
    ],
)
def test_a_donor_learns_of_an_end_a_week_after_it_was_said(sign_in, ended, said, told):
    group = factories.actor("coordinator")
    with earlier(9):
        made = reported(group)
    with earlier(said), transaction() as session:
        service.end(session, group, made.code, until_on=ended)
    donor = sign_in("donor")
    assert told in donor.page("/access").text
    assert ("Hard to pass" in donor.get("/access.csv").text) is (told != NOTHING)


@pytest.mark.parametrize(("said", "told"), [(0, NOTHING), (7, NOTHING), (8, "Hard to pass")])
def test_a_donor_learns_a_week_later_that_something_was_heard_of_again(sign_in, said, told):
    group = factories.actor("coordinator")
    with earlier(40):
        made = reported(group, since_on=date(2026, 7, 1))
    with earlier(said), transaction() as session:
        service.renew(session, group, made.code)
    assert told in sign_in("donor").page("/access").text


def yangon(day, hour, minute=0):
    return clock.at(datetime(2026, 8, day, hour, minute, tzinfo=clock.YANGON))


@pytest.mark.parametrize("said", [(0, 0), (12, 30), (23, 59)])
@pytest.mark.parametrize("what", ["report", "renewal", "end", "withdrawal"])
def test_a_donor_who_looks_all_the_time_learns_no_hour(app, what, said):
    """What was said at any hour of the 11th is told from the first minute of the 19th on."""
    group, donor = factories.actor("coordinator"), factories.actor("donor")
    before = {"renewal": 40, "end": 9, "withdrawal": 16}
    if what in before:
        with earlier(before[what]):
            made = reported(group, since_on=date(2026, 7, 1))
    with yangon(11, *said), transaction() as session:
        if what == "renewal":
            service.renew(session, group, made.code)
        elif what == "end":
            service.end(session, group, made.code, until_on=date(2026, 8, 10))
        elif what == "withdrawal":
            service.withdraw(session, group, made.code)
        else:
            service.report(session, group, draft())
    told = []
    for day, hour, minute in ((18, 0, 0), (18, 12, 31), (18, 23, 59), (19, 0, 0)):
        with yangon(day, hour, minute):
            told.append(len(regions.regions(db(), donor)))
    assert told == ([1, 1, 1, 0] if what in ("end", "withdrawal") else [0, 0, 0, 1])


@pytest.mark.parametrize("taken_back", range(3, 15))
def test_what_is_taken_back_is_told_for_a_week_more_or_never(app, taken_back):
    """Reported on the 3rd, and so told from the 11th on: taken back before then, it never is; later, it is gone a week later."""
    group, donor = factories.actor("coordinator"), factories.actor("donor")
    with yangon(3, 12):
        made = reported(group)
    with yangon(taken_back, 13), transaction() as session:
        service.withdraw(session, group, made.code)
    told = []
    for day in range(taken_back, 24):
        for hour, minute in ((0, 0), (13, 1), (23, 59)):
            with yangon(day, hour, minute):
                if (day, hour) >= (taken_back, 13) and regions.regions(db(), donor):
                    told.append((day, hour))
    days = range(max(11, taken_back), taken_back + 8) if taken_back >= 11 else ()
    assert told == [(day, hour) for day in days for hour in (0, 13, 23) if (day, hour) >= (taken_back, 13)]


def test_what_is_renewed_all_the_time_is_told_to_donors_all_the_time(sign_in):
    group = factories.actor("coordinator")
    with earlier(40):
        made = reported(group, since_on=date(2026, 7, 1))
    for days in (33, 25, 17, 9, 1):
        with earlier(days), transaction() as session:
            service.renew(session, group, made.code)
    assert "Hard to pass" in sign_in("donor").page("/access").text


def test_what_nobody_heard_of_is_not_told_to_donors(sign_in):
    with earlier(22):
        reported(factories.actor("coordinator"), since_on=date(2026, 7, 1))
    assert "Nothing was reported for that day." in sign_in("donor").page("/access").text


@pytest.mark.parametrize("role", ["treasurer", "auditor", "admin"])
def test_who_has_no_part_in_it_finds_nothing(sign_in, role):
    browser = sign_in(role)
    for where in ("/access", "/access.csv", "/access.xlsx", "/access/new", "/access/months"):
        assert browser.get(where).status_code == 404


@pytest.mark.parametrize(
    ("place", "found"),
    [("MMR005004", "MMR005D002"), ("MMR005004", "MMR005"), ("MMR005D002", "MMR005"), ("MMR005016", "MMR005")],
)
def test_who_asks_for_a_place_is_told_what_stands_over_all_of_it(browser, place, found):
    reported(browser.actor, found, ease=Ease.NONE)
    for where in ("/access", "/access/months"):
        page = browser.page(f"{where}?place={place}")
        assert "No way through" in page.text, where
        assert "Nothing was reported for this month." not in page.text
    assert len(browser.get(f"/access.csv?place={place}").text.splitlines()) == 2


@pytest.mark.parametrize("elsewhere", ["MMR005016", ELSEWHERE, "MMR003"])
def test_what_stands_beside_a_place_is_not_told_of_it(browser, elsewhere):
    reported(browser.actor, elsewhere)
    assert "Nothing was reported for this month." in browser.page("/access/months?place=MMR005004").text
    assert "No report is like that." in browser.page("/access?place=MMR005004").text


def stood(ease, since, until=None, heard=18):
    until_on = date(2026, 8, until) if until else None
    return AccessConstraint(ease=ease, since_on=date(2026, 8, since), until_on=until_on, heard_on=date(2026, 8, heard))


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (1, (None, False)),
        (2, (Ease.HARD, False)),
        (5, (Ease.NONE, False)),
        (8, (Ease.HARD, False)),
        (16, (Ease.HARD, False)),
        (17, (None, True)),
    ],
)
def test_on_a_day_the_worst_stood_that_somebody_knew_of(app, day, told):
    """Hard since the 2nd, last heard of then; no way through from the 4th to the 7th."""
    constraints = [stood(Ease.HARD, since=2, heard=2), stood(Ease.NONE, since=4, until=7, heard=7)]
    assert on_day(date(2026, 8, day), constraints) == told


def test_a_month_is_told_area_by_area(browser):
    with earlier(3):
        reported(browser.actor, ease=Ease.NONE, until_on=date(2026, 8, 12))
        reported(browser.actor, "MMR005", since_on=date(2026, 8, 10))
    page = browser.page("/access/months")

    assert [each.text for each in page.all("h2")] == ["Sagaing", "Shwebo township"]
    told = [each.attrs["aria-label"] for each in page.all("svg", class_="strip")]
    assert told == [
        "Sagaing: Nothing reported 1–9, Hard to pass 10–18",
        "Shwebo township: No way through 1–12, Hard to pass 13–18",
    ]
    assert "Nothing was reported" in browser.page("/access/months?month=2026-07").text
    assert browser.page("/access/months?month=2031-01").title == browser.page("/access/months?month=x").title
    assert "Shwebo township" in browser.page("/access/months?place=MMR005004").text
    assert "Nothing was reported" in browser.page("/access/months?place=MMR001002").text
