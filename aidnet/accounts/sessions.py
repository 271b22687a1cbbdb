"""Server-side sessions: the cookie holds a random token, the database its hash, and a row can end it at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, codes
from aidnet.accounts.models import AccountState, Membership, Presence, User, WebSession
from aidnet.crypto import token_hash
from aidnet.db import db, transaction
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.policy import Actor, Role, unscoped

#: However busy, a session ends after this.
ABSOLUTE = timedelta(hours=12)
#: Staff of the network, left alone this long, are asked to sign in again.
STAFF_IDLE = timedelta(minutes=30)
STAFF = frozenset({Role.ADMIN, Role.TREASURER, Role.AUDITOR})
#: How stale `last_seen_at` may be: a write a minute, not one a page.
_GRAIN = timedelta(minutes=1)
_BECAUSE = "a request shows its cookie before anybody is anybody"


@dataclass(frozen=True)
class Opened:
    """A new session: its row and the token its cookie carries, told once."""

    row: WebSession
    token: str


def open_session(session: Session, user: User, membership: Membership) -> Opened:
    """Begin a session for `user` in the role of `membership`."""
    token = codes.secret_token()
    now = clock.now()
    row = WebSession(
        token_hash=token_hash(token),
        user_id=user.id,
        membership_id=membership.id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + ABSOLUTE,
        ended_at=None,
    )
    session.add(row)
    seen = session.get(Presence, user.id, execution_options={"scoped": frozenset({"user"})})
    if seen is None:
        session.add(Presence(user_id=user.id, last_seen_on=clock.today()))
    else:
        seen.last_seen_on = clock.today()
    session.flush()
    return Opened(row, token)


def _idle(role: Role, last_seen_at: datetime, now: datetime) -> bool:
    return role in STAFF and now - last_seen_at > STAFF_IDLE


def load(token: str) -> Actor | None:
    """Who the cookie's token stands for now; None where the session, account, membership or partner is ended or suspended.

    One statement; a second, at most once a minute, notes that the session is alive.
    """
    found = db().execute(
        unscoped(
            sa.select(WebSession, User, Membership, Partner)
            .join(User, User.id == WebSession.user_id)
            .join(Membership, Membership.id == WebSession.membership_id)
            .join(Partner, Partner.id == Membership.partner_id)
            .where(WebSession.token_hash == token_hash(token), WebSession.ended_at.is_(None)),
            because=_BECAUSE,
        )
    ).first()
    if found is None:
        return None
    row, user, membership, partner = found
    now = clock.now()
    if now >= row.expires_at or _idle(membership.role, row.last_seen_at, now):
        return None
    if AccountState.SUSPENDED in (user.state, membership.state):
        return None
    if partner.status not in (PartnerStatus.ACTIVE, PartnerStatus.INVITED):
        return None
    if now - row.last_seen_at > _GRAIN:
        _note_seen(row.id, user.id, now)
    return Actor(
        user_id=user.id,
        membership_id=membership.id,
        partner_id=partner.id,
        partner_kind=partner.kind,
        role=membership.role,
        name=user.sign_in_name,
        partner_name=partner.code_name,
        language=user.language,
        session_id=row.id,
        session_token=token,
    )


def _note_seen(session_id: int, user_id: int, now: datetime) -> None:
    with transaction() as session:
        session.execute(
            unscoped(
                sa.update(WebSession).where(WebSession.id == session_id).values(last_seen_at=now), because=_BECAUSE
            )
        )
        session.execute(
            unscoped(
                sa.update(Presence).where(Presence.user_id == user_id).values(last_seen_on=clock.today()),
                because=_BECAUSE,
            )
        )
