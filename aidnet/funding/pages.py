"""What the slice's pages share: the blueprint, its funds for a filter, and the sections of the slice."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, url_for

from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission
from aidnet.roles import Role

bp = Blueprint("funding", __name__)


def fund_choices(funds: Mapping[int, Any]) -> list[tuple[str, str]]:
    """Funds for a filter: code and name."""
    return [(one.code, one.name) for one in funds.values()]


def sections(actor: Actor, here: str) -> list[dict[str, Any]]:
    """The slice's lists that the actor may open; `here` is the endpoint of the page."""
    donor = actor.role is Role.DONOR
    offered = (
        (".index", _("Purses") if actor.role is Role.COORDINATOR else _("Funds"), Permission.FUND_READ),
        (".dashboard", _("Dashboard"), Permission.LEDGER_READ),
        ("trace.network", _("What gifts became"), Permission.LEDGER_READ),
        (".contributions", _("Your gifts") if donor else _("Gifts"), Permission.CONTRIBUTION_READ),
        (".payouts", _("Payouts"), Permission.PAYOUT_READ),
        (".expenses", _("Spending"), Permission.EXPENSE_READ),
        ("rates.index", _("Rates"), Permission.RATE_READ),
        (".ledger", _("Ledger"), Permission.LEDGER_READ),
        ("statements.index", _("Statements"), Permission.STATEMENT_READ),
        ("grants.index", _("Grants"), Permission.GRANT_READ),
        ("agents.index", _("Agents"), Permission.AGENT_READ),
        ("approvals.index", _("Two persons"), Permission.APPROVAL_READ),
    )
    return [
        {
            "label": label,
            "url": url_for(f"funding{endpoint}" if endpoint.startswith(".") else endpoint),
            "current": endpoint == here,
        }
        for endpoint, label, permission in offered
        if actor.may(permission)
    ]
