"""Forms of hand-overs and consignments."""

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import Field, FieldList, FormField, RadioField
from wtforms.validators import Optional, ValidationError

from aidnet import clock
from aidnet.custody import words
from aidnet.custody.drafts import AnswerDraft, GatherDraft, OnwardDraft, Taken
from aidnet.deliveries.amount_forms import Asked, AskedForm, find_lines
from aidnet.deliveries.forms import LINES_MOST, ChoiceField, ChoicesField
from aidnet.deliveries.models import Answer, Refusal
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.web.forms import (
    BaseForm,
    DayField,
    LineField,
    Required,
    UidField,
    options,
)


class LinesForm(BaseForm):
    """How much of each line. `of()` makes room for the lines, named by their numbers."""

    uid = UidField()
    amounts = FieldList(FormField(AskedForm, separator="-"), _l("How much"), max_entries=LINES_MOST)

    #: Line numbers to what the form begins with.
    first: Mapping[int, int | None]

    @classmethod
    def of(cls, lines: Iterable[Asked], formdata: Any, **first: Any) -> Any:
        """The form with a field for each line; a form that was sent has its own, and those of lines that it lacks."""
        there = tuple(lines)
        form = cls(formdata, data=first)
        form.first = {line.number: line.first for line in there}
        find_lines(form.amounts, there, sent=formdata is not None)
        return form

    @property
    def typed(self) -> dict[int, int]:
        """What was typed, by line."""
        found = [(entry.form.asked, entry.form.quantity.milli) for entry in self.amounts]
        return {line.number: milli for line, milli in found if line is not None and milli is not None}

    def validate_amounts(self, field: Field) -> None:
        if not any(self.typed.values()) and not any(entry.form.errors for entry in self.amounts):
            raise ValidationError(_("Say how much: at least one quantity."))


class AnswerForm(LinesForm):
    """What came of a hand-over."""

    answer = RadioField(
        _l("Did it come?"), [Required(_l("Say whether it came."))], choices=options(words.ANSWERS.items())
    )
    happened_on = DayField(_l("When"), [Required(_l("Say when."))])
    refusal = RadioField(_l("Why it was not taken"), choices=options(words.REFUSALS.items()), validate_choice=False)

    def validate_amounts(self, field: Field) -> None:
        """Counts are asked for only where they differ from what was given."""
        is_wrong = any(entry.form.errors for entry in self.amounts)
        if not is_wrong and self.answer.data in (Answer.SHORT, Answer.SURPLUS) and self.typed in ({}, self.first):
            raise ValidationError(_("Type what you counted."))

    def validate_refusal(self, field: Field) -> None:
        if self.answer.data == Answer.REFUSED and field.data not in set(Refusal):
            raise ValidationError(_("Say why it was not taken."))

    def draft(self) -> AnswerDraft:
        """The answer as the service takes it, from a form that was validated."""
        said = Answer(self.answer.data)
        return AnswerDraft(
            uid=self.uid.uid,
            answer=said,
            happened_on=self.happened_on.day or clock.today(),
            quantities=self.typed if said in (Answer.SHORT, Answer.SURPLUS) else {},
            refusal=Refusal(self.refusal.data) if said is Answer.REFUSED else None,
        )


class OnwardForm(LinesForm):
    """What goes on with another consignment."""

    loaded_on = DayField(_l("Loaded on"), [Required(_l("Say when."))])
    planned_on = DayField(_l("Should reach its villages by"), [Optional()], future=True)
    places = ChoicesField(_l("To whom"), [Optional()])

    def onward(self) -> OnwardDraft:
        """What a receiver carries on, from a form that was validated."""
        day = self.loaded_on.day or clock.today()
        return OnwardDraft(uid=self.uid.uid, loaded_on=day, amounts=self.typed, planned_on=self.planned_on.day)

    def part_of(self, code: str) -> GatherDraft:
        """What is split off a delivery, from a form that was validated."""
        return GatherDraft(
            uid=self.uid.uid,
            moved_on=self.loaded_on.day or clock.today(),
            takes=(Taken(code=code, amounts=self.typed),),
            places=tuple(self.places.data or ()),
            planned_on=self.planned_on.day,
        )


class JoinForm(BaseForm):
    """Consignments that become one."""

    uid = UidField()
    takes = ChoicesField(_l("Consignments"))
    moved_on = DayField(_l("Loaded on"), [Required(_l("Say when."))])
    planned_on = DayField(_l("Should reach its villages by"), [Optional()], future=True)

    def validate_takes(self, field: Field) -> None:
        if len(field.data or ()) < 2:
            raise ValidationError(_("Choose at least two."))

    def draft(self) -> GatherDraft:
        """The new consignment, from a form that was validated."""
        return GatherDraft(
            uid=self.uid.uid,
            moved_on=self.moved_on.day or clock.today(),
            takes=tuple(Taken(code=code) for code in self.takes.data or ()),
            planned_on=self.planned_on.day,
        )


class FilterForm(BaseForm):
    """What the list of hand-overs is narrowed to."""

    q = LineField(_l("A code"), [Optional()])
    side = ChoiceField(_l("Side"))
    state = ChoiceField(_l("State"))
    other = ChoiceField(_l("With"), name="with")
