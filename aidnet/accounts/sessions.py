"""Server-side sessions: the cookie holds a random token, the database its hash, and a row can end it at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import g
from sqlalchemy.orm import Session

from aidnet import clock, codes
from aidnet.accounts.models import AccountState, Membership, Presence, User, WebSession
from aidnet.crypto import token_hash
from aidnet.db import db, transaction
from aidnet.network.models import Network
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.policy import Actor, Role, unscoped

#: However busy, a session ends after this.
ABSOLUTE = timedelta(hours=12)
#: Staff of the network, left alone this long, are asked to sign in again.
STAFF_IDLE = timedelta(minutes=30)
STAFF = (Role.ADMIN, Role.TREASURER, Role.AUDITOR)
#: Partners whose people may work.
OPEN_PARTNERS = (PartnerStatus.ACTIVE, PartnerStatus.INVITED)
#: How stale `last_seen_at` may be: a write a minute, not one a page.
_GRAIN = timedelta(minutes=1)
#: How long a row outlives its session.
_KEPT = timedelta(days=7)
_BECAUSE = "a request shows its cookie before anybody is anybody"


@dataclass(frozen=True)
class Opened:
    """A new session: its row and the token its cookie carries, told once."""

    row: WebSession
    token: str


def actor_of(user: User, membership: Membership, partner: Partner, *, row_id: int | None = None, token: str = "") -> Actor:
    """The person in the role of the membership; with a session, as it came in."""
    return Actor(
        user_id=user.id,
        membership_id=membership.id,
        partner_id=partner.id,
        partner_kind=partner.kind,
        role=membership.role,
        name=user.sign_in_name,
        partner_name=partner.code_name,
        language=user.language,
        reporting=user.reporting,
        session_id=row_id,
        session_token=token,
    )


def open_session(session: Session, user: User, membership: Membership) -> Opened:
    """Begin a session for `user` in the role of `membership`; what is left of this person's old ones is forgotten."""
    token = codes.secret_token()
    now = clock.now()
    old = sa.delete(WebSession).where(WebSession.user_id == user.id, WebSession.expires_at < now - _KEPT)
    session.execute(unscoped(old, because=_BECAUSE))
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


def alive(now: datetime) -> Sequence[sa.ColumnElement[bool]]:
    """True of sessions (joined with their membership) that still let somebody in at `now`."""
    busy = ~Membership.role.in_(STAFF) | (WebSession.last_seen_at >= now - STAFF_IDLE)
    return WebSession.ended_at.is_(None), WebSession.expires_at > now, busy


def usable() -> Sequence[sa.ColumnElement[bool]]:
    """True of memberships (joined with their user and partner) that may be worked in."""
    return (
        User.state == AccountState.ACTIVE,
        Membership.state == AccountState.ACTIVE,
        Partner.status.in_(OPEN_PARTNERS),
    )


def load(token: str) -> Actor | None:
    """Who the cookie's token stands for now; None where the session, account, membership or partner is ended or suspended.

    One statement, which brings the network's row along (`web.context.network`); two more, at most once a minute, note that
    the session is alive.
    """
    now = clock.now()
    found = db().execute(
        unscoped(
            sa.select(WebSession, User, Membership, Partner, Network)
            .join(User, User.id == WebSession.user_id)
            .join(Membership, Membership.id == WebSession.membership_id)
            .join(Partner, Partner.id == Membership.partner_id)
            .join(Network, sa.true())
            .where(WebSession.token_hash == token_hash(token), *alive(now), *usable()),
            because=_BECAUSE,
        )
    ).first()
    if found is None:
        return None
    row, user, membership, partner, g.network = found
    if now - row.last_seen_at > _GRAIN:
        _note_seen(row.id, user.id, now)
    g.actor = actor_of(user, membership, partner, row_id=row.id, token=token)
    return g.actor  # type: ignore[no-any-return]


def whose(session: Session, token: str) -> int | None:
    """The id of the person whom the token stood for, ended or not; None where it never was one."""
    statement = sa.select(WebSession.user_id).where(WebSession.token_hash == token_hash(token))
    return session.scalar(unscoped(statement, because=_BECAUSE))


def end(session: Session, *which: sa.ColumnElement[bool]) -> int:
    """End the open sessions for which all of `which` is true, from their next request on. How many there were."""
    open_ones = sa.update(WebSession).where(WebSession.ended_at.is_(None), WebSession.expires_at > clock.now(), *which)
    done: Any = session.execute(
        unscoped(open_ones.values(ended_at=clock.now()), because="whose sessions may be ended, the caller has checked"),
        execution_options={"synchronize_session": False},
    )
    return int(done.rowcount)


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
