"""Writes: rates as people type them, and the currencies the network reports in. What follows from them is kept beside this file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, policy
from aidnet.errors import AidnetError, Invalid, Refused
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.money import CURRENCIES, format_rate
from aidnet.network.models import Network
from aidnet.policy import Actor, Permission, unscoped
from aidnet.rates import history, spread
from aidnet.rates.drafts import RateDraft
from aidnet.rates.history import Done, Stretch
from aidnet.rates.lookup import CONVERTING, HOLDS_DAYS
from aidnet.rates.models import Rate, RateKind, ReportingCurrency
from aidnet.rates.queries import reporting_currencies

__all__ = ["FarOff", "RateDraft", "Typing", "choose_reporting", "type_rates", "value_history"]

MOST_RATE = Decimal(10**9)
MOST_DECIMALS = 12
#: Further than this from the last one, and a rate is asked for once more.
FAR_PERCENT = 30
#: Currencies a network may report in.
MOST_REPORTING = 4
#: Transfers that typing one rate converts; what is more waits for `flask rates value`.
MOST_AT_ONCE = 20_000
_BECAUSE = "who may type rates may know the last one"


class FarOff(AidnetError):
    """A rate is far from the last one of its pair and kind: perhaps mistyped, perhaps the kyat fell."""

    status = 422
    code = "far-off"


@dataclass(frozen=True)
class Typing:
    """What came of typing rates: the rows, and how many transfers they gave a value."""

    rows: Sequence[Rate]
    valued: int


def type_rates(session: Session, actor: Actor, drafts: Sequence[RateDraft], *, sure: bool = False) -> Typing:
    """Write rates down, and convert what had none on the days they hold for. The newest of a pair, kind and day counts.

    Raises:
        Refused: the actor types no rates.
        Invalid: no rate, one that cannot be, or two of one day.
        FarOff: one is more than 30 % away from the one before, and nobody is `sure`.
    """
    if not actor.may(Permission.RATE_WRITE):
        raise Refused
    if not drafts:
        raise Invalid(_l("Type at least one rate."))
    network = history.alone(session)
    before = session.scalars(
        policy.visible(actor, Permission.RATE_WRITE, Rate).where(Rate.uid.in_([draft.uid for draft in drafts]))
    ).all()
    if before:
        return Typing(before, 0)
    drafts = sorted(drafts, key=lambda draft: draft.on_day)
    for draft in drafts:
        _check(draft)
    if len({(draft.base, draft.quote, draft.kind, draft.on_day) for draft in drafts}) < len(drafts):
        raise Invalid(_l("Two rates are of the same day."))
    if not sure:
        _refuse_far(session, drafts)
    rows = [
        Rate(
            uid=draft.uid,
            base=draft.base,
            quote=draft.quote,
            kind=draft.kind,
            on_day=draft.on_day,
            rate=draft.rate,
            note=draft.note,
            recorded_at=clock.now(),
            recorded_by_id=actor.user_id,
        )
        for draft in drafts
    ]
    session.add_all(rows)
    session.flush()
    valued = _convert(session, [row for row in rows if row.rate is not None])
    for row in rows:
        shown = "none" if row.rate is None else f"{row.rate:f}"
        facts = {"base": row.base, "quote": row.quote, "kind": row.kind.value, "day": row.on_day.isoformat()}
        audit.record(session, actor, "rate.typed", row, **facts, rate=shown)
    if valued:
        audit.record(session, actor, "rate.values-filled", network, transfers=valued)
    return Typing(rows, valued)


def _check(draft: RateDraft) -> None:
    if draft.kind not in CONVERTING:
        raise Invalid(_l("This kind of rate comes from payouts and is not typed."), field="kind")
    if draft.base not in CURRENCIES or draft.quote not in CURRENCIES or draft.base == draft.quote:
        raise Invalid(_l("Choose two different currencies."), field="quote")
    if draft.on_day > clock.today():
        raise Invalid(_l("This day has not come yet."), field="day")
    if draft.rate is None:
        return
    if not 0 < draft.rate <= MOST_RATE:
        raise Invalid(_l("This rate cannot be right."), field="rate")
    exponent = draft.rate.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > MOST_DECIMALS:
        raise Invalid(_("At most %(most)s decimals, please.", most=MOST_DECIMALS), field="rate")


def _refuse_far(session: Session, drafts: Sequence[RateDraft]) -> None:
    """Each against the one before it: of the same list, else of what was typed. Raises: FarOff."""
    last: dict[tuple[str, str, RateKind], Rate | RateDraft | None] = {}
    for draft in drafts:
        key = (draft.base, draft.quote, draft.kind)
        if key not in last:
            last[key] = _last(session, draft)
        previous = last[key]
        if draft.rate is None:
            continue
        last[key] = draft
        if previous is None or previous.rate is None:
            continue
        percent = abs(draft.rate - previous.rate) * 100 / previous.rate
        if percent > FAR_PERCENT:
            sentence = _(
                "%(rate)s is %(percent)s %% away from the last one, %(last)s of %(day)s. If it is right, save it once more.",
                rate=format_rate(draft.rate),
                percent=int(percent),
                last=format_rate(previous.rate),
                day=previous.on_day.isoformat(),
            )
            raise FarOff(sentence, field="rate")


def _last(session: Session, draft: RateDraft) -> Rate | None:
    """The latest rate of a pair and kind up to the day; where there is none, the first after it."""
    same = sa.select(Rate).where(
        Rate.base == draft.base, Rate.quote == draft.quote, Rate.kind == draft.kind, Rate.rate.is_not(None)
    )
    up_to = same.where(Rate.on_day <= draft.on_day).order_by(Rate.on_day.desc(), Rate.id.desc())
    after = same.where(Rate.on_day > draft.on_day).order_by(Rate.on_day, Rate.id.desc())
    found = (session.scalars(unscoped(one.limit(1), because=_BECAUSE)).first() for one in (up_to, after))
    return next((row for row in found if row is not None), None)


def _convert(session: Session, rows: Sequence[Rate]) -> int:
    """Give a value to what had none on the days that new rates hold for. How many transfers."""
    if not rows:
        return 0
    reporting = reporting_currencies(session)
    holds = timedelta(days=HOLDS_DAYS)
    first, last = min(row.on_day for row in rows), max(row.on_day for row in rows) + holds
    waiting = history.waiting(session, reporting, (first, last))
    arrivals_wait = spread.any_unrated(session)
    valued = 0
    for row in rows:
        if arrivals_wait and row.kind is RateKind.MARKET:
            spread.rate_arrivals(session, row.base, row.quote, row.on_day, most=MOST_AT_ONCE)
        for currency, into in ((row.base, row.quote), (row.quote, row.base)):
            if (currency, into) in waiting:
                stretch = Stretch(currency, (row.on_day, row.on_day + holds))
                valued += history.value_unrated(session, into, stretch, most=MOST_AT_ONCE).valued
    return valued


def choose_reporting(session: Session, actor: Actor, currencies: Sequence[str]) -> Network:
    """Report in these currencies, the first being everybody's until they choose another; none: each in its own only.

    What was converted stays; what was not waits for `value_history`.

    Raises: Refused, Invalid.
    """
    if not actor.may(Permission.NETWORK_SETTINGS):
        raise Refused
    if len(set(currencies)) < len(currencies):
        raise Invalid(_l("Each currency once, please."), field="first")
    if len(currencies) > MOST_REPORTING or not set(currencies) <= set(CURRENCIES):
        raise Invalid(_l("Choose currencies of the list, four at most."), field="first")
    network = history.alone(session)
    if reporting_currencies(session) != list(currencies):
        session.execute(sa.delete(ReportingCurrency))
        session.add_all(ReportingCurrency(currency=code, rank=rank) for rank, code in enumerate(currencies, 1))
        session.flush()
        audit.record(session, actor, "network.reporting-chosen", network, currencies=" ".join(currencies))
    return network


def value_history(session: Session, actor: Actor, reporting: str, after: int, *, most: int) -> Done:
    """Convert one batch of what the books held before the network reported in a currency. For the machine's operator."""
    network = history.alone(session)
    done = history.value_unrated(session, reporting, Stretch(after=after), most=most)
    if done.valued:
        audit.record(session, actor, "rate.values-filled", network, currency=reporting, transfers=done.valued)
    return done


def note_history(session: Session, actor: Actor, *, most: int) -> int:
    """Note one batch of arrivals that were written before the cost of the rate was kept. For the machine's operator."""
    network = history.alone(session)
    noted = history.note_arrivals(session, most=most)
    if noted:
        audit.record(session, actor, "rate.spreads-filled", network, arrivals=noted)
    return noted
