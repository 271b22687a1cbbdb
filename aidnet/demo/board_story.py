"""What coordinators keep for their mornings."""

from collections.abc import Iterator
from datetime import timedelta

from aidnet.demo.cast import GROUPS
from aidnet.demo.telling import Act, Telling

#: Name and what the list's address asks.
_KEPT = (("Rice on its way", {"state": "on-the-way", "item": "rice"}), ("Late", {"state": "late"}))


def tell_board(telling: Telling) -> Iterator[Act]:
    """Two filters that the largest group's coordinator keeps by name."""
    at, who = telling.moment(telling.today - timedelta(6)), f"coordinator-{GROUPS[0].code_name.lower()}"
    for name, asked in _KEPT:
        yield Act(at, who, "keep", {"uid": telling.uid(), "name": name, "asked": asked})
