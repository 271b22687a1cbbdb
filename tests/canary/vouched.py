"""Words of the canary's groups for each other, what they have, and to whom they show their names, or did."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import sqlalchemy as sa

from aidnet import clock
from aidnet.db import transaction
from aidnet.partners.models import Partner
from aidnet.policy import Actor, unscoped
from aidnet.responders import capacity, names, vouching
from aidnet.responders.models import CapacityKind
from tests.canary.marks import of_value

if TYPE_CHECKING:
    from tests.canary.audiences import Ownership
    from tests.canary.network import Builder, Group


def vouch(make: "Builder", donors: list[Actor], groups: "list[Group]") -> None:
    """Each group vouches for the other (and took that back before), and shows its name to the first donor, no more to the second.

    The first shows its name to the second group too, and not the other way round.
    """
    first, second = groups
    with transaction() as session:
        wanted = (
            sa.select(Partner.code).where(Partner.id.in_([donor.partner_id for donor in donors])).order_by(Partner.id)
        )
        codes = session.scalars(unscoped(wanted, because="the canary looks at everything")).all()
    with clock.at(make.mint.instant()), transaction() as session:
        gone = [
            (
                group.coordinator,
                names.show_name(session, group.coordinator, codes[1], uuid4()).uid,
                vouching.vouch(session, group.coordinator, other.partner.code, uuid4()),
            )
            for group, other in ((first, second), (second, first))
        ]
        for group in groups:
            village = group.villages[0]
            for kind, place in ((CapacityKind.BOATS, village.township_id), (CapacityKind.MEDICS, village.district_id)):
                draft = capacity.CapacityDraft(uuid4(), kind, place or 0, make.mint.number())
                capacity.say_capacity(session, group.coordinator, draft)
    with clock.at(make.mint.instant()), transaction() as session:
        for (actor, uid, _word), other in zip(gone, (second, first), strict=True):
            names.hide_name(session, actor, uid)
            vouching.withdraw(session, actor, other.partner.code)
    with clock.at(make.mint.instant()), transaction() as session:
        for group, other in ((first, second), (second, first)):
            vouching.vouch(session, group.coordinator, other.partner.code, uuid4())
            names.show_name(session, group.coordinator, codes[0], uuid4())
        names.show_name(session, first.coordinator, second.partner.code, uuid4())


def told_names(owned: "Ownership", actor: Actor) -> Iterator[str]:
    """Own names that are shown to the actor's partner now."""
    for row in owned.rows["name_shown"]:
        if row["partner_id"] == actor.partner_id and row["ended_at"] is None:
            yield from of_value("own_name", owned.row("partner", row["responder_id"])["own_name"])
