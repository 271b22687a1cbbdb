"""What the services are told: built by forms, commands, the demo and tests alike.

Rows are named by code or id. `uid` is the random name of what is made: sent twice, it is still one thing. Amounts are
in the minor unit of their currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from aidnet.deliveries.models import Precision
from aidnet.evidence.pictures import Picture
from aidnet.funding.models import Channel, FeeBearer, GiverKind, Rest, SettlementKind
from aidnet.ledger.models import BudgetLine
from aidnet.rates.models import RateKind
from aidnet.responders.models import Sector

Key = int | str


@dataclass(frozen=True)
class FundDraft:
    """A fund of the network."""

    uid: UUID
    name: str
    purpose: str


@dataclass(frozen=True)
class ContributionDraft:
    """A gift of money into a fund of the network: a pledge where `received_on` is None."""

    uid: UUID
    fund: Key
    amount_minor: int
    currency: str
    channel: Channel
    giver_kind: GiverKind
    #: The donor partner it came through.
    donor: Key | None = None
    #: A name the giver chose; with neither this nor `donor`, anonymous.
    giver: str | None = None
    received_on: date | None = None
    pledged_on: date | None = None
    #: When a pledge is expected.
    due_on: date | None = None
    #: A district or a state.
    earmark_place_id: int | None = None
    earmark_sector: Sector | None = None
    earmark_responder: Key | None = None
    note: str | None = None


@dataclass(frozen=True)
class ReceiptDraft:
    """The money of a pledge arrived; `amount_minor` where it is another than was pledged."""

    contribution: Key
    received_on: date
    amount_minor: int | None = None
    channel: Channel | None = None


@dataclass(frozen=True)
class GiftDraft:
    """A gift that reached the actor's responder directly: money (`amount_minor`, `currency`), or things (`item`, …)."""

    uid: UUID
    giver_kind: GiverKind
    channel: Channel
    received_on: date
    amount_minor: int | None = None
    currency: str | None = None
    item_id: int | None = None
    #: In thousandths of `unit`.
    quantity_milli: int | None = None
    unit: str | None = None
    giver: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class RefundDraft:
    """Some or all of a gift goes back to its giver."""

    uid: UUID
    contribution: Key
    amount_minor: int
    happened_on: date


@dataclass(frozen=True)
class PayoutDraft:
    """Money sent from a fund of the network to a responder."""

    uid: UUID
    fund: Key
    responder: Key
    channel: Channel
    amount_minor: int
    currency: str
    sent_on: date
    #: In `currency`: beside the amount and out of the fund, or (the receiver bears it) out of the amount.
    fee_minor: int = 0
    fee_bearer: FeeBearer = FeeBearer.FUND
    #: None: `currency`.
    expected_currency: str | None = None
    #: Units of `expected_currency` for one of `currency`; None where they are the same.
    rate: Decimal | None = None
    rate_kind: RateKind | None = None
    #: None: what the rate makes of what is left of the amount.
    expected_minor: int | None = None
    agent: str | None = None
    #: A district or a state.
    purpose_place_id: int | None = None
    purpose_sector: Sector | None = None
    #: What whoever fetches the money must say; only a salted hash of it is kept.
    token: str | None = None
    note: str | None = None
    #: Why, for the second person where the amount needs one.
    reason: str | None = None


@dataclass(frozen=True)
class ConfirmationDraft:
    """The receiver's word: what arrived (in the payout's expected currency; 0 is possible), and what of the rest."""

    uid: UUID
    payout: Key
    amount_minor: int
    arrived_on: date
    rest: Rest = Rest.COMING
    #: The word that the receiver had to say, as they were told it; None: not typed. It decides nothing.
    token: str | None = None


@dataclass(frozen=True)
class SettlementDraft:
    """How money that a payout lost was settled: some of it came back, or it is written off. In the currency that was sent."""

    uid: UUID
    payout: Key
    kind: SettlementKind
    amount_minor: int
    settled_on: date
    note: str | None = None


@dataclass(frozen=True)
class ShareDraft:
    """The part of an expense that was for one delivery."""

    delivery: Key
    #: None: all that the other parts leave.
    amount_minor: int | None = None


@dataclass(frozen=True)
class ExpenseDraft:
    """What the actor's responder spent, or, for a treasurer, the network itself."""

    uid: UUID
    budget_line: BudgetLine
    amount_minor: int
    currency: str
    spent_on: date
    #: None: the responder's own purse.
    fund: Key | None = None
    precision: Precision = Precision.DAY
    #: The deliveries it was for; what they leave of the amount was for no one delivery.
    shares: Sequence[ShareDraft] = ()
    #: Cash handed to households: the hand-out (of one of those deliveries) it was given at, by its event's uid.
    handed_at: UUID | None = None
    #: Photos of the receipt.
    pictures: Sequence[Picture] = ()
    #: Of a treasurer who types a responder's word: whose. None: the actor's own responder, or the network itself.
    responder: Key | None = None
    note: str | None = None


@dataclass(frozen=True)
class HeldLossDraft:
    """Money that the actor's responder held of a fund is lost."""

    uid: UUID
    fund: Key
    amount_minor: int
    currency: str
    happened_on: date


@dataclass(frozen=True)
class FeeDraft:
    """A cost of keeping or moving a fund's money, beside any payout."""

    uid: UUID
    fund: Key
    amount_minor: int
    currency: str
    happened_on: date


@dataclass(frozen=True)
class ExchangeDraft:
    """Money of a fund became money of another currency."""

    uid: UUID
    fund: Key
    amount_minor: int
    currency: str
    into_minor: int
    into_currency: str
    happened_on: date
