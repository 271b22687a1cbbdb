"""The money of the story: gifts, payouts over slow channels, what groups spent. Sums stay inside the purses as they fill and empty."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from aidnet.codes import code_of
from aidnet.demo.cast import AGENTS, DONORS, FUNDS, GIVER_NAMES, GROUPS, MARKET, STREET
from aidnet.demo.telling import MONTHS, Act, Telling
from aidnet.funding.drafts import (
    ConfirmationDraft,
    ContributionDraft,
    ExpenseDraft,
    GiftDraft,
    PayoutDraft,
    ReceiptDraft,
    ShareDraft,
)
from aidnet.funding.models import Channel, GiverKind, Rest
from aidnet.ledger.models import BudgetLine
from aidnet.money import EXPONENTS
from aidnet.rates.models import RateKind
from aidnet.responders.models import Sector

CONTRIBUTIONS = 3500
PAYOUTS = 240
_TREASURER = "abacus"
#: In kyat: what one delivery alone seldom costs.
_LARGE = 2_000_000
#: Budget lines with their usual share of what a group spends.
_LINES = (
    (BudgetLine.GOODS, 52),
    (BudgetLine.TRANSPORT, 17),
    (BudgetLine.TOLLS, 7),
    (BudgetLine.MEDICINE, 11),
    (BudgetLine.SHELTER, 6),
    (BudgetLine.STIPENDS, 4),
    (BudgetLine.OTHER, 3),
)


def tell_money(telling: Telling) -> list[Act]:
    """Gifts and payouts. Fills `telling.funded`."""
    gifts = _by_week(list(_gifts(telling)))
    return [*gifts, *_payouts(telling, gifts), *_direct_gifts(telling), *_running_costs(telling)]


def tell_spending(telling: Telling, money: list[Act]) -> list[Act]:
    """What groups spent of what arrived, much of it on deliveries that `telling.carried` knows."""
    return list(_expenses(telling, money))


def _round(telling: Telling, middle: float) -> float:
    """A gift as people give: often a round sum, sometimes far from the middle."""
    amount = middle * math.exp(telling.chance.gauss(0, 0.75))
    step = 10 ** max(0, math.floor(math.log10(amount)) - (0 if telling.chance.random() < 0.7 else 1))
    return float(max(step, round(amount / step) * step))


def _gift(
    telling: Telling,
    day: date,
    fund: int,
    currency: str,
    middle: float,
    channel: Channel,
    kind: GiverKind,
    **giver: Any,
) -> Iterator[Act]:
    chance = telling.chance
    uid = telling.uid()
    minor = int(_round(telling, middle) * 10 ** EXPONENTS[currency])
    facts: dict[str, Any] = {
        "uid": uid,
        "fund": telling.stage.funds[fund],
        "amount_minor": minor,
        "currency": currency,
        "channel": channel,
        "giver_kind": kind,
        **giver,
    }
    if chance.random() < 0.06:
        facts["earmark_place_id"] = chance.choice(telling.stage.districts)
    elif chance.random() < 0.04:
        facts["earmark_sector"] = Sector.HEA
    at = telling.moment(day)
    if chance.random() < 0.07:
        arrived = day + timedelta(chance.randint(5, 60))
        yield Act(at, _TREASURER, "contribute", ContributionDraft(pledged_on=day, **facts))
        if chance.random() < 0.9:
            receipt = ReceiptDraft(contribution=code_of("C", uid), received_on=arrived)
            yield Act(telling.moment(arrived), _TREASURER, "receive", receipt)
    else:
        yield Act(at, _TREASURER, "contribute", ContributionDraft(received_on=day, **facts))


def _gifts(telling: Telling) -> Iterator[Act]:
    chance = telling.chance
    left = CONTRIBUTIONS
    days = [telling.first + timedelta(day) for day in range(telling.days)]
    for donor in DONORS:
        for _gift_number in range(donor.monthly * MONTHS):
            left -= 1
            currency = donor.currencies[0] if chance.random() < 0.8 else donor.currencies[-1]
            kind = GiverKind.FOUNDATION if "Foundation" in donor.code_name else GiverKind.GROUP
            yield from _gift(
                telling, chance.choice(days), chance.choice(donor.funds), currency, donor.middle, Channel.BANK, kind,
                donor=telling.stage.donors[donor.code_name],
            )  # fmt: skip
    shares = [fund.share for fund in FUNDS]
    #: People give more after bad news and in the rains.
    weights = [1.0 + 0.5 * (6 <= day.month <= 9) + 0.8 * (day.day < 6) for day in days]
    for day in sorted(chance.choices(days, weights, k=left)):
        currency, _share, middle, channels = chance.choices(STREET, [row[1] for row in STREET])[0]
        giver = chance.choice(GIVER_NAMES) if chance.random() < 0.35 else None
        yield from _gift(
            telling, day, chance.choices(range(len(FUNDS)), shares)[0], currency, middle, chance.choice(channels),
            GiverKind.PERSON if chance.random() < 0.9 else GiverKind.GROUP, giver=giver,
        )  # fmt: skip


def _by_week(gifts: list[Act]) -> list[Act]:
    """Gifts are written down together, once a week for each fund, as a busy treasurer does."""
    weeks: dict[Any, list[Act]] = defaultdict(list)
    acts = []
    for act in gifts:
        if act.verb == "contribute":
            weeks[act.at.isocalendar()[:2], act.draft.fund].append(act)
        else:
            acts.append(act)
    written: dict[str, datetime] = {}
    for week in weeks.values():
        last = max(act.at for act in week)
        acts.append(Act(last, _TREASURER, "contribute-many", [act.draft for act in sorted(week, key=lambda act: act.at)]))
        written |= {code_of("C", act.draft.uid): last for act in week}
    # A pledge is received after it was written down.
    return [
        replace(act, at=max(act.at, written.get(act.draft.contribution, act.at) + timedelta(hours=1)))
        if act.verb == "receive"
        else act
        for act in acts
    ]


def _rate(telling: Telling, currency: str, day: date) -> Decimal:
    """What a carrier gave that day: the market less a cut."""
    last, drift = MARKET[currency]
    past = (telling.today - day).days / telling.days
    market = last * (1 + (drift - 1) * past) * (1 + 0.012 * math.sin(day.toordinal() / 9))
    return Decimal(str(round(market * telling.chance.uniform(0.955, 0.995), 1)))


#: What a gift is kept for: a district, a sector, or nothing but its fund.
Mark = int | Sector | None


def _received(acts: list[Act], funds: tuple[int, ...]) -> list[tuple[datetime, int, str, Mark, int]]:
    """Money into purses: when, which fund, currency, what it is kept for, minor units."""
    drafts = [(act, act.draft if act.verb == "contribute-many" else [act.draft]) for act in acts]
    given = {code_of("C", gift.uid): gift for act, each in drafts for gift in each if act.verb != "receive"}
    came = []
    for act, each in drafts:
        for draft in each:
            if draft.received_on:
                gift = given[draft.contribution] if act.verb == "receive" else draft
                mark = gift.earmark_place_id or gift.earmark_sector
                came.append((act.at, funds.index(gift.fund), gift.currency, mark, gift.amount_minor))
    return sorted(came, key=lambda one: one[0])


@dataclass
class _Purse:
    """What is in a fund in one currency, oldest first: what each gift is kept for, and what is left of it."""

    gifts: list[tuple[Mark, int]] = field(default_factory=list)

    def there(self, *marks: Mark) -> int:
        """Minor units that may be used for these purposes."""
        return sum(minor for mark, minor in self.gifts if mark in marks)

    def take(self, amount: int, *marks: Mark) -> None:
        """Use so much of it, the oldest first."""
        left = []
        for mark, minor in self.gifts:
            used = min(minor, amount) if mark in marks else 0
            amount -= used
            if minor > used:
                left.append((mark, minor - used))
        self.gifts = left


def _payouts(telling: Telling, gifts: list[Act]) -> Iterator[Act]:
    chance, stage = telling.chance, telling.stage
    came = _received(gifts, stage.funds)
    purses: dict[tuple[int, str], _Purse] = defaultdict(_Purse)
    days = [telling.first + timedelta(chance.randint(12, telling.days - 2)) for _payout in range(PAYOUTS)]
    paid: dict[str, int] = defaultdict(int)
    for at, day in sorted((telling.moment(day), day) for day in days):
        while came and came[0][0] < at:
            _when, fund, currency, mark, minor = came.pop(0)
            purses[fund, currency].gifts.append((mark, minor))
        district = chance.choice(stage.districts)
        sector = Sector.HEA if chance.random() < 0.25 else None
        worth = {key: purse.there(None, district, sector) / _in_kyat(key[1]) for key, purse in purses.items()}
        fund, currency = max(worth, key=lambda key: worth[key])
        there = purses[fund, currency].there(None, district, sector)
        share = chance.uniform(0.55, 0.85)
        amount = int(there * share / 1000) * 1000 if there > 2000 else there
        group = min(GROUPS, key=lambda each: (paid[each.code_name] + chance.random()) / each.weight)
        paid[group.code_name] += 1
        channel = chance.choices((Channel.HUNDI, Channel.BANK, Channel.MOBILE_MONEY, Channel.CASH), (48, 14, 22, 16))[0]
        fee = int(amount * chance.choice((0, 0.005, 0.01, 0.015, 0.02)) / 100) * 100
        if currency == "MMK":
            amount, fee = amount // 100 * 100, fee // 100 * 100
        if amount <= 0 or amount + fee > there:
            continue
        purses[fund, currency].take(amount + fee, None, district, sector)
        telling.funded[group.code_name].append((day, fund))
        purpose = {"purpose_place_id": district, "purpose_sector": sector}
        yield from _payout(telling, at, day, group.code_name, fund, currency, amount, fee, channel, purpose)


def _in_kyat(currency: str) -> float:
    """Minor units of a currency to one kyat."""
    return 1.0 if currency == "MMK" else 10 ** EXPONENTS[currency] / MARKET[currency][0]


def _payout(
    telling: Telling,
    at: datetime,
    day: date,
    group: str,
    fund: int,
    currency: str,
    amount: int,
    fee: int,
    channel: Channel,
    purpose: dict[str, Any],
) -> Iterator[Act]:
    chance = telling.chance
    uid = telling.uid()
    rate = None if currency == "MMK" else _rate(telling, currency, day)
    expected = amount if rate is None else int(Decimal(amount).scaleb(-EXPONENTS[currency]) * rate)
    yield Act(
        at,
        _TREASURER,
        "pay",
        PayoutDraft(
            uid=uid,
            fund=telling.stage.funds[fund],
            responder=telling.stage.responders[group],
            channel=channel,
            amount_minor=amount,
            currency=currency,
            sent_on=day,
            fee_minor=fee,
            expected_currency="MMK",
            rate=rate,
            rate_kind=RateKind.ACHIEVED if rate else None,
            expected_minor=expected,
            **purpose,
            agent=chance.choice(AGENTS) if channel is Channel.HUNDI else None,
        ),
    )
    payout = code_of("Y", uid)
    fate = chance.random()
    if fate < 0.03:
        return
    parts = [(expected * 6 // 10, Rest.COMING), (expected - expected * 6 // 10, Rest.COMING)] if fate < 0.12 else []
    if fate > 0.975:
        parts = [(0, Rest.LOST)]
    elif fate > 0.94:
        parts = [(expected * 97 // 100, Rest.COST)]
    for amount_minor, rest in parts or [(expected, Rest.COMING)]:
        day += timedelta(chance.randint(1, 9))
        draft = ConfirmationDraft(
            uid=telling.uid(), payout=payout, amount_minor=amount_minor, arrived_on=day, rest=rest
        )
        at = max(telling.moment(day), at + timedelta(hours=1))
        yield Act(at, f"coordinator-{group.lower()}", "confirm", draft)


def _for_deliveries(telling: Telling, group: str, at: datetime, amount: int) -> tuple[ShareDraft, ...]:
    """A delivery of the group that was written down in the three weeks before; a large sum is for two of them."""
    near = [uid for written, uid in telling.carried[group] if timedelta(0) < at - written < timedelta(21)]
    if not near or telling.chance.random() >= 0.7:
        return ()
    chosen = telling.chance.choice(near)
    others = [uid for uid in near if uid != chosen] if amount > _LARGE else []
    return (ShareDraft(code_of("D", chosen)), *(ShareDraft(code_of("D", uid), amount * 2 // 5) for uid in others[:1]))


def _expenses(telling: Telling, payouts: list[Act]) -> Iterator[Act]:
    """Each confirmed sum is spent over the weeks after, by budget line; now and then a little more than there was."""
    chance = telling.chance
    fund_of = {code_of("Y", act.draft.uid): act.draft.fund for act in payouts if act.verb == "pay"}
    for act in payouts:
        if act.verb != "confirm" or act.draft.amount_minor < 10_000:
            continue
        spend = act.draft.amount_minor * chance.choice((0.7, 0.85, 0.95, 1.0, 1.0, 1.08))
        chosen = [line for line in _LINES if line[0] is BudgetLine.GOODS or chance.random() < 0.2]
        whole = sum(share for _line, share in chosen)
        day = act.draft.arrived_on
        for line, share in chosen:
            day += timedelta(chance.randint(0, 6))
            amount = int(spend * share / whole / 100) * 100
            if amount > 0:
                at = max(telling.moment(day + timedelta(chance.randint(0, 4))), act.at + timedelta(hours=2))
                draft = ExpenseDraft(
                    uid=telling.uid(),
                    budget_line=line,
                    amount_minor=amount,
                    currency="MMK",
                    spent_on=day,
                    fund=fund_of[act.draft.payout],
                    shares=_for_deliveries(telling, act.who.removeprefix("coordinator-").upper(), at, amount),
                )
                yield Act(at, act.who, "spend", draft)


def _direct_gifts(telling: Telling) -> Iterator[Act]:
    """Gifts that reached a group by themselves: a neighbour's kyat, sacks of rice."""
    chance = telling.chance
    for group in GROUPS:
        for _gift_number in range(chance.randint(4, 11)):
            day = telling.first + timedelta(chance.randint(5, telling.days - 5))
            draft = GiftDraft(
                uid=telling.uid(),
                giver_kind=GiverKind.PERSON,
                channel=Channel.CASH,
                received_on=day,
                amount_minor=int(_round(telling, 80_000)),
                currency="MMK",
                giver=chance.choice(GIVER_NAMES) if chance.random() < 0.4 else None,
            )
            yield Act(telling.moment(day), f"coordinator-{group.code_name.lower()}", "gift", draft)


def _running_costs(telling: Telling) -> Iterator[Act]:
    """The network's own spending: small, monthly, out of the fund that may be used for anything."""
    for month in range(2, MONTHS):
        day = telling.first + timedelta(month * 30)
        draft = ExpenseDraft(
            uid=telling.uid(),
            budget_line=BudgetLine.OTHER,
            amount_minor=1_500,
            currency="USD",
            spent_on=day,
            fund=telling.stage.funds[1],
        )
        yield Act(telling.moment(day), _TREASURER, "spend", draft)
