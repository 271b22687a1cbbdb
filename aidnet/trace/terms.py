"""The words in which money is followed."""

from collections.abc import Sequence
from dataclasses import dataclass

from aidnet.ledger.models import Account, AccountKind
from aidnet.responders.models import Sector
from aidnet.trace.models import Fate

#: What a gift is while its money is in an account of this kind.
FATES = {
    AccountKind.FUND: Fate.WAITING,
    AccountKind.TRANSIT: Fate.ON_THE_WAY,
    AccountKind.HELD: Fate.HELD,
    AccountKind.SPENT: Fate.SPENT,
    AccountKind.FEES: Fate.COST,
    AccountKind.LOST: Fate.LOST,
    AccountKind.OUTSIDE: Fate.RETURNED,
}
#: Money in these can move on.
PURSES = frozenset({AccountKind.FUND, AccountKind.TRANSIT, AccountKind.HELD, AccountKind.LOST})


class KeptForPurpose(Exception):
    """An account has money, but not enough that may go where it should: the rest is another gift's, or for another purpose."""

    def __init__(self, account: Account, available_minor: int) -> None:
        super().__init__(account.key)
        self.account = account
        self.available_minor = available_minor


class SpentSince(Exception):
    """Gifts that an undoing would take back are no longer where they were brought. `event_ids` are the acts that moved them."""

    def __init__(self, event_ids: Sequence[int]) -> None:
        super().__init__()
        self.event_ids = event_ids


@dataclass(frozen=True)
class Purpose:
    """What money leaves a fund for; an earmarked gift feeds only its own. The plain purpose is fed by free gifts alone."""

    responder_id: int | None = None
    #: A district or a state.
    place_id: int | None = None
    sector: Sector | None = None


PLAIN = Purpose()


@dataclass(frozen=True)
class Hop:
    """A transfer to follow."""

    source: Account
    target: Account
    amount_minor: int
