"""People of these tests, who sign in, invite and join through the services."""

from aidnet.accounts import service, sessions
from aidnet.accounts.models import Membership, User
from aidnet.db import transaction
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Role
from tests import factories

GOOD = "three grey herons fly"


def here(actor: Actor) -> Actor:
    """The actor, having signed in once."""
    from tests.world import token_for

    token_for(actor)
    return actor


def staff(role: Role, person: User | None = None) -> Actor:
    """Somebody of the network who has signed in."""
    return here(factories.actor(role, person=person))


def invite(actor: Actor, partner: Partner, role: Role) -> service.Invited:
    """A link, made in a transaction of its own."""
    with transaction() as session:
        return service.invite(session, actor, service.InvitationDraft(partner_id=partner.id, role=role))


def accept(token: str, name: str) -> Actor:
    """Somebody new joins with a link, and signs in."""
    with transaction() as session:
        joined = service.accept(session, token, name, GOOD)
        assert joined.membership is not None
        sessions.open_session(session, joined.user, joined.membership)
    return sessions.actor_of(joined.user, joined.membership, joined.partner)


def membership_of(actor: Actor) -> Membership:
    """The row behind an actor's role."""
    from aidnet.accounts.agreement import roles_of

    with transaction() as session:
        return next(one for one in roles_of(session, int(actor.user_id or 0)) if one.id == actor.membership_id)


def with_records(group: Partner) -> Partner:
    """The group, with a place of its own written down."""
    from datetime import date

    import sqlalchemy as sa

    from aidnet import audit, clock
    from aidnet.places.models import Place
    from aidnet.policy import OPERATOR
    from aidnet.responders.models import Reach, Way

    with transaction() as session:
        place = session.scalars(sa.select(Place).limit(1)).one()
        row = Reach(
            responder_id=group.id,
            place_id=place.id,
            site_id=None,
            way=Way.ROAD,
            since_on=date(2026, 1, 1),
            until_on=None,
            created_at=clock.now(),
        )
        session.add(row)
        session.flush()
        audit.record(session, OPERATOR, "reach.added", row)
    return group
