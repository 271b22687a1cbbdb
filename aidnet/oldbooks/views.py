"""Pages on which a coordinator brings a spreadsheet of old deliveries, looks through it, and loads it once."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet.db import db
from aidnet.i18n import gettext as _
from aidnet.i18n import ngettext
from aidnet.intake import pages
from aidnet.intake.forms import LoadForm
from aidnet.oldbooks import queries, service, words
from aidnet.oldbooks.columns import COLUMNS, Column, Said
from aidnet.oldbooks.forms import BookForm
from aidnet.oldbooks.models import OldBookState
from aidnet.policy import Permission
from aidnet.web.forms import BaseForm
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import code_of, save, saved, status
from aidnet.web.sheets import csv_response
from aidnet.web.uploads import takes_files

bp = Blueprint("oldbooks", __name__)


@bp.get("/old-books")
@needs(Permission.OLD_BOOK_LOAD)
def index() -> ResponseReturnValue:
    """The own group's books, newest first."""
    page = queries.books(db(), current_actor(), request.args.get("after"))
    return render_template("oldbooks/index.html", page=page, words=words)


@bp.route("/old-books/new", methods=["GET", "POST"])
@takes_files(pages.BYTES_MOST)
@needs(Permission.OLD_BOOK_LOAD)
def new() -> ResponseReturnValue:
    """Bring a spreadsheet: send a file, or paste it."""
    actor = current_actor()
    form = BookForm(pages.sent())
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
    found = queries.preview(db(), current_actor(), code, pages.first_line())
    page = render_template(
        "oldbooks/preview.html",
        book=found.book,
        form=form,
        said=said,
        chosen={one.place: said.get(one.place) if said else one.column for one in found.columns},
        words=words,
        **pages.drawn(".show", code, found, COLUMNS),
    )
    return page, status(form)


@bp.get("/old-books/<code>/faults.csv")
@needs(Permission.OLD_BOOK_LOAD)
def faults_csv(code: str) -> ResponseReturnValue:
    """What is wrong in a book, cell by cell."""
    return pages.faults_file(queries.faults(db(), current_actor(), code_of("O", code)), COLUMNS)


@bp.post("/old-books/<code>/columns")
@needs(Permission.OLD_BOOK_LOAD)
def settle_columns(code: str) -> ResponseReturnValue:
    """Say what columns are."""
    code = _own(code)
    said = pages.columns_typed(Column)
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
