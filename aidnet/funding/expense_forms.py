"""The form of an expense: what was spent, on what, for which deliveries, with which proof."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from wtforms import Field, FieldList, FormField
from wtforms.validators import Optional, ValidationError

from aidnet import clock, codes
from aidnet.deliveries.models import Precision
from aidnet.evidence.forms import PhotosField
from aidnet.funding import drafts, words
from aidnet.funding.forms import ChoiceField, Choices, GivenField, NoteField, OneOfField
from aidnet.funding.handouts import HandOut
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.ledger.models import BudgetLine
from aidnet.web.forms import AmountField, BaseForm, CurrencyField, DayField, LineField, Required, UidField, options

SHARES_MOST = 20


class ShareForm(BaseForm):
    """A delivery, and the part of the amount that was for it. The whole form gives the currency."""

    delivery = LineField(_l("Delivery"), [Optional()], description=_l("Its code, such as D-7K3Q-9XMT."))
    amount = AmountField(_l("Its part"), [Optional()], description=_l("Empty: all that is left of the amount."))
    currency = GivenField()

    @property
    def code(self) -> str | None:
        """The code typed; None where it is none."""
        return codes.read("D", self.delivery.data or "")

    @property
    def blank(self) -> bool:
        """Nothing was typed in this row."""
        return not (self.delivery.data or (self.amount.data or "").strip())

    def validate_delivery(self, field: Field) -> None:
        if not self.blank and self.code is None:
            raise ValidationError(_("You have no delivery with this code."))

    @property
    def draft(self) -> drafts.ShareDraft:
        """The part as the service takes it."""
        return drafts.ShareDraft(self.code or "", self.amount.minor)


class ExpenseForm(BaseForm):
    """What was spent. A coordinator says for which deliveries; a treasurer, for whom it is typed."""

    uid = UidField()
    responder = ChoiceField(
        _l("Who spent it"),
        [Optional()],
        description=_l("Type it for a group only on the group's word: it is marked so."),
    )
    fund = ChoiceField(_l("Out of"), [Optional()])
    budget_line = ChoiceField(
        _l("Spent on"),
        choices=options(words.LINES.items()),
        description=_l("Tolls and informal payments have a line of their own. Donors see them inside transport."),
    )
    amount = AmountField(_l("Amount"), [Required()], description=_l("In numbers, such as 1,250 or 5 သိန်း."))
    currency = CurrencyField(default="MMK")
    day = DayField(_l("Day"), [Required()], default=clock.today)
    precision = OneOfField(
        _l("How exact is the day"),
        choices=options([("day", _l("That day")), ("week", _l("That week")), ("month", _l("That month"))]),
        default=Precision.DAY.value,
    )
    shares = FieldList(
        FormField(ShareForm, separator="-"), _l("For which deliveries"), min_entries=1, max_entries=SHARES_MOST
    )
    handed_at = ChoiceField(_l("Handed out at"), [Optional()], default="")
    photos = PhotosField(
        _l("Photos of the receipt"),
        [Optional()],
        description=_l("At most four. They are made smaller, and where and when they were taken is left out."),
    )
    note = NoteField(_l("Note"), description=_l("Kept private. No names of people or places, please."))

    @classmethod
    def of_group(cls, *args: Any, **more: Any) -> "ExpenseForm":
        """The form of a coordinator."""
        form = cls(*args, **more)
        del form.responder
        return form

    @classmethod
    def of_network(cls, *args: Any, **more: Any) -> "ExpenseForm":
        """The form of a treasurer, who sees no delivery and keeps no photo."""
        form = cls(*args, **more)
        del form.shares, form.handed_at, form.photos
        return form

    def offer(self, funds: Choices, responders: Choices) -> None:
        """The purses that may be spent from, and for whom."""
        self.fund.choices = funds
        if "responder" in self:
            self.responder.choices = [("", _("The network itself")), *responders]

    def offer_handouts(self, found: list[HandOut]) -> None:
        """The hand-outs of the deliveries typed."""
        self.handed_at.choices = [("", _("Nobody said")), *((str(one.uid), one.label) for one in found)]

    @property
    def parts(self) -> Iterator[ShareForm]:
        """The rows in which something was typed."""
        return (entry.form for entry in (self.shares if "shares" in self else ()) if not entry.form.blank)

    @property
    def deliveries(self) -> list[str]:
        """The codes typed."""
        return [part.code for part in self.parts if part.code]

    @property
    def is_cash(self) -> bool:
        """It was handed to households."""
        return bool(self.budget_line.data == BudgetLine.CASH_HANDED.value)

    def validate(self, extra_validators: Any = None) -> bool:
        for entry in self.shares if "shares" in self else ():
            entry.form.currency.data = self.currency.data
        return bool(super().validate(extra_validators))

    def draft(self) -> drafts.ExpenseDraft:
        handed_at = self.handed_at.data if "handed_at" in self and self.is_cash else None
        return drafts.ExpenseDraft(
            uid=self.uid.uid,
            budget_line=BudgetLine(self.budget_line.data),
            amount_minor=self.amount.minor or 0,
            currency=self.currency.data,
            spent_on=self.day.day or clock.today(),
            fund=self.fund.data or None,
            precision=Precision(self.precision.data),
            shares=[part.draft for part in self.parts],
            handed_at=UUID(handed_at) if handed_at else None,
            pictures=self.photos.pictures if "photos" in self else (),
            responder=(self.responder.data or None) if "responder" in self else None,
            note=self.note.text,
        )
