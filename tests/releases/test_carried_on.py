"""Goods that another group carried on: counted in the results of the fund that bought them, and once."""

from datetime import date
from typing import Any

import pytest

from aidnet.custody import service as custody
from aidnet.custody.drafts import GatherDraft, OnwardDraft, Taken
from aidnet.db import transaction
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.models import EventKind
from aidnet.policy import Actor
from aidnet.releases.harvest import harvest
from tests import factories
from tests.custody.shared import bought_from, given_to, of, pair
from tests.deliveries.shared import RICE, event, ready, villages


@pytest.fixture(autouse=True)
def catalogue(app: Any) -> None:
    ready()


def handed_out(actor: Actor, code: str, line: int, **facts: object) -> None:
    with transaction() as session:
        place = villages(1)[0]
        told = event(EventKind.DISTRIBUTED, 12, {line: 100_000}, place=place, households=20, people=90, **facts)
        deliveries.report(session, actor, code, told)


def counted(fund_id: int) -> list[int]:
    """The deliveries whose hand-outs the next release would count."""
    with transaction() as session:
        return [one.delivery_id for one in harvest(session, fund_id).handouts]


def test_the_receivers_hand_outs_count_for_the_fund_once(app):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    fund_id = factories.fund().id
    bought_from(delivery, fund_id)
    handed_out(giver, delivery.code, RICE, giver=receiver.partner_id)
    assert counted(fund_id) == [delivery.id]

    draft = OnwardDraft(loaded_on=date(2026, 8, 9), amounts={RICE: 240_000})
    code = of(delivery).code
    with transaction() as session:
        onward = custody.carry_on(session, receiver, code, draft)
    handed_out(receiver, onward.code, 1)
    handed_out(giver, delivery.code, RICE)

    assert sorted(counted(fund_id)) == [delivery.id, onward.id]


def test_a_part_of_the_own_takes_nothing_from_what_the_rest_reached(app):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    fund_id = factories.fund().id
    bought_from(delivery, fund_id)
    taken = (Taken(code=delivery.code, amounts={RICE: 10_000}),)
    with transaction() as session:
        part = custody.gather(session, giver, GatherDraft(moved_on=date(2026, 8, 9), takes=taken))
    handed_out(giver, delivery.code, RICE, giver=receiver.partner_id)
    handed_out(giver, delivery.code, RICE)
    handed_out(giver, part.code, 1)

    assert sorted(counted(fund_id)) == [delivery.id, delivery.id, part.id]
