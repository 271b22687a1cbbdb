"""The network's settings, and what aidnet is."""

import tomllib
from functools import cache

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from aidnet import disclosure
from aidnet.approvals import queries as asked_for
from aidnet.approvals import service as approvals
from aidnet.approvals.models import Approval
from aidnet.config import ROOT
from aidnet.db import db, transaction
from aidnet.errors import AidnetError, NotVisible
from aidnet.i18n import gettext as _
from aidnet.network import service
from aidnet.network.forms import OFF, ON, PublicPageForm, SettingsForm
from aidnet.network.models import NetworkKind
from aidnet.policy import Actor, Permission
from aidnet.web.context import network as network_row
from aidnet.web.guards import current_actor, needs, public

bp = Blueprint("network", __name__)


@cache
def vendored() -> tuple[dict[str, str], ...]:
    """What is shipped that others made, as the manifest lists it."""
    manifest = ROOT / "aidnet" / "static" / "vendor" / "manifest.toml"
    return tuple(tomllib.loads(manifest.read_text("utf-8"))["file"])


@bp.route("/settings", methods=["GET", "POST"])
@needs(Permission.NETWORK_SETTINGS)
def settings() -> ResponseReturnValue:
    """The network's name, and how long results wait."""
    found, actor = network_row(), current_actor()
    if found is None:
        raise NotVisible
    shown = disclosure.show(actor, found)
    now = {"name": shown.name, "release_delay_days": str(shown.release_delay_days), "version": found.version}
    form = SettingsForm(request.form if request.method == "POST" else None, data=now)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction() as session:
                    asked = _change(session, actor, form, found.release_delay_days)
            except AidnetError as error:
                status = error.status
                form.accuse(error)
            else:
                if asked is not None:
                    flash(_("This waits for a second person: a shorter wait lets results out sooner."), "wait")
                    return redirect(url_for("approvals.approval", code=asked.code), code=303)
                flash(_("The settings are saved."))
                return redirect(url_for(".settings"), code=303)
    is_demo = shown.kind == NetworkKind.DEMO
    return render_template(
        "network/settings.html",
        form=form,
        now=now,
        is_demo=is_demo,
        since=shown.set_up_at,
        is_public=shown.public_page,
        waiting=asked_for.of_public_page(db(), actor),
    ), status


def _change(session: Session, actor: Actor, form: SettingsForm, stands: int) -> Approval | None:
    """Save the form. What is returned waits for a second person: a wait shorter than it `stands`."""
    days = form.release_delay_days.number or 0
    draft = service.SettingsDraft(form.version.data, form.name.data, max(days, stands))
    service.change_settings(session, actor, draft)
    return approvals.shorten_wait(session, actor, days=days, uid=form.uid.uid) if days < stands else None


@bp.route("/settings/public-page", methods=["GET", "POST"])
@needs(Permission.NETWORK_SETTINGS)
def public_page() -> ResponseReturnValue:
    """What anybody may read: a second person is asked to turn it on, one admin turns it off."""
    found, actor = network_row(), current_actor()
    if found is None:
        raise NotVisible
    is_on, status = disclosure.show(actor, found).public_page, 200
    version, turn = found.version, OFF if is_on else ON
    form = PublicPageForm(request.form) if request.method == "POST" else PublicPageForm(data={"version": version, "turn": turn})
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction() as session:
                    asked = _turn(session, actor, form)
            except AidnetError as error:
                status = error.status
                form.accuse(error)
            else:
                if asked is not None:
                    flash(_("This waits for a second person: the whole internet could read it."), "wait")
                    return redirect(url_for("approvals.approval", code=asked.code), code=303)
                flash(_("The public page is off.") if form.turn.data == OFF else _("The public page is on."))
                return redirect(url_for(".settings"), code=303)
        form.version.data, form.turn.data = version, turn
    waiting = asked_for.of_public_page(db(), actor)
    return render_template("network/public_page.html", form=form, is_public=is_on, waiting=waiting), status


def _turn(session: Session, actor: Actor, form: PublicPageForm) -> Approval | None:
    """What is returned waits for a second person. An older form does not turn it on; off it always turns."""
    if form.turn.data == ON:
        return approvals.open_public_page(session, actor, version=form.version.data, uid=form.uid.uid)
    service.close_public_page(session, actor)
    return None


@bp.get("/about")
@public
def about() -> ResponseReturnValue:
    """What aidnet is, what it cannot do, whose work is in it."""
    return render_template("network/about.html", vendored=vendored())
