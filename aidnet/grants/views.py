"""Pages of grants and of their reports."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import policy
from aidnet.db import db
from aidnet.errors import NotVisible
from aidnet.funding import pages
from aidnet.funding.models import Fund, FundState
from aidnet.funding.records import directory
from aidnet.grants import queries, report, service, words
from aidnet.grants.forms import GrantForm, ReadForm, TermsForm, TrancheGiftForm, WordsForm
from aidnet.grants.models import Grant, GrantState, ReportState
from aidnet.grants.queries import Coming, GrantRow
from aidnet.i18n import gettext as _
from aidnet.money import decimal_of, format_plain
from aidnet.policy import Actor, Permission
from aidnet.releases import floors
from aidnet.releases import words as results
from aidnet.roles import PartnerKind
from aidnet.web import tables
from aidnet.web.context import amount, day
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import code_of, one_of, save, saved, status
from aidnet.web.sheets import csv_response

bp = Blueprint("grants", __name__)


@bp.get("/funding/grants")
@needs(Permission.GRANT_READ)
def index() -> ResponseReturnValue:
    """Grants: all of the network's, or the donor's own."""
    actor, state = current_actor(), one_of(GrantState, "state")
    kept: dict[str, Any] = {"state": state.value} if state else {}
    return render_template(
        "grants/index.html",
        sections=pages.sections(actor, "grants.index"),
        page=queries.page(db(), actor, state, request.args.get("after")),
        states=[(one.value, word) for one, word in words.STATES.items()],
        chosen=state,
        active=[{"label": str(words.STATES[state]), "url": url_for(".index")}] if state else [],
        csv=url_for(".index_csv", **kept),
        words=words,
    )


@bp.get("/funding/grants.csv")
@needs(Permission.GRANT_READ)
def index_csv() -> ResponseReturnValue:
    """The same list as a file."""
    header = (
        "grant",
        "title",
        "donor",
        "fund",
        "first day",
        "last day",
        "currency",
        "budget",
        "state",
        "next report due",
    )
    found = queries.everything(db(), current_actor(), one_of(GrantState, "state"))
    return csv_response("grants", header, _list_rows(found))


def _list_rows(found: Iterator[GrantRow]) -> Iterator[list[Any]]:
    for row in found:
        one = row.grant
        yield [
            *(one.code, one.title, row.donor or "", row.fund, one.first_day, one.last_day, one.currency),
            *(decimal_of(row.budget_minor, one.currency), str(words.STATES[one.state]), row.report_due_on),
        ]


@bp.route("/funding/grants/new", methods=["GET", "POST"])
@needs(Permission.GRANT_WRITE)
def new() -> ResponseReturnValue:
    """Write a grant down."""
    actor = current_actor()
    form = GrantForm(request.form if request.method == "POST" else None)
    form.offer(
        [(one.code, one.name) for one in directory(db(), actor).values() if one.kind is PartnerKind.DONOR],
        [(fund.code, fund.name) for fund in db().scalars(_open_funds(actor))],
    )
    if request.method == "POST" and not form.grow(request.form.get("add", "")):
        made = save(form, lambda session: service.add(session, actor, form.draft()))
        if made is not None:
            flash(_("The grant is written down."))
            return redirect(url_for(".show", code=made.code), code=303)
    return render_template("grants/edit.html", form=form, row=None), status(form)


def _open_funds(actor: Actor) -> Any:
    return (
        policy.visible(actor, Permission.GRANT_WRITE, Fund).where(Fund.state == FundState.OPEN).order_by(Fund.name_key)
    )


@bp.get("/funding/grants/<code>")
@needs(Permission.GRANT_READ)
def show(code: str) -> ResponseReturnValue:
    """One grant: its money, its tranches and the reports it owes."""
    actor, code = current_actor(), code_of("G", code)
    row = queries.one(db(), actor, code)
    return render_template(
        "grants/show.html",
        row=row,
        grant=row.grant,
        tables=report.budget_tables(queries.budget(db(), actor, code), row.grant.currency, str(report.OWN_GIFTS)),
        tranches=queries.tranches(db(), actor, code),
        reports=queries.reports(db(), actor, code),
        may_write=row.is_open and actor.may(Permission.GRANT_WRITE),
        words=words,
        months=results.months,
    )


@bp.get("/funding/grants/<code>.csv")
@needs(Permission.GRANT_READ)
def show_csv(code: str) -> ResponseReturnValue:
    """Its budget against actual, as a file."""
    actor, code = current_actor(), code_of("G", code)
    row = queries.one(db(), actor, code)
    found = report.budget_tables(queries.budget(db(), actor, code), row.grant.currency, str(report.OWN_GIFTS))
    return csv_response(code, tables.header(), tables.flat(row.grant.title, found))


@bp.route("/funding/grants/<code>/edit", methods=["GET", "POST"])
@needs(Permission.GRANT_WRITE)
def edit(code: str) -> ResponseReturnValue:
    """Change what is agreed."""
    actor, code = current_actor(), code_of("G", code)
    row = _open(actor, code)
    form = TermsForm(request.form if request.method == "POST" else None, data=_agreed(actor, row))
    if request.method == "POST" and not form.grow(request.form.get("add", "")):
        version = form.version.data
        if saved(form, lambda session: service.change(session, actor, code, version=version, terms=form.terms())):
            flash(_("The grant is changed."))
            return redirect(url_for(".show", code=code), code=303)
    came = [one for one in queries.tranches(db(), actor, code) if one.linked]
    return render_template("grants/edit.html", form=form, row=row, came=came), status(form)


def _open(actor: Actor, code: str) -> GrantRow:
    """A grant that may be written to. Raises: NotVisible, GrantClosed."""
    row = queries.one(db(), actor, code)
    if not row.is_open:
        raise service.GrantClosed
    return row


def _agreed(actor: Actor, row: GrantRow) -> dict[str, Any]:
    """What the form of an open grant is drawn with."""
    grant = row.grant
    if request.method == "POST":
        return {"currency": grant.currency}
    found = queries.budget(db(), actor, grant.code)
    return {
        "version": row.version,
        "currency": grant.currency,
        "title": grant.title,
        "first_day": grant.first_day.isoformat(),
        "last_day": grant.last_day.isoformat(),
        "lines": [
            {"budget_line": line.line.value, "amount": format_plain(line.planned_minor, grant.currency)}
            for line in found.lines
            if line.planned_minor
        ],
        "tranches": [
            {
                "due_on": one.tranche.due_on.isoformat(),
                "amount": format_plain(one.tranche.amount_minor, grant.currency),
            }
            for one in queries.tranches(db(), actor, grant.code)
            if not one.linked
        ],
        "reports": [
            {
                "due_on": one.due_on.isoformat(),
                "first_month": f"{one.first_month:%Y-%m}",
                "last_month": f"{one.last_month:%Y-%m}",
            }
            for one in queries.reports(db(), actor, grant.code)
            if one.state is ReportState.DUE
        ],
    }


@bp.route("/funding/grants/<code>/closure", methods=["GET", "POST"])
@needs(Permission.GRANT_WRITE)
def closure(code: str) -> ResponseReturnValue:
    """Close a grant."""
    actor, code = current_actor(), code_of("G", code)
    if request.method == "POST":
        if saved(ReadForm(), lambda session: service.close(session, actor, code)):
            flash(_("The grant is closed."))
        return redirect(url_for(".show", code=code), code=303)
    row = _open(actor, code)
    return render_template(
        "grants/closure.html",
        row=row,
        missing=sum(one.state is not Coming.RECEIVED for one in queries.tranches(db(), actor, code)),
        owed=sum(one.state is not ReportState.SENT for one in queries.reports(db(), actor, code)),
    )


@bp.route("/funding/grants/<code>/tranches/<int:number>", methods=["GET", "POST"])
@needs(Permission.GRANT_WRITE)
def tranche(code: str, number: int) -> ResponseReturnValue:
    """Say as which gift a tranche came."""
    actor, code = current_actor(), code_of("G", code)
    row = _open(actor, code)
    one = next((each for each in queries.tranches(db(), actor, code) if each.tranche.number == number), None)
    if one is None:
        raise NotVisible
    form = TrancheGiftForm(request.form if request.method == "POST" else None, data={"gift": one.gift or ""})
    grant = policy.fetch(db(), actor, Permission.GRANT_WRITE, Grant, code)
    form.offer(
        [
            (gift.code, f"{gift.code}, {day(gift.received_on)}, {amount(gift.amount_minor, grant.currency)}")
            for gift in db().scalars(service.fitting(actor, grant).limit(service.GIFTS_MOST))
        ]
    )
    if request.method == "POST" and saved(
        form, lambda session: service.receive(session, actor, code, number, form.gift.data or "")
    ):
        flash(_("The tranche is changed."))
        return redirect(url_for(".show", code=code), code=303)
    return render_template("grants/tranche.html", row=row, one=one, form=form), status(form)


def _codes(code: str, report_code: str) -> tuple[str, str]:
    return code_of("G", code), code_of("T", report_code)


@bp.get("/funding/grants/<code>/reports/<report_code>")
@needs(Permission.GRANT_READ)
def show_report(code: str, report_code: str) -> ResponseReturnValue:
    """One report to a board, to read or to print."""
    return _report_page(report.head(db(), current_actor(), *_codes(code, report_code)), ReadForm())


def _report_page(head: report.Head, form: ReadForm) -> ResponseReturnValue:
    form.version.data = head.version
    told = report.tell(db(), current_actor(), head)
    page = render_template(
        "grants/report.html",
        told=told,
        head=head,
        row=head.row,
        form=form,
        words=words,
        floors=floors,
    )
    return page, status(form)


@bp.get("/funding/grants/<code>/reports/<report_code>.csv")
@needs(Permission.GRANT_READ)
def report_csv(code: str, report_code: str) -> ResponseReturnValue:
    """Its figures as a file."""
    head = report.head(db(), current_actor(), *_codes(code, report_code))
    told = report.tell(db(), current_actor(), head)
    return csv_response(head.report.code, tables.header(), tables.flat(told.scope, [*told.tables, *told.results]))


@bp.route("/funding/grants/<code>/reports/<report_code>/words", methods=["GET", "POST"])
@needs(Permission.GRANT_WRITE)
def write_report(code: str, report_code: str) -> ResponseReturnValue:
    """Write a report's words."""
    actor = current_actor()
    code, report_code = _codes(code, report_code)
    head = report.head(db(), actor, code, report_code)
    if head.state is ReportState.SENT:
        raise service.ReportSent
    if not head.may_write:
        raise service.GrantClosed
    drawn = {"version": head.version, "words": head.report.words}
    form = WordsForm(request.form if request.method == "POST" else None, data=drawn)
    if request.method == "POST" and saved(
        form,
        lambda session: service.write(
            session, actor, code, report_code, version=form.version.data, words=str(form.words.data).strip()
        ),
    ):
        flash(_("The words are kept. They must be read before they go to the donor."), "wait")
        return redirect(url_for(".show_report", code=code, report_code=report_code), code=303)
    return render_template("grants/words.html", head=head, row=head.row, form=form, months=results.months), status(form)


@bp.post("/funding/grants/<code>/reports/<report_code>/reading")
@needs(Permission.GRANT_AGREE)
def read_report(code: str, report_code: str) -> ResponseReturnValue:
    """Say that one read it: it goes to the donor."""
    actor = current_actor()
    code, report_code = _codes(code, report_code)
    form = ReadForm(request.form)
    version = form.version.data
    if saved(form, lambda session: service.send(session, actor, code, report_code, version=version)):
        flash(_("The report is sent. The donor sees it now."))
        return redirect(url_for(".show_report", code=code, report_code=report_code), code=303)
    return _report_page(report.head(db(), actor, code, report_code), form)
