"""What some groups show for their spending: photos of receipts, and cash handed to households at a hand-out."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from uuid import UUID

from PIL import Image, ImageDraw

from aidnet.codes import code_of
from aidnet.deliveries.drafts import DeliveryDraft, EventDraft
from aidnet.deliveries.models import EventKind
from aidnet.demo.cast import GROUPS
from aidnet.demo.telling import Act, Telling
from aidnet.evidence.pictures import Picture, rebuilt
from aidnet.funding.drafts import ExpenseDraft, ShareDraft
from aidnet.ledger.models import BudgetLine

#: Given to each household, in kyat.
_EACH = 30_000


def with_proof(telling: Telling, deliveries: Sequence[Act], spending: Sequence[Act]) -> list[Act]:
    """The spending, two photos at the newest of the first group, and cash that the first groups handed out."""
    first = f"coordinator-{GROUPS[0].code_name.lower()}"
    yesterday = telling.today - timedelta(1)
    own = (act for act in spending if act.who == first and act.at.date() < yesterday)
    newest = max(own, key=lambda act: act.at, default=None)
    shown = [
        replace(act, draft=replace(act.draft, pictures=(_receipt(0), _receipt(1)))) if act is newest else act
        for act in spending
    ]
    return [*shown, *_cash(telling, deliveries, spending)]


@cache
def _receipt(number: int) -> Picture:
    """A slip of paper with lines on it: invented, and very small."""
    slip = Image.new("RGB", (120, 160), (236, 230, 215))
    pen = ImageDraw.Draw(slip)
    for line in range(7):
        pen.line((14, 24 + line * 18, 70 + (line * 37 + number * 23) % 36, 24 + line * 18), fill=(70, 70, 80), width=3)
    file = io.BytesIO()
    slip.save(file, "PNG")
    return rebuilt(file.getvalue())


def _cash(telling: Telling, deliveries: Sequence[Act], spending: Sequence[Act]) -> Iterator[Act]:
    """For the first four groups: cash at their newest hand-out, out of the purse they used before it."""
    before = telling.today - timedelta(2)
    told = sorted((act for act in deliveries if act.at.date() < before), key=lambda act: act.at, reverse=True)
    for group in GROUPS[:4]:
        who = f"coordinator-{group.code_name.lower()}"
        own = {code_of("D", uid) for _at, uid in telling.carried[group.code_name]}
        for act in told:
            used = [one.draft.fund for one in spending if one.who == who and one.at < act.at]
            code, handout = _handout(act)
            if handout is None or code not in own or not used:
                continue
            draft = ExpenseDraft(
                uid=telling.uid(),
                budget_line=BudgetLine.CASH_HANDED,
                amount_minor=_EACH * (handout.households or 1),
                currency="MMK",
                spent_on=handout.happened_on,
                fund=used[-1],
                shares=(ShareDraft(code),),
                handed_at=handout.uid,
            )
            yield Act(act.at + timedelta(hours=3), who, "spend", draft)
            break


def _handout(act: Act) -> tuple[str, EventDraft | None]:
    """The code of an act's delivery, and the first hand-out that the act tells of."""
    if isinstance(act.draft, DeliveryDraft):
        handed = (event for event in act.draft.events if event.kind is EventKind.DISTRIBUTED)
        return code_of("D", act.draft.uid), next(handed, None)
    if act.verb == "report" and act.draft.kind is EventKind.DISTRIBUTED:
        return code_of("D", UUID(act.of)), act.draft
    return "", None
