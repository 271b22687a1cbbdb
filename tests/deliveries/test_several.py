"""Filters that a person keeps, and what is done to several deliveries of the list at once."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet.audit.models import AuditEntry
from aidnet.db import transaction
from aidnet.deliveries import filters
from aidnet.deliveries.models import DeliveryEvent, DeliveryState, EventKind
from aidnet.deliveries.plan_models import SavedFilter
from aidnet.policy import unscoped
from tests import factories
from tests.deliveries.shared import TOLD, event, fresh, logged, ready, rice_and_oil


@pytest.fixture
def home(app, sign_in):
    ready()
    return sign_in("coordinator")


def loaded(actor):
    return logged(actor, rice_and_oil(events=(event(EventKind.LOADED),)))


def rows(model, *where):
    with transaction() as session:
        return session.scalars(unscoped(sa.select(model).where(*where).order_by(*model.__table__.primary_key), because=TOLD)).all()


def keep(browser, url, name, status=303):
    """Keep the filters of a list under a name."""
    page = browser.page(url)
    action = next(form.attrs["action"] for form in page.all("form") if form.attrs["action"].startswith("/deliveries/filters?"))
    answer = browser.post(action, data=page.form(action).filled({"name": name}))
    assert answer.status_code == status, answer.text[:2000]
    return answer


def remove(browser, uid):
    """Send the removal of a filter as somebody who has signed in."""
    token = browser.page("/search").all("input", name="csrf_token")[0].attrs["value"]
    return browser.post(f"/deliveries/filters/{uid}/removal", data={"csrf_token": token}).status_code


def test_filters_are_kept_by_name_and_forgotten(home):
    logged(home.actor)
    assert "Keep or remove" not in home.page("/deliveries").text
    answer = keep(home, "/deliveries?state=open&item=rice&after=x", "Rice on its way")
    assert answer.location == "/deliveries?state=open&item=rice"
    page = home.page("/deliveries")
    assert "/deliveries?state=open&item=rice" in str(page.links())
    assert "Rice on its way" in page.text
    keep(home, "/deliveries?state=late", "Rice on its way")
    assert [(row.name, row.query) for row in rows(SavedFilter)] == [("Rice on its way", "state=late")]
    assert page.form(f"/deliveries/filters/{rows(SavedFilter)[0].uid}/removal").method == "post"
    assert remove(home, rows(SavedFilter)[0].uid) == 303
    assert rows(SavedFilter) == []


def test_a_name_sent_from_two_windows_at_once_is_one_filter_that_asks_the_later(home, meeting):
    def keep_both(asked):
        return lambda session: filters.save(session, home.actor, uid=uuid4(), name="Rice", asked={"q": asked})

    assert meeting(keep_both("one"), keep_both("two")) is None
    assert [(row.name, row.query) for row in rows(SavedFilter)] == [("Rice", "q=two")]


def test_a_filter_without_a_name_comes_back_with_the_list(home):
    logged(home.actor)
    answer = keep(home, "/deliveries?state=open", " ", status=422)
    assert "Please fill this in." in answer.text
    assert "Still open" in answer.text


def test_another_person_has_neither_the_filter_nor_its_removal(home, sign_in):
    logged(home.actor)
    keep(home, "/deliveries?state=open", "Mine alone")
    other = sign_in("coordinator")
    assert "Mine alone" not in other.page("/deliveries").text
    assert remove(other, rows(SavedFilter)[0].uid) == 404
    assert len(rows(SavedFilter)) == 1


def test_loaded_ones_set_out_with_a_report_each_however_often_it_is_sent(home):
    first, second = loaded(home.actor), loaded(home.actor)
    planned = logged(home.actor, rice_and_oil())
    theirs = loaded(factories.actor("coordinator"))
    asked = "&".join(f"code={one.code}" for one in (first, second, planned, theirs))
    page = home.page(f"/deliveries/departures?{asked}")
    assert theirs.code not in page.text
    data = page.form("/deliveries/departures").filled({})
    assert planned.code not in str(data)
    before = len(rows(AuditEntry))
    for _twice in range(2):
        assert home.post("/deliveries/departures", data=data).status_code == 303
    gone = rows(DeliveryEvent, DeliveryEvent.kind == EventKind.DEPARTED)
    assert {one.delivery_id for one in gone} == {first.id, second.id}
    assert len(gone) == 2
    assert [entry.action for entry in rows(AuditEntry)[before:]] == ["delivery.reported"] * 2
    assert fresh(first.code).state is DeliveryState.ON_THE_WAY
    assert fresh(planned.code).state is DeliveryState.PLANNED


def test_anothers_code_in_the_form_sets_out_nothing(home):
    own, theirs = loaded(home.actor), loaded(factories.actor("coordinator"))
    data = home.page(f"/deliveries/departures?code={own.code}").form("/deliveries/departures").filled({})
    forged = {name: [theirs.code if value == own.code else value for value in values] for name, values in data.items()}
    assert home.post("/deliveries/departures", data=forged).status_code == 404
    assert rows(DeliveryEvent, DeliveryEvent.kind == EventKind.DEPARTED) == []


def test_nothing_loaded_among_them_is_said(home):
    planned = logged(home.actor, rice_and_oil())
    page = home.page(f"/deliveries/departures?code={planned.code}")
    assert "None of those chosen is loaded" in page.text
    assert planned.code in page.text


def test_the_list_has_a_box_for_each(home):
    one = loaded(home.actor)
    box = home.page("/deliveries").one("input", type="checkbox")
    assert (box.attrs["name"], box.attrs["value"]) == ("code", one.code)
