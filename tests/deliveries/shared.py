"""What tests of deliveries begin from."""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from aidnet.db import transaction
from aidnet.deliveries import catalogue, service
from aidnet.deliveries.drafts import DeliveryDraft, EventDraft, LineDraft
from aidnet.deliveries.models import Delivery, EventKind, LossReason
from aidnet.policy import Actor, unscoped
from tests import factories

#: Two villages of one tract in the test gazetteer, and a hub's township.
RICE, OIL = 1, 2
TOLD = "a test looks at everything"


def villages(count: int = 2) -> list[str]:
    """P-codes of villages of the test gazetteer."""
    from aidnet.places.models import Level, Place

    with transaction() as session:
        return list(session.scalars(sa.select(Place.pcode).where(Place.level == Level.VILLAGE).order_by(Place.pcode).limit(count)))


def ready() -> None:
    """The catalogue is loaded."""
    with transaction() as session:
        catalogue.load_catalogue(session)


def rice_and_oil(**more: object) -> DeliveryDraft:
    """A draft of 300 bags and 150 litres; by itself a plan."""
    lines = (LineDraft(item="rice", quantity_milli=300_000, unit="rice_bag"), LineDraft(item="oil", quantity_milli=150_000))
    return DeliveryDraft(**({"lines": lines} | more))  # type: ignore[arg-type]


def event(kind: EventKind, day: int = 2, quantities: Mapping[int, int] | None = None, **more: object) -> EventDraft:
    """Something that happened on a day of August 2026."""
    if kind is EventKind.LOST:
        more.setdefault("reason", LossReason.SEIZED)
    return EventDraft(kind=kind, happened_on=date(2026, 8, day), quantities=quantities or {}, **more)  # type: ignore[arg-type]


def ordinary(**more: object) -> DeliveryDraft:
    """Loaded, crossed, and handed out once in each of two villages."""
    here, there = villages()
    shared = {"households": 106, "people": 503}
    events = (
        event(EventKind.LOADED, 2),
        event(EventKind.CROSSED, 4),
        event(EventKind.DISTRIBUTED, 10, {RICE: 200_000, OIL: 100_000}, place=here, **shared),
        event(EventKind.DISTRIBUTED, 11, {RICE: 100_000, OIL: 50_000}, place=there, **shared),
    )
    return rice_and_oil(**({"events": events, "places": (here, there)} | more))


def logged(actor: Actor, draft: DeliveryDraft | None = None) -> Delivery:
    """A delivery of `actor`, committed."""
    with transaction() as session:
        return service.log(session, actor, draft or ordinary())


def fresh(code: str) -> Delivery:
    """The delivery as the database has it."""
    with transaction() as session:
        return session.scalars(unscoped(sa.select(Delivery).where(Delivery.code == code), because=TOLD)).one()


def coordinator() -> Actor:
    """Somebody of a new group."""
    return factories.actor("coordinator")
