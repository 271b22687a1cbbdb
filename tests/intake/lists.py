"""Lists of gifts as tests want them."""

import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import uuid4

import xlsxwriter

from aidnet.funding.models import Channel
from aidnet.intake import service
from aidnet.intake.models import GiftBatch
from aidnet.intake.reading import rows_of_text
from aidnet.intake.service import ListDraft, Which
from tests.funding.books import Books, act

HEAD = "Giver,Amount,Currency,Received on"
TWO = f"{HEAD}\nDaw Mya,50,USD,2026-08-01\n,5 သိန်း,MMK,3/8/2026\n"


def workbook(rows: Iterable[Sequence[Any]]) -> bytes:
    """An XLSX file."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "dd/mm/yy"})
    sheet = book.add_worksheet()
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(line, column, value)
            else:
                sheet.write(line, column, value)
    book.close()
    return file.getvalue()


def bring(books: Books, text: str, **more: Any) -> GiftBatch:
    """A list is brought, and not loaded."""
    draft = ListDraft(
        uid=more.pop("uid", uuid4()),
        fund=more.pop("fund", books.fund.id),
        rows=rows_of_text(text),
        channel=more.pop("channel", Channel.BANK),
        currency=more.pop("currency", "USD"),
        **more,
    )
    return act(service.add_list, books.treasurer, draft)


def load(books: Books, text: str, which: Which = Which(), **more: Any) -> GiftBatch:  # noqa: B008 (it is frozen)
    """A list is brought and loaded."""
    return act(service.load, books.treasurer, bring(books, text, **more).code, which)


def many(rows: int, faults: int = 0) -> str:
    """A list of so many different gifts, the faults among them spread over its columns."""
    every = rows // faults if faults else rows + 1
    lines = [HEAD]
    for number in range(1, rows + 1):
        giver, amount, currency, day = f"Giver {number}", f"{number}.50", "USD", f"2026-07-{number % 28 + 1:02}"
        if number % every == 0:
            which = number // every % 3
            amount, currency, day = [("ten", currency, day), (amount, "XYZ", day), (amount, currency, "31/2/2026")][
                which
            ]
        lines.append(f"{giver},{amount},{currency},{day}")
    return "\n".join(lines) + "\n"
