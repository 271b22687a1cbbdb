"""Pages of agents: who carries money, by alias, for treasurers only."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet.agents import queries, service, words
from aidnet.agents.forms import AgentForm
from aidnet.agents.models import AgentState
from aidnet.db import db
from aidnet.funding import words as funding_words
from aidnet.funding.forms import SureForm
from aidnet.funding.pages import sections
from aidnet.i18n import gettext as _
from aidnet.money import CURRENCIES, format_plain
from aidnet.policy import Permission
from aidnet.web.guards import current_actor, needs
from aidnet.web.pages import code_of, saved, status

bp = Blueprint("agents", __name__)


@bp.get("/funding/agents")
@needs(Permission.AGENT_READ)
def index() -> ResponseReturnValue:
    """Agents, and what is with each now."""
    actor = current_actor()
    return render_template(
        "agents/index.html",
        sections=sections(actor, "agents.index"),
        page=queries.agents(db(), actor, request.args.get("after")),
        words=words,
    )


@bp.get("/funding/agents/<code>")
@needs(Permission.AGENT_READ)
def agent(code: str) -> ResponseReturnValue:
    """One agent: what is with it, its limit, what it carried."""
    actor, code = current_actor(), code_of("A", code)
    line, _version = queries.agent(db(), actor, code)
    return render_template(
        "agents/agent.html",
        line=line,
        agent=line.agent,
        closed=line.agent.state is AgentState.CLOSED,
        page=queries.payouts(db(), actor, code, request.args.get("after")),
        words=words,
        funding_words=funding_words,
    )


@bp.route("/funding/agents/<code>/edit", methods=["GET", "POST"])
@needs(Permission.AGENT_WRITE)
def edit(code: str) -> ResponseReturnValue:
    """Change what is noted of an agent, and its limit in a currency."""
    actor, code = current_actor(), code_of("A", code)
    line, version = queries.agent(db(), actor, code)
    asked = request.args.get("currency", "")
    currency = asked if asked in CURRENCIES else next((one.currency for one in line.figures), "USD")
    limit_minor = next((one.limit_minor for one in line.figures if one.currency == currency), None)
    now = {
        "version": version,
        "note": line.agent.note or "",
        "currency": currency,
        "limit": format_plain(limit_minor, currency) if limit_minor else "",
    }
    form = AgentForm(request.form if request.method == "POST" else None, data=now)
    if request.method == "POST" and saved(form, lambda session: service.change(session, actor, code, form.draft())):
        flash(_("The agent is changed."))
        return redirect(url_for(".agent", code=code), code=303)
    return render_template("agents/edit.html", form=form, line=line, agent=line.agent), status(form)


@bp.route("/funding/agents/<code>/closure", methods=["GET", "POST"])
@needs(Permission.AGENT_WRITE)
def closure(code: str) -> ResponseReturnValue:
    """Use an agent no more, or again."""
    actor, code = current_actor(), code_of("A", code)
    line, _version = queries.agent(db(), actor, code)
    form = SureForm(request.form)
    opens = line.agent.state is AgentState.CLOSED
    again = bool(request.form.get("again")) if request.method == "POST" else opens
    write = service.reopen if again else service.close
    if request.method == "POST" and saved(form, lambda session: write(session, actor, code)):
        flash(_("The agent is in use again.") if again else _("The agent is closed: nothing more is sent through it."))
        return redirect(url_for(".agent", code=code), code=303)
    return render_template("agents/closure.html", form=form, line=line, agent=line.agent, again=again), status(form)
