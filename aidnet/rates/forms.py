"""Forms of rates and of the currencies that figures are also told in."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import uuid5

from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import Optional, StopValidation

from aidnet import clock
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.money import CURRENCIES
from aidnet.rates import words
from aidnet.rates.drafts import RateDraft
from aidnet.rates.lookup import CONVERTING
from aidnet.rates.models import RateKind
from aidnet.web.forms import (
    NOTE_MOST,
    AtMost,
    BaseForm,
    CurrencyField,
    DayField,
    RateField,
    Required,
    UidField,
    options,
)

#: Days that the form for several rates begins with.
WEEK = 7


class KindField(RadioField):
    """Official or market: what payouts got is not typed."""

    def __init__(self, label: object, **more: Any) -> None:
        super().__init__(label, choices=options((kind, words.KINDS[kind]) for kind in CONVERTING), **more)

    def pre_validate(self, form: Form) -> None:
        if self.data not in set(CONVERTING):
            raise StopValidation(_("Choose one."))


class _Typing(BaseForm):
    """What one rate and several have in common."""

    uid = UidField()
    #: What was asked about once already: typed again as it was, it is meant.
    asked = HiddenField()
    base = CurrencyField(_l("One"), default="USD")
    quote = CurrencyField(_l("is so much"), default="MMK")
    kind = KindField(_l("Kind of rate"), default=RateKind.MARKET.value)
    note = TextAreaField(
        _l("Where it was seen"),
        [Optional(), AtMost(NOTE_MOST)],
        description=_l("Kept private. No names of people or places, please."),
    )

    def is_sure(self, drafts: Sequence[RateDraft]) -> bool:
        """These very rates were asked about, and sent again."""
        return bool(self.asked.data) and self.asked.data == _said(drafts)

    def ask(self, drafts: Sequence[RateDraft]) -> None:
        """Remember what is asked about, for when the form comes again."""
        self.asked.data = _said(drafts)

    def _draft(self, day: date, rate: RateField) -> RateDraft:
        return RateDraft(
            uid=uuid5(self.uid.uid, day.isoformat()),
            base=self.base.data,
            quote=self.quote.data,
            kind=RateKind(self.kind.data),
            on_day=day,
            rate=rate.rate,
            note=(self.note.data or "").strip() or None,
        )


def _said(drafts: Sequence[RateDraft]) -> str:
    return " ".join(f"{draft.base}{draft.quote}{draft.kind}{draft.on_day}={draft.rate}" for draft in drafts)


class RateForm(_Typing):
    """One rate."""

    day = DayField(_l("Day"), [Required()], default=clock.today)
    rate = RateField(_l("Rate"), description=_l("With all the digits you know, such as 4,350 or 126.5."))
    none = BooleanField(
        _l("There was no rate that day"), description=_l("For a rate that was typed by mistake: it counts no more.")
    )

    def validate(self, extra_validators: Any = None) -> bool:
        good = bool(super().validate(extra_validators))
        if not self.rate.errors and bool(self.rate.rate) == bool(self.none.data):
            said = _("Type the rate, or say that there was none: not both.")
            self.rate.errors = [*self.rate.errors, said]
            good = False
        return good

    def drafts(self) -> list[RateDraft]:
        return [self._draft(self.day.day or clock.today(), self.rate)]


class DayRateForm(Form):
    """A day and its rate, in the form for several."""

    day = DayField(_l("Day"))
    rate = RateField(_l("Rate"))


class RatesForm(_Typing):
    """Several rates of one pair and kind: a week of the market's, say."""

    rows = FieldList(FormField(DayRateForm), max_entries=40)

    def validate(self, extra_validators: Any = None) -> bool:
        good = bool(super().validate(extra_validators))
        for row in self.rows:
            if row.form.rate.rate and not row.form.day.day and not row.form.day.errors:
                row.form.day.errors = [_("Please fill this in.")]
                good = False
        if good and not self.drafts():
            self.form_errors.append(_("Type at least one rate."))
            good = False
        return good

    def drafts(self) -> list[RateDraft]:
        return [
            self._draft(row.form.day.day, row.form.rate) for row in self.rows if row.form.rate.rate and row.form.day.day
        ]


def last_week(today: date) -> list[dict[str, str]]:
    """The rows that the form for several begins with: the last seven days, oldest first."""
    return [{"day": (today - timedelta(days=back)).isoformat()} for back in reversed(range(WEEK))]


class ReportingForm(BaseForm):
    """The currencies the network reports in, in their order."""

    first = SelectField(_l("First"), description=_l("Everybody's, until they choose another."))
    second = SelectField(_l("Second"))
    third = SelectField(_l("Third"))
    fourth = SelectField(_l("Fourth"))

    def __init__(self, *words: Any, **named: Any) -> None:
        super().__init__(*words, **named)
        for field in self:
            field.choices = options([("", _("No currency")), *((code, code) for code in CURRENCIES)])

    def currencies(self) -> Sequence[str]:
        """Those chosen, in order; a gap closes."""
        return [field.data for field in self if field.data]
