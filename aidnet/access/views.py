"""Pages of access: what is in the way, for groups in full or by township, for donors by region."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import clock
from aidnet.access import months, queries, regions, service, words
from aidnet.access.forms import ConstraintForm, EndForm, FilterForm
from aidnet.access.models import Ease
from aidnet.access.months import AreaMonth, Run
from aidnet.access.rows import AccessRow
from aidnet.access.sections import sections
from aidnet.db import db, transaction
from aidnet.disclosure import Withheld
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.money import latin_digits
from aidnet.places.queries import crossings
from aidnet.policy import Permission
from aidnet.web.charts import Part, Strip, strip
from aidnet.web.forms import options
from aidnet.web.guards import current_actor, needs
from aidnet.web.keyset import asked_again
from aidnet.web.maps import Area, AreaMap, area_map
from aidnet.web.pages import active_filters, code_of, save, saved, status
from aidnet.web.shapes import gazetteer
from aidnet.web.sheets import csv_response

bp = Blueprint("access", __name__)

#: How a strip draws days: in the colour their word has elsewhere.
_DRAWN = {Ease.EASY: "done", Ease.HARD: "over", Ease.NONE: "lost", None: "plan"}
_MAP_LEVELS = {Ease.EASY: 1, Ease.HARD: 3, Ease.NONE: 5}


@bp.get("/access")
@needs(Permission.ACCESS_READ)
def index() -> ResponseReturnValue:
    """What is in the way: the list for groups, and for donors the regions."""
    actor = current_actor()
    if not actor.may(Permission.ACCESS_WRITE):
        return _regions()
    form = _filters()
    return render_template(
        "access/index.html",
        sections=sections(actor, "access.index"),
        page=queries.page(db(), actor, form.wanted(), request.args.get("after")),
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


def _regions() -> ResponseReturnValue:
    found = regions.regions(db(), current_actor())
    return render_template(
        "access/regions.html", regions=found, map=_region_map(found), told_of=clock.today() - regions.LATE, words=words
    )


def _region_map(found: Any) -> AreaMap | None:
    """The regions told of, each in its level."""
    areas = [
        Area(one.path.pcode, _MAP_LEVELS[one.ease], str(words.EASES[one.ease][1]), name=one.path.name)
        for one in found
        if one.path.pcode in gazetteer()
    ]
    if not areas:
        return None
    legend = [(_MAP_LEVELS[ease], str(word)) for ease, (_mark, word) in words.EASES.items()]
    return area_map(areas, states=[area.pcode for area in areas], locale=current_language(), legend=legend)


@bp.get("/access.csv")
@needs(Permission.ACCESS_READ)
def csv() -> ResponseReturnValue:
    """The same as a file."""
    actor = current_actor()
    if not actor.may(Permission.ACCESS_WRITE):
        found = regions.regions(db(), actor)
        told_of = clock.today() - regions.LATE
        return csv_response(
            "access",
            (_("Region"), _("How one gets through"), _("Told of")),
            [[one.path.name, str(words.EASES[one.ease][1]), told_of] for one in found],
        )
    header = (
        *(_("Code"), _("What is in the way"), _("How one gets through"), _("Where"), _("Township"), _("Since")),
        *(_("Until"), _("Last heard"), _("Whose word is it"), _("How it stands")),
    )
    return csv_response("access", header, _file_rows(queries.everything(db(), actor, _filters().wanted())))


def _file_rows(found: Iterator[AccessRow]) -> Iterator[list[Any]]:
    for row in found:
        one = row.constraint
        yield [
            "" if isinstance(one.code, Withheld) else one.code,
            str(words.KINDS[one.kind]),
            str(words.EASES[one.ease][1]),
            row.where,
            row.path.township if row.path else "",
            *(one.since_on, one.until_on, one.heard_on),
            str(words.SOURCES[one.source_kind]),
            standing_word(row),
        ]


def standing_word(row: AccessRow) -> str:
    """How it stands, in a word or two."""
    if row.withdrawn:
        return _("taken back")
    if row.stale:
        return _("not heard of for two weeks")
    if row.stands:
        return _("stands")
    return _("to come") if row.constraint.since_on > clock.today() else _("over")


bp.add_app_template_filter(standing_word, "access_standing")


@bp.route("/access/new", methods=["GET", "POST"])
@needs(Permission.ACCESS_WRITE)
def new() -> ResponseReturnValue:
    """Report what is in the way."""
    actor = current_actor()
    posted = request.method == "POST"
    first = {"place": request.args.get("place", "").strip()}
    form = ConstraintForm(request.form) if posted else ConstraintForm(data=first)
    if posted and not form.place.finding:
        made = save(form, lambda session: service.report(session, actor, form.draft()))
        if made is not None:
            flash(_("It is reported. Groups that plan a way through there are told."))
            return redirect(url_for(".show", code=made.code), code=303)
    form.place.load(db(), actor)
    offered = ((str(one.id), one.label) for one in crossings(db(), actor))
    form.crossing.choices = options([("", _("No crossing")), *offered])
    return render_template("access/new.html", form=form), status(form)


@bp.get("/access/<code>")
@needs(Permission.ACCESS_WRITE)
def show(code: str) -> ResponseReturnValue:
    """One report of the own group."""
    return _page(code_of("X", code), EndForm())


def _page(code: str, form: EndForm) -> ResponseReturnValue:
    found = queries.own(db(), current_actor(), code)
    return render_template(
        "access/show.html", found=found, row=found.row, one=found.row.constraint, form=form, words=words
    ), status(form)


@bp.post("/access/<code>/renewal")
@needs(Permission.ACCESS_WRITE)
def renew(code: str) -> ResponseReturnValue:
    """It still is so."""
    code = code_of("X", code)
    with transaction() as session:
        service.renew(session, current_actor(), code)
    flash(_("Heard of today."))
    return redirect(url_for(".show", code=code), code=303)


@bp.post("/access/<code>/ending")
@needs(Permission.ACCESS_WRITE)
def end(code: str) -> ResponseReturnValue:
    """It is over."""
    actor, code = current_actor(), code_of("X", code)
    form = EndForm(request.form)
    if saved(form, lambda session: service.end(session, actor, code, until_on=form.until_on.day or clock.today())):
        flash(_("It is over."))
        return redirect(url_for(".show", code=code), code=303)
    return _page(code, form)


@bp.route("/access/<code>/withdrawal", methods=["GET", "POST"])
@needs(Permission.ACCESS_WRITE)
def withdraw(code: str) -> ResponseReturnValue:
    """Take back what was reported by mistake."""
    actor, code = current_actor(), code_of("X", code)
    if request.method == "POST":
        with transaction() as session:
            service.withdraw(session, actor, code)
        flash(_("It is taken back. Nobody else sees it any more."))
        return redirect(url_for(".show", code=code), code=303)
    return render_template("access/withdrawal.html", row=queries.own(db(), actor, code).row, words=words)


@bp.get("/access/months")
@needs(Permission.ACCESS_WRITE)
def month() -> ResponseReturnValue:
    """Who knows what stood on which day: a month, area by area."""
    actor, chosen = current_actor(), _month()
    form = FilterForm(request.args)
    form.place.load(db(), actor)
    inside = form.place.chosen[0] if form.place.chosen else None
    page = months.month_of(db(), actor, chosen, inside, request.args.get("after"))
    return render_template(
        "access/months.html",
        sections=sections(actor, "access.month"),
        page=page,
        areas=[(one, _strip(one)) for one in page.rows],
        form=form,
        chosen=chosen,
        before=asked_again(url_for(".month"), after=None, month=f"{chosen - timedelta(days=1):%Y-%m}"),
        later=_later(chosen),
        active=active_filters(".month", {"place": inside.name if inside else ""}),
        words=words,
    )


def _month() -> date:
    """The first day of the month asked for; of this month, where that is none that has come."""
    typed = latin_digits(request.args.get("month", "")).strip()
    this = clock.today().replace(day=1)
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", typed):
        return this
    return min(date(int(typed[:4]), int(typed[5:]), 1), this)


def _later(chosen: date) -> str:
    following = (chosen + timedelta(days=31)).replace(day=1)
    return asked_again(url_for(".month"), after=None, month=f"{following:%Y-%m}") if following <= clock.today() else ""


def _strip(area: AreaMonth) -> Strip:
    return strip([Part("open" if run.unheard else _DRAWN[run.ease], _run_word(run), run.days, _run_days(run)) for run in area.runs])


def _run_word(run: Run) -> str:
    if run.ease is not None:
        return str(words.EASES[run.ease][1])
    return _("Not heard of any more") if run.unheard else _("Nothing reported")


def _run_days(run: Run) -> str:
    return str(run.first.day) if run.days == 1 else f"{run.first.day}–{run.last.day}"


