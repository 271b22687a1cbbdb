"""What channels, budget lines, states and the ledger's parts are called."""

from flask_babel import LazyString

from aidnet.funding.models import (
    Channel,
    ContributionState,
    ExpenseState,
    FeeBearer,
    GiverKind,
    PayoutState,
    Rest,
    SettlementKind,
)
from aidnet.i18n import lazy_gettext as _l
from aidnet.ledger.models import AccountKind, BudgetLine, LedgerEventKind
from aidnet.rates.models import RateKind

CHANNELS: dict[Channel, LazyString] = {
    Channel.HUNDI: _l("Hundi"),
    Channel.BANK: _l("Bank"),
    Channel.MOBILE_MONEY: _l("Mobile money"),
    Channel.CASH: _l("Cash by hand"),
    Channel.OTHER: _l("Other way"),
}

#: In the order of every table.
LINES: dict[BudgetLine, LazyString] = {
    BudgetLine.GOODS: _l("Goods"),
    BudgetLine.TRANSPORT: _l("Transport"),
    BudgetLine.TOLLS: _l("Tolls and informal payments"),
    BudgetLine.MEDICINE: _l("Medicine"),
    BudgetLine.SHELTER: _l("Shelter"),
    BudgetLine.STIPENDS: _l("Stipends"),
    BudgetLine.CASH_HANDED: _l("Cash handed to households"),
    BudgetLine.OTHER: _l("Other spending"),
}

GIVERS: dict[GiverKind, LazyString] = {
    GiverKind.PERSON: _l("Person"),
    GiverKind.GROUP: _l("Group of people"),
    GiverKind.FOUNDATION: _l("Foundation"),
    GiverKind.GOVERNMENT: _l("Government"),
}

CONTRIBUTION_STATES: dict[ContributionState, LazyString] = {
    ContributionState.PLEDGED: _l("Pledged"),
    ContributionState.RECEIVED: _l("Received"),
    ContributionState.WITHDRAWN: _l("Withdrawn"),
    ContributionState.REVERSED: _l("Undone"),
}
CONTRIBUTION_MARKS: dict[ContributionState, str] = {
    ContributionState.PLEDGED: "waits",
    ContributionState.RECEIVED: "done",
    ContributionState.WITHDRAWN: "off",
    ContributionState.REVERSED: "back",
}

RATES: dict[RateKind, LazyString] = {
    RateKind.OFFICIAL: _l("Official rate"),
    RateKind.MARKET: _l("Market rate"),
    RateKind.ACHIEVED: _l("Rate we got"),
}

PAYOUT_STATES: dict[PayoutState, LazyString] = {
    PayoutState.WAITING: _l("Waits for a second person"),
    PayoutState.DECLINED: _l("Not sent"),
    PayoutState.SENT: _l("Sent"),
    PayoutState.PARTIAL: _l("Arrived in part"),
    PayoutState.CONFIRMED: _l("Confirmed"),
    PayoutState.LOST: _l("Reported lost"),
    PayoutState.REVERSED: _l("Undone"),
}
PAYOUT_MARKS: dict[PayoutState, str] = {
    PayoutState.WAITING: "waits",
    PayoutState.DECLINED: "off",
    PayoutState.SENT: "moving",
    PayoutState.PARTIAL: "part",
    PayoutState.CONFIRMED: "done",
    PayoutState.LOST: "lost",
    PayoutState.REVERSED: "back",
}

FEE_BEARERS: dict[FeeBearer, LazyString] = {
    FeeBearer.FUND: _l("The fund, beside the amount"),
    FeeBearer.RECEIVER: _l("The receiver, out of the amount"),
}

SETTLEMENTS: dict[SettlementKind, LazyString] = {
    SettlementKind.REPAID: _l("Repaid to the fund"),
    SettlementKind.WRITTEN_OFF: _l("Written off: it will not come back"),
}

#: As the form asks it.
RESTS: dict[Rest, LazyString] = {
    Rest.COMING: _l("More is still on its way"),
    Rest.COST: _l("That is all: what is missing was the cost of moving it"),
    Rest.LOST: _l("That is all: what is missing is lost"),
}

EXPENSE_STATES: dict[ExpenseState, LazyString] = {
    ExpenseState.RECORDED: _l("Recorded"),
    ExpenseState.REVERSED: _l("Undone"),
}
EXPENSE_MARKS: dict[ExpenseState, str] = {ExpenseState.RECORDED: "done", ExpenseState.REVERSED: "back"}

EVENTS: dict[LedgerEventKind, LazyString] = {
    LedgerEventKind.CONTRIBUTION: _l("Gift received"),
    LedgerEventKind.REFUND: _l("Given back"),
    LedgerEventKind.PAYOUT: _l("Payout sent"),
    LedgerEventKind.CONFIRMATION: _l("Payout confirmed"),
    LedgerEventKind.LOSS: _l("Loss reported"),
    LedgerEventKind.EXCHANGE: _l("Changed currency"),
    LedgerEventKind.FEE: _l("Fee"),
    LedgerEventKind.EXPENSE: _l("Spending"),
    LedgerEventKind.SETTLEMENT: _l("Loss repaid"),
    LedgerEventKind.REVERSAL: _l("Undone"),
}

ACCOUNTS: dict[AccountKind, LazyString] = {
    AccountKind.OUTSIDE: _l("Givers"),
    AccountKind.FUND: _l("In the fund"),
    AccountKind.TRANSIT: _l("On its way"),
    AccountKind.HELD: _l("Held"),
    AccountKind.SPENT: _l("Spent"),
    AccountKind.FEES: _l("Cost of moving"),
    AccountKind.EXCHANGE: _l("Exchange"),
    AccountKind.LOST: _l("Lost"),
}
