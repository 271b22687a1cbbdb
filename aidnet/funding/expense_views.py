"""Pages of funding: what was spent, and money that was lost by whoever held it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from aidnet import disclosure, policy
from aidnet.db import db
from aidnet.evidence.forms import SENT_MOST
from aidnet.funding import files, owing, queries, records, service, spent, words
from aidnet.funding.expense_forms import SHARES_MOST, ExpenseForm
from aidnet.funding.forms import Choices, HeldLossForm
from aidnet.funding.handouts import handouts
from aidnet.funding.models import Expense, ExpenseState, Fund
from aidnet.funding.pages import bp, fund_choices, sections
from aidnet.funding.records import ExpensesWanted, Named
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.ledger.models import BudgetLine
from aidnet.money import format_amount
from aidnet.policy import Actor, Permission
from aidnet.roles import PartnerKind, Role
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import active_filters, code_of, filter_arguments, one_of, save, saved, searched, status
from aidnet.web.sheets import csv_response
from aidnet.web.uploads import takes_files

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
    found = spent.detail(db(), actor, code_of("E", code))
    stands = found.line.expense.state is ExpenseState.RECORDED
    return render_template(
        "funding/expense.html",
        line=found.line,
        expense=found.line.expense,
        photos=found.photos,
        handed=found.handed,
        owed=found.owed,
        words=words,
        may_add=found.may_add,
        may_open=actor.may(Permission.PHOTO_OPEN),
        may_reverse=stands and actor.may(Permission.MONEY_REVERSE),
    )


def _spendable(actor: Actor) -> Choices:
    """Purses one may spend from, with what is there now; a group's own purse is there before its first gift."""
    funds = db().scalars(policy.visible(actor, Permission.EXPENSE_RECORD, Fund).order_by(Fund.name_key)).all()
    there = _there(actor, [fund.id for fund in funds])
    offered = [
        (fund.code, _("%(fund)s: %(there)s", fund=fund.name, there=", ".join(there[fund.id]) or _("nothing there")))
        for fund in funds
    ]
    if actor.role is Role.COORDINATOR and not any(fund.responder_id for fund in funds):
        offered.append(("", _("Own purse")))
    return offered


def _there(actor: Actor, fund_ids: Sequence[int]) -> Mapping[int, list[str]]:
    """What may be spent of each fund, in words."""
    found = defaultdict[int, list[str]](list)
    if actor.role is Role.COORDINATOR:
        for purse in queries.purses(db(), actor, fund_ids):
            amount = format_amount(abs(purse.minor), purse.currency, current_language())
            found[purse.fund_id].append(
                _("you hold %(amount)s", amount=amount)
                if purse.minor > 0
                else _("%(amount)s is owed to you", amount=amount)
            )
        return found
    for one in queries.fund_figures(db(), actor, fund_ids):
        if one.in_fund and one.fund_id:
            found[one.fund_id].append(format_amount(one.in_fund, one.currency, current_language()))
    return found


@bp.route("/funding/expenses/new", methods=["GET", "POST"])
@needs(Permission.EXPENSE_RECORD)
@takes_files(SENT_MOST)
def new_expense() -> ResponseReturnValue:
    """Record what was spent."""
    actor = current_actor()
    own = actor.role is Role.COORDINATOR
    form = _expense_form(own)
    redraw = _only_redraw(form)
    groups = (
        [] if own else [one for one in records.directory(db(), actor).values() if one.kind is PartnerKind.RESPONDER]
    )
    form.offer(_spendable(actor), [(one.code, one.name) for one in groups])
    found = handouts(db(), actor, form.deliveries)
    if own:
        form.offer_handouts(found)
    # Cash for households of a delivery that was handed out: which hand-out is asked once, the rest stays as it was typed.
    asks = own and form.is_cash and bool(found) and "handed_at" not in request.form
    if request.method == "POST" and not redraw and not asks:
        made = save(form, lambda session: service.record_expense(session, actor, form.draft()))
        if made is not None:
            _tell(actor, made)
            return redirect(url_for(".expense", code=made.code), code=303)
    page = render_template(
        "funding/expense_new.html",
        form=form,
        own=own,
        asks=own and bool(found) and (form.is_cash or request.method == "GET"),
        photos_again=any(file.filename for file in request.files.getlist("photos")),
    )
    return page, status(form)


def _expense_form(own: bool) -> ExpenseForm:
    data: dict[str, Any] = {name: request.args[name] for name in ("fund", "budget_line") if request.args.get(name)}
    if own and request.args.get("delivery"):
        data["shares"] = [{"delivery": request.args["delivery"]}]
    sent: MultiDict[str, Any] | None = (
        CombinedMultiDict[str, Any]([request.form, request.files]) if request.method == "POST" else None
    )
    return (ExpenseForm.of_group if own else ExpenseForm.of_network)(sent, data=data)


def _only_redraw(form: ExpenseForm) -> bool:
    """A row was asked for: draw the form again, and judge nothing yet."""
    if request.form.get("add") != "shares" or "shares" not in form:
        return False
    if len(form.shares) < SHARES_MOST:
        form.shares.append_entry()
    return True


def _tell(actor: Actor, made: Expense) -> None:
    """That it is recorded, and what is owed since."""
    flash(_("The spending is recorded."))
    if made.responder_id is None:
        return
    short = owing.owed_after(db(), actor, made.fund_id, made.responder_id, made.currency)
    if short is not None:
        flash(short.words, "wait")


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
