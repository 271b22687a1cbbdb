"""Pages of funding: gifts, their receipts, pledges and refunds."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import disclosure, policy
from aidnet.db import db
from aidnet.deliveries.items import name_of, units
from aidnet.deliveries.models import Item
from aidnet.disclosure import Level
from aidnet.errors import NotVisible
from aidnet.funding import files, queries, records, service, words
from aidnet.funding.forms import ContributionForm, GiftForm, ReceiptForm, RefundForm, SureForm
from aidnet.funding.models import Channel, Contribution, ContributionState, Fund
from aidnet.funding.pages import bp, fund_choices, sections
from aidnet.funding.records import DUE, GiftLine, GiftsWanted, Named
from aidnet.i18n import gettext as _
from aidnet.money import EXPONENTS, format_plain
from aidnet.policy import Actor, Permission
from aidnet.responders.words import SECTORS
from aidnet.roles import PartnerKind, Role
from aidnet.trace import pictures
from aidnet.trace import queries as trace
from aidnet.web.context import network
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import active_filters, code_of, filter_arguments, one_of, save, saved, searched, status
from aidnet.web.qr import qr
from aidnet.web.sheets import csv_response

_FILTERS = ("q", "fund", "donor", "state", "channel", "currency")


def _sees_donors(actor: Actor) -> bool:
    """SECURITY: whoever may not see a gift's donor may not search by it either."""
    keeps = actor.may(Permission.LEDGER_READ)
    return keeps and disclosure.level_of("contribution", "donor", disclosure.audience_of(actor)) is Level.FULL


def _wanted(actor: Actor, funds: Mapping[int, Any], named: Mapping[int, Named]) -> GiftsWanted:
    fund, donor, currency = (request.args.get(name, "") for name in ("fund", "donor", "currency"))
    return GiftsWanted(
        q=searched(),
        fund_id=next((fund_id for fund_id, one in funds.items() if fund and one.code == fund), None),
        donor_id=next((one.id for one in named.values() if donor and one.code == donor and _sees_donors(actor)), None),
        state=one_of(ContributionState, "state"),
        due=request.args.get("state") == DUE,
        channel=one_of(Channel, "channel"),
        currency=currency if currency in EXPONENTS else "",
    )


@bp.get("/funding/contributions")
@needs(Permission.CONTRIBUTION_READ)
def contributions() -> ResponseReturnValue:
    """Gifts: those into the actor's funds, or the actor's own."""
    actor = current_actor()
    funds = {fund.id: disclosure.show(actor, fund) for fund in queries.funds(db(), actor)}
    named = records.directory(db(), actor)
    wanted = _wanted(actor, funds, named)
    labels = {
        "q": _("“%(q)s”", q=wanted.q) if wanted.q else "",
        "fund": funds[wanted.fund_id].name if wanted.fund_id else "",
        "donor": named[wanted.donor_id].name if wanted.donor_id else "",
        "state": words.CONTRIBUTION_STATES[wanted.state] if wanted.state else _("Pledges due") if wanted.due else "",
        "channel": words.CHANNELS[wanted.channel] if wanted.channel else "",
        "currency": wanted.currency,
    }
    return render_template(
        "funding/contributions.html",
        sections=sections(actor, ".contributions"),
        page=records.gifts(db(), actor, named, wanted, request.args.get("after")),
        wanted=wanted,
        fund_choices=fund_choices(funds),
        donors=[(one.code, one.name) for one in named.values() if one.kind is PartnerKind.DONOR]
        if _sees_donors(actor)
        else [],
        active=active_filters(".contributions", labels),
        csv=url_for(".contributions_csv", **filter_arguments(_FILTERS)),
        words=words,
        states=[*words.CONTRIBUTION_STATES.items(), (DUE, _("Pledges due"))],
        currencies=[(code, code) for code in EXPONENTS],
        own=actor.role is Role.DONOR,
        may_record=actor.may(Permission.CONTRIBUTION_RECORD),
        may_gift=actor.may(Permission.GIFT_RECORD),
    )


@bp.get("/funding/contributions.csv")
@needs(Permission.CONTRIBUTION_READ)
def contributions_csv() -> ResponseReturnValue:
    """The same list as a file."""
    actor = current_actor()
    funds = {fund.id: disclosure.show(actor, fund) for fund in queries.funds(db(), actor)}
    named = records.directory(db(), actor)
    return csv_response("gifts", *files.gifts(db(), actor, named, _wanted(actor, funds, named)))


@bp.get("/funding/contributions/<code>")
@needs(Permission.CONTRIBUTION_READ)
def contribution(code: str) -> ResponseReturnValue:
    """One gift."""
    actor, code = current_actor(), code_of("C", code)
    line = records.gift(db(), actor, code)
    gift = line.gift
    reversible = gift.state is ContributionState.RECEIVED and actor.may(Permission.MONEY_REVERSE)
    became = trace.gift(db(), actor, code)
    return render_template(
        "funding/contribution.html",
        line=line,
        gift=gift,
        became=became,
        strip=pictures.strip(actor, became) if became else None,
        table=pictures.parts_table(actor, became, _("What it became")) if became else None,
        refunds=records.refunds_of(db(), actor, code),
        receipt_url=url_for("intake.receipt", receipt_code=gift.receipt_code, _external=True),
        words=words,
        sectors=SECTORS,
        may_record=actor.may(Permission.CONTRIBUTION_RECORD),
        may_reverse=reversible,
    )


@bp.get("/funding/contributions/<code>/receipt")
@needs(Permission.CONTRIBUTION_READ)
def contribution_receipt(code: str) -> ResponseReturnValue:
    """The receipt of a gift, to print or to keep."""
    actor, code = current_actor(), code_of("C", code)
    line = records.gift(db(), actor, code)
    return render_template(
        "funding/receipt.html",
        line=line,
        gift=line.gift,
        given_back=records.given_back(db(), actor, code),
        qr=qr(url_for("intake.receipt", receipt_code=line.gift.receipt_code, _external=True)),
        words=words,
        network=network(),
    )


@bp.route("/funding/contributions/new", methods=["GET", "POST"])
@needs(Permission.CONTRIBUTION_RECORD)
def new_contribution() -> ResponseReturnValue:
    """Record a gift, received or pledged."""
    actor = current_actor()
    form = ContributionForm(request.form or None, data={"fund": request.args.get("fund", "")})
    funds = policy.visible(actor, Permission.CONTRIBUTION_RECORD, Fund).order_by(Fund.name_key)
    named = records.directory(db(), actor).values()
    form.offer(
        [(fund.code, fund.name) for fund in db().scalars(funds)],
        [(one.code, one.name) for one in named if one.kind is PartnerKind.DONOR],
        [(one.code, one.name) for one in named if one.kind is PartnerKind.RESPONDER],
    )
    form.earmark_place.load(db(), actor)
    if request.method == "POST" and not form.earmark_place.finding:
        made = save(form, lambda session: service.record_contribution(session, actor, form.draft()))
        if made is not None:
            flash(_("The gift is recorded."))
            return redirect(url_for(".contribution", code=made.code), code=303)
    return render_template("funding/contribution_new.html", form=form), status(form)


def _pledge(code: str) -> tuple[Contribution, GiftLine]:
    actor, code = current_actor(), code_of("C", code)
    row = policy.fetch(db(), actor, Permission.CONTRIBUTION_RECORD, Contribution, code)
    return row, records.gift(db(), actor, code)


@bp.route("/funding/contributions/<code>/receipts/new", methods=["GET", "POST"])
@needs(Permission.CONTRIBUTION_RECORD)
def new_receipt(code: str) -> ResponseReturnValue:
    """Record that a pledge's money arrived."""
    row, line = _pledge(code)
    if row.amount_minor is None or row.currency is None:
        raise NotVisible
    start = {
        "amount": format_plain(row.amount_minor, row.currency),
        "currency": row.currency,
        "channel": row.channel.value,
    }
    form = ReceiptForm(request.form or None, data=start)
    if request.method == "POST" and saved(
        form, lambda session: service.receive(session, current_actor(), form.draft(row.code))
    ):
        flash(_("The money is recorded."))
        return redirect(url_for(".contribution", code=row.code), code=303)
    return render_template("funding/receipt_new.html", form=form, line=line, gift=line.gift), status(form)


@bp.route("/funding/contributions/<code>/withdrawal", methods=["GET", "POST"])
@needs(Permission.CONTRIBUTION_RECORD)
def withdrawal(code: str) -> ResponseReturnValue:
    """Note that a pledge will not come."""
    row, line = _pledge(code)
    form = SureForm(request.form)
    if request.method == "POST" and saved(
        form, lambda session: service.withdraw_pledge(session, current_actor(), row.code)
    ):
        flash(_("The pledge is withdrawn."))
        return redirect(url_for(".contribution", code=row.code), code=303)
    return render_template("funding/withdrawal.html", form=form, line=line, gift=line.gift), status(form)


@bp.route("/funding/contributions/<code>/refunds/new", methods=["GET", "POST"])
@needs(Permission.CONTRIBUTION_RECORD)
def new_refund(code: str) -> ResponseReturnValue:
    """Give some of a gift back to its giver."""
    row, line = _pledge(code)
    if row.currency is None:
        raise NotVisible
    form = RefundForm(request.form or None, data={"currency": row.currency})
    if request.method == "POST" and saved(
        form, lambda session: service.refund(session, current_actor(), form.draft(row.code))
    ):
        flash(_("What went back is recorded."))
        return redirect(url_for(".contribution", code=row.code), code=303)
    back = records.given_back(db(), current_actor(), row.code)
    return render_template("funding/refund.html", form=form, line=line, gift=line.gift, given_back=back), status(form)


@bp.route("/funding/gifts/new", methods=["GET", "POST"])
@needs(Permission.GIFT_RECORD)
def new_gift() -> ResponseReturnValue:
    """Record a gift that reached the group directly, in money or in kind."""
    actor = current_actor()
    form = GiftForm(request.form)
    items = policy.visible(actor, Permission.GIFT_RECORD, Item)
    named = sorted(((str(item.id), name_of(actor, item)) for item in db().scalars(items)), key=lambda pair: pair[1])
    form.offer(named, list(units(db())))
    if request.method == "POST":
        made = save(form, lambda session: service.record_gift(session, actor, form.draft()))
        if made is not None:
            flash(_("The gift is recorded."))
            return redirect(url_for(".contribution", code=made.code), code=303)
    return render_template("funding/gift_new.html", form=form), status(form)
