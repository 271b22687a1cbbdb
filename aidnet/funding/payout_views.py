"""Pages of funding: payouts, and the receiver's word on them."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import disclosure, policy
from aidnet.agents import queries as agents
from aidnet.approvals import queries as approvals
from aidnet.approvals import service as approving
from aidnet.db import db
from aidnet.errors import AidnetError, NotVisible
from aidnet.funding import files, queries, records, service, settling, words
from aidnet.funding.drafts import PayoutDraft
from aidnet.funding.models import OPEN_PAYOUTS, Channel, FeeBearer, Fund, FundState, Payout, PayoutState, Rest
from aidnet.funding.pages import bp, fund_choices, sections
from aidnet.funding.payout_forms import ConfirmationForm, PayoutForm, SettlementForm
from aidnet.funding.payouts import PayoutClosed, converted, expected_of, out_of_fund, sendable, token_matches
from aidnet.funding.records import LATE, Named, PayoutsWanted
from aidnet.i18n import gettext as _
from aidnet.money import format_plain
from aidnet.policy import Permission
from aidnet.rates import queries as rates
from aidnet.responders.words import SECTORS
from aidnet.roles import PartnerKind, Role
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import active_filters, code_of, filter_arguments, one_of, save, saved, searched, status
from aidnet.web.sheets import csv_response

_FILTERS = ("q", "fund", "responder", "state", "channel")


def _wanted(funds: Mapping[int, Any], named: Mapping[int, Named]) -> PayoutsWanted:
    fund, responder, state = (request.args.get(name, "") for name in ("fund", "responder", "state"))
    return PayoutsWanted(
        q=searched(),
        fund_id=next((fund_id for fund_id, one in funds.items() if fund and one.code == fund), None),
        responder_id=next((one.id for one in named.values() if responder and one.code == responder), None),
        state=state if state == LATE or state in set(PayoutState) else "",
        channel=one_of(Channel, "channel"),
    )


@bp.get("/funding/payouts")
@needs(Permission.PAYOUT_READ)
def payouts() -> ResponseReturnValue:
    """Payouts: all, or those to the actor's responder."""
    actor = current_actor()
    funds = {fund.id: disclosure.show(actor, fund) for fund in queries.funds(db(), actor)}
    named = {} if actor.role is Role.COORDINATOR else records.directory(db(), actor)
    wanted = _wanted(funds, named)
    states = {LATE: _("Late"), **{state.value: str(word) for state, word in words.PAYOUT_STATES.items()}}
    labels = {
        "q": _("“%(q)s”", q=wanted.q) if wanted.q else "",
        "fund": funds[wanted.fund_id].name if wanted.fund_id else "",
        "responder": named[wanted.responder_id].name if wanted.responder_id else "",
        "state": states.get(wanted.state, ""),
        "channel": words.CHANNELS[wanted.channel] if wanted.channel else "",
    }
    return render_template(
        "funding/payouts.html",
        sections=sections(actor, ".payouts"),
        page=records.payouts(db(), actor, wanted, request.args.get("after")),
        wanted=wanted,
        fund_choices=fund_choices(funds),
        responders=[(one.code, one.name) for one in named.values() if one.kind is PartnerKind.RESPONDER],
        states=states,
        active=active_filters(".payouts", labels),
        csv=url_for(".payouts_csv", **filter_arguments(_FILTERS)),
        words=words,
        own=actor.role is Role.COORDINATOR,
        may_send=actor.may(Permission.PAYOUT_SEND),
    )


@bp.get("/funding/payouts.csv")
@needs(Permission.PAYOUT_READ)
def payouts_csv() -> ResponseReturnValue:
    """The same list as a file."""
    actor = current_actor()
    funds = {fund.id: disclosure.show(actor, fund) for fund in queries.funds(db(), actor)}
    named = {} if actor.role is Role.COORDINATOR else records.directory(db(), actor)
    return csv_response("payouts", *files.payouts(db(), actor, _wanted(funds, named)))


@bp.get("/funding/payouts/<code>")
@needs(Permission.PAYOUT_READ)
def payout(code: str) -> ResponseReturnValue:
    """One payout, and what was said of it."""
    actor, code = current_actor(), code_of("Y", code)
    line = records.payout(db(), actor, code)
    state = line.payout.state
    said = records.words_on(db(), actor, code)
    loss, settled = settling.told(db(), actor, code) if state is PayoutState.LOST else (settling.Loss(), [])
    is_treasurer = actor.role is Role.TREASURER
    return render_template(
        "funding/payout.html",
        line=line,
        payout=line.payout,
        said=said,
        words=words,
        sectors=SECTORS,
        unsent=state in (PayoutState.WAITING, PayoutState.DECLINED),
        approval=approvals.of_payout(db(), actor, code),
        agent=agents.carrier(db(), actor, code),
        loss=loss,
        settled=settled,
        spreads=rates.spreads_of(db(), actor, code) if said and line.payout.rate else [],
        may_settle=is_treasurer and loss.missing_minor > 0,
        may_confirm=state in OPEN_PAYOUTS and actor.may(Permission.PAYOUT_CONFIRM),
        may_reverse=is_treasurer,
        may_undo_it=state is PayoutState.SENT and not any(not word.undone for word in said),
    )


@bp.route("/funding/payouts/new", methods=["GET", "POST"])
@needs(Permission.PAYOUT_SEND)
def new_payout() -> ResponseReturnValue:
    """Send a payout: first the form, then what it comes to, then it is sent, or asked for."""
    actor = current_actor()
    start = {name: request.args.get(name, "") for name in ("fund", "responder")}
    form = PayoutForm(request.form or None, data=start)
    funds = db().scalars(policy.visible(actor, Permission.PAYOUT_SEND, Fund).order_by(Fund.name_key)).all()
    receivers = [
        one for one in records.directory(db(), actor).values() if one.kind is PartnerKind.RESPONDER and one.active
    ]
    form.offer(
        [(one.code, one.name) for one in funds if one.state is FundState.OPEN],
        [(one.code, one.name) for one in receivers],
    )
    form.purpose_place.load(db(), actor)
    names = {one.id: one.name for one in funds}
    figures = [one for one in queries.fund_figures(db(), actor, list(names)) if one.in_fund]
    available = [(names[one.fund_id or 0], one) for one in figures]
    if request.method != "POST" or request.form.get("change") or form.purpose_place.finding:
        return render_template("funding/payout_new.html", form=form, available=available)
    if request.form.get("sure"):
        made = save(form, lambda session: service.send_payout(session, actor, form.draft()))
        if made is not None:
            _say_sent(made)
            return redirect(url_for(".payout", code=made.code), code=303)
    elif form.validate():
        try:
            draft = form.draft()
            expected = expected_of(draft)
        except AidnetError as error:
            form.accuse(error)
        else:
            fund = next(one.name for one in funds if one.code == draft.fund)
            responder = next(one.name for one in receivers if one.code == draft.responder)
            return _look_again(form, draft, expected, fund=fund, responder=responder)
    return render_template("funding/payout_new.html", form=form, available=available), 422


def _say_sent(made: Payout) -> None:
    if made.state is PayoutState.WAITING:
        flash(_("This is more than one person may send. It waits for a second person; no money has moved."), "wait")
    else:
        flash(_("The payout is recorded. The group can now confirm what arrives."))


def _look_again(
    form: PayoutForm, draft: PayoutDraft, expected: tuple[int, str], *, fund: str, responder: str
) -> ResponseReturnValue:
    """What the payout comes to, and what to think of before it is sent."""
    actor = current_actor()
    left_minor = sendable(draft.amount_minor, draft.fee_minor, draft.fee_bearer)
    leaves_minor = out_of_fund(draft.amount_minor, draft.fee_minor, draft.fee_bearer)
    above = approving.is_above_limit(db(), draft.currency, leaves_minor)
    place = form.purpose_place.chosen[0] if form.purpose_place.chosen else None
    return render_template(
        "funding/payout_sure.html",
        form=form,
        draft=draft,
        expected=expected,
        by_rate=converted(left_minor, draft.currency, draft.rate, expected[1]) if draft.rate else None,
        out_of_amount=draft.fee_bearer is FeeBearer.RECEIVER,
        place=place,
        sectors=SECTORS,
        waits=above and approving.must_ask(db(), actor),
        over=agents.over_limit(db(), actor, draft.agent, draft.currency, draft.amount_minor) if draft.agent else None,
        fund=fund,
        responder=responder,
        words=words,
    )


@bp.route("/funding/payouts/<code>/confirmations/new", methods=["GET", "POST"])
@needs(Permission.PAYOUT_CONFIRM)
def new_confirmation(code: str) -> ResponseReturnValue:
    """Say what arrived of a payout."""
    actor, code = current_actor(), code_of("Y", code)
    row = policy.fetch(db(), actor, Permission.PAYOUT_CONFIRM, Payout, code)
    line = records.payout(db(), actor, code)
    lost = bool(request.args.get("lost"))
    missing = format_plain(line.missing_minor, row.expected_currency) if line.missing_minor else ""
    start = {
        "currency": row.expected_currency,
        "amount": "0" if lost else missing,
        "rest": (Rest.LOST if lost else Rest.COMING).value,
    }
    form = ConfirmationForm(request.form or None, data=start)
    if request.method == "POST" and saved(
        form, lambda session: service.confirm_payout(session, actor, form.draft(code))
    ):
        flash(_("What arrived is recorded."))
        matches = token_matches(row, form.token.data)
        if matches is not None:
            flash(*_of_token(matches))
        return redirect(url_for(".payout", code=code), code=303)
    is_open = row.state in OPEN_PAYOUTS
    page = render_template(
        "funding/confirmation_new.html",
        form=form,
        line=line,
        payout=line.payout,
        words=words,
        is_open=is_open,
        by_treasurer=actor.role is not Role.COORDINATOR,
        has_token=row.token_hash is not None,
    )
    return page, status(form) if is_open or not form.errors else PayoutClosed.status


def _of_token(matches: bool) -> tuple[str, str]:
    if matches:
        return _("The word is the one that was agreed on."), "message"
    return _("The word is not the one that was agreed on. Ask the treasurer who handed the money over."), "loss"


@bp.route("/funding/payouts/<code>/settlements/new", methods=["GET", "POST"])
@needs(Permission.PAYOUT_SEND)
def new_settlement(code: str) -> ResponseReturnValue:
    """Say how a loss ended: it was repaid, or it is written off."""
    actor, code = current_actor(), code_of("Y", code)
    row = policy.fetch(db(), actor, Permission.PAYOUT_SEND, Payout, code)
    loss, _settled = settling.told(db(), actor, code)
    start = {"currency": row.currency, "amount": format_plain(loss.missing_minor, row.currency)}
    form = SettlementForm(request.form or None, data=start)
    if request.method == "POST" and saved(form, lambda session: service.settle(session, actor, form.draft(code))):
        flash(_("How the loss ended is recorded."))
        return redirect(url_for(".payout", code=code), code=303)
    if loss.missing_minor <= 0 and not form.errors:
        raise NotVisible
    shown = disclosure.show(actor, row)
    return render_template("funding/settlement_new.html", form=form, payout=shown, loss=loss), status(form)
