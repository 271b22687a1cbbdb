"""What the slice's pages share: the blueprint, saving a form, reading filters, and the sections of the slice."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from flask import Blueprint, request, url_for
from sqlalchemy.orm import Session

from aidnet import codes
from aidnet.db import transaction
from aidnet.errors import AidnetError, NotVisible
from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission
from aidnet.roles import Role
from aidnet.web.forms import BaseForm
from aidnet.web.keyset import asked_again

bp = Blueprint("funding", __name__)

Made = TypeVar("Made")
Kind = TypeVar("Kind", bound=StrEnum)

#: Failures a form can show beside its fields; any other goes on to the error pages.
_SHOWN = (409, 422)


def save(form: BaseForm, write: Callable[[Session], Made]) -> Made | None:
    """Check a form and write what it says, whole; None where the form must be drawn again, with what is wrong in it."""
    if not form.validate():
        return None
    try:
        with transaction() as session:
            return write(session)
    except AidnetError as error:
        if error.status not in _SHOWN:
            raise
        form.accuse(error)
        return None


def saved(form: BaseForm, write: Callable[[Session], object]) -> bool:
    """The same where nothing but the success matters."""

    def done(session: Session) -> bool:
        write(session)
        return True

    return save(form, done) is not None


def status(form: BaseForm) -> int:
    """How a page with this form is answered."""
    return 422 if form.errors else 200


def code_of(prefix: str, typed: str) -> str:
    """A code of the address in its one form. Raises: NotVisible."""
    code = codes.read(prefix, typed)
    if code is None:
        raise NotVisible
    return code


def one_of(kind: type[Kind], name: str) -> Kind | None:
    """The value of a filter in the address; None where it is not one of `kind`."""
    typed = request.args.get(name, "")
    return kind(typed) if typed in {member.value for member in kind} else None


def searched() -> str:
    """What was searched for."""
    return request.args.get("q", "").strip()[:80]


def active_filters(endpoint: str, labels: Mapping[str, object]) -> list[dict[str, str]]:
    """The filters in force (`labels`: by name, empty where not in force), each with the address of the list without it, at its start."""
    here = url_for(endpoint)
    return [
        {"label": str(label), "url": asked_again(here, **dict.fromkeys(("after", "find", name)))}
        for name, label in labels.items()
        if label
    ]


def filter_arguments(names: Iterable[str]) -> dict[str, Any]:
    """The filters of the address, for the same list as a file."""
    return {name: request.args[name] for name in names if request.args.get(name)}


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
