"""Playing the story: each act goes through the service a page would call, at its own time, as its own person."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from aidnet import clock, codes
from aidnet.access import service as access
from aidnet.custody import service as custody
from aidnet.db import transaction
from aidnet.deliveries import filters, kits
from aidnet.deliveries import service as deliveries
from aidnet.demo import groups_story
from aidnet.demo.telling import Act
from aidnet.evacuations import fading
from aidnet.evacuations import service as evacuations
from aidnet.funding import service as funding
from aidnet.intake import service as intake
from aidnet.needs import service as needs
from aidnet.policy import OPERATOR, Actor
from aidnet.rates import service as rates
from aidnet.releases import service as releases
from aidnet.statements import service as statements
from aidnet.updates import service as updates

#: The services, by the story's verbs.
_VERBS: dict[str, Callable[[Session, Actor, Any], object]] = {
    "contribute": funding.record_contribution,
    "contribute-many": funding.record_many,
    "receive": funding.receive,
    "pay": funding.send_payout,
    "confirm": funding.confirm_payout,
    "spend": funding.record_expense,
    "gift": funding.record_gift,
    "rate": rates.type_rates,
    "report-in": rates.choose_reporting,
    "bring": intake.add_list,
    "load": lambda session, actor, code: intake.load(session, actor, code, intake.Which()),
    "log": deliveries.log,
    "kit": kits.make,
    "gather": custody.gather,
    "lack": needs.report,
    "still-lack": needs.renew,
    "mean": lambda session, actor, pair: needs.cover(session, actor, [pair[0]], pair[1]),
    "meet": needs.meet,
    "lack-not": needs.withdraw,
    "block": access.report,
    "still-blocked": access.renew,
    "pass": lambda session, actor, pair: access.end(session, actor, pair[0], until_on=pair[1]),
    "evacuate": evacuations.plan,
    "publish": updates.publish,
    "take-back": updates.withdraw,
    "vouch": groups_story.vouch,
    "vouch-no-more": groups_story.vouch_no_more,
    "have": groups_story.have,
    "show-name": groups_story.show_name,
    "old-book": groups_story.bring_old_book,
    "keep": lambda session, actor, kept: filters.save(session, actor, **kept),
}
_ON_A_DELIVERY: dict[str, Callable[[Session, Actor, str, Any], object]] = {
    "report": deliveries.report,
    "correct": deliveries.correct,
}


_ON_AN_EVACUATION: dict[str, Callable[[Session, Actor, str, Any], object]] = {"on-an-evacuation": evacuations.report}
_ON_A_HANDOVER: dict[str, Callable[[Session, Actor, str, Any], object]] = {"answer": custody.answer}


def play(acts: Sequence[Act], people: Mapping[str, Actor], today: date) -> Iterator[int]:
    """Write the acts down, a week a transaction, publish results on the days they are due, and close the months in the end.

    Yields how many are done.
    """
    done, published = 0, date.min
    for (_year, _week, due), together in groupby(acts, key=_together):
        if due > published:
            _publish(due)
            published = due
        with transaction() as session:
            for act in together:
                with clock.at(act.at):
                    _one(session, act, people[act.who])
                done += 1
        yield done
    _publish(today)
    with clock.at(datetime(today.year, today.month, today.day, tzinfo=clock.YANGON)), transaction() as session:
        fading.fade(session, OPERATOR, today)
    with transaction() as session:
        for fund_id in statements.fund_ids(session):
            statements.build_fund(session, OPERATOR, fund_id)


def _together(act: Act) -> tuple[int, int, date]:
    """The week of an act, and the last 15th before it: results of a month are due on the 15th of the next."""
    day = act.at.astimezone(clock.YANGON).date()
    due = (day if day.day > 15 else day.replace(day=1) - timedelta(days=1)).replace(day=15)
    return (*day.isocalendar()[:2], due)


def _one(session: Session, act: Act, actor: Actor) -> None:
    if act.verb in _ON_A_DELIVERY:
        _ON_A_DELIVERY[act.verb](session, actor, codes.code_of("D", UUID(act.of)), act.draft)
    elif act.verb in _ON_AN_EVACUATION:
        _ON_AN_EVACUATION[act.verb](session, actor, codes.code_of("V", UUID(act.of)), act.draft)
    elif act.verb in _ON_A_HANDOVER:
        _ON_A_HANDOVER[act.verb](session, actor, act.of, act.draft)
    else:
        _VERBS[act.verb](session, actor, act.draft)


def _publish(day: date) -> None:
    night = datetime(day.year, day.month, day.day, 23, tzinfo=clock.YANGON)
    with clock.at(min(night, clock.now())), transaction() as session:
        releases.build(session, OPERATOR, clock.today())
