"""Who vouches for a group, and how many of those words count: what stands, by groups that are active."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import clock, disclosure, policy
from aidnet.disclosure import field, show
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.policy import Actor, Permission
from aidnet.responders.models import Vouch
from aidnet.responders.vouching import stands

#: With fewer, everybody who may know is told.
ENOUGH = 2
#: How long before its end a word is announced as ending.
_SOON = timedelta(days=30)
#: More groups than vouch for one, or one vouches for.
_MOST = 200
_READ = Permission.RESPONDER_READ
_BECAUSE = "the rule of words is there; both groups are responders, whose code names their readers see"


class Word(StrEnum):
    """How it stands with a group's word."""

    STANDS = "stands"
    ENDING = "ending"
    #: Whoever gave it is not active: it counts again when that group is.
    SILENT = "silent"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class VouchLine:
    """The newest word of one group for another. `code` and `name`: of the group at the other end."""

    code: str
    name: str
    given_on: object
    expires_on: object
    withdrawn_on: object
    word: Word
    #: The reader's own group gave it.
    own: bool

    @property
    def counts(self) -> bool:
        return self.word in (Word.STANDS, Word.ENDING)


@dataclass(frozen=True)
class Vouches:
    """Words for a group; for its own people also those it gave."""

    by: Sequence[VouchLine]
    given: Sequence[VouchLine]
    #: Groups whose word counts today.
    standing: int
    #: The last day on which as many as count (or two of more) do so; None: nobody vouches.
    until: date | None

    @property
    def few(self) -> bool:
        return self.standing < ENOUGH

    @property
    def lost(self) -> bool:
        """There are words that count no more, and too few that do."""
        return self.few and any(not line.counts for line in self.by)

    @property
    def ending(self) -> Sequence[VouchLine]:
        return [line for line in self.by if line.word is Word.ENDING]

    @property
    def mine(self) -> VouchLine | None:
        """The word of the reader's group that has not ended."""
        live = (Word.STANDS, Word.ENDING, Word.SILENT)
        return next((line for line in self.by if line.own and line.word in live), None)


def seen_by(actor: Actor) -> bool:
    """Whether the actor is told who vouches for whom."""
    audience = disclosure.audience_of(actor, 0)
    return disclosure.level_of("vouch", "expires_on", audience) is disclosure.Level.FULL


def vouches_of(session: Session, actor: Actor, responder_id: int) -> Vouches | None:
    """The words for a group, those that count first; None where the actor is not told. One statement."""
    if not seen_by(actor):
        return None
    voucher, other = aliased(Partner), aliased(Partner)
    about = Vouch.responder_id == responder_id
    if actor.responder_id == responder_id:
        about |= Vouch.voucher_id == responder_id
    statement = (
        sa.select(Vouch, voucher.code, voucher.code_name, voucher.status, other.code, other.code_name)
        .join(voucher, voucher.id == Vouch.voucher_id)
        .join(other, other.id == Vouch.responder_id)
        .where(policy.rule(actor, _READ, Vouch), about)
        .order_by(Vouch.expires_on.desc(), Vouch.id.desc())
        .limit(_MOST)
    )
    by: dict[int, VouchLine] = {}
    given: dict[int, VouchLine] = {}
    ends: dict[int, date] = {}
    for row, code, name, status, other_code, other_name in session.execute(policy.unscoped(statement, because=_BECAUSE)):
        word = _word(row, status)
        if row.responder_id != responder_id:
            _keep(given, row.responder_id, _line(actor, row, other_code, other_name, word))
            continue
        line = _line(actor, row, code, name, word)
        _keep(by, row.voucher_id, line)
        if line.counts:
            ends.setdefault(row.voucher_id, row.expires_on)
    last = sorted(ends.values(), reverse=True)
    return Vouches(
        by=_sorted(by.values()),
        given=_sorted(given.values()),
        standing=len(last),
        until=last[min(len(last), ENOUGH) - 1] if last else None,
    )


def _keep(found: dict[int, VouchLine], key: int, line: VouchLine) -> None:
    """Of several words between the same two, the one that counts; else the newest."""
    if key not in found or (line.counts and not found[key].counts):
        found[key] = line


def _sorted(lines: Iterable[VouchLine]) -> Sequence[VouchLine]:
    return sorted(lines, key=lambda line: (list(Word).index(line.word), line.name))


def _word(row: Vouch, status: PartnerStatus) -> Word:
    if row.withdrawn_on is not None:
        return Word.WITHDRAWN
    today = clock.today()
    if row.expires_on < today:
        return Word.EXPIRED
    if status is not PartnerStatus.ACTIVE:
        return Word.SILENT
    return Word.ENDING if row.expires_on <= today + _SOON else Word.STANDS


def _line(actor: Actor, row: Vouch, code: str, name: str, word: Word) -> VouchLine:
    shown = show(actor, row)
    return VouchLine(
        code=field(actor, "vouch", "voucher", code, owner_id=row.responder_id),
        name=field(actor, "vouch", "voucher", name, owner_id=row.responder_id),
        given_on=shown.given_on,
        expires_on=shown.expires_on,
        withdrawn_on=shown.withdrawn_on,
        word=word,
        own=row.voucher_id == actor.responder_id,
    )


def standing_of(responder_id: sa.SQLColumnExpression[int]) -> sa.ScalarSelect[int]:
    """How many words count for a group, to be read with its other figures."""
    voucher = aliased(Partner)
    return (
        sa.select(sa.func.count(Vouch.voucher_id.distinct()))
        .join(voucher, voucher.id == Vouch.voucher_id)
        .where(Vouch.responder_id == responder_id, stands(), voucher.status == PartnerStatus.ACTIVE)
        .scalar_subquery()
    )


@dataclass(frozen=True)
class Unvouched:
    """An active group for which fewer vouch than did."""

    code: str
    name: str
    standing: int


def ever_of(responder_id: sa.SQLColumnExpression[int]) -> sa.ScalarSelect[int]:
    """How many groups ever gave a word for one, whether it counts or not."""
    return sa.select(sa.func.count(Vouch.voucher_id.distinct())).where(Vouch.responder_id == responder_id).scalar_subquery()


def unvouched(session: Session, actor: Actor, *, most: int) -> Sequence[Unvouched]:
    """Active groups of whose words some ended, with fewer than two that count; fewest first. One statement."""
    if not seen_by(actor):
        return []
    count, ever = standing_of(Partner.id), ever_of(Partner.id)
    statement = (
        sa.select(Partner, count)
        .where(policy.rule(actor, _READ, Partner), Partner.status == PartnerStatus.ACTIVE, count < ENOUGH, ever > count)
        .order_by(count, Partner.code_name_key)
        .limit(most)
    )
    rows = session.execute(policy.unscoped(statement, because=_BECAUSE))
    return [Unvouched(show(actor, row).code, show(actor, row).code_name, standing) for row, standing in rows]
