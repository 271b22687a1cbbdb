"""What the auditor reads of the chain."""

import csv
import io
from itertools import pairwise

import pytest
import sqlalchemy as sa

from aidnet import audit
from aidnet.db import transaction
from aidnet.network.models import Network
from tests import factories


def looked_at(times, actor):
    for _turn in range(times):
        with transaction() as session:
            audit.record(session, actor, "network.looked_at", session.scalars(sa.select(Network)).one(), seen=7)


def test_the_auditor_reads_roles_and_no_names(sign_in):
    admin = factories.actor("admin", person=factories.user("Thida of the hill", password=None))
    looked_at(1, admin)
    page = sign_in("auditor").page("/audit")
    assert page.title == "Audit"
    assert "network.looked_at" in page.text
    assert "seen: 7" in page.text
    assert "Thida" not in page.html


def test_the_newest_entry_is_first(sign_in):
    looked_at(1, factories.actor("admin"))
    rows = sign_in("auditor").page("/audit").one("table").all("tr")[1:]
    stamps = [row.one("time").attrs["datetime"] for row in rows]
    assert stamps == sorted(stamps, reverse=True)


@pytest.mark.parametrize("role", ["logger", "coordinator", "donor", "treasurer", "admin"])
@pytest.mark.parametrize("url", ["/audit", "/audit.csv"])
def test_nobody_else_reads_it(sign_in, role, url):
    assert sign_in(role).get(url).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=network.looked_at", {"network.looked_at"}),
        ("entity=network", {"network.looked_at", "network.made"}),
        ("day=2026-08-18&action=network.looked_at", {"network.looked_at"}),
        ("day=2026-08-17", set()),
        ("day=rubbish&action=network.looked_at", {"network.looked_at"}),
        ("entity=%27%3B--&action=network.looked_at", {"network.looked_at"}),
    ],
)
def test_filters_narrow_the_list(sign_in, query, found):
    looked_at(2, factories.actor("admin"))
    page = sign_in("auditor").page(f"/audit?{query}")
    assert {cell.text for cell in page.all("td", data_label="Action")} == found


def test_pages_follow_each_other_without_gap_or_overlap(sign_in):
    looked_at(60, factories.actor("admin"))
    browser, seen, url = sign_in("auditor"), [], "/audit?action=network.looked_at"
    while url:
        page = browser.page(url)
        seen += [each.attrs["title"] for each in page.all("span", title=True)]
        onward = page.all("a", rel="next")
        url = onward[0].attrs["href"] if onward else None
    assert len(seen) == len(set(seen)) == 60


def test_a_page_costs_the_same_however_long_the_chain(sign_in, count_queries):
    browser = sign_in("auditor")
    looked_at(1, factories.actor("admin"))
    costs = []
    for _turn in range(2):
        with count_queries() as asked:
            browser.page("/audit")
        costs.append(len(asked))
        looked_at(40, factories.actor("admin"))
    assert costs[0] == costs[1] <= 10


def test_the_file_holds_the_whole_list(sign_in):
    looked_at(60, factories.actor("admin"))
    answer = sign_in("auditor").get("/audit.csv?action=network.looked_at")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) == 60
    assert {row["Role"] for row in rows} == {"admin"}
    assert all(older["Hash"] == newer["Previous hash"] for newer, older in pairwise(rows))
