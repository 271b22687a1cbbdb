"""Pages of deliveries: the list, one delivery, and logging one. Reports and corrections are in `reporting.py`."""

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from aidnet.db import db, transaction
from aidnet.deliveries import board as boards
from aidnet.deliveries import filters, overviews, plan_views, queries, reporting, service, several, words
from aidnet.deliveries import items as catalogue
from aidnet.deliveries import journey as journeys
from aidnet.deliveries.areas import township_map
from aidnet.deliveries.forms import FilterForm, KeepForm, NewForm
from aidnet.deliveries.openings import opened
from aidnet.deliveries.queries import LATE, OPEN, QUESTION, Wanted
from aidnet.disclosure import field as shown_field
from aidnet.errors import AidnetError
from aidnet.funding.models import Fund, FundState
from aidnet.i18n import gettext as _
from aidnet.places.fields import load_all
from aidnet.places.queries import crossings
from aidnet.policy import Actor, Permission, select
from aidnet.web.forms import options
from aidnet.web.guards import current_actor, needs
from aidnet.web.keyset import asked_again
from aidnet.web.sheets import csv_response

bp = Blueprint("deliveries", __name__)
bp.add_app_template_filter(words.ago, "ago")
bp.add_app_template_filter(words.short_day, "short_day")
overviews.register(bp)
plan_views.register(bp)
bp.add_url_rule("/deliveries/departures", view_func=several.departures, methods=["GET", "POST"])
bp.add_url_rule("/deliveries/<code>/events/new", view_func=reporting.report, methods=["GET", "POST"])
bp.add_url_rule("/deliveries/<code>/events/<uuid:uid>/asking", view_func=reporting.asking, methods=["GET", "POST"])
bp.add_url_rule("/deliveries/<code>/events/<uuid:uid>/correction", view_func=reporting.correction, methods=["GET", "POST"])


@bp.get("/board")
@needs(Permission.BOARD_READ)
def board() -> ResponseReturnValue:
    """What waits for this person, then what is true."""
    actor = current_actor()
    return render_template("deliveries/board.html", board=boards.board(db(), actor), sections=overviews.sections(actor)[1:])


def _wanted(actor: Actor) -> tuple[FilterForm, Wanted]:
    """What the address asks for. A filter that means nothing, or that the actor may not search by, narrows nothing."""
    form = FilterForm(request.args)
    if queries.sees(actor, "place"):
        form.place.load(db(), actor)
    form.validate()
    days = queries.sees(actor, "last_on")
    states = {OPEN, *(state.value for state in words.STATES)}
    states |= {QUESTION} if queries.sees(actor, "has_discrepancy") else set()
    states |= {LATE} if queries.sees(actor, "planned_on") else set()
    wanted = Wanted(
        q="" if form.q.errors else (form.q.data or ""),
        state=form.state.data if form.state.data in states else "",
        item=form.item.data or "",
        place=form.place.chosen[0] if form.place.chosen else None,
        since=form.since.day if days else None,
        until=form.until.day if days else None,
        due=form.due.day if queries.sees(actor, "planned_on") else None,
        by_day=days and bool(form.by.data == "day" or form.since.day or form.until.day),
    )
    return form, wanted


@bp.get("/deliveries")
@needs(Permission.DELIVERY_READ)
def index() -> ResponseReturnValue:
    """The list."""
    return _listed(KeepForm())


@bp.post("/deliveries/filters")
@needs(Permission.DELIVERY_READ)
def keep_filter() -> ResponseReturnValue:
    """Keep what the address asks of the list under a name."""
    form = KeepForm(request.form)
    if form.validate():
        try:
            with transaction() as session:
                filters.save(session, current_actor(), uid=form.uid.uid, name=form.name.data or "", asked=request.args)
        except AidnetError as error:
            reporting.accuse(form, error)
        else:
            flash(_("It is kept."))
            return redirect(asked_again(url_for(".index")), code=303)
    return _listed(form), 422


@bp.post("/deliveries/filters/<uuid:uid>/removal")
@needs(Permission.DELIVERY_READ)
def remove_filter(uid: UUID) -> ResponseReturnValue:
    """Forget a filter."""
    with transaction() as session:
        filters.remove(session, current_actor(), uid)
    flash(_("It is removed."))
    return redirect(url_for(".index"), code=303)


def _listed(keep: KeepForm) -> str:
    actor = current_actor()
    form, wanted = _wanted(actor)
    items = catalogue.items(db(), actor)
    page = queries.page(db(), actor, wanted, items, request.args.get("after"))
    states = [("", _("Any state")), (OPEN, _("Still open"))]
    states += [(state.value, str(word)) for state, (_kind, word) in words.STATES.items()]
    if queries.sees(actor, "has_discrepancy"):
        states.append((QUESTION, _("Does not add up")))
    if queries.sees(actor, "planned_on"):
        states.append((LATE, _("Late against plan")))
    form.state.choices = options(states)
    named = sorted(((item.ref, item.name) for item in items.by_ref.values()), key=lambda pair: pair[1])
    form.item.choices = options([("", _("Any item")), *named])
    form.by.choices = options([("", _("Newest word")), ("day", _("Newest day"))])
    return render_template(
        "deliveries/index.html",
        page=page,
        form=form,
        active=_active(dict(states), wanted, items),
        csv_url=_address("deliveries.csv"),
        sees={name: queries.sees(actor, name) for name in ("place", "last_on", "planned_on", "people")},
        sections=overviews.sections(actor),
        saved=filters.saved(db(), actor),
        asked=filters.query_of(request.args),
        keep=keep,
        keep_url=_address("deliveries.keep_filter"),
        may_report=actor.may(Permission.DELIVERY_REPORT),
    )


def _address(endpoint: str, without: str = "") -> str:
    """The list (or its file) with the filters of this address, one left out; always from the start."""
    return asked_again(url_for(endpoint), **dict.fromkeys(("after", "find", without)))


def _active(states: Mapping[str, str], wanted: Wanted, items: catalogue.Items) -> list[dict[str, str]]:
    """The filters in force, each with the list's address without it."""
    item = items.by_ref.get(wanted.item)
    named = {
        "q": _("“%(words)s”", words=wanted.q) if wanted.q else "",
        "state": str(states.get(wanted.state, "")) if wanted.state else "",
        "item": (item.name if item else _("an item")) if wanted.item else "",
        "place": wanted.place.name if wanted.place else "",
        "since": _("from %(day)s", day=words.short_day(wanted.since)) if wanted.since else "",
        "until": _("to %(day)s", day=words.short_day(wanted.until)) if wanted.until else "",
        "due": _("should arrive %(day)s", day=words.short_day(wanted.due)) if wanted.due else "",
    }
    return [{"label": label, "url": _address("deliveries.index", name)} for name, label in named.items() if label]


@bp.get("/deliveries.csv")
@needs(Permission.DELIVERY_READ)
def csv() -> ResponseReturnValue:
    """The same list as a file."""
    actor = current_actor()
    _form, wanted = _wanted(actor)
    header, rows = queries.export(db(), actor, wanted, catalogue.items(db(), actor))
    return csv_response("list", header, rows)


@bp.route("/deliveries/new", methods=["GET", "POST"])
@needs(Permission.DELIVERY_LOG)
def new() -> ResponseReturnValue:
    """Log a delivery on one page."""
    actor = current_actor()
    form = NewForm(request.form if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and not _only_redraw(form):
        if not form.validate():
            status = 422
        elif not form.wants_amounts:
            try:
                with transaction() as session:
                    delivery = service.log(session, actor, form.draft())
            except AidnetError as error:
                error.field = _BESIDE.get(error.field or "", error.field)
                status = reporting.accuse(form, error)
            else:
                flash(_("%(code)s is saved.", code=delivery.code))
                return redirect(url_for(".show", code=delivery.code), code=303)
    form.make_room()
    _choices_of_new(form, actor)
    return render_template("deliveries/new.html", form=form), status


def _only_redraw(form: NewForm) -> bool:
    """A row was asked for, or a place searched: draw the form again, and judge nothing yet."""
    rows = {"lines": form.lines, "villages": form.villages}.get(request.form.get("add", ""))
    if rows is not None and len(rows) < (rows.max_entries or 0):
        rows.append_entry()
    return rows is not None or form.finding


#: Where the one-page form says what the service refuses.
_BESIDE = {
    "places": "villages",
    "place": "villages",
    "quantities": "villages",
    "households": "villages",
    "people": "villages",
    "happened_on": "loaded_on",
}


def _choices_of_new(form: NewForm, actor: Actor) -> None:
    """What the form offers: looked up only where it is drawn."""
    session = db()
    load_all(session, actor, list(form.place_fields()))
    items, units = catalogue.items(session, actor), options([("", _("its usual unit")), *catalogue.units(session)])
    choices = [SelectChoice(value="", label=_("Choose an item"))]
    choices += [SelectChoice(value=ref, label=label, optgroup=group) for group, ref, label in items.to_choose()]
    for entry in form.lines:
        entry.form.item.choices, entry.form.unit.choices = choices, units
    names = [items.what(line.item.data) if line.item.data else line.own_name.data for line in form.real_lines]
    for entry in form.villages:
        for got, name in zip(entry.form.got, names, strict=False):
            got.label.text = _("%(item)s handed out here", item=name)
    offered = ((str(crossing.id), crossing.label) for crossing in crossings(session, actor))
    form.crossing.choices = options([("", _("None, or not said")), *offered])
    form.fund.choices = options([("", _("None of these"))])
    if actor.may(Permission.FUND_READ):
        funds = select(actor, {Fund: Permission.FUND_READ}, Fund.id, Fund.name).where(Fund.state == FundState.OPEN).order_by(Fund.name)
        form.fund.choices += options(
            (str(row.id), shown_field(actor, "fund", "name", row.name, owner_id=actor.responder_id)) for row in session.execute(funds)
        )


@bp.get("/deliveries/<code>")
@needs(Permission.DELIVERY_READ)
def show(code: str) -> ResponseReturnValue:
    """One delivery."""
    journey = journeys.journey(db(), current_actor(), code)
    return render_template("deliveries/show.html", journey=journey, map=township_map(journey.stops), private=None)


@bp.post("/deliveries/<code>/openings")
@needs(Permission.DELIVERY_OPEN)
def open_private(code: str) -> ResponseReturnValue:
    """The same page with its private side, which the audit chain knows first."""
    actor = current_actor()
    with transaction() as session:
        service.note_opening(session, actor, code)
    journey = journeys.journey(db(), actor, code)
    return render_template("deliveries/show.html", journey=journey, map=township_map(journey.stops), private=opened(db(), actor, code))
