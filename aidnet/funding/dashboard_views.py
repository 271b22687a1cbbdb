"""Pages of funding: the dashboards of a fund and of the network."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_skeleton
from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import clock, disclosure, policy
from aidnet.db import db
from aidnet.funding import dashboard, queries, words
from aidnet.funding.dashboard import LAST_12, Board, Period
from aidnet.funding.models import Channel, Fund
from aidnet.funding.pages import bp, sections
from aidnet.funding.queries import Flows, FundFigures
from aidnet.funding.statement import line_word
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.money import EXPONENTS, format_amount
from aidnet.policy import Actor, Permission
from aidnet.roles import Role
from aidnet.trace import pictures
from aidnet.trace import queries as trace
from aidnet.web import tables
from aidnet.web.charts import Column, Series, StackedChart, stacked
from aidnet.web.context import month as in_words
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import code_of
from aidnet.web.sheets import csv_response
from aidnet.web.tables import Cell, Row, Table


@dataclass(frozen=True)
class _Dashboard:
    """All that a page shows. Its file holds the same tables."""

    #: What the figures are of, in words.
    scope: str
    figures: Sequence[FundFigures]
    board: Board | None
    tables: Sequence[Table]


def _load(actor: Actor, fund_ids: Collection[int], scope: str, code: str) -> _Dashboard:
    """Seven statements at most, whatever the history. `code`: of the fund; empty: all funds."""
    figures = queries.together(queries.fund_figures(db(), actor, fund_ids))
    period = Period.read(request.args.get("period", ""))
    board = dashboard.board(db(), actor, figures, fund_ids, period, request.args.get("currency", ""))
    if board is None:
        return _Dashboard(scope, figures, None, ())
    shown = [_months(board), _channels(actor, board, code), _costs(board), _lines(actor, board, code)]
    if board.by_group is not None and actor.role is not Role.COORDINATOR:
        shown.append(_groups(actor, board, code))
    if board.spreads:
        shown.append(_spreads(board))
    if delays := trace.delays(db(), actor, fund_ids):
        shown.append(pictures.delays_table(delays, _("since the beginning")))
    if board.waiting:
        shown.append(_waiting(actor, board))
    return _Dashboard(scope, figures, board, [table for table in shown if table.rows])


def _sums(flows: Flows, currency: str) -> tuple[Cell, ...]:
    minors = (flows.received, flows.paid_out, flows.spent, flows.cost, flows.lost)
    return tuple(tables.money(minor, currency) for minor in minors)


def _sums_head() -> tuple[str, ...]:
    return (_("Received"), _("Paid out"), _("Spent"), _("Cost of moving"), _("Reported lost"))


def _months(board: Board) -> Table:
    return Table(
        "months",
        _("Over time"),
        (_("Month"), *_sums_head()),
        tuple(
            Row(in_words(month), _sums(flows, board.currency))
            for month, flows in reversed(list(board.by_month.items()))
        ),
        total=_sums(board.whole, board.currency),
    )


def _channel_word(channel: Channel | None) -> str:
    return str(words.CHANNELS[channel]) if channel else _("No channel")


def _channels(actor: Actor, board: Board, code: str) -> Table:
    def cells(flows: Flows, channel: Channel | None) -> tuple[Cell, ...]:
        narrowed: dict[str, Any] = {"fund": code or None, "channel": channel.value if channel else None}
        gifts = url_for(".contributions", **narrowed, currency=board.currency) if channel else ""
        payouts = url_for(".payouts", **narrowed) if channel and actor.may(Permission.PAYOUT_READ) else ""
        return (
            tables.money(flows.received, board.currency, gifts if flows.received else ""),
            tables.money(flows.paid_out, board.currency, payouts if flows.paid_out else ""),
            tables.money(flows.cost, board.currency),
            tables.percent(flows.cost, flows.paid_out),
            tables.money(flows.lost, board.currency),
        )

    return Table(
        "channels",
        _("By channel"),
        (
            _("How it moved"),
            _("Received"),
            _("Paid out"),
            _("Cost of moving"),
            _("Cost, of what was paid out"),
            _("Reported lost"),
        ),
        tuple(Row(_channel_word(channel), cells(flows, channel)) for channel, flows in board.by_channel.items()),
        total=cells(board.whole, None),
        caption=_("No channel: fees of the fund itself, and what groups lost that they held."),
    )


def _costs(board: Board) -> Table:
    """The cost of moving money, by month and channel: fees, and what stayed with those who carried it."""
    channels = [channel for channel, flows in board.by_channel.items() if flows.cost]
    cells = board.by_month_and_channel
    months = [month for month in reversed(list(board.by_month)) if board.by_month[month].cost]

    def cost(month: date, channel: Channel | None) -> int:
        return cells[month, channel].cost if (month, channel) in cells else 0

    return Table(
        "cost",
        _("Cost of moving money, by channel and month"),
        (_("Month"), *(_channel_word(channel) for channel in channels), _("All")),
        tuple(
            Row(
                in_words(month),
                (
                    *(tables.money(cost(month, channel), board.currency) for channel in channels),
                    tables.money(board.by_month[month].cost, board.currency),
                ),
            )
            for month in months
        ),
        total=(
            *(tables.money(board.by_channel[channel].cost, board.currency) for channel in channels),
            tables.money(board.whole.cost, board.currency),
        ),
    )


def _lines(actor: Actor, board: Board, code: str) -> Table:
    sees = actor.may(Permission.EXPENSE_READ)
    return Table(
        "lines",
        _("By budget line"),
        (_("Spent on"), _("Amount")),
        tuple(
            Row(
                line_word(actor, line),
                (tables.money(minor, board.currency),),
                url_for(".expenses", fund=code or None, line=line.value) if sees else "",
            )
            for line, minor in board.whole.by_line.items()
        ),
        total=(tables.money(board.whole.spent, board.currency),),
    )


def _groups(actor: Actor, board: Board, code: str) -> Table:
    def cells(flows: Flows, partner: str) -> tuple[Cell, ...]:
        expenses = url_for(".expenses", fund=code or None, responder=partner) if partner and flows.spent else ""
        minors = (flows.paid_out, flows.arrived, flows.cost, flows.lost)
        return (
            *(tables.money(minor, board.currency) for minor in minors),
            tables.money(flows.spent, board.currency, expenses),
        )

    groups = board.by_group or {}
    return Table(
        "groups",
        _("By group"),
        (_("Group"), _("Paid out"), _("Arrived"), _("Cost of moving"), _("Reported lost"), _("Spent")),
        tuple(
            Row(name, cells(flows, partner), url_for(".payouts", fund=code or None, responder=partner))
            for (partner, name), flows in groups.items()
        ),
        total=cells(queries.added_flows(board.currency, groups.values()), ""),
        caption=_("What the network itself spent or paid is not in it."),
    )


def _spreads(board: Board) -> Table:
    sums: dict[tuple[str, str], list[int]] = {}
    for one in board.spreads:
        minors = (one.sent_minor, one.arrived_with_rate_minor, one.spread_minor, one.arrived_without_rate_minor)
        added = sums.setdefault((one.channel, one.currency), [0] * len(minors))
        for at, minor in enumerate(minors):
            added[at] += minor
    return Table(
        "rate",
        _("Cost of moving the money: the rate"),
        (
            _("How it moved"),
            _("Sent"),
            _("Arrived, market rate known"),
            _("Cost of the rate"),
            _("Arrived, market rate not known"),
        ),
        tuple(
            Row(
                f"{words.CHANNELS[Channel(channel)]}, {currency}",
                (tables.money(sent, board.currency), *(tables.money(minor, currency) for minor in rest)),
            )
            for (channel, currency), (sent, *rest) in sorted(sums.items())
        ),
        caption=_(
            "What was sent, at the market rate of its day, less what arrived. Below zero: better than the market. "
            "Where nobody typed the market rate, nothing is guessed."
        ),
    )


def _waiting(actor: Actor, board: Board) -> Table:
    own = actor.role is Role.COORDINATOR
    return Table(
        "waiting",
        _("What waits longest for the receiver's word"),
        (_("Code"), _("Sent on"), *([] if own else [_("To")]), _("Fund"), _("Sent"), _("Days")),
        tuple(
            Row(
                line.payout.code,
                (
                    tables.day(line.payout.sent_on),
                    *([] if own else [tables.words(str(line.responder))]),
                    tables.words(line.fund.name),
                    tables.money(line.payout.amount_minor, line.payout.currency),
                    tables.count((clock.today() - line.payout.sent_on).days, _("days")),
                ),
                url_for(".payout", code=line.payout.code),
            )
            for line in board.waiting
        ),
    )


def _chart(board: Board) -> StackedChart | None:
    """What money became, a bar a month: spent, lost, and the cost of moving it. None: nothing of it."""
    parts = [
        (Series(_("Spent"), "1"), [flows.spent for flows in board.by_month.values()]),
        (Series(_("Cost of moving"), "2"), [flows.cost for flows in board.by_month.values()]),
        (Series(_("Reported lost"), "5"), [flows.lost for flows in board.by_month.values()]),
    ]
    used = [part for part in parts if any(part[1])]
    if not used:
        return None
    language = current_language()
    return stacked(
        [
            Column(
                format_skeleton("MMM", month, locale=language),
                tuple(minors[at] for _series, minors in used),
                group=str(month.year),
            )
            for at, month in enumerate(board.by_month)
        ],
        [series for series, _minors in used],
        text=lambda minor: format_amount(minor, board.currency, language),
        per_unit=10 ** EXPONENTS[board.currency],
    )


def _page(shown: _Dashboard, title: str, here: str, back: tuple[str, str], flow: str, code: Mapping[str, Any]) -> str:
    board = shown.board
    kept: dict[str, Any] = dict(code)
    if board is not None:
        kept |= {"currency": board.currency, "period": board.period.word}
    return render_template(
        "funding/dashboard.html",
        title=title,
        shown=shown,
        board=board,
        chart=_chart(board) if board else None,
        picks=[
            {
                "label": one.currency,
                "url": url_for(here, **(kept | {"currency": one.currency})),
                "current": board is not None and one.currency == board.currency,
            }
            for one in shown.figures
        ],
        periods=[
            {
                "label": label,
                "url": url_for(here, **(kept | {"period": word})),
                "current": board is not None and word == board.period.word,
            }
            for word, label in (
                (LAST_12, _("The last 12 months")),
                *((str(year), str(year)) for year in dashboard.years()),
                ("all", _("All months")),
            )
        ],
        csv=url_for(f"{here}_csv", **kept),
        back=back,
        flow=flow,
        sections=[] if code else sections(current_actor(), here),
        own_part=current_actor().role is Role.COORDINATOR,
    )


def _network() -> _Dashboard:
    actor = current_actor()
    return _load(actor, [fund.id for fund in queries.funds(db(), actor)], _("the whole network"), "")


@bp.get("/funding/dashboard", endpoint="dashboard")
@needs(Permission.LEDGER_READ)
def network_dashboard() -> ResponseReturnValue:
    """What the network's money did."""
    back = (url_for(".index"), _("Funds"))
    return _page(_network(), _("The network's money"), ".dashboard", back, url_for("trace.network"), {})


@bp.get("/funding/dashboard.csv", endpoint="dashboard_csv")
@needs(Permission.LEDGER_READ)
def network_dashboard_csv() -> ResponseReturnValue:
    """The same as a file."""
    shown = _network()
    return csv_response("dashboard", tables.header(), tables.flat(shown.scope, shown.tables))


def _fund(code: str) -> tuple[Any, _Dashboard]:
    actor = current_actor()
    row = policy.fetch(db(), actor, Permission.FUND_READ, Fund, code_of("F", code))
    own_part = actor.role is Role.COORDINATOR
    scope = _("your group's part of this fund") if own_part else _("the whole fund")
    return disclosure.show(actor, row), _load(actor, [row.id], scope, row.code)


@bp.get("/funding/funds/<code>/dashboard")
@needs(Permission.FUND_READ)
def fund_dashboard(code: str) -> ResponseReturnValue:
    """What a fund's money did; for a coordinator, the own group's part."""
    fund, shown = _fund(code)
    back = (url_for(".fund", code=fund.code), fund.name)
    may_flow = current_actor().role is not Role.COORDINATOR
    flow = url_for("trace.fund", code=fund.code) if may_flow else ""
    title = _("“%(fund)s” in figures", fund=fund.name)
    return _page(shown, title, ".fund_dashboard", back, flow, {"code": fund.code})


@bp.get("/funding/funds/<code>/dashboard.csv")
@needs(Permission.FUND_READ)
def fund_dashboard_csv(code: str) -> ResponseReturnValue:
    """The same as a file."""
    _shown, shown = _fund(code)
    return csv_response("fund-dashboard", tables.header(), tables.flat(shown.scope, shown.tables))
