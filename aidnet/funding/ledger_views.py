"""Pages of funding: the ledger, and undoing."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import disclosure, policy
from aidnet.approvals.models import Approval
from aidnet.db import db
from aidnet.errors import NotVisible
from aidnet.funding import book, files, queries, records, service, words
from aidnet.funding.book import LedgerWanted
from aidnet.funding.forms import AskForm
from aidnet.funding.models import Contribution, Expense, Fund, Payout
from aidnet.funding.pages import bp, fund_choices, sections
from aidnet.funding.undoing import needs_agreement, reversible
from aidnet.i18n import gettext as _
from aidnet.ledger import export
from aidnet.ledger.export import Format
from aidnet.ledger.models import LedgerEvent, LedgerEventKind
from aidnet.money import EXPONENTS
from aidnet.policy import Permission
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import active_filters, code_of, filter_arguments, one_of, save, status
from aidnet.web.sheets import csv_response, download

_FILTERS = ("fund", "currency", "kind")


def _wanted(funds: dict[int, Any]) -> LedgerWanted:
    fund, currency = request.args.get("fund", ""), request.args.get("currency", "")
    return LedgerWanted(
        fund_id=next((fund_id for fund_id, one in funds.items() if fund and one.code == fund), None),
        currency=currency if currency in EXPONENTS else "",
        kind=one_of(LedgerEventKind, "kind"),
    )


def _names() -> dict[int, str]:
    return {one.id: one.name for one in records.directory(db(), current_actor()).values()}


@bp.get("/funding/ledger")
@needs(Permission.LEDGER_READ)
def ledger() -> ResponseReturnValue:
    """Every movement of money, newest first."""
    actor = current_actor()
    funds = {fund.id: disclosure.show(actor, fund) for fund in queries.funds(db(), actor)}
    wanted = _wanted(funds)
    labels = {
        "fund": funds[wanted.fund_id].name if wanted.fund_id else "",
        "currency": wanted.currency,
        "kind": words.EVENTS[wanted.kind] if wanted.kind else "",
    }
    return render_template(
        "funding/ledger.html",
        sections=sections(actor, ".ledger"),
        page=book.rows(db(), actor, _names(), wanted, request.args.get("after")),
        wanted=wanted,
        fund_choices=fund_choices(funds),
        active=active_filters(".ledger", labels),
        csv=url_for(".ledger_csv", **filter_arguments(_FILTERS)),
        exports=[
            ("Beancount", url_for(".ledger_beancount", **filter_arguments(("fund",)))),
            ("hledger", url_for(".ledger_hledger", **filter_arguments(("fund",)))),
        ],
        words=words,
        currencies=[(code, code) for code in EXPONENTS],
    )


@bp.get("/funding/ledger.csv")
@needs(Permission.LEDGER_READ)
def ledger_csv() -> ResponseReturnValue:
    """The same rows as a file."""
    actor = current_actor()
    funds = {fund.id: disclosure.show(actor, fund) for fund in queries.funds(db(), actor)}
    return csv_response("ledger", *files.ledger(db(), actor, _names(), _wanted(funds)))


@bp.get("/funding/ledger.beancount")
@needs(Permission.LEDGER_READ)
def ledger_beancount() -> ResponseReturnValue:
    """All the books, or one fund's, for Beancount."""
    return _export(Format.BEANCOUNT)


@bp.get("/funding/ledger.journal")
@needs(Permission.LEDGER_READ)
def ledger_hledger() -> ResponseReturnValue:
    """All the books, or one fund's, for hledger."""
    return _export(Format.HLEDGER)


def _export(form: Format) -> ResponseReturnValue:
    actor, code = current_actor(), request.args.get("fund", "")
    fund = policy.fetch(db(), actor, Permission.LEDGER_READ, Fund, code_of("F", code)) if code else None
    return download(f"ledger.{form.ending}", "text/plain; charset=utf-8", export.pieces(db(), actor, form, fund))


@bp.get("/funding/ledger/<code>")
@needs(Permission.LEDGER_READ)
def ledger_event(code: str) -> ResponseReturnValue:
    """One act and all that it moved."""
    actor = current_actor()
    rows = book.event(db(), actor, _names(), code_of("L", code))
    undoable = not rows[0].undone and rows[0].event.kind is not LedgerEventKind.REVERSAL
    return render_template(
        "funding/ledger_event.html",
        rows=rows,
        event=rows[0].event,
        words=words,
        may_reverse=undoable and actor.may(Permission.MONEY_REVERSE),
    )


@bp.route("/funding/reversals/<code>", methods=["GET", "POST"])
@needs(Permission.MONEY_REVERSE)
def reversal(code: str) -> ResponseReturnValue:
    """Undo a gift, a payout, an expense, or one act of the ledger, after asking."""
    actor = current_actor()
    prefix = code.strip()[:1].upper()
    if prefix not in ("C", "Y", "E", "L"):
        raise NotVisible
    code = code_of(prefix, code)
    undone = reversible(db(), actor, code)
    back, form = _page_of(undone), AskForm(request.form)
    if request.method == "POST":
        made = save(
            form, lambda session: service.reverse(session, actor, code, uid=form.uid.uid, reason=form.reason.text)
        )
        if isinstance(made, Approval):
            flash(_("This waits for a second person; no money has moved."), "wait")
            return redirect(url_for("approvals.approval", code=made.code), code=303)
        if made is not None:
            flash(_("It is undone. Both entries stay in the books."))
            return redirect(back, code=303)
    waits = needs_agreement(db(), actor, undone)
    return render_template("funding/reversal.html", form=form, code=code, back=back, waits=waits), status(form)


def _page_of(undone: Contribution | Payout | Expense | LedgerEvent) -> str:
    if isinstance(undone, Contribution):
        return url_for(".contribution", code=undone.code)
    if isinstance(undone, Payout):
        return url_for(".payout", code=undone.code)
    if isinstance(undone, Expense):
        return url_for(".expense", code=undone.code)
    return url_for(".ledger_event", code=undone.code)
