"""Forms of needs: reporting and correcting one, saying which delivery is meant for it, narrowing the lists."""

from collections.abc import Sequence
from typing import Any

from wtforms import Field, FieldList, FormField, RadioField, TextAreaField
from wtforms.validators import Optional, ValidationError

from aidnet import clock
from aidnet.deliveries.forms import ChoiceField, ItemForm, SpotField
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.needs.drafts import NeedDraft, NeedFacts, NeedLineDraft
from aidnet.needs.models import Urgency
from aidnet.needs.queries import Wanted, Which
from aidnet.needs.service import LINES_MOST
from aidnet.needs.words import URGENCIES, URGENT
from aidnet.places.fields import PlaceField
from aidnet.places.models import Level
from aidnet.responders.models import Sector
from aidnet.responders.words import SECTORS
from aidnet.web.forms import (
    NOTE_MOST,
    AtMost,
    BaseForm,
    CountField,
    DayField,
    LineField,
    QuantityField,
    Required,
    UidField,
    VersionField,
    options,
)

#: What a need can be at.
_LEVELS = frozenset(level for level in Level if level.depth >= Level.TOWNSHIP.depth)

_WHICH = {
    Which.STANDING: _l("Not over"),
    Which.OPEN: _l("Open"),
    Which.COVERED: _l("A delivery is meant for it"),
    Which.ARRIVED: _l("Arrived: is it met?"),
    Which.STALE: _l("Not heard of for two weeks"),
    Which.MET: _l("Met"),
    Which.JOINED: _l("Joined to another"),
    Which.WITHDRAWN: _l("Taken back"),
    Which.ANY: _l("All"),
}


class LineForm(ItemForm):
    """An item that is needed."""

    quantity = QuantityField(_l("Quantity"), [Optional()])

    def validate_item(self, field: Field) -> None:
        if not self.blank and not field.data:
            raise ValidationError(_("Choose an item; what is not in the list, say in words."))

    @property
    def draft(self) -> NeedLineDraft:
        return NeedLineDraft(item=self.item.data, quantity_milli=self.quantity.milli, unit=self.unit.data or "")


class _FactsForm(BaseForm):
    """What a need says."""

    place = SpotField(_l("Where"), [Required(_l("Find the place, and choose it."))], sites=True, levels=_LEVELS)
    sector = RadioField(_l("What kind of help"), choices=options(SECTORS.items()), validators=[Required()])
    lines = FieldList(FormField(LineForm, separator="-"), _l("What is needed"), min_entries=1, max_entries=LINES_MOST)
    words = TextAreaField(
        _l("Or in plain words"),
        [Optional(), AtMost(NOTE_MOST)],
        description=_l("Private: kept sealed, for your own group only. No names of people, please."),
    )
    people = CountField(_l("How many people"), [Optional()], description=_l("Leave it empty if nobody counted."))
    urgency = RadioField(_l("How urgent"), choices=options(URGENCIES.items()), validators=[Required()])

    def offer(self, items: Sequence[Any], units: Sequence[tuple[str, str]]) -> None:
        """The lists of items (as choices) and units."""
        for entry in self.lines:
            entry.form.item.choices = [*options([("", _("Choose an item"))]), *items]
            entry.form.unit.choices = options([("", _("its usual unit")), *units])

    def grow(self, name: str) -> bool:
        """Add a row where one was asked for; whether it was."""
        asked = bool(name == self.lines.name)
        if asked and len(self.lines) < LINES_MOST:
            self.lines.append_entry()
        return asked

    def facts(self) -> dict[str, Any]:
        """What was typed, from a form that was validated."""
        return {
            "place": self.place.code,
            "sector": Sector(self.sector.data),
            "urgency": Urgency(self.urgency.data),
            "lines": tuple(entry.form.draft for entry in self.lines if not entry.form.blank),
            "people": self.people.number,
            "words": (self.words.data or "").strip() or None,
        }


class NeedForm(_FactsForm):
    """A new need."""

    uid = UidField()
    reported_on = DayField(_l("When they said so"), [Required()], default=clock.today)

    def draft(self) -> NeedDraft:
        return NeedDraft(uid=self.uid.uid, reported_on=self.reported_on.day or clock.today(), **self.facts())


class ChangeForm(_FactsForm):
    """A correction."""

    version = VersionField()

    def draft(self) -> NeedFacts:
        return NeedFacts(**self.facts())


class CoverForm(BaseForm):
    """Which delivery is meant for it."""

    meant = LineField(_l("Code of the delivery"), [Required()], description=_l("Such as D-7K3Q-9XMT."))


class FilterForm(BaseForm):
    """What the list of own needs is narrowed to. What means nothing narrows nothing."""

    state = ChoiceField(_l("How it stands"))
    sector = ChoiceField(_l("What kind of help"))
    urgency = ChoiceField(_l("How urgent"))
    place = PlaceField(_l("Township"), [Optional()], levels=frozenset({Level.TOWNSHIP}))

    def offer(self, *, deliveries: bool) -> None:
        """What each filter may be; `deliveries`: whether the person sees what arrived."""
        shown = [(which, word) for which, word in _WHICH.items() if deliveries or which is not Which.ARRIVED]
        self.state.choices = options(shown)
        self.sector.choices = options([("", _l("Any")), *SECTORS.items()])
        self.urgency.choices = options([("", _l("Any")), *URGENT.items()])

    def wanted(self) -> Wanted:
        """The same, looked up."""
        return Wanted(
            which=Which(self.state.data) if self.state.data in set(Which) else Which.STANDING,
            sector=Sector(self.sector.data) if self.sector.data in set(Sector) else None,
            urgency=Urgency(self.urgency.data) if self.urgency.data in set(Urgency) else None,
            township=self.place.chosen[0] if self.place.chosen else None,
        )

    def labels(self) -> dict[str, str]:
        """The filters in force, by name, as a person reads them."""
        wanted = self.wanted()
        return {
            "state": str(_WHICH[wanted.which]) if wanted.which is not Which.STANDING else "",
            "sector": str(SECTORS[wanted.sector]) if wanted.sector else "",
            "urgency": str(URGENT[wanted.urgency]) if wanted.urgency else "",
            "place": wanted.township.name if wanted.township else "",
        }


class GapsForm(BaseForm):
    """What the ranked list is narrowed to."""

    region = ChoiceField(_l("State or region"))
    sector = ChoiceField(_l("What kind of help"))
