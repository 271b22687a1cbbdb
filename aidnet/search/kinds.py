"""What has a code of its own and a page: the letter it begins with, and the rule by which its page is opened."""

from dataclasses import dataclass

from flask_babel import LazyString

from aidnet.access.models import AccessConstraint
from aidnet.agents.models import Agent
from aidnet.approvals.models import Approval
from aidnet.db import Base
from aidnet.deliveries.custody_models import Handover
from aidnet.deliveries.models import Delivery
from aidnet.evacuations.models import Evacuation
from aidnet.funding.models import Contribution, Expense, Fund, Payout
from aidnet.grants.models import Grant
from aidnet.i18n import lazy_gettext as _l
from aidnet.intake.models import GiftBatch
from aidnet.needs.models import Need
from aidnet.partners.models import Partner
from aidnet.places.models import Site
from aidnet.policy import Permission
from aidnet.releases.models import Release
from aidnet.statements.models import Statement
from aidnet.updates.models import Update


@dataclass(frozen=True)
class Kind:
    """`endpoint` takes the code as `code`; `permission` finds the row."""

    prefix: str
    model: type[Base]
    permission: Permission
    endpoint: str
    word: LazyString

    @property
    def entity(self) -> str:
        return str(self.model.__tablename__)


_P = Permission
KINDS = (
    Kind("D", Delivery, _P.DELIVERY_READ, "deliveries.show", _l("delivery")),
    Kind("H", Handover, _P.HANDOVER_READ, "custody.handover", _l("hand-over")),
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
    Kind("A", Agent, _P.AGENT_READ, "agents.agent", _l("agent")),
    Kind("Q", Approval, _P.APPROVAL_READ, "approvals.approval", _l("act that waits for a second person")),
    Kind("B", GiftBatch, _P.CONTRIBUTION_RECORD, "intake.batch", _l("list of gifts")),
    Kind("G", Grant, _P.GRANT_READ, "grants.show", _l("grant")),
    Kind("R", Release, _P.RELEASE_READ, "releases.show", _l("results report")),
    Kind("S", Statement, _P.STATEMENT_READ, "statements.show", _l("statement")),
)
PREFIXES = frozenset(kind.prefix for kind in KINDS)
