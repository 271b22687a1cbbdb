"""The pages about needs and access, as tabs between which one goes to and fro."""

from typing import Any

from flask import url_for

from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission


def sections(actor: Actor, here: str) -> list[dict[str, Any]]:
    """Those that the actor may open; `here` is the endpoint of the page."""
    offered = (
        ("needs.near", _("Near us"), Permission.NEED_READ),
        ("needs.index", _("Our needs"), Permission.NEED_READ),
        ("needs.gaps", _("Where the next truck is needed"), Permission.NEED_GAPS),
        ("access.index", _("Access"), Permission.ACCESS_READ),
        ("access.month", _("Access by month"), Permission.ACCESS_WRITE),
    )
    return [
        {"label": label, "url": url_for(endpoint), "current": endpoint == here}
        for endpoint, label, permission in offered
        if actor.may(permission)
    ]
