"""Forms of access: reporting what is in the way, saying that it is over, narrowing the list."""

from wtforms import Field, RadioField, TextAreaField
from wtforms.validators import Optional, ValidationError

from aidnet import clock
from aidnet.access import words
from aidnet.access.models import ConstraintKind, Ease, SourceKind
from aidnet.access.queries import Wanted, Which
from aidnet.access.service import ConstraintDraft
from aidnet.deliveries.forms import ChoiceField, SpotField, row_id
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.places.fields import PlaceField
from aidnet.places.models import Level
from aidnet.web.forms import NOTE_MOST, AtMost, BaseForm, DayField, Required, UidField, options

#: Where something may be in the way; where a list may be narrowed to.
_LEVELS = frozenset(Level) - {Level.COUNTRY}
_AREAS = frozenset({Level.STATE, Level.DISTRICT, Level.TOWNSHIP})

_WHICH = {
    Which.STANDING: _l("Stands now"),
    Which.STALE: _l("Stands, not heard of for two weeks"),
    Which.ENDED: _l("Over, or to come"),
    Which.WITHDRAWN: _l("Taken back (yours)"),
    Which.ANY: _l("All"),
}


class ConstraintForm(BaseForm):
    """Something in the way."""

    uid = UidField()
    kind = RadioField(_l("What is in the way"), choices=options(words.KINDS.items()), validators=[Required()])
    place = SpotField(_l("Place"), [Optional()], levels=_LEVELS, description=_l("A village, a township, or the whole region."))
    crossing = ChoiceField(_l("Or a crossing"), coerce=row_id)
    ease = RadioField(
        _l("How one gets through"),
        choices=options((ease.value, word) for ease, (_mark, word) in words.EASES.items()),
        validators=[Required()],
    )
    since_on = DayField(_l("Since"), [Required()], default=clock.today)
    until_on = DayField(_l("Until"), [Optional()], future=True, description=_l("Empty: it still is so."))
    source = RadioField(
        _l("Whose word is it"), choices=options(words.SOURCES.items()), default=SourceKind.OWN_TEAM.value
    )
    note = TextAreaField(
        _l("Note"),
        [Optional(), AtMost(NOTE_MOST)],
        description=_l("Private: kept sealed, for your own group only."),
    )

    def validate_place(self, field: Field) -> None:
        if bool(self.place.code) == bool(self.crossing.data):
            raise ValidationError(_("Choose a place or a crossing, one of them."))

    def draft(self) -> ConstraintDraft:
        """What is reported, from a form that was validated."""
        return ConstraintDraft(
            uid=self.uid.uid,
            kind=ConstraintKind(self.kind.data),
            ease=Ease(self.ease.data),
            since_on=self.since_on.day or clock.today(),
            until_on=self.until_on.day,
            source_kind=SourceKind(self.source.data),
            place=self.place.code,
            crossing_id=self.crossing.data,
            note=(self.note.data or "").strip() or None,
        )


class EndForm(BaseForm):
    """The last day of it."""

    until_on = DayField(_l("The last day it was so"), [Required()], default=clock.today)


class FilterForm(BaseForm):
    """What a list is narrowed to. What means nothing narrows nothing."""

    state = ChoiceField(_l("How it stands"))
    kind = ChoiceField(_l("What is in the way"))
    ease = ChoiceField(_l("How one gets through"))
    place = PlaceField(_l("Region, district or township"), [Optional()], levels=_AREAS)

    def offer(self) -> None:
        """What each filter may be."""
        self.state.choices = options(_WHICH.items())
        self.kind.choices = options([("", _l("Any")), *words.KINDS.items()])
        eases = ((ease.value, word) for ease, (_mark, word) in words.EASES.items())
        self.ease.choices = options([("", _l("Any")), *eases])

    def wanted(self) -> Wanted:
        """The same, looked up."""
        return Wanted(
            which=Which(self.state.data) if self.state.data in set(Which) else Which.STANDING,
            kind=ConstraintKind(self.kind.data) if self.kind.data in set(ConstraintKind) else None,
            ease=Ease(self.ease.data) if self.ease.data in set(Ease) else None,
            place=self.place.chosen[0] if self.place.chosen else None,
        )

    def labels(self) -> dict[str, str]:
        """The filters in force, by name, as a person reads them."""
        wanted = self.wanted()
        return {
            "state": str(_WHICH[wanted.which]) if wanted.which is not Which.STANDING else "",
            "kind": str(words.KINDS[wanted.kind]) if wanted.kind else "",
            "ease": str(words.EASES[wanted.ease][1]) if wanted.ease else "",
            "place": wanted.place.name if wanted.place else "",
        }
