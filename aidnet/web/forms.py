"""What every slice's forms are made of. Forms check shape; services check meaning."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from wtforms import Field, Form, HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from aidnet import clock, money
from aidnet.errors import AidnetError
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l

#: More than anybody types into one line or one note.
LINE_MOST = 200
NOTE_MOST = 4_000


def options(pairs: Iterable[tuple[str, object]]) -> list[SelectChoice]:
    """Pairs of a value and its words as a choice field takes them."""
    return [SelectChoice(value=str(value), label=label) for value, label in pairs]


class BaseForm(Form):
    """A form of ours: Flask-WTF's CSRFProtect has checked the token before any view runs."""

    def accuse(self, error: AidnetError) -> None:
        """Put a service's sentence beside the field it belongs to, or at the top of the form."""
        named = self._fields.get(error.field or "")
        if named is None:
            self.form_errors.append(str(error))
        else:
            named.errors = [*named.errors, str(error)]


class Required:
    """Something must be typed."""

    field_flags = {"required": True}  # noqa: RUF012 (WTForms' own shape)

    def __init__(self, sentence: object = _l("Please fill this in.")) -> None:
        self.sentence = sentence

    def __call__(self, form: Form, field: Field) -> None:
        if not field.raw_data or not str(field.raw_data[0]).strip():
            field.errors = []
            raise StopValidation(str(self.sentence))


class AtMost:
    """No longer than `most` characters."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, form: Form, field: Field) -> None:
        if field.data and len(field.data) > self.most:
            raise ValidationError(_("At most %(most)s characters, please.", most=self.most))


class LineField(StringField):
    """One line of text, trimmed; control characters are refused, nothing else is."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0].strip() if valuelist else ""

    def pre_validate(self, form: Form) -> None:
        if self.data and len(self.data) > LINE_MOST:
            raise StopValidation(_("At most %(most)s characters, please.", most=LINE_MOST))
        if self.data and re.search(r"[\x00-\x08\x0a-\x1f\x7f]", self.data):
            raise StopValidation(_("This has a character that cannot be kept. Please type it again."))


class BoxesField(SelectMultipleField):
    """Several choices, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class UidField(HiddenField):
    """The random name of what the form makes, drawn with the form: sent twice, it is still one thing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default=lambda: str(uuid4()), **options)

    data: str | None

    def pre_validate(self, form: Form) -> None:
        try:
            self.uid = UUID(self.data or "")
        except ValueError:
            self.uid = uuid4()
        self.data = str(self.uid)


class VersionField(HiddenField):
    """The version of the row the form was drawn from."""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0] if valuelist else ""
        self.data = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1


class CurrencyField(SelectField):
    """One of the currencies we keep."""

    def __init__(self, label: object = _l("Currency"), **options: Any) -> None:
        super().__init__(label, choices=list(money.CURRENCIES), **options)

    def pre_validate(self, form: Form) -> None:
        if self.data not in money.CURRENCIES:
            raise StopValidation(_("Choose a currency of the list."))


class AmountField(StringField):
    """An amount as typed (`data`), read as minor units of another field's currency (`minor`) when validated."""

    def __init__(self, label: object, validators: Any = None, *, currency: str = "currency", zero: bool = False, **options: Any) -> None:
        super().__init__(label, validators, **options)
        self.currency_name = currency
        self.zero = zero
        self.minor: int | None = None

    def pre_validate(self, form: Form) -> None:
        currency = form[self.currency_name].data
        if not (self.data or "").strip() or currency not in money.CURRENCIES:
            return
        try:
            if self.zero and re.fullmatch(r"0+([.]0+)?", money.latin_digits(self.data).strip()):
                self.minor = 0
            else:
                self.minor = money.parse_amount(self.data, currency)
        except money.BadAmount as bad:
            raise StopValidation(
                {
                    "shape": _("Type an amount in numbers, such as 1,250 or 5 သိန်း."),
                    "sign": _("The amount must be more than zero."),
                    "large": _("This amount is too large to be true."),
                    "decimals": _("This currency has no such small part."),
                }[bad.reason]
            ) from None


class QuantityField(StringField):
    """A quantity as typed, read as thousandths (`milli`) when validated."""

    def __init__(self, label: object, validators: Any = None, *, zero: bool = False, **options: Any) -> None:
        super().__init__(label, validators, **options)
        self.zero = zero
        self.milli: int | None = None

    def pre_validate(self, form: Form) -> None:
        if not (self.data or "").strip():
            return
        try:
            milli = money.parse_number(self.data) * 1000
        except money.BadAmount:
            raise StopValidation(_("Type a number, such as 300 or 12.5.")) from None
        if milli < 0 or (milli == 0 and not self.zero):
            raise StopValidation(_("The quantity must be more than zero."))
        if milli != milli.to_integral_value():
            raise StopValidation(_("At most three decimals, please."))
        if milli > 10**12:
            raise StopValidation(_("This quantity is too large to be true."))
        self.milli = int(milli)


class CountField(StringField):
    """A number of people or households, Latin or Myanmar digits (`number`); empty is None."""

    def __init__(self, label: object, validators: Any = None, *, most: int = 10_000_000, **options: Any) -> None:
        super().__init__(label, validators, **options)
        self.most = most
        self.number: int | None = None

    def pre_validate(self, form: Form) -> None:
        if not (self.data or "").strip():
            return
        try:
            number = money.parse_number(self.data)
        except money.BadAmount:
            raise StopValidation(_("Type a whole number.")) from None
        if number < 0 or number != number.to_integral_value():
            raise StopValidation(_("Type a whole number, zero or more."))
        if number > self.most:
            raise StopValidation(_("This number is too large to be true."))
        self.number = int(number)


class RateField(StringField):
    """A rate as typed (`rate`, an exact decimal)."""

    rate: Decimal | None = None

    def pre_validate(self, form: Form) -> None:
        if not (self.data or "").strip():
            return
        try:
            rate = money.parse_number(self.data)
        except money.BadAmount:
            raise StopValidation(_("Type the rate in numbers, such as 4,350 or 126.5.")) from None
        if not 0 < rate <= Decimal(10**9):
            raise StopValidation(_("This rate cannot be right."))
        self.rate = rate


class DayField(StringField):
    """A day, from a date input or typed as 2026-08-18 or 18/8/2026 with either digits (`day`)."""

    def __init__(self, label: object, validators: Any = None, *, future: bool = False, **options: Any) -> None:
        super().__init__(label, validators, render_kw={"type": "date"} | options.pop("render_kw", {}), **options)
        self.future = future
        self.day: date | None = None

    def _value(self) -> str:
        return self.data.isoformat() if isinstance(self.data, date) else (self.data or "")

    def pre_validate(self, form: Form) -> None:
        if not self._value().strip():
            return
        try:
            self.day = clock.parse_day(self._value(), future=self.future)
        except clock.BadDay as bad:
            raise StopValidation(
                {
                    "shape": _("This is not a day of the calendar. Type it as 2026-08-18 or 18/8/2026."),
                    "past": _("This day is too long ago."),
                    "future": _("This day has not come yet."),
                    "far": _("This day is too far away."),
                }[bad.reason]
            ) from None
