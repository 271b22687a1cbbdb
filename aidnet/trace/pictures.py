"""What gifts became, drawn: a strip for one gift, a flow for many, and the tables beside them."""

from collections.abc import Mapping, Sequence

from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.money import format_amount
from aidnet.policy import Actor
from aidnet.rates.words import KINDS
from aidnet.trace.models import Fate
from aidnet.trace.queries import Became, Delay, Part, Together
from aidnet.trace.words import FATES, STEPS, part_word
from aidnet.web import charts, flows, tables
from aidnet.web.flows import Stop, Way

#: In the order they are drawn: what left the fund first.
_TONES: dict[Fate, str] = {
    Fate.SPENT: "done",
    Fate.HELD: "held",
    Fate.ON_THE_WAY: "open",
    Fate.COST: "over",
    Fate.LOST: "lost",
    Fate.WAITING: "plan",
    Fate.RETURNED: "back",
}
_ORDER = list(_TONES)


def _in_order(became: Became) -> list[Part]:
    return sorted(became.parts, key=lambda part: _ORDER.index(part.fate))


def strip(actor: Actor, became: Became) -> charts.Strip:
    """Where every minor unit is."""
    language = current_language()
    return charts.strip(
        [
            charts.Part(
                _TONES[part.fate],
                part_word(actor, part),
                part.minor,
                format_amount(part.minor, became.currency, language),
            )
            for part in _in_order(became)
        ]
    )


def flow(actor: Actor, became: Became) -> flows.Flow | None:
    """From what was given, over the fund, to what it became."""
    language = current_language()
    given, on = Stop(_("Given"), "4"), Stop(_("Left the fund"), "3")

    def way(part: Part) -> Way:
        end = Stop(part_word(actor, part), _TONES[part.fate])
        return Way((given, end if part.fate in (Fate.WAITING, Fate.RETURNED) else on, end), part.minor)

    return flows.flow(
        (_("Given"), _("In the fund"), _("What it became")),
        [way(part) for part in _in_order(became)],
        lambda minor: format_amount(minor, became.currency, language),
    )


def flow_note(in_one: Together | None) -> str:
    """In which currency a flow is drawn, and by which rates. None: in the gifts' own."""
    if in_one is None:
        note = _("In the gifts' own currency, whatever it was spent in.")
    elif in_one.kinds:
        kinds = ", ".join(str(KINDS[kind]) for kind in in_one.kinds)
        note = _(
            "Each gift by the typed rate of the day it came, converted once, whatever became of it later: %(kinds)s.",
            kinds=kinds,
        )
    else:
        note = _("No rate was used.")
    return f"{note} {_('Each column is the sum of the one before.')}"


def unrated_words(in_one: Together) -> str:
    """What a flow in one currency leaves out; empty: nothing."""
    language = current_language()
    amounts = ", ".join(format_amount(minor, currency, language) for currency, minor in in_one.unrated.items())
    return _("Without a rate, and in no figure above: %(amounts)s", amounts=amounts) if amounts else ""


def unrated_table(in_one: Together) -> tables.Table:
    """Gifts of days for which nobody typed a rate, in their own currency."""
    return tables.Table(
        "unrated",
        _("Without a rate"),
        (_("Currency"), _("Given")),
        tuple(tables.Row(currency, (tables.money(minor, currency),)) for currency, minor in in_one.unrated.items()),
        caption=_(
            "These gifts have no rate of the day they came. They are in no converted figure, and nothing is guessed."
        ),
    )


def parts_table(actor: Actor, became: Became, title: str, note: str = "") -> tables.Table:
    """The same as figures; the last line is the gifts."""
    currency = became.currency
    return tables.Table(
        "became",
        title,
        (_("What it became"), _("Amount"), _("Of it, confirmed by receivers")),
        tuple(
            tables.Row(
                part_word(actor, part),
                (tables.money(part.minor, currency), tables.money(part.confirmed_minor, currency)),
            )
            for part in _in_order(became)
        ),
        note=note,
        total=(tables.money(became.minor, currency), tables.money(became.confirmed_minor, currency)),
    )


def funds_table(found: Sequence[Became], names: Mapping[int, str], urls: Mapping[int, str], title: str) -> tables.Table:
    """Fund by fund, one currency."""
    shown = [fate for fate in _ORDER if any(one.of(fate) for one in found)]

    def cells(parts: Sequence[Became]) -> tuple[tables.Cell, ...]:
        currency = parts[0].currency
        whole = sum(one.minor for one in parts)
        return (
            tables.money(whole, currency),
            *(tables.money(sum(one.of(fate) for one in parts), currency) for fate in shown),
            tables.percent(sum(one.confirmed_minor for one in parts), whole),
        )

    return tables.Table(
        "funds",
        title,
        (_("Fund"), _("Given"), *(str(FATES[fate]) for fate in shown), _("Confirmed by receivers")),
        tuple(
            tables.Row(names[one.fund_id], cells([one]), urls.get(one.fund_id, ""))
            for one in found
            if one.fund_id is not None
        ),
        total=cells(found) if found else (),
    )


def delays_table(found: Sequence[Delay], note: str) -> tables.Table:
    """How long the money took."""
    return tables.Table(
        "time",
        _("How long money took"),
        (_("Step"), _("Money that made it"), _("Half of it within, days"), _("Nine tenths of it within, days")),
        tuple(
            tables.Row(
                str(STEPS[one.step]),
                (
                    tables.money(one.minor, one.currency),
                    tables.count(one.median, _("days")),
                    tables.count(one.ninetieth, _("days")),
                ),
            )
            for one in found
        ),
        note=note,
        caption=_("Weighted by money: a large gift counts for more than a small one. Each currency by itself."),
    )
