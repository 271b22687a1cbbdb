"""Pages of rates: those typed, those payouts got, and money told in a reporting currency."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import clock, disclosure, policy
from aidnet.accounts import service as accounts
from aidnet.accounts.resume import local_path
from aidnet.db import db, transaction
from aidnet.errors import AidnetError
from aidnet.funding.models import Fund
from aidnet.funding.pages import sections
from aidnet.i18n import gettext as _
from aidnet.ledger.models import Measure
from aidnet.money import CURRENCIES, decimal_of, format_rate
from aidnet.policy import Permission
from aidnet.rates import queries, service, words
from aidnet.rates.forms import RateForm, RatesForm, ReportingForm, last_week
from aidnet.rates.models import RateKind
from aidnet.rates.queries import RateLine, RateMonth, RatesWanted, Values
from aidnet.rates.service import FarOff
from aidnet.web.charts import Bar, BarList, bars
from aidnet.web.context import month as in_words
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import active_filters, code_of, filter_arguments, one_of, saved, status
from aidnet.web.sheets import csv_response

bp = Blueprint("rates", __name__)

_FILTERS = ("pair", "kind", "month")
_PAIR = ("USD", "MMK")
Pair = tuple[str, str]


def _pair(name: str = "pair") -> Pair | None:
    base, _dash, quote = request.args.get(name, "").partition("-")
    return (base, quote) if base in CURRENCIES and quote in CURRENCIES and base != quote else None


def _wanted() -> RatesWanted:
    base, quote = _pair() or ("", "")
    try:
        month = date.fromisoformat(f"{request.args.get('month', '')[:7]}-01")
    except ValueError:
        month = None
    kind = one_of(RateKind, "kind")
    return RatesWanted(base, quote, kind if kind is not RateKind.ACHIEVED else None, month)


@bp.get("/funding/rates")
@needs(Permission.RATE_READ)
def index() -> ResponseReturnValue:
    """Every rate that was typed, newest day first; a pair's last twelve months, with what payouts got."""
    actor = current_actor()
    wanted = _wanted()
    pairs = queries.pairs(db(), actor)
    drawn = (wanted.base, wanted.quote) if wanted.base else _PAIR if _PAIR in pairs else pairs[0] if pairs else None
    months = queries.pair_months(db(), actor, *drawn, clock.today().replace(day=1)) if drawn else []
    labels = {
        "pair": f"{wanted.base} – {wanted.quote}" if wanted.base else "",
        "kind": words.KINDS[wanted.kind] if wanted.kind else "",
        "month": in_words(wanted.month) if wanted.month else "",
    }
    return render_template(
        "rates/index.html",
        sections=sections(actor, "rates.index"),
        page=queries.rates(db(), actor, wanted, request.args.get("after")),
        wanted=wanted,
        pairs=[(f"{base}-{quote}", f"{base} – {quote}") for base, quote in pairs],
        kinds=[(kind.value, words.KINDS[kind]) for kind in (RateKind.MARKET, RateKind.OFFICIAL)],
        active=active_filters("rates.index", labels),
        csv=url_for(".index_csv", **filter_arguments(_FILTERS)),
        drawn=drawn,
        months=months,
        chart=_chart(months),
        words=words,
        may_write=actor.may(Permission.RATE_WRITE),
    )


def _chart(months: Sequence[RateMonth]) -> tuple[RateKind, BarList] | None:
    """The last rate of each month as bars: the market's, else the official; None where neither was typed."""
    kinds: tuple[tuple[RateKind, Callable[[RateMonth], Decimal | None]], ...] = (
        (RateKind.MARKET, lambda month: month.market),
        (RateKind.OFFICIAL, lambda month: month.official),
    )
    for kind, of in kinds:
        rates = [of(month) for month in months]
        if any(rates):
            digits = max(-int(rate.as_tuple().exponent) for rate in rates if rate is not None)
            scale = max(digits, 0)
            items = [
                Bar(in_words(month.month), int(rate.scaleb(scale)) if rate is not None else 0)
                for month, rate in zip(months, rates, strict=True)
            ]
            return kind, bars(items, text=lambda scaled: _bar_text(scaled, scale))  # noqa: B023 (returned at once)
    return None


def _bar_text(scaled: int, scale: int) -> str:
    return format_rate(Decimal(scaled).scaleb(-scale)) if scaled else _("no rate")


@bp.get("/funding/rates.csv")
@needs(Permission.RATE_READ)
def index_csv() -> ResponseReturnValue:
    """The same list as a file."""
    header = [_("Day"), _("One"), _("Is so much"), _("Kind of rate"), _("Rate"), _("Replaced"), _("Where it was seen")]
    return csv_response("rates", header, _rows(queries.file_rows(db(), current_actor(), _wanted())))


def _rows(found: Iterator[RateLine]) -> Iterator[list[Any]]:
    for line in found:
        one = line.rate
        shown = "none" if one.rate is None else one.rate
        note = one.note if one.note is None else str(one.note)
        yield [one.on_day, one.base, one.quote, one.kind.value, shown, line.replaced, note]


@bp.get("/funding/rates/months.csv")
@needs(Permission.RATE_READ)
def months_csv() -> ResponseReturnValue:
    """The picture of a pair as a file."""
    base, quote = _pair() or _PAIR
    months = queries.pair_months(db(), current_actor(), base, quote, clock.today().replace(day=1))
    header = ["month", "one", "is so much", "market", "official", "what payouts got"]
    rows = ([f"{one.month:%Y-%m}", base, quote, one.market, one.official, one.achieved] for one in months)
    return csv_response("rates-months", header, rows)


def _typed(form: RateForm | RatesForm) -> bool:
    """Write down what the form says; a rate far from the last one is asked for once more, and kept in the form."""
    if not form.validate():
        return False
    drafts = form.drafts()
    try:
        with transaction() as session:
            done = service.type_rates(session, current_actor(), drafts, sure=form.is_sure(drafts))
    except FarOff as far:
        form.ask(drafts)
        form.form_errors.append(str(far))
        return False
    except AidnetError as error:
        if error.status != 422:
            raise
        form.accuse(error)
        return False
    flash(
        _("Saved. %(number)s movements of money were converted by it.", number=done.valued)
        if done.valued
        else _("Saved.")
    )
    return True


@bp.route("/funding/rates/new", methods=["GET", "POST"])
@needs(Permission.RATE_WRITE)
def new_rate() -> ResponseReturnValue:
    """Type one rate, or that there was none."""
    start = {name: request.args.get(name) for name in ("base", "quote", "kind", "day") if request.args.get(name)}
    form = RateForm(request.form if request.method == "POST" else None, data=start)
    if request.method == "POST" and _typed(form):
        return redirect(url_for(".index"), code=303)
    return render_template("rates/new.html", form=form), status(form)


@bp.route("/funding/rates/several/new", methods=["GET", "POST"])
@needs(Permission.RATE_WRITE)
def new_rates() -> ResponseReturnValue:
    """Type several rates of one pair and kind."""
    form = RatesForm(request.form if request.method == "POST" else None, data={"rows": last_week(clock.today())})
    if request.method == "POST":
        if request.form.get("add") == form.rows.name:
            if len(form.rows) < form.rows.max_entries:
                form.rows.append_entry()
            return render_template("rates/several.html", form=form)
        if _typed(form):
            return redirect(url_for(".index"), code=303)
    return render_template("rates/several.html", form=form), status(form)


@bp.get("/funding/funds/<code>/values")
@needs(Permission.FUND_READ)
def fund(code: str) -> ResponseReturnValue:
    """A fund's money in the person's reporting currency, and what has no rate."""
    actor = current_actor()
    row = policy.fetch(db(), actor, Permission.FUND_READ, Fund, code_of("F", code))
    reporting, offered = queries.reporting_of(db(), actor)
    values = queries.values(db(), actor, [row.id], reporting) if reporting else None
    return render_template(
        "rates/fund.html",
        sections=sections(actor, ""),
        fund=disclosure.show(actor, row),
        reporting=reporting,
        offered=offered,
        values=values,
        lines=_lines(values) if values else [],
        months=_months(values) if values else [],
        words=words,
        own_part=actor.responder_id is not None,
        reads_rates=actor.may(Permission.RATE_READ),
    )


#: What the page of a fund in one currency tells, and the measures each is made of.
_TOLD: tuple[tuple[Any, tuple[Measure, ...]], ...] = (
    (words.MEASURES["received"], (Measure.RECEIVED,)),
    (words.MEASURES["refunded"], (Measure.REFUNDED,)),
    (words.MEASURES["paid-out"], (Measure.PAID_OUT,)),
    (words.MEASURES["arrived"], (Measure.ARRIVED, Measure.ARRIVED_CHANGED)),
    (words.MEASURES["spent"], (Measure.SPENT,)),
    (words.MEASURES["cost"], (Measure.FEES, Measure.KEPT)),
    (words.MEASURES["lost"], (Measure.LOST, Measure.LOST_HELD)),
)


def _lines(values: Values) -> list[tuple[Any, int, dict[str, int]]]:
    """Each figure: what was converted, and what was not, by currency."""
    return [(word, values.total(*measures), values.without_rate(*measures)) for word, measures in _TOLD]


def _months(values: Values) -> list[tuple[str, list[int], dict[str, int]]]:
    """By month, newest first: the same figures, and all that has no rate."""
    found = []
    there = {one.month for one in values.valued} | {one.month for one in values.unrated}
    for month in sorted(there, reverse=True):
        of_month = Values(
            values.reporting,
            [one for one in values.valued if one.month == month],
            [one for one in values.unrated if one.month == month],
            None,
        )
        told = [of_month.total(*measures) for _word, measures in _TOLD]
        found.append((in_words(month), told, of_month.without_rate(*(one for _word, those in _TOLD for one in those))))
    return found


@bp.get("/funding/funds/<code>/values.csv")
@needs(Permission.FUND_READ)
def fund_csv(code: str) -> ResponseReturnValue:
    """The same by month, measure, line and channel, as a file: converted rows, then those without a rate."""
    actor = current_actor()
    row = policy.fetch(db(), actor, Permission.FUND_READ, Fund, code_of("F", code))
    reporting = queries.reporting_of(db(), actor)[0]
    values = queries.values(db(), actor, [row.id], reporting) if reporting else None
    header = ["month", "what", "budget line", "channel", "currency", "amount", "converted"]
    return csv_response("fund-values", header, _value_rows(values))


def _value_rows(values: Values | None) -> Iterator[list[Any]]:
    for one in values.valued if values else ():
        amount = decimal_of(one.value_minor, values.reporting) if values else None
        line = one.line.value if one.line else ""
        yield [f"{one.month:%Y-%m}", one.measure.value, line, one.channel, values and values.reporting, amount, "yes"]
    for left in values.unrated if values else ():
        line = left.line.value if left.line else ""
        amount = decimal_of(left.minor, left.currency)
        yield [f"{left.month:%Y-%m}", left.measure.value, line, left.channel, left.currency, amount, "no rate"]


@bp.route("/settings/reporting", methods=["GET", "POST"])
@needs(Permission.NETWORK_SETTINGS)
def reporting() -> ResponseReturnValue:
    """The currencies the network reports in."""
    now = queries.reporting_currencies(db())
    start = dict(zip(("first", "second", "third", "fourth"), now, strict=False))
    form = ReportingForm(request.form if request.method == "POST" else None, data=start)
    if request.method == "POST" and saved(
        form, lambda session: service.choose_reporting(session, current_actor(), form.currencies())
    ):
        flash(_("The reporting currencies are saved."))
        return redirect(url_for(".reporting"), code=303)
    return render_template("rates/reporting.html", form=form, now=now), status(form)


@bp.post("/account/reporting")
@needs(Permission.ACCOUNT_OWN)
def own_reporting() -> ResponseReturnValue:
    """Be told figures in another of the network's reporting currencies from now on."""
    chosen = request.form.get("currency", "")
    actor = current_actor()
    if chosen in queries.reporting_currencies(db()):
        with transaction() as session:
            accounts.choose_reporting(session, actor, chosen)
    return redirect(local_path(request.form.get("next")) or url_for("accounts.account"), code=303)
