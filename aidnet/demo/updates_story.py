"""What partners publish: statements, a press release, reports and flash updates, two of them in the last week."""

from collections.abc import Iterator
from datetime import timedelta

from aidnet.codes import code_of
from aidnet.demo.telling import Act, Telling
from aidnet.updates.models import UpdateAudience as A
from aidnet.updates.models import UpdateKind as K
from aidnet.updates.service import UpdateDraft

#: Days ago, who, kind, for whom, title in English, in Burmese, text.
_TOLD = (
    (
        2, "coordinator-s-07", K.FLASH_UPDATE, A.RESPONDERS, "Rain: rivers are high, boats go by day only", "မိုးကြီး၍ မြစ်ရေများနေသည်",
        "Whoever sends goods by river this week: load less, and go by day.\n\nWe lend two boats to whoever asks.",
    ),
    (
        3, "coordinator-s-02", K.STATEMENT, A.NETWORK, "Women decide what comes in a hygiene kit", "သန့်ရှင်းရေးပစ္စည်းကို အမျိုးသမီးများ ရွေးချယ်ကြသည်",
        "We asked mothers what they need, and changed the kit. We ask other groups to do the same.",
    ),
    (
        5, "melbourne", K.REPORT, A.PUBLIC, "What our dinner paid for", "", "Two hundred people ate together. What they gave buys rice.",
    ),
    (
        9, "banyan", K.PRESS_RELEASE, A.PUBLIC, "The first responders are neighbours", "ပထမဆုံး ကူညီသူများမှာ အိမ်နီးချင်းများ ဖြစ်သည်",
        "Local groups reach places that no large agency can. They do it with small gifts.\n\nHere we keep one book of it all.",
    ),
    (16, "lantern", K.REPORT, A.NETWORK, "How our board reads your reports", "", "Four pages are enough. Say what failed, too."),
    (
        23, "coordinator-s-04", K.FLASH_UPDATE, A.RESPONDERS, "Fever among small children", "ကလေးငယ်များ အဖျားရောဂါ",
        "More children have fever than in other years. Please carry oral salts with every load.",
    ),
    (
        38, "coordinator-s-09", K.STATEMENT, A.NETWORK, "Children need more than rice", "ကလေးများ အာဟာရ လိုအပ်သည်",
        "Rice alone does not feed a child under two. Beans and oil belong in each parcel.",
    ),
    (52, "chiang-mai", K.STATEMENT, A.PUBLIC, "Weavers give a day's work", "", "On the first Sunday of each month we weave for others."),
    (
        71, "coordinator-s-01", K.REPORT, A.NETWORK, "A year of roofs", "အမိုးတစ်နှစ်တာ",
        "What held in the storms, what did not, and what we do otherwise now.",
    ),
)  # fmt: skip
#: Published by mistake, and taken back on the next day.
_WRONG = "coordinator-s-05"


def tell_updates(telling: Telling) -> list[Act]:
    """Nine updates that stand, and one that was taken back."""
    return [*_standing(telling), *_taken_back(telling)]


def _standing(telling: Telling) -> Iterator[Act]:
    for ago, who, kind, audience, title_en, title_my, body in _TOLD:
        day = telling.today - timedelta(ago)
        draft = UpdateDraft(
            uid=telling.uid(),
            kind=kind,
            audience=audience,
            published_on=day,
            title_en=title_en,
            title_my=title_my,
            body=body,
        )
        yield Act(telling.moment(day), who, "publish", draft)


def _taken_back(telling: Telling) -> Iterator[Act]:
    day, uid = telling.today - timedelta(30), telling.uid()
    draft = UpdateDraft(
        uid=uid,
        kind=K.FLASH_UPDATE,
        audience=A.NETWORK,
        published_on=day,
        title_en="Boats are full",
        body="Not true: there is room.",
    )
    yield Act(telling.moment(day), _WRONG, "publish", draft)
    yield Act(telling.moment(day + timedelta(1)), _WRONG, "take-back", code_of("U", uid))
