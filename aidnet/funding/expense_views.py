"""Pages of funding: what was spent, and money that was lost by whoever held it."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from aidnet import codes, disclosure, policy
from aidnet.db import db
from aidnet.errors import Invalid, NotVisible
from aidnet.funding import files, queries, records, service, words
from aidnet.funding.forms import Choices, ExpenseForm, HeldLossForm
from aidnet.funding.models import Expense, ExpenseState, Fund
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
from aidnet.funding.records import ExpensesWanted, Named
from aidnet.i18n import gettext as _
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Actor, Permission
from aidnet.roles import PartnerKind, Role
from aidnet.web.guards import current_actor, needs
from aidnet.web.sheets import csv_response

_FILTERS = ("q", "fund", "responder", "line")


def _wanted(funds: Mapping[int, Any], named: Mapping[int, Named]) -> ExpensesWanted:
    fund, responder = (request.args.get(name, "") for name in ("fund", "responder"))
    return ExpensesWanted(
        q=searched(),
        fund_id=next((fund_id for fund_id, one in funds.items() if fund and one.code == fund), None),
        responder_id=next((one.id for one in named.values() if responder and one.code == responder), None),
        line=one_of(BudgetLine, "line"),
    )


@bp.get("/funding/expenses")
@needs(Permission.EXPENSE_READ)
def expenses() -> ResponseReturnValue:
    """What was spent: by all, or by the actor's responder."""
    actor = current_actor()
    funds = {fund.id: disclosure.show(actor, fund) for fund in queries.funds(db(), actor)}
    named = {} if actor.role is Role.COORDINATOR else records.directory(db(), actor)
    wanted = _wanted(funds, named)
    labels = {
        "q": _("“%(q)s”", q=wanted.q) if wanted.q else "",
        "fund": funds[wanted.fund_id].name if wanted.fund_id else "",
        "responder": named[wanted.responder_id].name if wanted.responder_id else "",
        "line": words.LINES[wanted.line] if wanted.line else "",
    }
    return render_template(
        "funding/expenses.html",
        sections=sections(actor, ".expenses"),
        page=records.expenses(db(), actor, named, wanted, request.args.get("after")),
        wanted=wanted,
        fund_choices=fund_choices(funds),
        responders=[(one.code, one.name) for one in named.values() if one.kind is PartnerKind.RESPONDER],
        active=active_filters(".expenses", labels),
        csv=url_for(".expenses_csv", **filter_arguments(_FILTERS)),
        words=words,
        own=actor.role is Role.COORDINATOR,
        may_record=actor.may(Permission.EXPENSE_RECORD),
    )


@bp.get("/funding/expenses.csv")
@needs(Permission.EXPENSE_READ)
def expenses_csv() -> ResponseReturnValue:
    """The same list as a file."""
    actor = current_actor()
    funds = {fund.id: disclosure.show(actor, fund) for fund in queries.funds(db(), actor)}
    named = {} if actor.role is Role.COORDINATOR else records.directory(db(), actor)
    return csv_response("spending", *files.expenses(db(), actor, named, _wanted(funds, named)))


@bp.get("/funding/expenses/<code>")
@needs(Permission.EXPENSE_READ)
def expense(code: str) -> ResponseReturnValue:
    """One expense."""
    actor = current_actor()
    line = records.expense(db(), actor, code_of("E", code))
    stands = line.expense.state is ExpenseState.RECORDED
    return render_template(
        "funding/expense.html",
        line=line,
        expense=line.expense,
        words=words,
        may_reverse=stands and actor.may(Permission.MONEY_REVERSE),
    )


def _spendable(actor: Actor) -> Choices:
    """Purses one may spend from; a group's own purse is there before its first gift."""
    funds = db().scalars(policy.visible(actor, Permission.EXPENSE_RECORD, Fund).order_by(Fund.name_key)).all()
    offered = [(fund.code, fund.name) for fund in funds]
    if actor.role is Role.COORDINATOR and not any(fund.responder_id for fund in funds):
        offered.append(("", _("Own purse")))
    return offered


@bp.route("/funding/expenses/new", methods=["GET", "POST"])
@needs(Permission.EXPENSE_RECORD)
def new_expense() -> ResponseReturnValue:
    """Record what was spent."""
    actor = current_actor()
    start = {name: request.args.get(name, "") for name in ("fund", "delivery") if request.args.get(name)}
    form = ExpenseForm(request.form or None, data=start)
    form.offer(_spendable(actor))

    def write(session: Session) -> Expense:
        typed = form.delivery.data or ""
        delivery = codes.read("D", typed) if typed else None
        missing = Invalid(_("You have no delivery with this code."), field="delivery")
        if typed and delivery is None:
            raise missing
        try:
            return service.record_expense(session, actor, form.draft(delivery))
        except NotVisible:
            if delivery is None:
                raise
            raise missing from None

    if request.method == "POST":
        made = save(form, write)
        if made is not None:
            flash(_("The spending is recorded."))
            return redirect(url_for(".expense", code=made.code), code=303)
    own = actor.role is Role.COORDINATOR
    return render_template("funding/expense_new.html", form=form, own=own), status(form)


@bp.route("/funding/losses/new", methods=["GET", "POST"])
@needs(Permission.GIFT_RECORD)
def new_loss() -> ResponseReturnValue:
    """Record that money the group held is lost."""
    actor = current_actor()
    form = HeldLossForm(request.form)
    form.offer([choice for choice in _spendable(actor) if choice[0]])
    if request.method == "POST" and saved(form, lambda session: service.lose_held(session, actor, form.draft())):
        flash(_("The loss is recorded."))
        return redirect(url_for(".index"), code=303)
    return render_template("funding/loss_new.html", form=form), status(form)
