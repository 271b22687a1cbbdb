"""Writes: a list of gifts comes in, somebody says what its columns are, and it is loaded or discarded, once."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, policy
from aidnet.errors import AidnetError, Invalid, NotVisible
from aidnet.funding import service as funding
from aidnet.funding.contributions import hold_open, made_before
from aidnet.funding.drafts import ContributionDraft, Key
from aidnet.funding.ledger import author
from aidnet.funding.models import Channel
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.intake import columns
from aidnet.intake.checking import Checked, Gift, check
from aidnet.intake.columns import LEFT_OUT, Column
from aidnet.intake.models import BatchState, GiftBatch, GiftBatchRow
from aidnet.intake.reading import ROWS_MOST, rows_kept, text_of
from aidnet.money import latin_digits
from aidnet.partners.models import Partner
from aidnet.places.models import Level, Place
from aidnet.policy import Actor, Permission, unscoped
from aidnet.roles import PartnerKind

_RECORD = Permission.CONTRIBUTION_RECORD


class NotInPreview(AidnetError):
    """What was asked needs a list that is neither loaded nor discarded."""

    status = 409
    code = "not-in-preview"
    sentence = _l("This list was loaded or discarded already.")


@dataclass(frozen=True)
class ListDraft:
    """A list of gifts into one fund, as it was read."""

    uid: UUID
    fund: Key
    rows: Sequence[Sequence[str]]
    #: Of rows that do not say.
    channel: Channel
    currency: str
    #: The donor partner all of them came through.
    donor: Key | None = None


class Choice(StrEnum):
    """Which rows of a list are loaded."""

    ALL = "all"
    ONLY = "only"
    BUT = "but"


@dataclass(frozen=True)
class Which:
    """Which rows: all of them, only these lines, or all but these."""

    choice: Choice = Choice.ALL
    lines: frozenset[int] = frozenset()

    @classmethod
    def read(cls, choice: Choice, typed: str) -> "Which":
        """From what somebody typed, such as "2-40, 57". Raises: Invalid."""
        lines: set[int] = set()
        for part in re.split(r"[,;\s]+", re.sub(r"\s*[-–]\s*", "-", latin_digits(typed)).strip()):
            found = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", part)
            if part and not found:
                raise Invalid(_("Type the numbers of lines, such as 2-40, 57."), field="lines")
            if found:
                first, last = int(found[1]), int(found[2] or found[1])
                lines.update(range(first, min(last, ROWS_MOST * 2) + 1))
        if choice is not Choice.ALL and not lines:
            raise Invalid(_("Type the numbers of lines, such as 2-40, 57."), field="lines")
        return cls(choice, frozenset(lines))

    def has(self, line: int) -> bool:
        """Whether the row is one of them."""
        return self.choice is Choice.ALL or (line in self.lines) is (self.choice is Choice.ONLY)


def add_list(session: Session, actor: Actor, draft: ListDraft) -> GiftBatch:
    """Keep a list, sealed, to be looked through. Nothing of it is in the books yet.

    Raises:
        NotVisible: no such fund or donor.
        FundClosed.
    """
    fund = hold_open(session, actor, _RECORD, draft.fund)
    if before := made_before(session, actor, _RECORD, GiftBatch, draft.uid):
        return before
    donor = policy.fetch(session, actor, _RECORD, Partner, draft.donor) if draft.donor is not None else None
    if donor is not None and donor.kind is not PartnerKind.DONOR:
        raise NotVisible
    batch = GiftBatch(
        uid=draft.uid,
        code=codes.code_of("B", draft.uid),
        fund_id=fund.id,
        donor_id=donor.id if donor else None,
        channel=draft.channel,
        currency=draft.currency,
        rows_total=0,
        rows_faulty=0,
        recorded_at=clock.now(),
        recorded_by_id=author(actor),
    )
    _keep(session, batch, draft.rows)
    session.add(batch)
    session.flush()
    audit.record(session, actor, "gift-list.added", batch, code=batch.code, fund=fund.code, rows=batch.rows_total)
    return batch


def settle_columns(session: Session, actor: Actor, code: str, said: Mapping[int, Column | None]) -> GiftBatch:
    """Note what columns are that could not be told by their names; None: nothing we need. Said twice, it is noted once.

    Raises:
        NotVisible, NotInPreview.
        Invalid: two columns would be the same.
    """
    batch = _in_preview(session, actor, code)
    rows = rows_kept(batch.body or "")
    head = rows[columns.head_of(rows)]
    strange = columns.unsettled(rows)
    if not strange:
        return batch
    head += [""] * (max(strange, default=0) + 1 - len(head))
    for place in strange:
        column = said.get(place)
        head[place] = column.value if column else LEFT_OUT
    known = [column for column in columns.recognized(head) if column]
    if len(known) + head.count(LEFT_OUT) < sum(1 for name in head if name):
        raise Invalid(_("Two columns cannot be the same. Leave one of them out."))
    _keep(session, batch, rows)
    session.flush()
    audit.record(session, actor, "gift-list.columns-settled", batch, code=batch.code)
    return batch


def load(session: Session, actor: Actor, code: str, which: Which) -> GiftBatch:
    """Record the gifts of the chosen rows that have no fault and are not there already. Sent twice, they are loaded once.

    Raises:
        NotVisible, NotInPreview, FundClosed.
        Invalid: columns are not settled, or nothing would be loaded.
    """
    batch = policy.fetch(session, actor, _RECORD, GiftBatch, code, lock=True)
    if batch.state is BatchState.LOADED:
        return batch
    if batch.state is not BatchState.PREVIEW:
        raise NotInPreview
    fund = hold_open(session, actor, _RECORD, batch.fund_id)
    rows = rows_kept(batch.body or "")
    if columns.unsettled(rows):
        raise Invalid(_("Say first what each column is."))
    checked = look_through(session, batch, rows)
    known = known_digests(session, batch.fund_id, [gift.digest for gift in checked.gifts])
    new = [gift for gift in checked.gifts if which.has(gift.line) and gift.digest not in known]
    if not new:
        raise Invalid(_("None of these rows can be loaded: they have faults, or are there already."), field="lines")
    made = funding.record_many(session, actor, [_draft(batch, gift) for gift in new])
    session.execute(
        sa.insert(GiftBatchRow),
        [
            {
                "batch_id": batch.id,
                "line": gift.line,
                "fund_id": fund.id,
                "digest": gift.digest,
                "contribution_id": contribution.id,
            }
            for gift, contribution in zip(new, made, strict=True)
        ],
    )
    batch.state, batch.body = BatchState.LOADED, None
    batch.rows_loaded, batch.rows_known = len(new), len(known)
    batch.rows_total, batch.rows_faulty = checked.rows, checked.faulty
    session.flush()
    counts = {"loaded": len(new), "known": len(known), "faulty": checked.faulty}
    audit.record(session, actor, "gift-list.loaded", batch, code=batch.code, fund=fund.code, **counts)
    return batch


def discard(session: Session, actor: Actor, code: str) -> GiftBatch:
    """Forget a list that was not loaded. Raises: NotVisible, NotInPreview, where it was loaded."""
    batch = policy.fetch(session, actor, _RECORD, GiftBatch, code, lock=True)
    if batch.state is BatchState.LOADED:
        raise NotInPreview
    if batch.state is BatchState.PREVIEW:
        batch.state, batch.body = BatchState.DISCARDED, None
        session.flush()
        audit.record(session, actor, "gift-list.discarded", batch, code=batch.code)
    return batch


def look_through(session: Session, batch: GiftBatch, rows: Sequence[Sequence[str]]) -> Checked:
    """What the rows say, gift by gift, and what is wrong. One statement."""
    known = sa.select(
        Place.id, Place.pcode, Place.name_en, Place.level == Level.DISTRICT, Place.name_my, Place.display_name
    ).where(Place.level.in_([Level.STATE, Level.DISTRICT]))
    places = columns.places(session.execute(known).all())
    return check(rows, channel=batch.channel, currency=batch.currency, places=places)


def known_digests(session: Session, fund_id: int, digests: Collection[str]) -> set[str]:
    """Which of these rows were loaded into the fund before, with any list. One statement."""
    there = sa.select(GiftBatchRow.digest).where(GiftBatchRow.fund_id == fund_id, GiftBatchRow.digest.in_(digests))
    return set(session.scalars(unscoped(there, because="the same row of a list is loaded once, whoever brings it")))


def _in_preview(session: Session, actor: Actor, code: str) -> GiftBatch:
    batch = policy.fetch(session, actor, _RECORD, GiftBatch, code, lock=True)
    if batch.state is not BatchState.PREVIEW:
        raise NotInPreview
    return batch


def _keep(session: Session, batch: GiftBatch, rows: Sequence[Sequence[str]]) -> None:
    checked = look_through(session, batch, rows)
    batch.body = text_of(rows)
    batch.rows_total, batch.rows_faulty = checked.rows, checked.faulty


def _draft(batch: GiftBatch, gift: Gift) -> ContributionDraft:
    return ContributionDraft(
        uid=uuid4(),
        fund=batch.fund_id,
        amount_minor=gift.amount_minor,
        currency=gift.currency,
        channel=gift.channel,
        giver_kind=gift.giver_kind,
        donor=batch.donor_id,
        giver=gift.giver,
        received_on=gift.received_on,
        pledged_on=gift.pledged_on,
        due_on=gift.due_on,
        earmark_place_id=gift.place_id,
        earmark_sector=gift.sector,
        note=gift.note,
    )
