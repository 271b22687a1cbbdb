"""The least that is valid, with no randomness that a test could see. Each call commits, in the pushed app's database."""

from datetime import UTC, datetime
from itertools import count

import sqlalchemy as sa

from aidnet import audit, clock, codes
from aidnet.accounts.models import Membership, User
from aidnet.db import transaction
from aidnet.funding.models import Fund
from aidnet.network.models import Network, NetworkKind
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.places.models import Place
from aidnet.policy import OPERATOR, Actor, PartnerKind, Role, unscoped
from aidnet.responders.models import Responder

_number = count(1)
#: The present of every test that does not choose another.
NOW = datetime(2026, 8, 18, 6, 0, tzinfo=UTC)
PASSWORD = "seven small boats"
_TESTING = "a test looks at everything"


def network(kind: NetworkKind = NetworkKind.REAL, name: str = "Test network") -> Network:
    """The network row (made once) with the network's own partner beside it."""
    with transaction() as session:
        row = session.scalars(sa.select(Network)).one_or_none()
        if row is None:
            row = Network(id=1, kind=kind, name=name, set_up_at=clock.now())
            session.add(row)
            session.flush()
            audit.record(session, OPERATOR, "network.made", row)
    return row


def partner(kind: PartnerKind, code_name: str | None = None, own_name: str | None = None) -> Partner:
    """An active partner; a responder gets its profile too."""
    number = next(_number)
    named = code_name or {"responder": f"S-{number:02}", "donor": f"Donor {number}", "network": "Network"}[kind.value]
    with transaction() as session:
        row = Partner(
            kind=kind,
            code="",
            code_name=named,
            code_name_key=named.casefold(),
            own_name=own_name,
            status=PartnerStatus.ACTIVE,
            created_at=clock.now(),
        )
        row.code = codes.code_of("P", row.uid)
        session.add(row)
        session.flush()
        if kind is PartnerKind.RESPONDER:
            session.add(Responder(id=row.id, uid=row.uid))
        audit.record(session, OPERATOR, "partner.registered", row)
    return row


def responder(code_name: str | None = None, own_name: str | None = None) -> Partner:
    """A locally-led group."""
    return partner(PartnerKind.RESPONDER, code_name, own_name)


def donor(code_name: str | None = None, own_name: str | None = None) -> Partner:
    """A giving partner."""
    return partner(PartnerKind.DONOR, code_name, own_name)


def network_partner() -> Partner:
    """The network as a partner; made once."""
    with transaction() as session:
        statement = unscoped(sa.select(Partner).where(Partner.kind == PartnerKind.NETWORK), because=_TESTING)
        row = session.scalars(statement).one_or_none()
    return row or partner(PartnerKind.NETWORK)


def user(name: str | None = None, password: str | None = PASSWORD) -> User:
    """A person with a password."""
    from aidnet.accounts import passwords

    with transaction() as session:
        chosen = name or f"person-{next(_number)}"
        row = User(
            sign_in_name=chosen,
            name_key=chosen.casefold(),
            password_hash=passwords.hash_password(password) if password else None,
            created_at=clock.now(),
        )
        session.add(row)
        session.flush()
        audit.record(session, OPERATOR, "account.made", row)
    return row


def membership(person: User, at: Partner, role: Role) -> Membership:
    """`person` holds `role` in `at`."""
    with transaction() as session:
        row = Membership(user_id=person.id, partner_id=at.id, role=role, created_at=clock.now())
        session.add(row)
        session.flush()
        audit.record(session, OPERATOR, "membership.given", row)
    return row


_HOME = {
    Role.COORDINATOR: PartnerKind.RESPONDER,
    Role.LOGGER: PartnerKind.RESPONDER,
    Role.DONOR: PartnerKind.DONOR,
}


def actor(role: Role | str, at: Partner | None = None, person: User | None = None) -> Actor:
    """Somebody new (or `person`) who acts in `role`, in a new partner unless `at` says where."""
    role = Role(role)
    home = at or (partner(_HOME[role]) if role in _HOME else network_partner())
    somebody = person or user(password=None)
    held = membership(somebody, home, role)
    return Actor(
        user_id=somebody.id,
        membership_id=held.id,
        partner_id=home.id,
        partner_kind=home.kind,
        role=role,
        name=somebody.sign_in_name,
        partner_name=home.code_name,
    )


def place(pcode: str) -> Place:
    """A place of the test gazetteer."""
    with transaction() as session:
        return session.scalars(sa.select(Place).where(Place.pcode == pcode)).one()


def fund(name: str = "Rainy season") -> Fund:
    """A fund of the network."""
    with transaction() as session:
        row = Fund(
            code="", responder_id=None, name=name, name_key=name.casefold(), purpose="Food", created_at=clock.now()
        )
        row.code = codes.code_of("F", row.uid)
        session.add(row)
        session.flush()
        audit.record(session, OPERATOR, "fund.opened", row)
    return row


