"""Forms of deliveries. They read what was typed; what it means, and whether it may be so, the service decides."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import accumulate, pairwise
from typing import Any
from uuid import UUID

from wtforms import Field, FieldList, Form, FormField, RadioField, SelectField, TextAreaField
from wtforms.validators import Optional, StopValidation, ValidationError

from aidnet import clock
from aidnet.deliveries import words
from aidnet.deliveries.amount_forms import Asked, HandedForm, find_lines
from aidnet.deliveries.drafts import OUTSIDE, DeliveryDraft, EventDraft, LineDraft
from aidnet.deliveries.kinds import FACTS, Need
from aidnet.deliveries.models import (
    Age,
    Answer,
    EventKind,
    LossReason,
    PeopleKind,
    Precision,
    ReceivedBy,
    SaidBy,
    Sex,
    VerifiedBy,
)
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.places.fields import PlaceField
from aidnet.places.models import Level
from aidnet.web.forms import (
    AtMost,
    BaseForm,
    BoxesField,
    CountField,
    DayField,
    LineField,
    QuantityField,
    Required,
    UidField,
    options,
)

LINES_MOST = 50
VILLAGES_MOST = 60
_NOTE_MOST = 4_000


def row_id(value: object) -> int | None:
    """The row number that a choice stands for; None: none, or no number."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class ChoiceField(SelectField):
    """A select whose choices are looked up only when it is drawn; the service knows what may be chosen."""

    def __init__(self, label: object, *, coerce: Any = str, validators: Any = None, **more: Any) -> None:
        super().__init__(label, validators or [Optional()], coerce=coerce, choices=[], validate_choice=False, **more)


class ChoicesField(BoxesField):
    """The same as boxes to tick."""

    def __init__(self, label: object, validators: Any = None, **more: Any) -> None:
        super().__init__(label, validators, choices=[], validate_choice=False, **more)


class SpotField(PlaceField):
    """A place picker that the service checks: saving a form that is right looks nothing up twice."""

    @property
    def code(self) -> str:
        """The code chosen; empty where there is none."""
        return self.codes[0] if self.codes else ""

    def pre_validate(self, form: Form) -> None:
        if self.query and not self.codes:
            raise StopValidation(_("Choose one of the places found."))


class ItemForm(BaseForm):
    """An item of the list, and how much of it."""

    item = ChoiceField(_l("Item"))
    quantity = QuantityField(_l("Quantity"))
    unit = ChoiceField(_l("Unit"))

    @property
    def blank(self) -> bool:
        """Nothing was typed in this row."""
        return not (self.item.data or (self.quantity.data or "").strip())


class LineForm(BaseForm):
    """One item of a delivery."""

    item = ChoiceField(_l("Item"))
    own_name = LineField(_l("Or another item, by name"))
    quantity = QuantityField(_l("Quantity"))
    unit = ChoiceField(_l("Unit"))

    @property
    def blank(self) -> bool:
        """Nothing was typed in this row."""
        return not (self.item.data or self.own_name.data or (self.quantity.data or "").strip())

    def validate_own_name(self, field: Field) -> None:
        if not self.blank and not self.item.data and not field.data:
            raise ValidationError(_("Choose an item, or type its name."))

    def validate_quantity(self, field: Field) -> None:
        if not self.blank and not (field.data or "").strip():
            raise ValidationError(_("How much of it?"))

    @property
    def draft(self) -> LineDraft:
        """The line as the service takes it."""
        return LineDraft(
            item=self.item.data or "", own_name=self.own_name.data or "", quantity_milli=self.quantity.milli or 0, unit=self.unit.data or ""
        )


class _Reached(BaseForm):
    """Households and people reached."""

    households = CountField(_l("Households"))
    people = CountField(_l("People"))
    displaced = CountField(_l("Of them displaced"))
    host = CountField(_l("Of them host community"))
    returned = CountField(_l("Of them returned home"))

    def by_kind(self) -> dict[PeopleKind, int]:
        """People by kind, where a number was typed."""
        typed = {kind: self[kind.value].number for kind in PeopleKind}
        return {kind: number for kind, number in typed.items() if number is not None}


class VillageForm(_Reached):
    """A village, whom it reached there, and what was handed out (`got`, by line, where that is typed)."""

    place = SpotField(_l("Village or place"), sites=True)
    got = FieldList(QuantityField("", [Optional()], zero=True), max_entries=LINES_MOST)

    @property
    def blank(self) -> bool:
        """No place was chosen or looked for."""
        return not self.place.codes and not self.place.query


def shares(total_milli: int, weights: Sequence[int]) -> list[int]:
    """`total_milli` in parts as large as `weights` that add up to it; whole units, where the total is whole.

    Each part is the difference of two rounded running sums.
    """
    grain = 1000 if total_milli % 1000 == 0 else 1
    sums = list(accumulate(weights))
    ends = [0, *(total_milli // grain * so_far // sums[-1] * grain for so_far in sums)]
    return [after - before for before, after in pairwise(ends)]


EVENLY, TYPED = "evenly", "typed"


class NewForm(BaseForm):
    """An ordinary delivery on one page: what, from where, over which crossing, to whom."""

    uid = UidField()
    lines = FieldList(FormField(LineForm, separator="-"), _l("What"), min_entries=1, max_entries=LINES_MOST)
    loaded_on = DayField(_l("Loaded on"))
    hub = SpotField(_l("Loaded at"), [Optional()], sites=True)
    crossing = ChoiceField(_l("Crossing"), coerce=row_id)
    crossed_on = DayField(_l("Crossed on"), [Optional()])
    villages = FieldList(FormField(VillageForm, separator="-"), _l("To whom"), min_entries=1, max_entries=VILLAGES_MOST)
    distributed_on = DayField(_l("Handed out on"), [Optional()], description=_l("Leave it empty while it is on the way."))
    share = RadioField(
        _l("How it was shared"),
        choices=options(
            [
                (EVENLY, _l("Everything was handed out, the same for each household")),
                (TYPED, _l("I will type what each village got")),
            ]
        ),
        default=EVENLY,
    )
    planned_on = DayField(_l("Should reach its villages by"), [Optional()], future=True)
    fund = ChoiceField(_l("Bought from the fund"), coerce=row_id)
    courier = LineField(_l("Courier, by alias"), [Optional()])
    route_note = TextAreaField(_l("Route"), [Optional(), AtMost(_NOTE_MOST)])
    note = TextAreaField(_l("Note"), [Optional(), AtMost(_NOTE_MOST)])

    @property
    def real_lines(self) -> list[LineForm]:
        """The rows in which something was typed."""
        return [entry.form for entry in self.lines if not entry.form.blank]

    @property
    def real_villages(self) -> list[VillageForm]:
        """The rows in which a place was chosen."""
        return [entry.form for entry in self.villages if not entry.form.blank]

    def place_fields(self) -> Iterator[PlaceField]:
        """Every place picker of the form."""
        yield self.hub
        for entry in self.villages:
            yield entry.form.place

    @property
    def finding(self) -> bool:
        """"Find" was pressed somewhere."""
        return any(field.finding for field in self.place_fields())

    @property
    def is_plan(self) -> bool:
        """No day was typed on which anything happened."""
        return not any((field.data or "") for field in (self.loaded_on, self.crossed_on, self.distributed_on))

    def validate_lines(self, field: Field) -> None:
        if not self.real_lines:
            raise ValidationError(_("Say at least one item."))

    def validate_loaded_on(self, field: Field) -> None:
        if self.is_plan and not self.planned_on.data:
            raise ValidationError(_("Say when it was loaded; or, for a plan, when it should reach its villages."))

    def validate_villages(self, field: Field) -> None:
        if self.distributed_on.data and not self.real_villages:
            raise ValidationError(_("Say where it was handed out."))

    def validate_share(self, field: Field) -> None:
        villages = self.real_villages
        if not self.distributed_on.data or field.data == TYPED or len(villages) < 2:
            return
        if not self._weights(villages):
            raise ValidationError(_("Type the households of each village, so that it can be shared out; or type what each village got."))

    @staticmethod
    def _weights(villages: Sequence[VillageForm]) -> list[int]:
        """How the villages compare: by households, else by people; empty where neither is known of all."""
        for name in ("households", "people"):
            typed = [village[name].number for village in villages]
            if all(typed):
                return [number for number in typed if number]
        return [1] if len(villages) == 1 else []

    @property
    def wants_amounts(self) -> bool:
        """What each village got is to be typed, and is not all there yet."""
        if self.share.data != TYPED or not self.distributed_on.data:
            return False
        return any(len(village.got) < len(self.real_lines) for village in self.real_villages)

    def make_room(self) -> None:
        """A field for each line in each village, where amounts are typed."""
        if self.share.data != TYPED:
            return
        for entry in self.villages:
            while len(entry.form.got) < len(self.real_lines):
                entry.form.got.append_entry()

    def draft(self) -> DeliveryDraft:
        """The delivery as the service takes it, from a form that was validated."""
        lines = [line.draft for line in self.real_lines]
        events = []
        if self.loaded_on.day:
            events.append(EventDraft(kind=EventKind.LOADED, happened_on=self.loaded_on.day, place=self.hub.code))
        if self.crossed_on.day:
            events.append(EventDraft(kind=EventKind.CROSSED, happened_on=self.crossed_on.day, crossing_id=self.crossing.data))
        if self.distributed_on.day:
            events += self._distributions(self.distributed_on.day, lines)
        return DeliveryDraft(
            uid=self.uid.uid,
            lines=tuple(lines),
            places=tuple(village.place.code for village in self.real_villages if village.place.code),
            events=tuple(events),
            planned_on=self.planned_on.day,
            crossing_id=self.crossing.data,
            fund_id=self.fund.data,
            courier=self.courier.data or "",
            route_note=self.route_note.data or "",
            note=self.note.data or "",
        )

    def _distributions(self, day: date, lines: Sequence[LineDraft]) -> list[EventDraft]:
        villages = self.real_villages
        got: list[Mapping[int, int]]
        if self.share.data == TYPED:
            got = [{number: field.milli for number, field in enumerate(village.got, 1) if field.milli} for village in villages]
        else:
            by_line = [shares(line.quantity_milli, self._weights(villages)) for line in lines]
            got = [dict(enumerate(parts, 1)) for parts in zip(*by_line, strict=True)]
        return [
            EventDraft(
                kind=EventKind.DISTRIBUTED,
                happened_on=day,
                place=village.place.code,
                quantities=quantities,
                households=village.households.number,
                people=village.people.number,
                by_kind=village.by_kind(),
            )
            for village, quantities in zip(villages, got, strict=True)
            if any(quantities.values())
        ]


class BandsForm(BaseForm):
    """People by sex and age: a field for each pair, named by it."""

    @classmethod
    def name(cls, sex: Sex, age: Age) -> str:
        """What the field of a pair is called."""
        return f"{sex.name}_{age.name}".lower()

    def counted(self) -> dict[tuple[Sex, Age], int]:
        """People by sex and age, where a number was typed."""
        typed = {(sex, age): self[self.name(sex, age)].number for sex in Sex for age in Age}
        return {pair: number for pair, number in typed.items() if number is not None}

    @property
    def begun(self) -> bool:
        """Something was typed, or is wrong."""
        return any(field.data or field.errors for field in self)

    @property
    def by_age(self) -> list[list[Field]]:
        """The fields, a row for each age."""
        return [[self[self.name(sex, age)] for sex in Sex] for age in Age]


for _sex, _sex_word in words.SEXES.items():
    for _age, _age_word in words.AGES.items():
        setattr(BandsForm, BandsForm.name(_sex, _age), CountField(_l("%(sex)s, %(age)s", sex=_sex_word, age=_age_word)))


class ReportForm(_Reached):
    """What happened to a delivery. `of()` leaves out what a kind of event has not."""

    uid = UidField()
    answer = RadioField(_l("Did it arrive?"), choices=options(words.ARRIVED.items()), validators=[Required(_l("Say whether it arrived."))])
    disabled = CountField(_l("Of them with a disability"))
    bands = FormField(BandsForm, _l("By sex and age"), separator="-")
    received_by = ChoiceField(_l("Who took the goods"))
    verified_by = ChoiceField(_l("How do you know"))
    feedback = LineField(_l("What people say of it"), [Optional()], description=_l("Private: kept sealed."))
    happened_on = DayField(_l("When"), [Required(_l("Say when."))])
    precision = RadioField(_l("How well is the day known"), choices=options(words.PRECISIONS.items()), default=Precision.DAY.value)
    amounts = FieldList(FormField(HandedForm, separator="-"), _l("How much"), max_entries=LINES_MOST)
    place = SpotField(_l("Where"), [Optional()], sites=True)
    crossing = ChoiceField(_l("Crossing"), coerce=row_id)
    giver = ChoiceField(_l("Whose hands did it leave"), coerce=row_id)
    receiver = ChoiceField(_l("Who has it now"), coerce=row_id)
    party = LineField(_l("Somebody outside, by alias"), [Optional()], description=_l("Private: kept sealed."))
    reason = RadioField(_l("How was it lost"), choices=options(words.REASONS.items()), validators=[Optional()])
    said_by = ChoiceField(_l("Whose word is it"))
    note = TextAreaField(_l("Note"), [Optional(), AtMost(_NOTE_MOST)], description=_l("Private: kept sealed, never in a list or file."))

    @classmethod
    def of(
        cls, kind: EventKind, lines: Iterable[Asked], formdata: Any = None, *, about: UUID | None = None, **data: Any
    ) -> "ReportForm":
        """The form for one kind of event of a delivery with these lines; `about`: the hand-out that somebody asked about."""
        if formdata is not None:
            data.pop("amounts", None)  # else an amount without its line's number would take that of the line at its place
        form = cls(formdata, **data)
        form.kind, form.about = kind, about
        needs = FACTS[kind]
        drop = {
            "answer": about is None,
            "amounts": needs.quantities is Need.NO or (needs.about is not None and about is None),
            "place": needs.place is Need.NO,
            "crossing": not needs.crossing,
            "giver": not needs.giver,
            "receiver": not needs.receiver,
            "party": not needs.receiver,
            "reason": not needs.reason,
            **dict.fromkeys(("households", "people", *(kind.value for kind in PeopleKind)), not needs.people),
            **dict.fromkeys(("disabled", "bands", "received_by", "verified_by", "feedback"), not needs.people),
        }
        for name, unneeded in drop.items():
            if unneeded:
                del form[name]
        if kind is EventKind.LOST:
            form.place.levels = frozenset({Level.STATE, Level.DISTRICT})
            form.place.sites = False
            form.place.description = _("No finer than the district.")
        if "amounts" in form:
            find_lines(form.amounts, lines, sent=formdata is not None)
            for entry in form.amounts:
                if needs.receiver:
                    entry.form.ask_both()
                else:
                    del entry.form.given
        return form

    kind: EventKind
    about: UUID | None

    def validate(self, extra_validators: Any = None) -> bool:
        """What a group of the network counted, it says itself."""
        if "receiver" in self:
            for entry in self.amounts:
                entry.form.to_group = bool(self.receiver.data)
        return bool(super().validate(extra_validators))

    def draft(self) -> EventDraft:
        """The event as the service takes it, from a form that was validated."""
        amounts = [(entry.form.asked.number, entry.form) for entry in self.amounts if entry.form.asked] if "amounts" in self else []
        counted = {number: form.quantity.milli for number, form in amounts if form.quantity.milli is not None}
        receiver = (self.receiver.data or OUTSIDE) if "receiver" in self else OUTSIDE
        given = {}
        if FACTS[self.kind].receiver:
            given = {number: form.given.milli for number, form in amounts if form.given.milli is not None}
        if receiver != OUTSIDE:
            counted, given = given, {}
        reached = FACTS[self.kind].people
        return EventDraft(
            uid=self.uid.uid,
            kind=self.kind,
            happened_on=self.happened_on.day or clock.today(),
            precision=Precision(self.precision.data),
            quantities=counted,
            given=given,
            place=self.place.code if "place" in self else "",
            crossing_id=self.crossing.data if "crossing" in self else None,
            giver=self.giver.data if "giver" in self else None,
            receiver=receiver,
            reason=LossReason(self.reason.data) if "reason" in self and self.reason.data else None,
            households=self.households.number if reached else None,
            people=self.people.number if reached else None,
            by_kind=self.by_kind() if reached else {},
            bands=self.bands.form.counted() if reached else {},
            disabled=self.disabled.number if reached else None,
            received_by=ReceivedBy(self.received_by.data) if reached and self.received_by.data in set(ReceivedBy) else None,
            verified_by=VerifiedBy(self.verified_by.data) if reached and self.verified_by.data in set(VerifiedBy) else None,
            feedback=(self.feedback.data or "") if reached else "",
            about=self.about,
            answer=Answer(self.answer.data) if self.about else None,
            said_by=SaidBy(self.said_by.data) if self.said_by.data in set(SaidBy) else SaidBy.OWN_TEAM,
            party=(self.party.data or "") if "party" in self else "",
            note=self.note.data or "",
        )


class FilterForm(BaseForm):
    """What a list is narrowed to."""

    q = LineField(_l("A code or an item"), [Optional()])
    state = ChoiceField(_l("State"))
    item = ChoiceField(_l("Item"))
    place = PlaceField(_l("Place"), [Optional()], sites=True)
    since = DayField(_l("From"), [Optional()], future=True)
    until = DayField(_l("To"), [Optional()], future=True)
    due = DayField(_l("Should arrive on"), [Optional()], future=True)
    by = ChoiceField(_l("Sorted by"))


class KeepForm(BaseForm):
    """What the filters in force are called."""

    uid = UidField()
    name = LineField(_l("A name for these filters"), [Required()])
