"""Forms of payouts: sending one, saying what arrived, and settling what was lost."""

from wtforms.validators import Optional

from aidnet import clock
from aidnet.funding import drafts, words
from aidnet.funding.forms import ChoiceField, Choices, GivenField, NoteField, OneOfField
from aidnet.funding.models import Channel, FeeBearer, Rest, SettlementKind
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.places.fields import PlaceField
from aidnet.places.models import Level
from aidnet.rates.models import RateKind
from aidnet.responders.models import Sector
from aidnet.responders.words import SECTORS
from aidnet.web.forms import (
    AmountField,
    BaseForm,
    CurrencyField,
    DayField,
    LineField,
    RateField,
    Required,
    UidField,
    options,
)

_AMOUNT_HINT = _l("In numbers, such as 1,250 or 5 သိန်း.")
_NO_NAMES = _l("Kept private. No names of people or places, please.")


class PayoutForm(BaseForm):
    """Money sent to a responder."""

    uid = UidField()
    fund = ChoiceField(_l("Out of the fund"), [Required()])
    responder = ChoiceField(_l("To the group"), [Required()])
    amount = AmountField(_l("Amount sent"), [Required()], description=_AMOUNT_HINT)
    currency = CurrencyField(default="USD")
    fee = AmountField(_l("Fee"), [Optional()], zero=True, description=_l("In the same currency."))
    fee_bearer = ChoiceField(
        _l("Who bears the fee"), choices=options(words.FEE_BEARERS.items()), default=FeeBearer.FUND.value
    )
    purpose_place = PlaceField(
        _l("For a district or a state"),
        [Optional()],
        levels=[Level.DISTRICT, Level.STATE],
        description=_l("Gifts meant for a place or a kind of help are used only where it is named."),
    )
    purpose_sector = ChoiceField(
        _l("For a kind of help"), [Optional()], choices=options([("", _l("Any")), *SECTORS.items()])
    )
    expected_currency = CurrencyField(_l("Currency that should arrive"), default="MMK")
    rate = RateField(
        _l("Rate"), [Optional()], description=_l("How much of the arriving currency for one of the sent one.")
    )
    rate_kind = ChoiceField(_l("Kind of rate"), choices=options(words.RATES.items()), default=RateKind.MARKET.value)
    expected = AmountField(
        _l("Amount that should arrive"),
        [Optional()],
        currency="expected_currency",
        description=_l("Leave it empty, and it is worked out from the rate."),
    )
    channel = ChoiceField(_l("How it is sent"), choices=options(words.CHANNELS.items()))
    agent = LineField(_l("Agent, by alias"), [Optional()], description=_l("Kept private. Never a real name."))
    token = LineField(
        _l("Word that whoever fetches it must say"),
        [Optional()],
        description=_l(
            "Tell it to the group yourself. Nobody can read it here: the group types it, and learns whether it is right."
        ),
    )
    day = DayField(_l("Day it was sent"), [Required()], default=clock.today)
    note = NoteField(_l("Note"), description=_NO_NAMES)
    reason = NoteField(_l("Why, for the second person"), description=_NO_NAMES)

    def offer(self, funds: Choices, responders: Choices) -> None:
        """The lists that are looked up."""
        self.fund.choices = [("", _("Choose")), *funds]
        self.responder.choices = [("", _("Choose")), *responders]

    def draft(self) -> drafts.PayoutDraft:
        place = self.purpose_place.chosen[0].place_id if self.purpose_place.chosen else None
        return drafts.PayoutDraft(
            uid=self.uid.uid,
            fund=self.fund.data,
            responder=self.responder.data,
            channel=Channel(self.channel.data),
            amount_minor=self.amount.minor or 0,
            currency=self.currency.data,
            sent_on=self.day.day or clock.today(),
            fee_minor=self.fee.minor or 0,
            expected_currency=self.expected_currency.data,
            rate=self.rate.rate,
            rate_kind=RateKind(self.rate_kind.data) if self.rate.rate else None,
            expected_minor=self.expected.minor,
            fee_bearer=FeeBearer(self.fee_bearer.data),
            agent=self.agent.data or None,
            purpose_place_id=place,
            purpose_sector=Sector(self.purpose_sector.data) if self.purpose_sector.data else None,
            token=self.token.data or None,
            note=self.note.text,
            reason=self.reason.text,
        )


class ConfirmationForm(BaseForm):
    """What arrived of a payout. The view gives the currency."""

    uid = UidField()
    amount = AmountField(_l("Amount that arrived"), [Required()], zero=True, description=_AMOUNT_HINT)
    currency = GivenField()
    rest = OneOfField(_l("And the rest"), choices=options(words.RESTS.items()), default=Rest.COMING.value)
    token = LineField(
        _l("The word you had to say"),
        [Optional()],
        description=_l("You are told whether it is the one that was agreed on. It changes nothing else."),
    )
    arrived_on = DayField(_l("Day it arrived"), [Required()], default=clock.today)

    def draft(self, code: str) -> drafts.ConfirmationDraft:
        return drafts.ConfirmationDraft(
            self.uid.uid,
            code,
            self.amount.minor or 0,
            self.arrived_on.day or clock.today(),
            Rest(self.rest.data),
            self.token.data or None,
        )


class SettlementForm(BaseForm):
    """How a loss was settled. The view gives the currency."""

    uid = UidField()
    kind = OneOfField(
        _l("How it ended"), choices=options(words.SETTLEMENTS.items()), default=SettlementKind.REPAID.value
    )
    amount = AmountField(_l("Amount"), [Required()], description=_AMOUNT_HINT)
    currency = GivenField()
    day = DayField(_l("Day"), [Required()], default=clock.today)
    note = NoteField(_l("Note"), description=_NO_NAMES)

    def draft(self, code: str) -> drafts.SettlementDraft:
        return drafts.SettlementDraft(
            self.uid.uid,
            code,
            SettlementKind(self.kind.data),
            self.amount.minor or 0,
            self.day.day or clock.today(),
            self.note.text,
        )
