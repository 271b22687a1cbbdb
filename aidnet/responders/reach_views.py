"""Pages on which a coordinator keeps the list of places the own responder reaches."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from aidnet import clock, disclosure
from aidnet.db import db
from aidnet.i18n import gettext as _
from aidnet.partners.models import Partner
from aidnet.places import queries as places
from aidnet.policy import Permission, fetch
from aidnet.responders import reaching, service, words
from aidnet.responders.models import Reach, Way
from aidnet.responders.reach_forms import EndForm, ReachForm
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import saved, status

bp = Blueprint("reach", __name__)


@bp.route("/responders/<code>/reach/new", methods=["GET", "POST"])
@needs(Permission.REACH_WRITE)
def new(code: str) -> ResponseReturnValue:
    """Add a place that the own responder reaches."""
    actor = current_actor()
    partner = fetch(db(), actor, Permission.RESPONDER_EDIT, Partner, code)
    form = ReachForm(request.form) if request.method == "POST" else ReachForm(data={"since_on": clock.today()})
    form.place.load(db(), actor)
    sending = request.method == "POST" and not form.place.finding
    if sending and saved(form, lambda session: service.add_reach(session, actor, _draft(form))):
        flash(_("The place is on your list."))
        return redirect(url_for("responders.show", code=code) + "#reach", code=303)
    page = render_template(
        "responders/reach.html", form=form, partner=disclosure.show(actor, partner), correcting=False
    )
    return page, status(form)


def _draft(form: ReachForm) -> service.ReachDraft:
    chosen = form.place.chosen[0]
    assert form.since_on.day is not None  # noqa: S101 (Required has seen to it)
    return service.ReachDraft(
        place_id=chosen.place_id,
        site_id=chosen.site_id,
        way=Way(form.way.data),
        since_on=form.since_on.day,
        until_on=form.until_on.day,
        uid=form.uid.uid,
    )


@bp.route("/responders/<code>/reach/<uuid:uid>", methods=["GET", "POST"])
@needs(Permission.REACH_WRITE)
def correct(code: str, uid: UUID) -> ResponseReturnValue:
    """Set a place of the list right, after a look at what will change."""
    actor = current_actor()
    partner = fetch(db(), actor, Permission.RESPONDER_EDIT, Partner, code)
    reach = service.own_reach(db(), actor, uid)
    before = disclosure.show(actor, reach)
    path = places.paths(db(), [reach.place_id])[reach.place_id]
    if request.method == "POST":
        form = ReachForm(request.form)
    else:
        form = ReachForm(
            data={
                "version": reach.version,
                "place": reaching.place_code(db(), actor, reach),
                "way": before.way.value,
                "since_on": before.since_on,
                "until_on": before.until_on,
            }
        )
    form.place.load(db(), actor)
    shown = disclosure.show(actor, partner)
    if request.method == "POST" and not form.place.finding:
        if not request.form.get("sure") and form.validate():
            return render_template(
                "responders/reach_confirm.html",
                form=form,
                partner=shown,
                before=before,
                path=path,
                words=words,
                way=Way(form.way.data),
                url=url_for(".correct", code=code, uid=uid),
            )
        if request.form.get("sure") and saved(
            form, lambda session: service.correct_reach(session, actor, uid, _draft(form), version=form.version.data)
        ):
            flash(_("The place is corrected."))
            return redirect(url_for("responders.show", code=code) + "#reach", code=303)
    return render_template("responders/reach.html", form=form, partner=shown, correcting=True), status(form)


@bp.route("/responders/<code>/reach/<uuid:uid>/end", methods=["GET", "POST"])
@needs(Permission.REACH_WRITE)
def end(code: str, uid: UUID) -> ResponseReturnValue:
    """Say that a place is reached no more; the row stays with its days."""
    actor = current_actor()
    partner = fetch(db(), actor, Permission.RESPONDER_EDIT, Partner, code)
    reach = service.own_reach(db(), actor, uid)
    form = (
        EndForm(request.form)
        if request.method == "POST"
        else EndForm(data={"version": reach.version, "until_on": clock.today()})
    )

    def write(session: Session) -> Reach:
        return service.end_reach(session, actor, uid, form.until_on.day or clock.today(), version=form.version.data)

    if request.method == "POST" and saved(form, write):
        flash(_("The place is on your list as reached before."))
        return redirect(url_for("responders.show", code=code) + "#reach", code=303)
    path = places.paths(db(), [reach.place_id])[reach.place_id]
    page = render_template("responders/reach_end.html", form=form, partner=disclosure.show(actor, partner), path=path)
    return page, status(form)
