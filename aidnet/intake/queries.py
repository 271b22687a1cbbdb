"""Reads: the lists of gifts, what one of them would load, and what it loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.disclosure import Shown
from aidnet.errors import NotVisible
from aidnet.funding.models import Contribution, ContributionState, Fund
from aidnet.funding.records import directory
from aidnet.intake import columns
from aidnet.intake.cells import Wrong
from aidnet.intake.checking import Gift, Sums, sums
from aidnet.intake.columns import Column
from aidnet.intake.models import BatchState, GiftBatch, GiftBatchRow
from aidnet.intake.reading import rows_kept
from aidnet.intake.service import look_through
from aidnet.money import CURRENCIES
from aidnet.places.queries import PlacePath, paths
from aidnet.policy import Actor, Permission
from aidnet.web import keyset
from aidnet.web.keyset import Page

_RECORD = Permission.CONTRIBUTION_RECORD
#: Rows of a list that a page shows at once.
ROWS = 50


@dataclass(frozen=True)
class ListLine:
    """A list in the list of them."""

    batch: Shown
    fund: Shown
    #: The donor partner all of it came through; None: none.
    donor: object


@dataclass(frozen=True)
class Strange:
    """A column that somebody has to name."""

    place: int
    head: str
    #: What stands in it.
    examples: Sequence[str]


@dataclass(frozen=True)
class Preview:
    """What a list would load."""

    #: Columns to name first.
    strange: Sequence[Strange]
    new: Sequence[Gift]
    #: Rows that are there already, each with the code of its gift.
    known: Sequence[tuple[Gift, str]]
    wrongs: Sequence[Wrong[Column]]
    new_sums: Mapping[str, Sums]
    known_sums: Mapping[str, Sums]
    #: Some of the new rows: those from one line on.
    shown: Sequence[Gift]
    #: The line the next page begins with; None where there is none.
    next_line: int | None
    places: Mapping[int, PlacePath]


@dataclass(frozen=True)
class Loaded:
    """A row of a list that was loaded."""

    line: int
    gift: Shown


def lists(session: Session, actor: Actor, after: str | None) -> Page[ListLine]:
    """A page of lists, newest first."""
    names = {number: one.name for number, one in directory(session, actor).items()}
    page = keyset.page(session, _statement(actor), GiftBatch.recorded_at, GiftBatch.id, after=after)
    return Page([_line(actor, batch, fund, names) for batch, fund in page.rows], page.after)


def one(session: Session, actor: Actor, code: str) -> ListLine:
    """One list. Raises: NotVisible."""
    batch, fund = _row(session, actor, code)
    return _line(actor, batch, fund, {number: named.name for number, named in directory(session, actor).items()})


def preview(session: Session, actor: Actor, code: str, first: int = 0) -> Preview:
    """What a list would load, with a page of its rows from line `first` on. Raises: NotVisible, where it is no preview."""
    batch, _fund = _row(session, actor, code)
    if batch.state is not BatchState.PREVIEW:
        raise NotVisible
    rows = rows_kept(disclosure.show(actor, batch).body or "")
    checked = look_through(session, batch, rows)
    there = _known(session, actor, batch.fund_id, [gift.digest for gift in checked.gifts])
    new = [gift for gift in checked.gifts if gift.digest not in there]
    known = [(gift, there[gift.digest]) for gift in checked.gifts if gift.digest in there]
    rest = [gift for gift in new if gift.line >= first]
    shown = rest[:ROWS]
    return Preview(
        strange=_strange(rows),
        new=new,
        known=known,
        wrongs=checked.wrongs,
        new_sums=sums(new),
        known_sums=sums(gift for gift, _code in known),
        shown=shown,
        next_line=rest[ROWS].line if len(rest) > ROWS else None,
        places=paths(session, {gift.place_id for gift in shown if gift.place_id}),
    )


def loaded(session: Session, actor: Actor, code: str, after: str | None) -> Page[Loaded]:
    """A page of what a list loaded, line by line."""
    statement = (
        policy.select(actor, _BOTH, GiftBatchRow.line.label("in_list"), Contribution)
        .select_from(GiftBatchRow)
        .join(GiftBatch, GiftBatch.id == GiftBatchRow.batch_id)
        .join(Contribution, Contribution.id == GiftBatchRow.contribution_id)
        .where(GiftBatch.code == code)
    )
    page = keyset.page(session, statement, GiftBatchRow.line, after=after, descending=False)
    return Page([Loaded(line, disclosure.show(actor, gift)) for line, gift in page.rows], page.after)


def loaded_sums(session: Session, actor: Actor, code: str) -> dict[str, Sums]:
    """What the gifts of a list come to, by currency, those withdrawn or undone since left out. One statement."""
    by = (Contribution.currency, Contribution.state)
    statement = (
        policy.select(actor, _BOTH, *by, sa.func.count(), sa.func.sum(Contribution.amount_minor))
        .select_from(GiftBatchRow)
        .join(GiftBatch, GiftBatch.id == GiftBatchRow.batch_id)
        .join(Contribution, Contribution.id == GiftBatchRow.contribution_id)
        .where(GiftBatch.code == code)
        .group_by(*by)
    )
    found: dict[str, Sums] = {}
    for currency, state, gifts, amount_minor in session.execute(statement):
        if state in (ContributionState.RECEIVED, ContributionState.PLEDGED):
            sums_of = found.setdefault(currency, Sums())
            sums_of.gifts += gifts
            if state is ContributionState.RECEIVED:
                sums_of.received_minor += int(amount_minor)
            else:
                sums_of.pledged_minor += int(amount_minor)
    return {currency: found[currency] for currency in CURRENCIES if currency in found}


_BOTH = {GiftBatch: _RECORD, Contribution: _RECORD}


def _statement(actor: Actor) -> sa.Select[Any]:
    reads = {GiftBatch: _RECORD, Fund: Permission.FUND_READ}
    return policy.select(actor, reads, GiftBatch, Fund).join(Fund, Fund.id == GiftBatch.fund_id)


def _row(session: Session, actor: Actor, code: str) -> tuple[GiftBatch, Fund]:
    found = session.execute(_statement(actor).where(GiftBatch.code == code)).one_or_none()
    if found is None:
        raise NotVisible
    batch, fund = found
    return batch, fund


def _line(actor: Actor, batch: GiftBatch, fund: Fund, names: Mapping[int, str]) -> ListLine:
    donor = names.get(batch.donor_id or 0)
    return ListLine(
        batch=disclosure.show(actor, batch),
        fund=disclosure.show(actor, fund),
        donor=disclosure.field(actor, "contribution", "donor", donor) if donor else None,
    )


def _known(session: Session, actor: Actor, fund_id: int, digests: Sequence[str]) -> dict[str, str]:
    """Which of these rows are in the fund already, and the code of the gift each became. One statement."""
    statement = (
        policy.select(actor, _BOTH, GiftBatchRow.digest, Contribution.code)
        .select_from(GiftBatchRow)
        .join(GiftBatch, GiftBatch.id == GiftBatchRow.batch_id)
        .join(Contribution, Contribution.id == GiftBatchRow.contribution_id)
        .where(GiftBatchRow.fund_id == fund_id, GiftBatchRow.digest.in_(digests))
    )
    return {row.digest: row.code for row in session.execute(statement)}


def _strange(rows: Sequence[Sequence[str]]) -> list[Strange]:
    head, *below = rows[columns.head_of(rows) :]
    found = []
    for place in columns.unsettled(rows):
        cells = [row[place] for row in below if place < len(row) and row[place]]
        found.append(Strange(place, head[place] if place < len(head) else "", cells[:3]))
    return found
