"""How fast passwords may be guessed: waits that grow with failures, kept under keyed hashes.

A stranger can make others wait, but never lock them out: the wait is capped, tries made during it count for nothing, and
a browser in which the person signed in before has a throttle of its own.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from aidnet import clock
from aidnet.accounts.models import Throttle
from aidnet.crypto import keyring
from aidnet.policy import unscoped

#: Failures that cost nothing: people mistype.
FREE = 5
_FIRST = timedelta(seconds=15)
LONGEST = timedelta(minutes=5)
#: A day without a failure, and all are forgotten.
FORGOTTEN = timedelta(hours=24)
_BECAUSE = "somebody who is nobody yet tries a password"


def key_of_name(name_key: str) -> str:
    """The throttle of a sign-in name, whether or not anybody has it."""
    return keyring().blind("throttle-name", name_key)


def key_of_device(device_id: int) -> str:
    """The throttle of a browser that is known."""
    return keyring().blind("throttle-device", str(device_id))


def key_of_person(user_id: int) -> str:
    """The throttle of somebody who is signed in and gives the password again."""
    return keyring().blind("throttle-person", str(user_id))


def wait_after(failures: int) -> timedelta:
    """How long after so many failures the next try must wait: 15 s after the fifth, doubling to five minutes."""
    if failures < FREE:
        return timedelta(0)
    doubled: timedelta = _FIRST * 2 ** min(failures - FREE, 10)
    return min(doubled, LONGEST)


def _open_again(row: Throttle) -> datetime:
    return row.last_failure_at + wait_after(row.failures)


def strike(session: Session, key: str) -> timedelta:
    """Count a try as failed before it is made (`forgive` takes it back), so that many at once cannot slip through.

    The wait that is left instead, where there is one: then the try is neither made nor counted.
    """
    now = clock.now()
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(Throttle).values(key=key, failures=0, last_failure_at=now).on_conflict_do_nothing())
    row = session.scalars(
        unscoped(sa.select(Throttle).where(Throttle.key == key).with_for_update(), because=_BECAUSE)
    ).one()
    if now < _open_again(row):
        return _open_again(row) - now
    row.failures = 1 if now - row.last_failure_at > FORGOTTEN else row.failures + 1
    row.last_failure_at = now
    session.flush()
    return timedelta(0)


def forgive(session: Session, key: str) -> None:
    """The right password was given: nothing is held against this key any more. Old rows of others go too."""
    old = clock.now() - FORGOTTEN
    statement = sa.delete(Throttle).where((Throttle.key == key) | (Throttle.last_failure_at < old))
    session.execute(unscoped(statement, because=_BECAUSE))
