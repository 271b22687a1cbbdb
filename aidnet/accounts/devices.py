"""Browsers in which somebody signed in before: a cookie with a random token, so that strangers' guesses do not slow it down."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, codes
from aidnet.accounts.models import Device, User
from aidnet.crypto import token_hash
from aidnet.policy import unscoped

#: How long an unused browser is known.
KEPT = timedelta(days=180)
_BECAUSE = "a browser shows its cookie before anybody is anybody"


def known(session: Session, token: str | None, user_id: int | None) -> int | None:
    """The id of the browser that `token` stands for, where this person signed in from it; else None."""
    statement = sa.select(Device.id).where(
        Device.token_hash == token_hash(token or ""),
        Device.user_id == user_id,
        Device.last_used_on > clock.today() - KEPT,
    )
    return session.scalar(unscoped(statement, because=_BECAUSE))


def remember(session: Session, user: User, device_id: int | None) -> str | None:
    """Know this browser from now on: a new token for its cookie, or None where it has one. Forgotten ones are deleted."""
    today = clock.today()
    if device_id is not None:
        seen = sa.update(Device).where(Device.id == device_id).values(last_used_on=today)
        session.execute(unscoped(seen, because=_BECAUSE))
        return None
    old = sa.delete(Device).where(Device.user_id == user.id, Device.last_used_on <= today - KEPT)
    session.execute(unscoped(old, because=_BECAUSE))
    token = codes.secret_token()
    session.add(Device(token_hash=token_hash(token), user_id=user.id, last_used_on=today))
    session.flush()
    return token


def forget_all(session: Session, user_id: int) -> None:
    """No browser is known for this person any more: the password was changed because somebody else may know it."""
    session.execute(unscoped(sa.delete(Device).where(Device.user_id == user_id), because=_BECAUSE))
