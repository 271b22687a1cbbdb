"""Pages of photos: adding some to an expense or a hand-out, opening one, taking one away."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import CombinedMultiDict

from aidnet import codes, policy
from aidnet.db import db, transaction
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


@dataclass(frozen=True)
class Subject:
    """What photos are kept of, as their pages name it."""

    #: Of the expense, or of the delivery.
    code: str
    #: The uid of the hand-out; None: an expense.
    event: UUID | None = None

    @property
    def layout(self) -> str:
        """What its pages are drawn in."""
        return "funding/page.html" if self.event is None else "base.html"

    @property
    def back(self) -> str:
        """Its own page."""
        if self.event is None:
            return url_for("funding.expense", code=self.code)
        return url_for("deliveries.show", code=self.code, _anchor=f"e-{self.event}")

    def removal(self, photo: str) -> str:
        """Where a photo of it is taken away."""
        if self.event is None:
            return url_for("evidence.removal", code=self.code, photo=photo)
        return url_for("evidence.handed_removal", code=self.code, uid=self.event, photo=photo)


def _expense(code: str, permission: Permission) -> tuple[Subject, int]:
    """An expense, and its row. Raises: NotVisible."""
    row = policy.fetch(db(), current_actor(), permission, Expense, _code("E", code))
    return Subject(row.code), row.id


def _hand_out(code: str, uid: UUID) -> tuple[Subject, int]:
    """A hand-out, and its row. Raises: NotVisible."""
    code = _code("D", code)
    return Subject(code, uid), service.hand_out(db(), current_actor(), code, uid).id


def _photo(photo: str, subject: Subject, row_id: int) -> str:
    """The code of a photo that is kept of this. Raises: NotVisible."""
    found = policy.fetch(db(), current_actor(), Permission.PHOTO_OPEN, Photo, _code("P", photo))
    if (found.expense_id if subject.event is None else found.event_id) != row_id or found.removed_at is not None:
        raise NotVisible
    return found.code


@bp.route("/funding/expenses/<code>/photos/new", methods=["GET", "POST"])
@needs(Permission.PHOTO_OPEN)
@takes_files(SENT_MOST)
def new(code: str) -> ResponseReturnValue:
    """Add photos to an expense that is recorded."""
    return _new(_expense(code, Permission.EXPENSE_RECORD)[0])


@bp.route("/deliveries/<code>/events/<uuid:uid>/photos/new", methods=["GET", "POST"])
@needs(Permission.PHOTO_OPEN)
@takes_files(SENT_MOST)
def handed_new(code: str, uid: UUID) -> ResponseReturnValue:
    """Add photos to a hand-out that is reported."""
    return _new(_hand_out(code, uid)[0])


def _new(subject: Subject) -> ResponseReturnValue:
    actor = current_actor()
    form = PhotosForm(CombinedMultiDict([request.form, request.files]))
    if request.method == "POST" and form.validate():
        try:
            with transaction() as session:
                if subject.event is None:
                    service.add(session, actor, subject.code, form.photos.pictures, uid=form.uid.uid)
                else:
                    service.add_to_hand_out(session, actor, subject.code, subject.event, form.photos.pictures, uid=form.uid.uid)
        except AidnetError as error:
            if error.status not in (409, 422):
                raise
            form.accuse(error)
        else:
            flash(_("The photos are kept."))
            return redirect(subject.back, code=303)
    page = render_template("evidence/new.html", form=form, subject=subject)
    return page, 422 if form.errors else 200


@bp.post("/funding/expenses/<code>/photos/<photo>/openings")
@needs(Permission.PHOTO_OPEN)
def open_photo(code: str, photo: str) -> ResponseReturnValue:
    """Show a photo, which the audit chain knows first."""
    return _open(photo, *_expense(code, Permission.EXPENSE_READ))


@bp.post("/deliveries/<code>/events/<uuid:uid>/photos/<photo>/openings")
@needs(Permission.PHOTO_OPEN)
def open_handed(code: str, uid: UUID, photo: str) -> ResponseReturnValue:
    """Show a photo of a hand-out, which the audit chain knows first."""
    return _open(photo, *_hand_out(code, uid))


def _open(photo: str, subject: Subject, row_id: int) -> ResponseReturnValue:
    actor = current_actor()
    photo_code = _photo(photo, subject, row_id)
    with transaction() as session:
        service.note_opening(session, actor, photo_code)
    shown = queries.photo(db(), actor, photo_code)
    answer = make_response(render_template("evidence/show.html", photo=shown, subject=subject))
    # SECURITY: the picture stands in the page that was asked for by POST; it has no address of its own to be kept or passed on.
    answer.headers["Content-Security-Policy"] = POLICY.replace("img-src 'self'", "img-src 'self' data:")
    return answer


@bp.route("/funding/expenses/<code>/photos/<photo>/removal", methods=["GET", "POST"])
@needs(Permission.PHOTO_OPEN)
def removal(code: str, photo: str) -> ResponseReturnValue:
    """Take a photo away, after a question."""
    return _remove(photo, *_expense(code, Permission.EXPENSE_READ))


@bp.route("/deliveries/<code>/events/<uuid:uid>/photos/<photo>/removal", methods=["GET", "POST"])
@needs(Permission.PHOTO_OPEN)
def handed_removal(code: str, uid: UUID, photo: str) -> ResponseReturnValue:
    """Take a photo of a hand-out away, after a question."""
    return _remove(photo, *_hand_out(code, uid))


def _remove(photo: str, subject: Subject, row_id: int) -> ResponseReturnValue:
    photo_code = _photo(photo, subject, row_id)
    if request.method == "POST":
        with transaction() as session:
            service.remove(session, current_actor(), photo_code)
        flash(_("The photo is gone."))
        return redirect(subject.back, code=303)
    return render_template("evidence/removal.html", subject=subject, photo_code=photo_code)
