"""Pages on which a coordinator brings a spreadsheet of old deliveries, looks through it, and loads it once."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import CombinedMultiDict

from aidnet.db import db
from aidnet.funding.pages import code_of, save, saved, status
from aidnet.i18n import gettext as _
from aidnet.i18n import ngettext
from aidnet.intake.forms import LoadForm
from aidnet.oldbooks import queries, service, words
from aidnet.oldbooks.columns import COLUMNS, Column, Said
from aidnet.oldbooks.forms import BookForm
from aidnet.oldbooks.models import OldBookState
from aidnet.policy import Permission
from aidnet.web.forms import BaseForm
from aidnet.web.guards import current_actor, needs
from aidnet.web.sheets import csv_response
from aidnet.web.uploads import takes_files

bp = Blueprint("oldbooks", __name__)

#: More than a book may be, so that one that is too large is told so, and does not end at the door.
_BYTES_MOST = 12_000_000
#: Faults that a page shows; the file has all of them.
_FAULTS = 300


@bp.get("/old-books")
@needs(Permission.OLD_BOOK_LOAD)
def index() -> ResponseReturnValue:
    """The own group's books, newest first."""
    page = queries.books(db(), current_actor(), request.args.get("after"))
    return render_template("oldbooks/index.html", page=page, words=words)


@bp.route("/old-books/new", methods=["GET", "POST"])
@takes_files(_BYTES_MOST)
@needs(Permission.OLD_BOOK_LOAD)
def new() -> ResponseReturnValue:
    """Bring a spreadsheet: send a file, or paste it."""
    actor = current_actor()
    sent: Any = CombinedMultiDict([request.files, request.form]) if request.method == "POST" else None
    form = BookForm(sent)
    if request.method == "POST":
        made = save(form, lambda session: service.add_book(session, actor, form.draft()))
        if made is not None:
            return redirect(url_for(".show", code=made.code), code=303)
    return render_template("oldbooks/new.html", form=form), status(form)


@bp.get("/old-books/sample.csv")
@needs(Permission.OLD_BOOK_LOAD)
def sample() -> ResponseReturnValue:
    """A book to begin with, its columns named in the reader's language."""
    rows = [
        ["2024-02-05", "Ywar Thit", "", "Yinmarbin", "", "", _("Rice"), "60", _("bags"), "60", "300", ""],
        ["6/3/2024", "MMR005004", "", "", "", "", _("Blankets"), "၁၅၀", "", "", "", _("by boat")],
        ["2024-04", "", "", "Pale", "", "", _("Cooking oil"), "12.5", _("litres"), "", "", ""],
    ]
    return csv_response("old-book", [str(word) for word in COLUMNS.values()], rows)


@bp.get("/old-books/<code>")
@needs(Permission.OLD_BOOK_LOAD)
def show(code: str) -> ResponseReturnValue:
    """One book: what it would load, or what it loaded."""
    actor = current_actor()
    book = queries.one(db(), actor, code_of("O", code))
    if book.state is OldBookState.PREVIEW:
        return _preview(book.code, LoadForm(request.form))
    page = queries.loaded(db(), actor, book.code, request.args.get("after"))
    made = queries.deliveries_made(db(), actor, book.code)
    return render_template("oldbooks/show.html", book=book, page=page, made=made, words=words)


def _preview(code: str, form: BaseForm, said: Said | None = None) -> ResponseReturnValue:
    """What a book would load. `said`: columns as they were just typed."""
    first = request.args.get("from", "")
    found = queries.preview(db(), current_actor(), code, int(first[:7]) if first.isdecimal() else 0)
    here: dict[str, Any] = {"code": code}
    page = render_template(
        "oldbooks/preview.html",
        book=found.book,
        preview=found,
        wrongs=found.wrongs[:_FAULTS],
        form=form,
        next_url=url_for(".show", **here | {"from": found.next_line}) if found.next_line else "",
        first_url=url_for(".show", code=code) if first else "",
        columns=COLUMNS,
        said=said,
        chosen={one.place: said.get(one.place) if said else one.column for one in found.columns},
        words=words,
    )
    return page, status(form)


@bp.get("/old-books/<code>/faults.csv")
@needs(Permission.OLD_BOOK_LOAD)
def faults_csv(code: str) -> ResponseReturnValue:
    """What is wrong in a book, cell by cell."""
    found = queries.faults(db(), current_actor(), code_of("O", code))

    def rows() -> Iterator[list[object]]:
        for wrong in found:
            yield [wrong.line, str(COLUMNS[wrong.column]), str(wrong.said), wrong.typed]

    return csv_response("faults", [_("Line"), _("Column"), _("What is wrong"), _("What stands there")], rows())


@bp.post("/old-books/<code>/columns")
@needs(Permission.OLD_BOOK_LOAD)
def settle_columns(code: str) -> ResponseReturnValue:
    """Say what columns are."""
    code = _own(code)
    known = {column.value: column for column in Column}
    said = {
        int(name.removeprefix("column-")): known.get(value)
        for name, value in request.form.items()
        if name.startswith("column-") and name.removeprefix("column-").isdecimal() and len(name) < 12
    }
    form = LoadForm()
    if saved(form, lambda session: service.settle_columns(session, current_actor(), code, said)):
        return redirect(url_for(".show", code=code), code=303)
    return _again(code, form, said)


@bp.post("/old-books/<code>/places")
@needs(Permission.OLD_BOOK_LOAD)
def settle_places(code: str) -> ResponseReturnValue:
    """Say which place is meant by a name that several bear."""
    code = _own(code)
    said = {
        name.removeprefix("place-"): value
        for name, value in request.form.items()
        if name.startswith("place-") and value
    }
    form = LoadForm()
    if saved(form, lambda session: service.settle_places(session, current_actor(), code, said)):
        return redirect(url_for(".show", code=code), code=303)
    return _again(code, form)


@bp.post("/old-books/<code>/loading")
@needs(Permission.OLD_BOOK_LOAD)
def loading(code: str) -> ResponseReturnValue:
    """Load the chosen rows."""
    code = _own(code)
    form = LoadForm(request.form)
    made = save(form, lambda session: service.load(session, current_actor(), code, form.which()))
    if made is None:
        return _again(code, form)
    recorded = queries.deliveries_made(db(), current_actor(), code)
    flash(ngettext("%(num)s delivery is recorded.", "%(num)s deliveries are recorded.", recorded))
    return redirect(url_for(".show", code=code), code=303)


@bp.post("/old-books/<code>/discarding")
@needs(Permission.OLD_BOOK_LOAD)
def discarding(code: str) -> ResponseReturnValue:
    """Forget a book."""
    code = _own(code)
    if not saved(BaseForm(), lambda session: service.discard(session, current_actor(), code)):
        raise service.NotInPreview
    flash(_("The book is discarded. Nothing of it was recorded."))
    return redirect(url_for(".index"), code=303)


def _own(code: str) -> str:
    """The code of a book of the own group. Raises: NotVisible."""
    return str(queries.one(db(), current_actor(), code_of("O", code)).code)


def _again(code: str, form: BaseForm, said: Said | None = None) -> ResponseReturnValue:
    """The preview with what is wrong; what is no preview any more says so."""
    if queries.one(db(), current_actor(), code).state is OldBookState.PREVIEW:
        return _preview(code, form, said)
    raise service.NotInPreview
