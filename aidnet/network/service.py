"""What changes the network's own row: its making, its name, its settings."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit
from aidnet.accounts import names
from aidnet.errors import Invalid, Refused, Stale
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.network.models import Network, NetworkKind
from aidnet.partners.models import Partner
from aidnet.policy import OPERATOR, Actor, PartnerKind, Permission, unscoped

NAME_MOST = 60
#: A floor of the design: no setting goes below it.
DELAY_LEAST = 14
#: Longer than this, and nobody would ever see a result: a mistyped number.
DELAY_MOST = 92


@dataclass(frozen=True)
class SettingsDraft:
    """The settings as somebody would have them who read `version`. `release_delay_days`: after a month's end."""

    version: int
    name: str
    release_delay_days: int


def ensure(session: Session, kind: NetworkKind) -> Network:
    """The network's row, made as `kind` where there is none. One that is there keeps its kind."""
    row = session.get(Network, 1)
    if row is None:
        row = Network(id=1, kind=kind, set_up_at=None, setup_token_hash=None)
        session.add(row)
        session.flush()
        audit.record(session, OPERATOR, "network.made", row, kind=kind.value)
    return row


def change_settings(session: Session, actor: Actor, draft: SettingsDraft) -> Network:
    """Change the network's name, and how long results wait. The wait is only ever made longer here; shorter takes two persons.

    Raises:
        Refused: the actor's role has no settings.
        Stale: somebody changed them since `draft.version`.
        Invalid: a name that is taken or unfit, a wait that is shorter or too long.
    """
    if not actor.may(Permission.NETWORK_SETTINGS):
        raise Refused
    row = session.get_one(Network, 1, with_for_update=True, populate_existing=True)
    if row.version != draft.version:
        raise Stale
    name = _checked(session, draft.name)
    if draft.release_delay_days < row.release_delay_days:
        raise Invalid(
            _l("A shorter wait needs a second person: it lets out sooner what was promised to be held."),
            field="release_delay_days",
        )
    if draft.release_delay_days > DELAY_MOST:
        raise Invalid(_("At most %(most)s days, please.", most=DELAY_MOST), field="release_delay_days")
    if (row.name, row.release_delay_days) == (name, draft.release_delay_days):
        return row
    row.name, row.release_delay_days = name, draft.release_delay_days
    own = session.scalars(_own_partner()).one()
    if own.code_name != name:
        own.code_name, own.code_name_key = name, names.fold(name)
    session.flush()
    audit.record(
        session, actor, "network.settings-changed", row, name=row.name, release_delay_days=row.release_delay_days
    )
    return row


def set_wait(session: Session, actor: Actor, days: int) -> None:
    """Let results wait `days` after a month's end: whoever calls has asked whether it may be."""
    row = session.get_one(Network, 1, with_for_update=True, populate_existing=True)
    row.release_delay_days = days
    session.flush()
    audit.record(session, actor, "network.wait-changed", row, release_delay_days=days)


def close_public_page(session: Session, actor: Actor) -> None:
    """Show nothing to strangers any more, at once, whatever else of the settings was changed meanwhile. Twice is once.

    Raises: Refused (the actor's role has no settings).
    """
    if not actor.may(Permission.NETWORK_SETTINGS):
        raise Refused
    row = session.get_one(Network, 1, with_for_update=True, populate_existing=True)
    if row.public_page:
        set_public_page(session, actor, is_on=False)


def set_public_page(session: Session, actor: Actor, *, is_on: bool) -> None:
    """Turn the public page on or off: whoever calls has asked whether it may be."""
    row = session.get_one(Network, 1, with_for_update=True, populate_existing=True)
    row.public_page = is_on
    session.flush()
    audit.record(session, actor, "network.public-page-opened" if is_on else "network.public-page-closed", row)


def _own_partner() -> sa.Select[Partner]:
    return unscoped(
        sa.select(Partner).where(Partner.kind == PartnerKind.NETWORK), because="the network's name is its partner's too"
    )


def _checked(session: Session, typed: str) -> str:
    name = " ".join(typed.split())
    if not names.fold(name):
        raise Invalid(_l("Please fill this in."), field="name")
    if len(name) > NAME_MOST:
        raise Invalid(_("At most %(most)s characters, please.", most=NAME_MOST), field="name")
    taken = sa.select(Partner.id).where(
        Partner.code_name_key == names.fold(name), Partner.kind != PartnerKind.NETWORK
    )
    if session.scalar(unscoped(taken, because="a code name is unique in the network")) is not None:
        raise Invalid(_l("A partner has this code name already."), field="name")
    return name
