"""Writes: an old book comes in, somebody says what its columns and places are, and it is loaded or discarded, once."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from flask_babel import force_locale
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, policy
from aidnet.db import insert_once
from aidnet.deliveries import importing
from aidnet.deliveries.drafts import DeliveryDraft, EventDraft, LineDraft
from aidnet.deliveries.models import Delivery, DeliveryEvent, EventKind, Item, Unit
from aidnet.deliveries.words import PLAIN_UNITS
from aidnet.errors import AidnetError, Invalid, NotVisible, Refused
from aidnet.i18n import LANGUAGES
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.intake.columns import LEFT_OUT
from aidnet.intake.reading import rows_kept, text_of
from aidnet.intake.service import Which
from aidnet.oldbooks import checking, columns, grouping, matching
from aidnet.oldbooks.checking import Checked, HandOut, Known
from aidnet.oldbooks.columns import COLUMNS, Column, Said
from aidnet.oldbooks.grouping import Group, Key
from aidnet.oldbooks.models import OldBook, OldBookRow, OldBookState
from aidnet.places.spelling import fold
from aidnet.policy import Actor, Permission
from aidnet.responders.models import Responder

_LOAD = Permission.OLD_BOOK_LOAD
#: Before the place of a column, among the answers.
_COLUMN = "column-"


class NotInPreview(AidnetError):
    """What was asked needs a book that is neither loaded nor discarded."""

    status = 409
    code = "not-in-preview"
    sentence = _l("This book was loaded or discarded already.")


@dataclass(frozen=True)
class BookDraft:
    """A spreadsheet, as it was read."""

    uid: UUID
    rows: Sequence[Sequence[str]]


def add_book(session: Session, actor: Actor, draft: BookDraft) -> OldBook:
    """Keep a spreadsheet, sealed, to be looked through. Nothing of it is a delivery yet. The same `uid` again is the same book.

    Raises: Refused; NotVisible (a uid that is somebody else's).
    """
    if not actor.may(_LOAD) or actor.responder_id is None:
        raise Refused
    before = session.scalars(policy.visible(actor, _LOAD, OldBook).where(OldBook.uid == draft.uid)).first()
    if before is not None:
        return before
    book = OldBook(
        uid=draft.uid,
        code=codes.code_of("O", draft.uid),
        responder_id=actor.responder_id,
        state=OldBookState.PREVIEW,
        recorded_at=clock.now(),
        recorded_by_id=actor.user_id,
        version=1,
    )
    _keep(session, actor, book, draft.rows)
    if not insert_once(session, book):
        raise NotVisible
    audit.record(session, actor, "old-book.brought", book, code=book.code, rows=book.rows_total)
    return book


def settle_columns(session: Session, actor: Actor, code: str, said: Said) -> OldBook:
    """Note what all columns are, those told by their names too; None, or not said: nothing we need. It can be said anew.

    Raises: NotVisible, NotInPreview; Invalid: two columns would be the same.
    """
    book = _in_preview(session, actor, code)
    rows = rows_kept(book.body or "")
    chosen = {place: said.get(place) for place in columns.offered(rows)}
    many = Counter(column for column in chosen.values() if column)
    for column, times in many.items():
        if times > 1:
            raise Invalid(_("Two columns cannot both be “%(column)s”. Leave one of them out.", column=COLUMNS[column]))
    answers = {key: answer for key, answer in answers_of(book).items() if not key.startswith(_COLUMN)}
    answers |= {f"{_COLUMN}{place}": column.value if column else LEFT_OUT for place, column in chosen.items()}
    if answers == answers_of(book):
        return book
    book.answers = json.dumps(answers)
    _keep(session, actor, book, rows)
    session.flush()
    audit.record(session, actor, "old-book.columns-settled", book, code=book.code)
    return book


def settle_places(session: Session, actor: Actor, code: str, said: Mapping[str, str]) -> OldBook:
    """Note which place is meant by names that several bear: the code of one of them, or LEFT_OUT, by `Asked.key`.

    It holds for all rows that name the place so. Raises: NotVisible, NotInPreview.
    """
    book = _in_preview(session, actor, code)
    rows = rows_kept(book.body or "")
    open_now = {question.asked.key: question for question in look_through(session, actor, book, rows).questions}
    answers = answers_of(book)
    for key, question in open_now.items():
        answer = said.get(key, "")
        if answer == checking.LEFT_OUT or any(one.code == answer for one in question.choices):
            answers[key] = answer
    if answers == answers_of(book):
        return book
    book.answers = json.dumps(answers)
    _keep(session, actor, book, rows)
    session.flush()
    audit.record(session, actor, "old-book.places-settled", book, code=book.code, answers=len(answers))
    return book


def load(session: Session, actor: Actor, code: str, which: Which) -> OldBook:
    """Record the chosen rows that have no fault and were not loaded before, as deliveries. Sent twice, they are loaded once.

    Raises: NotVisible, NotInPreview; Invalid: columns are not settled, or nothing would be loaded.
    """
    book = policy.fetch(session, actor, _LOAD, OldBook, code, lock=True)
    if book.state is OldBookState.LOADED:
        return book
    if book.state is not OldBookState.PREVIEW:
        raise NotInPreview
    # Two books of one group at once wait for each other here: the second finds the rows of the first.
    policy.fetch(session, actor, Permission.RESPONDER_EDIT, Responder, book.responder_id, lock=True)
    rows = rows_kept(book.body or "")
    said = columns_said(book)
    if columns.unsettled(rows, said) or columns.missing(rows, said):
        raise Invalid(_("Say first what each column is."))
    checked = look_through(session, actor, book, rows)
    known, groups = will_load(session, actor, book, checked, which)
    if not groups:
        raise Invalid(_("None of these rows can be loaded: they have faults, or are there already."), field="lines")
    made, digest = importing.log_many(session, actor, [_draft(group) for group in groups])
    session.execute(
        sa.insert(OldBookRow),
        [
            {
                "book_id": book.id,
                "line": one.line,
                "responder_id": book.responder_id,
                "digest": one.digest,
                "delivery_id": delivery.id,
            }
            for group, delivery in zip(groups, made, strict=True)
            for one in group.rows
        ],
    )
    book.state, book.body, book.answers = OldBookState.LOADED, None, None
    book.rows_loaded, book.rows_known = sum(len(group.rows) for group in groups), len(known)
    book.rows_total, book.rows_faulty = checked.rows, checked.faulty
    session.flush()
    counts = {
        "loaded": book.rows_loaded,
        "deliveries": len(made),
        "known": len(known),
        "faulty": checked.faulty,
    }
    audit.record(session, actor, "old-book.loaded", book, code=book.code, digest=digest, **counts)
    return book


def discard(session: Session, actor: Actor, code: str) -> OldBook:
    """Forget a book that was not loaded. Raises: NotVisible, NotInPreview, where it was loaded."""
    book = policy.fetch(session, actor, _LOAD, OldBook, code, lock=True)
    if book.state is OldBookState.LOADED:
        raise NotInPreview
    if book.state is OldBookState.PREVIEW:
        book.state, book.body, book.answers = OldBookState.DISCARDED, None, None
        session.flush()
        audit.record(session, actor, "old-book.discarded", book, code=book.code)
    return book


def answers_of(book: OldBook) -> dict[str, str]:
    """What was said of places, by `Asked.key`; and of columns, by their place."""
    found: dict[str, str] = json.loads(book.answers or "{}")
    return found


def columns_said(book: OldBook) -> Said:
    """What was said of columns."""
    return {
        int(key.removeprefix(_COLUMN)): None if answer == LEFT_OUT else Column(answer)
        for key, answer in answers_of(book).items()
        if key.startswith(_COLUMN)
    }


@dataclass(frozen=True)
class Catalogue:
    """The items and units that a book is read with."""

    #: By `ref`; the shipped first.
    items: Mapping[str, Item]
    #: By code.
    units: Mapping[str, Unit]


def catalogue_of(session: Session, actor: Actor) -> Catalogue:
    """What the group may name. Two statements."""
    items = session.scalars(
        policy.visible(actor, Permission.DELIVERY_READ, Item).order_by(Item.responder_id.is_not(None), Item.id)
    )
    units = session.scalars(sa.select(Unit).order_by(Unit.code))
    return Catalogue({item.ref: item for item in items}, {unit.code: unit for unit in units})


def look_through(
    session: Session, actor: Actor, book: OldBook, rows: Sequence[Sequence[str]], catalogue: Catalogue | None = None
) -> Checked:
    """What the rows say, hand-out by hand-out, and what is wrong. Four statements at most, however many rows."""
    catalogue = catalogue or catalogue_of(session, actor)
    said = columns_said(book)
    asked = {one for _line, cells in checking.rows_of(rows, said) if (one := matching.asked_by(cells))}
    known = Known(
        items=_item_words(catalogue.items.values()),
        units=_unit_words(catalogue.units.values()),
        places=matching.index(session, actor, asked),
        answers=answers_of(book),
        columns=said,
    )
    return checking.check(rows, known)


def will_load(
    session: Session, actor: Actor, book: OldBook, checked: Checked, which: Which
) -> tuple[frozenset[str], list[Group]]:
    """The digests of rows that the group loaded before, with any book; and the deliveries that the chosen others make. Two statements."""
    known = _known_digests(session, book.responder_id, [one.digest for one in checked.handouts])
    chosen = [one for one in checked.handouts if one.digest in known or which.has(one.line)]
    return known, grouping.grouped(chosen, known, _there(session, actor, chosen))


def _known_digests(session: Session, responder_id: int, digests: Collection[str]) -> frozenset[str]:
    there = sa.select(OldBookRow.digest).where(OldBookRow.responder_id == responder_id, OldBookRow.digest.in_(digests))
    return frozenset(
        session.scalars(
            policy.unscoped(there, because="a row of the own group's books is loaded once, whoever brings it")
        )
    )


def _there(session: Session, actor: Actor, rows: Sequence[HandOut]) -> Mapping[Key, Sequence[str]]:
    """The codes of deliveries that the group's books made on the days of these rows, and that count people still, by what they
    say of it: first, or as corrected since."""
    days = [one.day for one in rows if grouping.is_counted(one)]
    if not days:
        return {}
    event = DeliveryEvent
    statement = (
        policy.select(
            actor,
            {OldBook: _LOAD, Delivery: Permission.DELIVERY_READ},
            Delivery.code,
            event.happened_on,
            event.precision,
            event.place_id,
            event.site_id,
            event.households,
            event.people,
        )
        .select_from(OldBook)
        .join(OldBookRow, OldBookRow.book_id == OldBook.id)
        .join(Delivery, Delivery.id == OldBookRow.delivery_id)
        .join(event, event.delivery_id == Delivery.id)
        .where(
            event.happened_on.between(min(days), max(days)),
            event.kind.in_([EventKind.DISTRIBUTED, EventKind.CORRECTED]),
            event.place_id.is_not(None),
            (Delivery.households > 0) | (Delivery.people > 0),
        )
        .order_by(Delivery.id)
    )
    # By its rows and its corrections a delivery comes several times.
    found: dict[Key, dict[str, None]] = {}
    for code, day, precision, place_id, site_id, households, people in session.execute(statement):
        found.setdefault((day, precision, place_id, site_id, households, people), {})[code] = None
    return {key: list(codes) for key, codes in found.items()}


def _item_words(items: Iterable[Item]) -> dict[str, str]:
    """Items by every name for them: the own before the shipped, and both before what a shipped name has ahead of its bracket."""
    short: dict[str, str] = {}
    whole: dict[str, str] = {}
    for item in items:
        short.setdefault(fold(item.name_en.split("(")[0]), item.ref)
        whole |= {fold(name): item.ref for name in (item.name_en, item.name_my or "", item.slug or "")}
    return {name: ref for name, ref in (short | whole).items() if name}


def _unit_words(units: Collection[Unit]) -> dict[str, str]:
    """Units by every word for them. A word that may be several is none of them: it is kept as it is written."""
    found: dict[str, set[str]] = {}
    for language, _name in LANGUAGES:
        with force_locale(language):
            for code, word in PLAIN_UNITS.items():
                found.setdefault(fold(str(word)), set()).add(code)
    for unit in units:
        # Where the name says a weight ("bags (49 kg)"), the word alone does not: a bag of 25 kg is a bag too.
        weighed = any(letter.isdigit() for letter in unit.name_en)
        for name in (unit.name_en, "" if weighed else unit.name_my):
            found.setdefault(fold(name), set()).add(unit.code)
    named = {word: min(codes) for word, codes in found.items() if word and len(codes) == 1}
    return named | {fold(code): code for code in (*PLAIN_UNITS, *(unit.code for unit in units))}


def _in_preview(session: Session, actor: Actor, code: str) -> OldBook:
    book = policy.fetch(session, actor, _LOAD, OldBook, code, lock=True)
    if book.state is not OldBookState.PREVIEW:
        raise NotInPreview
    return book


def _keep(session: Session, actor: Actor, book: OldBook, rows: Sequence[Sequence[str]]) -> None:
    checked = look_through(session, actor, book, rows)
    book.body = text_of(rows)
    book.rows_total, book.rows_faulty = checked.rows, checked.faulty


def _draft(group: Group) -> DeliveryDraft:
    first = group.rows[0]
    event = EventDraft(
        kind=EventKind.DISTRIBUTED,
        happened_on=first.day,
        precision=first.precision,
        quantities={number: one.quantity_milli for number, one in enumerate(group.rows, 1)},
        place=first.place.code,
        households=group.households,
        people=group.people,
    )
    lines = tuple(
        LineDraft(
            item=one.item, own_name="" if one.item else one.item_name, quantity_milli=one.quantity_milli, unit=one.unit
        )
        for one in group.rows
    )
    return DeliveryDraft(lines=lines, events=(event,), note=group.note)
