"""What forms, the command line and the demo hand to the services."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from aidnet.rates.models import RateKind


@dataclass(frozen=True)
class RateDraft:
    """One rate as somebody read it: units of `quote` for one of `base`. `rate` None: for this day there is none."""

    uid: UUID
    base: str
    quote: str
    kind: RateKind
    on_day: date
    rate: Decimal | None
    note: str | None = None
