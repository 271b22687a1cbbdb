"""What has a code of its own and a page: the letter it begins with, and the rule by which its page is opened."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import LazyString

from aidnet.access.models import AccessConstraint
from aidnet.agents.models import Agent
from aidnet.approvals.models import Approval
from aidnet.db import Base
from aidnet.deliveries.custody_models import Handover
from aidnet.deliveries.models import Delivery
from aidnet.evacuations.models import Evacuation
from aidnet.funding.models import Contribution, Expense, Fund, Payout
from aidnet.grants.models import Grant, GrantReport
from aidnet.grants.queries import is_open_to
from aidnet.i18n import lazy_gettext as _l
from aidnet.intake.models import GiftBatch
from aidnet.ledger.models import LedgerEvent
from aidnet.needs.models import Need
from aidnet.oldbooks.models import OldBook
from aidnet.partners.models import Partner
from aidnet.places.models import Site
from aidnet.policy import Actor, Permission
from aidnet.releases.models import Release
from aidnet.statements.models import Statement
from aidnet.updates.models import Update


def _any(actor: Actor) -> sa.ColumnElement[bool]:
    return sa.true()


@dataclass(frozen=True)
class Kind:
    """`endpoint` takes the code as `code`; `permission` finds the row."""

    prefix: str
    model: type[Base]
    permission: Permission
    endpoint: str
    word: LazyString
    #: The table by whose rule the page opens, where `model` lies within it.
    within: type[Base] | None = None
    #: What the address calls the code; where it is not `code`, that is the code of the row it lies within.
    argument: str = "code"
    #: Which of the rows have a page for an actor at all.
    only: Callable[[Actor], sa.ColumnElement[bool]] = _any

    @property
    def entity(self) -> str:
        return str(self.model.__tablename__)


_P = Permission
KINDS = (
    Kind("D", Delivery, _P.DELIVERY_READ, "deliveries.show", _l("delivery")),
    Kind("H", Handover, _P.HANDOVER_READ, "custody.handover", _l("hand-over")),
    Kind("O", OldBook, _P.OLD_BOOK_LOAD, "oldbooks.show", _l("old book")),
    Kind("N", Need, _P.NEED_READ, "needs.show", _l("need")),
    Kind("X", AccessConstraint, _P.ACCESS_WRITE, "access.show", _l("access report")),
    Kind("V", Evacuation, _P.EVACUATION_READ, "evacuations.show", _l("evacuation")),
    Kind("U", Update, _P.UPDATE_READ, "updates.show", _l("update")),
    Kind("S", Site, _P.SITE_WRITE, "places.own.site", _l("own place")),
    Kind("P", Partner, _P.RESPONDER_READ, "responders.show", _l("group")),
    Kind("F", Fund, _P.FUND_READ, "funding.fund", _l("fund")),
    Kind("C", Contribution, _P.CONTRIBUTION_READ, "funding.contribution", _l("gift")),
    Kind("Y", Payout, _P.PAYOUT_READ, "funding.payout", _l("payout")),
    Kind("E", Expense, _P.EXPENSE_READ, "funding.expense", _l("expense")),
    Kind("L", LedgerEvent, _P.LEDGER_READ, "funding.ledger_event", _l("act of the ledger"), within=Fund),
    Kind("A", Agent, _P.AGENT_READ, "agents.agent", _l("agent")),
    Kind("Q", Approval, _P.APPROVAL_READ, "approvals.approval", _l("act that waits for a second person")),
    Kind("B", GiftBatch, _P.CONTRIBUTION_RECORD, "intake.batch", _l("list of gifts")),
    Kind("G", Grant, _P.GRANT_READ, "grants.show", _l("grant")),
    Kind(
        *("T", GrantReport, _P.GRANT_READ, "grants.show_report", _l("report to a donor")),
        within=Grant,
        argument="report_code",
        only=is_open_to,
    ),
    Kind("R", Release, _P.RELEASE_READ, "releases.show", _l("results report")),
    Kind("S", Statement, _P.STATEMENT_READ, "statements.show", _l("statement")),
)
#: By the whole code of a delivery that is another group's: its receiver reads that on a box, and knows no other.
HANDED = Kind("D", Handover, _P.HANDOVER_READ, "custody.handover", _l("hand-over"))
PREFIXES = frozenset(kind.prefix for kind in KINDS)
