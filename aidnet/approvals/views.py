"""Pages of what waits for a second person, and of the limits above which a payout does."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from aidnet.approvals import queries, words
from aidnet.approvals import service as approvals
from aidnet.approvals.forms import LimitForm
from aidnet.approvals.models import Act, Approval
from aidnet.approvals.queries import Line
from aidnet.db import db
from aidnet.errors import NotVisible
from aidnet.funding import service
from aidnet.funding.forms import SureForm
from aidnet.funding.pages import sections
from aidnet.grants import queries as grants
from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import code_of, saved, status

bp = Blueprint("approvals", __name__)

Write = Callable[[Session, Actor, str], Approval]


@bp.get("/funding/approvals")
@needs(Permission.APPROVAL_READ)
def index() -> ResponseReturnValue:
    """What waits for a second person, then what was decided."""
    actor, after = current_actor(), request.args.get("after")
    return render_template(
        "approvals/index.html",
        sections=sections(actor, "approvals.index"),
        waiting=[] if after else queries.waiting(db(), actor),
        after=after,
        page=queries.decided(db(), actor, after),
        words=words,
    )


@bp.get("/funding/approvals/<code>")
@needs(Permission.APPROVAL_READ)
def approval(code: str) -> ResponseReturnValue:
    """One act: what, how much, asked when, why, and what may be done about it."""
    actor = current_actor()
    line = queries.one(db(), actor, code_of("Q", code))
    return render_template(
        "approvals/approval.html", line=line, one=line.approval, words=words, page=_page_of(actor, line)
    )


def _page_of(actor: Actor, line: Line) -> str:
    """Where what it is about is shown, to those who may open it."""
    code = line.approval.subject_code or ""
    if line.approval.act is Act.REPORT:
        grant = grants.grant_of(db(), actor, code) if actor.may(Permission.GRANT_READ) else None
        return url_for("grants.show_report", code=grant, report_code=code) if grant else ""
    page, needed = {
        "Y": ("funding.payout", Permission.PAYOUT_READ),
        "C": ("funding.contribution", Permission.CONTRIBUTION_READ),
        "L": ("funding.ledger_event", Permission.LEDGER_READ),
        "F": ("funding.fund", Permission.FUND_READ),
    }.get(code[:1], ("", None))
    return url_for(page, code=code) if needed and actor.may(needed) else ""


@bp.route("/funding/approvals/<code>/agreement", methods=["GET", "POST"])
@needs(Permission.APPROVAL_DECIDE)
def agreement(code: str) -> ResponseReturnValue:
    """Agree: it is done at once."""
    return _decide(code, service.agree, "approvals/agreement.html", _("You agreed. It is done."), "may_decide")


@bp.route("/funding/approvals/<code>/refusal", methods=["GET", "POST"])
@needs(Permission.APPROVAL_DECIDE)
def refusal(code: str) -> ResponseReturnValue:
    """Refuse: it is not done."""
    return _decide(code, service.refuse, "approvals/refusal.html", _("You refused. Nothing was moved."), "may_decide")


@bp.route("/funding/approvals/<code>/withdrawal", methods=["GET", "POST"])
@needs(Permission.APPROVAL_READ)
def withdrawal(code: str) -> ResponseReturnValue:
    """Take back what one asked for."""
    return _decide(code, service.take_back, "approvals/withdrawal.html", _("It is taken back."), "may_take_back")


@bp.route("/funding/approvals/<code>/alone", methods=["GET", "POST"])
@needs(Permission.APPROVAL_READ)
def alone(code: str) -> ResponseReturnValue:
    """Do what one asked for, after the wait, as the only person."""
    sentence = _("It is done, and stands marked: one person.")
    return _decide(code, service.do_alone, "approvals/alone.html", sentence, "may_do_alone")


def _decide(code: str, write: Write, template: str, done: str, offered: str) -> ResponseReturnValue:
    """A question, then the word. `offered`: what of the line says that this person may give it."""
    actor, code = current_actor(), code_of("Q", code)
    form = SureForm(request.form)
    if request.method == "POST" and saved(form, lambda session: write(session, actor, code)):
        flash(done)
        return redirect(url_for(".approval", code=code), code=303)
    line = queries.one(db(), actor, code)
    if request.method == "GET" and not getattr(line, offered):
        raise NotVisible
    return render_template(template, form=form, line=line, one=line.approval, words=words), status(form)


@bp.route("/settings/limits", methods=["GET", "POST"])
@needs(Permission.NETWORK_SETTINGS)
def limits() -> ResponseReturnValue:
    """The largest payouts that one person may send."""
    actor = current_actor()
    form = LimitForm(request.form if request.method == "POST" else None)
    made: list[Any] = []

    def write(session: Session) -> bool:
        made.append(
            approvals.change_limit(
                session, actor, currency=form.currency.data, limit_minor=form.amount.minor, uid=form.uid.uid
            )
        )
        return True

    if request.method == "POST" and saved(form, write):
        asked = made[-1]
        if asked is None:
            flash(_("The limit is set."))
            return redirect(url_for(".limits"), code=303)
        flash(_("This waits for a second person: a higher limit lets one person do more."), "wait")
        return redirect(url_for(".approval", code=asked.code), code=303)
    return render_template("approvals/limits.html", form=form, limits=queries.limits(db(), actor)), status(form)
