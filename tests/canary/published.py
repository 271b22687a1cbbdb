"""Updates of the canary's network, for each audience, by several partners; one of them taken back. Its public page is on."""

from typing import TYPE_CHECKING
from uuid import uuid4

from aidnet import clock
from aidnet.db import transaction
from aidnet.network import service as networks
from aidnet.policy import Actor
from aidnet.updates import service
from aidnet.updates.models import UpdateAudience, UpdateKind
from aidnet.updates.service import UpdateDraft

if TYPE_CHECKING:
    from tests.canary.network import Builder


def publish(make: "Builder", partners: list[Actor]) -> None:
    """Each of `partners` publishes for each audience, and the last takes one back. A day for each audience, for days are scarce."""
    days = {audience: make.mint.next_day() for audience in UpdateAudience}
    with clock.at(make.mint.instant()), transaction() as session:
        for actor in partners:
            for kind, audience in zip(UpdateKind, UpdateAudience, strict=False):
                draft = UpdateDraft(
                    uid=uuid4(),
                    kind=kind,
                    audience=audience,
                    published_on=days[audience],
                    title_en=f"{make.mint.word()} goes on",
                    title_my=make.mint.word(),
                    body=f"{make.mint.word()} said so.\n\nAnd {make.mint.word()} too.",
                    link=f"https://example.org/{make.mint.word()}",
                )
                row = service.publish(session, actor, draft)
        service.withdraw(session, partners[-1], row.code)
        networks.set_public_page(session, make.admin, is_on=True)
