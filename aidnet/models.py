"""Every table, imported once, so that the metadata is whole."""

from aidnet.access import models as access
from aidnet.accounts import models as accounts
from aidnet.agents import models as agents
from aidnet.approvals import models as approvals
from aidnet.audit import models as audit
from aidnet.db import Base
from aidnet.deliveries import custody_models as custody
from aidnet.deliveries import models as deliveries
from aidnet.deliveries import plan_models as plans
from aidnet.evacuations import models as evacuations
from aidnet.evidence import models as evidence
from aidnet.funding import models as funding
from aidnet.grants import models as grants
from aidnet.intake import models as intake
from aidnet.ledger import models as ledger
from aidnet.needs import models as needs
from aidnet.network import models as network
from aidnet.oldbooks import models as oldbooks
from aidnet.partners import models as partners
from aidnet.places import models as places
from aidnet.rates import models as rates
from aidnet.releases import models as releases
from aidnet.responders import models as responders
from aidnet.statements import models as statements
from aidnet.trace import models as trace
from aidnet.updates import models as updates

__all__ = [
    "Base",
    "access",
    "accounts",
    "agents",
    "approvals",
    "audit",
    "custody",
    "deliveries",
    "evacuations",
    "evidence",
    "funding",
    "grants",
    "intake",
    "ledger",
    "needs",
    "network",
    "oldbooks",
    "partners",
    "places",
    "plans",
    "rates",
    "releases",
    "responders",
    "statements",
    "trace",
    "updates",
]

metadata = Base.metadata
