"""A person's own ways of narrowing the list of deliveries: kept by name, seen by nobody else."""

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, policy
from aidnet.accounts.models import User
from aidnet.db import insert_once
from aidnet.deliveries.plan_models import SavedFilter
from aidnet.disclosure import Shown, show
from aidnet.errors import Invalid, NotVisible
from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission

#: What a saved address may ask.
KEPT = ("q", "state", "item", "place", "since", "until", "due", "by")
NAME_MOST = 40
_VALUE_MOST = 100
#: How many one person keeps.
MOST = 20


def query_of(asked: Mapping[str, str]) -> str:
    """What an address asks of the list, without what belongs to one visit."""
    return urlencode({name: asked[name][:_VALUE_MOST] for name in KEPT if asked.get(name)})


def saved(session: Session, actor: Actor) -> list[Shown]:
    """The actor's own, by name. One statement."""
    statement = policy.visible(actor, Permission.DELIVERY_READ, SavedFilter).order_by(SavedFilter.name, SavedFilter.id)
    return [show(actor, row) for row in session.scalars(statement)]


def save(session: Session, actor: Actor, *, uid: UUID, name: str, asked: Mapping[str, str]) -> None:
    """Keep what an address asks under a name; a name that is there takes the new question. Raises: Invalid (`field`: name)."""
    called, query = " ".join(name.split()), query_of(asked)
    if not 0 < len(called) <= NAME_MOST:
        raise Invalid(_("At most %(most)s characters, please.", most=NAME_MOST), field="name")
    if not query:
        raise Invalid(_("Narrow the list first: there is nothing to keep."), field="name")
    # One person may send one name from two windows at once: the second waits here, and finds it there.
    policy.fetch(session, actor, Permission.ACCOUNT_OWN, User, actor.user_id or 0, lock=True)
    statement = policy.visible(actor, Permission.DELIVERY_READ, SavedFilter).with_for_update()
    rows = session.scalars(statement).all()
    same = next((row for row in rows if row.name == called), None)
    if same is not None:
        same.query = query
        return
    if len(rows) >= MOST:
        raise Invalid(_("You keep %(most)s already: remove one first.", most=MOST), field="name")
    made = SavedFilter(uid=uid, user_id=actor.user_id, partner_id=actor.partner_id, name=called, query=query, created_at=clock.now())
    insert_once(session, made)


def remove(session: Session, actor: Actor, uid: UUID) -> None:
    """Forget one of the actor's own. Raises: NotVisible."""
    mine = policy.rule(actor, Permission.DELIVERY_READ, SavedFilter)
    statement = sa.delete(SavedFilter).where(mine, SavedFilter.uid == uid).returning(SavedFilter.id)
    if session.execute(policy.unscoped(statement, because="the rule is in it")).first() is None:
        raise NotVisible
