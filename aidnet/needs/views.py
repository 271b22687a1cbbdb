"""Pages of own needs: the list, one need, reporting and correcting it, and how it goes on. Gaps are in `gap_views.py`."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from aidnet import codes
from aidnet.access import near as access_around
from aidnet.access.sections import sections
from aidnet.db import db, transaction
from aidnet.deliveries import items as catalogue
from aidnet.deliveries.words import STATES as DELIVERY_STATES
from aidnet.disclosure import Withheld
from aidnet.i18n import gettext as _
from aidnet.needs import gap_views, queries, service, words
from aidnet.needs import near as around
from aidnet.needs.forms import ChangeForm, CoverForm, FilterForm, NeedForm
from aidnet.needs.queries import Same
from aidnet.needs.rows import NeedRow, sees_deliveries
from aidnet.places.fields import load_all
from aidnet.policy import Actor, Permission
from aidnet.responders.words import SECTORS
from aidnet.web.context import quantity
from aidnet.web.guards import current_actor, needs
from aidnet.web.keyset import asked_again
from aidnet.web.pages import active_filters, code_of, save, saved, status
from aidnet.web.sheets import csv_response

bp = Blueprint("needs", __name__)
bp.add_url_rule("/needs/gaps", view_func=gap_views.gaps, methods=["GET"])
bp.add_url_rule("/needs/gaps.csv", view_func=gap_views.gaps_csv, methods=["GET"])


@bp.get("/needs")
@needs(Permission.NEED_READ)
def index() -> ResponseReturnValue:
    """The own needs."""
    actor = current_actor()
    form = _filters(actor)
    return render_template(
        "needs/index.html",
        sections=sections(actor, "needs.index"),
        page=queries.page(db(), actor, form.wanted(), request.args.get("after")),
        form=form,
        active=active_filters(".index", form.labels()),
        csv=asked_again(url_for(".csv"), after=None, find=None),
        words=words,
    )


def _filters(actor: Actor) -> FilterForm:
    form = FilterForm(request.args)
    form.offer(deliveries=sees_deliveries(actor))
    form.place.load(db(), actor)
    form.validate()
    return form


@bp.get("/needs/near")
@needs(Permission.NEED_READ)
def near() -> ResponseReturnValue:
    """What is needed, and what is in the way, where the own group works."""
    actor = current_actor()
    return render_template(
        "needs/near.html",
        sections=sections(actor, "needs.near"),
        needed=around.near(db(), actor),
        in_the_way=access_around.near(db(), actor),
    )


@bp.get("/needs.csv")
@needs(Permission.NEED_READ)
def csv() -> ResponseReturnValue:
    """The same list as a file."""
    actor = current_actor()
    header = (
        *(_("Code"), _("What kind of help"), _("What is needed"), _("Where"), _("Township"), _("How urgent")),
        *(_("People"), _("How it stands"), _("Arrived since"), _("Reported"), _("Last heard"), _("Over since")),
    )
    return csv_response("needs", header, _file_rows(queries.everything(db(), actor, _filters(actor).wanted())))


def _file_rows(found: Iterator[NeedRow]) -> Iterator[list[Any]]:
    for row in found:
        one = row.need
        yield [
            *(one.code, str(SECTORS[one.sector]), "; ".join(item.text for item in row.items)),
            *(row.where, row.path.township, str(words.URGENT[one.urgency]), one.people),
            str(words.STATES[row.state][1]) + (f" ({_('not heard of for two weeks')})" if row.stale else ""),
            _("yes") if row.arrived else "",
            *(one.reported_on, one.heard_on, one.ended_on),
        ]


@bp.route("/needs/new", methods=["GET", "POST"])
@needs(Permission.NEED_WRITE)
def new() -> ResponseReturnValue:
    """Report what is needed; what is likely the same is shown before it is saved."""
    actor = current_actor()
    posted = request.method == "POST"
    form = NeedForm(request.form) if posted else NeedForm(data={"place": request.args.get("place", "").strip()})
    alike: Any = ()
    if posted and not form.grow(request.form.get("add", "")) and not form.place.finding:
        if "sure" not in request.form and form.validate():
            alike = _alike(actor, form)
        made = None if alike else save(form, lambda session: service.report(session, actor, form.draft()))
        if made is not None:
            flash(_("The need is reported."))
            return redirect(url_for(".show", code=made.code), code=303)
    _choices(form, actor)
    return render_template("needs/new.html", form=form, alike=alike, words=words), status(form)


def _alike(actor: Actor, form: NeedForm) -> list[Same]:
    draft = form.draft()
    return list(queries.likely_same(db(), actor, draft.uid, draft.place, draft.sector, draft.reported_on))


def _choices(form: NeedForm | ChangeForm, actor: Actor) -> None:
    """What the form offers: looked up only where it is drawn."""
    load_all(db(), actor, [form.place])
    items = catalogue.items(db(), actor).to_choose()
    offered = [SelectChoice(value=ref, label=label, optgroup=group) for group, ref, label in items]
    form.offer(offered, catalogue.units(db()))


@bp.get("/needs/<code>")
@needs(Permission.NEED_READ)
def show(code: str) -> ResponseReturnValue:
    """One need, and what is on its way for it."""
    return _page(code_of("N", code), CoverForm())


def _page(code: str, form: CoverForm) -> ResponseReturnValue:
    actor = current_actor()
    own = queries.own(db(), actor, code)
    page = render_template(
        "needs/show.html",
        own=own,
        row=own.row,
        need=own.row.need,
        form=form,
        sees=sees_deliveries(actor),
        words=words,
        delivery_states=DELIVERY_STATES,
        sectors=SECTORS,
    )
    return page, status(form)


@bp.route("/needs/<code>/edit", methods=["GET", "POST"])
@needs(Permission.NEED_WRITE)
def edit(code: str) -> ResponseReturnValue:
    """Correct what a need says."""
    actor, code = current_actor(), code_of("N", code)
    own = queries.own(db(), actor, code)
    if not own.row.stands or not own.may_write:
        raise service.NeedOver
    posted = request.method == "POST"
    form = ChangeForm(request.form) if posted else ChangeForm(data=_as_typed(own.row))
    if posted and not form.grow(request.form.get("add", "")) and not form.place.finding:
        version = form.version.data
        if saved(form, lambda session: service.change(session, actor, code, version=version, facts=form.draft())):
            flash(_("The need is corrected."))
            return redirect(url_for(".show", code=code), code=303)
    _choices(form, actor)
    return render_template("needs/edit.html", form=form, row=own.row, need=own.row.need, words=words), status(form)


def _as_typed(row: NeedRow) -> dict[str, Any]:
    """A need as its form begins."""
    one = row.need
    return {
        "version": row.version,
        "place": row.code,
        "sector": one.sector.value,
        "urgency": one.urgency.value,
        "people": one.people,
        "words": "" if isinstance(one.words, Withheld) else one.words or "",
        "lines": [
            {"item": item.ref, "quantity": "" if item.milli is None else quantity(item.milli), "unit": item.unit}
            for item in row.items
        ],
    }


def _acted(code: str, act: Any, said: str) -> ResponseReturnValue:
    """One tap: done in a transaction, then the need's page says so."""
    code = code_of("N", code)
    with transaction() as session:
        act(session, current_actor(), code)
    flash(said)
    return redirect(url_for(".show", code=code), code=303)


@bp.post("/needs/<code>/renewal")
@needs(Permission.NEED_WRITE)
def renew(code: str) -> ResponseReturnValue:
    """It still is so."""
    return _acted(code, service.renew, _("Heard of today."))


@bp.post("/needs/<code>/met")
@needs(Permission.NEED_WRITE)
def meet(code: str) -> ResponseReturnValue:
    """It is met."""
    return _acted(code, service.meet, _("The need is met."))


@bp.post("/needs/<code>/withdrawal")
@needs(Permission.NEED_WRITE)
def withdraw(code: str) -> ResponseReturnValue:
    """It was a mistake."""
    return _acted(code, service.withdraw, _("The need is taken back."))


@bp.post("/needs/<code>/reopening")
@needs(Permission.NEED_WRITE)
def reopen(code: str) -> ResponseReturnValue:
    """It is needed after all."""
    return _acted(code, service.reopen, _("The need is open again."))


@bp.post("/needs/<code>/joining")
@needs(Permission.NEED_WRITE)
def join(code: str) -> ResponseReturnValue:
    """It is the same as another."""
    into = code_of("N", request.form.get("other", ""))
    return _acted(
        code,
        lambda session, actor, own: service.join(session, actor, own, into=into),
        _("Both are kept; %(code)s stands for both.", code=into),
    )


@bp.post("/needs/<code>/deliveries")
@needs(Permission.NEED_WRITE)
def cover(code: str) -> ResponseReturnValue:
    """A delivery is meant for it."""
    actor, code = current_actor(), code_of("N", code)
    form = CoverForm(request.form)
    if saved(form, lambda session: service.cover(session, actor, [code], _delivery_code(form))):
        flash(_("The delivery is meant for it."))
        return redirect(url_for(".show", code=code), code=303)
    return _page(code, form)


@bp.post("/needs/<code>/deliveries/removal")
@needs(Permission.NEED_WRITE)
def uncover(code: str) -> ResponseReturnValue:
    """A delivery is not meant for it after all."""
    actor, code = current_actor(), code_of("N", code)
    form = CoverForm(request.form)
    if saved(form, lambda session: service.uncover(session, actor, code, _delivery_code(form))):
        flash(_("The delivery is not meant for it any more."))
        return redirect(url_for(".show", code=code), code=303)
    return _page(code, form)


def _delivery_code(form: CoverForm) -> str:
    """As it was typed, in its one form; what is no code is nobody's delivery."""
    return codes.read("D", form.meant.data or "") or ""
