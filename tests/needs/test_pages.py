"""Pages of needs, without a script."""

from datetime import timedelta

import pytest

from aidnet import clock
from aidnet.db import transaction
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.models import EventKind
from aidnet.needs import service
from aidnet.needs.models import NeedState, Urgency
from aidnet.responders.models import Sector
from tests import factories
from tests.deliveries.shared import event, logged, rice_and_oil
from tests.needs.reporting import ELSEWHERE, NEIGHBOUR, VILLAGE, fresh, reported

NEW = f"/needs/new?place={VILLAGE}"
FORM = {
    "sector": "FSC",
    "lines-0-item": "rice",
    "lines-0-quantity": "၄၀",
    "lines-0-unit": "rice_bag",
    "people": "၁၂၀",
    "urgency": "high",
}


@pytest.fixture
def browser(sign_in):
    return sign_in("coordinator")


def test_a_need_is_reported_on_one_page(browser):
    page = browser.sent(browser.page(NEW), FORM)

    assert page.title.startswith("Need N-")
    assert "Rice (milled), 40 " in page.text
    [row] = browser.page("/needs").table[1:]
    assert row[1].startswith("Food: Rice (milled), 40 ")
    assert row[4] == "120"


def test_a_logger_reports_and_sees_its_own(sign_in):
    home = factories.responder()
    logger, colleague = sign_in("logger", at=home), sign_in("logger", at=home)
    page = logger.sent(logger.page(NEW), FORM, words="They sleep under the trees")

    assert "They sleep under the trees" in page.text
    code = page.title.removeprefix("Need ")
    assert code in logger.page("/needs").text
    assert code not in colleague.page("/needs").text
    colleague.page(f"/needs/{code}", status=404)
    assert "Deliveries meant for it" not in page.text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"lines-0-item": "", "lines-0-quantity": ""}, "Say what is needed"),
        ({"lines-0-item": ""}, "Choose an item"),
        ({"people": "0"}, "Type how many people"),
        ({"sector": None}, "Please fill this in."),
        ({"reported_on": "2026-08-19"}, "This day has not come yet."),
        ({"place": None}, "Find the place"),
        ({"place": "MMR005"}, "Choose a township"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(browser, changes, told):
    page = browser.page(NEW)
    answer = browser.post("/needs/new", data=page.form().filled({**FORM, **changes}))

    assert answer.status_code == 422
    assert told in answer.text


def test_likely_the_same_is_shown_before_it_is_saved(browser):
    first = reported(browser.actor)
    drawn = browser.page(NEW)
    again = browser.post("/needs/new", data=drawn.form().filled(FORM))

    assert again.status_code == 200
    assert first.code in again.text
    [_head, *rows] = browser.page("/needs").table
    assert len(rows) == 1

    sure = browser.post("/needs/new", data=drawn.form().filled(FORM) | {"sure": "1"})
    twice = browser.post("/needs/new", data=drawn.form().filled(FORM))
    assert (sure.status_code, twice.status_code) == (303, 303)
    assert sure.location == twice.location
    assert len(browser.page("/needs").table) == 3


def test_another_place_sector_or_month_is_not_the_same(browser):
    reported(browser.actor, NEIGHBOUR)
    reported(browser.actor, sector=Sector.WSH)
    with clock.at(factories.NOW - timedelta(days=40)):
        reported(browser.actor)
    browser.sent(browser.page(NEW), FORM)


def test_it_goes_on_with_one_tap_each(browser):
    with clock.at(factories.NOW - timedelta(days=20)):
        code = reported(browser.actor).code
    page = browser.page(f"/needs/{code}")
    assert "Is it still so?" in page.text
    assert browser.page("/needs?state=stale").form(f"/needs/{code}/renewal")

    for act, state in (("renewal", "open"), ("met", "met"), ("reopening", "open"), ("withdrawal", "withdrawn")):
        page = browser.sent(page.form(f"/needs/{code}/{act}"))
        assert fresh(code).state == state
    assert "Is it still so?" not in page.text


def test_a_delivery_is_meant_for_it_by_its_code(browser):
    need = reported(browser.actor)
    delivery = logged(browser.actor, rice_and_oil(places=(VILLAGE,), planned_on=clock.today()))
    page = browser.page(f"/needs/{need.code}")
    assert delivery.code in page.text

    answer = browser.post(f"/needs/{need.code}/deliveries", data=csrf(page) | {"meant": "D-0000-0000"})
    assert (answer.status_code, "No delivery of yours has this code." in answer.text) == (422, True)
    typed = delivery.code.lower().replace("-", " ")
    browser.post(f"/needs/{need.code}/deliveries", data=csrf(page) | {"meant": typed})
    assert fresh(need.code).state is NeedState.COVERED
    browser.post(f"/needs/{need.code}/deliveries/removal", data=csrf(page) | {"meant": delivery.code})
    assert fresh(need.code).state is NeedState.OPEN


def test_a_need_whose_delivery_was_cancelled_says_so_and_is_open_again(browser, count_queries):
    need = reported(browser.actor)
    delivery = logged(browser.actor, rice_and_oil(places=(VILLAGE,), planned_on=clock.today()))
    with transaction() as session:
        service.cover(session, browser.actor, [need.code], delivery.code)
    page = browser.page(f"/needs/{need.code}")
    assert f"{delivery.code} Planned" in page.text
    assert "did not reach it" not in page.text
    with transaction() as session:
        deliveries.report(session, browser.actor, delivery.code, event(EventKind.CANCELLED, 18))

    with count_queries() as asked:
        browser.get(f"/needs/{need.code}")
    assert len(asked) <= 10, asked
    page = browser.page(f"/needs/{need.code}")
    assert f"{delivery.code} Cancelled" in page.text
    assert "What was meant for it did not reach it" in page.text
    for question, found in (("open", 1), ("covered", 0), ("standing", 1)):
        assert len(browser.page(f"/needs?state={question}").all("th", class_="card-head")) == found, question
    assert "Open" in browser.page("/needs").table[1]


def csrf(page):
    return {"csrf_token": page.all("input", name="csrf_token")[0].attrs["value"]}


def test_a_correction_keeps_what_was_typed_and_meets_the_newer_version(browser):
    code = reported(browser.actor, words="by boat only").code
    page = browser.page(f"/needs/{code}/edit")
    assert page.form().values["lines-0-quantity"] == ["40"]
    assert page.form().values["words"][0].strip() == "by boat only"

    told = browser.sent(page, people="90", **{"lines-0-quantity": "35"})
    assert "Rice (milled), 35 " in told.text
    stale = browser.post(f"/needs/{code}/edit", data=page.form().filled({"people": "80"}))
    assert (stale.status_code, fresh(code).people) == (422, 90)


def test_the_same_need_is_joined_from_its_page(browser):
    first, second = reported(browser.actor), reported(browser.actor)
    page = browser.page(f"/needs/{second.code}")
    told = browser.sent(page.form(f"/needs/{second.code}/joining"))

    assert (fresh(second.code).state, fresh(first.code).state) == (NeedState.JOINED, NeedState.OPEN)
    assert first.code in told.text
    assert second.code in browser.page(f"/needs/{first.code}").text


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", 2),
        ("sector=WSH", 1),
        ("urgency=critical", 1),
        ("place=MMR005016", 1),
        ("state=stale", 0),
        ("state=withdrawn", 1),
        ("state=any", 3),
        ("state=no-such&sector=no-such&urgency=&place=no-such", 2),
    ],
)
def test_the_list_is_narrowed(browser, question, found):
    reported(browser.actor)
    reported(browser.actor, ELSEWHERE, sector=Sector.WSH, urgency=Urgency.CRITICAL)
    wrong = reported(browser.actor, NEIGHBOUR)
    with transaction() as session:
        service.withdraw(session, browser.actor, wrong.code)

    lines = browser.get(f"/needs.csv?{question}").text.splitlines()
    assert len(lines) == 1 + found
    assert len(browser.page(f"/needs?{question}").all("th", class_="card-head")) == found


def test_a_file_is_of_the_own_group_and_holds_no_private_words(browser):
    reported(browser.actor, words="under the trees")
    reported(factories.actor("coordinator"), words="in the caves")
    text = browser.get("/needs.csv").text

    assert "Rice (milled), 40 " in text
    assert len(text.splitlines()) == 2
    assert "trees" not in text
