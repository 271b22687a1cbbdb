"""Pages of statements."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import codes
from aidnet.db import db, transaction
from aidnet.funding import pages
from aidnet.i18n import gettext as _
from aidnet.i18n import ngettext
from aidnet.money import decimal_of
from aidnet.policy import Permission
from aidnet.statements import queries, service, words
from aidnet.statements.models import Section
from aidnet.web.guards import current_actor, needs
from aidnet.web.sheets import csv_response

bp = Blueprint("statements", __name__)

_HEADER = ("statement", "number", "fund", "of", "month", "section", "figure", "currency", "amount", "of it earlier")


def _wanted() -> queries.Wanted:
    """What the address asks for; a word that means nothing narrows nothing."""
    try:
        month = date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        month = None
    return queries.Wanted(request.args.get("fund", ""), request.args.get("of", ""), month)


@bp.get("/funding/statements")
@needs(Permission.STATEMENT_READ)
def index() -> ResponseReturnValue:
    """Statements the actor may see."""
    wanted, actor = _wanted(), current_actor()
    funds, donors = queries.choices(db(), actor)
    chosen = {"fund": dict(funds).get(wanted.fund), "of": dict([*donors, ("fund", _("Whole funds"))]).get(wanted.of)}
    kept: dict[str, Any] = {name: getattr(wanted, name) for name, label in chosen.items() if label}
    if wanted.month:
        kept["month"], chosen["month"] = f"{wanted.month:%Y-%m}", f"{wanted.month:%Y-%m}"
    return render_template(
        "statements/index.html",
        sections=pages.sections(actor, "statements.index"),
        page=queries.page(db(), actor, wanted, request.args.get("after")),
        funds=funds,
        donors=donors,
        wanted=wanted,
        csv=url_for(".index_csv", **kept),
        active=[
            {"label": chosen[name], "url": url_for(".index", **{each: kept[each] for each in kept if each != name})}
            for name in kept
        ],
    )


def _rows(row: queries.StatementRow, lines: list[Any]) -> Iterator[list[Any]]:
    one, whose = row.statement, _("whole fund") if row.donor is None else str(row.donor)
    for line in lines:
        yield [
            *(one.code, one.number, row.fund, whose, f"{one.month:%Y-%m}"),
            *(str(words.SECTIONS[line.section]), words.figure(line.figure), line.currency),
            *(decimal_of(line.amount_minor, line.currency), decimal_of(line.earlier_minor, line.currency)),
        ]


@bp.get("/funding/statements.csv")
@needs(Permission.STATEMENT_READ)
def index_csv() -> ResponseReturnValue:
    """The lines of every statement of the list."""
    found = queries.everything(db(), current_actor(), _wanted())
    return csv_response("statements", _HEADER, (line for row, lines in found for line in _rows(row, lines)))


def _read(code: str) -> str:
    return codes.read("S", code) or code


@bp.get("/funding/statements/<code>")
@needs(Permission.STATEMENT_READ)
def show(code: str) -> ResponseReturnValue:
    """One statement."""
    row, told = queries.one(db(), current_actor(), _read(code))
    return render_template("statements/show.html", row=row, told=told, sections=list(Section), words=words)


@bp.get("/funding/statements/<code>.csv")
@needs(Permission.STATEMENT_READ)
def show_csv(code: str) -> ResponseReturnValue:
    """One statement's lines."""
    row, told = queries.one(db(), current_actor(), _read(code))
    lines = [line for one in told for lines in one.sections.values() for line in lines]
    return csv_response(row.statement.code, _HEADER, _rows(row, lines))


@bp.post("/funding/statements/closings")
@needs(Permission.STATEMENT_BUILD)
def build() -> ResponseReturnValue:
    """Close every month that is over, of every fund."""
    made = 0
    with transaction() as session:
        for fund_id in service.fund_ids(session):
            made += len(service.build_fund(session, current_actor(), fund_id))
    if made:
        flash(ngettext("%(num)s statement is built.", "%(num)s statements are built.", made))
    else:
        flash(_("Every month that is over is closed already."))
    return redirect(url_for(".index"), code=303)
