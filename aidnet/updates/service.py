"""Writes: what partners publish, change and take back."""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, policy
from aidnet.db import insert_once
from aidnet.errors import AidnetError, Invalid, Refused, Stale
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.policy import Actor, Permission
from aidnet.updates.models import Update, UpdateAudience, UpdateKind

__all__ = ["LINK_MOST", "TEXT_MOST", "AlreadyWithdrawn", "UpdateDraft", "edit", "host_of", "publish", "withdraw"]

_WRITE = Permission.UPDATE_WRITE
#: Characters of a text, and of a link.
TEXT_MOST, LINK_MOST = 8_000, 500
#: A name of a host: letters, digits and hyphens between dots, not an address in numbers.
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")


class AlreadyWithdrawn(AidnetError):
    """It was taken back: there is nothing left to change."""

    status = 409
    code = "update-withdrawn"
    sentence = _l("This was taken back. Publish it anew if it should be read again.")


@dataclass(frozen=True, kw_only=True)
class UpdateDraft:
    """What is published: a title in one language at least, and a text or a link. `version`: of the row it changes."""

    kind: UpdateKind
    audience: UpdateAudience
    published_on: date
    title_en: str = ""
    title_my: str = ""
    body: str = ""
    link: str = ""
    uid: UUID | None = None
    version: int = 0


def host_of(link: str) -> str:
    """Where an https link leads, as a plain name that no look-alike letter hides in; empty where it is no such link."""
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").encode("idna").decode()
        is_plain = parts.port in (None, 443) and not parts.username and parts.password is None
    except (ValueError, UnicodeError):
        return ""
    is_typed = link.startswith("https://") and not re.search(r"[\s\x00-\x20\x7f\\<>\"']", link)
    return host if is_typed and is_plain and _HOST.fullmatch(host) else ""


def publish(session: Session, actor: Actor, draft: UpdateDraft) -> Update:
    """Publish under the code name of the own partner. The same `uid` again is the same update.

    Raises: Refused, Invalid (`field`: title_en, body, link or published_on), NotVisible (a uid that is somebody else's).
    """
    if actor.partner_id is None or draft.uid is None or not actor.may(_WRITE):
        raise Refused
    _check(draft)
    code = codes.code_of("U", draft.uid)
    row = Update(
        uid=draft.uid,
        code=code,
        partner_id=actor.partner_id,
        withdrawn_at=None,
        recorded_at=clock.now(),
        recorded_by_id=actor.user_id,
        version=1,
        **_said(draft),
    )
    if not insert_once(session, row):
        return policy.fetch(session, actor, _WRITE, Update, code)
    audit.record(session, actor, "update.published", row, code=code, audience=draft.audience.value)
    return row


def edit(session: Session, actor: Actor, code: str, draft: UpdateDraft) -> Update:
    """Say it otherwise. Raises: NotVisible, Stale, AlreadyWithdrawn, Invalid."""
    row = policy.fetch(session, actor, _WRITE, Update, code, lock=True)
    if row.withdrawn_at is not None:
        raise AlreadyWithdrawn
    if row.version != draft.version:
        raise Stale
    _check(draft)
    for name, value in _said(draft).items():
        setattr(row, name, value)
    session.flush()
    audit.record(session, actor, "update.changed", row, code=code, audience=draft.audience.value)
    return row


def withdraw(session: Session, actor: Actor, code: str) -> Update:
    """Take it back: its text is deleted, that there was one stays. Twice is once. Raises: NotVisible."""
    row = policy.fetch(session, actor, _WRITE, Update, code, lock=True)
    if row.withdrawn_at is None:
        row.title_en = row.title_my = row.body = row.link = ""
        row.withdrawn_at = clock.now()
        session.flush()
        audit.record(session, actor, "update.withdrawn", row, code=code)
    return row


def _said(draft: UpdateDraft) -> dict[str, object]:
    return {
        "kind": draft.kind,
        "audience": draft.audience,
        "published_on": draft.published_on,
        "title_en": draft.title_en,
        "title_my": draft.title_my,
        "body": draft.body,
        "link": draft.link,
    }


def _check(draft: UpdateDraft) -> None:
    if not draft.title_en and not draft.title_my:
        raise Invalid(_("Give it a title, in one language at least."), field="title_en")
    if not draft.body and not draft.link:
        raise Invalid(_("Write a text, or give a link to one."), field="body")
    if draft.link and (len(draft.link) > LINK_MOST or not host_of(draft.link)):
        raise Invalid(_("Give a whole address that begins with https://"), field="link")
    if draft.published_on > clock.today():
        raise Invalid(_("This day has not come yet."), field="published_on")
