"""Pages of custody: the receiver sees a hand-over alone; forms keep what was typed; what is printed names nobody."""

import re
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.custody.labels import MOST, Packed, labels
from aidnet.db import transaction
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.custody_models import LineOrigin
from aidnet.deliveries.drafts import CorrectionDraft, EventDraft
from aidnet.deliveries.models import Answer, Delivery, DeliveryEvent, DeliveryLine, EventKind, Refusal
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.policy import unscoped
from aidnet.web.qr import qr
from tests import factories
from tests.custody.shared import given_to, of, pair, said
from tests.deliveries.shared import OIL, RICE, TOLD, coordinator, event, logged, ordinary, ready, rice_and_oil, villages


@pytest.fixture(autouse=True)
def catalogue(app):
    ready()


def everything(giver, receiver, **more):
    """A delivery with whatever a receiver must not see: villages, crossing, courier, another line, a note."""
    here, there = villages()
    handed = event(EventKind.HANDED_OVER, 6, {RICE: 250_000}, receiver=receiver.partner_id, note="By the canal", party="Heron")
    events = (
        event(EventKind.LOADED, 2, place=here),
        handed,
        event(EventKind.DISTRIBUTED, 10, {RICE: 20_000}, place=there, households=77, people=30_178),
    )
    return logged(giver, rice_and_oil(events=events, places=(here, there), courier="Uncle K", route_note="At night", **more))


def test_a_receiver_sees_the_hand_over_alone(sign_in):
    giver, receiver = pair()
    delivery = everything(giver, receiver)
    browser = sign_in(receiver)
    names = [factories.place(pcode).name_en for pcode in villages()]
    for url in ("/handovers", *(f"/handovers/{of(delivery).code}{end}" for end in ("", "/answer", "/onward", "/slip")), "/handovers.csv"):
        text = browser.get(url).text
        assert of(delivery).code in text
        kept = (*names, delivery.code, "Uncle K", "At night", "Heron", "By the canal", "Cooking oil", "30,178", "30178", giver.name)
        assert not [word for word in kept if word in text], url
    assert "250" in browser.page(f"/handovers/{of(delivery).code}").text
    browser.page(f"/deliveries/{delivery.code}", status=404)
    browser.page(f"/deliveries/{delivery.code}/labels", status=404)


def test_a_third_group_and_other_roles_find_no_hand_over(sign_in):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    third = sign_in(coordinator())
    assert of(delivery).code not in third.page("/handovers").text
    for end in ("", "/answer", "/slip", "/onward"):
        third.page(f"/handovers/{of(delivery).code}{end}", status=404)
    for role in ("donor", "treasurer", "auditor", "admin"):
        assert sign_in(role).get("/handovers").status_code in (403, 404)


def test_an_answer_is_typed_and_typed_again(sign_in):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    browser = sign_in(receiver)
    url = f"/handovers/{of(delivery).code}/answer"
    page = browser.refused(url, {"answer": "short"})
    assert "Type what you counted." in page.text
    page = browser.refused(url, {"answer": "short", "amounts-0-quantity": "few"})
    assert "Type a number" in page.text
    assert "Type what you counted." not in page.text
    page = browser.refused(url, {"answer": "refused"})
    assert "Say why it was not taken." in page.text
    page = browser.sent(browser.page(url), {"answer": "short", "amounts-0-quantity": "၂၂၀"})
    assert "30 short" in page.text
    with clock.at(factories.NOW + timedelta(hours=1)):
        page = browser.sent(browser.page(url), {"answer": "refused", "refusal": "damaged"})
    assert "damaged" in page.text


def test_the_giver_sees_who_answered_and_never_which_person(sign_in):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    said(receiver, delivery, Answer.SHORT, {RICE: 220_000})
    page = sign_in(giver).page(f"/deliveries/{delivery.code}")
    assert f"{receiver.partner_name}: Less came" in page.text
    assert "30 bags (49 kg) short" in page.text
    assert receiver.name not in page.text


def test_a_giver_who_reports_it_as_confirmed_reads_what_it_still_waits_for(sign_in):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    browser = sign_in(giver)
    url = f"/deliveries/{delivery.code}/events/new?kind=confirmed"
    page = browser.sent(browser.page(url), {"happened_on": "2026-08-09", "said_by": "own-team"})
    assert "Reported as confirmed by the receiver, and still open." in page.text
    assert f"{receiver.partner_name} has not said yet what came. It waits for their answer to the hand-over." in page.text
    assert f"By these reports {giver.partner_name} still has part of it." in page.text
    assert len(page.all("a", href=f"/deliveries/{delivery.code}/events/new")) == 1
    assert delivery.code in browser.page("/deliveries?state=handed-over").text
    said(receiver, delivery, Answer.SHORT, {RICE: 220_000})
    page = browser.page(f"/deliveries/{delivery.code}")
    assert f"{receiver.partner_name} counted less than was given, and nobody said where the rest is." in page.text


def test_what_is_handed_out_and_still_held_is_too_much_in_one_sentence(sign_in):
    giver, receiver = pair()
    here = villages()[0]
    delivery = given_to(giver, receiver, places=(here,))
    said(receiver, delivery, Answer.ACCEPTED)
    browser = sign_in(giver)
    url = f"/deliveries/{delivery.code}/events/new?kind=distributed"
    page = browser.sent(browser.page(url), {"happened_on": "2026-08-10", "amounts-0-quantity": "300", "place": here})
    told = "300 gone and 250 still held are together 250 bags (49 kg) more than there was. A step was not reported, or a count is wrong."
    assert told in page.text
    assert f"held by {receiver.partner_name} 250" in page.text
    assert delivery.code in browser.page("/deliveries?state=partly-distributed").text


def test_a_hand_over_to_a_group_is_what_the_giver_gave(sign_in):
    giver, receiver = pair()
    delivery = logged(giver, rice_and_oil(events=(event(EventKind.LOADED, 2),)))
    browser = sign_in(giver)
    url = f"/deliveries/{delivery.code}/events/new?kind=handed-over"
    typed = {"happened_on": "2026-08-06", "amounts-0-given": "250", "amounts-0-quantity": "220"}
    page = browser.refused(url, typed | {"receiver": str(receiver.partner_id)})
    assert "The group says this itself." in page.text
    page = browser.sent(browser.page(url), typed | {"receiver": str(receiver.partner_id), "amounts-0-quantity": ""})
    assert "Not confirmed yet" in page.text
    assert "with " + receiver.partner_name + ", as the giver says 250" in page.text
    outside = {"receiver": "0", "party": "Auntie", "amounts-0-given": "20", "amounts-0-quantity": "15"}
    page = browser.sent(browser.page(url), typed | outside)
    assert "5 bags (49 kg) short" in page.text


def test_a_part_goes_on_and_comes_together_again(sign_in):
    giver = coordinator()
    delivery = logged(giver, ordinary(events=(event(EventKind.LOADED, 2),)))
    browser = sign_in(giver)
    url = f"/deliveries/{delivery.code}/split"
    assert "Say how much" in browser.refused(url, {"loaded_on": "2026-08-03"}).text
    form = browser.page(url)
    page = browser.sent(form, {"amounts-0-quantity": "100", "loaded_on": "2026-08-03", "places": [villages()[0]]})
    part = re.search(r"D-\w{4}-\w{4}", page.one("h1").text).group()
    assert f"Rice (milled) 100 bags (49 kg) came from {delivery.code}" in page.text
    page = browser.page(f"/deliveries/{delivery.code}")
    assert f"went on with {part}" in page.text

    joined = browser.page(f"/deliveries/join?with={part}&with={delivery.code}")
    assert sorted(joined.form().values["takes"]) == sorted([part, delivery.code])
    page = browser.sent(joined, {"moved_on": "2026-08-04"})
    assert "Rice (milled): 300 bags (49 kg)" in page.text
    assert "Went on with another consignment" in browser.page(f"/deliveries/{part}").text
    assert "There are no two open consignments in your hands." in browser.page("/deliveries/join").text


def test_one_consignment_is_not_joined(sign_in):
    giver = coordinator()
    codes = [logged(giver, rice_and_oil(events=(event(EventKind.LOADED, 2),))).code for _turn in range(2)]
    browser = sign_in(giver)
    for takes in (None, codes[:1]):
        assert "Choose at least two." in browser.refused("/deliveries/join", {"takes": takes, "moved_on": "2026-08-04"}).text


def test_the_same_form_sent_twice_splits_once(sign_in):
    giver = coordinator()
    delivery = logged(giver, rice_and_oil(events=(event(EventKind.LOADED, 2),)))
    browser = sign_in(giver)
    page = browser.page(f"/deliveries/{delivery.code}/split")
    values = page.form().filled({"amounts-0-quantity": "100"})
    first, second = (browser.post(f"/deliveries/{delivery.code}/split", data=values) for _twice in range(2))
    assert first.location == second.location
    with transaction() as session:
        assert session.scalar(unscoped(sa.select(sa.func.count()).select_from(Delivery), because=TOLD)) == 2


def parts_of(delivery):
    """What other deliveries took of this one: line numbers and quantities."""
    mine = sa.select(DeliveryLine.number, LineOrigin.quantity_milli).join(LineOrigin, LineOrigin.from_line_id == DeliveryLine.id)
    with transaction() as session:
        rows = session.execute(unscoped(mine.where(DeliveryLine.delivery_id == delivery.id), because=TOLD))
        return [tuple(row) for row in rows]


def test_what_was_typed_for_a_line_is_of_that_line_whatever_happened_meanwhile(sign_in):
    giver = coordinator()
    delivery = logged(giver, rice_and_oil(events=(event(EventKind.LOADED, 2),)))
    browser = sign_in(giver)
    page = browser.page(f"/deliveries/{delivery.code}/split")
    code = delivery.code
    with transaction() as session:
        deliveries.report(session, giver, code, event(EventKind.LOST, 3, {RICE: 300_000}))
    browser.sent(page, {"amounts-0-quantity": "50", "loaded_on": "2026-08-03"})
    assert parts_of(delivery) == [(RICE, 50_000)]
    assert [field.attrs["value"] for field in browser.page(f"/deliveries/{code}/split").all("input", name="amounts-0-line")] == [str(OIL)]


def test_all_of_it_split_off_is_found_again_by_the_same_form(sign_in):
    giver = coordinator()
    delivery = logged(giver, rice_and_oil(events=(event(EventKind.LOADED, 2),)))
    browser, url = sign_in(giver), f"/deliveries/{delivery.code}/split"
    page = browser.page(url)
    typed = {"amounts-0-quantity": "300", "amounts-1-quantity": "150", "loaded_on": "2026-08-03"}
    first, second = (browser.send(page, typed) for _twice in range(2))
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert parts_of(delivery) == [(RICE, 300_000), (OIL, 150_000)]
    again = browser.refused(page, typed | {"uid": "00000000-0000-4000-8000-000000000007"})
    assert "is known to be in your hands" in again.text
    assert again.form().values["amounts-1-quantity"] == ["150"]
    assert not browser.page(url).one("main").all("form")


@pytest.mark.parametrize("end", ["answer", "onward"])
def test_a_line_that_was_taken_back_is_named_and_what_was_typed_stays(sign_in, end):
    giver, receiver = pair()
    both = EventDraft(
        kind=EventKind.HANDED_OVER,
        happened_on=date(2026, 8, 6),
        quantities={RICE: 250_000, OIL: 100_000},
        receiver=receiver.partner_id,
    )
    delivery = logged(giver, rice_and_oil(events=(event(EventKind.LOADED, 2), both)))
    row, code = of(delivery), delivery.code
    url = f"/handovers/{row.code}/{end}"
    browser = sign_in(receiver)
    late = browser.page(url)
    with transaction() as session:
        oil = CorrectionDraft(event=row.uid, facts=replace(both, uid=uuid4(), quantities={OIL: 100_000}))
        deliveries.correct(session, giver, code, oil)
    typed = {"amounts-0-quantity": "50", "amounts-1-quantity": "90"} | ({"answer": "short"} if end == "answer" else {})
    page = browser.refused(late, typed)
    assert "Rice (milled): This line is not there any more." in page.one(class_="wrong").text
    assert [page.form().values[f"amounts-{at}-quantity"] for at in range(2)] == [["50"], ["90"]]
    browser.sent(page, {"amounts-0-quantity": ""})
    if end == "answer":
        assert "10 short" in browser.page(f"/handovers/{row.code}").text
    else:
        assert parts_of(delivery) == [(OIL, 90_000)]


@pytest.mark.parametrize("line", ["", "99", "0", "၁", "-1", "<b>"])
def test_a_line_that_was_never_there_moves_nothing(sign_in, line):
    giver = coordinator()
    delivery = logged(giver, rice_and_oil(events=(event(EventKind.LOADED, 2),)))
    page = sign_in(giver).refused(f"/deliveries/{delivery.code}/split", {"amounts-0-line": line, "amounts-0-quantity": "5"})
    assert "This line is not there any more." in page.text
    assert parts_of(delivery) == []


@pytest.mark.parametrize(
    ("events", "offered"),
    [
        ((), {"labels"}),
        ((event(EventKind.LOADED, 2),), {"split", "join", "labels", "slip"}),
        ((event(EventKind.LOADED, 2), event(EventKind.LOST, 5, {RICE: 300_000, OIL: 149_000})), {"split", "join", "labels", "slip"}),
        ((event(EventKind.LOADED, 2), event(EventKind.HANDED_OVER, 5, {RICE: 300_000, OIL: 150_000}, party="Heron")), {"labels"}),
    ],
)
def test_only_what_is_in_the_own_hands_is_offered_to_be_parted_and_handed_over(sign_in, events, offered):
    giver = coordinator()
    delivery = logged(giver, rice_and_oil(events=events))
    browser = sign_in(giver)
    here = f"/deliveries/{delivery.code}"
    links = browser.page(here).links()
    ways = {"split": f"{here}/split", "join": f"/deliveries/join?with={delivery.code}", "labels": f"{here}/labels", "slip": f"{here}/slip"}
    assert {name for name, url in ways.items() if any(link.endswith(url) for link in links)} == offered
    told = "Nothing of it is known to be in your hands."
    assert (told in browser.page(ways["slip"]).text) == ("slip" not in offered)


def test_nobody_splits_or_labels_what_is_another_groups(sign_in):
    delivery = logged(coordinator(), rice_and_oil(events=(event(EventKind.LOADED, 2),)))
    browser = sign_in(coordinator())
    for end in ("split", "labels", "slip"):
        browser.page(f"/deliveries/{delivery.code}/{end}", status=404)


def counted(model):
    with transaction() as session:
        return session.scalar(unscoped(sa.select(sa.func.count()).select_from(model), because=TOLD))


def beside(page, field):
    """What is said beside a field, or of a group of them."""
    if found := page.all("p", id=f"{field}-error"):
        return [each.text for each in found]
    return [each.text for each in page.all("p", class_="error", id=field)]


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({"amounts-0-quantity": ""}, "amounts", "Say how much: at least one quantity."),
        ({"amounts-0-quantity": "-1"}, "amounts-0-quantity", "The quantity"),
        ({"loaded_on": "2030-01-01"}, "loaded_on", "This day has not come yet."),
        ({"loaded_on": ""}, "loaded_on", "Say when."),
        ({"planned_on": "1999-12-31"}, "planned_on", "This day is too long ago."),
    ],
)
def test_what_cannot_be_carried_on_is_refused_beside_its_field(sign_in, typed, field, told):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    said(receiver, delivery, Answer.ACCEPTED)
    page = sign_in(receiver).refused(f"/handovers/{of(delivery).code}/onward", typed)
    assert [found[: len(told)] for found in beside(page, field)] == [told]
    assert counted(Delivery) == 1


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({"takes": 1}, "takes", "Choose at least two."),
        ({"takes": 3}, "takes", "Nothing of"),
        ({"moved_on": "2030-01-01"}, "moved_on", "This day has not come yet."),
        ({"moved_on": "1999-12-31"}, "moved_on", "This day is too long ago."),
        ({"planned_on": "soon"}, "planned_on", "This is not a day"),
    ],
)
def test_what_cannot_be_joined_is_refused_beside_its_field(sign_in, typed, field, told):
    """The third of them is a plan: nothing of it is there to be joined."""
    actor = coordinator()
    begun = ([event(EventKind.LOADED, 2)], [event(EventKind.LOADED, 2)], [])
    codes = [logged(actor, rice_and_oil(events=tuple(events))).code for events in begun]
    page = sign_in(actor).refused("/deliveries/join", typed | {"takes": codes[: typed.get("takes", 2)]})
    assert [found[: len(told)] for found in beside(page, field)] == [told]
    assert counted(Delivery) == 3


def test_what_is_printed_names_no_place_and_no_person(sign_in):
    giver, receiver = pair()
    delivery = everything(giver, receiver)
    browser = sign_in(giver)
    names = [factories.place(pcode).name_en for pcode in villages()]
    here = f"/deliveries/{delivery.code}"
    handed = of(delivery).code
    for url, code in ((f"{here}/labels?line-1=3", delivery.code), (f"{here}/slip", delivery.code), (f"/handovers/{handed}/slip", handed)):
        page = browser.page(url)
        drawn = {path.attrs["d"] for svg in page.one("main").all("svg", class_="qr") for path in svg.all("path")}
        assert drawn == {qr(code).path}, f"{url}: the code alone, and no address"
        assert "Rice (milled)" in page.text
        assert "paper" in page.one("body").attrs["class"]
        main = page.one("main").text
        assert not [word for word in (*names, giver.partner_name, receiver.partner_name, giver.name, "Uncle K") if word in main], url


def test_labels_share_a_line_out_evenly_and_never_beyond_the_sheet():
    rice, oil = Packed(1, "Rice", "bags", 100_000), Packed(2, "Oil", "litres", None)
    made = labels([rice, oil], {1: 3, 2: 2})
    assert [(one.number, one.item, one.milli) for one in made] == [
        *((1, "Rice", 33_000), (2, "Rice", 33_000), (3, "Rice", 34_000)),
        *((4, "Oil", None), (5, "Oil", None)),
    ]
    assert labels([rice], {1: 0}) == []
    assert len(labels([Packed(number, "Rice", "bags", 1_000) for number in range(1, 40)], dict.fromkeys(range(1, 40), 60))) == MOST


def test_labels_say_what_is_in_the_own_hands_and_before_that_the_plan(sign_in, count_queries):
    giver = coordinator()
    browser, plan = sign_in(giver), logged(giver, rice_and_oil())

    def told(code):
        with count_queries() as asked:
            page = browser.page(f"/deliveries/{code}/labels")
        assert len(asked) <= 10, asked
        return [" ".join(each.text.split()) for each in page.one("main").all("li")]

    assert ["300" in rice and "150" in oil for rice, oil in [told(plan.code)]] == [True]
    delivery = logged(giver, rice_and_oil(events=(event(EventKind.LOADED, 2, {RICE: 280_000, OIL: 150_000}),)))
    split = f"/deliveries/{delivery.code}/split"
    part = browser.sent(browser.page(split), {"amounts-0-quantity": "100", "amounts-1-quantity": "150"}).title.split()[-1]
    (rice,) = told(delivery.code)
    assert "180" in rice
    assert "300" not in rice
    assert ["100" in rice and "150" in oil for rice, oil in [told(part)]] == [True]
    back = event(EventKind.RETURNED, 9, {RICE: 180_000})
    code = delivery.code
    with transaction() as session:
        deliveries.report(session, giver, code, back)
    assert told(code) == []
    assert "nothing of it is in your hands" in browser.page(f"/deliveries/{code}/labels").text


def test_a_logger_prints_labels_without_amounts(sign_in):
    giver = coordinator()
    with transaction() as session:
        group = session.scalars(unscoped(sa.select(Partner).where(Partner.id == giver.partner_id), because=TOLD)).one()
    logger = sign_in("logger", at=group)
    delivery = logged(logger.actor, rice_and_oil())
    page = logger.page(f"/deliveries/{delivery.code}/labels")
    assert "Rice (milled)" in page.text
    assert "300" not in page.one("ul", class_="labels").text


@pytest.mark.parametrize("typed", ["-1", "1e9", "၉", "99999", "<b>"])
def test_no_number_of_packages_breaks_the_sheet(sign_in, typed):
    giver = coordinator()
    delivery = logged(giver, rice_and_oil())
    assert sign_in(giver).get(f"/deliveries/{delivery.code}/labels", query_string={"line-1": typed}).status_code == 200


def test_lists_and_pages_cost_the_same_however_many(sign_in, count_queries):
    giver, receiver = pair()
    browser = sign_in(receiver)
    urls = ["/handovers", "/handovers.csv"]
    given_to(giver, receiver)
    before = []
    for url in urls:
        with count_queries() as asked:
            browser.get(url)
        before.append(len(asked))
    codes = [of(given_to(giver, receiver)).code for _turn in range(4)]
    for url, few in zip(urls, before, strict=True):
        with count_queries() as asked:
            browser.get(url)
        assert len(asked) == few <= 10, asked
    for url in (f"/handovers/{codes[0]}", f"/handovers/{codes[0]}/answer", f"/handovers/{codes[0]}/onward"):
        with count_queries() as asked:
            browser.get(url)
        assert len(asked) <= 10, asked


def test_open_hand_overs_come_first(sign_in):
    giver, receiver = pair()
    old = given_to(giver, receiver)
    new = given_to(giver, receiver, events=())
    today = factories.NOW.date()
    handed = EventDraft(kind=EventKind.HANDED_OVER, happened_on=today, quantities={RICE: 5_000}, receiver=receiver.partner_id)
    code = new.code
    with transaction() as session:
        deliveries.report(session, giver, code, handed)
    said(receiver, new, Answer.ACCEPTED)
    browser = sign_in(receiver)
    listed = [row[0] for row in browser.page("/handovers").table[1:]]
    assert [of(old).code, of(new).code] == listed
    assert [row[0] for row in browser.page("/handovers?state=accepted").table[1:]] == [of(new).code]
    assert browser.page("/handovers?side=from-us").all("tbody") == []
    assert of(old).code in browser.page(f"/handovers?q={of(old).code.lower()}").one("tbody").text


def test_the_pages_of_the_list_are_the_whole_list_in_its_order(sign_in):
    giver, receiver = pair()
    answers = (None, Answer.ACCEPTED, Answer.REFUSED)
    known, refused = {}, []
    for number in range(32):
        day = factories.NOW.date() - timedelta(days=number % 5)
        handed = EventDraft(kind=EventKind.HANDED_OVER, happened_on=day, quantities={RICE: 5_000}, receiver=receiver.partner_id)
        delivery = logged(giver, rice_and_oil(events=(handed,)))
        answer = answers[number % 3]
        if answer:
            said(receiver, delivery, answer, refusal=Refusal.NO_ROOM if answer is Answer.REFUSED else None)
        row = of(delivery)
        known[row.code] = (answer is None, row.given_on, row.id)
        refused += [row.code] if answer is Answer.REFUSED else []
    for actor, side in ((giver, "from-us"), (receiver, "to-us")):
        browser = sign_in(actor)
        for asked, wanted in (("", known), ("?state=refused", refused), (f"?side={side}", known)):
            url, listed = f"/handovers{asked}", []
            while url:
                page = browser.page(url)
                listed += [row[0] for row in page.table[1:]]
                url = next((link.attrs["href"] for link in page.all("a", rel="next")), "")
            assert listed == sorted(wanted, key=known.__getitem__, reverse=True), asked


@pytest.mark.one_database
@pytest.mark.parametrize("asked_for", ["", "?state=accepted", "?side=from-us"])
def test_an_index_leads_to_the_list_in_its_order(sign_in, dialect, world, count_queries, asked_for):
    if dialect != "sqlite":
        pytest.skip("PostgreSQL reads so few rows without any index")
    giver, receiver = pair()
    given_to(giver, receiver)
    browser = sign_in(giver)
    with count_queries() as asked:
        browser.get(f"/handovers{asked_for}")
    (listed,) = [each for each in asked.statements if "FROM handover" in each and "ORDER BY" in each]
    with world.engine.connect() as connection:
        explained = f"EXPLAIN QUERY PLAN {listed}"
        plan = [row.detail for row in connection.exec_driver_sql(explained, (None,) * listed.count("?"))]
    assert "SEARCH handover USING INDEX ix_handover_from_state (from_responder_id=? AND state=?)" in plan
    assert not [step for step in plan if "SCAN handover" in step or step.startswith("MULTI-INDEX OR")], plan


def test_a_hand_over_that_was_taken_back_is_answered_all_the_same(sign_in):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    row, code = of(delivery), delivery.code
    here = f"/handovers/{row.code}"
    browser = sign_in(receiver)
    late = browser.page(f"{here}/answer")
    with transaction() as session:
        deliveries.correct(session, giver, code, CorrectionDraft(event=row.uid, facts=None))
    for url in (here, f"{here}/answer"):
        assert "The giver took this back." in browser.page(url).text
    page = browser.sent(late, {"answer": "short", "amounts-0-quantity": "220"})
    for told in (page, sign_in(giver).page(here)):
        assert "The giver took this back." in told.text
        assert "By the receiver's, something came" in told.text
        assert "30 short" in told.text
    assert "Say something else" in page.text
    assert f"{here}/onward" not in page.links()
    with clock.at(factories.NOW + timedelta(hours=1)):
        page = browser.sent(browser.page(f"{here}/answer"), {"answer": "refused", "refusal": "no-room"})
    assert "no room for it" in page.text
    assert "something came" not in page.text


def test_what_went_on_is_not_offered_again_and_what_goes_beyond_is_shown(sign_in):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    said(receiver, delivery, Answer.SHORT, {RICE: 220_000})
    here = f"/handovers/{of(delivery).code}"
    browser = sign_in(receiver)

    def carried_on(milli=None):
        form = browser.page(f"{here}/onward")
        offered = form.form().values["amounts-0-quantity"]
        code = browser.sent(form, {"amounts-0-quantity": milli} if milli else {}).title.split()[-1]
        return offered, code

    assert carried_on("150")[0] == ["220"]
    page = browser.page(here)
    assert f"{here}/onward" in page.links()
    assert "more went on" not in page.text
    offered, second = carried_on()
    assert offered == ["70"]
    page = browser.page(here)
    assert "All that came went on." in page.text
    assert f"{here}/onward" not in page.links()
    assert "more went on" not in page.text
    assert carried_on("30")[0] == [""]
    assert "30 bags (49 kg) more went on than came" in browser.page(here).text
    assert "more went on" not in sign_in(giver).page(here).text

    with transaction() as session:
        deliveries.report(session, receiver, second, event(EventKind.CANCELLED, 12))
    assert "30 bags (49 kg) more went on than came" in browser.page(here).text
    loading = loading_of(second)
    with transaction() as session:
        deliveries.correct(session, receiver, second, CorrectionDraft(event=loading, facts=None))
    page = browser.page(here)
    assert "more went on" not in page.text
    assert carried_on()[0] == ["40"]


def test_hand_overs_are_reached_when_all_of_them_are_answered(sign_in):
    giver, receiver = pair()
    said(receiver, given_to(giver, receiver), Answer.ACCEPTED)
    browser = sign_in(receiver)
    for url in ("/board", "/deliveries"):
        assert "/handovers" in browser.page(url).links()
    tabs = browser.page("/handovers").one("nav", class_="tabs")
    assert "/deliveries" in [link.attrs["href"] for link in tabs.all("a")]
    assert [link.text for link in tabs.all("a", aria_current="page")] == ["Hand-overs"]
    assert "/handovers" not in sign_in("logger").page("/deliveries").links()


def test_the_board_leads_to_the_open_hand_overs_with_each_group(sign_in):
    giver, receiver = pair()
    third = coordinator()
    to_us, to_third, outside = given_to(giver, receiver), given_to(receiver, third), given_to(receiver, None)
    handed = event(EventKind.HANDED_OVER, 7, {RICE: 10_000}, giver=giver.partner_id, receiver=third.partner_id)
    between = logged(receiver, rice_and_oil(events=(event(EventKind.LOADED, 2), handed)))
    said(receiver, given_to(giver, receiver), Answer.ACCEPTED)
    browser = sign_in(receiver)
    board = browser.page("/board")
    expected = {giver.partner_name: [to_us], third.partner_name: [to_third, between], "Somebody outside": [outside]}
    links = {link.text: link.attrs["href"] for link in board.all("a", href=True) if "with=" in link.attrs["href"]}
    assert links.keys() == expected.keys()
    for name, href in links.items():
        listed = {row[0] for row in browser.page(href).table[1:]}
        assert listed == {of(each).code for each in expected[name]}, name
    page = browser.page(links[giver.partner_name].replace("state=open", "state="))
    assert len(page.table[1:]) == 2
    assert f"with {giver.partner_name}" in page.one("main").text
    assert len(browser.page("/handovers?with=P-0000-0000").table[1:]) == 5
    for line in (of(to_third).code, of(outside).code):
        assert line not in browser.get(f"/handovers.csv?{links[giver.partner_name].split('?')[1]}").text


def offered(page, name):
    """The values that a choice of a form offers."""
    return [option.attrs["value"] for option in page.one("select", name=name).all("option")]


@pytest.mark.parametrize("status", [PartnerStatus.INVITED, PartnerStatus.SUSPENDED, PartnerStatus.LEFT])
def test_goods_go_to_groups_at_work_and_to_whom_the_event_named(sign_in, status):
    giver, receiver = pair()
    third = coordinator()
    delivery = given_to(giver, receiver)
    with transaction() as session:
        away = sa.update(Partner).where(Partner.id.in_([receiver.partner_id, third.partner_id])).values(status=status)
        session.execute(unscoped(away, because=TOLD))
        session.info.clear()
    browser = sign_in(giver)
    here = f"/deliveries/{delivery.code}/events"
    page = browser.page(f"{here}/new?kind=handed-over")
    gone = {str(receiver.partner_id), str(third.partner_id)}
    assert not gone & set(offered(page, "receiver"))
    assert gone <= set(offered(page, "giver"))
    page = browser.page(f"{here}/{of(delivery).uid}/correction")
    chosen = [option.attrs["value"] for option in page.one("select", name="receiver").all("option", selected=True)]
    assert chosen == [str(receiver.partner_id)]
    assert str(third.partner_id) not in offered(page, "receiver")


def loading_of(code):
    """The uid of a delivery's loading."""
    statement = sa.select(DeliveryEvent.uid).join(Delivery, Delivery.id == DeliveryEvent.delivery_id)
    with transaction() as session:
        found = session.scalars(unscoped(statement.where(Delivery.code == code, DeliveryEvent.kind == EventKind.LOADED), because=TOLD))
        return found.one()
