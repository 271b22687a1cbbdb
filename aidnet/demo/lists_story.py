"""A diaspora group's monthly lists, and pledges that are due: what a treasurer finds on the desk in the morning."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from aidnet.codes import code_of
from aidnet.demo.cast import GIVER_NAMES
from aidnet.demo.telling import Act, Telling
from aidnet.funding.drafts import ContributionDraft
from aidnet.funding.models import Channel, GiverKind
from aidnet.intake.service import ListDraft

_TREASURER = "abacus"
_HEAD = ("Name", "Amount", "Currency", "Date", "Note")
#: Days from today on which pledges are due.
_DUE = (-9, 3, 11)


def tell_lists(telling: Telling) -> list[Act]:
    """One list loaded last month, one of this month to look through, and three pledges due, one of them overdue."""
    return [*_lists(telling), *_pledges(telling)]


def _lists(telling: Telling) -> Iterator[Act]:
    for ago, is_loaded in ((33, True), (2, False)):
        day = telling.today - timedelta(ago)
        rows = list(_rows(telling, ago))
        if not is_loaded:
            rows[3][1], rows[7][3], rows[11][2] = "two hundred", "31/2/2026", "dollar"
        uid = telling.uid()
        donor = min(telling.stage.donors.items())[1]
        draft = ListDraft(
            uid=uid,
            fund=telling.stage.funds[0],
            rows=[_HEAD, *rows],
            channel=Channel.BANK,
            currency="THB",
            donor=donor,
        )
        at = telling.moment(day)
        yield Act(at, _TREASURER, "bring", draft)
        if is_loaded:
            yield Act(at + timedelta(minutes=4), _TREASURER, "load", code_of("B", uid))


def _rows(telling: Telling, ago: int) -> Iterator[list[str]]:
    names: Sequence[str] = telling.chance.sample(GIVER_NAMES, len(GIVER_NAMES))
    for name in (*names, "", ""):
        day = telling.today - timedelta(ago + telling.chance.randint(1, 12))
        amount = f"{telling.chance.choice((200, 300, 500, 500, 1000, 1500)):,}"
        yield [name, amount, telling.chance.choice(("THB", "", "baht")), f"{day:%d/%m/%Y}", ""]


def _pledges(telling: Telling) -> Iterator[Act]:
    for number, due in enumerate(_DUE):
        day = telling.today - timedelta(40 + number)
        draft = ContributionDraft(
            uid=telling.uid(),
            fund=telling.stage.funds[number % len(telling.stage.funds)],
            amount_minor=(250_00, 1_200_00, 400_00)[number],
            currency="USD",
            channel=Channel.BANK,
            giver_kind=GiverKind.GROUP,
            donor=sorted(telling.stage.donors.items())[number % 2][1],
            pledged_on=day,
            due_on=telling.today + timedelta(due),
        )
        yield Act(telling.moment(day), _TREASURER, "contribute", draft)
