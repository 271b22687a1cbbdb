"""The place picker of forms: find, then choose; the macro `place_picker` draws it."""

from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from wtforms import Field, Form
from wtforms.utils import unset_value
from wtforms.validators import StopValidation

from aidnet import policy
from aidnet.i18n import gettext as _
from aidnet.places.models import Level, Site
from aidnet.places.queries import levels_for, paths, paths_by_pcode
from aidnet.places.search import QUERY_MOST, Option, option_of, search, site_option
from aidnet.policy import Actor, Permission

#: More places than one form names.
CHOSEN_MOST = 60


class PlaceField(Field):
    """One place (or several) found by name and chosen; `chosen` holds the choices once `load()` has looked them up.

    A view calls `load()` before `validate()`, and draws the form again with status 200 where `finding`.
    """

    def __init__(
        self,
        label: object,
        validators: Any = None,
        *,
        levels: Collection[Level] | None = None,
        multiple: bool = False,
        sites: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(label, validators, **options)
        self.levels = None if levels is None else frozenset(levels)
        self.multiple = multiple
        self.sites = sites
        #: What was typed to search for.
        self.query = ""
        #: "Find" was pressed here: show what is found, and validate nothing yet.
        self.finding = False
        #: A search ran.
        self.searched = False
        self.codes: list[str] = []
        self.options: list[Option] = []
        self.chosen: list[Option] = []

    @property
    def source(self) -> str:
        """Where the picker asks as one types."""
        asked: list[tuple[str, str]] = [("level", level.value) for level in Level if self.levels and level in self.levels]
        if self.sites:
            asked.append(("sites", "1"))
        return "/places/options" + (f"?{urlencode(asked)}" if asked else "")

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read the chosen codes, the words typed, and whether "Find" was pressed."""
        super().process(formdata, data, extra_filters)
        if formdata:
            self.query = (formdata.get(f"{self.name}-q") or "")[:QUERY_MOST].strip()
            self.finding = formdata.get("find") == self.name

    def process_data(self, value: str | Sequence[str] | None) -> None:
        """A code, or several, that the form begins with."""
        self.data = value
        self.codes = [value] if isinstance(value, str) else list(value or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        """The codes that were chosen; one, where one is wanted."""
        codes = list(dict.fromkeys(code.strip() for code in valuelist if code.strip()))[:CHOSEN_MOST]
        self.codes = codes if self.multiple else codes[:1]
        self.data = self.codes if self.multiple else (self.codes[0] if self.codes else None)

    def load(self, session: Session, actor: Actor) -> None:
        """Look up what was chosen, and search for what was typed. A code that `actor` does not find is left out."""
        load_all(session, actor, [self])

    def pre_validate(self, form: Form) -> None:
        """Refuse a code that is nowhere, and words that were typed but never became a choice."""
        if len(self.chosen) < len(self.codes):
            raise StopValidation(_("This place is not known here. Find it by its name."))
        if self.query and not self.codes:
            raise StopValidation(
                _("Choose one of the places found.") if self.options else _("No such place was found. Try another spelling.")
            )


def load_all(session: Session, actor: Actor, fields: Sequence[PlaceField]) -> None:
    """`load()` for all fields of a form: what they chose is looked up together, in as many statements as for one."""
    codes = {code for field in fields for code in field.codes}
    places = {code: option_of(path) for code, path in paths_by_pcode(session, codes).items()}
    own = {code for field in fields if field.sites for code in field.codes if code not in places and code.startswith("S-")}
    sites: dict[str, Option] = {}
    if own:
        rows = session.scalars(policy.visible(actor, Permission.SITE_READ, Site).where(Site.code.in_(sorted(own)))).all()
        where = paths(session, [row.place_id for row in rows])
        sites = {row.code: site_option(actor, row, where[row.place_id]) for row in rows}
    for field in fields:
        allowed = levels_for(actor) if field.levels is None else levels_for(actor) & field.levels
        known = {code: option for code, option in places.items() if option.level in allowed} | (sites if field.sites else {})
        field.chosen = [known[code] for code in field.codes if code in known]
        if field.query and (field.finding or not field.codes):
            field.searched = True
            found = search(session, actor, field.query, levels=field.levels, sites=field.sites)
            there = {option.code for option in field.chosen}
            field.options = [option for option in found if option.code not in there]
