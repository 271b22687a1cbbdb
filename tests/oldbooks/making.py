"""Books for tests."""

import csv
import io
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from aidnet.db import transaction
from aidnet.deliveries.models import Delivery
from aidnet.intake.service import Which
from aidnet.oldbooks import service
from aidnet.oldbooks.models import OldBook
from aidnet.policy import Actor, unscoped

HEAD = ("Date", "Village", "Village tract", "Township", "Item", "Quantity", "Unit", "Households", "People", "Note")
#: Two villages named Ywar Thit lie in this township; one of them in the tract of the same name.
TOWNSHIP, TRACT, VILLAGE, OTHER = "Khin-U", "Ywar Thit", "171601", "171504"
GOOD = ("2024-02-05", VILLAGE, "", "", "Rice", "60", "kg", "60", "300", "")


def row(**cells: str) -> tuple[str, ...]:
    """A row that can be loaded, with other cells."""
    names = ("date", "village", "tract", "township", "item", "quantity", "unit", "households", "people", "note")
    return tuple(cells.get(name, known) for name, known in zip(names, GOOD, strict=True))


def brought(actor: Actor, rows: Sequence[Sequence[str]], head: Sequence[str] = HEAD) -> OldBook:
    """A book to look through."""
    with transaction() as session:
        return service.add_book(session, actor, service.BookDraft(uuid4(), [list(head), *map(list, rows)]))


def loaded(actor: Actor, rows: Sequence[Sequence[str]], head: Sequence[str] = HEAD) -> OldBook:
    """A book whose good rows became deliveries."""
    book = brought(actor, rows, head)
    with transaction() as session:
        return service.load(session, actor, book.code, Which())


def deliveries() -> list[Delivery]:
    """Every delivery there is."""
    with transaction() as session:
        return list(session.scalars(unscoped(sa.select(Delivery).order_by(Delivery.id), because="a test looks")))


def every(model: Any, *order: Any) -> Any:
    """All rows of a table."""
    with transaction() as session:
        return session.scalars(unscoped(sa.select(model).order_by(*order), because="a test looks at everything")).all()


def text(rows: Sequence[Sequence[str]], head: Sequence[str] = HEAD) -> str:
    """A book as CSV."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([head, *rows])
    return buffer.getvalue()


def form_of(page: Any, act: str) -> Any:
    """The form of a book's page that posts to one of its acts."""
    (action,) = {form.attrs["action"] for form in page.all("form", action=True) if form.attrs["action"].endswith(act)}
    return page.form(action)
