"""Pages on which a coordinator vouches for another group, and takes that back."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import clock, disclosure
from aidnet.db import db, transaction
from aidnet.errors import NotVisible
from aidnet.i18n import gettext as _
from aidnet.partners.models import Partner
from aidnet.policy import Permission, fetch
from aidnet.responders import vouches, vouching, words
from aidnet.responders.forms import VouchForm
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import saved, status

bp = Blueprint("vouching", __name__)


def _other(code: str) -> Partner:
    """Another group. Raises: NotVisible; of the own group too."""
    partner = fetch(db(), current_actor(), Permission.RESPONDER_READ, Partner, code)
    if partner.id == current_actor().partner_id:
        raise NotVisible
    return partner


def _until() -> date:
    return clock.today() + vouching.LASTS


@bp.route("/responders/<code>/vouch", methods=["GET", "POST"])
@needs(Permission.VOUCH_WRITE)
def vouch(code: str) -> ResponseReturnValue:
    """Vouch for another group, or renew that word, after reading what it means."""
    actor, partner = current_actor(), _other(code)
    form = VouchForm(request.form)
    if request.method == "POST" and saved(form, lambda session: vouching.vouch(session, actor, code, form.uid.uid)):
        flash(_("Your group vouches for %(name)s.", name=partner.code_name))
        return redirect(url_for("responders.show", code=code) + "#vouches", code=303)
    page = render_template(
        "responders/vouch.html",
        form=form,
        partner=disclosure.show(actor, partner),
        vouches=vouches.vouches_of(db(), actor, partner.id),
        until=_until(),
        words=words,
    )
    return page, status(form)


@bp.route("/responders/<code>/vouch/withdraw", methods=["GET", "POST"])
@needs(Permission.VOUCH_WRITE)
def withdraw(code: str) -> ResponseReturnValue:
    """Take the own group's word back, after a look at what follows."""
    actor, partner = current_actor(), _other(code)
    if request.method == "POST":
        with transaction() as session:
            vouching.withdraw(session, actor, code)
        flash(_("Your group vouches for %(name)s no more.", name=partner.code_name))
        return redirect(url_for("responders.show", code=code) + "#vouches", code=303)
    found = vouches.vouches_of(db(), actor, partner.id)
    if found is None or found.mine is None:
        raise NotVisible
    return render_template("responders/vouch_withdraw.html", partner=disclosure.show(actor, partner))
