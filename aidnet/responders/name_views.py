"""Pages on which a coordinator shows the own name to a partner, and takes that back."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import disclosure
from aidnet.db import db, transaction
from aidnet.i18n import gettext as _
from aidnet.partners.models import Partner
from aidnet.policy import Permission, fetch
from aidnet.responders import names
from aidnet.responders.forms import NameForm
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import saved, status

bp = Blueprint("naming", __name__)


@bp.route("/responders/<code>/names", methods=["GET", "POST"])
@needs(Permission.NAME_SHOW)
def index(code: str) -> ResponseReturnValue:
    """Who sees the own name, since when; and a form to show it to one more."""
    actor = current_actor()
    partner = fetch(db(), actor, Permission.RESPONDER_EDIT, Partner, code)
    form = NameForm(request.form) if request.method == "POST" else NameForm(data={"partner": request.args.get("to", "")[:40]})
    if request.method == "POST" and saved(
        form, lambda session: names.show_name(session, actor, form.partner.data, form.uid.uid)
    ):
        flash(_("From now on, this partner sees your own name."))
        return redirect(url_for(".index", code=code), code=303)
    seeing, before = names.readers(db(), actor)
    page = render_template(
        "responders/names.html", form=form, partner=disclosure.show(actor, partner), seeing=seeing, before=before
    )
    return page, status(form)


@bp.route("/responders/<code>/names/<uuid:uid>/end", methods=["GET", "POST"])
@needs(Permission.NAME_SHOW)
def end(code: str, uid: UUID) -> ResponseReturnValue:
    """Take the own name back from a partner."""
    actor = current_actor()
    partner = fetch(db(), actor, Permission.RESPONDER_EDIT, Partner, code)
    if request.method == "POST":
        with transaction() as session:
            names.hide_name(session, actor, uid)
        flash(_("This partner sees your own name no more."))
        return redirect(url_for(".index", code=code), code=303)
    return render_template(
        "responders/names_end.html",
        partner=disclosure.show(actor, partner),
        reader=names.reader(db(), actor, uid),
        url=url_for(".end", code=code, uid=uid),
    )
