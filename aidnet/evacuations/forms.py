"""Forms of evacuations: a plan, a report, a correction, who works on it, narrowing the list. No field asks for a name."""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import Field, RadioField, TextAreaField
from wtforms.validators import Optional, ValidationError

from aidnet import clock
from aidnet.deliveries import words as delivery_words
from aidnet.deliveries.forms import ChoiceField, SpotField
from aidnet.deliveries.models import Precision
from aidnet.evacuations import words
from aidnet.evacuations.drafts import PEOPLE_MOST, VEHICLES_MOST, CorrectionDraft, EvacuationDraft, EventDraft
from aidnet.evacuations.models import Band, EvacuationEventKind, EvacuationState
from aidnet.evacuations.queries import TOWNS, Wanted, Which, Whose
from aidnet.evacuations.service import DESTINATIONS
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.places.fields import PlaceField
from aidnet.web.forms import (
    NOTE_MOST,
    AtMost,
    BaseForm,
    BoxesField,
    CountField,
    DayField,
    LineField,
    Required,
    UidField,
    VersionField,
    options,
)

_PRIVATE = _l("Kept sealed for your own group, and deleted thirty days after the end. Never a name.")
_WHICH = {Which.OPEN: _l("Not ended"), Which.CLOSED: _l("Ended")}
_WHOSE = {Whose.OWN: _l("Led by us"), Whose.OTHERS: _l("Led by others")}


class GroupsField(BoxesField):
    """Other groups, as boxes; their codes are what is sent."""

    ids: Mapping[str, int]

    def offer(self, groups: Sequence[tuple[int, str, str]]) -> None:
        """Which groups there are: id, code and code name."""
        self.choices = options((code, name) for _id, code, name in groups)
        self.ids = {code: number for number, code, _name in groups}

    @property
    def chosen(self) -> frozenset[int]:
        """The ids of those chosen."""
        return frozenset(self.ids[code] for code in self.data or () if code in self.ids)


class HeadsForm(BaseForm):
    """Head counts: all together, by band where that is known, or both."""

    adults = CountField(words.BANDS[Band.ADULTS], [Optional()], most=PEOPLE_MOST)
    children = CountField(words.BANDS[Band.CHILDREN], [Optional()], most=PEOPLE_MOST)
    older = CountField(words.BANDS[Band.OLDER], [Optional()], most=PEOPLE_MOST)
    reduced_mobility = CountField(words.BANDS[Band.REDUCED_MOBILITY], [Optional()], most=PEOPLE_MOST)
    #: After its parts, which are read before it.
    people = CountField(
        _l("People in all"), [Optional()], most=PEOPLE_MOST, description=_l("Empty: the sum of the rows below.")
    )

    @property
    def bands(self) -> list[CountField]:
        """The fields of bands that there are."""
        return [self[name] for name in _BAND_FIELDS if name in self]

    def validate_people(self, field: Field) -> None:
        known = sum(one.number or 0 for one in self.bands)
        if self.people.number is not None and known > self.people.number:
            raise ValidationError(_("The rows below are more than this."))

    def heads(self) -> dict[Band, int]:
        """The counts; what the bands leave of all together is of nobody said which."""
        found: dict[Band, int] = {_BAND_FIELDS[one.short_name]: one.number or 0 for one in self.bands}
        if "people" in self and self.people.number is not None:
            found[Band.NOT_SAID] = self.people.number - sum(found.values())
        return {band: people for band, people in found.items() if people}


_BAND_FIELDS = {band.value.replace("-", "_"): band for band in Band if band is not Band.NOT_SAID}


def typed_heads(heads: Mapping[Band, int]) -> dict[str, str]:
    """Counts as a form begins with them."""
    bands = {name: str(heads[band]) for name, band in _BAND_FIELDS.items() if heads.get(band)}
    return bands | {"people": str(sum(heads.values())) if heads else ""}


class PlanForm(HeadsForm):
    """An evacuation that the own group leads."""

    uid = UidField()
    origin = LineField(_l("Where people leave from"), description=_PRIVATE)
    destination = SpotField(
        _l("Where they go"),
        [Optional()],
        levels=DESTINATIONS,
        description=_l("A town, a township or a district: no nearer."),
    )
    planned_on = DayField(_l("Day they should leave"), [Optional()], future=True)
    vehicles = CountField(_l("Vehicles"), [Optional()], most=VEHICLES_MOST)
    groups = GroupsField(
        _l("Groups that work with you"),
        description=_l("They see the counts and add theirs: never the origin or your notes."),
    )
    note = TextAreaField(_l("Note"), [Optional(), AtMost(NOTE_MOST)], description=_PRIVATE)

    def draft(self) -> EvacuationDraft:
        """The plan, from a form that was validated."""
        return EvacuationDraft(
            uid=self.uid.uid,
            origin=self.origin.data or "",
            destination=self.destination.code,
            planned_on=self.planned_on.day,
            heads=self.heads(),
            vehicles=self.vehicles.number,
            groups=self.groups.chosen,
            note=self.note.data or "",
        )


class ReportForm(HeadsForm):
    """What happened: numbers, and for the group that leads a private place and note."""

    uid = UidField()
    happened_on = DayField(_l("Day"), [Required()], default=clock.today)
    precision = RadioField(
        _l("How well is the day known"), choices=options(delivery_words.PRECISIONS.items()), default=Precision.DAY.value
    )
    vehicles = CountField(_l("Vehicles"), [Optional()], most=VEHICLES_MOST)
    place = LineField(_l("Where"), description=_PRIVATE)
    note = TextAreaField(_l("Note"), [Optional(), AtMost(NOTE_MOST)], description=_PRIVATE)

    @classmethod
    def of(cls, kind: EvacuationEventKind, formdata: Any, *, words_kept: bool, **first: Any) -> "ReportForm":
        """The form of one kind of report, with the fields that it has."""
        form = cls(formdata, data=first)
        form.kind = kind
        left_out = [] if words_kept else ["place", "note"]
        if kind is EvacuationEventKind.CANCELLED:
            left_out += ["people", *_BAND_FIELDS]
        if kind not in (EvacuationEventKind.DEPARTED, EvacuationEventKind.COUNTED):
            left_out.append("vehicles")
        for name in left_out:
            del form[name]
        return form

    kind: EvacuationEventKind

    def draft(self) -> EventDraft:
        """The report, from a form that was validated."""
        return EventDraft(
            uid=self.uid.uid,
            kind=self.kind,
            happened_on=self.happened_on.day or clock.today(),
            precision=Precision(self.precision.data),
            heads=self.heads(),
            vehicles=self.vehicles.number if "vehicles" in self else None,
            place=self.place.data or "" if "place" in self else "",
            note=self.note.data or "" if "note" in self else "",
        )

    def correction(self, event: Any) -> CorrectionDraft:
        """The same as the last word on `event`."""
        return CorrectionDraft(uid=self.uid.uid, event=event, facts=self.draft())


class GroupsForm(BaseForm):
    """Which other groups work on it."""

    version = VersionField()
    groups = GroupsField(_l("Groups that work with you"))


class FilterForm(BaseForm):
    """What a list is narrowed to. What means nothing narrows nothing."""

    which = ChoiceField(_l("Whether it ended"))
    state = ChoiceField(_l("How it stands"))
    whose = ChoiceField(_l("Who leads it"))
    place = PlaceField(_l("Where they go"), [Optional()], levels=TOWNS)

    def offer(self) -> None:
        """What each filter may be."""
        self.which.choices = options([("", _l("Any")), *_WHICH.items()])
        self.state.choices = options(
            [("", _l("Any")), *((state.value, word) for state, (_mark, word) in words.STATES.items())]
        )
        self.whose.choices = options([("", _l("Any")), *_WHOSE.items()])

    def wanted(self) -> Wanted:
        """The same, looked up."""
        return Wanted(
            which=Which(self.which.data) if self.which.data in set(Which) else Which.ANY,
            state=EvacuationState(self.state.data) if self.state.data in set(EvacuationState) else None,
            whose=Whose(self.whose.data) if self.whose.data in set(Whose) else Whose.ANY,
            place=self.place.chosen[0] if self.place.chosen else None,
        )

    def labels(self) -> dict[str, str]:
        """The filters in force, by name, as a person reads them."""
        wanted = self.wanted()
        return {
            "which": str(_WHICH.get(wanted.which, "")),
            "state": str(words.STATES[wanted.state][1]) if wanted.state else "",
            "whose": str(_WHOSE.get(wanted.whose, "")),
            "place": wanted.place.name if wanted.place else "",
        }
