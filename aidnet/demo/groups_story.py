"""What groups say of each other and of themselves: words that stand, ended or were taken back, what they have, a name shown, a book."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet.demo.cast import GROUPS
from aidnet.demo.telling import Act, Telling
from aidnet.intake.service import Which
from aidnet.oldbooks import service as oldbooks
from aidnet.oldbooks.service import BookDraft
from aidnet.partners.models import Partner
from aidnet.places.models import Place
from aidnet.policy import Actor, unscoped
from aidnet.responders import capacity, names, vouching
from aidnet.responders.capacity import CapacityDraft
from aidnet.responders.models import CapacityKind

#: Who vouches for whom: the groups after it in the cast, and how many days ago. The last but one ended, the last was taken back.
_AGO = (40, 95)
_ENDED, _TAKEN_BACK = 380, (300, 12)
#: Rows of the old book, from before the story.
_ROWS = 24


def tell_groups(telling: Telling) -> list[Act]:
    """Every group is vouched for by two, but the last two: of one a word ended, of the other it was taken back."""
    return [*_words(telling), *_capacities(telling), *_shown(telling), *_book(telling)]


def _who(code_name: str) -> str:
    return f"coordinator-{code_name.lower()}"


def _words(telling: Telling) -> Iterator[Act]:
    cast = [group.code_name for group in GROUPS]
    for number, name in enumerate(cast[:-2]):
        for step, ago in enumerate(_AGO, 1):
            yield _word(telling, cast[(number + step) % len(cast)], name, ago + number)
    yield _word(telling, cast[0], cast[-2], _ENDED)
    yield _word(telling, cast[1], cast[-2], _AGO[0])
    yield _word(telling, cast[0], cast[-1], _TAKEN_BACK[0])
    yield _word(telling, cast[1], cast[-1], _AGO[1])
    day = telling.today - timedelta(_TAKEN_BACK[1])
    yield Act(telling.moment(day), _who(cast[0]), "vouch-no-more", telling.stage.responders[cast[-1]])


def _word(telling: Telling, voucher: str, other: str, ago: int) -> Act:
    at = telling.moment(telling.today - timedelta(ago))
    return Act(at, _who(voucher), "vouch", (telling.stage.responders[other], telling.uid()))


def _capacities(telling: Telling) -> Iterator[Act]:
    kinds = tuple(CapacityKind)
    for number, group in enumerate(GROUPS):
        for step, township in enumerate(group.townships[:2]):
            kind = kinds[(number + step) % len(kinds)]
            said = (kind, township, telling.chance.randint(1, 9), telling.uid())
            yield Act(telling.moment(telling.today - timedelta(8 + number * 5 + step)), _who(group.code_name), "have", said)


def _shown(telling: Telling) -> Iterator[Act]:
    donor = min(telling.stage.donors.items())[1]
    yield Act(telling.moment(telling.today - timedelta(61)), _who("S-07"), "show-name", (donor, telling.uid()))


def _book(telling: Telling) -> Iterator[Act]:
    group = next(group for group in GROUPS if group.code_name == "S-03")
    villages = [village for township in group.townships for village in telling.stage.villages[township]]
    rows = [["ရက်စွဲ", "ရွာ", "ပစ္စည်း", "အရေအတွက်", "ယူနစ်", "အိမ်ထောင်စု", "လူဦးရေ"]]
    for number in range(_ROWS):
        day = _month_before(telling.first, number)
        households = telling.chance.randint(20, 90)
        said = f"{day:%Y-%m}" if number % 4 == 0 else f"{day:%d/%m/%Y}"
        rows.append([said, villages[number % len(villages)], "Rice", str(households), "kg", str(households), str(households * 5)])
    rows[6][1], rows[11][0] = "Atlantis", "31/2/2024"
    yield Act(telling.moment(telling.today - timedelta(20)), _who(group.code_name), "old-book", (telling.uid(), rows))


def _month_before(first: date, number: int) -> date:
    """A day of one of the twelve months before the story."""
    return first - timedelta(15 * number + 10)


def vouch(session: Session, actor: Actor, said: tuple[int, UUID]) -> None:
    """Vouch for the group with this id."""
    vouching.vouch(session, actor, _code(session, said[0]), said[1])


def vouch_no_more(session: Session, actor: Actor, other: int) -> None:
    """Take that back."""
    vouching.withdraw(session, actor, _code(session, other))


def have(session: Session, actor: Actor, said: tuple[CapacityKind, str, int, UUID]) -> None:
    """Say what there is in a township."""
    kind, pcode, number, uid = said
    area_id = session.scalars(sa.select(Place.id).where(Place.pcode == pcode)).one()
    capacity.say_capacity(session, actor, CapacityDraft(uid, kind, area_id, number))


def show_name(session: Session, actor: Actor, said: tuple[int, UUID]) -> None:
    """Show the own name to the partner with this id."""
    names.show_name(session, actor, _code(session, said[0]), said[1])


def bring_old_book(session: Session, actor: Actor, said: tuple[UUID, list[list[str]]]) -> None:
    """Bring a book and load its good rows."""
    book = oldbooks.add_book(session, actor, BookDraft(*said))
    oldbooks.load(session, actor, book.code, Which())


def _code(session: Session, partner_id: int) -> str:
    found = sa.select(Partner.code).where(Partner.id == partner_id)
    return session.scalars(unscoped(found, because="the story is told by nobody in it")).one()
