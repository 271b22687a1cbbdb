"""Workbooks: cells are what they are and never computed, rows are not kept, and nothing stays behind."""

import os
import stat
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response

from aidnet.config import Settings
from aidnet.web import sheets
from aidnet.web.guards import public
from aidnet.web.sheets import cell, workbook, xlsx_of
from tests.workbooks import XLSX, part_of, rows_of
from tests.world import World

HEADER = ["a", "b"]


def made(folder: Path, *rows: list[Any], **more: Any) -> bytes:
    with workbook("list", HEADER, rows, folder, **more) as file:
        return file.read()


@pytest.mark.parametrize(
    ("value", "held"),
    [
        ("ဆန် ၅၀ အိတ်", "ဆန် ၅၀ အိတ်"),
        ("0912", "0912"),
        ("https://example.org/", "https://example.org/"),
        (12, 12.0),
        (True, 1.0),
        (Decimal("-1250.50"), -1250.5),
        (Decimal("999999999999.99"), 999_999_999_999.99),
        (Decimal("12345678901234.56"), "12345678901234.56"),
        (10**15, str(10**15)),
        (date(2026, 8, 10), date(2026, 8, 10)),
        (date(1, 1, 1), "0001-01-01"),
        (datetime(2026, 8, 10, 20, 0, 59, tzinfo=UTC), datetime(2026, 8, 11, 2, 30)),  # noqa: DTZ001 (a sheet knows no zone)
        (None, ""),
        ("a\x00b\x1f", "a\x00b\x1f"),
    ],
)
def test_a_cell_is_what_it_is(app: Flask, tmp_path: Path, value: object, held: object) -> None:
    assert rows_of(made(tmp_path, ["x", value]))[1:] == [["x", held]]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "mailto:a@b.c"])
def test_no_text_is_ever_computed(app: Flask, tmp_path: Path, text: str) -> None:
    body = made(tmp_path, [text, text])
    sheet = part_of(body, "xl/worksheets/sheet1.xml")
    assert rows_of(body)[1] == [text, text]
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    if text[0] in "=+-@\t":
        assert 'quotePrefix="1"' in part_of(body, "xl/styles.xml")


def test_amounts_show_the_decimals_of_their_currency(app: Flask, tmp_path: Path) -> None:
    styles = part_of(made(tmp_path, [Decimal("1250.50"), Decimal(43500)]), "xl/styles.xml")
    sheet = part_of(made(tmp_path, [Decimal("1250.50"), Decimal(43500)]), "xl/worksheets/sheet1.xml")
    assert 'formatCode="#,##0.00"' in styles
    assert 'formatCode="#,##0"' in styles
    assert 'state="frozen"' in sheet
    assert 'ySplit="1"' in sheet


def test_more_rows_than_fit_are_told_in_words(app: Flask, tmp_path: Path) -> None:
    whole = rows_of(made(tmp_path, ["x", 1], ["x", 2], most=3))
    assert whole == [HEADER, ["x", 1.0], ["x", 2.0]]
    cut = rows_of(made(tmp_path, ["x", 1], ["x", 2], ["x", 3], most=3))
    assert cut[:2] == whole[:2]
    assert "The CSV file has them all." in cut[2][0]


def test_nothing_stays_behind(app: Flask, tmp_path: Path) -> None:
    modes: set[int] = set()

    def rows() -> Iterator[list[Any]]:
        for number in range(100):
            modes.update(stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*"))
            yield [number, "x" * 1_000]

    workbook("list", HEADER, rows(), tmp_path).close()
    assert modes == {0o700, 0o600}
    assert not list(tmp_path.iterdir())


def test_rows_that_fail_leave_nothing_either(app: Flask, tmp_path: Path) -> None:
    def rows() -> Iterator[list[Any]]:
        yield ["x", 1]
        raise LookupError

    with pytest.raises(LookupError):
        workbook("list", HEADER, rows(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_left_is_taken_away(app: Flask, tmp_path: Path) -> None:
    for name, age in (("sheet-old", 7_200), ("sheet-new", 60), ("other", 7_200)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rows").write_text("private")
        then = time.time() - age
        os.utime(tmp_path / name, (then, then))
    made(tmp_path, ["x", 1])
    assert {path.name for path in tmp_path.iterdir()} == {"sheet-new", "other"}


@pytest.mark.parametrize("end", ["read whole", "not read", "HEAD"])
def test_the_file_and_the_connection_are_let_go(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    settings: Settings = app.extensions["aidnet.settings"]
    before = set(settings.instance.iterdir())

    def view() -> Response:
        return sheets.csv_response("list", HEADER, [["x", 1]])

    monkeypatch.setitem(app.view_functions, "releases.index_xlsx", public(view))
    with world.alone():
        client = app.test_client()
        answer = super(type(client), client).open(
            "/releases.xlsx", method="HEAD" if end == "HEAD" else "GET", buffered=False
        )
        assert answer.mimetype == XLSX
        assert (answer.content_length or 0) > 4_000
        if end == "read whole":
            assert rows_of(answer.data) == [HEADER, ["x", 1.0]]
        answer.close()

        assert world.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert set(settings.instance.iterdir()) <= before | {settings.instance / "aidnet.db"}


def test_the_header_and_words_follow_the_language(sign_in: Any) -> None:
    browser = sign_in("treasurer")
    english, burmese = (
        rows_of(browser.get("/funding/ledger.xlsx", headers={"Accept-Language": language}).data)[0]
        for language in ("en", "my")
    )
    assert len(english) == len(burmese)
    assert english != burmese


def test_every_csv_has_a_workbook_beside_it(app: Flask) -> None:
    rules = {rule.rule: rule.endpoint for rule in app.url_map.iter_rules()}
    files = {rule: endpoint for rule, endpoint in rules.items() if rule.endswith(".csv")}
    assert len(files) > 5
    for rule, endpoint in files.items():
        twin = rules[rule.removesuffix(".csv") + ".xlsx"]
        assert twin == endpoint.removesuffix("csv") + "xlsx"
        assert app.view_functions[twin] is app.view_functions[endpoint]


@pytest.mark.parametrize(
    ("csv", "xlsx"),
    [
        ("/audit.csv", "/audit.xlsx"),
        ("/funding/ledger.csv?fund=F-1&kind=fee", "/funding/ledger.xlsx?fund=F-1&kind=fee"),
        ("#charts", "#charts"),
    ],
)
def test_the_address_of_a_workbook(csv: str, xlsx: str) -> None:
    assert xlsx_of(csv) == xlsx


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("-5.00"), "-5.00"),
        (Decimal("1E+3"), "1000"),
        ("-5.00", "'-5.00"),
        (datetime(2026, 8, 10, 20, 0, tzinfo=UTC), "2026-08-11T02:30+06:30"),
        (date(2026, 8, 10), "2026-08-10"),
        (None, ""),
        (False, "0"),
    ],
)
def test_a_cell_of_csv_is_text_that_no_spreadsheet_computes(value: object, text: str) -> None:
    assert cell(value) == text
