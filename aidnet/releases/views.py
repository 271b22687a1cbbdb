"""Pages of results reports, and the donor's dashboard."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import clock, codes
from aidnet.db import db, transaction
from aidnet.funding import records
from aidnet.funding import words as gift_words
from aidnet.i18n import gettext as _
from aidnet.policy import Permission
from aidnet.releases import floors, giving, months, pictures, queries, service, words
from aidnet.releases.queries import FundOutlook, LostLine, Report, ReportLine
from aidnet.web.context import day, network
from aidnet.web.guards import current_actor, needs
from aidnet.web.sheets import csv_response

bp = Blueprint("releases", __name__)


@bp.app_template_global()
def next_report(fund: FundOutlook) -> str:
    """When the fund's next results report is due, and whether a closed month had too little to show."""
    delay = service.delay_days(network())
    today = clock.today()
    when = day(months.next_published_on(today, delay, fund.told_until))
    closed = months.last_closed(today, delay)
    waiting = fund.told_until is None or closed > fund.told_until
    if waiting and months.published_on(closed, delay) < today:
        return _("Too few to show yet. Next results report on %(when)s.", when=when)
    return _("Next results report on %(when)s.", when=when)


@bp.get("/releases")
@needs(Permission.RELEASE_READ)
def index() -> ResponseReturnValue:
    """Releases the actor may see, and when the next are due."""
    actor, fund = current_actor(), request.args.get("fund", "")
    return render_template(
        "releases/index.html",
        funds=queries.outlooks(db(), actor),
        page=queries.page(db(), actor, fund=fund, after=request.args.get("after")),
        fund=fund,
        words=words,
        floors=floors,
    )


def _read(code: str) -> str:
    """A release's code as somebody typed it, in its one form."""
    return codes.read("R", code) or code


#: The columns of results as a file.
_HEADER = (
    *("report", "fund", "first month", "last month", "published", "part", "places", "p-codes"),
    *("deliveries", "households", "people", "mostly"),
)


def _csv_rows(report: Report, lines: Sequence[ReportLine]) -> Iterator[list[Any]]:
    for line in lines:
        yield [
            *(report.code, report.fund, f"{report.first_month:%Y-%m}", f"{report.last_month:%Y-%m}"),
            report.published_on,
            _("earlier months") if line.earlier else _("these months"),
            *(words.joined(line.names), " ".join(path.pcode for path in line.places)),
            *(line.deliveries, line.households, line.people, ", ".join(line.mostly)),
        ]


#: The columns of losses as a file.
_LOST_HEADER = ("report", "fund", "first month", "last month", "published", "part", "reasons", "deliveries")


def _lost_rows(report: Report, lines: Sequence[LostLine]) -> Iterator[list[Any]]:
    for line in lines:
        yield [
            *(report.code, report.fund, f"{report.first_month:%Y-%m}", f"{report.last_month:%Y-%m}"),
            report.published_on,
            _("earlier months") if line.earlier else _("these months"),
            *(words.because(line.reasons), line.deliveries),
        ]


@bp.get("/releases.csv")
@needs(Permission.RELEASE_READ)
def index_csv() -> ResponseReturnValue:
    """The lines of every release of the list."""
    found = queries.everything(db(), current_actor(), fund=request.args.get("fund", ""))
    return csv_response("results", _HEADER, (row for report, lines in found for row in _csv_rows(report, lines)))


@bp.get("/releases/losses.csv")
@needs(Permission.RELEASE_READ)
def index_losses_csv() -> ResponseReturnValue:
    """The losses of every release of the list."""
    found = queries.everything_lost(db(), current_actor(), fund=request.args.get("fund", ""))
    rows = (row for report, lines in found for row in _lost_rows(report, lines))
    return csv_response("results-losses", _LOST_HEADER, rows)


@bp.get("/releases/<code>")
@needs(Permission.RELEASE_READ)
def show(code: str) -> ResponseReturnValue:
    """One release."""
    actor = current_actor()
    report = queries.report(db(), actor, _read(code))
    lines = queries.lines(db(), actor, [report.release_id]).get(report.release_id, ())
    return render_template(
        "releases/show.html",
        report=report,
        lines=lines,
        losses=queries.losses(db(), actor, [report.release_id]).get(report.release_id, ()),
        total=queries.total_of(lines),
        map=pictures.district_map(lines),
        bars=pictures.people_by_place(lines),
        words=words,
        floors=floors,
    )


@bp.get("/releases/<code>.csv")
@needs(Permission.RELEASE_READ)
def show_csv(code: str) -> ResponseReturnValue:
    """One release's lines."""
    report = queries.report(db(), current_actor(), _read(code))
    lines = queries.lines(db(), current_actor(), [report.release_id]).get(report.release_id, ())
    return csv_response(report.code, _HEADER, _csv_rows(report, lines))


@bp.get("/releases/<code>/losses.csv")
@needs(Permission.RELEASE_READ)
def show_losses_csv(code: str) -> ResponseReturnValue:
    """One release's losses."""
    report = queries.report(db(), current_actor(), _read(code))
    lines = queries.losses(db(), current_actor(), [report.release_id]).get(report.release_id, ())
    return csv_response(f"{report.code}-losses", _LOST_HEADER, _lost_rows(report, lines))


@bp.route("/releases/<code>/withdrawal", methods=["GET", "POST"])
@needs(Permission.RELEASE_WITHDRAW)
def withdrawal(code: str) -> ResponseReturnValue:
    """Withdraw a release whole."""
    if request.method == "POST":
        with transaction() as session:
            release = service.withdraw(session, current_actor(), _read(code))
        flash(_("The results report is withdrawn."))
        return redirect(url_for(".show", code=release.code), code=303)
    report = queries.report(db(), current_actor(), _read(code))
    return render_template("releases/withdrawal.html", report=report, words=words)


@bp.get("/giving", endpoint="giving")
@needs(Permission.GIVING_READ)
def giving_page() -> ResponseReturnValue:
    """What the donor gave and what became of it."""
    wanted = giving.Wanted.read(request.args)
    dashboard = giving.load(db(), current_actor(), wanted)
    lines = [line for _fund, lines in dashboard.results for line in lines]
    return render_template(
        "releases/giving.html",
        sections=_sections(),
        board=dashboard,
        pledges=records.pledges_due(db(), current_actor()),
        grants_due=sum(fund.grants_due for fund in dashboard.funds),
        wanted=wanted,
        years=giving.years(),
        statement=giving.statement(dashboard.detail, wanted.last) if dashboard.detail else None,
        chart=pictures.spent_by_month(
            {month: figures.flows for month, figures in dashboard.detail_by_month.items()},
            wanted.first,
            wanted.until,
            dashboard.currency or "",
        ),
        map=pictures.district_map(lines),
        total_of=queries.total_of,
        words=words,
        gift_words=gift_words,
        floors=floors,
        **_filters(dashboard),
    )


def _sections() -> list[dict[str, Any]]:
    """All that a donor has of its own."""
    offered = (
        (".giving", _("Your funds")),
        ("trace.giving", _("What your own gifts became")),
        ("funding.contributions", _("Your gifts and receipts")),
        ("statements.index", _("Statements")),
        ("grants.index", _("Grants")),
    )
    return [{"label": label, "url": url_for(page), "current": page == ".giving"} for page, label in offered]


def _filters(dashboard: giving.Dashboard) -> dict[str, Any]:
    """The filters in force, as addresses without them, and the same list as a file."""
    wanted = dashboard.wanted
    in_force = {
        "fund": wanted.fund if len(dashboard.chosen) < len(dashboard.funds) else "",
        "period": wanted.period if wanted.period != giving.LAST_12 else "",
        "currency": wanted.currency,
    }
    kept: dict[str, Any] = {name: value for name, value in in_force.items() if value}
    labels = {
        "fund": dashboard.chosen[0].name if dashboard.chosen else "",
        "period": _("All months") if wanted.period == "all" else wanted.period,
        "currency": wanted.currency,
    }
    return {
        "kept": kept,
        "csv": url_for(".giving_csv", **kept),
        "active": [
            {
                "label": labels[name],
                "url": url_for(".giving", **{other: kept[other] for other in kept if other != name}),
            }
            for name in kept
        ],
    }


@bp.get("/giving.csv")
@needs(Permission.GIVING_READ)
def giving_csv() -> ResponseReturnValue:
    """The dashboard's figures as a file."""
    dashboard = giving.load(db(), current_actor(), giving.Wanted.read(request.args))
    return csv_response("giving", giving.HEADER, giving.rows(dashboard))
