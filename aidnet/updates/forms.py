"""Forms of updates: publishing one, changing it, narrowing the list."""

import re
from datetime import date

from wtforms import Field, Form, RadioField, StringField, TextAreaField
from wtforms.validators import Optional, StopValidation, ValidationError

from aidnet import clock
from aidnet.deliveries.forms import ChoiceField
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.money import latin_digits
from aidnet.updates import words
from aidnet.updates.models import UpdateAudience, UpdateKind
from aidnet.updates.queries import Wanted
from aidnet.updates.service import LINK_MOST, TEXT_MOST, UpdateDraft, host_of
from aidnet.web.forms import AtMost, BaseForm, DayField, LineField, Required, UidField, VersionField, options

#: A month in an address.
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


class TextField(TextAreaField):
    """Plain text in paragraphs; control characters are refused, nothing else is."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0] if valuelist else ""
        lines = [line.rstrip() for line in typed.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
        self.data = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def pre_validate(self, form: Form) -> None:
        if self.data and re.search(r"[\x00-\x08\x0b-\x1f\x7f]", self.data):
            raise StopValidation(_("This has a character that cannot be kept. Please type it again."))


class UpdateForm(BaseForm):
    """What is published."""

    uid = UidField()
    version = VersionField(default=0)
    kind = RadioField(_l("What it is"), choices=options(words.KINDS.items()), validators=[Required()])
    title_en = LineField(_l("Title in English"), description=_l("One of the two titles is enough."))
    title_my = LineField(_l("Title in Burmese"), [Optional()])
    body = TextField(
        _l("Text"),
        [AtMost(TEXT_MOST)],
        description=_l("Plain text; an empty line begins a paragraph. Never a person's name or contact."),
    )
    link = StringField(
        _l("Or a link to it"),
        [Optional(), AtMost(LINK_MOST)],
        description=_l("An address with https://"),
        filters=[lambda typed: (typed or "").strip()],
    )
    published_on = DayField(_l("Day"), [Required()], default=clock.today)
    audience = RadioField(
        _l("Who may read it"),
        choices=options(words.AUDIENCES.items()),
        default=UpdateAudience.NETWORK.value,
        validators=[Required()],
        description=_l("Anybody means the whole internet, once this network has a public page."),
    )

    def validate_title_en(self, field: Field) -> None:
        if not field.data and not self.title_my.data:
            raise ValidationError(_("Give it a title, in one language at least."))

    def validate_body(self, field: Field) -> None:
        if not field.data and not self.link.data:
            raise ValidationError(_("Write a text, or give a link to one."))

    def validate_link(self, field: Field) -> None:
        if field.data and not host_of(field.data):
            raise ValidationError(_("Give a whole address that begins with https://"))

    def draft(self) -> UpdateDraft:
        """What is published, from a form that was validated."""
        return UpdateDraft(
            uid=self.uid.uid,
            version=self.version.data,
            kind=UpdateKind(self.kind.data),
            audience=UpdateAudience(self.audience.data),
            published_on=self.published_on.day or clock.today(),
            title_en=self.title_en.data or "",
            title_my=self.title_my.data or "",
            body=self.body.data or "",
            link=self.link.data or "",
        )


class FilterForm(BaseForm):
    """What a list is narrowed to. What means nothing narrows nothing."""

    q = LineField(_l("Search"))
    kind = ChoiceField(_l("What it is"))
    partner = ChoiceField(_l("Published by"))
    whose = ChoiceField(_l("Whose"))
    month = LineField(_l("Month"), render_kw={"type": "month"})

    def offer(self, publishers: list[str]) -> None:
        """What each filter may be."""
        self.kind.choices = options([("", _l("Any")), *words.KINDS.items()])
        self.partner.choices = options([("", _l("Any")), *((name, name) for name in publishers)])
        self.whose.choices = options([("", _l("All")), ("own", _l("Ours, those taken back too"))])
        self.names = frozenset(publishers)

    def wanted(self) -> Wanted:
        """The same, looked up."""
        found = _MONTH.fullmatch(latin_digits(self.month.data or ""))
        return Wanted(
            q=(self.q.data or "")[:80],
            kind=UpdateKind(self.kind.data) if self.kind.data in set(UpdateKind) else None,
            partner=self.partner.data if self.partner.data in self.names else "",
            month=date(int(found[1]), int(found[2]), 1) if found else None,
            own=self.whose.data == "own",
        )

    def labels(self) -> dict[str, object]:
        """The filters in force, by name, as a person reads them."""
        wanted = self.wanted()
        return {
            "q": _("“%(q)s”", q=wanted.q) if wanted.q else "",
            "kind": words.KINDS[wanted.kind] if wanted.kind else "",
            "partner": wanted.partner,
            "whose": _("Ours, those taken back too") if wanted.own else "",
            "month": f"{wanted.month:%Y-%m}" if wanted.month else "",
        }
