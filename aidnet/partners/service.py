"""What changes partners: registering, naming, letting them in and out. Their people are in `accounts`."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, policy
from aidnet.accounts import names, sessions
from aidnet.accounts.models import Membership, WebSession
from aidnet.db import insert_once
from aidnet.errors import Invalid, Refused, Stale
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.network.models import Network
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.policy import Actor, PartnerKind, Permission, unscoped
from aidnet.responders import service as responders
from aidnet.responders.models import ResponderKind

#: More than a code name needs.
NAME_MOST = 60


@dataclass(frozen=True)
class RegistrationDraft:
    """A new partner. `responder_kind` is what sort of group a responder is."""

    kind: PartnerKind
    code_name: str
    own_name: str = ""
    responder_kind: ResponderKind = ResponderKind.CBO
    uid: UUID | None = None


@dataclass(frozen=True)
class NamesDraft:
    """A partner's names, as somebody would have them who read `version`."""

    version: int
    code_name: str
    own_name: str


def register(session: Session, actor: Actor, draft: RegistrationDraft) -> Partner:
    """Add a responder or a donor; nobody of it can sign in until somebody is invited. The same `uid` twice is one partner.

    Raises:
        Refused: the actor's role registers no partners.
        Invalid: the code name is taken, or unfit.
    """
    if not actor.may(Permission.PARTNER_MANAGE):
        raise Refused
    if draft.kind not in (PartnerKind.RESPONDER, PartnerKind.DONOR):
        raise Invalid(_l("Choose one of the kinds."), field="kind")
    _hold_names(session)
    before = _made(session, draft.uid)
    if before is not None:
        return before
    code_name = _checked_name(session, draft.code_name)
    row = Partner(
        uid=draft.uid,
        code="",
        kind=draft.kind,
        code_name=code_name,
        code_name_key=names.fold(code_name),
        own_name=draft.own_name,
        status=PartnerStatus.INVITED,
        created_at=clock.now(),
        version=1,
    )
    row.code = codes.code_of("P", row.uid)
    if not insert_once(session, row):
        made = _made(session, row.uid)
        assert made is not None  # noqa: S101 (insert_once found its uid)
        return made
    if draft.kind is PartnerKind.RESPONDER:
        responders.register(session, actor, row, kind=draft.responder_kind)
    audit.record(session, actor, "partner.registered", row, code=row.code, kind=row.kind.value)
    return row


def _made(session: Session, uid: UUID | None) -> Partner | None:
    if uid is None:
        return None
    statement = sa.select(Partner).where(Partner.uid == uid)
    return session.scalars(unscoped(statement, because="a form sent twice finds what it made")).one_or_none()


def _hold_names(session: Session) -> None:
    """Two people may type one code name at once: the second waits here, and finds it taken."""
    session.execute(sa.select(Network.id).with_for_update())


def _checked_name(session: Session, typed: str, but: int = 0) -> str:
    name = " ".join(typed.split())
    if not names.fold(name):
        raise Invalid(_l("Please fill this in."), field="code_name")
    if len(name) > NAME_MOST:
        raise Invalid(_("At most %(most)s characters, please.", most=NAME_MOST), field="code_name")
    taken = sa.select(Partner.id).where(Partner.code_name_key == names.fold(name), Partner.id != but)
    if session.scalar(unscoped(taken, because="a code name is unique in the network")) is not None:
        raise Invalid(_l("Another partner has this code name already."), field="code_name")
    return name


def rename(session: Session, actor: Actor, code: str, draft: NamesDraft) -> Partner:
    """Change a partner's names; its code and records stay. Raises: NotVisible; Stale; Invalid."""
    _hold_names(session)
    row = policy.fetch(session, actor, Permission.PARTNER_MANAGE, Partner, code, lock=True)
    if row.kind is PartnerKind.NETWORK:
        raise Invalid(_l("The network's name is changed in its settings."))
    if row.version != draft.version:
        raise Stale
    code_name = _checked_name(session, draft.code_name, row.id)
    changed = [
        name for name, now in (("code_name", code_name), ("own_name", draft.own_name or None)) if getattr(row, name) != now
    ]
    if not changed:
        return row
    row.code_name, row.code_name_key = code_name, names.fold(code_name)
    row.own_name = draft.own_name
    session.flush()
    audit.record(session, actor, "partner.renamed", row, code=row.code, changed=", ".join(changed))
    return row


def change_status(session: Session, actor: Actor, code: str, status: PartnerStatus, *, version: int) -> Partner:
    """Suspend a partner, let it work again, or note that it left. Its people are signed out at once. The same status again is nothing.

    Raises: NotVisible; Stale; Invalid for the network itself.
    """
    row = policy.fetch(session, actor, Permission.PARTNER_MANAGE, Partner, code, lock=True)
    if row.kind is PartnerKind.NETWORK or status is PartnerStatus.INVITED:
        raise Invalid(_l("This partner cannot have that status."))
    if row.status is status:
        return row
    if row.version != version:
        raise Stale
    before, row.status = row.status, status
    if status is PartnerStatus.ACTIVE and not _has_people(session, row.id):
        row.status = PartnerStatus.INVITED
    session.flush()
    ended = 0
    if row.status not in sessions.OPEN_PARTNERS:
        members = sa.select(Membership.id).where(Membership.partner_id == row.id)
        ended = sessions.end(session, WebSession.membership_id.in_(members))
    audit.record(
        session,
        actor,
        "partner.status-changed",
        row,
        code=row.code,
        before=before.value,
        now=row.status.value,
        sessions_ended=ended,
    )
    return row


def _has_people(session: Session, partner_id: int) -> bool:
    statement = sa.select(Membership.id).where(Membership.partner_id == partner_id).limit(1)
    return session.scalar(unscoped(statement, because="only whether anybody ever joined")) is not None
