"""The month, the map, the losses, and where anybody served lately: figures of totals that equal a recount."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from aidnet import audit, clock
from aidnet.db import transaction
from aidnet.deliveries import rollups, service
from aidnet.deliveries.drafts import CorrectionDraft, LineDraft
from aidnet.deliveries.models import Delivery, EventKind, Item, LossMonth, LossReason, Precision, ServedMonth
from aidnet.house import preparing
from aidnet.network.models import NetworkKind
from aidnet.places.models import Place
from aidnet.policy import OPERATOR, unscoped
from aidnet.responders import service as responders
from aidnet.responders.models import Sector
from tests import factories
from tests.deliveries.shared import OIL, RICE, TOLD, event, logged, ordinary, ready, rice_and_oil, villages


@pytest.fixture(autouse=True)
def catalogue(app):
    ready()


@pytest.fixture
def home(sign_in):
    return sign_in("coordinator")


def totals(model):
    """Its rows as plain tuples, without those that came to nothing."""
    with transaction() as session:
        rows = session.scalars(unscoped(sa.select(model), because=TOLD)).all()
        return {tuple(getattr(row, column.name) for column in model.__table__.columns) for row in rows if _counts(row)}


def _counts(row):
    return row.losses if isinstance(row, LossMonth) else row.distributions


def sound():
    with transaction() as session:
        return rollups.recount(session, OPERATOR, repair=False).sound


def at(code):
    return factories.place(code)


def item(slug):
    with transaction() as session:
        return session.scalars(unscoped(sa.select(Item.id).where(Item.slug == slug), because=TOLD)).one()


def table_of(page, caption):
    """The table with this caption, as rows of texts."""
    table = next(one for one in page.all("table") if one.all("caption") and one.one("caption").text == caption)
    return [[cell.text for cell in row.walk() if cell.tag in ("td", "th")] for row in table.all("tr")]


def reported(actor, delivery, draft):
    with transaction() as session:
        return service.report(session, actor, delivery.code, draft)


def corrected(actor, delivery, draft, *, minutes=1):
    """The last word is the newest: so many minutes after the report."""
    with clock.at(factories.NOW + timedelta(minutes=minutes)), transaction() as session:
        return service.correct(session, actor, delivery.code, draft)


def test_losses_are_counted_by_month_reason_and_item(app):
    actor = factories.actor("coordinator")
    taxed = event(EventKind.LOST, 5, {RICE: 2_000}, reason=LossReason.INFORMAL_TAX)
    delivery = logged(actor, ordinary())
    reported(actor, delivery, event(EventKind.LOST, 3, {RICE: 5_000, OIL: 1_000}))
    reported(actor, delivery, event(EventKind.LOST, 4, {RICE: 3_000}))
    reported(actor, delivery, taxed)
    august, me = date(2026, 8, 1), actor.partner_id
    assert totals(LossMonth) == {
        (me, august, LossReason.SEIZED, item("rice"), "rice_bag", 2, 8_000),
        (me, august, LossReason.SEIZED, item("oil"), "litre", 1, 1_000),
        (me, august, LossReason.INFORMAL_TAX, item("rice"), "rice_bag", 1, 2_000),
    }
    corrected(actor, delivery, CorrectionDraft(event=taxed.uid, facts=replace(taxed, happened_on=date(2026, 7, 30))))
    assert (me, date(2026, 7, 1), LossReason.INFORMAL_TAX, item("rice"), "rice_bag", 1, 2_000) in totals(LossMonth)
    corrected(actor, delivery, CorrectionDraft(event=taxed.uid, facts=None), minutes=2)
    assert len(totals(LossMonth)) == 2
    assert sound()


def test_a_hand_out_counts_once_for_its_township_and_once_for_each_sector(app):
    actor = factories.actor("coordinator")
    here = villages(1)[0]
    soap = replace(ordinary(), lines=(LineDraft(item="rice", quantity_milli=9_000), LineDraft(item="soap_bath", quantity_milli=9_000)))
    shared = event(EventKind.DISTRIBUTED, 9, {1: 5_000, 2: 5_000}, place=here, households=7, people=30)
    rice_only = event(EventKind.DISTRIBUTED, 2, {1: 4_000}, place=here, households=2, people=9, precision=Precision.MONTH)
    delivery = logged(actor, replace(soap, events=(shared, rice_only), places=()))
    township, august, me = at(here).township_id, date(2026, 8, 1), actor.partner_id
    assert totals(ServedMonth) == {
        (me, township, august, "", 2, 9, 39),
        (me, township, august, Sector.FSC.value, 2, 9, 39),
        (me, township, august, Sector.WSH.value, 1, 7, 30),
    }
    district = factories.place("MMR005D002")
    corrected(actor, delivery, CorrectionDraft(event=shared.uid, facts=replace(shared, place=district.pcode)))
    assert (me, district.id, august, Sector.WSH.value, 1, 7, 30) in totals(ServedMonth)
    corrected(actor, delivery, CorrectionDraft(event=shared.uid, facts=None), minutes=2)
    assert {row[3] for row in totals(ServedMonth)} == {"", Sector.FSC.value}
    assert sound()


def test_a_wrong_total_is_found_and_put_right(app):
    actor = factories.actor("coordinator")
    delivery = logged(actor)
    reported(actor, delivery, event(EventKind.LOST, 3, {RICE: 5_000}))
    kept = totals(LossMonth), totals(ServedMonth)
    with transaction() as session:
        for model in (LossMonth, ServedMonth):
            session.execute(unscoped(sa.delete(model), because=TOLD))
        row = session.scalars(unscoped(sa.select(Delivery), because=TOLD)).one()
        audit.record(session, OPERATOR, "deliveries.recounted", row)
    assert not sound()
    assert preparing.missing_data(NetworkKind.REAL) == [("deliveries", "recount", "--repair")]
    with transaction() as session:
        rollups.recount(session, OPERATOR, repair=True)
    assert (totals(LossMonth), totals(ServedMonth)) == kept
    assert sound()
    assert preparing.missing_data(NetworkKind.REAL) == []


def test_losses_are_told_by_reason_with_their_quantities(home):
    delivery = logged(home.actor)
    assert "No loss was reported" in home.page("/deliveries/losses").text
    reported(home.actor, delivery, event(EventKind.LOST, 3, {RICE: 5_000, OIL: 1_500}))
    page = home.page("/deliveries/losses")
    bags = next(row for row in table_of(page, "What was lost, by month, reason and item") if row[2].startswith("Rice"))
    assert bags[:2] == ["Aug 2026", "seized at a checkpoint"]
    assert bags[3].startswith("5 ")
    lines = home.get("/deliveries/losses.csv").text.splitlines()
    assert any(line.startswith("2026-08,seized at a checkpoint,Cooking oil,1.5,") for line in lines), lines
    reported(home.actor, delivery, replace(event(EventKind.LOST, 3, {RICE: 1_000}), happened_on=date(2026, 4, 3)))
    assert "Apr 2026" in home.page("/deliveries/losses").text
    assert "Apr 2026" not in home.page("/deliveries/losses?months=3").text


def test_the_map_and_its_table_say_where_the_own_group_handed_out(home):
    logged(home.actor)
    logged(factories.actor("coordinator"))
    page = home.page("/deliveries/map")
    assert [row[1:] for row in table_of(page, "Townships where you handed out")[1:]] == [["2", "212", "1,006"]]
    assert page.one("svg", role="img")
    assert "1006" in home.get("/deliveries/map.csv").text


def test_the_month_names_what_should_arrive_and_what_happened(home):
    here = villages(1)[0]
    late = logged(home.actor, rice_and_oil(planned_on=date(2026, 8, 10), places=(here,)))
    done = logged(home.actor)
    page = home.page("/deliveries/calendar?month=2026-08")
    assert page.title == "Aug 2026"
    days = {cell.one("p", class_="date").text.split()[-1]: cell.text for cell in page.all("td") if cell.all("p", class_="date")}
    assert late.code in days["10"]
    assert "Planned, late" in days["10"]
    assert done.code in days["11"]
    assert len(days) == 31
    assert "Nothing was planned" in home.page("/deliveries/calendar?month=2026-07").text
    assert home.page("/deliveries/calendar?month=never").title == "Aug 2026"
    listed = home.page("/deliveries?due=2026-08-10")
    assert late.code in listed.text
    assert done.code not in listed.text
    assert late.code in home.page("/deliveries?state=late").text


def test_many_deliveries_of_a_day_are_counted_not_named(home):
    for _turn in range(5):
        logged(home.actor, rice_and_oil(planned_on=date(2026, 8, 28)))
    page = home.page("/deliveries/calendar?month=2026-08")
    assert "2 more" in page.text
    assert "due=2026-08-28" in str(page.links())


def test_served_lately_is_over_all_groups_and_names_none(home):
    other = factories.actor("coordinator")
    logged(other)
    page = home.page("/served")
    township = at(villages(1)[0]).township_id
    with transaction() as session:
        name = session.get_one(Place, township).name_en
    row = next(row for row in page.table if row[0].startswith(name))
    assert row[1:3] == ["this month", "10"]
    assert "Food" in row[3]
    assert other.partner_name not in page.text
    assert not {"106", "503", "212", "1,006"} & set(page.text.split())
    assert not set(villages()) & set(home.get("/served.csv").text.replace(",", " ").split())


def test_hand_outs_of_several_groups_are_sums_of_bands(home):
    """Whoever logs hand-outs of its own learns the band of another's, not how many of it there were."""
    lines, area = (LineDraft(item="rice", quantity_milli=50_000),), at("MMR005004")

    def handed_out(actor, times):
        done = tuple(event(EventKind.DISTRIBUTED, 9, {1: 1_000}, place=area.pcode) for _turn in range(times))
        logged(actor, rice_and_oil(lines=lines, events=done))

    handed_out(factories.actor("coordinator"), 3)
    told = []
    for own in (7, 1):
        handed_out(home.actor, own)
        [row] = home.page("/served").table[1:]
        told.append((row[2], home.get("/served.csv").text.splitlines()[1].split(",")[4]))
    assert told == [("20", "20"), ("20", "20")]


def test_hand_outs_of_long_ago_count_for_none(home):
    done = replace(event(EventKind.DISTRIBUTED, 9, {RICE: 1_000}, place="MMR005004"), happened_on=date(2026, 4, 9))
    logged(factories.actor("coordinator"), rice_and_oil(events=(done,)))
    [row] = home.page("/served").table[1:]
    assert (row[1], row[2]) == ("4 months ago", "0")


def test_served_lately_puts_the_longest_unserved_first(home):
    here = at(villages(1)[0])
    logged(factories.actor("coordinator"))
    with transaction() as session:
        region, district = (session.get_one(Place, number).pcode for number in (here.state_id, here.district_id))
        name = session.get_one(Place, here.township_id).name_en
    page = home.page(f"/served?region={region}")
    assert page.table[1][1] == "not in the last twelve months"
    lines = home.get(f"/served.csv?region={region}").text.splitlines()
    assert lines[-1].startswith(name)
    assert len(lines) > 3
    assert name in home.page(f"/served?region={region}&district={district}").text
    assert home.page("/served?region=nowhere&district=MMR").table


def test_a_group_that_withholds_everything_is_not_in_it(home, app):
    other = factories.actor("coordinator")
    logged(other)
    with transaction() as session:
        chosen = sa.select(factories.Partner.code).where(factories.Partner.id == other.partner_id)
        code = session.scalars(unscoped(chosen, because=TOLD)).one()
        responders.withhold(session, other, code, withheld=True)
    assert "Nobody reported" in home.page("/served").text
    logged(home.actor)
    assert "this month" in home.page("/served").text


@pytest.mark.parametrize("url", ["/deliveries/calendar", "/deliveries/map", "/deliveries/losses", "/deliveries/losses.csv"])
def test_a_logger_sees_none_of_it(sign_in, url):
    browser = sign_in("logger")
    assert browser.get(url).status_code == 404


@pytest.mark.parametrize("role", ["logger", "donor", "treasurer", "auditor", "admin"])
def test_only_coordinators_see_who_was_served(sign_in, role):
    assert sign_in(role).get("/served").status_code == 404
