"""Partners, their people and their links: for admins all of them, for coordinators their own loggers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import disclosure, policy
from aidnet.db import db, transaction
from aidnet.errors import AidnetError
from aidnet.i18n import gettext as _
from aidnet.partners import queries, service, words
from aidnet.partners.forms import NamesForm, RegistrationForm, VersionForm
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.policy import PartnerKind, Permission
from aidnet.responders import words as responder_words
from aidnet.responders.models import ResponderKind
from aidnet.responders.vouches import Vouches, vouches_of
from aidnet.responders.words import MARKS as STATUS_MARKS
from aidnet.responders.words import STATUSES
from aidnet.web.guards import current_actor, needs
from aidnet.web.keyset import page
from aidnet.web.pages import active_filters
from aidnet.web.sheets import csv_response

bp = Blueprint("partners", __name__)


def _filters() -> queries.PartnerFilters:
    kind, status = request.args.get("kind", ""), request.args.get("status", "")
    return queries.PartnerFilters(
        q=request.args.get("q", "").strip()[:200],
        kind=PartnerKind(kind) if kind in list(PartnerKind) else None,
        status=PartnerStatus(status) if status in list(PartnerStatus) else None,
    )


def _active(filters: queries.PartnerFilters) -> list[dict[str, str]]:
    kind = words.KINDS[filters.kind] if filters.kind else ""
    status = STATUSES[filters.status] if filters.status else ""
    return active_filters(".index", {"kind": kind, "status": status})


@bp.get("/partners")
@needs(Permission.PARTNER_MANAGE)
def index() -> ResponseReturnValue:
    """Who needs attention, then all partners by code name."""
    actor, filters = current_actor(), _filters()
    found = page(
        db(),
        queries.partner_list(actor, filters),
        Partner.code_name_key,
        Partner.id,
        after=request.args.get("after"),
        descending=False,
    )
    plain = not (filters.q or filters.kind or filters.status or request.args.get("after"))
    return render_template(
        "partners/index.html",
        page=replace(found, rows=()),
        rows=list(queries.with_people(db(), actor, found.rows)),
        attention=queries.attention(db(), actor) if plain else None,
        filters=filters,
        active=_active(filters),
        words=words,
        statuses=STATUSES,
        marks=STATUS_MARKS,
    )


@bp.get("/partners.csv")
@needs(Permission.PARTNER_MANAGE)
def index_csv() -> ResponseReturnValue:
    """The same list as a file."""
    actor, statement = current_actor(), queries.partner_list(current_actor(), _filters())

    def rows() -> Iterator[tuple[Any, ...]]:
        after = None
        while True:
            found = page(db(), statement, Partner.code_name_key, Partner.id, after=after, descending=False, size=500)
            for row in queries.with_people(db(), actor, found.rows):
                yield row.code, row.code_name, row.own_name, row.kind.value, row.status.value, row.people, row.last_seen_on
            after = found.after
            if after is None:
                return

    header = [_("Code"), _("Code name"), _("Own name"), _("Kind"), _("Status"), _("People"), _("Last seen")]
    return csv_response("partners", header, rows())


@bp.route("/partners/new", methods=["GET", "POST"])
@needs(Permission.PARTNER_MANAGE)
def new() -> ResponseReturnValue:
    """Register a responder or a donor."""
    form = RegistrationForm(request.form)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            draft = service.RegistrationDraft(
                kind=PartnerKind(form.kind.data),
                code_name=form.code_name.data,
                own_name=form.own_name.data,
                responder_kind=ResponderKind(form.responder_kind.data),
                uid=form.uid.uid,
            )
            try:
                with transaction() as session:
                    partner = service.register(session, current_actor(), draft)
            except AidnetError as error:
                form.accuse(error)
            else:
                flash(_("%(name)s is registered. Now invite its first person.", name=partner.code_name))
                return redirect(url_for(".show", code=partner.code), code=303)
    return render_template("partners/new.html", form=form), status


def _show(partner: Partner) -> ResponseReturnValue:
    actor = current_actor()
    return render_template(
        "partners/show.html",
        partner=as_shown(partner),
        people=queries.people(db(), actor, partner.id),
        links=queries.links(db(), actor, partner.id),
        words=words,
        statuses=STATUSES,
        marks=STATUS_MARKS,
        manages=actor.may(Permission.PARTNER_MANAGE),
        vouches=_vouches(partner) if actor.may(Permission.PARTNER_MANAGE) else None,
        responder_words=responder_words,
    )


def as_shown(partner: Partner) -> Any:
    """The partner as the reader may see it."""
    return disclosure.show(current_actor(), partner)


@bp.get("/partners/<code>")
@needs(Permission.ACCOUNT_INVITE)
def show(code: str) -> ResponseReturnValue:
    """A partner: its people, their state and last day, its links."""
    return _show(policy.fetch(db(), current_actor(), Permission.ACCOUNT_INVITE, Partner, code))


@bp.get("/team")
@needs(Permission.ACCOUNT_INVITE)
def team() -> ResponseReturnValue:
    """The actor's own partner: a coordinator's loggers."""
    actor = current_actor()
    return _show(policy.fetch(db(), actor, Permission.ACCOUNT_INVITE, Partner, int(actor.partner_id or 0)))


@bp.route("/partners/<code>/names", methods=["GET", "POST"])
@needs(Permission.PARTNER_MANAGE)
def edit(code: str) -> ResponseReturnValue:
    """Change a partner's names."""
    actor = current_actor()
    partner = policy.fetch(db(), actor, Permission.PARTNER_MANAGE, Partner, code)
    now = {"code_name": partner.code_name, "own_name": as_shown(partner).own_name or "", "version": partner.version}
    form = NamesForm(request.form if request.method == "POST" else None, data=now)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            draft = service.NamesDraft(
                version=form.version.data, code_name=form.code_name.data, own_name=form.own_name.data
            )
            try:
                with transaction() as session:
                    service.rename(session, actor, code, draft)
            except AidnetError as error:
                status = error.status
                form.accuse(error)
            else:
                flash(_("The names are changed."))
                return redirect(url_for(".show", code=code), code=303)
    return render_template("partners/edit.html", form=form, partner=as_shown(partner), now=now), status


@bp.route("/partners/<code>/status", methods=["GET", "POST"])
@needs(Permission.PARTNER_MANAGE)
def status(code: str) -> ResponseReturnValue:
    """Suspend a partner, let it work again, or note that it left: asked first, then done."""
    actor = current_actor()
    partner = policy.fetch(db(), actor, Permission.PARTNER_MANAGE, Partner, code)
    wanted = request.values.get("status", "")
    back = redirect(url_for(".show", code=code), code=303)
    if wanted not in (PartnerStatus.ACTIVE, PartnerStatus.SUSPENDED, PartnerStatus.LEFT) or partner.kind is PartnerKind.NETWORK:
        return back
    chosen = PartnerStatus(wanted)
    if request.method == "POST":
        try:
            with transaction() as session:
                done = service.change_status(session, actor, code, chosen, version=posted_version())
        except AidnetError as error:
            if error.status == 404:
                raise
            flash(str(error), "wait")
        else:
            flash(_("%(name)s is now: %(status)s.", name=done.code_name, status=STATUSES[done.status]))
        return back
    return render_template(
        "partners/status.html",
        partner=as_shown(partner),
        version=partner.version,
        chosen=chosen,
        vouches=_vouches(partner),
        responder_words=responder_words,
    )


def _vouches(partner: Partner) -> Vouches | None:
    """Who vouches for a group; None of a donor."""
    return vouches_of(db(), current_actor(), partner.id) if partner.kind is PartnerKind.RESPONDER else None


def posted_version() -> int:
    """The version of the row that the posted form was drawn from; -1 where there is none."""
    form = VersionForm(request.form)
    return int(form.version.data)


from aidnet.partners import people_views  # noqa: E402,F401 (people and links belong to this blueprint)
