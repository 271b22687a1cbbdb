"""Every list that is there as CSV is there as a workbook too, with the same cells, for everybody who may have it."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.canary.conftest import Watch
from tests.canary.crawl import open_to
from tests.workbooks import XLSX, rows_of, text_of


def same(text: str, value: Any) -> bool:
    """Whether a cell of a workbook is what the CSV says."""
    if isinstance(value, datetime):
        return text[:16] == value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return text == value.isoformat()
    if isinstance(value, float):
        return Decimal(text) == Decimal(repr(value))
    return text.removeprefix("'") == value.removeprefix("'")


def test_a_workbook_has_the_rows_of_its_csv(watch: Watch) -> None:
    compared, cells, kinds = set(), 0, set()
    for who, actor in watch.viewers.items():
        browser = watch.browsers[who]
        for url, endpoint in open_to(watch.app, actor, watch.addresses):
            if not url.endswith(".csv"):
                continue
            plain, book = browser.get(url), browser.get(url.removesuffix(".csv") + ".xlsx")
            assert plain.status_code == book.status_code, url
            if plain.status_code != 200:
                continue
            assert book.mimetype == XLSX
            assert book.headers["Content-Disposition"] == plain.headers["Content-Disposition"].replace(".csv", ".xlsx")
            said = list(csv.reader(io.StringIO(plain.text.removeprefix("\ufeff"))))
            held = rows_of(book.data)
            assert len(said) == len(held), f"{who}: {url}"
            for line, row in zip(said, held, strict=True):
                wrong = [(text, value) for text, value in zip(line, row, strict=True) if not same(text, value)]
                assert not wrong, f"{who}: {url}: {wrong}"
                kinds |= {type(value) for value in row}
                cells += len(row)
            compared.add(endpoint)
    files = {rule.endpoint for rule in watch.app.url_map.iter_rules() if rule.rule.endswith(".csv")}
    assert compared == files
    assert cells > 1_000
    assert {float, date, datetime, str} <= kinds


def test_a_leak_in_a_workbook_would_be_found(watch: Watch) -> None:
    """What the donor must not see stands in the treasurer's workbook, and the crawl finds it there."""
    treasurer, donor = watch.browsers["treasurer"], watch.crawler("donor")
    donor.client = treasurer
    for name in ("contributions", "expenses", "payouts", "ledger"):
        before = len(donor.leaks)
        answer = donor.look(f"/funding/{name}.xlsx", "funding")
        assert len(donor.leaks) > before, text_of(answer.data)[:2_000]
