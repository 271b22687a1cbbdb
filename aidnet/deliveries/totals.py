"""What a delivery adds to the running totals, told from its events as they stand. Pure: no database."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from aidnet.db import Base
from aidnet.deliveries.derive import Derived, Fact
from aidnet.deliveries.models import EventKind, LossMonth, ResultMonth, ServedMonth

#: `ServedMonth.sector`: everything that was handed out, whatever it was.
ALL = ""

#: Key columns after the responder's to the summed ones.
Sums = dict[tuple[object, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Goods:
    """What a line is of."""

    item_id: int
    unit: str
    #: None: an own item of which nobody said.
    sector: str | None


@dataclass(frozen=True)
class Around:
    """What the events of a delivery only point at."""

    #: By line.
    goods: Mapping[int, Goods] = field(default_factory=dict)
    #: The township a place is or lies in, or the place itself where it is larger, by the place's id.
    areas: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Total:
    """A table of running totals: its key after `responder_id`, what is summed, and what one delivery adds."""

    model: type[Base]
    keys: tuple[str, ...]
    sums: tuple[str, ...]
    of: Callable[[Derived, Around], Sums]


def _added(parts: Iterable[tuple[tuple[object, ...], tuple[int, ...]]]) -> Sums:
    found: Sums = {}
    for key, values in parts:
        found[key] = tuple(old + new for old, new in zip(found.get(key, (0,) * len(values)), values, strict=True))
    return found


def _results(derived: Derived, around: Around) -> Sums:
    return {
        (month,): (1, results.distributions, results.households, results.people) for month, results in derived.by_month.items()
    }


def _losses(derived: Derived, around: Around) -> Sums:
    return _added(
        ((fact.happened_on.replace(day=1), fact.reason, goods.item_id, goods.unit), (1, quantity))
        for fact in derived.standing
        if fact.kind is EventKind.LOST and fact.reason is not None
        for number, quantity in fact.quantities.items()
        if quantity and (goods := around.goods.get(number))
    )


def _served(derived: Derived, around: Around) -> Sums:
    return _added(
        ((around.areas[fact.place_id], fact.happened_on.replace(day=1), sector), (1, fact.households or 0, fact.people or 0))
        for fact in derived.standing
        if fact.kind is EventKind.DISTRIBUTED and fact.place_id is not None
        for sector in _sectors(fact, around)
    )


def _sectors(fact: Fact, around: Around) -> set[str]:
    """All together, and each sector that some of the goods are of."""
    goods = (around.goods.get(number) for number, quantity in fact.quantities.items() if quantity)
    return {ALL, *(one.sector for one in goods if one and one.sector)}


TOTALS = (
    Total(ResultMonth, ("month",), ("deliveries", "distributions", "households", "people"), _results),
    Total(LossMonth, ("month", "reason", "item_id", "unit"), ("losses", "quantity_milli"), _losses),
    Total(ServedMonth, ("area_id", "month", "sector"), ("distributions", "households", "people"), _served),
)


def difference(had: Sums, has: Sums) -> Sums:
    """What is to be added to go from `had` to `has`; only what changes, sorted, so that writers wait in one order."""
    width = len(next(iter((*had.values(), *has.values())), ()))
    none = (0,) * width
    changes = {
        key: tuple(new - old for new, old in zip(has.get(key, none), had.get(key, none), strict=True)) for key in {*had, *has}
    }
    return {key: changes[key] for key in sorted(changes, key=repr) if any(changes[key])}
