"""Forms of plans, their legs, and kits."""

from collections.abc import Iterator
from typing import Any

from wtforms import Field, FieldList, FormField, HiddenField, TextAreaField
from wtforms.validators import Optional, ValidationError

from aidnet import clock
from aidnet.deliveries.drafts import DeliveryDraft, EventDraft, LegDraft, LineDraft, WayDraft
from aidnet.deliveries.forms import (
    LINES_MOST,
    VILLAGES_MOST,
    ChoiceField,
    ChoicesField,
    ItemForm,
    LineForm,
    SpotField,
    row_id,
)
from aidnet.deliveries.kits import ITEMS_MOST, KitDraft
from aidnet.deliveries.models import EventKind
from aidnet.deliveries.plan_models import Mode
from aidnet.deliveries.planning import MOST_LEGS
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.places.fields import PlaceField
from aidnet.web.forms import (
    NOTE_MOST,
    AtMost,
    BaseForm,
    CountField,
    DayField,
    LineField,
    Required,
    UidField,
    VersionField,
)


class StartForm(BaseForm):
    """What a plan begins with, as its address says it."""

    need = ChoicesField(_l("What is needed"), [Optional()])
    kit = ChoiceField(_l("Kit"))
    times = CountField(_l("How many kits"), most=100_000)
    copy = LineField(_l("Code of an earlier delivery"), [Optional()])
    item = ChoiceField(_l("Item"))
    place = PlaceField(_l("Place"), [Optional()])


class LegForm(BaseForm):
    """A part of the way."""

    was = HiddenField()
    mode = ChoiceField(_l("How"))
    crossing = ChoiceField(_l("Over the border at"), coerce=row_id)
    expected_on = DayField(_l("Should end on"), [Optional()], future=True)
    carrier = LineField(_l("Who carries it, by alias"), [Optional()])

    @property
    def blank(self) -> bool:
        """Nothing was typed in this row."""
        return not (self.mode.data or self.crossing.data or self.expected_on.data or self.carrier.data)

    def validate(self, extra_validators: Any = None) -> bool:
        """A row in which anything was typed says how it travels."""
        good = bool(super().validate(extra_validators))
        if not self.blank and self.mode.data not in set(Mode):
            self.mode.errors = [*self.mode.errors, _("Say how it travels.")]
            good = False
        return good

    @property
    def draft(self) -> LegDraft:
        """The leg as the service takes it."""
        return LegDraft(
            mode=Mode(self.mode.data),
            crossing_id=self.crossing.data,
            expected_on=self.expected_on.day,
            carrier=self.carrier.data or "",
            was=row_id(self.was.data),
        )


class WayForm(BaseForm):
    """The legs of a plan, and the day it should reach its villages."""

    version = VersionField()
    legs = FieldList(FormField(LegForm, separator="-"), _l("Legs"), min_entries=1, max_entries=MOST_LEGS)
    planned_on = DayField(_l("Should reach its villages by"), [Optional()], future=True)

    def leg_drafts(self) -> tuple[LegDraft, ...]:
        """The legs in which something was typed."""
        return tuple(entry.form.draft for entry in self.legs if not entry.form.blank)

    def draft(self) -> WayDraft:
        """The way as the service takes it."""
        return WayDraft(version=self.version.data, legs=self.leg_drafts(), planned_on=self.planned_on.day)


class PlanStopForm(BaseForm):
    """A place the plan is for."""

    place = SpotField(_l("Village or place"), [Optional()], sites=True)


class PlanForm(BaseForm):
    """A delivery that is planned: from needs, a kit, an earlier one, or bare."""

    uid = UidField()
    needs = ChoicesField(_l("Meant for these needs"), [Optional()])
    households = CountField(
        _l("For how many households"), [Optional()], description=_l("For the guide amounts beside each item. It is not kept.")
    )
    lines = FieldList(FormField(LineForm, separator="-"), _l("What"), min_entries=1, max_entries=LINES_MOST)
    villages = FieldList(FormField(PlanStopForm, separator="-"), _l("To whom"), min_entries=1, max_entries=VILLAGES_MOST)
    legs = FieldList(FormField(LegForm, separator="-"), _l("Legs"), min_entries=1, max_entries=MOST_LEGS)
    planned_on = DayField(_l("Should reach its villages by"), future=True)
    fund = ChoiceField(_l("Bought from the fund"), coerce=row_id)
    courier = LineField(_l("Courier, by alias"), [Optional()])
    route_note = TextAreaField(_l("Route"), [Optional(), AtMost(NOTE_MOST)])
    note = TextAreaField(_l("Note"), [Optional(), AtMost(NOTE_MOST)])

    @property
    def real_lines(self) -> list[LineForm]:
        """The rows in which something was typed."""
        return [entry.form for entry in self.lines if not entry.form.blank]

    def place_fields(self) -> Iterator[PlaceField]:
        """Every place picker of the form."""
        for entry in self.villages:
            yield entry.form.place

    @property
    def place_codes(self) -> tuple[str, ...]:
        """The places chosen."""
        return tuple(dict.fromkeys(field.codes[0] for field in self.place_fields() if field.codes))

    def validate_lines(self, field: Field) -> None:
        if not self.real_lines:
            raise ValidationError(_("Say at least one item."))

    def validate_planned_on(self, field: Field) -> None:
        if not field.data and not any(entry.form.expected_on.data for entry in self.legs):
            raise ValidationError(_("Say when it should reach its villages."))

    def draft(self) -> DeliveryDraft:
        """The plan as the service takes it, from a form that was validated."""
        legs = tuple(entry.form.draft for entry in self.legs if not entry.form.blank)
        days = [leg.expected_on for leg in legs if leg.expected_on]
        return DeliveryDraft(
            uid=self.uid.uid,
            lines=tuple(line.draft for line in self.real_lines),
            places=self.place_codes,
            events=(EventDraft(kind=EventKind.PLANNED, happened_on=clock.today()),),
            legs=legs,
            planned_on=self.planned_on.day or max(days, default=None),
            crossing_id=next((leg.crossing_id for leg in legs if leg.crossing_id), None),
            fund_id=self.fund.data,
            courier=self.courier.data or "",
            route_note=self.route_note.data or "",
            note=self.note.data or "",
        )


class KitItemForm(ItemForm):
    """An item of a kit."""

    def validate(self, extra_validators: Any = None) -> bool:
        """A row in which anything was typed says what it is of."""
        good = bool(super().validate(extra_validators))
        if not self.blank and not self.item.data:
            self.item.errors = [*self.item.errors, _("Choose an item of the list.")]
            good = False
        return good

    def validate_quantity(self, field: Field) -> None:
        if not self.blank and not (field.data or "").strip():
            raise ValidationError(_("How much of it?"))


class KitForm(BaseForm):
    """What is in one kit."""

    uid = UidField()
    version = VersionField()
    name = LineField(_l("Name"), [Required(_l("Give it a name."))])
    items = FieldList(FormField(KitItemForm, separator="-"), _l("What is in one"), min_entries=1, max_entries=ITEMS_MOST)

    def validate_items(self, field: Field) -> None:
        if all(entry.form.blank for entry in field):
            raise ValidationError(_("Say at least one item."))

    def draft(self) -> KitDraft:
        """The kit as the service takes it."""
        rows = [entry.form for entry in self.items if not entry.form.blank]
        items = tuple(LineDraft(item=row.item.data, quantity_milli=row.quantity.milli or 0, unit=row.unit.data or "") for row in rows)
        return KitDraft(uid=self.uid.uid, name=self.name.data or "", items=items)
