"""Every table, imported once, so that the metadata is whole."""

from aidnet.accounts import models as accounts
from aidnet.audit import models as audit
from aidnet.db import Base
from aidnet.deliveries import models as deliveries
from aidnet.funding import models as funding
from aidnet.network import models as network
from aidnet.partners import models as partners
from aidnet.places import models as places
from aidnet.releases import models as releases
from aidnet.responders import models as responders

__all__ = ["Base", "accounts", "audit", "deliveries", "funding", "network", "partners", "places", "releases", "responders"]

metadata = Base.metadata
