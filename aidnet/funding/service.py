"""The slice's writes, under one name: what other slices, the demo and tests call."""

from aidnet.funding.agreeing import agree, do_alone, refuse, take_back
from aidnet.funding.closing import close_fund
from aidnet.funding.contributions import (
    open_fund,
    own_purse,
    receive,
    record_contribution,
    record_gift,
    record_many,
    refund,
    withdraw_pledge,
)
from aidnet.funding.payouts import confirm_payout, declare_lost, send_payout
from aidnet.funding.settling import settle
from aidnet.funding.spending import charge_fee, exchange, lose_held, record_expense
from aidnet.funding.undoing import reverse

__all__ = [
    "agree",
    "charge_fee",
    "close_fund",
    "confirm_payout",
    "declare_lost",
    "do_alone",
    "exchange",
    "lose_held",
    "open_fund",
    "own_purse",
    "receive",
    "record_contribution",
    "record_expense",
    "record_gift",
    "record_many",
    "refund",
    "refuse",
    "reverse",
    "send_payout",
    "settle",
    "take_back",
    "withdraw_pledge",
]
