"""Pages of evacuations: the list, the course of one, planning, reporting, correcting, and who works on it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet.db import db, transaction
from aidnet.deliveries import words as delivery_words
from aidnet.errors import NotVisible
from aidnet.evacuations import queries, service, words
from aidnet.evacuations.drafts import CorrectionDraft
from aidnet.evacuations.fading import KEPT_DAYS, fades_on
from aidnet.evacuations.forms import FilterForm, GroupsForm, PlanForm, ReportForm, typed_heads
from aidnet.evacuations.models import Band, EvacuationEventKind
from aidnet.evacuations.queries import Course, EvacuationRow
from aidnet.evacuations.service import REPORTED, TOGETHER
from aidnet.i18n import gettext as _
from aidnet.policy import Permission
from aidnet.web.guards import current_actor, needs
from aidnet.web.keyset import asked_again
from aidnet.web.pages import active_filters, code_of, save, saved, status
from aidnet.web.sheets import csv_response

bp = Blueprint("evacuations", __name__)

K = EvacuationEventKind
#: In what order the bands are told, and which points.
_POINTS = (K.PLANNED, K.DEPARTED, K.COUNTED, K.ARRIVED, K.INCIDENT, K.TURNED_BACK)


@bp.get("/evacuations")
@needs(Permission.EVACUATION_READ)
def index() -> ResponseReturnValue:
    """Those that the own group leads, and those it works on."""
    form = _filters()
    return render_template(
        "evacuations/index.html",
        page=queries.page(db(), current_actor(), form.wanted(), request.args.get("after")),
        form=form,
        active=active_filters(".index", form.labels()),
        csv=asked_again(url_for(".csv"), after=None, find=None),
        words=words,
    )


def _filters() -> FilterForm:
    form = FilterForm(request.args)
    form.offer()
    form.place.load(db(), current_actor())
    form.validate()
    return form


@bp.get("/evacuations.csv")
@needs(Permission.EVACUATION_READ)
def csv() -> ResponseReturnValue:
    """The same as a file."""
    header = [
        _("Code"),
        _("How it stands"),
        _("Led by"),
        _("Where they go"),
        _("First day"),
        _("Last day"),
        _("Set out"),
        _("Safe"),
    ]
    header += [_("Came to harm or turned back"), _("Still expected"), _("Vehicles")]
    return csv_response(
        "evacuations", header, _file_rows(queries.everything(db(), current_actor(), _filters().wanted()))
    )


def _file_rows(found: Iterator[EvacuationRow]) -> Iterator[list[Any]]:
    for row in found:
        one = row.evacuation
        yield [
            *(one.code, str(words.STATES[one.state][1]), row.leader, row.destination.name if row.destination else ""),
            *(one.first_on, one.last_on, row.out, one.people_safe, one.people_other, row.expected, one.vehicles),
        ]


@bp.route("/evacuations/new", methods=["GET", "POST"])
@needs(Permission.EVACUATION_WRITE)
def new() -> ResponseReturnValue:
    """Plan an evacuation."""
    actor = current_actor()
    form = PlanForm(request.form or None, data={"destination": request.args.get("destination", "").strip()})
    form.groups.offer(queries.others(db(), actor))
    if request.method == "POST" and not form.destination.finding:
        made = save(form, lambda session: service.plan(session, actor, form.draft()))
        if made is not None:
            flash(_("It is planned."))
            return redirect(url_for(".show", code=made.code), code=303)
    form.destination.load(db(), actor)
    return render_template("evacuations/new.html", form=form), status(form)


@bp.get("/evacuations/<code>")
@needs(Permission.EVACUATION_READ)
def show(code: str) -> ResponseReturnValue:
    """The course of one."""
    return _page(queries.course(db(), current_actor(), code_of("V", code)))


def _page(found: Course, **private: Any) -> str:
    said = [*found.derived.taken.values(), found.derived.expected_by_band or {}]
    bands = [band for band in Band if any(heads.get(band) for heads in said)]
    return render_template(
        "evacuations/show.html",
        found=found,
        row=found.row,
        one=found.row.evacuation,
        derived=found.derived,
        bands=bands,
        points=[point for point in _POINTS if found.derived.taken[point]],
        kinds=_kinds(found),
        kept_days=KEPT_DAYS,
        fades_on=fades_on(found.row.evacuation.planned_on, found.derived) if found.row.leads else None,
        words=words,
        exact_day=delivery_words.exact_day,
        **private,
    )


def _kinds(found: Course) -> list[EvacuationEventKind]:
    """What the own group may report of it."""
    return list(REPORTED if found.row.leads else TOGETHER) if current_actor().may(Permission.EVACUATION_WRITE) else []


@bp.post("/evacuations/<code>/openings")
@needs(Permission.EVACUATION_WRITE)
def open_private(code: str) -> ResponseReturnValue:
    """The same page with its private side, which the audit chain knows first."""
    actor, code = current_actor(), code_of("V", code)
    with transaction() as session:
        service.note_opening(session, actor, code)
    whole, said = queries.words_of(db(), actor, code)
    return _page(queries.course(db(), actor, code), private={"origin": whole.origin, "note": whole.note, "said": said})


@bp.route("/evacuations/<code>/events/new", methods=["GET", "POST"])
@needs(Permission.EVACUATION_WRITE)
def report(code: str) -> ResponseReturnValue:
    """Choose what happened, then say it."""
    actor, code = current_actor(), code_of("V", code)
    found = queries.course(db(), actor, code)
    kind = next((kind for kind in _kinds(found) if kind.value == request.values.get("kind")), None)
    if kind is None:
        return render_template("evacuations/kinds.html", one=found.row.evacuation, kinds=_kinds(found), words=words)
    form = ReportForm.of(kind, request.form or None, words_kept=_keeps_words(found))
    if request.method == "POST" and saved(form, lambda session: service.report(session, actor, code, form.draft())):
        _say(found, _("It is added."))
        return redirect(url_for(".show", code=code), code=303)
    return _report_page(found, form, None), status(form)


def _say(found: Course, done: str) -> None:
    """What was done; and whether words were sent of what has faded, if only since the form was opened."""
    flash(done)
    typed = any(request.form.get(name, "").strip() for name in ("place", "note"))
    if typed and found.row.leads and queries.course(db(), current_actor(), found.row.evacuation.code).row.evacuation.faded_at:
        flash(_("The detail of this evacuation was deleted before: the counts are kept, the words are not."), "wait")


def _keeps_words(found: Course) -> bool:
    return found.row.leads and not found.row.evacuation.faded_at


def _report_page(found: Course, form: ReportForm, event: Any) -> str:
    return render_template(
        "evacuations/report.html",
        one=found.row.evacuation,
        form=form,
        kind=form.kind,
        event=event,
        second_uid=uuid4(),
        words=words,
    )


@bp.route("/evacuations/<code>/events/<uuid:uid>/correction", methods=["GET", "POST"])
@needs(Permission.EVACUATION_WRITE)
def correction(code: str, uid: UUID) -> ResponseReturnValue:
    """The last word on what was said before."""
    actor, code = current_actor(), code_of("V", code)
    found = queries.course(db(), actor, code)
    told = queries.event_of(found, uid)
    if told is None:
        raise NotVisible
    now = {"happened_on": told.event.happened_on, "precision": told.event.precision.value}
    now |= {"vehicles": "" if told.vehicles is None else str(told.vehicles)} | typed_heads(told.heads)
    form = ReportForm.of(told.event.kind, request.form or None, words_kept=_keeps_words(found), **now)
    if request.method == "POST" and _corrected(actor, code, uid, form):
        _say(found, _("It is corrected. What was said before stays in the record."))
        return redirect(url_for(".show", code=code), code=303)
    return _report_page(found, form, told.event), status(form)


def _corrected(actor: Any, code: str, uid: UUID, form: ReportForm) -> bool:
    if request.form.get("took_back") != "yes":
        return saved(form, lambda session: service.correct(session, actor, code, form.correction(uid)))
    form.uid.pre_validate(form)
    draft = CorrectionDraft(uid=form.uid.uid, event=uid, facts=None)
    with transaction() as session:
        service.correct(session, actor, code, draft)
    return True


@bp.route("/evacuations/<code>/groups", methods=["GET", "POST"])
@needs(Permission.EVACUATION_WRITE)
def groups(code: str) -> ResponseReturnValue:
    """Say which other groups work on it."""
    actor, code = current_actor(), code_of("V", code)
    found = queries.course(db(), actor, code)
    if not found.row.leads:
        raise NotVisible
    offered = queries.others(db(), actor)
    chosen = [group for number, group, _name in offered if number in found.group_ids]
    form = GroupsForm(request.form or None, data={"version": found.version, "groups": chosen})
    form.groups.offer(offered)
    if request.method == "POST" and saved(
        form, lambda session: service.work_with(session, actor, code, form.groups.chosen, version=form.version.data)
    ):
        flash(_("It is saved."))
        return redirect(url_for(".show", code=code), code=303)
    return render_template("evacuations/groups.html", one=found.row.evacuation, form=form), status(form)
