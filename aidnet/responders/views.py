"""Pages of responders: the network's reach, a profile, and where a group reaches."""


from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import disclosure
from aidnet.db import db, transaction
from aidnet.i18n import current_language, ngettext
from aidnet.i18n import gettext as _
from aidnet.partners import service as partners
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.places.models import Level
from aidnet.policy import Permission, fetch
from aidnet.responders import (
    capacity_views,
    ground,
    name_views,
    queries,
    reach_views,
    service,
    vouch_views,
    vouches,
    words,
)
from aidnet.responders.forms import ProfileForm, StatusForm
from aidnet.responders.models import Responder, Sector
from aidnet.web.guards import current_actor, needs
from aidnet.web.maps import Area, AreaMap, area_map, band
from aidnet.web.pages import active_filters, one_of, saved, searched
from aidnet.web.sheets import csv_response

bp = Blueprint("responders", __name__)
for part in (reach_views, vouch_views, capacity_views, name_views):
    bp.register_blueprint(part.bp)


def _wanted() -> queries.Wanted:
    return queries.Wanted(
        q=searched(),
        sector=one_of(Sector, "sector"),
        status=one_of(PartnerStatus, "status"),
        district=request.args.get("district", "").strip()[:24] or None,
    )


@bp.get("/responders")
@needs(Permission.RESPONDER_READ)
def index() -> ResponseReturnValue:
    """How far the network reaches, and who is in it."""
    actor, wanted = current_actor(), _wanted()
    areas = queries.by_area(db(), actor)
    districts = {
        area.district_pcode or area.pcode: area.district or area.name
        for area in areas
        if area.district_pcode or area.level is Level.DISTRICT
    }
    states = queries.by_state(db(), actor)
    return render_template(
        "responders/index.html",
        page=queries.page(db(), actor, wanted, request.args.get("after")),
        active_count=queries.active_count(db(), actor),
        states=states,
        by_township=any(area.level is Level.TOWNSHIP for area in areas),
        townships_shown=not any(isinstance(state.townships, disclosure.Withheld) for state in states),
        map=_map(areas),
        wanted=wanted,
        districts=sorted(districts.items(), key=lambda pair: pair[1]),
        active=_active_filters(wanted, districts),
        words=words,
        may_register=actor.may(Permission.PARTNER_MANAGE),
    )


def _active_filters(wanted: queries.Wanted, districts: dict[str, str]) -> list[dict[str, str]]:
    """The filters in force, each with the address of the list without it."""
    labels = {
        "q": _("“%(q)s”", q=wanted.q) if wanted.q else "",
        "sector": str(words.SECTORS[wanted.sector]) if wanted.sector else "",
        "status": str(words.STATUSES[wanted.status]) if wanted.status else "",
        "district": districts.get(wanted.district, wanted.district) if wanted.district else "",
    }
    return active_filters(".index", labels)


def _map(areas: list[queries.AreaReach]) -> AreaMap | None:
    """The areas as a map of the states they lie in; whoever may not see townships gets districts. None: nothing to draw."""
    drawn = [area for area in areas if area.level in (Level.STATE, Level.DISTRICT, Level.TOWNSHIP)]
    if not drawn:
        return None
    levels = band([area.responders for area in drawn])
    return area_map(
        [
            Area(area.pcode, level, ngettext("%(num)s responder", "%(num)s responders", area.responders))
            for area, level in zip(drawn, levels, strict=True)
        ],
        states=sorted({area.state_pcode for area in drawn}),
        locale=current_language(),
        legend=_legend([area.responders for area in drawn], levels),
    )


def _legend(values: list[int], levels: list[int]) -> list[tuple[int | str, str]]:
    found: list[tuple[int | str, str]] = []
    for level in sorted(set(levels)):
        inside = [value for value, at in zip(values, levels, strict=True) if at == level]
        least, most = min(inside), max(inside)
        found.append((level, str(least) if least == most else f"{least}–{most}"))
    return found


@bp.get("/responders.csv")
@needs(Permission.RESPONDER_READ)
def index_csv() -> Response:
    """The same list as a file."""
    header = [_("Code"), _("Code name"), _("Kind"), _("Works on"), _("Since"), _("Status"), _("Districts")]
    lines = list(queries.everyone(db(), current_actor(), _wanted()))
    rows = (
        [
            line.partner.code,
            line.name,
            str(words.KINDS[line.profile.kind]),
            "; ".join(str(words.SECTORS[sector]) for sector in line.sectors),
            line.profile.since_year,
            str(words.STATUSES[line.partner.status]),
            "; ".join(line.districts),
        ]
        for line in lines
    )
    return csv_response("responders", header, rows)


@bp.get("/responders/reach.csv")
@needs(Permission.RESPONDER_READ)
def reach_csv() -> Response:
    """The map's numbers as a file."""
    header = [_("P-code"), _("Name"), _("District"), _("State or region"), _("Responders")]
    areas = queries.by_area(db(), current_actor())
    return csv_response(
        "reach", header, ([area.pcode, area.name, area.district, area.state, area.responders] for area in areas)
    )


@bp.get("/responders/<code>")
@needs(Permission.RESPONDER_READ)
def show(code: str) -> ResponseReturnValue:
    """A responder, as far as this actor may know it."""
    return _profile(code)


def _profile(code: str, contact: str | None = None, *, opened: bool = False) -> str:
    actor = current_actor()
    partner, responder, name = queries.found(db(), actor, code)
    own = actor.responder_id == responder.id
    return render_template(
        "responders/show.html",
        partner=disclosure.show(actor, partner),
        name=name,
        profile=disclosure.show(actor, responder),
        sectors=queries.sectors_of(db(), actor, responder.id),
        ground=ground.ground_of(db(), actor, responder),
        vouches=vouches.vouches_of(db(), actor, responder.id),
        level=queries.reach_level(actor, responder.id).value,
        own=own,
        may_edit=own and actor.may(Permission.RESPONDER_EDIT),
        may_decide=actor.may(Permission.RESPONDER_STATUS),
        may_vouch=not own and actor.may(Permission.VOUCH_WRITE),
        contact=contact,
        opened=opened,
        words=words,
    )


@bp.post("/responders/<code>/openings")
@needs(Permission.RESPONDER_EDIT)
def openings(code: str) -> ResponseReturnValue:
    """Open the contact that is kept: recorded, shown once, in no address."""
    with transaction() as session:
        contact = service.open_contact(session, current_actor(), code)
    return _profile(code, contact, opened=True)


@bp.route("/responders/<code>/edit", methods=["GET", "POST"])
@needs(Permission.RESPONDER_EDIT)
def edit(code: str) -> ResponseReturnValue:
    """The profile's form, for its own coordinators."""
    actor = current_actor()
    partner = fetch(db(), actor, Permission.RESPONDER_EDIT, Partner, code)
    responder = fetch(db(), actor, Permission.RESPONDER_EDIT, Responder, partner.id)
    if request.method == "POST":
        form = ProfileForm(request.form)
        if form.validate():
            draft = service.ProfileDraft(
                version=form.version.data,
                own_name=form.own_name.data or "",
                kind=form.chosen_kind,
                sectors=form.chosen_sectors,
                since_year=form.since_year.number,
                pledged_on=form.pledged_on.day,
                about=(form.about.data or "").strip(),
                contact="" if form.no_contact.data else (form.contact.data or "").strip() or None,
            )
            if saved(form, lambda session: service.edit_profile(session, actor, code, draft)):
                flash(_("The profile is saved."))
                return redirect(url_for(".show", code=code), code=303)
        return render_template("responders/edit.html", form=form, partner=disclosure.show(actor, partner)), 422
    shown_partner, shown = disclosure.show(actor, partner), disclosure.show(actor, responder)
    form = ProfileForm(
        data={
            "version": responder.version,
            "own_name": shown_partner.own_name or "",
            "kind": shown.kind.value,
            "sectors": [sector.value for sector in queries.sectors_of(db(), actor, responder.id)],
            "since_year": str(shown.since_year or ""),
            "pledged_on": shown.pledged_on,
            "about": shown.about or "",
        }
    )
    return render_template("responders/edit.html", form=form, partner=shown_partner)


@bp.route("/responders/<code>/status", methods=["GET", "POST"])
@needs(Permission.RESPONDER_STATUS)
def status(code: str) -> ResponseReturnValue:
    """Where a responder stands: an admin's decision, asked about twice."""
    actor = current_actor()
    partner = fetch(db(), actor, Permission.RESPONDER_STATUS, Partner, code)
    form = StatusForm(request.form) if request.method == "POST" else StatusForm(data={"version": partner.version})
    form.offer(partner.status)
    if request.method == "POST" and form.validate():
        chosen = PartnerStatus(form.status.data)
        if not request.form.get("sure"):
            return render_template(
                "responders/status_confirm.html",
                form=form,
                partner=disclosure.show(actor, partner),
                chosen=chosen,
                vouches=vouches.vouches_of(db(), actor, partner.id),
                words=words,
            )
        if saved(form, lambda session: partners.change_status(session, actor, code, chosen, version=form.version.data)):
            flash(_("The status is changed."))
            return redirect(url_for(".show", code=code), code=303)
    answer = 422 if request.method == "POST" else 200
    return render_template(
        "responders/status.html",
        form=form,
        partner=disclosure.show(actor, partner),
        vouches=vouches.vouches_of(db(), actor, partner.id),
        words=words,
    ), answer


@bp.route("/responders/<code>/withholding", methods=["GET", "POST"])
@needs(Permission.RESPONDER_EDIT)
def withholding(code: str) -> ResponseReturnValue:
    """Keep everything about the own responder out of results reports, or let it in again."""
    actor = current_actor()
    partner = fetch(db(), actor, Permission.RESPONDER_EDIT, Partner, code)
    if request.method == "POST":
        withheld = request.form.get("withheld") == "1"
        with transaction() as session:
            service.withhold(session, actor, code, withheld=withheld)
        flash(
            _("From now on, results reports say nothing about your group.")
            if withheld
            else _("Results reports may speak of your group again.")
        )
        return redirect(url_for(".show", code=code), code=303)
    responder = fetch(db(), actor, Permission.RESPONDER_EDIT, Responder, partner.id)
    return render_template(
        "responders/withholding.html",
        partner=disclosure.show(actor, partner),
        profile=disclosure.show(actor, responder),
    )
