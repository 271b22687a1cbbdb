"""The pages: a delivery is logged, found, told on and corrected; what is typed is never lost; nobody else finds anything."""

import re
from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet.db import transaction
from aidnet.deliveries.models import Delivery, DeliveryEvent, DeliveryLine, EventKind, EventPrivate, EventQuantity
from aidnet.policy import unscoped
from tests import factories
from tests.deliveries.shared import OIL, RICE, TOLD, event, fresh, logged, ordinary, ready, rice_and_oil, villages
from tests.pages import Form


@pytest.fixture(autouse=True)
def catalogue(app):
    ready()


@pytest.fixture
def home(sign_in):
    """A coordinator's browser."""
    return sign_in("coordinator")


def count(model) -> int:
    with transaction() as session:
        return session.scalars(unscoped(sa.select(sa.func.count()).select_from(model), because=TOLD)).one()


def typed(places, **more):
    """What a coordinator types for rice and oil in so many villages."""
    values = {
        "lines-0-item": "rice",
        "lines-0-quantity": "300",
        "lines-0-unit": "rice_bag",
        "lines-1-item": "oil",
        "lines-1-quantity": "၁၅၀",
        "loaded_on": "2026-08-02",
        "crossed_on": "4/8/2026",
        "distributed_on": "2026-08-10",
        "share": "evenly",
    }
    for number, place in enumerate(places):
        values |= {f"villages-{number}-place": place, f"villages-{number}-households": "106", f"villages-{number}-people": "503"}
    return values | more


def send(client, values, status=303):
    page = client.page("/deliveries/new")
    form = page.form()
    response = client.post(form.action, data=form.filled({}) | values)
    assert response.status_code == status, response.text[:3000]
    return response


def test_an_ordinary_delivery_is_logged_on_one_page(home):
    page = home.page(send(home, typed(villages())).location)
    assert "D-" in page.one("h1").text
    assert "212" in page.text
    assert "1,006" in page.text
    assert "Crossed the border" in page.text


def test_logging_takes_fourteen_statements_and_one_commit(home, count_queries):
    page = home.page("/deliveries/new")
    values = page.form().filled({}) | typed(villages())
    with count_queries() as asked:
        response = home.post("/deliveries/new", data=values)
    assert response.status_code == 303
    assert len(asked) <= 14, asked
    assert asked.commits == 1


def test_the_same_form_sent_twice_records_one_delivery(home):
    page = home.page("/deliveries/new")
    values = page.form().filled({}) | typed(villages())
    first, second = (home.post("/deliveries/new", data=values) for _twice in range(2))
    assert first.location == second.location
    assert count(Delivery) == 1


def test_what_each_village_got_can_be_typed(home):
    here, there = villages()
    values = typed([here, there], share="typed")
    asked = send(home, values, status=200)
    assert "villages-1-got-1" in asked.text
    got = {"villages-0-got-0": "100", "villages-0-got-1": "50", "villages-1-got-0": "150", "villages-1-got-1": "100"}
    page = home.page(send(home, values | got).location)
    assert "250" in page.text
    assert "held by" in page.text


def test_a_plan_needs_only_its_day(home):
    values = {"lines-0-item": "rice", "lines-0-quantity": "300", "planned_on": "2026-09-10"}
    page = home.page(send(home, values).location)
    assert "Planned" in page.text


def test_rows_are_added_without_losing_what_was_typed(home):
    answer = send(home, typed(villages(), add="lines"), status=200)
    assert "lines-2-item" in answer.text
    assert 'value="300"' in answer.text
    assert count(Delivery) == 0


def test_places_are_found_without_javascript(home):
    name = factories.place(villages(1)[0]).name_en
    answer = send(home, {"lines-0-quantity": "7", "villages-0-place-q": name, "find": "villages-0-place"}, status=200)
    assert villages(1)[0] in answer.text
    assert 'value="7"' in answer.text


HOSTILE = [
    *("", "0", "-5", "1e9", "99999999999999999999", "NaN", "၀", "２", "<script>alert(1)</script>", "=1+1", "' OR 1=1 --", "\x00"),
    "x" * 5000,
]
FIELDS = [
    *("lines-0-quantity", "lines-0-item", "lines-0-own_name", "lines-0-unit", "loaded_on", "crossed_on", "crossing", "fund", "hub", "uid"),
    *("villages-0-place", "villages-0-place-q", "villages-0-households", "villages-0-displaced", "planned_on"),
    *("courier", "route_note", "note", "share"),
]


@pytest.mark.parametrize("name", FIELDS)
def test_no_input_breaks_the_form(home, name):
    values = home.page("/deliveries/new").form().filled({}) | typed(villages())
    for text in HOSTILE:
        response = home.post("/deliveries/new", data=values | {"uid": str(uuid4())} | {name: text})
        assert response.status_code in (200, 303, 422), text
        if response.status_code == 422:
            assert "<script>alert" not in response.text
            assert "၁၅၀" in response.text


def test_what_was_typed_wrongly_is_drawn_again(home):
    answer = send(home, typed(villages(), **{"lines-0-quantity": "=many", "note": "x" * 4001}), status=422)
    assert 'value="=many"' in answer.text
    assert "x" * 4001 in answer.text


@pytest.mark.parametrize("change", [{"loaded_on": "31/2/2026"}, {"loaded_on": "2027-01-01"}, {"loaded_on": "1026-01-01"}])
def test_an_impossible_day_is_said_beside_it(home, change):
    answer = send(home, typed(villages(), **change), status=422)
    assert change["loaded_on"] in answer.text
    assert count(Delivery) == 0


def test_a_formula_in_an_item_stays_words_in_the_file(home):
    send(home, {"lines-0-own_name": "=cmd|' /C calc'!A0", "lines-0-quantity": "3", "loaded_on": "2026-08-02"})
    body = home.get("/deliveries.csv").text
    assert "'=cmd" in body


def test_the_list_is_searched_and_filtered(home):
    here, there = villages()
    rice = logged(home.actor, ordinary())
    salt = logged(home.actor, rice_and_oil(lines=(rice_and_oil().lines[1],)))
    listed = lambda query: set(re.findall(r"D-\w{4}-\w{4}", home.page(f"/deliveries?{query}").one("tbody").text))  # noqa: E731

    assert listed("") == {rice.code, salt.code}
    assert listed(f"q={rice.code.lower()}") == {rice.code}
    assert listed(f"q={salt.code[:6]}") == {salt.code}
    assert listed("q=rice") == {rice.code}
    assert listed("item=rice") == {rice.code}
    assert listed("state=distributed") == {rice.code}
    assert listed("state=open") == {salt.code}
    village = factories.place(here)
    for pcode in (here, *(ancestor_code(village, name) for name in ("township_id", "district_id", "state_id", "parent_id"))):
        assert listed(f"place={pcode}") == {rice.code}, pcode
    assert listed("since=2026-08-11&until=2026-08-12") == {rice.code}
    assert listed("by=day") == {rice.code, salt.code}
    assert "No delivery is like that" in home.page("/deliveries?q=nothing+like+it").text
    assert there


def ancestor_code(place, name):
    from aidnet.places.models import Place

    with transaction() as session:
        return session.scalars(sa.select(Place.pcode).where(Place.id == getattr(place, name))).one()


ODD = ("after=x", "after=" + "A" * 500, "state=%00", "item=%27", "since=x", "place=MMR999", "q=%F0%9F%98%80", "by=1")


@pytest.mark.parametrize("query", ODD)
def test_no_address_breaks_the_list(home, query):
    logged(home.actor)
    home.page(f"/deliveries?{query}")
    assert home.get(f"/deliveries.csv?{query}").status_code == 200


def test_pages_of_the_list_hold_every_delivery_once(home):
    codes = {logged(home.actor, rice_and_oil()).code for _each in range(30)}
    page = home.page("/deliveries")
    seen = re.findall(r"D-\w{4}-\w{4}", page.one("tbody").text)
    older = home.page(page.one("a", rel="next").attrs["href"])
    seen += re.findall(r"D-\w{4}-\w{4}", older.one("tbody").text)
    assert len(seen) == 30
    assert set(seen) == codes


def test_the_file_is_exactly_the_filtered_list(home):
    rice = logged(home.actor)
    logged(home.actor, rice_and_oil(lines=(rice_and_oil().lines[1],)))
    body = home.get("/deliveries.csv?item=rice").text.splitlines()
    assert len(body) == 2
    assert rice.code in body[1]
    assert factories.place(villages(1)[0]).name_en in body[1]


@pytest.mark.parametrize("rows", [3, 40])
@pytest.mark.parametrize(
    "url", ["/board", "/deliveries", "/deliveries?state=open&item=rice&since=2026-08-01", "/deliveries.csv", "/deliveries/new"]
)
def test_a_page_asks_at_most_ten_times_however_long_the_list(home, count_queries, url, rows):
    for _each in range(rows):
        logged(home.actor)
    with count_queries() as asked:
        assert home.get(url).status_code == 200
    assert len(asked) <= 10, asked


def full_delivery(actor):
    """A delivery in which everything happened."""
    here, there = villages()
    other = factories.partner(factories.PartnerKind.RESPONDER)
    return logged(
        actor,
        rice_and_oil(
            courier="Uncle Moe",
            note="Behind the mill",
            places=(here, there),
            crossing_id=None,
            events=(
                event(EventKind.LOADED, 2),
                event(EventKind.CROSSED, 4),
                event(EventKind.LOST, 7, {RICE: 50_000}, place=here),
                event(EventKind.HANDED_OVER, 8, {RICE: 220_000}, given={RICE: 250_000}, receiver=other.id, party="Auntie", note="at dusk"),
                event(EventKind.DISTRIBUTED, 10, {RICE: 180_000, OIL: 120_000}, giver=other.id, place=here, households=212, people=1007),
            ),
        ),
    )


@pytest.mark.parametrize(
    "what", ["", "/events/new", *(f"/events/new?kind={kind}" for kind in ("distributed", "lost", "handed-over")), "correction"]
)
def test_the_pages_of_a_delivery_ask_at_most_ten_times(home, count_queries, what):
    delivery = full_delivery(home.actor)
    urls = [f"/deliveries/{delivery.code}{what}"]
    if what == "correction":
        with transaction() as session:
            uids = session.scalars(unscoped(sa.select(DeliveryEvent.uid), because=TOLD)).all()
        urls = [f"/deliveries/{delivery.code}/events/{uid}/correction" for uid in uids]
    for url in urls:
        with count_queries() as asked:
            assert home.get(url).status_code == 200
        assert len(asked) <= 10, asked


def test_a_delivery_shows_where_everything_is_and_what_is_not_known(home):
    delivery = full_delivery(home.actor)
    page = home.page(f"/deliveries/{delivery.code}")
    assert "This does not add up" in page.text
    assert "between reports 30" in page.text
    assert "seized at a checkpoint" in page.text
    assert "Not reported. Nothing is assumed." in page.text
    assert "Rice (milled) 220 bags (49 kg) counted, 30 short" in page.text


def test_private_words_are_shown_only_by_an_opening_that_is_written_down(home):
    delivery = full_delivery(home.actor)
    page = home.page(f"/deliveries/{delivery.code}")
    assert "Uncle Moe" not in page.text
    form = next(form for form in page.all("form") if form.attrs["action"].endswith("openings"))
    before = count(factories_audit())
    answer = home.post(form.attrs["action"], data={"csrf_token": form.one("input", name="csrf_token").attrs["value"]})
    assert answer.status_code == 200
    for words in ("Uncle Moe", "Behind the mill", "Auntie", "at dusk"):
        assert words in answer.text
    assert count(factories_audit()) == before + 1
    assert home.get(form.attrs["action"]).status_code in (404, 405)


def factories_audit():
    from aidnet.audit.models import AuditEntry

    return AuditEntry


def test_what_happened_next_is_added(home):
    delivery = logged(home.actor, rice_and_oil(places=villages()))
    assert "Crossed the border" in home.page(f"/deliveries/{delivery.code}/events/new").text
    for kind, values in {
        "loaded": {},
        "departed": {},
        "crossed": {},
        "delayed": {"note": "river"},
        "arrived": {"place": villages()[0]},
        "handed-over": {"amounts-0-quantity": "200", "amounts-0-given": "220", "receiver": "0", "party": "Uncle"},
        "distributed": {"amounts-0-quantity": "50", "place": villages()[0], "households": "၂၀", "people": "100"},
        "lost": {"amounts-1-quantity": "5", "reason": "seized"},
        "returned": {"amounts-1-quantity": "5"},
        "confirmed": {},
        "cancelled": {},
    }.items():
        home.sent(f"/deliveries/{delivery.code}/events/new?kind={kind}", {"happened_on": "2026-08-10"} | values)
    assert fresh(delivery.code).households == 20
    assert count(DeliveryEvent) == 12
    assert count(EventPrivate) == 2


def test_a_report_that_is_not_right_keeps_what_was_typed(home):
    delivery = logged(home.actor, rice_and_oil(places=villages()))
    url = f"/deliveries/{delivery.code}/events/new?kind=distributed"
    page = home.refused(url, {"happened_on": "2026-08-10", "amounts-0-quantity": "lots", "households": "7"})
    assert page.one("input", name="amounts-0-quantity").attrs["value"] == "lots"
    assert page.one("input", name="households").attrs["value"] == "7"
    page = home.refused(url, {"happened_on": "2026-08-10", "amounts-0-quantity": "5"})
    assert "Say where it was handed out" in page.text


def test_a_count_typed_for_a_group_is_neither_dropped_nor_taken_for_what_was_given(home):
    other = factories.responder()
    url = f"/deliveries/{logged(home.actor, rice_and_oil()).code}/events/new?kind=handed-over"
    typed = {"happened_on": "2026-08-10", "receiver": str(other.id)}
    for given in ("", "220"):
        page = home.refused(url, typed | {"amounts-0-given": given, "amounts-0-quantity": "200"})
        assert "The group says this itself." in page.text
        assert page.one("input", name="amounts-0-quantity").attrs["value"] == "200"
    home.sent(url, typed | {"amounts-0-given": "220", "amounts-0-quantity": "220"})
    assert amounts_of(EventKind.HANDED_OVER) == {RICE: 220_000}


def amounts_of(kind):
    """What was said last by an event of a kind (or what corrects it), by the number of the line."""
    with transaction() as session:
        statement = (
            sa.select(DeliveryLine.number, EventQuantity.quantity_milli)
            .join(EventQuantity, EventQuantity.line_id == DeliveryLine.id)
            .join(DeliveryEvent, DeliveryEvent.id == EventQuantity.event_id)
            .where(DeliveryEvent.kind == kind)
        )
        return {row.number: row.quantity_milli for row in session.execute(unscoped(statement, because=TOLD))}


@pytest.mark.parametrize("where", ["report", "correction", "asking"])
def test_an_amount_is_of_the_line_that_it_names_wherever_the_page_put_it(home, where):
    delivery = full_delivery(home.actor)
    url, kind, name = {
        "report": ("events/new?kind=returned", EventKind.RETURNED, "amounts-0-quantity"),
        "correction": (f"events/{uid_of(delivery.code, EventKind.LOST)}/correction", EventKind.CORRECTED, "amounts-0-quantity"),
        "asking": (f"events/{uid_of(delivery.code, EventKind.DISTRIBUTED)}/asking", EventKind.CONFIRMED, "answer"),
    }[where]
    url = f"/deliveries/{delivery.code}/{url}"
    page = home.page(url)
    form = form_with(page, name)
    assert [form.values[f"amounts-{at}-line"] for at in range(2)] == [[str(RICE)], [str(OIL)]]
    more = {"answer": "short", "said_by": "community"} if where == "asking" else {}
    typed = {"happened_on": "2026-08-12", "amounts-0-quantity": "7", "amounts-1-quantity": ""} | more

    for gone in ("3", "", "0", "x"):
        answer = home.post(url, data=form.filled(typed | {"amounts-0-line": gone}))
        assert answer.status_code == 422
        assert "Rice (milled): This line is not there any more." in answer.text.replace("</a>", "")
        assert 'value="7"' in answer.text
    assert not amounts_of(kind)

    answer = home.post(url, data=form.filled(typed | {"amounts-0-line": str(OIL), "amounts-1-line": str(RICE)}))
    assert answer.status_code == 303
    assert amounts_of(kind) == {OIL: 7_000}


def test_what_was_given_by_a_line_that_is_gone_is_not_given_by_another(home):
    delivery = logged(home.actor, rice_and_oil(places=villages()))
    url = f"/deliveries/{delivery.code}/events/new?kind=handed-over"
    typed = {"happened_on": "2026-08-10", "receiver": "0", "amounts-0-line": "3", "amounts-0-given": "20"}
    page = home.refused(url, typed)
    assert "This line is not there any more." in page.text
    assert page.form().values["amounts-0-given"] == ["20"]
    home.sent(page, {"amounts-0-line": str(OIL)})
    assert amounts_of(EventKind.HANDED_OVER) == {OIL: 20_000}


REPORT_FIELDS = [
    *("amounts-0-quantity", "amounts-99-quantity", "amounts-0-given", "receiver", "giver", "place", "said_by"),
    *("precision", "happened_on", "uid", "note", "party"),
]


@pytest.mark.parametrize("name", REPORT_FIELDS)
def test_no_input_breaks_a_report(home, name):
    delivery = logged(home.actor, rice_and_oil(places=villages()))
    url = f"/deliveries/{delivery.code}/events/new?kind=handed-over"
    values = home.page(url).form().filled({"happened_on": "2026-08-10", "amounts-0-quantity": "5"})
    for text in HOSTILE:
        response = home.post(url, data=values | {"uid": str(uuid4())} | {name: text})
        assert response.status_code in (200, 303, 422), text


def uid_of(code, kind):
    with transaction() as session:
        statement = sa.select(DeliveryEvent.uid).join(Delivery, Delivery.id == DeliveryEvent.delivery_id)
        return session.scalars(unscoped(statement.where(Delivery.code == code, DeliveryEvent.kind == kind), because=TOLD)).first()


def form_with(page, name):
    """The page's form that can send `name`."""
    return next(form for form in (Form(each, page) for each in page.all("form")) if name in form.names)


def test_a_correction_is_drawn_from_what_was_said_and_becomes_the_last_word(home):
    delivery = full_delivery(home.actor)
    url = f"/deliveries/{delivery.code}/events/{uid_of(delivery.code, EventKind.DISTRIBUTED)}/correction"
    form = form_with(home.page(url), "households")
    assert form.values["households"] == ["212"]
    page = home.sent(form, {"households": "200"})
    assert "Corrected" in page.text
    assert fresh(delivery.code).households == 200


def test_an_event_is_taken_back(home):
    delivery = full_delivery(home.actor)
    url = f"/deliveries/{delivery.code}/events/{uid_of(delivery.code, EventKind.LOST)}/correction"
    form = form_with(home.page(url), "took_back")
    assert "Taken back" in home.sent(form).text


def test_the_board_says_what_waits_and_what_is_true(home):
    full_delivery(home.actor)
    page = home.page("/board")
    assert "One delivery does not add up" in page.text
    assert "212" in page.text
    assert "Partly handed out" in page.text
    assert "0 fresh needs" in page.text


def test_a_plan_whose_day_is_over_is_late_on_the_board(home):
    from datetime import date

    delivery = logged(home.actor, rice_and_oil(planned_on=date(2026, 8, 1)))
    page = home.page("/board")
    assert "Late against plan" in page.text
    assert page.text.count(delivery.code) == 1


def own_logger(sign_in, coordinator):
    from aidnet.partners.models import Partner

    with transaction() as session:
        home = session.scalars(unscoped(sa.select(Partner).where(Partner.id == coordinator.partner_id), because=TOLD)).one()
    return sign_in("logger", at=home)


def test_a_logger_sees_codes_and_states_of_what_it_logged(home, sign_in):
    logger = own_logger(sign_in, home.actor)
    theirs = full_delivery(home.actor)
    page = logger.page(send(logger, typed(villages())).location)
    own = re.search(r"D-\w{4}-\w{4}", page.one("h1").text)[0]
    village = factories.place(villages(1)[0]).name_en
    reports = [f"/deliveries/{own}/events/new?kind={kind}" for kind in ("distributed", "loaded")]
    for url in (f"/deliveries/{own}", "/deliveries", "/board", *reports):
        text = logger.page(url).text
        for secret in (village, "212", "503", "1,006", theirs.code, "300", "Aug 2026 by"):
            assert secret not in text, (url, secret)
    assert "Rice (milled)" in logger.page(f"/deliveries/{own}").text
    assert village not in logger.get("/deliveries.csv").text
    assert own in logger.get("/deliveries.csv").text
    logger.sent(f"/deliveries/{own}/events/new?kind=arrived", {"happened_on": "2026-08-12"})


def test_a_logger_cannot_narrow_the_list_by_what_it_does_not_see(home, sign_in):
    logger = own_logger(sign_in, home.actor)
    send(logger, typed(villages(2)))
    for query in (f"place={villages(3)[2]}", "since=2026-08-17", "until=2026-08-01", "state=question"):
        assert logger.page(f"/deliveries?{query}").all("tbody"), query


def test_another_group_finds_nothing_under_any_address(home, sign_in):
    delivery = full_delivery(home.actor)
    stranger = sign_in("coordinator")
    logger = own_logger(sign_in, home.actor)
    nowhere = stranger.get("/deliveries/D-0000-0000")
    uid = uid_of(delivery.code, EventKind.LOADED)
    for client in (stranger, logger):
        for url in ("", "/events/new", "/events/new?kind=lost", f"/events/{uid}/correction", f"/events/{uuid4()}/correction"):
            answer = client.get(f"/deliveries/{delivery.code}{url}")
            assert answer.status_code == 404, url
        assert delivery.code not in client.get("/deliveries.csv").text
        token = client.page("/board").all("input", name="csrf_token")[0].attrs["value"]
        for url in ("/openings", "/events/new?kind=lost", f"/events/{uid}/correction"):
            assert client.post(f"/deliveries/{delivery.code}{url}", data={"csrf_token": token}).status_code == 404, url
    assert scrubbed(stranger.get(f"/deliveries/{delivery.code}").text) == scrubbed(nowhere.text)
    assert delivery.code not in stranger.page("/board").text


def scrubbed(text):
    """A page without its address and token."""
    return re.sub(r'value="[^"]*"', "", text)


@pytest.mark.parametrize("role", ["donor", "treasurer", "auditor", "admin"])
@pytest.mark.parametrize("url", ["/board", "/deliveries", "/deliveries.csv", "/deliveries/new"])
def test_other_roles_find_no_deliveries(sign_in, role, url):
    assert sign_in(role).get(url).status_code == 404
