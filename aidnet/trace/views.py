"""Pages of the trace: what a gift became, and what the gifts of a fund, of a donor and of the network became."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import clock, disclosure, policy
from aidnet.db import db
from aidnet.errors import NotVisible
from aidnet.funding import owing, records
from aidnet.funding import queries as funding
from aidnet.funding.models import Contribution, Fund
from aidnet.funding.owing import Owed
from aidnet.funding.pages import sections
from aidnet.i18n import gettext as _
from aidnet.places.queries import PlacePath, paths
from aidnet.policy import Actor, Permission
from aidnet.rates import queries as rates
from aidnet.releases import queries as releases
from aidnet.releases.words import months as span
from aidnet.responders.words import SECTORS
from aidnet.roles import Role
from aidnet.trace import pictures, queries
from aidnet.trace.queries import WAITING_MOST, Became, Earmarked, Together, Wait
from aidnet.web import tables
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import code_of
from aidnet.web.sheets import csv_response
from aidnet.web.tables import Table

bp = Blueprint("trace", __name__)


@bp.get("/giving/gifts/<code>")
@needs(Permission.GIVING_READ)
def gift(code: str) -> ResponseReturnValue:
    """What one of the donor's own gifts became, to the minor unit."""
    actor, code = current_actor(), code_of("C", code)
    row = policy.fetch(db(), actor, Permission.GIVING_READ, Contribution, code)
    line = records.gift(db(), actor, code)
    became = queries.gift(db(), actor, code)
    return render_template(
        "trace/gift.html",
        line=line,
        gift=line.gift,
        became=became,
        strip=pictures.strip(actor, became) if became else None,
        table=pictures.parts_table(actor, became, _("What your gift became")) if became else None,
        sectors=SECTORS,
        reports=releases.page(db(), actor, fund=line.fund.code, after=None).rows if row.received_on else [],
        span=span,
    )


@bp.get("/funding/contributions/<code>/became.csv")
@needs(Permission.CONTRIBUTION_READ)
def gift_csv(code: str) -> ResponseReturnValue:
    """The figures of a gift's page as a file."""
    actor, code = current_actor(), code_of("C", code)
    policy.fetch(db(), actor, Permission.CONTRIBUTION_READ, Contribution, code)
    became = queries.gift(db(), actor, code)
    table = [pictures.parts_table(actor, became, _("What it became"))] if became else []
    return csv_response(code, tables.header(), tables.flat(_("Gift %(code)s", code=code), table))


#: What stands for every currency, told in one, where a page is asked for a currency.
_ALL = "all"


@dataclass(frozen=True)
class _Flow:
    """All that a page of a flow shows. Its file holds the same tables."""

    #: What the figures are of, in words.
    scope: str
    #: Every currency that was given.
    currencies: Sequence[str]
    chosen: Became | None
    #: All currencies told in one, where that is what is shown.
    in_one: Together | None
    #: The viewer's reporting currency, and those there are to choose from.
    reporting: str | None
    offered: Sequence[str]
    tables: Sequence[Table]
    owed: Sequence[Owed]
    #: Whether more gifts wait for their purpose than are shown.
    more_wait: bool


def _load(actor: Actor, funds: Mapping[int, Any], scope: str, whole_funds: str) -> _Flow:
    """The flow of some funds: of all their gifts, or of the donor's own. Seven statements at most.

    Where more than one currency was given, they are told together first, in the viewer's reporting currency.
    """
    found = queries.givers(db(), actor, list(funds))
    reporting, offered = rates.reporting_of(db(), actor)
    whole = {one.currency: one for one in queries.together(found)}
    wanted = request.args.get("currency", "")
    in_one = None
    if reporting and (wanted == _ALL or (len(whole) > 1 and wanted not in whole)):
        in_one = queries.in_one(db(), actor, list(funds), reporting, found)
        if in_one.whole is None and wanted != _ALL:
            in_one = None
    chosen = in_one.whole if in_one else whole.get(wanted, next(iter(whole.values()), None))
    shown: list[Table] = []
    if chosen is not None:
        shown.append(pictures.parts_table(actor, chosen, _("What became of it")))
        if len(funds) > 1:
            urls = {
                fund_id: url_for("trace.fund", code=one.code, currency=_ALL if in_one else chosen.currency)
                for fund_id, one in funds.items()
            }
            of_funds = in_one.by_fund if in_one else [one for one in found if one.currency == chosen.currency]
            names = {fund_id: one.name for fund_id, one in funds.items()}
            shown.append(pictures.funds_table(of_funds, names, urls, _("Fund by fund")))
    if in_one and in_one.unrated:
        shown.append(pictures.unrated_table(in_one))
    if delays := queries.delays(db(), actor, list(funds)):
        shown.append(pictures.delays_table(delays, whole_funds))
    if oldest := queries.oldest(db(), actor, list(funds)):
        shown.append(_oldest_table(funds, oldest))
    earmarked = queries.waiting_for_purpose(db(), actor, list(funds))
    if earmarked:
        shown.append(_earmarked_table(actor, funds, earmarked[:WAITING_MOST]))
    owed = owing.owed(db(), actor) if actor.may(Permission.LEDGER_READ) else []
    return _Flow(
        scope,
        list(whole),
        chosen,
        in_one,
        reporting,
        offered,
        shown,
        [one for one in owed if one.fund_id in funds],
        len(earmarked) > WAITING_MOST,
    )


def _oldest_table(funds: Mapping[int, Any], oldest: Sequence[Wait]) -> Table:
    today = clock.today()
    return Table(
        "oldest",
        _("What waits longest in the fund"),
        (_("Fund"), _("Gift"), _("Amount"), _("Since"), _("Days")),
        tuple(
            tables.Row(
                funds[one.fund_id].name,
                (
                    tables.words(one.gift, url_for("funding.contribution", code=one.gift)),
                    tables.money(one.minor, one.currency),
                    tables.day(one.since),
                    tables.count((today - one.since).days, _("days")),
                ),
            )
            for one in oldest
        ),
    )


def _earmarked_table(actor: Actor, funds: Mapping[int, Any], waiting: Sequence[Earmarked]) -> Table:
    """Gifts that wait for their purpose; what for, as exactly as the viewer may know. One statement."""
    places = paths(db(), {one.place_id for one in waiting if one.place_id})

    def purpose(one: Earmarked) -> str:
        place = disclosure.field(actor, "contribution", "earmark_place", places.get(one.place_id or 0))
        told = (
            place.label if isinstance(place, PlacePath) else "",
            str(SECTORS[one.sector]) if one.sector else "",
            str(disclosure.field(actor, "contribution", "earmark_responder", one.responder)) if one.responder else "",
        )
        return ", ".join(word for word in told if word)

    return Table(
        "purpose",
        _("Waits for its purpose"),
        (_("Gift"), _("For"), _("Fund"), _("Amount"), _("Since")),
        tuple(
            tables.Row(
                one.gift,
                (
                    tables.words(purpose(one)),
                    tables.words(funds[one.fund_id].name),
                    tables.money(one.minor, one.currency),
                    tables.day(one.since),
                ),
                url_for("funding.contribution", code=one.gift),
            )
            for one in waiting
        ),
    )


def _page(actor: Actor, flow: _Flow, title: str, here: str, back: tuple[str, str], **code: Any) -> str:
    chosen, in_one = flow.chosen, flow.in_one
    here_now = _ALL if in_one else chosen.currency if chosen else None
    arguments: dict[str, Any] = {**code, **({"currency": here_now} if here_now else {})}
    picks = [(one, one) for one in flow.currencies]
    if flow.reporting and set(flow.currencies) - {flow.reporting}:
        picks.insert(0, (_ALL, _("All in %(currency)s", currency=flow.reporting)))
    return render_template(
        "trace/flow.html",
        title=title,
        flow=flow,
        picture=pictures.flow(actor, chosen) if chosen else None,
        note=pictures.flow_note(in_one),
        unrated=pictures.unrated_words(in_one) if in_one else "",
        picks=[
            {"label": label, "url": url_for(here, **code, currency=one), "current": one == here_now}
            for one, label in picks
        ],
        csv=url_for(f"{here}_csv", **arguments),
        sections=sections(actor, here) if actor.may(Permission.LEDGER_READ) and not code else [],
        back=back,
    )


def _funds(actor: Actor) -> dict[int, Any]:
    return {fund.id: disclosure.show(actor, fund) for fund in funding.funds(db(), actor)}


def _given() -> tuple[Actor, _Flow]:
    actor = current_actor()
    return actor, _load(actor, _funds(actor), _("your gifts"), _("all gifts to your funds"))


@bp.get("/giving/flow")
@needs(Permission.GIVING_READ)
def giving() -> ResponseReturnValue:
    """What all of the donor's gifts became."""
    actor, flow = _given()
    return _page(actor, flow, _("What your gifts became"), "trace.giving", (url_for("releases.giving"), _("Giving")))


@bp.get("/giving/flow.csv")
@needs(Permission.GIVING_READ)
def giving_csv() -> ResponseReturnValue:
    """The same as a file."""
    _actor, flow = _given()
    return csv_response("your-gifts", tables.header(), tables.flat(flow.scope, flow.tables))


def _network() -> tuple[Actor, _Flow]:
    actor = current_actor()
    return actor, _load(actor, _funds(actor), _("the whole network"), _("the whole network"))


@bp.get("/funding/flow")
@needs(Permission.LEDGER_READ)
def network() -> ResponseReturnValue:
    """What all gifts to the network became."""
    actor, flow = _network()
    return _page(actor, flow, _("What gifts became"), "trace.network", (url_for("funding.index"), _("Funds")))


@bp.get("/funding/flow.csv")
@needs(Permission.LEDGER_READ)
def network_csv() -> ResponseReturnValue:
    """The same as a file."""
    _actor, flow = _network()
    return csv_response("gifts-became", tables.header(), tables.flat(flow.scope, flow.tables))


def _fund(code: str) -> tuple[Actor, Any, _Flow]:
    """A fund and its flow. Raises: NotVisible, for who holds money of it and gave none."""
    actor = current_actor()
    row = policy.fetch(db(), actor, Permission.FUND_READ, Fund, code_of("F", code))
    if actor.role is Role.COORDINATOR:
        raise NotVisible
    shown = disclosure.show(actor, row)
    scope = _("your gifts to this fund") if actor.role is Role.DONOR else _("all gifts to this fund")
    return actor, shown, _load(actor, {row.id: shown}, scope, _("all gifts to this fund"))


@bp.get("/funding/funds/<code>/flow")
@needs(Permission.FUND_READ)
def fund(code: str) -> ResponseReturnValue:
    """What the gifts to a fund became; for a donor, the donor's own."""
    actor, shown, flow = _fund(code)
    title = _("What gifts to “%(fund)s” became", fund=shown.name)
    back = (url_for("funding.fund", code=shown.code), shown.name)
    return _page(actor, flow, title, "trace.fund", back, code=shown.code)


@bp.get("/funding/funds/<code>/flow.csv")
@needs(Permission.FUND_READ)
def fund_csv(code: str) -> ResponseReturnValue:
    """The same as a file."""
    _actor, _shown, flow = _fund(code)
    return csv_response("gifts-became", tables.header(), tables.flat(flow.scope, flow.tables))
