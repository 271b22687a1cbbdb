"""Pages of results reports: who sees which, what they say, and that page, file and database agree."""

import csv
import io
import re
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.db import transaction
from aidnet.policy import OPERATOR, unscoped
from aidnet.releases import service
from aidnet.releases.models import Release, ReleaseRow
from tests import factories
from tests.releases.history import (
    JULY,
    KATHA,
    MONYWA,
    SHWEBO,
    Deliverer,
    deliverer,
    donor_of,
    found_in,
    item,
    rice,
    villages,
    withhold,
)

AUGUST_15 = date(2026, 8, 15)
READERS = ["donor", "treasurer", "auditor", "admin"]


def publish(group: Deliverer | None = None) -> Release:
    """A report of a fund: two districts, and two that are joined."""
    group = group or deliverer()
    group.hand_out(villages(SHWEBO)[:6], items=(rice(), item("oil")))
    group.hand_out(villages(MONYWA)[:3], people=77)
    group.hand_out(villages(KATHA)[:3], people=31)
    with transaction() as session:
        return service.build(session, OPERATOR, AUGUST_15)[-1]


def reader(role: str, release: Release):
    return donor_of(release.fund_id) if role == "donor" else role


def file_of(response) -> list[dict[str, str]]:
    assert response.status_code == 200
    assert response.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("role", READERS)
def test_readers_find_the_report(app, sign_in, role):
    release = publish()
    browser = sign_in(reader(role, release))
    index = browser.page("/releases")
    assert f"/releases/{release.code}" in index.links()
    page = browser.page(f"/releases/{release.code}")
    assert page.title == "Results, Jul 2026"
    assert "published 15 Aug 2026" in page.text


@pytest.mark.parametrize("role", ["coordinator", "logger"])
def test_others_find_no_report(app, sign_in, role):
    release = publish()
    browser = sign_in(role)
    for url in ("/releases", "/releases.csv", f"/releases/{release.code}", f"/releases/{release.code}.csv"):
        browser.page(url, status=404)


def test_a_donor_finds_only_reports_of_funds_given_to(app, sign_in):
    own, other = publish(), publish(deliverer(factories.fund("Dry season")))
    browser = sign_in(donor_of(own.fund_id))
    assert other.code not in browser.page("/releases").html
    assert "Dry season" not in browser.page("/releases").html
    assert {row["report"] for row in file_of(browser.get("/releases.csv"))} == {own.code}
    assert browser.page(f"/releases/{own.code.lower().replace('-', '')}").title.startswith("Results")
    for url in (f"/releases/{other.code}", f"/releases/{other.code}.csv", "/releases/R-0000-0000"):
        browser.page(url, status=404)


def test_lines_add_up_to_the_total_on_the_page_in_the_file_and_in_the_database(app, sign_in):
    release = publish()
    browser = sign_in(donor_of(release.fund_id))
    page = browser.page(f"/releases/{release.code}")
    head, *lines, total = [
        [cell.text for cell in row.walk() if cell.tag in ("td", "th")] for row in page.all("table")[0].all("tr")
    ]
    assert head[:4] == ["District", "Deliveries", "Households", "People"]
    shown = [[int(cell.replace(",", "")) for cell in line[1:4]] for line in lines]
    assert [int(cell.replace(",", "")) for cell in total[1:4]] == [sum(column) for column in zip(*shown, strict=True)]
    with transaction() as session:
        rows = session.scalars(unscoped(sa.select(ReleaseRow).order_by(ReleaseRow.number), because="a test")).all()
    assert shown == [[row.deliveries, row.households, row.people] for row in rows]
    written = file_of(browser.get(f"/releases/{release.code}.csv"))
    assert shown == [[int(row[name]) for name in ("deliveries", "households", "people")] for row in written]
    assert [row["places"] for row in written] == ["Monywa and Katha", "Shwebo"]


def test_joined_districts_say_so_and_the_map_veils_them(app, sign_in):
    release = publish()
    page = sign_in(donor_of(release.fund_id)).page(f"/releases/{release.code}")
    assert "Monywa and Katha (joined: too few to show apart)" in page.text
    assert "shown together with Katha" in page.text
    assert len(page.all("path", class_="mw")) == 2


def test_items_are_named_where_many_had_them(app, sign_in):
    release = publish()
    page = sign_in(donor_of(release.fund_id)).page(f"/releases/{release.code}")
    assert f"{item('oil').name_en}, {rice().name_en}" in page.text


def test_only_auditors_see_how_many_villages(app, sign_in):
    release = publish()
    for role in READERS:
        page = sign_in(reader(role, release)).page(f"/releases/{release.code}")
        assert ("How it was computed" in page.text) == (role == "auditor")
        assert ("Villages" in page.all("table")[0].text) == (role == "auditor")


def test_no_village_day_or_responder_is_anywhere(app, sign_in):
    group = deliverer(responder=factories.responder("S-77", "Our own name"))
    release = publish(group)
    for role in READERS:
        browser = sign_in(reader(role, release))
        for url in ("/releases", "/releases.csv", f"/releases/{release.code}", f"/releases/{release.code}.csv"):
            told = browser.get(url).text
            for place in (*villages(SHWEBO), *villages(MONYWA), *villages(KATHA)):
                assert place.pcode not in told
                assert not re.search(rf"\b{re.escape(place.name_en)}\b", told), place.name_en
            assert found_in(told, "S-77", "Our own name", f"{JULY:%-d} Jul", JULY.isoformat()) == []


def test_what_is_withheld_is_said_in_words(app, sign_in):
    fund = factories.fund()
    hidden = deliverer(fund)
    hidden.hand_out(villages(SHWEBO)[:5], people=4321)
    withhold(hidden.responder.id)
    release = publish(deliverer(fund))
    page = sign_in(donor_of(release.fund_id)).page(f"/releases/{release.code}")
    assert "withhold everything about themselves" in page.text
    assert "4,3" not in page.text


def test_a_withdrawn_report_shows_only_that_it_was_withdrawn(app, sign_in):
    release = publish()
    admin, donor = sign_in("admin"), sign_in(donor_of(release.fund_id))
    confirm = admin.page(f"/releases/{release.code}/withdrawal")
    assert "was withdrawn as a whole" in admin.sent(confirm).text
    for browser in (admin, donor, sign_in("auditor")):
        page = browser.page(f"/releases/{release.code}")
        assert "was withdrawn as a whole" in page.text
        assert not page.all("table")
        assert "Shwebo" not in page.html
        assert file_of(browser.get(f"/releases/{release.code}.csv")) == []
        assert file_of(browser.get("/releases.csv")) == []
        assert "Withdrawn" in browser.page("/releases").text


@pytest.mark.parametrize("role", ["donor", "treasurer", "auditor"])
def test_only_an_admin_withdraws(app, sign_in, role):
    release = publish()
    browser = sign_in(reader(role, release))
    browser.page(f"/releases/{release.code}/withdrawal", status=404)
    assert "Withdraw this report" not in browser.page(f"/releases/{release.code}").text


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (datetime(2026, 8, 10, tzinfo=UTC), "Next results report on 15 Aug 2026."),
        (datetime(2026, 8, 18, tzinfo=UTC), "Too few to show yet. Next results report on 15 Sep 2026."),
    ],
)
def test_before_the_first_report_its_date_is_told(app, sign_in, now, told):
    fund = factories.fund()
    with clock.at(now):
        assert told in sign_in(donor_of(fund.id)).page("/releases").text


def test_after_a_report_the_next_date_is_told(app, sign_in):
    release = publish()
    page = sign_in(donor_of(release.fund_id)).page("/releases")
    assert "Next results report on 15 Sep 2026." in page.text
    assert "Too few" not in page.text


def test_the_list_goes_on_page_by_page_and_by_fund(app, sign_in):
    group, other = deliverer(), deliverer(factories.fund("Dry season"))
    for month in range(30):
        group.hand_out(villages(SHWEBO)[:5], day=date(2024 + month // 12, month % 12 + 1, 3))
    other.hand_out(villages(SHWEBO)[:5])
    with transaction() as session:
        service.build(session, OPERATOR, AUGUST_15)
    browser = sign_in("auditor")
    first = browser.page("/releases")
    (older,) = [url for url in first.links() if "after=" in url]
    assert len(browser.page(older).all("table")[1].all("tr")) == 1 + 31 - 25
    narrowed = browser.page(f"/releases?fund={other.fund.code}")
    assert len(narrowed.all("table")[1].all("tr")) == 2
    assert len(file_of(browser.get(f"/releases.csv?fund={other.fund.code}"))) == 1


@pytest.mark.parametrize("role", ["donor", "auditor"])
def test_statements_are_few_and_do_not_grow(app, sign_in, count_queries, role):
    group = deliverer()
    for month in range(3):
        group.hand_out(villages(SHWEBO)[:5], day=date(2026, month + 1, 3), items=(rice(),))
    with transaction() as session:
        service.build(session, OPERATOR, AUGUST_15)
    counts = []
    for _round in range(2):
        with transaction() as session:
            own = sa.select(Release.code).where(Release.fund_id == group.fund.id).limit(1)
            code = session.scalars(unscoped(own, because="a test")).one()
        browser = sign_in(donor_of(group.fund.id) if role == "donor" else role)
        told = []
        for url in ("/releases", "/releases.csv", f"/releases/{code}", f"/releases/{code}.csv"):
            with count_queries() as asked:
                assert browser.get(url).status_code == 200
            assert len(asked) <= 10, asked
            told.append(len(asked))
        counts.append(told)
        for fund in range(4):
            more = deliverer(factories.fund(f"Fund {fund} {_round}"))
            for month in range(7):
                more.hand_out(
                    villages(SHWEBO)[:5] + villages(MONYWA)[:5], day=date(2026, month + 1, 3), items=(rice(),)
                )
        with transaction() as session:
            service.build(session, OPERATOR, AUGUST_15)
    assert counts[0] == counts[1]
