"""Pages of plans: what one begins with, the plan itself, its way, and kits."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug import Response
from wtforms.fields.choices import SelectChoice

from aidnet import codes, policy
from aidnet.db import db, transaction
from aidnet.deliveries import beginnings, kits, legs, planning, queries, reporting, service, words
from aidnet.deliveries import items as catalogue
from aidnet.deliveries.beginnings import Beginning, Spot
from aidnet.deliveries.items import Items
from aidnet.deliveries.models import Delivery, DeliveryState
from aidnet.deliveries.obstacles import Obstacle, in_the_way
from aidnet.deliveries.plan_forms import KitForm, PlanForm, StartForm, WayForm
from aidnet.deliveries.plan_models import DeliveryLeg
from aidnet.disclosure import field as shown_field
from aidnet.disclosure import show
from aidnet.errors import AidnetError, Invalid, NotVisible
from aidnet.funding.models import Fund, FundState
from aidnet.i18n import gettext as _
from aidnet.needs import service as needs_service
from aidnet.needs.models import Need
from aidnet.needs.rows import Goods, NeedRow, sees_deliveries
from aidnet.needs.words import URGENT
from aidnet.places.fields import load_all
from aidnet.places.models import Crossing
from aidnet.places.queries import crossings
from aidnet.policy import Actor, Permission
from aidnet.web.context import quantity
from aidnet.web.forms import options
from aidnet.web.guards import current_actor, needs
from aidnet.web.keyset import asked_again
from aidnet.web.pages import active_filters
from aidnet.web.sheets import csv_response


def register(bp: Blueprint) -> None:
    """Put these pages under the slice's blueprint."""
    both = ["GET", "POST"]
    bp.add_url_rule("/deliveries/plan", "plan", plan, methods=both)
    bp.add_url_rule("/deliveries/plan/start", "start_plan", start_plan)
    bp.add_url_rule("/deliveries/<code>/way", "way", way, methods=both)
    bp.add_url_rule("/deliveries/kits", "kits", kit_list)
    bp.add_url_rule("/deliveries/kits.csv", "kits_csv", kits_csv)
    bp.add_url_rule("/deliveries/kits/new", "new_kit", new_kit, methods=both)
    bp.add_url_rule("/deliveries/kits/<uuid:uid>", "kit", kit, methods=both)
    bp.add_url_rule("/deliveries/kits/<uuid:uid>/closure", "close_kit", close_kit, methods=both)


def _read(prefix: str, typed: Sequence[str]) -> list[str]:
    """The codes among what was typed, each once."""
    return list(dict.fromkeys(code for code in (codes.read(prefix, one) for one in typed) if code))


def _uid(typed: str | None) -> UUID | None:
    try:
        return UUID(typed or "")
    except ValueError:
        return None


def _goods() -> tuple[Items, Goods]:
    """What lines may name. Two statements."""
    items = catalogue.items(db(), current_actor())
    return items, Goods({item.id: item for item in items.by_ref.values()}, dict(catalogue.units(db())))


@needs(Permission.DELIVERY_LOG)
def start_plan() -> ResponseReturnValue:
    """Choose what a plan begins with: needs, a kit, an earlier delivery."""
    actor = current_actor()
    form = StartForm(request.args)
    form.place.load(db(), actor)
    items, goods = _goods()
    chosen = items.by_ref.get(form.item.data or "")
    place = form.place.chosen[0].place_id if form.place.chosen else None
    found = beginnings.standing_needs(db(), actor, goods, chosen, place) if actor.may(Permission.NEED_READ) else []
    form.need.choices = options((row.need.code, _need_label(row)) for row in found)
    named = sorted(((item.ref, item.name) for item in items.by_ref.values()), key=lambda pair: pair[1])
    form.item.choices = options([("", _("Any item")), *named])
    offered = kits.everything(db(), actor, in_use=True)
    form.kit.choices = options([("", _("No kit")), *((row.kit.uid.hex, row.kit.name) for row in offered)])
    filters = {"item": chosen.name if chosen else "", "place": form.place.chosen[0].name if form.place.chosen else ""}
    active = active_filters("deliveries.start_plan", filters)
    return render_template("deliveries/start.html", form=form, active=active, found=found, has_kits=bool(offered))


def _need_label(row: NeedRow) -> str:
    who = _("%(people)s people", people=row.need.people) if row.need.people else ""
    return " · ".join(str(part) for part in (row.need.code, row.where, row.what, who, URGENT[row.need.urgency]) if part)


@needs(Permission.DELIVERY_LOG)
def plan() -> ResponseReturnValue:
    """Plan a delivery: from needs, a kit, an earlier one, or bare."""
    actor = current_actor()
    items, goods = _goods()
    known: dict[str, Spot] = {}
    status = 200
    if request.method == "POST":
        form = PlanForm(request.form)
        if not _only_redraw(form):
            status = 422
            if form.validate():
                try:
                    with transaction() as session:
                        delivery, over = _save(session, actor, form)
                except AidnetError as error:
                    error.field = {"places": "villages", "place": "villages", "crossing": "legs"}.get(error.field or "", error.field)
                    status = reporting.accuse(form, error)
                else:
                    flash(_("%(code)s is planned.", code=delivery.code))
                    if over:
                        flash(_("Over meanwhile, so that the plan is not meant for it: %(codes)s.", codes=over), "wait")
                    return redirect(url_for("deliveries.show", code=delivery.code), code=303)
        rows = beginnings.needs_of(db(), actor, _read("N", form.needs.data or ()), goods)
    else:
        rows = beginnings.needs_of(db(), actor, _read("N", request.args.getlist("need")), goods)
        form, known = _begun(actor, rows)
    form.needs.choices = options((row.need.code, _need_label(row)) for row in rows if sees_deliveries(actor))
    obstacles = _offer(form, actor, items, goods, known)
    fields = [(entry.form.quantity.id, entry.form.item.data or "") for entry in form.lines]
    guides = beginnings.guides(fields, items.by_ref, form.households.number)
    return render_template("deliveries/plan.html", form=form, guides=guides, obstacles=obstacles), status


def _save(session: Session, actor: Actor, form: PlanForm) -> tuple[Delivery, str]:
    """The plan, and the codes of needs that are over meanwhile: it is kept all the same, and not meant for them."""
    delivery = service.log(session, actor, form.draft())
    meant_for = _read("N", form.needs.data or ())
    over: Sequence[Need] = ()
    if meant_for and sees_deliveries(actor):
        over = needs_service.cover_standing(session, actor, meant_for, delivery.code)
    return delivery, ", ".join(row.code for row in over)


def _only_redraw(form: PlanForm) -> bool:
    """A row was asked for, a place searched, or the guide: draw the form again, and judge nothing yet."""
    rows = {"lines": form.lines, "villages": form.villages, "legs": form.legs}.get(request.form.get("add", ""))
    if rows is not None and len(rows) < (rows.max_entries or 0):
        rows.append_entry()
    looked = "look" in request.form or any(field.finding for field in form.place_fields())
    if looked or rows is not None:
        form.households.validate(form)
        form.households.errors = []
    return looked or rows is not None


def _begun(actor: Actor, rows: Sequence[NeedRow]) -> tuple[PlanForm, dict[str, Spot]]:
    """The form with what its address names, and the places in it."""
    begun = Beginning()
    beginnings.from_needs(begun, rows)
    uid, times = _uid(request.args.get("kit")), request.args.get("times", "")
    try:
        if uid is not None:
            many = int(times) if times.isascii() and times.isdigit() and len(times) < 7 else 1
            beginnings.from_kit(db(), actor, begun, uid, max(many, 1))
        elif request.args.get("copy") and not rows:
            beginnings.from_copy(db(), actor, begun, codes.read("D", request.args["copy"]) or "")
    except NotVisible:
        flash(_("There is no such kit or delivery of yours: the plan begins without it."), "wait")
    data = {
        "needs": [row.need.code for row in rows],
        "lines": begun.for_form,
        "villages": [{"place": code} for code in begun.places],
        "households": str(begun.households or ""),
    }
    form = PlanForm(data={name: value for name, value in data.items() if value})
    form.households.number = begun.households or None
    return form, begun.places


def _offer(form: PlanForm, actor: Actor, items: Items, goods: Goods, known: Mapping[str, Spot]) -> Sequence[Obstacle]:
    """What the form offers, and what stands in the way of what is chosen in it. Five statements, and those of unknown places."""
    unknown = [field for field in form.place_fields() if field.query or not set(field.codes) <= set(known)]
    for field in form.place_fields():
        if field not in unknown:
            field.chosen = [known[code] for code in field.codes]  # type: ignore[misc]
    if unknown:
        load_all(db(), actor, unknown)
    choices = [SelectChoice(value="", label=_("Choose an item"))]
    choices += [SelectChoice(value=ref, label=label, optgroup=group) for group, ref, label in items.to_choose()]
    units = options([("", _("its usual unit")), *goods.units.items()])
    for entry in form.lines:
        entry.form.item.choices, entry.form.unit.choices = choices, units
    _offer_legs(form.legs, actor)
    form.fund.choices = options([("", _("None of these"))])
    if actor.may(Permission.FUND_READ):
        funds = policy.select(actor, {Fund: Permission.FUND_READ}, Fund.id, Fund.name).where(Fund.state == FundState.OPEN)
        form.fund.choices += options(
            (str(row.id), shown_field(actor, "fund", "name", row.name, owner_id=actor.responder_id))
            for row in db().execute(funds.order_by(Fund.name))
        )
    place_ids = {spot.place_id for field in form.place_fields() for spot in field.chosen}
    return in_the_way(db(), actor, place_ids, _crossings_of(form.legs))


def _crossings_of(rows: Any) -> set[int]:
    """The crossings chosen in legs."""
    return {entry.form.crossing.data for entry in rows if entry.form.crossing.data}


def _offer_legs(rows: Any, actor: Actor) -> None:
    offered = options([("", _("It does not")), *((str(one.id), one.label) for one in crossings(db(), actor))])
    modes = options([("", _("Choose how")), *((mode.value, word) for mode, word in words.MODES.items())])
    for entry in rows:
        entry.form.mode.choices, entry.form.crossing.choices = modes, offered


@needs(Permission.DELIVERY_CORRECT)
def way(code: str) -> ResponseReturnValue:
    """Change the legs of a plan, and its day."""
    actor = current_actor()
    delivery = policy.fetch(db(), actor, Permission.DELIVERY_CORRECT, Delivery, code)
    if delivery.state is not DeliveryState.PLANNED:
        raise NotVisible
    form, status = WayForm(request.form) if request.method == "POST" else _way_of(actor, delivery), 200
    if request.method == "POST" and request.form.get("add") == form.legs.name:
        if len(form.legs) < planning.MOST_LEGS:
            form.legs.append_entry()
    elif request.method == "POST" and "look" not in request.form:
        status = reporting.written(form, lambda session: planning.change(session, actor, code, form.draft()))
        if status == reporting.WRITTEN:
            flash(_("The plan is changed."))
            return redirect(url_for("deliveries.show", code=code, _anchor="way"), code=status)
    _offer_legs(form.legs, actor)
    stops = queries.stops_of(db(), actor, [delivery.id]).get(delivery.id, ())
    obstacles = in_the_way(db(), actor, {stop.path.place_id for stop in stops}, _crossings_of(form.legs))
    return render_template("deliveries/way.html", delivery=show(actor, delivery), form=form, obstacles=obstacles), status


def _way_of(actor: Actor, delivery: Delivery) -> WayForm:
    statement = policy.select(actor, {Delivery: Permission.DELIVERY_CORRECT}, DeliveryLeg)
    statement = statement.join(Delivery, Delivery.id == DeliveryLeg.delivery_id).where(Delivery.id == delivery.id)
    rows = db().scalars(statement).all()
    no_crossing: Crossing | None = None
    found = legs.shown(actor, [(row, no_crossing) for row in rows], delivery.responder_id)
    data = [
        {"was": leg.number, "mode": leg.mode_value, "crossing": leg.crossing_id, "expected_on": leg.expected_on} for leg in found
    ]
    return WayForm(data={"version": delivery.version, "planned_on": delivery.planned_on, **({"legs": data} if data else {})})


@needs(Permission.DELIVERY_READ)
def kit_list() -> ResponseReturnValue:
    """The group's kits."""
    actor = current_actor()
    q = request.args.get("q", "")[:80]
    items, goods = _goods()
    page = kits.page(db(), actor, q, request.args.get("after"))
    told = {row.kit.uid: kits.in_words(row.contents, items, dict(goods.units)) for row in page.rows}
    csv = asked_again(url_for("deliveries.kits_csv"), after=None)
    return render_template("deliveries/kits.html", page=page, told=told, q=q, csv=csv)


@needs(Permission.DELIVERY_READ)
def kits_csv() -> ResponseReturnValue:
    """The same list as a file: a row for each item of each kit."""
    actor = current_actor()
    items, goods = _goods()
    header = [_("Kit"), _("Item"), _("Quantity"), _("Unit"), _("In use")]
    used, closed = _("yes"), _("no")
    rows = (
        [
            *(row.kit.name, items.what(one.item), Decimal(one.milli) / 1000, goods.units.get(one.unit, one.unit)),
            closed if row.kit.closed_at else used,
        ]
        for row in kits.everything(db(), actor, request.args.get("q", "")[:80])
        for one in row.contents
    )
    return csv_response("kits", header, rows)


@needs(Permission.KIT_WRITE)
def new_kit() -> ResponseReturnValue:
    """Put a kit together."""
    actor = current_actor()
    form = KitForm(request.form if request.method == "POST" else None)
    answer = _kit_sent(form, lambda session: kits.make(session, actor, form.draft()))
    return _kit_page(form, None, answer) if isinstance(answer, int) else answer


@needs(Permission.KIT_WRITE)
def kit(uid: UUID) -> ResponseReturnValue:
    """Change a kit."""
    actor = current_actor()
    row = kits.one(db(), actor, uid)
    rows = [{"item": one.item, "quantity": quantity(one.milli), "unit": one.unit} for one in row.contents]
    form = KitForm(request.form if request.method == "POST" else None, data={"name": row.kit.name, "version": row.version, "items": rows})
    version = form.version.data
    answer = _kit_sent(form, lambda session: kits.change(session, actor, uid, version=version, draft=form.draft()))
    return _kit_page(form, row, answer) if isinstance(answer, int) else answer


def _kit_sent(form: KitForm, write: Any) -> Response | int:
    """Where the form was sent and is right: written, and on to the list. Else the status of the form that is drawn."""
    if request.method != "POST":
        return 200
    if request.form.get("add") == form.items.name:
        if len(form.items) < kits.ITEMS_MOST:
            form.items.append_entry()
        return 200
    status = reporting.written(form, write)
    if status != reporting.WRITTEN:
        return status
    flash(_("The kit is kept."))
    return redirect(url_for("deliveries.kits"), code=303)


def _kit_page(form: KitForm, row: kits.KitRow | None, status: int) -> ResponseReturnValue:
    items, goods = _goods()
    choices = [SelectChoice(value="", label=_("Choose an item"))]
    choices += [SelectChoice(value=ref, label=label, optgroup=group) for group, ref, label in items.to_choose()]
    units = options([("", _("its usual unit")), *goods.units.items()])
    for entry in form.items:
        entry.form.item.choices, entry.form.unit.choices = choices, units
    return render_template("deliveries/kit.html", form=form, kit=row.kit if row else None), status


@needs(Permission.KIT_WRITE)
def close_kit(uid: UUID) -> ResponseReturnValue:
    """Offer a kit no more, or again, after a question."""
    actor = current_actor()
    row = kits.one(db(), actor, uid)
    closing = row.kit.closed_at is None
    if request.method == "POST":
        wanted = request.form.get("to", "closed")
        if wanted not in ("closed", "open"):
            raise Invalid
        with transaction() as session:
            kits.close(session, actor, uid, closed=wanted == "closed")
        flash(_("The kit is offered no more.") if wanted == "closed" else _("The kit is offered again."))
        return redirect(url_for("deliveries.kits"), code=303)
    return render_template("deliveries/kit_closure.html", kit=row.kit, closing=closing)
