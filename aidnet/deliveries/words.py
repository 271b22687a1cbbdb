"""What deliveries are called on pages: states, events, reasons, units, items."""

from collections.abc import Mapping
from datetime import date, datetime

from babel.dates import format_date
from flask_babel import LazyString

from aidnet import clock
from aidnet.deliveries.derive import DiscrepancyKind, Waiting
from aidnet.deliveries.models import (
    Age,
    Answer,
    DeliveryState,
    EventKind,
    LossReason,
    PeopleKind,
    Precision,
    ReceivedBy,
    SaidBy,
    Sex,
    VerifiedBy,
)
from aidnet.deliveries.plan_models import Mode
from aidnet.i18n import current_language, ngettext
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l

#: State to the shape it is drawn with (components/state.html), and its word.
STATES: Mapping[DeliveryState, tuple[str, LazyString]] = {
    DeliveryState.PLANNED: ("plan", _l("Planned")),
    DeliveryState.LOADED: ("moving", _l("Loaded")),
    DeliveryState.ON_THE_WAY: ("moving", _l("On the way")),
    DeliveryState.CROSSED: ("moving", _l("Crossed")),
    DeliveryState.HANDED_OVER: ("waits", _l("Handed over")),
    DeliveryState.ARRIVED: ("moving", _l("Arrived")),
    DeliveryState.PARTLY_DISTRIBUTED: ("part", _l("Partly handed out")),
    DeliveryState.DISTRIBUTED: ("done", _l("Handed out")),
    DeliveryState.CONFIRMED: ("done", _l("Confirmed by the receiver")),
    DeliveryState.LOST: ("lost", _l("Lost")),
    DeliveryState.RETURNED: ("back", _l("Returned")),
    DeliveryState.CANCELLED: ("off", _l("Cancelled")),
    DeliveryState.MOVED_ON: ("off", _l("Went on with another consignment")),
}

#: What happened, as the timeline says it.
EVENTS: Mapping[EventKind, LazyString] = {
    EventKind.PLANNED: _l("Planned"),
    EventKind.LOADED: _l("Loaded"),
    EventKind.DEPARTED: _l("Set out"),
    EventKind.CROSSED: _l("Crossed the border"),
    EventKind.HANDED_OVER: _l("Handed over"),
    EventKind.DELAYED: _l("Delayed"),
    EventKind.ARRIVED: _l("Arrived"),
    EventKind.DISTRIBUTED: _l("Handed out"),
    EventKind.LOST: _l("Lost"),
    EventKind.RETURNED: _l("Brought back"),
    EventKind.CANCELLED: _l("Cancelled"),
    EventKind.CONFIRMED: _l("Confirmed by the receiver"),
    EventKind.CORRECTED: _l("Corrected"),
    EventKind.ANSWERED: _l("The receiver answered"),
    EventKind.MOVED: _l("Went on with another consignment"),
}

#: What each kind of report is for, in the chooser.
EVENT_HINTS: Mapping[EventKind, LazyString] = {
    EventKind.LOADED: _l("Goods were put on a truck, boat, motorbike or back."),
    EventKind.DEPARTED: _l("It left the hub."),
    EventKind.CROSSED: _l("It passed the border."),
    EventKind.HANDED_OVER: _l("Somebody else has it now. This does not count as delivered."),
    EventKind.DELAYED: _l("It waits somewhere."),
    EventKind.ARRIVED: _l("It reached a place, and is not handed out yet."),
    EventKind.DISTRIBUTED: _l("Households received it. This counts as delivered."),
    EventKind.LOST: _l("Seized, taxed, spoiled, stolen, shared out on the road …"),
    EventKind.RETURNED: _l("It came back to the hub."),
    EventKind.CANCELLED: _l("It will not go."),
    EventKind.CONFIRMED: _l("The receiver says that it arrived. A group of the network says so itself, at its hand-over."),
}

REASONS: Mapping[LossReason, LazyString] = {
    LossReason.SEIZED: _l("seized at a checkpoint"),
    LossReason.INFORMAL_TAX: _l("taken as informal tax"),
    LossReason.TURNED_BACK: _l("turned back"),
    LossReason.RIVER_OR_WEATHER: _l("river or weather"),
    LossReason.SHELLING: _l("shelling"),
    LossReason.SPOILED: _l("spoiled"),
    LossReason.STOLEN: _l("stolen"),
    LossReason.DIVERTED: _l("diverted"),
    LossReason.SURETY: _l("held as surety"),
    LossReason.SHARED: _l("shared out on the road"),
}

SAID_BY: Mapping[SaidBy, LazyString] = {
    SaidBy.OWN_TEAM: _l("our own people"),
    SaidBy.CARRIER: _l("the carrier"),
    SaidBy.RECEIVER: _l("the receiver"),
    SaidBy.COMMUNITY: _l("people of the place"),
}

PRECISIONS: Mapping[Precision, LazyString] = {
    Precision.DAY: _l("on that day"),
    Precision.WEEK: _l("some time in that week"),
    Precision.MONTH: _l("some time in that month"),
}

PEOPLE: Mapping[PeopleKind, LazyString] = {
    PeopleKind.DISPLACED: _l("displaced"),
    PeopleKind.HOST: _l("host community"),
    PeopleKind.RETURNED: _l("returned home"),
}

SEXES: Mapping[Sex, LazyString] = {
    Sex.FEMALE: _l("Female"),
    Sex.MALE: _l("Male"),
    Sex.NOT_SAID: _l("Not said"),
}

AGES: Mapping[Age, LazyString] = {
    Age.UNDER_5: _l("0 to 4 years"),
    Age.CHILD: _l("5 to 17 years"),
    Age.ADULT: _l("18 to 59 years"),
    Age.OLDER: _l("60 years and older"),
    Age.NOT_SAID: _l("age not said"),
}

RECEIVED_BY: Mapping[ReceivedBy, LazyString] = {
    ReceivedBy.HOUSEHOLDS: _l("the households themselves"),
    ReceivedBy.COMMITTEE: _l("a committee of the place"),
    ReceivedBy.CAMP_LEADERS: _l("camp leaders"),
    ReceivedBy.FAITH_LEADERS: _l("monks, pastors or other faith leaders"),
    ReceivedBy.HEALTH_WORKERS: _l("health workers"),
    ReceivedBy.TEACHERS: _l("teachers"),
}

VERIFIED_BY: Mapping[VerifiedBy, LazyString] = {
    VerifiedBy.SEEN: _l("our own people saw it"),
    VerifiedBy.LIST: _l("a list that was signed or marked"),
    VerifiedBy.PHOTOS: _l("photos"),
    VerifiedBy.PHONE: _l("a call afterwards"),
    VerifiedBy.COMMUNITY: _l("people of the place said so"),
    VerifiedBy.NOT_VERIFIED: _l("nobody could check"),
}

MODES: Mapping[Mode, LazyString] = {
    Mode.TRUCK: _l("truck or car"),
    Mode.MOTORBIKE: _l("motorbike"),
    Mode.BOAT: _l("boat"),
    Mode.PORTER: _l("porters"),
}

#: How often a guide amount is meant.
PERIODS: Mapping[str, LazyString] = {
    "month": _l("a month"),
    "day": _l("a day"),
    "season": _l("a season"),
    "once": _l("once"),
}

#: What is said of a hand-out when somebody asks.
ARRIVED: Mapping[Answer, LazyString] = {
    Answer.ACCEPTED: _l("Yes, it arrived"),
    Answer.SHORT: _l("Part of it arrived"),
    Answer.REFUSED: _l("No, it did not arrive"),
}

#: Plain units, as the shipped items use them. Others stand in the table of units, or are a responder's own words.
PLAIN_UNITS: Mapping[str, LazyString] = {
    "kg": _l("kg"),
    "litre": _l("litres"),
    "piece": _l("pieces"),
    "packet": _l("packets"),
    "pack": _l("packs"),
    "can": _l("cans"),
    "box": _l("boxes"),
    "kit": _l("kits"),
    "set": _l("sets"),
    "sheet": _l("sheets"),
    "roll": _l("rolls"),
    "pole": _l("poles"),
    "tablet": _l("tablets"),
    "sachet": _l("sachets"),
    "trip": _l("trips"),
    "MMK": _l("MMK"),
}


def discrepancy(kind: DiscrepancyKind, what: str, how_much: str, *, gone: str, held: str) -> str:
    """What does not add up, in a sentence: `how_much` of what; and how much of it is gone, and still held."""
    if kind is DiscrepancyKind.SHORT:
        return _(
            "%(what)s: %(how_much)s left one pair of hands and did not come into the next. It is shown as open, not as lost.",
            what=what,
            how_much=how_much,
        )
    if kind is DiscrepancyKind.SURPLUS:
        return _(
            "%(what)s: %(gone)s gone and %(held)s still held are together %(how_much)s more than there was. "
            "A step was not reported, or a count is wrong.",
            what=what,
            gone=gone,
            held=held,
            how_much=how_much,
        )
    if kind is DiscrepancyKind.LEG_MISSING:
        return _(
            "%(what)s: a step was not reported, so nobody here knows who has %(how_much)s. It is shown as between reports.",
            what=what,
            how_much=how_much,
        )
    if kind is DiscrepancyKind.NOT_ARRIVED:
        return not_arrived(what, how_much)
    return _("Something is said to have happened before the loading. One of the days may be wrong.")


def unsettled(why: Waiting, name: str) -> str:
    """What a delivery waits for although its receiver is said to have confirmed it, in a sentence; `name` is whose it is."""
    if why is Waiting.PARTLY:
        return _("Only part of it was handed out.")
    if why is Waiting.PLANNED:
        return _("Part of it is only planned: nothing was reported of it.")
    if why is Waiting.OWN_HANDS:
        return _("By these reports %(name)s still has part of it.", name=name)
    if why is Waiting.UNANSWERED:
        return _("%(name)s has not said yet what came. It waits for their answer to the hand-over.", name=name)
    return _("%(name)s counted less than was given, and nobody said where the rest is.", name=name)


def not_arrived(what: str, how_much: str) -> str:
    """What the receiver of a hand-out says did not come; how much of what, where somebody said."""
    if not what:
        return _("Asked, the people of a place say that not all of what was reported came. How much is not known.")
    return _(
        "%(what)s: asked, the people of a place say that %(how_much)s of what was reported did not come.",
        what=what,
        how_much=how_much,
    )


def ago(value: datetime | date) -> str:
    """How long ago a day is, where the network's people are: "today", "3 days ago"."""
    day = value.astimezone(clock.YANGON).date() if isinstance(value, datetime) else value
    days = (clock.today() - day).days
    if days <= 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    if days < 60:
        return ngettext("%(num)d day ago", "%(num)d days ago", days)
    return ngettext("%(num)d month ago", "%(num)d months ago", days // 30)


def short_day(value: datetime | date) -> str:
    """A day of this year without the year: "9 Aug"."""
    local = value.astimezone(clock.YANGON).date() if isinstance(value, datetime) else value
    pattern = "d MMM" if local.year == clock.today().year else "d MMM y"
    return str(format_date(local, pattern, locale=current_language()))


def exact_day(value: date, precision: Precision) -> str:
    """A day as exactly as it is known: "7 Aug", "week of 3 Aug", "Aug 2026"."""
    if precision is Precision.MONTH:
        return str(format_date(value, "MMM y", locale=current_language()))
    day = short_day(value)
    return _("week of %(day)s", day=day) if precision is Precision.WEEK else day
