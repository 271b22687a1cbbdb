"""Fields for how much of each line, named by the lines' numbers: what a page is about may change before the page is sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wtforms import Field, FieldList, HiddenField
from wtforms.validators import Optional, ValidationError

from aidnet.i18n import gettext as _
from aidnet.web.context import quantity
from aidnet.web.forms import LINE_MOST, BaseForm, QuantityField


@dataclass(frozen=True)
class Asked:
    """A line as a form asks for it; `first`: what its field begins with (None: empty)."""

    number: int
    item: str
    unit: str
    first: int | None = None
    hint: str = ""
    #: Its field is drawn. One that is not drawn any more is still taken from a page that has it.
    drawn: bool = True


class AskedForm(BaseForm):
    """How much of one line, named by its number."""

    line = HiddenField()
    #: What the page called the line.
    item = HiddenField()
    quantity = QuantityField("", [Optional()], zero=True)
    #: The line's unit, for the page.
    unit = ""
    #: None: there is no such line (any more).
    asked: Asked | None = None

    def about(self, lines: Mapping[str, Asked]) -> None:
        """Find the line that it names among those of the page."""
        self.asked = lines.get(self.line.data or "")
        if self.asked is None:
            self.quantity.label.text = (self.item.data or "")[:LINE_MOST] or _("Item")
        else:
            self.item.data = self.quantity.label.text = self.asked.item
            self.unit, self.quantity.description = self.asked.unit, self.asked.hint

    @property
    def blank(self) -> bool:
        """Nothing was typed."""
        return not (self.quantity.data or "").strip()

    def validate_quantity(self, field: Field) -> None:
        if self.asked is None:
            raise ValidationError(_("This line is not there any more. Take its quantity out, or open the page again."))


class HandedForm(AskedForm):
    """How much of one line; of a hand-over, as counted and as given."""

    given = QuantityField("", [Optional()], zero=True)
    #: Whoever has it now is a group of the network.
    to_group = False

    def ask_both(self) -> None:
        """Ask what was given, and beside it what was counted."""
        self.given.label.text, self.given.description = self.quantity.label.text, self.quantity.description
        self.quantity.label.text = _("%(item)s, as they counted", item=self.given.label.text)
        self.quantity.description = _("Only for somebody outside, where it differs. A group of the network says so itself.")

    @property
    def blank(self) -> bool:
        return super().blank and not (self.given.data or "").strip()

    def validate_quantity(self, field: Field) -> None:
        super().validate_quantity(field)
        if self.to_group and (field.data or "").strip() != (self.given.data or "").strip():
            raise ValidationError(_("The group says this itself. Type what was given in the field before."))

    def validate_given(self, field: Field) -> None:
        super().validate_quantity(field)


def find_lines(amounts: FieldList, lines: Iterable[Asked], *, sent: bool) -> None:
    """Let each entry find its line. What names none and says nothing goes; lines without an entry get one."""
    known = {str(line.number): line for line in lines}
    for entry in amounts:
        entry.form.about(known)
    amounts.entries = [each for each in amounts if each.form.asked or not each.form.blank]
    there = {each.form.line.data for each in amounts}
    for number, line in known.items():
        if line.drawn and number not in there and len(amounts) < (amounts.max_entries or len(known)):
            typed = "" if sent or line.first is None else quantity(line.first)
            amounts.append_entry({"line": number, "quantity": typed}).form.about(known)
