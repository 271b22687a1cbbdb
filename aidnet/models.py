"""Every table, imported once, so that the metadata is whole."""

from aidnet.accounts import models as accounts
from aidnet.agents import models as agents
from aidnet.approvals import models as approvals
from aidnet.audit import models as audit
from aidnet.db import Base
from aidnet.deliveries import models as deliveries
from aidnet.evidence import models as evidence
from aidnet.funding import models as funding
from aidnet.grants import models as grants
from aidnet.intake import models as intake
from aidnet.ledger import models as ledger
from aidnet.network import models as network
from aidnet.partners import models as partners
from aidnet.places import models as places
from aidnet.rates import models as rates
from aidnet.releases import models as releases
from aidnet.responders import models as responders
from aidnet.statements import models as statements
from aidnet.trace import models as trace

__all__ = [
    "Base",
    "accounts",
    "agents",
    "approvals",
    "audit",
    "deliveries",
    "evidence",
    "funding",
    "grants",
    "intake",
    "ledger",
    "network",
    "partners",
    "places",
    "rates",
    "releases",
    "responders",
    "statements",
    "trace",
]

metadata = Base.metadata
