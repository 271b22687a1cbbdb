"""The slice's writes, under one name: what other slices, the demo and tests call."""

from aidnet.funding.contributions import (
    open_fund,
    own_purse,
    receive,
    record_contribution,
    record_gift,
    refund,
    withdraw_pledge,
)
from aidnet.funding.payouts import confirm_payout, declare_lost, send_payout
from aidnet.funding.spending import charge_fee, exchange, lose_held, record_expense
from aidnet.funding.undoing import reverse

__all__ = [
    "charge_fee",
    "confirm_payout",
    "declare_lost",
    "exchange",
    "lose_held",
    "open_fund",
    "own_purse",
    "receive",
    "record_contribution",
    "record_expense",
    "record_gift",
    "refund",
    "reverse",
    "send_payout",
    "withdraw_pledge",
]
