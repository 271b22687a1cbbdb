"""What somebody pastes or uploads is read as rows, or refused with the reason."""

import zipfile
from datetime import date
from io import BytesIO

import pytest

from aidnet.errors import Invalid
from aidnet.intake.reading import BYTES_MOST, ROWS_MOST, rows_kept, rows_of_file, rows_of_text, text_of
from tests.intake.lists import workbook

ROWS = [["Giver", "Amount"], ["Daw Mya", "50"], ["ဒေါ်လှ", "၅ သိန်း"]]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_text_is_read_whatever_parts_its_cells(separator):
    assert rows_of_text("\n".join(separator.join(row) for row in ROWS) + "\n\n") == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_in_the_letters_of_spreadsheets(encoding):
    assert rows_of_file("\r\n".join(",".join(row) for row in ROWS).encode(encoding)) == ROWS


def test_a_cell_may_hold_lines_and_separators():
    assert rows_of_text('Giver,Note\nDaw Mya,"for rice,\nand oil"\n')[1] == ["Daw Mya", "for rice,\nand oil"]


def test_a_workbook_is_read_as_its_person_sees_it(app):
    rows = rows_of_file(
        workbook([["Giver", "Amount", "Received on"], ["Daw Mya", 50.1, date(2026, 8, 1)], ["U Ba", 70.0, None]])
    )
    assert rows == [["Giver", "Amount", "Received on"], ["Daw Mya", "50.1", "2026-08-01"], ["U Ba", "70", ""]]


def test_rows_are_kept_as_they_were():
    rows = [["a", ""], [], ["", ""], ['q"uo', "li\nne"], ["=1+1", ","]]
    assert rows_kept(text_of(rows)) == [["a", ""], [], ["", ""], ['q"uo', "li\nne"], ["=1+1", ","]]


def bomb() -> bytes:
    """A small workbook that unpacks to a lot: one cell at the far end of the sheet, and much of nothing."""
    packed = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(workbook([["Giver"], ["x"]]))) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                content = content.replace(b"</sheetData>", far) + b" " * 300_000_000
            new.writestr(name, content)
    return packed.getvalue()


def crafted(text: str) -> bytes:
    """A workbook with a cell that no spreadsheet program would write so long."""
    packed = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(workbook([["Giver", "Amount"], ["LONG", "5"]]))) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"LONG", text.encode()))
    return packed.getvalue()


@pytest.mark.parametrize("text", ["ရ" * 200_000, "50" + " " * 200_000 + "000"], ids=["letters", "a number"])
def test_a_cell_of_a_workbook_is_cut_where_nothing_is_kept_so_long(app, text):
    rows = rows_of_file(crafted(text))
    assert rows == [["Giver", "Amount"], [text[:4_999] + "…", "5"]]
    assert rows_kept(text_of(rows)) == rows


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"x" * (BYTES_MOST + 1), "larger than 5 MB"),
        (b"Giver,Amount\n" + b"x,1\n" * (ROWS_MOST + 1), "more than 20,000 rows"),
        (b"Giver,Amount\n" + b"\n" * (BYTES_MOST - 100) + b"x,1\n", "more than 20,000 rows"),
        (workbook([["Giver"] * 40, *[["ရ" * 4_000] * 40] * 50]), "too much text"),
        (workbook([["Giver"], *[["x"]] * (ROWS_MOST + 5)]), "more than 20,000 rows"),
        ("Giver,Montant\nRené,5\n".encode("latin-1"), "UTF-8"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "cannot be read"),
        (b"PK\x03\x04 no workbook", "damaged"),
        (b"Giver,Amount\n", "nothing in this list"),
        (b'Giver,Note\nx,"' + b"y" * 200_000, "never ends"),
    ],
    ids=[
        "large",
        "long",
        "long and empty",
        "full workbook",
        "long workbook",
        "old letters",
        "picture",
        "damaged",
        "head alone",
        "endless cell",
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(app, content, said):
    with pytest.raises(Invalid, match=said):
        rows_of_file(content)


def test_a_workbook_that_unpacks_to_too_much_is_refused_and_costs_no_more(app):
    content = bomb()
    assert len(content) < BYTES_MOST
    with pytest.raises(Invalid, match="unpacks to too much"):
        rows_of_file(content)
