"""The detail of a hand-out in words: what each household got, who was reached, who took it, how that is known. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from aidnet.deliveries import words
from aidnet.deliveries.facts import Fact
from aidnet.deliveries.items import Line
from aidnet.deliveries.models import Age, DeliveryEvent, Sex
from aidnet.i18n import gettext as _
from aidnet.i18n import ngettext
from aidnet.web.context import quantity

#: People by sex and age.
Bands = Mapping[tuple[Sex, Age], int]


def each_household(milli: int, households: int) -> int:
    """What one household got, in thousandths: rounded to a tenth, or, where that is too coarse, to a thousandth."""
    share = (2 * milli + households) // (2 * households)
    return share if share < 1_000 else (share + 50) // 100 * 100


def detail(event: DeliveryEvent, fact: Fact, lines: Mapping[int, Line], bands: Bands) -> Iterator[str]:
    """What a hand-out says beside its quantities, households and people."""
    if fact.households and fact.quantities:
        amounts = [
            f"{lines[number].item} {quantity(each_household(milli, fact.households))} {lines[number].unit}"
            for number, milli in sorted(fact.quantities.items())
        ]
        yield _("each household: %(amounts)s", amounts=", ".join(amounts))
    by_sex: defaultdict[Sex, list[tuple[Age, int]]] = defaultdict(list)
    for (sex, age), people in sorted(bands.items(), key=lambda band: (list(Sex).index(band[0][0]), list(Age).index(band[0][1]))):
        by_sex[sex].append((age, people))
    for sex, ages in by_sex.items():
        whole = sum(people for _age, people in ages)
        parts = ", ".join(f"{words.AGES[age]} {people}" for age, people in ages)
        yield _("%(sex)s %(whole)s (%(parts)s)", sex=words.SEXES[sex], whole=whole, parts=parts)
    if event.disabled is not None:
        yield ngettext("%(num)s person with a disability", "%(num)s people with a disability", event.disabled)
    if event.received_by is not None:
        yield _("taken by %(who)s", who=words.RECEIVED_BY[event.received_by])
    if event.verified_by is not None:
        yield _("known by: %(how)s", how=words.VERIFIED_BY[event.verified_by])
