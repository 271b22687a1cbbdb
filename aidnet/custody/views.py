"""Pages of hand-overs, and of consignments that are parted, joined, labelled and handed over."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from aidnet import clock, policy
from aidnet.custody import consignments, queries, service, words
from aidnet.custody.consignments import Holding
from aidnet.custody.forms import AnswerForm, FilterForm, JoinForm, OnwardForm
from aidnet.custody.labels import MOST_OF_A_LINE, labels, packed
from aidnet.custody.queries import FROM_US, TO_US, HandoverPage, Wanted
from aidnet.db import db
from aidnet.deliveries import queries as deliveries
from aidnet.deliveries.amount_forms import Asked
from aidnet.deliveries.custody_models import HandoverState
from aidnet.deliveries.models import Delivery
from aidnet.deliveries.overviews import sections
from aidnet.deliveries.unsettled import Unsettled
from aidnet.disclosure import show
from aidnet.errors import NotVisible
from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission
from aidnet.web.context import quantity
from aidnet.web.forms import options
from aidnet.web.guards import current_actor, needs
from aidnet.web.keyset import asked_again
from aidnet.web.pages import active_filters, code_of, one_of, save, saved, status
from aidnet.web.qr import qr
from aidnet.web.sheets import csv_response

bp = Blueprint("custody", __name__)


def _wanted() -> tuple[FilterForm, Wanted, dict[str, str]]:
    """What the address asks for (a filter that means nothing narrows nothing), and whom it may be with. One statement."""
    form = FilterForm(request.args)
    side = form.side.data if form.side.data in (TO_US, FROM_US) else ""
    q = "" if form.validate() and form.q.errors else (form.q.data or "")
    others = {other.code: other for other in queries.others(db(), current_actor())}
    chosen = others.get(request.args.get("with", ""))
    wanted = Wanted(q=q, side=side, state=one_of(HandoverState, "state") or one_of(Unsettled, "state"), other=chosen.id if chosen else None)
    return form, wanted, {other.code: other.name for other in others.values()}


@bp.get("/handovers")
@needs(Permission.HANDOVER_READ)
def index() -> ResponseReturnValue:
    """Hand-overs to and from the own group: those that nobody answered first."""
    actor = current_actor()
    form, wanted, others = _wanted()
    sides = {TO_US: _("To us"), FROM_US: _("From us")}
    states = {state.value: str(word) for state, (_kind, word) in words.STATES.items()}
    states |= {left.value: str(word) for left, word in words.UNSETTLED.items()}
    form.side.choices = options([("", _("Both")), *sides.items()])
    form.state.choices = options([("", _("Any state")), *states.items()])
    form.other.choices = options([("", _("Anybody")), *others.items()])
    labels_of = {
        "q": _("“%(words)s”", words=wanted.q) if wanted.q else "",
        "side": sides.get(wanted.side, ""),
        "state": states.get(wanted.state.value, "") if wanted.state else "",
        "with": _("with %(name)s", name=others[request.args["with"]]) if wanted.other is not None else "",
    }
    return render_template(
        "custody/index.html",
        page=queries.page(db(), actor, wanted, request.args.get("after")),
        form=form,
        sections=sections(actor),
        active=active_filters(".index", labels_of),
        csv_url=asked_again(url_for(".csv"), after=None),
    )


@bp.get("/handovers.csv")
@needs(Permission.HANDOVER_READ)
def csv() -> ResponseReturnValue:
    """The same list as a file."""
    _form, wanted, _others = _wanted()
    header, rows = queries.export(db(), current_actor(), wanted)
    return csv_response("list", header, rows)


@bp.get("/handovers/<code>")
@needs(Permission.HANDOVER_READ)
def handover(code: str) -> ResponseReturnValue:
    """One hand-over, alone."""
    found = queries.handover(db(), current_actor(), code_of("H", code))
    return render_template("custody/handover.html", found=found, row=found.row, qr=qr(str(found.row.handover.code)))


@bp.get("/handovers/<code>/slip")
@needs(Permission.HANDOVER_READ)
def slip(code: str) -> ResponseReturnValue:
    """A hand-over on paper."""
    found = queries.handover(db(), current_actor(), code_of("H", code))
    lines = [(line.item, line.given_milli, line.unit) for line in found.row.lines]
    shown = str(found.row.handover.code)
    return render_template(
        "custody/slip.html", code=shown, qr=qr(shown), lines=lines, back=url_for(".handover", code=shown)
    )


def _to_answer(actor: Actor, code: str) -> HandoverPage:
    found = queries.handover(db(), actor, code_of("H", code))
    if not found.may_answer:
        raise NotVisible
    return found


@bp.route("/handovers/<code>/answer", methods=["GET", "POST"])
@needs(Permission.HANDOVER_ANSWER)
def answer(code: str) -> ResponseReturnValue:
    """Say what came."""
    actor = current_actor()
    found = _to_answer(actor, code)
    lines = [Asked(line.number, line.item, line.unit, line.given_milli) for line in found.row.lines]
    form = AnswerForm.of(lines, request.form if request.method == "POST" else None, happened_on=clock.today())
    if request.method == "POST" and saved(
        form, lambda session: service.answer(session, actor, found.row.handover.code, form.draft())
    ):
        flash(_("Thank you. Both sides see it now."))
        return redirect(url_for(".handover", code=found.row.handover.code), code=303)
    return render_template("custody/answer.html", form=form, found=found, row=found.row), status(form)


@bp.route("/handovers/<code>/onward", methods=["GET", "POST"])
@needs(Permission.DELIVERY_LOG)
def onward(code: str) -> ResponseReturnValue:
    """Carry on what came with a delivery of the own group. More than is left of it is kept: the hand-over's page shows by how much."""
    actor = current_actor()
    found = queries.handover(db(), actor, code_of("H", code))
    if not found.may_carry_on:
        raise NotVisible
    left = found.onward.left
    lines = [
        Asked(line.number, line.item, line.unit, left[line.number] or None, _of(left[line.number]))
        for line in found.row.lines
    ]
    form = OnwardForm.of(lines, request.form if request.method == "POST" else None, loaded_on=clock.today())
    del form.places
    if request.method == "POST":
        made = save(form, lambda session: service.carry_on(session, actor, found.row.handover.code, form.onward()))
        if made is not None:
            flash(_("%(code)s is saved.", code=made.code))
            return redirect(url_for("deliveries.show", code=made.code), code=303)
    return render_template("custody/onward.html", form=form, row=found.row, left=any(left.values())), status(form)


def _of(milli: int) -> str:
    return _("of %(whole)s", whole=quantity(milli))


@bp.route("/deliveries/<code>/split", methods=["GET", "POST"])
@needs(Permission.DELIVERY_CORRECT)
def split(code: str) -> ResponseReturnValue:
    """Let a part of a consignment go on with one of its own."""
    actor = current_actor()
    held = consignments.holding(db(), actor, code_of("D", code))
    lines = [
        Asked(line.number, line.item, line.unit, hint=_of(line.milli), drawn=bool(line.milli)) for line in held.lines
    ]
    form = OnwardForm.of(lines, request.form if request.method == "POST" else None, loaded_on=clock.today())
    if request.method == "POST":
        made = save(form, lambda session: service.gather(session, actor, form.part_of(str(held.delivery.code))))
        if made is not None:
            flash(_("%(code)s is saved.", code=made.code))
            return redirect(url_for("deliveries.show", code=made.code), code=303)
    _offer_stops(db(), actor, form, str(held.delivery.code))
    return render_template("custody/split.html", form=form, held=held), status(form)


def _offer_stops(session: Session, actor: Actor, form: OnwardForm, code: str) -> None:
    """The places of the delivery, of which the part may be for some."""
    delivery = policy.fetch(session, actor, Permission.DELIVERY_CORRECT, Delivery, code)
    stops = deliveries.stops_of(session, actor, [delivery.id]).get(delivery.id, ())
    form.places.choices = options((stop.code, stop.name) for stop in stops)


@bp.route("/deliveries/join", methods=["GET", "POST"])
@needs(Permission.DELIVERY_CORRECT)
def join() -> ResponseReturnValue:
    """Make one consignment of several."""
    actor = current_actor()
    first = {"takes": request.args.getlist("with"), "moved_on": clock.today()}
    form = JoinForm(request.form if request.method == "POST" else None, data=first)
    if request.method == "POST":
        made = save(form, lambda session: service.gather(session, actor, form.draft()))
        if made is not None:
            flash(_("%(code)s is saved.", code=made.code))
            return redirect(url_for("deliveries.show", code=made.code), code=303)
    found = consignments.joinable(db(), actor)
    form.takes.choices = options((one.delivery.code, f"{one.delivery.code}: {one.what}") for one in found)
    return render_template("custody/join.html", form=form), status(form)


@bp.get("/deliveries/<code>/labels")
@needs(Permission.DELIVERY_READ)
def label_sheet(code: str) -> ResponseReturnValue:
    """Labels for the packages, to print."""
    actor = current_actor()
    delivery = policy.fetch(db(), actor, Permission.DELIVERY_READ, Delivery, code_of("D", code))
    lines, shown = packed(db(), actor, delivery), show(actor, delivery)
    packages = {line.number: _packages(line.number) for line in lines}
    return render_template(
        "custody/labels.html",
        code=str(shown.code),
        qr=qr(str(shown.code)),
        lines=lines,
        packages=packages,
        labels=labels(lines, packages),
        most=MOST_OF_A_LINE,
    )


def _packages(number: int) -> int:
    """In how many packages a line is, as the address says."""
    typed = request.args.get(f"line-{number}", "1")
    return min(int(typed), MOST_OF_A_LINE) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 1


@bp.get("/deliveries/<code>/slip")
@needs(Permission.DELIVERY_CORRECT)
def delivery_slip(code: str) -> ResponseReturnValue:
    """What is in the own hands, on paper, to be counted by whoever takes it."""
    held: Holding = consignments.holding(db(), current_actor(), code_of("D", code))
    lines = [(line.item, line.milli, line.unit) for line in held.lines if line.milli]
    shown = str(held.delivery.code)
    back = url_for("deliveries.show", code=shown)
    return render_template("custody/slip.html", code=shown, qr=qr(shown), lines=lines, back=back)
