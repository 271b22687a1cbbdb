"""Plans: from needs, kits, earlier deliveries or bare; their legs, what is in the way, and kits. What is private stays so."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.access import service as access
from aidnet.access.models import ConstraintKind, Ease, SourceKind
from aidnet.access.service import ConstraintDraft
from aidnet.audit.models import AuditEntry
from aidnet.custody import service as custody
from aidnet.custody.drafts import GatherDraft, Taken
from aidnet.db import transaction
from aidnet.deliveries import kits, legs, planning, service
from aidnet.deliveries.beginnings import guide
from aidnet.deliveries.drafts import EventDraft, LegDraft, LineDraft, WayDraft
from aidnet.deliveries.facts import Fact
from aidnet.deliveries.items import ItemName
from aidnet.deliveries.kits import KitDraft
from aidnet.deliveries.models import Delivery, DeliveryState, EventKind
from aidnet.deliveries.plan_models import DeliveryLeg, Kit, KitItem, Mode
from aidnet.errors import Invalid, NotVisible, Refused, Stale
from aidnet.needs import service as needs
from aidnet.needs.drafts import NeedDraft, NeedLineDraft
from aidnet.needs.models import Need, NeedDelivery, NeedState, Urgency
from aidnet.partners.models import Partner
from aidnet.places.models import Crossing
from aidnet.policy import unscoped
from aidnet.responders.models import Sector
from tests import factories
from tests.deliveries.shared import TOLD, coordinator, event, fresh, logged, ordinary, ready, rice_and_oil, villages
from tests.pages import Form
from tests.world import checked

DUE = date(2026, 8, 30)


@pytest.fixture(autouse=True)
def catalogue(app):
    ready()


@pytest.fixture
def home(sign_in):
    """A coordinator's browser."""
    return sign_in("coordinator")


def rows(model, **where):
    with transaction() as session:
        return list(session.scalars(unscoped(sa.select(model).filter_by(**where).order_by(*model.__table__.primary_key), because=TOLD)))


def act(verb, *words, **named):
    with transaction() as session:
        return verb(session, *words, **named)


def crossing():
    return rows(Crossing, responder_id=None)[0].id


def planned(actor, **more):
    """A plan of three legs."""
    way = (
        LegDraft(mode=Mode.TRUCK, expected_on=date(2026, 8, 20), carrier="Uncle Moe"),
        LegDraft(mode=Mode.BOAT, crossing_id=crossing(), expected_on=date(2026, 8, 22)),
        LegDraft(mode=Mode.PORTER, expected_on=DUE),
    )
    return logged(actor, rice_and_oil(**{"places": tuple(villages()), "legs": way, "planned_on": DUE} | more))


def need(actor, place=None, people=200, quantity=300_000):
    draft = NeedDraft(
        place=place or villages()[0],
        sector=Sector.FSC,
        urgency=Urgency.HIGH,
        people=people,
        lines=(NeedLineDraft(item="rice", quantity_milli=quantity, unit="kg"),),
        reported_on=clock.today(),
        words="",
    )
    return act(needs.report, actor, draft)


def kit(actor, name="Family kit"):
    items = (LineDraft(item="rice", quantity_milli=2_000, unit="rice_bag"), LineDraft(item="oil", quantity_milli=1_500))
    return act(kits.make, actor, KitDraft(name=name, items=items))


def test_a_plan_keeps_its_legs_and_seals_who_carries(home):
    delivery = planned(home.actor)
    kept = sorted(rows(DeliveryLeg, delivery_id=delivery.id), key=lambda leg: leg.number)
    assert [(leg.mode, leg.expected_on) for leg in kept] == [
        (Mode.TRUCK, date(2026, 8, 20)),
        (Mode.BOAT, date(2026, 8, 22)),
        (Mode.PORTER, DUE),
    ]
    assert kept[0].carrier == "Uncle Moe"
    assert b"Moe" not in (kept[0].carrier_sealed or b"")
    page = home.page(f"/deliveries/{delivery.code}")
    assert "Uncle Moe" not in page.html
    assert "porters" in page.text
    assert "Uncle Moe" in home.send(page.form(f"/deliveries/{delivery.code}/openings")).text


def test_legs_change_while_it_is_a_plan_and_who_carries_is_kept(home, session):
    delivery = planned(home.actor)
    first = LegDraft(mode=Mode.MOTORBIKE, was=1)
    way = WayDraft(version=delivery.version, legs=(LegDraft(mode=Mode.TRUCK, crossing_id=crossing()), first), planned_on=DUE)
    act(planning.change, home.actor, delivery.code, way)
    kept = sorted(rows(DeliveryLeg, delivery_id=delivery.id), key=lambda leg: leg.number)
    assert [(leg.mode, leg.carrier) for leg in kept] == [(Mode.TRUCK, None), (Mode.MOTORBIKE, "Uncle Moe")]
    assert [entry.action for entry in rows(AuditEntry, action="delivery.replanned")] == ["delivery.replanned"]
    with pytest.raises(Stale):
        act(planning.change, home.actor, delivery.code, way)
    with pytest.raises(NotVisible):
        act(planning.change, coordinator(), delivery.code, way)
    act(service.report, home.actor, delivery.code, event(EventKind.LOADED, 16))
    with pytest.raises(Invalid, match="no plan any more"):
        act(planning.change, home.actor, delivery.code, WayDraft(version=fresh(delivery.code).version, legs=(), planned_on=None))
    assert home.get(f"/deliveries/{delivery.code}/way").status_code == 404


@pytest.mark.parametrize(
    ("leg", "field"),
    [
        (LegDraft(mode=Mode.BOAT, crossing_id=999_999), "legs"),
        (LegDraft(mode=Mode.BOAT, expected_on=date(2050, 1, 1)), "legs"),
        (LegDraft(mode=Mode.BOAT, carrier="x" * 5_000), "legs"),
    ],
)
def test_a_leg_that_cannot_be_is_refused(leg, field):
    with pytest.raises(Invalid) as refused:
        logged(coordinator(), rice_and_oil(legs=(leg,)))
    assert refused.value.field == field


def test_planning_with_legs_is_still_cheap(count_queries):
    actor = coordinator()
    draft = rice_and_oil(places=tuple(villages()), legs=(LegDraft(mode=Mode.BOAT, carrier="x", crossing_id=crossing()),) * 3)
    with count_queries() as asked, transaction() as session:
        service.log(session, actor, draft)
    assert len(asked) <= 14, asked


def fact(kind, day, **more):
    return Fact(uuid4(), kind, date(2026, 8, day), factories.NOW, **more)


def leg(number, day=None, crossing=""):
    expected = date(2026, 8, day) if day else None
    return legs.Leg(number, "truck or car", crossing, expected, "truck", None, has_carrier=False)


def test_each_leg_shows_what_was_reported_of_it_and_nothing_else(app):
    way = [leg(1, 3), leg(2, 4, crossing="Ford"), leg(3, 9)]
    stand = [fact(EventKind.LOADED, 2), fact(EventKind.CROSSED, 6), fact(EventKind.DISTRIBUTED, 9)]
    told = legs.beside(way, stand)
    assert [one.happened for one in told] == [("set out 2 Aug",), ("crossed 6 Aug",), ("arrived 9 Aug",)]
    assert told[0].late == "its day is over, and nobody said"
    assert told[1].late == "2 days later than planned"
    assert told[2].late == ""
    handed = [*stand[:1], fact(EventKind.HANDED_OVER, 3), stand[1], fact(EventKind.HANDED_OVER, 7)]
    assert legs.beside(way, handed)[0].happened == ("set out 2 Aug", "handed over 3 Aug")
    # With one hand-over for three legs, nobody knows which leg it ends.
    assert all("handed" not in text for one in legs.beside(way, handed[:2]) for text in one.happened)


def test_a_plan_is_made_from_several_needs_and_a_kit(home, count_queries):
    here, there = villages()
    one, other = need(home.actor, here), need(home.actor, there, people=103)
    made = kit(home.actor)
    start = home.page("/deliveries/plan/start")
    assert one.code in start.text
    assert "Family kit" in start.text
    url = f"/deliveries/plan?need={one.code}&need={other.code}&kit={made.uid}&times=3"
    with count_queries() as asked:
        assert home.get(url).status_code == 200
    assert len(asked) <= 10, asked
    page = home.page(url)
    values = page.form("/deliveries/plan").values
    typed = [(values[f"lines-{n}-item"], values[f"lines-{n}-quantity"], values[f"lines-{n}-unit"]) for n in range(3)]
    assert typed == [(["rice"], ["600"], ["kg"]), (["rice"], ["6"], ["rice_bag"]), (["oil"], ["4.5"], ["litre"])]
    assert [values["villages-0-place"], values["villages-1-place"]] == [[here], [there]]
    # 303 people are 61 households of five.
    assert "for 61 households of five about 4,118 kg a month" in page.text
    answer = home.post("/deliveries/plan", data=page.form("/deliveries/plan").filled({"planned_on": "2026-08-30"}))
    assert answer.status_code == 303
    assert {link.need_id for link in rows(NeedDelivery)} == {one.id, other.id}
    assert {row.state for row in rows(Need)} == {NeedState.COVERED}
    shown = home.page(answer.location)
    assert one.code in shown.text
    assert "Planned" in shown.text


def test_a_plan_sent_twice_is_one(home):
    one = need(home.actor)
    values = home.page(f"/deliveries/plan?need={one.code}").form("/deliveries/plan").filled({"planned_on": "2026-08-30"})
    values |= {"legs-0-mode": "boat", "legs-0-carrier": "Heron"}
    first, second = (home.post("/deliveries/plan", data=values) for _twice in range(2))
    assert first.location == second.location
    assert len(rows(Delivery)) == len(rows(NeedDelivery)) == len(rows(DeliveryLeg)) == 1


def test_a_need_that_is_over_meanwhile_does_not_undo_the_plan(home):
    stands, met, same = (need(home.actor) for _turn in range(3))
    address = "/deliveries/plan?" + "&".join(f"need={one.code}" for one in (stands, met, same))
    form = home.page(address).form("/deliveries/plan")
    act(needs.meet, home.actor, met.code)
    act(needs.join, home.actor, same.code, into=stands.code)
    page = home.sent(form, planned_on="2026-08-30")
    assert "is planned." in page.text
    [said] = [each.text for each in page.all("p", class_="note") if "meanwhile" in each.text]
    assert (met.code in said, same.code in said, stands.code in said) == (True, True, False)
    [link] = rows(NeedDelivery)
    assert link.need_id == stands.id
    assert {row.code: row.state for row in rows(Need)} == {
        stands.code: NeedState.COVERED,
        met.code: NeedState.MET,
        same.code: NeedState.JOINED,
    }


def test_a_plan_is_copied_from_an_earlier_delivery(home, count_queries):
    earlier = logged(home.actor)
    url = f"/deliveries/plan?copy={earlier.code}"
    with count_queries() as asked:
        assert home.get(url).status_code == 200
    assert len(asked) <= 10, asked
    values = home.page(url).form("/deliveries/plan").values
    assert values["lines-0-quantity"] == ["300"]
    assert [values["villages-0-place"], values["villages-1-place"]] == [[place] for place in villages()]
    others = logged(coordinator(), ordinary())
    assert home.page(f"/deliveries/plan?copy={others.code}").form("/deliveries/plan").values["lines-0-item"] == [""]


def test_a_bare_plan_keeps_what_was_typed_and_says_what_is_missing(home):
    page = home.page("/deliveries/plan")
    answer = home.post("/deliveries/plan", data=page.form("/deliveries/plan").filled({"lines-0-item": "rice", "legs-0-carrier": "Heron"}))
    assert answer.status_code == 422
    for told in ("How much of it?", "Say how it travels.", "Say when it should reach its villages.", 'value="Heron"'):
        assert told in answer.text
    more = page.form("/deliveries/plan").filled({"lines-0-item": "rice", "households": "၄၀", "look": "1"})
    answer = home.post("/deliveries/plan", data=more)
    assert answer.status_code == 200
    assert "for 40 households of five about 2,700 kg a month" in answer.text
    assert len(rows(Delivery)) == 0


def test_a_guide_is_offered_where_there_is_one():
    rice = ItemName(1, "rice", "Rice", "kg", None, False, 67_500, "month")
    assert "1 household of five about 67.5 kg a month" in guide(rice, None)
    assert guide(ItemName(2, "boats", "Boats", "piece", None, True), 40) == ""
    assert guide(None, 40) == ""


def obstacle(**more):
    """What another group says stands in a township or at a crossing, as a draft."""
    about = {"kind": ConstraintKind.ROAD, "ease": Ease.NONE, "since_on": clock.today() - timedelta(days=3)}
    return ConstraintDraft(uid=uuid4(), source_kind=SourceKind.OWN_TEAM, **about | more)


def test_what_stands_in_the_way_is_told_until_it_arrived(home, sign_in, count_queries):
    here, other = villages()[0], coordinator()
    closed = obstacle(kind=ConstraintKind.CROSSING_CLOSED, crossing_id=crossing())
    with clock.at(factories.NOW - timedelta(days=3)):
        act(access.report, other, obstacle(place=here, since_on=clock.today()))
        act(access.report, other, replace(closed, since_on=clock.today()))
    delivery = planned(home.actor)
    act(needs.cover, home.actor, [need(home.actor, here).code], delivery.code)
    url = f"/deliveries/{delivery.code}"

    def told(browser=home):
        with count_queries() as asked:
            page = browser.page(url)
        assert len(asked) <= 10, asked
        return "Something stands in the way" in page.text, page.text.count("said 3 days ago"), page.text.count("nobody confirmed it since")

    assert told() == (True, 2, 0)
    for kind, day in ((EventKind.LOADED, 3), (EventKind.DEPARTED, 4), (EventKind.CROSSED, 5)):
        act(service.report, home.actor, delivery.code, event(kind, day))
        assert told() == (True, 2, 0), kind
    to_other = event(EventKind.HANDED_OVER, 6, {1: 5_000}, receiver=other.partner_id)
    act(service.report, home.actor, delivery.code, to_other)
    split = GatherDraft(moved_on=clock.today(), takes=(Taken(code=delivery.code, amounts={1: 10_000}),))
    part = act(custody.gather, home.actor, split)
    assert told() == (True, 2, 0)
    assert "Something stands in the way" not in home.page(f"/deliveries/{part.code}").text  # it names no place and no crossing
    with clock.at(factories.NOW + timedelta(days=12)):
        assert told(sign_in(home.actor)) == (True, 0, 2)
    act(service.report, home.actor, delivery.code, event(EventKind.ARRIVED, 8))
    assert told() == (False, 0, 0)


def test_the_way_says_what_stands_at_a_crossing_before_it_is_saved(home, count_queries):
    act(access.report, coordinator(), obstacle(kind=ConstraintKind.CROSSING_CLOSED, crossing_id=crossing()))
    delivery = logged(home.actor, rice_and_oil(places=tuple(villages()), planned_on=DUE))
    url = f"/deliveries/{delivery.code}/way"
    page = home.page(url)
    assert "Something stands in the way" not in page.text
    typed = page.form().filled({"legs-0-mode": "boat", "legs-0-crossing": str(crossing()), "legs-0-carrier": "Heron", "look": "1"})
    with count_queries() as asked:
        answer = home.post(url, data=typed)
    assert (answer.status_code, len(asked) <= 10) == (200, True), asked
    assert "Something stands in the way" in answer.text
    assert "not what lies between" in answer.text
    assert 'value="Heron"' in answer.text
    assert rows(DeliveryLeg) == []


def test_a_way_names_what_is_wrong_beside_its_field(home):
    url = f"/deliveries/{planned(home.actor).code}/way"
    page = home.refused(url, {"legs-0-mode": "", "legs-0-carrier": "Heron"})
    assert "Say how it travels." in page.one("main").text
    page = home.refused(url, {"legs-1-crossing": "999999"})
    assert page.all(class_="wrong")


@pytest.mark.parametrize("url", ["/deliveries/plan", "/deliveries/new"])
def test_courier_and_route_are_typed_sealed_and_opened(home, url):
    page = home.page(url)
    form = next(form for form in (Form(element, page) for element in page.all("form")) if "route_note" in form.names)
    private = {"courier": "Uncle Moe", "route_note": "By the old ferry", "note": "After dark"}
    typed = {"lines-0-item": "rice", "lines-0-quantity": "3", "planned_on": DUE.isoformat()} | private
    made = home.page(home.send(form, typed).location)
    assert "By the old ferry" not in made.html
    opened = home.send(made.form(f"{made.url}/openings")).text
    for word in private.values():
        assert word in opened


def reported(days_ago, **more):
    """What another group said so many days ago, of a place or a crossing: no way through."""
    facts = {"kind": ConstraintKind.ROAD, "place": "", "ease": Ease.NONE, "source_kind": SourceKind.OWN_TEAM} | more
    with clock.at(factories.NOW - timedelta(days=days_ago)):
        act(access.report, coordinator(), ConstraintDraft(uid=uuid4(), since_on=clock.today(), note="ask the miller", **facts))


def test_a_plan_says_what_is_in_its_way_and_of_others_no_more_than_the_township(home, count_queries):
    here = villages()[0]
    reported(3, place=here)
    one = need(home.actor, here)
    page = home.page(f"/deliveries/plan?need={one.code}")
    assert "Something stands in the way" in page.text
    assert "No way through" in page.text
    assert "miller" not in page.html
    village = factories.place(here).name_en
    assert village not in page.one("ul", class_="stack").text
    delivery = planned(home.actor)
    with count_queries() as asked:
        text = home.get(f"/deliveries/{delivery.code}").text
    assert "Something stands in the way" in text
    assert len(asked) <= 10, asked


def in_the_way(page):
    """What a page says of it; nothing, where it says that nothing is."""
    told = [each for each in page.all("ul", class_="stack") if "said" in each.text]
    return [row.text for each in told for row in each.all("li")]


@pytest.mark.parametrize(
    ("days", "told"),
    [(0, "said today"), (3, "said 3 days ago"), (14, "said 14 days ago"), (15, "said 15 days ago, and nobody confirmed it since")],
)
def test_what_is_in_the_way_is_told_with_its_age_and_whether_that_is_long(home, days, told):
    """On the form of a plan, and on the plan; at its places and at the crossing of a leg."""
    one = need(home.actor)
    delivery = planned(home.actor)
    asked = home.page("/deliveries/plan").form("/deliveries/plan").filled({"legs-0-crossing": str(crossing()), "look": "1"})

    def pages():
        bare = checked(home.post("/deliveries/plan", data=asked), "/deliveries/plan")
        return [home.page(f"/deliveries/plan?need={one.code}"), home.page(f"/deliveries/{delivery.code}"), bare]

    assert not any(in_the_way(page) for page in pages())
    reported(days, place=villages()[0])
    by_need, plan, bare = pages()
    assert [found.endswith(told) for page in (by_need, plan) for found in in_the_way(page)] == [True, True]
    assert in_the_way(bare) == []

    reported(days, crossing_id=crossing(), kind=ConstraintKind.CROSSING_CLOSED)
    by_need, plan, bare = pages()
    assert len(in_the_way(by_need)) == 1
    assert len(in_the_way(plan)) == 2
    (found,) = in_the_way(bare)
    assert found.endswith(told)
    assert rows(Crossing, id=crossing())[0].code_name in found


def beside(page, field):
    """What is said beside a field, or of a group of rows."""
    if found := page.all("p", id=f"{field}-error"):
        return [each.text for each in found]
    inside = [each for each in page.one("fieldset", id=field).children if not isinstance(each, str)]
    return [each.text for each in inside if each.is_like({"class_": "error"})]


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({"legs-0-mode": ""}, "legs-0-mode", "Say how it travels."),
        ({"legs-1-expected_on": "32/8/2026"}, "legs-1-expected_on", "This is not a day"),
        ({"legs-2-expected_on": "2099-01-01"}, "legs-2-expected_on", "This day is too far away."),
        ({"planned_on": "1999-12-31"}, "planned_on", "This day is too long ago."),
        ({"legs-1-crossing": "999999"}, "legs", "Choose a crossing of the list."),
    ],
)
def test_a_way_that_cannot_be_is_refused_beside_its_field(home, typed, field, told):
    delivery = planned(home.actor)
    page = home.refused(f"/deliveries/{delivery.code}/way", typed)
    assert [said[: len(told)] for said in beside(page, field)] == [told]
    assert len(page.one("ul", class_="wrong-list").all("li")) == 1
    kept = [(leg.mode, leg.crossing_id, leg.expected_on) for leg in rows(DeliveryLeg)]
    assert kept == [
        (Mode.TRUCK, None, date(2026, 8, 20)),
        (Mode.BOAT, crossing(), date(2026, 8, 22)),
        (Mode.PORTER, None, DUE),
    ]


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({"name": "", "items-0-item": "rice", "items-0-quantity": "2"}, "name", "Give it a name."),
        ({"name": "Family kit"}, "items", "Say at least one item."),
        ({"name": "Family kit", "items-0-item": "rice"}, "items-0-quantity", "How much of it?"),
        ({"name": "Family kit", "items-0-quantity": "2"}, "items-0-item", "Choose an item of the list."),
        ({"name": "Family kit", "items-0-item": "rice", "items-0-quantity": "two"}, "items-0-quantity", "Type a number"),
        ({"name": "Family kit", "items-0-item": "no-such", "items-0-quantity": "2"}, "items", "Choose an item of the list."),
    ],
)
def test_a_kit_that_cannot_be_is_refused_beside_its_field(home, typed, field, told):
    page = home.refused("/deliveries/kits/new", typed)
    assert [said[: len(told)] for said in beside(page, field)] == [told]
    assert len(page.one("ul", class_="wrong-list").all("li")) == 1
    assert rows(Kit) == []


def test_kits_are_made_changed_closed_and_offered_again(home, session, count_queries):
    page = home.page("/deliveries/kits/new")
    typed = {"name": " Family  kit ", "items-0-item": "rice", "items-0-quantity": "၂", "items-0-unit": "rice_bag"}
    values = page.form().filled(typed)
    assert home.post("/deliveries/kits/new", data=values).status_code == 303
    assert home.post("/deliveries/kits/new", data=values).status_code == 303
    (row,) = rows(Kit)
    assert (row.name, row.version) == ("Family kit", 1)
    with count_queries() as asked:
        assert "Rice (milled), 2" in home.get("/deliveries/kits").text
    assert len(asked) <= 10, asked
    assert "Family kit,Rice (milled),2" in home.get("/deliveries/kits.csv").text
    again = home.refused("/deliveries/kits/new", typed | {"name": "family KIT"})
    assert "You have a kit of this name" in again.text
    url = f"/deliveries/kits/{row.uid}"
    form = home.page(url).form().filled({"items-0-quantity": "3"})
    assert home.post(url, data=form).status_code == 303
    assert home.post(url, data=form).status_code == 409
    assert [one.quantity_milli for one in rows(KitItem)] == [3_000]
    home.sent(f"{url}/closure")
    assert rows(Kit)[0].closed_at is not None
    assert "Family kit" not in home.page("/deliveries/plan/start").text
    home.sent(f"{url}/closure")
    assert rows(Kit)[0].closed_at is None


def test_two_who_make_a_kit_of_one_name_at_once_make_one(home, meeting):
    drafts = [KitDraft(name=name, items=(LineDraft(item="rice", quantity_milli=1_000),)) for name in ("Family kit", "family KIT")]
    came = meeting(*[lambda session, draft=draft: kits.make(session, home.actor, draft) for draft in drafts])
    assert isinstance(came, Invalid)
    assert (came.field, str(came)) == ("name", "You have a kit of this name; perhaps it is closed.")
    assert [row.name for row in rows(Kit)] == ["Family kit"]


def test_a_kit_sent_twice_at_once_is_one(home, meeting):
    draft = KitDraft(name="Family kit", items=(LineDraft(item="rice", quantity_milli=1_000),))
    came = meeting(*[lambda session: kits.make(session, home.actor, draft).uid] * 2)
    assert came == draft.uid
    assert len(rows(Kit)) == 1


def test_two_kits_do_not_take_one_name_at_once(home, meeting):
    made = [kit(home.actor, name) for name in ("One", "Two")]
    again = KitDraft(name="Family kit", items=(LineDraft(item="rice", quantity_milli=1_000),))
    came = meeting(*[lambda session, row=row: kits.change(session, home.actor, row.uid, version=1, draft=again) for row in made])
    assert isinstance(came, Invalid)
    assert came.field == "name"
    assert [row.name for row in rows(Kit)] == ["Family kit", "Two"]


def test_who_has_no_kit_is_led_to_put_one_together(home, sign_in):
    def led(browser):
        return {each.attrs["href"] for each in browser.page("/deliveries/plan/start").one("main").all("a", href=True)}

    empty, full = "/deliveries/kits/new", "/deliveries/kits"
    assert (empty in led(home), full in led(home)) == (True, False)
    kit(home.actor)
    assert (empty in led(home), full in led(home)) == (False, True)


def test_kits_plans_and_ways_are_the_groups_own(home, sign_in, session):
    made, delivery = kit(home.actor), planned(home.actor)
    (group,) = rows(Partner, id=home.actor.partner_id)
    logger = sign_in("logger", at=group)
    assert "Family kit" in logger.page("/deliveries/kits").text
    assert logger.page(f"/deliveries/plan?kit={made.uid}").form("/deliveries/plan").values["lines-0-quantity"] == ["2"]
    for browser in (sign_in("coordinator"), sign_in("donor"), sign_in("admin"), sign_in("treasurer"), logger):
        for path in (f"/deliveries/kits/{made.uid}", f"/deliveries/kits/{made.uid}/closure", f"/deliveries/{delivery.code}/way"):
            assert browser.get(path).status_code == 404, path
    other = sign_in("coordinator")
    assert "Family kit" not in other.page("/deliveries/kits").text
    assert "Family kit" not in other.get("/deliveries/kits.csv").text
    assert other.page(f"/deliveries/plan?kit={made.uid}").form("/deliveries/plan").values["lines-0-item"] == [""]
    with pytest.raises(Refused):
        kits.make(session, logger.actor, KitDraft(name="x", items=()))
    with pytest.raises(NotVisible):
        kits.close(session, other.actor, made.uid)


def test_what_a_logger_plans_shows_it_no_way_and_no_need(home, sign_in):
    (group,) = rows(Partner, id=home.actor.partner_id)
    logger = sign_in("logger", at=group)
    delivery = planned(logger.actor)
    page = logger.page(f"/deliveries/{delivery.code}")
    assert "porters" not in page.text
    assert delivery.state is DeliveryState.PLANNED
    earlier = logger.page(f"/deliveries/plan?copy={delivery.code}").form("/deliveries/plan").values
    assert earlier["lines-0-item"] == ["rice"]
    assert earlier["lines-0-quantity"] == [""]
    assert earlier["villages-0-place-q"] == [""]
    assert EventDraft(kind=EventKind.PLANNED, happened_on=DUE).about is None


def test_a_plan_begins_from_where_one_stands(home):
    one, earlier = need(home.actor), planned(home.actor)
    page = home.page(f"/needs/{one.code}")
    assert f"/deliveries/plan?need={one.code}" in page.links()
    assert home.page(f"/deliveries/plan?need={one.code}").form("/deliveries/plan").values["lines-0-item"] == ["rice"]
    assert f"/deliveries/plan?copy={earlier.code}" in home.page(f"/deliveries/{earlier.code}").links()
    assert "/deliveries/plan/start" in home.page("/board").links()
    [here] = [link for link in home.page("/needs/gaps").links() if link.startswith("/deliveries/plan/start?")]
    assert one.code in home.page(here).text
    assert one.code not in home.page("/deliveries/plan/start?place=MMR003005").text
    act(needs.meet, home.actor, one.code)
    assert f"/deliveries/plan?need={one.code}" not in home.page(f"/needs/{one.code}").links()


def test_a_logger_plans_for_its_own_needs_and_finds_no_other(sign_in):
    group = factories.responder()
    one, other = sign_in("logger", at=group), sign_in("coordinator", at=group)
    theirs, own = need(other.actor), need(one.actor)
    assert one.get(f"/needs/{theirs.code}").status_code == 404
    assert f"/deliveries/plan?need={own.code}" in one.page(f"/needs/{own.code}").links()
