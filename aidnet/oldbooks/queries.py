"""Reads: a group's old books, what one of them would load, and what it loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.deliveries.items import name_of, unit_name
from aidnet.deliveries.models import Delivery
from aidnet.disclosure import Shown
from aidnet.errors import NotVisible
from aidnet.intake.cells import Wrong
from aidnet.intake.columns import head_of
from aidnet.intake.reading import rows_kept
from aidnet.intake.service import Which
from aidnet.oldbooks import columns, grouping
from aidnet.oldbooks.checking import Checked, HandOut
from aidnet.oldbooks.columns import Column, Said
from aidnet.oldbooks.grouping import Group
from aidnet.oldbooks.models import OldBook, OldBookRow, OldBookState
from aidnet.oldbooks.service import Catalogue, catalogue_of, columns_said, look_through, will_load
from aidnet.places.queries import PlacePath, paths
from aidnet.policy import Actor, Permission
from aidnet.web import keyset
from aidnet.web.keyset import Page

_LOAD = Permission.OLD_BOOK_LOAD
#: Rows of a book that a page shows at once, and questions it asks at once.
ROWS, QUESTIONS = 50, 20


@dataclass(frozen=True)
class Choice:
    """A place that a name may mean."""

    code: str
    label: str


@dataclass(frozen=True)
class Question:
    """A name that several places bear: it is asked once for all rows that say the same."""

    key: str
    typed: str
    lines: Sequence[int]
    choices: Sequence[Choice]


@dataclass(frozen=True)
class RowLine:
    """A row that can be loaded, in words."""

    row: HandOut
    place: str
    item: str
    #: The item is none that the group had so far.
    new_item: bool
    unit: str
    #: The lines of the other rows of its delivery.
    beside: Sequence[int]
    #: Its households and people are counted already, with this delivery or (empty) with rows of another.
    counts: bool
    counted_with: str


@dataclass(frozen=True)
class Offered:
    """A column, and what it is taken for."""

    place: int
    head: str
    #: What stands in it.
    examples: Sequence[str]
    #: None: nothing we need, or nobody said yet.
    column: Column | None


@dataclass(frozen=True)
class Sums:
    """What a book's deliveries come to."""

    deliveries: int
    households: int
    people: int


@dataclass(frozen=True)
class Preview:
    """What a book would load."""

    book: Shown
    #: All columns that hold anything; whether some have to be named first, and what is missing altogether.
    columns: Sequence[Offered]
    strange: bool
    missing: Sequence[Column]
    questions: Sequence[Question]
    #: Questions and rows that wait for answers.
    asked: int
    waiting: int
    left_out: int
    wrongs: Sequence[Wrong[Column]]
    new: int
    known: int
    sums: Sums
    #: Rows that become a delivery together with others, and the deliveries that they become.
    joined: int
    joined_into: int
    #: Lines that name the same item for the same households: several deliveries, or one written twice.
    alike: Sequence[Sequence[int]]
    #: Lines of one day and place that count each for itself, by other numbers.
    apart: Sequence[Sequence[int]]
    #: Lines whose households and people are counted already.
    counted: Sequence[int]
    #: Some of the new rows: those from one line on.
    shown: Sequence[RowLine]
    #: The line the next page begins with; None where there is none.
    next_line: int | None


@dataclass(frozen=True)
class Loaded:
    """A row of a book that was loaded."""

    line: object
    delivery: Shown
    #: The first line of its delivery.
    first_line: int


def books(session: Session, actor: Actor, after: str | None) -> Page[Shown]:
    """A page of the own group's books, newest first."""
    page = keyset.page(session, policy.visible(actor, _LOAD, OldBook), OldBook.recorded_at, OldBook.id, after=after)
    return Page([disclosure.show(actor, book) for book in page.rows], page.after)


def one(session: Session, actor: Actor, code: str) -> Shown:
    """One book. Raises: NotVisible."""
    return disclosure.show(actor, policy.fetch(session, actor, _LOAD, OldBook, code))


def _checked(session: Session, actor: Actor, code: str) -> tuple[OldBook, list[list[str]], Catalogue, Checked]:
    book = policy.fetch(session, actor, _LOAD, OldBook, code)
    if book.state is not OldBookState.PREVIEW:
        raise NotVisible
    rows = rows_kept(disclosure.show(actor, book).body or "")
    catalogue = catalogue_of(session, actor)
    return book, rows, catalogue, look_through(session, actor, book, rows, catalogue)


def faults(session: Session, actor: Actor, code: str) -> Sequence[Wrong[Column]]:
    """What is wrong in a book, cell by cell. Raises: NotVisible, where it is no preview."""
    return _checked(session, actor, code)[3].wrongs


def preview(session: Session, actor: Actor, code: str, first: int = 0) -> Preview:
    """What a book would load, with a page of its rows from line `first` on. Raises: NotVisible, where it is no preview."""
    book, rows, catalogue, checked = _checked(session, actor, code)
    said = columns_said(book)
    known, groups = will_load(session, actor, book, checked, Which())
    new = sorted(((one, group) for group in groups for one in group.rows), key=lambda pair: pair[0].line)
    joined = [group for group in groups if len(group.rows) > 1]
    rest = [(one, group) for one, group in new if one.line >= first]
    shown, asked = rest[:ROWS], checked.questions[:QUESTIONS]
    named = {one.place.place_id for one, _group in shown} | {
        one.place_id for question in asked for one in question.choices
    }
    where = paths(session, named)
    return Preview(
        book=disclosure.show(actor, book),
        columns=_offered(rows, said),
        strange=bool(columns.unsettled(rows, said)),
        missing=columns.missing(rows, said),
        questions=[
            Question(
                question.asked.key,
                question.typed,
                question.lines,
                [Choice(one.code, _label(one.code, where[one.place_id])) for one in question.choices],
            )
            for question in asked
        ],
        asked=len(checked.questions),
        waiting=checked.waiting,
        left_out=checked.left_out,
        wrongs=checked.wrongs,
        new=len(new),
        known=len(known),
        sums=Sums(
            len(groups),
            sum(group.households or 0 for group in groups),
            sum(group.people or 0 for group in groups),
        ),
        joined=sum(len(group.rows) for group in joined),
        joined_into=len(joined),
        alike=grouping.repeated(checked.handouts, known),
        apart=grouping.apart(checked.handouts, known),
        counted=sorted(one.line for one, group in new if not group.counts),
        shown=[_row(actor, one, group, where, catalogue) for one, group in shown],
        next_line=rest[ROWS][0].line if len(rest) > ROWS else None,
    )


def _label(code: str, path: PlacePath) -> str:
    return f"{path.label} ({code})" if path.pcode == code else f"{code}: {path.label}"


def _row(actor: Actor, one: HandOut, group: Group, where: Mapping[int, PlacePath], catalogue: Catalogue) -> RowLine:
    item = catalogue.items.get(one.item)
    code = one.unit or (item.unit if item else "")
    unit = unit_name(code, catalogue.units.get(code)) if code else ""
    return RowLine(
        row=one,
        place=where[one.place.place_id].label,
        item=name_of(actor, item) if item else one.item_name,
        new_item=item is None,
        unit=unit,
        beside=[other.line for other in group.rows if other.line != one.line],
        counts=group.counts,
        counted_with=group.counted_with,
    )


def loaded(session: Session, actor: Actor, code: str, after: str | None) -> Page[Loaded]:
    """A page of what a book loaded, line by line. Two statements."""
    page = keyset.page(
        session, _loaded(actor, code, OldBookRow, Delivery), OldBookRow.line, after=after, descending=False
    )
    named = [delivery.id for _row, delivery in page.rows]
    first = sa.func.min(OldBookRow.line)
    lines = _loaded(actor, code, Delivery.id, first).where(Delivery.id.in_(named)).group_by(Delivery.id)
    firsts: dict[int, int] = dict(map(tuple, session.execute(lines)))
    return Page(
        [
            Loaded(disclosure.show(actor, row).line, disclosure.show(actor, delivery), firsts[delivery.id])
            for row, delivery in page.rows
        ],
        page.after,
    )


def deliveries_made(session: Session, actor: Actor, code: str) -> int:
    """How many deliveries a book made. One statement."""
    return session.scalar(_loaded(actor, code, sa.func.count(sa.distinct(Delivery.id)))) or 0


def _loaded(actor: Actor, code: str, *columns: Any) -> sa.Select[Any]:
    return (
        policy.select(actor, {OldBook: _LOAD, Delivery: Permission.DELIVERY_READ}, *columns)
        .select_from(OldBookRow)
        .join(OldBook, OldBook.id == OldBookRow.book_id)
        .join(Delivery, Delivery.id == OldBookRow.delivery_id)
        .where(OldBook.code == code)
    )


def _offered(rows: Sequence[Sequence[str]], said: Said) -> list[Offered]:
    (head, *below), meant = rows[head_of(rows) :], columns.meant(rows, said)
    found = []
    for place in columns.offered(rows):
        cells = dict.fromkeys(row[place] for row in below if place < len(row) and row[place])
        name = head[place] if place < len(head) else ""
        found.append(Offered(place, name, list(islice(cells, 3)), meant.get(place)))
    return found
