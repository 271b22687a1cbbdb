"""What gifts, givers and funds have in all: changed in memory, written once an act."""

from collections import Counter, defaultdict
from datetime import date

from sqlalchemy.orm import Session

from aidnet.db import add_up
from aidnet.trace import values
from aidnet.trace.lots import Gift
from aidnet.trace.models import Fate, FlowDelay, GiftTrace, GiverTrace, Step


class Totals:
    """The totals that one act changes."""

    def __init__(self) -> None:
        #: By gift, fate and budget line: what changed, and how much of it a receiver confirmed.
        self.gifts: defaultdict[tuple[int, Fate, str], list[int]] = defaultdict(lambda: [0, 0])
        #: By currency, step, month and days.
        self.delays: Counter[tuple[str, Step, date, int]] = Counter()
        self.known: dict[int, Gift] = {}

    def note(self, gift: Gift, fate: Fate | None, confirmed: bool, line: str, source_minor: int) -> None:
        """What a gift is changes by so much; None: it comes from its giver, or is as if never given."""
        if fate is None:
            return
        self.known[gift.id] = gift
        both = self.gifts[gift.id, fate, line if fate is Fate.SPENT else ""]
        both[0] += source_minor
        both[1] += source_minor if confirmed else 0

    def time(
        self,
        gift: Gift,
        from_fate: Fate | None,
        to_fate: Fate | None,
        since: date | None,
        day: date,
        source_minor: int,
    ) -> None:
        """How long a step took, in whole days; what is reported to have ended before it began took none."""
        if (from_fate, to_fate) == (Fate.ON_THE_WAY, Fate.HELD):
            step, began = Step.RECEIVED_TO_CONFIRMED, gift.received_on
        elif (from_fate, to_fate) == (Fate.HELD, Fate.SPENT) and since is not None:
            step, began = Step.CONFIRMED_TO_SPENT, since
        else:
            return
        self.delays[gift.currency, step, day.replace(day=1), max((day - began).days, 0)] += source_minor

    def write(self, session: Session, fund_id: int) -> None:
        """Add what changed to what is kept, each table in one statement."""
        gifts, givers = [], defaultdict[tuple[int, str, Fate, str], list[int]](lambda: [0, 0])
        for (gift_id, fate, line), (source, confirmed) in sorted(self.gifts.items()):
            if not source and not confirmed:
                continue
            amounts = {"source_minor": source, "confirmed_minor": confirmed}
            gifts.append({"contribution_id": gift_id, "fate": fate, "budget_line": line, **amounts})
            gift = self.known[gift_id]
            both = givers[gift.donor_id, gift.currency, fate, line]
            both[0] += source
            both[1] += confirmed
        if gifts:
            add_up(session, GiftTrace, gifts, summed=("source_minor", "confirmed_minor"))
            values.follow(session, gifts)
        totals = [
            {
                "donor_id": donor_id,
                "fund_id": fund_id,
                "currency": currency,
                "fate": fate,
                "budget_line": line,
                "source_minor": source,
                "confirmed_minor": confirmed,
            }
            for (donor_id, currency, fate, line), (source, confirmed) in sorted(givers.items())
            if source or confirmed
        ]
        if totals:
            add_up(session, GiverTrace, totals, summed=("source_minor", "confirmed_minor"))
        delays = [
            {
                "fund_id": fund_id,
                "currency": currency,
                "step": step,
                "month": month,
                "days": days,
                "source_minor": minor,
            }
            for (currency, step, month, days), minor in sorted(self.delays.items())
            if minor
        ]
        if delays:
            add_up(session, FlowDelay, delays, summed=("source_minor",))
        self.gifts.clear()
        self.delays.clear()
