"""Pages of photos: adding some to an expense, opening one, taking one away."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import CombinedMultiDict

from aidnet import codes, policy
from aidnet.db import db, transaction
from aidnet.disclosure import show
from aidnet.errors import AidnetError, NotVisible
from aidnet.evidence import queries, service
from aidnet.evidence.forms import SENT_MOST, PhotosForm
from aidnet.evidence.models import Photo
from aidnet.funding.models import Expense
from aidnet.i18n import gettext as _
from aidnet.policy import Permission
from aidnet.web.guards import current_actor, needs
from aidnet.web.headers import POLICY
from aidnet.web.uploads import takes_files

bp = Blueprint("evidence", __name__)


def _code(prefix: str, typed: str) -> str:
    code = codes.read(prefix, typed)
    if code is None:
        raise NotVisible
    return code


def _of_expense(code: str, photo: str) -> tuple[str, str]:
    """The codes of an expense and of a photo of it. Raises: NotVisible."""
    actor = current_actor()
    expense = policy.fetch(db(), actor, Permission.EXPENSE_READ, Expense, _code("E", code))
    found = policy.fetch(db(), actor, Permission.PHOTO_OPEN, Photo, _code("P", photo))
    if found.expense_id != expense.id or found.removed_at is not None:
        raise NotVisible
    return expense.code, found.code


@bp.route("/funding/expenses/<code>/photos/new", methods=["GET", "POST"])
@needs(Permission.PHOTO_OPEN)
@takes_files(SENT_MOST)
def new(code: str) -> ResponseReturnValue:
    """Add photos to an expense that is recorded."""
    actor = current_actor()
    expense = policy.fetch(db(), actor, Permission.EXPENSE_RECORD, Expense, _code("E", code))
    form = PhotosForm(CombinedMultiDict([request.form, request.files]))
    if request.method == "POST" and form.validate():
        try:
            with transaction() as session:
                service.add(session, actor, expense.code, form.photos.pictures, uid=form.uid.uid)
        except AidnetError as error:
            if error.status not in (409, 422):
                raise
            form.accuse(error)
        else:
            flash(_("The photos are kept."))
            return redirect(url_for("funding.expense", code=expense.code), code=303)
    page = render_template("evidence/new.html", form=form, expense=show(actor, expense))
    return page, 422 if form.errors else 200


@bp.post("/funding/expenses/<code>/photos/<photo>/openings")
@needs(Permission.PHOTO_OPEN)
def open_photo(code: str, photo: str) -> ResponseReturnValue:
    """Show a photo, which the audit chain knows first."""
    actor = current_actor()
    expense_code, photo_code = _of_expense(code, photo)
    with transaction() as session:
        service.note_opening(session, actor, photo_code)
    shown = queries.photo(db(), actor, photo_code)
    answer = make_response(render_template("evidence/show.html", photo=shown, expense_code=expense_code))
    # SECURITY: the picture stands in the page that was asked for by POST; it has no address of its own to be kept or passed on.
    answer.headers["Content-Security-Policy"] = POLICY.replace("img-src 'self'", "img-src 'self' data:")
    return answer


@bp.route("/funding/expenses/<code>/photos/<photo>/removal", methods=["GET", "POST"])
@needs(Permission.PHOTO_OPEN)
def removal(code: str, photo: str) -> ResponseReturnValue:
    """Take a photo away, after a question."""
    expense_code, photo_code = _of_expense(code, photo)
    if request.method == "POST":
        with transaction() as session:
            service.remove(session, current_actor(), photo_code)
        flash(_("The photo is gone."))
        return redirect(url_for("funding.expense", code=expense_code), code=303)
    return render_template("evidence/removal.html", expense_code=expense_code, photo_code=photo_code)
