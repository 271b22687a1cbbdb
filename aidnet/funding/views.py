"""Pages of funding: the funds. Its other pages are beside this file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_skeleton
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString

from aidnet import disclosure, policy
from aidnet.approvals import service as approvals
from aidnet.approvals.models import Approval
from aidnet.db import db
from aidnet.funding import (
    contribution_views,
    dashboard_views,
    expense_views,
    ledger_views,
    owing,
    payout_views,
    queries,
    records,
    service,
    words,
)
from aidnet.funding.forms import AskForm, ExchangeForm, FeeForm, FundForm
from aidnet.funding.models import Fund, FundState
from aidnet.funding.pages import bp, sections
from aidnet.funding.queries import Flows, FundFigures, Month
from aidnet.funding.statement import line_word, months_table, statement_of
from aidnet.grants import queries as grants
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.ledger.models import BudgetLine
from aidnet.money import EXPONENTS, decimal_of, format_amount
from aidnet.policy import Actor, Permission
from aidnet.rates import queries as rates
from aidnet.roles import Role
from aidnet.trace import queries as trace
from aidnet.web.charts import Column, Series, StackedChart, stacked
from aidnet.web.context import month as in_words
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import code_of, save, saved, status
from aidnet.web.sheets import csv_response

__all__ = ["bp", "contribution_views", "dashboard_views", "expense_views", "ledger_views", "payout_views"]

#: Months shown one by one, and drawn; older ones are one row, so that the table still adds up.
_MONTHS = 12


@bp.get("/funding")
@needs(Permission.FUND_READ)
def index() -> ResponseReturnValue:
    """The funds or purses that are the actor's to see, and what waits."""
    actor = current_actor()
    if actor.role is Role.COORDINATOR:
        return _purses(actor)
    funds = queries.funds(db(), actor)
    figures = queries.fund_figures(db(), actor, [fund.id for fund in funds])
    keeps = actor.may(Permission.LEDGER_READ)
    own_ids = {fund.id for fund in funds if fund.responder_id}
    purses = queries.purses(db(), actor, [fund.id for fund in funds]) if keeps else []
    return render_template(
        "funding/index.html" if keeps else "funding/given.html",
        sections=sections(actor, ".index"),
        funds=[
            (disclosure.show(actor, fund), [one for one in figures if one.fund_id == fund.id])
            for fund in funds
            if not fund.responder_id or not keeps
        ],
        purses=[purse for purse in purses if purse.fund_id in own_ids],
        owed=[purse for purse in purses if purse.minor < 0],
        names={fund.id: disclosure.show(actor, fund) for fund in funds},
        waiting=queries.payouts_waiting(db(), actor) if keeps else [],
        pledges=records.pledges_waiting(db(), actor) if keeps else [],
        owed_to_donors=grants.due(db(), actor) if keeps else [],
        words=words,
        may_write=actor.may(Permission.FUND_WRITE),
    )


def _purses(actor: Actor) -> str:
    funds = queries.funds(db(), actor)
    return render_template(
        "funding/purses.html",
        sections=sections(actor, ".index"),
        names={fund.id: disclosure.show(actor, fund) for fund in funds},
        purses=queries.purses(db(), actor, [fund.id for fund in funds]),
        figures=queries.together(queries.fund_figures(db(), actor, [fund.id for fund in funds])),
        owed=owing.owed(db(), actor),
        waiting=queries.payouts_waiting(db(), actor),
        expenses=records.expenses(db(), actor, {}, records.ExpensesWanted(), None, size=5).rows,
        words=words,
    )


@bp.get("/funding/funds/<code>")
@needs(Permission.FUND_READ)
def fund(code: str) -> ResponseReturnValue:
    """What became of a fund's money, each currency by itself."""
    actor = current_actor()
    row = policy.fetch(db(), actor, Permission.FUND_READ, Fund, code_of("F", code))
    figures = queries.fund_figures(db(), actor, [row.id])
    chosen = next(
        (one for one in figures if one.currency == request.args.get("currency")), figures[0] if figures else None
    )
    currency = chosen.currency if chosen else ""
    months = [one for one in queries.months(db(), actor, [row.id]) if one.flows.currency == currency]
    network_fund = row.responder_id is None
    return render_template(
        "funding/fund.html",
        sections=sections(actor, ""),
        fund=disclosure.show(actor, row),
        figures=figures,
        chosen=chosen,
        statement=statement_of(actor, chosen) if chosen else None,
        months=months_table(_told_months(months), queries.added_flows(currency, [one.flows for one in months])),
        chart=_chart(months, currency),
        purses=[purse for purse in queries.purses(db(), actor, [row.id]) if purse.currency == currency],
        own_part=actor.role is Role.COORDINATOR,
        waiting_gifts=len(trace.waiting_for_purpose(db(), actor, [row.id])),
        spreads=rates.added_spreads(rates.spreads(db(), actor, [row.id])),
        may_write=network_fund and actor.may(Permission.FUND_WRITE) and row.state is FundState.OPEN,
    )


def _told_months(months: Sequence[Month]) -> list[tuple[str, Flows]]:
    """Newest first; what lies before the last twelve in one row."""
    told = [(in_words(one.month), one.flows) for one in reversed(months[-_MONTHS:])]
    earlier = months[:-_MONTHS]
    if earlier:
        currency = earlier[0].flows.currency
        told.append((_("Before"), queries.added_flows(currency, [one.flows for one in earlier])))
    return told


def _chart(months: Sequence[Month], currency: str) -> StackedChart | None:
    """What was spent in the last twelve months, by kind; None where nothing was."""
    if not months:
        return None
    last = months[-1].month
    span = [_back(last, back) for back in reversed(range(_MONTHS))]
    by_month = {one.month: one.flows for one in months}
    drawn = [part for part in _PARTS if any(_part(one.flows, part) for one in months if one.month in span)]
    if not drawn:
        return None
    return stacked(
        columns=[
            Column(
                format_skeleton("MMM", month, locale=current_language()),
                tuple(_part(by_month[month], part) if month in by_month else 0 for part in drawn),
                group=str(month.year),
            )
            for month in span
        ],
        series=[Series(str(part.word), part.tone) for part in drawn],
        text=lambda minor: format_amount(minor, currency, current_language()),
        per_unit=10 ** EXPONENTS[currency],
    )


@dataclass(frozen=True)
class _Part:
    """Budget lines that are drawn as one: more colours than five cannot be told apart."""

    word: LazyString
    tone: str
    lines: tuple[BudgetLine, ...]


_PARTS = (
    _Part(_l("Goods"), "1", (BudgetLine.GOODS,)),
    _Part(_l("Transport and tolls"), "2", (BudgetLine.TRANSPORT, BudgetLine.TOLLS)),
    _Part(_l("Medicine"), "3", (BudgetLine.MEDICINE,)),
    _Part(_l("Shelter"), "4", (BudgetLine.SHELTER,)),
    _Part(_l("Other spending"), "6", (BudgetLine.STIPENDS, BudgetLine.CASH_HANDED, BudgetLine.OTHER)),
)


def _part(flows: Flows, part: _Part) -> int:
    return sum(flows.by_line.get(line, 0) for line in part.lines)


def _back(month: date, months: int) -> date:
    number = month.year * 12 + month.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


@bp.get("/funding/funds/<code>/months.csv")
@needs(Permission.FUND_READ)
def fund_csv(code: str) -> ResponseReturnValue:
    """A fund's money by month and currency, as a file."""
    actor = current_actor()
    row = policy.fetch(db(), actor, Permission.FUND_READ, Fund, code_of("F", code))
    months = queries.months(db(), actor, [row.id])
    lines = [line for line in BudgetLine if line is queries.told_line(actor, line)]
    header = [
        *("month", "currency", "received", "given back", "paid out", "arrived", "from another currency"),
        *(
            "into another currency",
            "cost of moving",
            "lost",
            "spent",
            *(f"spent: {line_word(actor, line)}" for line in lines),
        ),
    ]
    return csv_response("fund-months", header, _month_rows(months, lines))


def _month_rows(months: Sequence[Month], lines: Sequence[BudgetLine]) -> Iterator[list[Any]]:
    for one in months:
        flows = one.flows
        sums = (flows.received, flows.refunded, flows.paid_out, flows.arrived, flows.changed_in, flows.changed_out)
        more = (flows.cost, flows.lost, flows.spent, *(flows.by_line.get(line, 0) for line in lines))
        yield [f"{one.month:%Y-%m}", flows.currency, *(decimal_of(minor, flows.currency) for minor in (*sums, *more))]


@bp.route("/funding/funds/new", methods=["GET", "POST"])
@needs(Permission.FUND_WRITE)
def new_fund() -> ResponseReturnValue:
    """Open a fund."""
    form = FundForm(request.form)
    if request.method == "POST":
        made = save(form, lambda session: service.open_fund(session, current_actor(), form.draft()))
        if made is not None:
            flash(_("The fund is open."))
            return redirect(url_for(".fund", code=made.code), code=303)
    return render_template("funding/fund_new.html", form=form), status(form)


@bp.route("/funding/funds/<code>/fees/new", methods=["GET", "POST"])
@needs(Permission.FUND_WRITE)
def new_fee(code: str) -> ResponseReturnValue:
    """Record a fee of the fund."""
    row, available = _written_fund(code)
    form = FeeForm(request.form)
    if request.method == "POST" and saved(
        form, lambda session: service.charge_fee(session, current_actor(), form.draft(row.code))
    ):
        flash(_("The fee is recorded."))
        return redirect(url_for(".fund", code=row.code), code=303)
    shown = disclosure.show(current_actor(), row)
    return render_template("funding/fee.html", form=form, fund=shown, available=available), status(form)


@bp.route("/funding/funds/<code>/exchanges/new", methods=["GET", "POST"])
@needs(Permission.FUND_WRITE)
def new_exchange(code: str) -> ResponseReturnValue:
    """Record that money of the fund became money of another currency."""
    row, available = _written_fund(code)
    form = ExchangeForm(request.form)
    if request.method == "POST" and saved(
        form, lambda session: service.exchange(session, current_actor(), form.draft(row.code))
    ):
        flash(_("The exchange is recorded."))
        return redirect(url_for(".fund", code=row.code), code=303)
    shown = disclosure.show(current_actor(), row)
    return render_template("funding/exchange.html", form=form, fund=shown, available=available), status(form)


@bp.route("/funding/funds/<code>/closure", methods=["GET", "POST"])
@needs(Permission.FUND_WRITE)
def closure(code: str) -> ResponseReturnValue:
    """Close a fund, or ask a second person to."""
    actor, (row, available) = current_actor(), _written_fund(code)
    form = AskForm(request.form)
    if request.method == "POST":
        made = save(
            form,
            lambda session: service.close_fund(session, actor, row.code, uid=form.uid.uid, reason=form.reason.text),
        )
        if isinstance(made, Approval):
            flash(_("This waits for a second person; the fund is still open."), "wait")
            return redirect(url_for("approvals.approval", code=made.code), code=303)
        if made is not None:
            flash(_("The fund is closed."))
            return redirect(url_for(".fund", code=row.code), code=303)
    return render_template(
        "funding/closure.html",
        form=form,
        fund=disclosure.show(actor, row),
        available=available,
        waits=approvals.must_ask(db(), actor),
    ), status(form)


def _written_fund(code: str) -> tuple[Fund, list[FundFigures]]:
    actor = current_actor()
    row = policy.fetch(db(), actor, Permission.PAYOUT_SEND, Fund, code_of("F", code))
    return row, [one for one in queries.fund_figures(db(), actor, [row.id]) if one.in_fund]
