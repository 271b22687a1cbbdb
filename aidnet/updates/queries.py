"""Reads: updates as each reader may see them, page by page, of a week, and what is public as a feed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.disclosure import Shown
from aidnet.errors import NotVisible
from aidnet.i18n import LANGUAGES
from aidnet.partners.models import Partner
from aidnet.policy import ANONYMOUS, Actor, Permission
from aidnet.updates.models import Update, UpdateAudience, UpdateKind
from aidnet.updates.service import host_of
from aidnet.web import keyset

__all__ = ["UpdateRow", "Wanted", "Week", "everything", "feed", "find", "own", "page", "publishers", "week"]

_READ = Permission.UPDATE_READ
#: The most that the page of a week and the feed hold.
WEEK_MOST, FEED_MOST = 60, 50
#: Days of the page of a week.
DAYS = 7


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to; what is empty narrows nothing."""

    q: str = ""
    kind: UpdateKind | None = None
    #: A code name.
    partner: str = ""
    #: The first day of a month.
    month: date | None = None
    #: The own partner's alone, those taken back among them.
    own: bool = False


@dataclass(frozen=True)
class UpdateRow:
    """An update, and who publishes it."""

    update: Shown
    #: Empty: it is not told of this one.
    partner: str
    own: bool
    withdrawn: bool
    #: It was taken back, and whoever looks has not signed in: nothing more is told of it.
    bare: bool = False

    def titles(self, first: str) -> list[tuple[str, str]]:
        """The titles there are, with their language; the reader's language first."""
        told = {language: str(getattr(self.update, f"title_{language}")) for language, _own in LANGUAGES}
        return [(one, told[one]) for one in sorted(told, key=lambda one: one != first) if told[one]]

    @property
    def paragraphs(self) -> list[str]:
        """The text, a paragraph each."""
        return [part.strip() for part in str(self.update.body).split("\n\n") if part.strip()]

    @property
    def host(self) -> str:
        """Where its link leads; empty: it has none."""
        return host_of(str(self.update.link))


def _row(actor: Actor, update: Update, partner: Partner) -> UpdateRow:
    return UpdateRow(
        update=disclosure.show(actor, update),
        partner=_publisher(actor, partner),
        own=actor.signed_in and update.partner_id == actor.partner_id,
        withdrawn=update.withdrawn_at is not None,
    )


def _rows(actor: Actor) -> sa.Select[Any]:
    statement = policy.select(actor, {Update: _READ, Partner: _READ}, Update, Partner)
    return statement.join(Partner, Partner.id == Update.partner_id)


def _narrowed(actor: Actor, wanted: Wanted) -> sa.Select[Any]:
    statement = _rows(actor)
    if wanted.own:
        statement = statement.where(Update.partner_id == actor.partner_id)
    else:
        statement = statement.where(Update.withdrawn_at.is_(None))
    if wanted.q:
        columns = (Update.title_en, Update.title_my, Update.body)
        statement = statement.where(sa.or_(*(column.icontains(wanted.q, autoescape=True) for column in columns)))
    if wanted.kind:
        statement = statement.where(Update.kind == wanted.kind)
    if wanted.partner:
        statement = statement.where(Partner.code_name == wanted.partner)
    if wanted.month:
        following = (wanted.month + timedelta(days=31)).replace(day=1)
        statement = statement.where(Update.published_on >= wanted.month, Update.published_on < following)
    return statement


def page(session: Session, actor: Actor, wanted: Wanted, after: str | None) -> keyset.Page[UpdateRow]:
    """A page of updates, the newest first. One statement."""
    found = keyset.page(session, _narrowed(actor, wanted), Update.published_on, Update.id, after=after)
    return keyset.Page([_row(actor, *row) for row in found.rows], found.after)


def everything(session: Session, actor: Actor, wanted: Wanted) -> Iterator[UpdateRow]:
    """The whole of the same list. One statement."""
    ordered = _narrowed(actor, wanted).order_by(Update.published_on.desc(), Update.id.desc())
    for update, partner in session.execute(ordered.execution_options(yield_per=500)):
        yield _row(actor, update, partner)


def publishers(session: Session, actor: Actor) -> list[str]:
    """Code names of partners who published something the actor may read. One statement."""
    found = session.scalars(policy.visible(actor, _READ, Partner).order_by(Partner.code_name_key, Partner.id))
    return [_publisher(actor, partner) for partner in found]


def _publisher(actor: Actor, partner: Partner) -> str:
    return str(disclosure.field(actor, "partner_update", "partner", partner.code_name))


def find(session: Session, actor: Actor, code: str) -> UpdateRow:
    """One update. One statement, or two for whoever has not signed in. Raises: NotVisible.

    SECURITY: a stranger is told that it was taken back, and not whose it was. Kept by tests/updates/test_pages.py.
    """
    if not actor.signed_in:
        update = policy.fetch(session, actor, _READ, Update, code)
        if update.withdrawn_at is not None:
            return UpdateRow(disclosure.show(actor, update), partner="", own=False, withdrawn=True, bare=True)
    found = session.execute(_rows(actor).where(Update.code == code).order_by(Update.id)).first()
    if found is None:
        raise NotVisible
    return _row(actor, found[0], found[1])


def own(session: Session, actor: Actor, code: str) -> tuple[UpdateRow, int]:
    """One of the own partner's, and the version of its row. Raises: NotVisible."""
    row = policy.fetch(session, actor, Permission.UPDATE_WRITE, Update, code)
    return find(session, actor, code), row.version


@dataclass(frozen=True)
class Week:
    """What was published in seven days, kind by kind."""

    first: date
    last: date
    kinds: Sequence[tuple[UpdateKind, Sequence[UpdateRow]]]
    #: There is more than the page holds.
    more: bool
    #: Something was published before it.
    earlier: bool


def week(session: Session, actor: Actor, last: date, *, public: bool) -> Week:
    """The seven days that end with `last`; `public`: only what anybody may read. Two statements."""
    first = last - timedelta(days=DAYS - 1)
    statement = _rows(actor).where(Update.withdrawn_at.is_(None))
    if public:
        statement = statement.where(Update.audience == UpdateAudience.PUBLIC)
    earlier = session.execute(statement.where(Update.published_on < first).limit(1)).first() is not None
    newest = statement.where(Update.published_on.between(first, last)).order_by(
        Update.published_on.desc(), Update.id.desc()
    )
    found = [_row(actor, *row) for row in session.execute(newest.limit(WEEK_MOST + 1)).all()]
    by_kind = [(kind, [row for row in found[:WEEK_MOST] if row.update.kind is kind]) for kind in UpdateKind]
    told = sorted(by_kind, key=lambda pair: pair[0] is not UpdateKind.FLASH_UPDATE)
    return Week(first, last, [(kind, rows) for kind, rows in told if rows], len(found) > WEEK_MOST, earlier)


def feed(session: Session) -> list[UpdateRow]:
    """The newest of what is public, the same for whoever asks. One statement."""
    statement = _rows(ANONYMOUS).where(Update.withdrawn_at.is_(None))
    newest = statement.order_by(Update.published_on.desc(), Update.id.desc()).limit(FEED_MOST)
    return [_row(ANONYMOUS, *row) for row in session.execute(newest).all()]
