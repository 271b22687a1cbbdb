"""What stands in the way of a plan, in words: what, where, how one gets through, and how old that is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from aidnet.access.standing import Standing, standing_on
from aidnet.access.words import EASES, KINDS
from aidnet.deliveries import words
from aidnet.i18n import gettext as _
from aidnet.policy import Actor


@dataclass(frozen=True)
class Obstacle:
    """Something in the way, as the actor may know it: of others' reports no more than the township."""

    what: str
    where: str
    how: str
    #: "said 3 days ago", and whether that is long ago.
    said: str


def in_the_way(session: Session, actor: Actor, place_ids: Collection[int], crossing_ids: Collection[int]) -> tuple[Obstacle, ...]:
    """What stands in the townships of these places and at these crossings. Two statements at most."""
    return in_words(standing_on(session, actor, place_ids, crossing_ids))


def in_words(standing: Sequence[Standing]) -> tuple[Obstacle, ...]:
    """What stands in the way, as it is told."""
    found = []
    for one in standing:
        said = _("said %(ago)s", ago=words.ago(one.row.constraint.heard_on))
        if one.row.stale:
            said = _("%(said)s, and nobody confirmed it since", said=said)
        found.append(
            Obstacle(
                what=str(KINDS[one.row.constraint.kind]),
                where=one.row.where,
                how=str(EASES[one.row.constraint.ease][1]),
                said=said,
            )
        )
    return tuple(found)
