"""Pages on which a responder keeps its own sites and crossings, and an admin the names the network uses."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import disclosure, policy
from aidnet.db import db, transaction
from aidnet.i18n import gettext as _
from aidnet.places import around, queries, service, words
from aidnet.places.forms import CrossingForm, NameForm, SiteEditForm, SiteForm
from aidnet.places.models import Crossing, Level, Place, Site, SiteKind
from aidnet.policy import Permission
from aidnet.web import keyset
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import saved

bp = Blueprint("own", __name__)


@bp.get("/places/sites")
@needs(Permission.SITE_READ)
def sites() -> ResponseReturnValue:
    """The responder's own sites, newest first."""
    actor = current_actor()
    statement = policy.visible(actor, Permission.SITE_READ, Site)
    page = keyset.page(db(), statement, Site.id, after=request.args.get("after"))
    return render_template(
        "places/sites.html",
        page=replace(page, rows=()),
        sites=around.sites_shown(db(), actor, page.rows),
        closed={site.code for site in page.rows if site.closed_at},
        may_add=actor.may(Permission.SITE_WRITE),
        words=words,
    )


@bp.route("/places/sites/new", methods=["GET", "POST"])
@needs(Permission.SITE_WRITE)
def new_site() -> ResponseReturnValue:
    """Add a place that the gazetteer lacks."""
    actor = current_actor()
    posted = request.method == "POST"
    form = SiteForm(request.form) if posted else SiteForm(data={"place": request.args.get("place", "").strip()})
    form.place.load(db(), actor)
    sending = posted and not form.place.finding
    if sending and saved(form, lambda session: service.add_site(session, actor, _site_draft(form))):
        flash(_("The place is on your list. You can choose it in every form now."))
        return redirect(url_for(".sites"), code=303)
    return render_template("places/site_new.html", form=form), 422 if sending else 200


def _site_draft(form: SiteForm) -> service.SiteDraft:
    assert form.name.data is not None  # noqa: S101 (Required has seen to it)
    return service.SiteDraft(form.uid.uid, form.place.chosen[0].place_id, SiteKind(form.kind.data), form.name.data)


@bp.route("/places/sites/<code>", methods=["GET", "POST"])
@needs(Permission.SITE_WRITE)
def site(code: str) -> ResponseReturnValue:
    """An own site: call it otherwise, or close it."""
    actor = current_actor()
    row = policy.fetch(db(), actor, Permission.SITE_WRITE, Site, code)
    here = around.sites_shown(db(), actor, [row])[0]
    posted = request.method == "POST"
    form = (
        SiteEditForm(request.form)
        if posted
        else SiteEditForm(data={"version": row.version, "name": here.site.name, "kind": here.site.kind.value})
    )

    def edit(session: Any) -> None:
        kind, name = SiteKind(form.kind.data), form.name.data or ""
        service.edit_site(session, actor, code, kind=kind, name=name, version=form.version.data)

    if posted and saved(form, edit):
        flash(_("The place is changed."))
        return redirect(url_for(".sites"), code=303)
    page = render_template(
        "places/site.html", form=form, here=here, closed=row.closed_at is not None, version=row.version, words=words
    )
    return page, 422 if posted else 200


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


@bp.post("/places/sites/<code>/closure")
@needs(Permission.SITE_WRITE)
def close_site(code: str) -> ResponseReturnValue:
    """Offer an own site in forms no more."""
    with transaction() as session:
        service.close_site(session, current_actor(), code, version=_version())
    flash(_("The place is closed. Your records keep it."))
    return redirect(url_for(".sites"), code=303)


@bp.post("/places/sites/<code>/reopening")
@needs(Permission.SITE_WRITE)
def reopen_site(code: str) -> ResponseReturnValue:
    """Offer a closed site again."""
    with transaction() as session:
        service.reopen_site(session, current_actor(), code, version=_version())
    flash(_("The place is open again."))
    return redirect(url_for(".sites"), code=303)


@bp.get("/places/crossings")
@needs(Permission.SITE_READ)
def crossings() -> ResponseReturnValue:
    """The crossings the responder may name: its own under code names, and the formal ones."""
    actor = current_actor()
    statement = policy.visible(actor, Permission.DELIVERY_READ, Crossing)
    rows = db().scalars(statement.order_by(Crossing.responder_id.is_(None), Crossing.code_name, Crossing.id)).all()
    listed = [(disclosure.show(actor, row), row, queries.crossing_name(actor, row)) for row in rows]
    return render_template(
        "places/crossings.html",
        own=[(shown, name, row.uid, row.closed_at is not None) for shown, row, name in listed if row.responder_id],
        formal=[(shown, name) for shown, row, name in listed if not row.responder_id],
        may_add=actor.may(Permission.SITE_WRITE),
        words=words,
    )


@bp.route("/places/crossings/new", methods=["GET", "POST"])
@needs(Permission.SITE_WRITE)
def new_crossing() -> ResponseReturnValue:
    """Add a crossing under a code name."""
    actor = current_actor()
    posted = request.method == "POST"
    form = CrossingForm(request.form if posted else None)

    def add(session: Any) -> None:
        draft = service.CrossingDraft(form.uid.uid, form.code_name.data or "", form.country.data)
        service.add_crossing(session, actor, draft)

    if posted and saved(form, add):
        flash(_("The crossing is on your list."))
        return redirect(url_for(".crossings"), code=303)
    return render_template("places/crossing_new.html", form=form), 422 if posted else 200


@bp.post("/places/crossings/<uuid:uid>/closure")
@needs(Permission.SITE_WRITE)
def close_crossing(uid: UUID) -> ResponseReturnValue:
    """Offer an own crossing in forms no more."""
    with transaction() as session:
        service.close_crossing(session, current_actor(), uid)
    flash(_("The crossing is closed. Your records keep it."))
    return redirect(url_for(".crossings"), code=303)


@bp.post("/places/crossings/<uuid:uid>/reopening")
@needs(Permission.SITE_WRITE)
def reopen_crossing(uid: UUID) -> ResponseReturnValue:
    """Offer a closed crossing again."""
    with transaction() as session:
        service.reopen_crossing(session, current_actor(), uid)
    flash(_("The crossing is open again."))
    return redirect(url_for(".crossings"), code=303)


@bp.route("/places/names", methods=["GET", "POST"])
@needs(Permission.NETWORK_SETTINGS)
def names() -> ResponseReturnValue:
    """Call a place otherwise on every page."""
    actor = current_actor()
    posted = request.method == "POST"
    form = NameForm(request.form if posted else None)

    def name(session: Any) -> None:
        pcode = (form.pcode.data or "").replace(" ", "").upper()
        service.name_place(session, actor, pcode, form.display_name.data or "")

    if posted and saved(form, name):
        flash(_("Every page shows this name from now on."))
        return redirect(url_for(".names"), code=303)
    named = sa.select(Place).where(Place.display_name.is_not(None))
    seen = Place.level.in_(sorted(queries.levels_for(actor)))
    page = keyset.page(db(), named.where(seen), Place.pcode, after=request.args.get("after"), descending=False)
    finer = db().scalar(sa.select(sa.func.count()).select_from(Place).where(Place.display_name.is_not(None), ~seen))
    shown = render_template("places/names.html", form=form, page=page, finer=finer, level_word=words.LEVELS, Level=Level)
    return shown, 422 if posted else 200
