"""What tests of updates begin from."""

from datetime import date
from typing import Any
from uuid import uuid4

from aidnet.db import transaction
from aidnet.network import service as networks
from aidnet.policy import OPERATOR, Actor
from aidnet.updates import service
from aidnet.updates.models import Update, UpdateAudience, UpdateKind
from aidnet.updates.service import UpdateDraft


def draft(**more: Any) -> UpdateDraft:
    """A statement for everybody who signs in."""
    shared = {
        "uid": uuid4(),
        "kind": UpdateKind.STATEMENT,
        "audience": UpdateAudience.NETWORK,
        "published_on": date(2026, 8, 17),
        "title_en": "We go on",
        "body": "The rains are late.\n\nWe go on all the same.",
    }
    return UpdateDraft(**(shared | more))


def published(actor: Actor, **more: Any) -> Update:
    """An update of `actor`, committed."""
    with transaction() as session:
        return service.publish(session, actor, draft(**more))


def open_public_page() -> None:
    """The network has a public page."""
    with transaction() as session:
        networks.set_public_page(session, OPERATOR, is_on=True)
