"""Pages on which a coordinator says what the own group has to work with."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import disclosure
from aidnet.db import db, transaction
from aidnet.i18n import gettext as _
from aidnet.partners.models import Partner
from aidnet.places import queries as places
from aidnet.policy import Permission, fetch
from aidnet.responders import capacity, words
from aidnet.responders.forms import CapacityForm, NumberForm
from aidnet.responders.models import CapacityKind
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import saved, status

bp = Blueprint("capacity", __name__)


def _back(code: str) -> ResponseReturnValue:
    return redirect(url_for("responders.show", code=code) + "#capacity", code=303)


@bp.route("/responders/<code>/capacity/new", methods=["GET", "POST"])
@needs(Permission.RESPONDER_EDIT)
def new(code: str) -> ResponseReturnValue:
    """Say what the own group has somewhere."""
    actor = current_actor()
    partner = fetch(db(), actor, Permission.RESPONDER_EDIT, Partner, code)
    form = CapacityForm(request.form)
    form.area.load(db(), actor)
    sending = request.method == "POST" and not form.area.finding
    if sending and saved(form, lambda session: capacity.say_capacity(session, actor, _draft(form))):
        flash(_("What you have is written down."))
        return _back(code)
    return render_template("responders/capacity.html", form=form, partner=disclosure.show(actor, partner)), status(form)


def _draft(form: CapacityForm) -> capacity.CapacityDraft:
    return capacity.CapacityDraft(
        uid=form.uid.uid,
        kind=CapacityKind(form.kind.data),
        area_id=form.area.chosen[0].place_id,
        number=form.number.number or 0,
    )


@bp.route("/responders/<code>/capacity/<uuid:uid>", methods=["GET", "POST"])
@needs(Permission.RESPONDER_EDIT)
def correct(code: str, uid: UUID) -> ResponseReturnValue:
    """Say how many there are now; the same number again is said anew today."""
    actor = current_actor()
    partner = fetch(db(), actor, Permission.RESPONDER_EDIT, Partner, code)
    row = capacity.own_capacity(db(), actor, uid)
    shown = disclosure.show(actor, row)
    form = NumberForm(request.form) if request.method == "POST" else NumberForm(data={"version": row.version, "number": str(shown.number)})
    if request.method == "POST" and saved(
        form, lambda session: capacity.say_again(session, actor, uid, form.number.number or 0, version=form.version.data)
    ):
        flash(_("What you have is written down."))
        return _back(code)
    page = render_template(
        "responders/capacity_number.html",
        form=form,
        partner=disclosure.show(actor, partner),
        line=shown,
        area=places.paths(db(), [row.area_id])[row.area_id],
        url=url_for(".remove", code=code, uid=uid),
        words=words,
    )
    return page, status(form)


@bp.route("/responders/<code>/capacity/<uuid:uid>/remove", methods=["GET", "POST"])
@needs(Permission.RESPONDER_EDIT)
def remove(code: str, uid: UUID) -> ResponseReturnValue:
    """There are none there any more: asked about twice."""
    actor = current_actor()
    partner = fetch(db(), actor, Permission.RESPONDER_EDIT, Partner, code)
    if request.method == "POST":
        with transaction() as session:
            capacity.remove_capacity(session, actor, uid)
        flash(_("It is off your list."))
        return _back(code)
    row = capacity.own_capacity(db(), actor, uid)
    return render_template(
        "responders/capacity_remove.html",
        partner=disclosure.show(actor, partner),
        line=disclosure.show(actor, row),
        area=places.paths(db(), [row.area_id])[row.area_id],
        url=url_for(".remove", code=code, uid=uid),
        words=words,
    )
