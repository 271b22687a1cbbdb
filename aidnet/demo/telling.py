"""What the tellers of the story share."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from aidnet import clock

MONTHS = 18


@dataclass(frozen=True)
class Act:
    """Something somebody writes down: when, who (a sign-in name), which service (`verb`), and what with."""

    at: datetime
    who: str
    verb: str
    draft: Any
    #: What a draft cannot name before the act that makes it, such as the delivery a report is of.
    of: str = ""


@dataclass(frozen=True)
class Stage:
    """The rows the story plays among: ids by the words of the cast."""

    responders: dict[str, int]
    donors: dict[str, int]
    funds: tuple[int, ...]
    crossings: dict[str, int]
    #: P-codes of the invented villages, by township.
    villages: dict[str, tuple[str, ...]]
    #: Place ids of the districts.
    districts: tuple[int, ...]


@dataclass
class Telling:
    """What the tellers share: chance, the calendar, and who has been paid from which fund when."""

    stage: Stage
    today: date
    chance: random.Random = field(init=False)
    first: date = field(init=False)
    #: Group to the first day it had money of a fund: (day, number of the fund).
    funded: dict[str, list[tuple[date, int]]] = field(default_factory=lambda: defaultdict(list))
    #: Group to its deliveries: day, code's uid.
    carried: dict[str, list[tuple[datetime, UUID]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.chance = random.Random(f"aidnet {self.today.isoformat()}")
        month = self.today.year * 12 + self.today.month - 1 - MONTHS
        self.first = date(month // 12, month % 12 + 1, 1)

    @property
    def days(self) -> int:
        return (self.today - self.first).days

    def uid(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    def moment(self, day: date) -> datetime:
        """Some minute of the day where the people are."""
        return datetime(day.year, day.month, day.day, tzinfo=clock.YANGON).astimezone(UTC) + timedelta(
            minutes=self.chance.randint(6 * 60, 20 * 60), seconds=self.chance.randint(0, 59)
        )
