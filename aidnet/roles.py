"""The roles people hold and the kinds of partner that give them. Below everything, so that tables can name them too."""

from enum import StrEnum


class Role(StrEnum):
    """What a person is in a partner. One is active at a time (design.md, Roles)."""

    LOGGER = "logger"
    COORDINATOR = "coordinator"
    DONOR = "donor"
    TREASURER = "treasurer"
    AUDITOR = "auditor"
    ADMIN = "admin"


class PartnerKind(StrEnum):
    """What an organization with accounts is. The network itself is one, so that every role is held somewhere."""

    NETWORK = "network"
    RESPONDER = "responder"
    DONOR = "donor"


#: Which roles a partner of a kind can give.
ROLES_OF_KIND: dict[PartnerKind, tuple[Role, ...]] = {
    PartnerKind.NETWORK: (Role.ADMIN, Role.TREASURER, Role.AUDITOR),
    PartnerKind.RESPONDER: (Role.COORDINATOR, Role.LOGGER),
    PartnerKind.DONOR: (Role.DONOR,),
}
