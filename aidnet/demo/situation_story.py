"""What is needed where, and what is in the way: fresh and stale, covered and met, standing and over."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from aidnet.access.models import ConstraintKind as C
from aidnet.access.models import Ease, SourceKind
from aidnet.access.service import ConstraintDraft
from aidnet.codes import code_of
from aidnet.demo.cast import CROSSINGS, GROUPS, Group
from aidnet.demo.telling import Act, Telling
from aidnet.needs.drafts import NeedDraft, NeedLineDraft
from aidnet.needs.models import Urgency as U
from aidnet.responders.models import Sector as S

#: Days ago, sector, urgency, people, item and how much, words; then what became of it.
_NEEDS: tuple[tuple[int, S, U, int | None, tuple[str, int] | None, str, str], ...] = (
    (2, S.FSC, U.CRITICAL, 340, ("rice", 60), "They fled with nothing; the monastery shares its last rice", ""),
    (3, S.SHL, U.CRITICAL, 210, ("tarpaulin", 45), "", ""),
    (4, S.WSH, U.HIGH, 180, None, "The well is dry, they drink from the ditch", ""),
    (5, S.HEA, U.HIGH, None, None, "Fever and coughing among the small ones", ""),
    (6, S.FSC, U.HIGH, 420, ("rice", 75), "", ""),
    (7, S.NUT, U.MEDIUM, 65, None, "Mothers ask for beans and oil", ""),
    (8, S.FSC, U.MEDIUM, 150, ("oil", 30), "", ""),
    (9, S.SHL, U.HIGH, 95, ("tarpaulin", 20), "", "covered"),
    (10, S.EDU, U.MEDIUM, 120, None, "Books and a blackboard for the school under the tree", ""),
    (11, S.FSC, U.CRITICAL, 510, ("rice", 90), "", "covered"),
    (12, S.WSH, U.MEDIUM, 230, None, "Soap and buckets", ""),
    (13, S.PRO, U.HIGH, 40, None, "Girls walk far for water", ""),
    (21, S.HEA, U.HIGH, 75, None, "The clinic has no oral salts", "renewed"),
    (24, S.FSC, U.HIGH, 260, ("rice", 45), "", ""),
    (31, S.SHL, U.MEDIUM, 130, ("tarpaulin", 26), "", ""),
    (45, S.WSH, U.HIGH, 310, None, "Water must be carried from the next village", ""),
    (60, S.FSC, U.HIGH, 380, ("rice", 66), "", "met"),
    (75, S.SHL, U.CRITICAL, 160, ("tarpaulin", 35), "", "met"),
    (96, S.FSC, U.MEDIUM, 200, ("oil", 40), "", "met"),
    (130, S.HEA, U.HIGH, None, None, "Snake bites; no serum", "met"),
    (168, S.FSC, U.CRITICAL, 640, ("rice", 110), "", "met"),
    (210, S.WSH, U.HIGH, 145, None, "Flood water stands in the wells", "met"),
    (255, S.EDU, U.MEDIUM, 90, None, "Roof of the school", "withdrawn"),
    (300, S.FSC, U.HIGH, 280, ("rice", 50), "", "met"),
    (370, S.SHL, U.HIGH, 110, ("tarpaulin", 24), "", "met"),
    (440, S.FSC, U.CRITICAL, 720, ("rice", 130), "", "met"),
)

#: Days ago, days it stood (0: it still stands), days since it was last heard of, kind, ease, source; at a crossing?
_CONSTRAINTS: tuple[tuple[int, int, int, C, Ease, SourceKind, bool], ...] = (
    (3, 0, 0, C.FIGHTING, Ease.NONE, SourceKind.COMMUNITY, False),
    (6, 0, 1, C.CHECKPOINT, Ease.HARD, SourceKind.CARRIER, False),
    (9, 0, 2, C.NETWORK_CUT, Ease.EASY, SourceKind.OWN_TEAM, False),
    (12, 0, 4, C.ROAD, Ease.NONE, SourceKind.CARRIER, False),
    (20, 0, 8, C.WEATHER, Ease.HARD, SourceKind.OWN_TEAM, False),
    (26, 0, 11, C.CROSSING_CLOSED, Ease.HARD, SourceKind.OTHER_GROUP, True),
    (40, 0, 22, C.CHECKPOINT, Ease.HARD, SourceKind.COMMUNITY, False),
    (55, 18, 0, C.AIR_STRIKES, Ease.NONE, SourceKind.PUBLIC_REPORT, False),
    (110, 30, 0, C.WATERWAY, Ease.HARD, SourceKind.OWN_TEAM, False),
    (180, 25, 0, C.ROAD, Ease.NONE, SourceKind.CARRIER, False),
    (290, 40, 0, C.WEATHER, Ease.HARD, SourceKind.COMMUNITY, False),
    (410, 12, 0, C.CROSSING_CLOSED, Ease.NONE, SourceKind.PUBLIC_REPORT, True),
)


def tell_situation(telling: Telling) -> Iterator[Act]:
    """Twenty-six needs and twelve constraints, of all groups in turn."""
    for number, need in enumerate(_NEEDS):
        yield from _need(telling, GROUPS[number % len(GROUPS)], number, *need)
    for number, constraint in enumerate(_CONSTRAINTS):
        yield from _constraint(telling, GROUPS[number % len(GROUPS)], number, *constraint)


def _writer(group: Group) -> str:
    return f"coordinator-{group.code_name.lower()}"


def _village(telling: Telling, group: Group, number: int) -> str:
    villages = telling.stage.villages[group.townships[number % len(group.townships)]]
    return villages[number % len(villages)]


def _need(
    telling: Telling,
    group: Group,
    number: int,
    ago: int,
    sector: S,
    urgency: U,
    people: int | None,
    item: tuple[str, int] | None,
    words: str,
    became: str,
) -> Iterator[Act]:
    day, uid, who = telling.today - timedelta(ago), telling.uid(), _writer(group)
    lines = (NeedLineDraft(item=item[0], quantity_milli=item[1] * 1000),) if item else ()
    draft = NeedDraft(
        uid=uid,
        place=_village(telling, group, number),
        sector=sector,
        urgency=urgency,
        lines=lines,
        people=people,
        words=words or None,
        reported_on=day,
    )
    at, code = telling.moment(day), code_of("N", uid)
    yield Act(at, who, "lack", draft)
    carried = sorted(moment for moment in telling.carried[group.code_name] if moment[0] <= at)
    if became in ("covered", "met") and carried:
        yield Act(at + timedelta(hours=2), who, "mean", (code, code_of("D", carried[-1][1])))
    if became == "met":
        yield Act(at + timedelta(days=13), who, "meet", code)
    elif became == "renewed":
        yield Act(at + timedelta(days=ago - 5), who, "still-lack", code)
    elif became == "withdrawn":
        yield Act(at + timedelta(days=1), who, "lack-not", code)


def _constraint(
    telling: Telling,
    group: Group,
    number: int,
    ago: int,
    stood: int,
    heard: int,
    kind: C,
    ease: Ease,
    source: SourceKind,
    at_crossing: bool,
) -> Iterator[Act]:
    day, uid, who = telling.today - timedelta(ago), telling.uid(), _writer(group)
    where: dict[str, Any] = {"place": _village(telling, group, number)}
    if at_crossing:
        where = {"crossing_id": telling.stage.crossings[CROSSINGS[number % len(CROSSINGS)]]}
    draft = ConstraintDraft(uid=uid, kind=kind, ease=ease, since_on=day, source_kind=source, **where)
    at, code = telling.moment(day), code_of("X", uid)
    yield Act(at, who, "block", draft)
    if stood:
        yield Act(at + timedelta(days=stood), who, "pass", (code, day + timedelta(stood)))
    elif heard != ago:
        yield Act(at + timedelta(days=ago - max(heard, 1)), who, "still-blocked", code)
