"""What a list of five thousand gifts costs, two hundred of its rows with a fault: to look through, to load, and to bring again."""

import time
from collections.abc import Callable
from uuid import uuid4

from aidnet.db import db, transaction
from aidnet.funding.models import Channel
from aidnet.intake import queries, service
from aidnet.intake.models import GiftBatch
from aidnet.intake.reading import rows_of_text
from aidnet.intake.service import ListDraft, Which
from tests import factories
from tests.intake.lists import many


def timed(act: Callable[[], object]) -> float:
    """Seconds it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def seconds() -> dict[str, float]:
    """Seconds of each step, in the pushed app's database, which is empty."""
    treasurer, fund = factories.actor("treasurer"), factories.fund()
    rows = rows_of_text(many(5000, 200))
    brought: list[GiftBatch] = []

    def bring() -> None:
        draft = ListDraft(uid=uuid4(), fund=fund.id, rows=rows, channel=Channel.BANK, currency="USD")
        with transaction() as session:
            brought.append(service.add_list(session, treasurer, draft))

    def load() -> None:
        with transaction() as session:
            service.load(session, treasurer, brought[0].code, Which())

    return {
        "gift list, 5,000 rows with 200 faults: brought": timed(bring),
        "the same: looked through": timed(lambda: queries.preview(db(), treasurer, brought[0].code)),
        "the same: 4,800 gifts loaded": timed(load),
        "the same list again: brought": timed(bring),
        "the same: looked through, all there already": timed(
            lambda: queries.preview(db(), treasurer, brought[1].code)
        ),
    }
