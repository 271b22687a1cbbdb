"""The network's settings, and what aidnet is."""

import tomllib
from functools import cache

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import disclosure
from aidnet.config import ROOT
from aidnet.db import transaction
from aidnet.errors import AidnetError, NotVisible
from aidnet.i18n import gettext as _
from aidnet.network import service
from aidnet.network.forms import SettingsForm
from aidnet.network.models import NetworkKind
from aidnet.policy import Permission
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
            draft = service.SettingsDraft(
                version=form.version.data,
                name=form.name.data,
                release_delay_days=form.release_delay_days.number or 0,
            )
            try:
                with transaction() as session:
                    service.change_settings(session, actor, draft)
            except AidnetError as error:
                status = error.status
                form.accuse(error)
            else:
                flash(_("The settings are saved."))
                return redirect(url_for(".settings"), code=303)
    is_demo = shown.kind == NetworkKind.DEMO
    return render_template("network/settings.html", form=form, now=now, is_demo=is_demo, since=shown.set_up_at), status


@bp.get("/about")
@public
def about() -> ResponseReturnValue:
    """What aidnet is, what it cannot do, whose work is in it."""
    return render_template("network/about.html", vendored=vendored())
