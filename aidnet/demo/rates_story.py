"""The rates of the story: read off a board each week, an official list each month, and two stretches when nobody did."""

import math
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from aidnet import clock
from aidnet.demo.cast import MARKET
from aidnet.demo.telling import Act, Telling
from aidnet.rates.drafts import RateDraft
from aidnet.rates.models import RateKind

#: Weeks of the story in which nobody typed the market's rates.
_GAPS = (range(22, 25), range(51, 53))
#: MMK for one dollar by the official list.
_OFFICIAL = 2100.0
_NOTE = "Invented for the demo."


def tell_rates(telling: Telling) -> list[Act]:
    """The network reports in dollars from the first day; then weeks of market rates and months of official ones."""
    eve = telling.first - timedelta(1)
    at = datetime(eve.year, eve.month, eve.day, 12, tzinfo=clock.YANGON).astimezone(UTC)
    start = Act(at, "banyan", "report-in", ["USD"])
    return [start, *_market(telling), *_official(telling)]


def _market(telling: Telling) -> Iterator[Act]:
    for week in range(telling.days // 7 + 1):
        day = telling.first + timedelta(7 * week)
        if day < telling.today and not any(week in gap for gap in _GAPS):
            yield _typing(telling, day, RateKind.MARKET, {code: _kyat(telling, code, day) for code in MARKET})


def _official(telling: Telling) -> Iterator[Act]:
    months = {(telling.first + timedelta(number)).replace(day=1) for number in range(telling.days)}
    for day in sorted(months):
        dollar = _kyat(telling, "USD", day)
        yield _typing(
            telling, day, RateKind.OFFICIAL, {code: _kyat(telling, code, day) / dollar * _OFFICIAL for code in MARKET}
        )


def _kyat(telling: Telling, currency: str, day: date) -> float:
    """MMK for one unit on the market that day."""
    last, drift = MARKET[currency]
    past = (telling.today - day).days / telling.days
    return last * (1 + (drift - 1) * past) * (1 + 0.012 * math.sin(day.toordinal() / 9))


def _typing(telling: Telling, day: date, kind: RateKind, kyat: dict[str, float]) -> Act:
    """Each currency in kyat, and each but the dollar in dollars."""
    # Chance of its own: what others tell does not change with how many rates are typed.
    chance = random.Random(f"{kind} {day.isoformat()} {telling.today.isoformat()}")
    pairs = [(code, "MMK", round(rate, 1 if rate > 1000 else 2)) for code, rate in kyat.items()]
    pairs += [(code, "USD", round(rate / kyat["USD"], 5)) for code, rate in kyat.items() if code != "USD"]
    drafts = [
        RateDraft(UUID(int=chance.getrandbits(128), version=4), base, quote, kind, day, Decimal(str(rate)), _NOTE)
        for base, quote, rate in pairs
    ]
    at = datetime(day.year, day.month, day.day, 18, chance.randint(0, 59), tzinfo=clock.YANGON)
    return Act(at.astimezone(UTC), "abacus", "rate", drafts)
