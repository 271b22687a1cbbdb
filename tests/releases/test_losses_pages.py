"""Pages and files of losses: who reads them, what they say, and that they stay cheap."""

import csv
import io
from datetime import date

import pytest

from aidnet.db import transaction
from aidnet.deliveries.models import LossReason
from aidnet.policy import OPERATOR
from aidnet.releases import service
from tests import factories
from tests.pages import Page
from tests.releases.history import donor_of, found_in
from tests.releases.test_build import build
from tests.releases.test_losses import group_of, september, spread, told

R = LossReason
CAPTION = "Lost on the way, by reason"


def table(page: Page) -> list[list[str]]:
    """The rows of the table of losses, head first; none where there is no such table."""
    for each in page.all("table"):
        if each.one("caption").text == CAPTION:
            return [[cell.text for cell in row.walk() if cell.tag in ("td", "th")] for row in each.all("tr")]
    return []


def file_of(response) -> list[dict[str, str]]:
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))


SEIZED = "seized at a checkpoint"


def test_a_donor_reads_the_losses_of_its_own_funds(app, sign_in):
    group, other = group_of(), group_of(factories.fund("Dry season"))
    group.lose(spread())
    other.lose(spread(), reason=R.STOLEN)
    own, foreign = build()
    browser = sign_in(donor_of(group.fund.id))
    for url in (f"/releases/{own.code}", "/giving"):
        assert table(browser.page(url)) == [["Reason", "Deliveries"], [SEIZED, "6"]]
    for url in ("/releases/losses.csv", f"/releases/{own.code}/losses.csv"):
        (line,) = file_of(browser.get(url))
        assert (line["report"], line["part"], line["reasons"], line["deliveries"]) == (
            *(own.code, "these months", SEIZED),
            "6",
        )
    browser.page(f"/releases/{foreign.code}/losses.csv", status=404)
    assert "/releases/losses.csv" in browser.page("/releases").links()


@pytest.mark.parametrize("role", ["coordinator", "logger"])
def test_others_find_no_losses(app, sign_in, role):
    group_of().lose(spread())
    (release,) = build()
    browser = sign_in(role)
    for url in ("/releases/losses.csv", f"/releases/{release.code}/losses.csv"):
        browser.page(url, status=404)


def test_only_auditors_see_the_villages_of_a_loss(app, sign_in):
    group_of().lose(spread())
    (release,) = build()
    assert table(sign_in("auditor").page(f"/releases/{release.code}"))[0] == ["Reason", "Deliveries", "Villages"]
    assert table(sign_in("treasurer").page(f"/releases/{release.code}"))[0] == ["Reason", "Deliveries"]


def test_joined_and_late_lines_say_so(app, sign_in):
    group = group_of()
    group.lose(spread()[:4], day=date(2026, 6, 5))
    group.lose(spread()[:2], reason=R.STOLEN, day=date(2026, 6, 5))
    release = build()[-1]
    (_head, line) = table(sign_in(donor_of(group.fund.id)).page(f"/releases/{release.code}"))
    assert line == [f"{SEIZED} and stolen (joined: too few to show apart) for earlier months", "6"]


def test_what_is_too_few_is_said_in_words(app, sign_in):
    group = group_of()
    group.lose(spread()[:4])
    (release,) = build()
    browser = sign_in(donor_of(group.fund.id))
    for url in (f"/releases/{release.code}", "/giving"):
        page = browser.page(url)
        assert table(page) == []
        assert "Too few to show yet, or none was reported." in page.text
        assert found_in(page.text, SEIZED) == []


def test_a_withdrawn_report_shows_no_loss(app, sign_in):
    group = group_of()
    group.lose(spread())
    (release,) = build()
    with transaction() as session:
        service.withdraw(session, OPERATOR, release.code)
    browser = sign_in(donor_of(group.fund.id))
    for url in (f"/releases/{release.code}", "/giving"):
        assert found_in(browser.page(url).text, SEIZED) == []
    for url in ("/releases/losses.csv", f"/releases/{release.code}/losses.csv"):
        assert file_of(browser.get(url)) == []
    september(group)
    assert len(told()) == 1


def test_statements_are_few_and_do_not_grow(app, sign_in, count_queries):
    group, counts = group_of(), []
    for at, month in enumerate((7, 8)):
        for reason in R if at else [R.SEIZED]:
            group.lose(spread(), reason=reason, day=date(2026, month, 2))
        if at:
            september(group)
        else:
            (release,) = build()
        browser, asked_of = sign_in(donor_of(group.fund.id)), []
        urls = (f"/releases/{release.code}", f"/releases/{release.code}/losses.csv", "/releases/losses.csv", "/giving")
        for url in urls:
            with count_queries() as asked:
                assert browser.get(url).status_code == 200
            assert len(asked) <= 10, asked
            asked_of.append(len(asked))
        counts.append(asked_of)
    assert counts[0] == counts[1]
