"""Pages of funding: payouts, and the receiver's word on them."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import disclosure, policy
from aidnet.db import db
from aidnet.errors import AidnetError
from aidnet.funding import files, queries, records, service, words
from aidnet.funding.forms import ConfirmationForm, PayoutForm
from aidnet.funding.models import OPEN_PAYOUTS, Channel, Fund, Payout, PayoutState, Rest
from aidnet.funding.pages import (
    active_filters,
    bp,
    code_of,
    filter_arguments,
    fund_choices,
    one_of,
    save,
    saved,
    searched,
    sections,
    status,
)
from aidnet.funding.payouts import converted, expected_of
from aidnet.funding.records import LATE, Named, PayoutsWanted
from aidnet.i18n import gettext as _
from aidnet.money import format_plain
from aidnet.policy import Permission
from aidnet.roles import PartnerKind, Role
from aidnet.web.guards import current_actor, needs
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
    is_open = line.payout.state in OPEN_PAYOUTS
    said = records.words_on(db(), actor, code)
    return render_template(
        "funding/payout.html",
        line=line,
        payout=line.payout,
        said=said,
        words=words,
        rests={rest: words.RESTS[rest] for rest in Rest},
        may_confirm=is_open and actor.may(Permission.PAYOUT_CONFIRM),
        may_reverse=actor.role is Role.TREASURER,
        may_undo_it=line.payout.state is PayoutState.SENT and not any(not word.undone for word in said),
    )


@bp.route("/funding/payouts/new", methods=["GET", "POST"])
@needs(Permission.PAYOUT_SEND)
def new_payout() -> ResponseReturnValue:
    """Send a payout: first the form, then what it comes to, then it is sent."""
    actor = current_actor()
    start = {name: request.args.get(name, "") for name in ("fund", "responder")}
    form = PayoutForm(request.form or None, data=start)
    funds = db().scalars(policy.visible(actor, Permission.PAYOUT_SEND, Fund).order_by(Fund.name_key)).all()
    receivers = [
        one for one in records.directory(db(), actor).values() if one.kind is PartnerKind.RESPONDER and one.active
    ]
    form.offer([(one.code, one.name) for one in funds], [(one.code, one.name) for one in receivers])
    names = {one.id: one.name for one in funds}
    figures = [one for one in queries.fund_figures(db(), actor, list(names)) if one.in_fund]
    available = [(names[one.fund_id or 0], one) for one in figures]
    if request.method != "POST" or request.form.get("change"):
        return render_template("funding/payout_new.html", form=form, available=available)
    if request.form.get("sure"):
        made = save(form, lambda session: service.send_payout(session, actor, form.draft()))
        if made is not None:
            flash(_("The payout is recorded. The group can now confirm what arrives."))
            return redirect(url_for(".payout", code=made.code), code=303)
    elif form.validate():
        try:
            draft = form.draft()
            expected = expected_of(draft)
        except AidnetError as error:
            form.accuse(error)
        else:
            return render_template(
                "funding/payout_sure.html",
                form=form,
                draft=draft,
                expected=expected,
                by_rate=converted(draft.amount_minor, draft.currency, draft.rate, expected[1]) if draft.rate else None,
                fund=next(one.name for one in funds if one.code == draft.fund),
                responder=next(one.name for one in receivers if one.code == draft.responder),
                words=words,
            )
    return render_template("funding/payout_new.html", form=form, available=available), 422


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
        return redirect(url_for(".payout", code=code), code=303)
    by_treasurer = actor.role is not Role.COORDINATOR
    return render_template(
        "funding/confirmation_new.html", form=form, line=line, payout=line.payout, by_treasurer=by_treasurer
    ), status(form)
