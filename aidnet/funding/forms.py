"""Forms of funding. Each makes the draft that its service takes; the services know what may be."""

from datetime import date
from decimal import Decimal
from typing import Any

from wtforms import Form, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import Optional, StopValidation

from aidnet import clock
from aidnet.funding import drafts, words
from aidnet.funding.models import Channel, GiverKind
from aidnet.funding.payouts import converted
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.money import MOST_MINOR
from aidnet.places.fields import PlaceField
from aidnet.places.models import Level
from aidnet.responders.models import Sector
from aidnet.responders.words import SECTORS
from aidnet.web.forms import (
    NOTE_MOST,
    AmountField,
    AtMost,
    BaseForm,
    CurrencyField,
    DayField,
    LineField,
    QuantityField,
    RateField,
    Required,
    UidField,
    options,
)

Choices = list[tuple[str, str]]


class ChoiceField(SelectField):
    """One of a list. A list that is looked up is given by the view (`choices`), with its empty line first."""

    def __init__(self, label: object, validators: Any = None, choices: Any = (), **more: Any) -> None:
        super().__init__(label, validators, choices=list(choices), **more)

    def pre_validate(self, form: Form) -> None:
        if self.data not in [value for value, _label, *_more in self.iter_choices()]:
            raise StopValidation(_("Choose one of the list."))


class OneOfField(RadioField):
    """The same as a group of buttons."""

    def pre_validate(self, form: Form) -> None:
        if self.data not in [value for value, _label, *_more in self.iter_choices()]:
            raise StopValidation(_("Choose one."))


class GivenField(HiddenField):
    """What the page is about, such as the currency of a gift: told by the view, never by the browser."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """What the browser says is left aside."""


class NoteField(TextAreaField):
    """Free text, kept private."""

    def __init__(self, label: object, **more: Any) -> None:
        super().__init__(label, [Optional(), AtMost(NOTE_MOST)], **more)

    @property
    def text(self) -> str | None:
        return (self.data or "").strip() or None


_CURRENCY = "USD"
_AMOUNT_HINT = _l("In numbers, such as 1,250 or 5 သိန်း.")
_NO_NAMES = _l("Kept private. No names of people or places, please.")


def _chosen(field: Any) -> Any:
    return field.data or None


class FundForm(BaseForm):
    """A new fund."""

    uid = UidField()
    name = LineField(_l("Name"), [Required()])
    purpose = LineField(_l("What it is for"), [Required()], description=_l("Givers read this."))

    def draft(self) -> drafts.FundDraft:
        return drafts.FundDraft(self.uid.uid, str(self.name.data), str(self.purpose.data))


class _Giver(BaseForm):
    """Whom a gift is from, how it came and when."""

    uid = UidField()
    giver_kind = ChoiceField(_l("The giver is a"), choices=options(words.GIVERS.items()))
    giver = LineField(
        _l("Name the giver chose"), [Optional()], description=_l("Empty where the giver wants no name. Kept private.")
    )
    channel = ChoiceField(_l("How it came"), choices=options(words.CHANNELS.items()), default=Channel.BANK.value)
    day = DayField(_l("Day"), [Required()], default=clock.today)
    note = NoteField(_l("Note"), description=_NO_NAMES)


class ContributionForm(_Giver):
    """A gift of money into a fund of the network."""

    fund = ChoiceField(_l("Into the fund"), [Required()])
    state = OneOfField(
        _l("Where it stands"),
        choices=options([("received", _l("Received")), ("pledged", _l("Pledged: the money comes later"))]),
        default="received",
    )
    due = DayField(
        _l("When a pledge is expected"), [Optional()], future=True, description=_l("You are reminded of it.")
    )
    amount = AmountField(_l("Amount"), [Required()], description=_AMOUNT_HINT)
    currency = CurrencyField(default=_CURRENCY)
    donor = ChoiceField(_l("Came through the donor partner"), [Optional()])
    earmark_place = PlaceField(_l("For a district or a state"), [Optional()], levels=[Level.DISTRICT, Level.STATE])
    earmark_sector = ChoiceField(
        _l("For a kind of help"), [Optional()], choices=options([("", _l("Any")), *SECTORS.items()])
    )
    earmark_responder = ChoiceField(_l("For a group"), [Optional()])

    def offer(self, funds: Choices, donors: Choices, responders: Choices) -> None:
        """The lists that are looked up; each begins with its empty line."""
        self.fund.choices = [("", _("Choose")), *funds]
        self.donor.choices = [("", _("No partner")), *donors]
        self.earmark_responder.choices = [("", _("Any")), *responders]

    def draft(self) -> drafts.ContributionDraft:
        received = self.state.data == "received"
        place = self.earmark_place.chosen[0].place_id if self.earmark_place.chosen else None
        return drafts.ContributionDraft(
            uid=self.uid.uid,
            fund=self.fund.data,
            amount_minor=self.amount.minor or 0,
            currency=self.currency.data,
            channel=Channel(self.channel.data),
            giver_kind=GiverKind(self.giver_kind.data),
            donor=_chosen(self.donor),
            giver=self.giver.data or None,
            received_on=self.day.day if received else None,
            pledged_on=None if received else self.day.day,
            due_on=None if received else self.due.day,
            earmark_place_id=place,
            earmark_sector=Sector(self.earmark_sector.data) if self.earmark_sector.data else None,
            earmark_responder=_chosen(self.earmark_responder),
            note=self.note.text,
        )


class ReceiptForm(BaseForm):
    """The money of a pledge arrived. The view gives the currency."""

    amount = AmountField(_l("Amount that arrived"), [Required()], description=_AMOUNT_HINT)
    currency = GivenField()
    channel = ChoiceField(_l("How it came"), choices=options(words.CHANNELS.items()))
    day = DayField(_l("Day it arrived"), [Required()], default=clock.today)

    def draft(self, code: str) -> drafts.ReceiptDraft:
        return drafts.ReceiptDraft(code, _day(self.day), self.amount.minor, Channel(self.channel.data))


class RefundForm(BaseForm):
    """Money of a gift goes back. The view gives the currency."""

    uid = UidField()
    amount = AmountField(_l("Amount given back"), [Required()], description=_AMOUNT_HINT)
    currency = GivenField()
    day = DayField(_l("Day"), [Required()], default=clock.today)

    def draft(self, code: str) -> drafts.RefundDraft:
        return drafts.RefundDraft(self.uid.uid, code, self.amount.minor or 0, _day(self.day))


class GiftForm(_Giver):
    """A gift that reached the group directly: money, or things."""

    what = OneOfField(
        _l("What was given"),
        choices=options([("money", _l("Money")), ("things", _l("Things"))]),
        default="money",
    )
    amount = AmountField(_l("Amount"), description=_AMOUNT_HINT)
    currency = CurrencyField(default="MMK")
    item = ChoiceField(_l("Item"))
    quantity = QuantityField(_l("Quantity"))
    unit = ChoiceField(_l("Unit"))

    def offer(self, items: Choices, units: Choices) -> None:
        """The lists that are looked up."""
        self.item.choices = [("", _("Choose")), *items]
        self.unit.choices = [("", _("As usual")), *units]

    def validate(self, extra_validators: Any = None) -> bool:
        good = bool(super().validate(extra_validators))
        needed = (self.amount,) if self.what.data == "money" else (self.item, self.quantity)
        for field in needed:
            if not field.data and not field.errors:
                field.errors = [*field.errors, _("Please fill this in.")]
                good = False
        return good

    def draft(self) -> drafts.GiftDraft:
        money = self.what.data == "money"
        return drafts.GiftDraft(
            uid=self.uid.uid,
            giver_kind=GiverKind(self.giver_kind.data),
            channel=Channel(self.channel.data),
            received_on=_day(self.day),
            amount_minor=self.amount.minor if money else None,
            currency=self.currency.data if money else None,
            item_id=None if money else int(self.item.data),
            quantity_milli=None if money else self.quantity.milli,
            unit=None if money else _chosen(self.unit),
            giver=self.giver.data or None,
            note=self.note.text,
        )


class HeldLossForm(BaseForm):
    """Money that was held is lost."""

    uid = UidField()
    fund = ChoiceField(_l("Out of"), [Required()])
    amount = AmountField(_l("Amount lost"), [Required()], description=_AMOUNT_HINT)
    currency = CurrencyField(default="MMK")
    day = DayField(_l("Day"), [Required()], default=clock.today)

    def offer(self, funds: Choices) -> None:
        """The purses it may have been in."""
        self.fund.choices = funds

    def draft(self) -> drafts.HeldLossDraft:
        return drafts.HeldLossDraft(
            self.uid.uid, self.fund.data, self.amount.minor or 0, self.currency.data, _day(self.day)
        )


class FeeForm(BaseForm):
    """A fee of a fund."""

    uid = UidField()
    amount = AmountField(_l("Fee"), [Required()], description=_AMOUNT_HINT)
    currency = CurrencyField(default=_CURRENCY)
    day = DayField(_l("Day"), [Required()], default=clock.today)

    def draft(self, code: str) -> drafts.FeeDraft:
        return drafts.FeeDraft(self.uid.uid, code, self.amount.minor or 0, self.currency.data, _day(self.day))


class ExchangeForm(BaseForm):
    """Money of a fund becomes money of another currency."""

    uid = UidField()
    amount = AmountField(_l("Amount given"), [Required()], description=_AMOUNT_HINT)
    currency = CurrencyField(default=_CURRENCY)
    rate = RateField(_l("Rate"), [Optional()], description=_l("How much of the new currency for one of the given one."))
    into_currency = CurrencyField(_l("New currency"), default="THB")
    into = AmountField(
        _l("Amount got"),
        [Optional()],
        currency="into_currency",
        description=_l("Leave it empty, and it is worked out from the rate."),
    )
    day = DayField(_l("Day"), [Required()], default=clock.today)

    def validate(self, extra_validators: Any = None) -> bool:
        good = bool(super().validate(extra_validators))
        if good and not 0 < self.into_minor <= MOST_MINOR:
            self.into.errors = [*self.into.errors, _("Type the amount you got, or the rate.")]
            good = False
        return good

    @property
    def into_minor(self) -> int:
        """What was got: as typed, else as the rate makes it."""
        if self.into.minor:
            return self.into.minor
        rate = self.rate.rate or Decimal(0)
        return converted(self.amount.minor or 0, self.currency.data, rate, self.into_currency.data)

    def draft(self, code: str) -> drafts.ExchangeDraft:
        return drafts.ExchangeDraft(
            uid=self.uid.uid,
            fund=code,
            amount_minor=self.amount.minor or 0,
            currency=self.currency.data,
            into_minor=self.into_minor,
            into_currency=self.into_currency.data,
            happened_on=_day(self.day),
        )


class SureForm(BaseForm):
    """A question that is answered by sending it."""

    uid = UidField()


class AskForm(SureForm):
    """The same where a second person may have to agree, who is told why."""

    reason = NoteField(_l("Why, for the second person"), description=_NO_NAMES)


def _day(field: DayField) -> date:
    return field.day or clock.today()
