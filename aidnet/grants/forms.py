"""Forms of grants and of the words of their reports."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from wtforms import FieldList, Form, FormField, StringField, TextAreaField
from wtforms.validators import Optional, StopValidation

from aidnet import clock
from aidnet.funding.forms import ChoiceField, Choices, GivenField
from aidnet.grants import words
from aidnet.grants.service import ROWS_MOST, GrantDraft, LineDraft, ReportDraft, Terms, TrancheDraft
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.ledger.models import BudgetLine
from aidnet.money import latin_digits
from aidnet.web.forms import (
    NOTE_MOST,
    AmountField,
    AtMost,
    BaseForm,
    CurrencyField,
    DayField,
    LineField,
    Required,
    UidField,
    VersionField,
    options,
)


class MonthField(StringField):
    """A month, from a month input or typed as 2026-08 with either digits (`month`: its first day)."""

    month: date | None = None

    def __init__(self, label: object, **more: Any) -> None:
        super().__init__(label, [Optional()], render_kw={"type": "month"}, **more)

    def pre_validate(self, form: Form) -> None:
        typed = latin_digits(self.data or "").strip()
        if not typed:
            return
        try:
            if not re.fullmatch(r"\d{4}-\d{2}", typed):
                raise clock.BadDay("shape")
            self.month = clock.parse_day(f"{typed}-01", future=True)
        except clock.BadDay:
            raise StopValidation(_("This is no month. Type it as 2026-08.")) from None


class _RowForm(BaseForm):
    """A row: what is typed in it is typed whole. A blank one is left out."""

    @property
    def typed(self) -> list[Any]:
        """The fields that somebody types."""
        return [field for field in self if not isinstance(field, GivenField)]

    @property
    def blank(self) -> bool:
        """Nothing was typed in this row."""
        return not any(str(field.data or "").strip() for field in self.typed)

    def validate(self, extra_validators: Any = None) -> bool:
        good = bool(super().validate(extra_validators))
        if self.blank:
            return good
        for field in self.typed:
            if not str(field.data or "").strip():
                field.errors = [_("Please fill this in.")]
                good = False
        return good


class LineForm(_RowForm):
    """A line of the budget."""

    budget_line = ChoiceField(_l("Line"), [Optional()], choices=options([("", _l("Choose")), *words.LINES.items()]))
    amount = AmountField(_l("Amount"), [Optional()])
    currency = GivenField()

    @property
    def draft(self) -> LineDraft:
        return LineDraft(BudgetLine(self.budget_line.data), self.amount.minor or 0)


class TrancheForm(_RowForm):
    """A tranche."""

    due_on = DayField(_l("Due on"), [Optional()], future=True)
    amount = AmountField(_l("Amount"), [Optional()])
    currency = GivenField()

    @property
    def draft(self) -> TrancheDraft:
        return TrancheDraft(self.due_on.day or clock.today(), self.amount.minor or 0)


class ReportForm(_RowForm):
    """A report that is owed."""

    due_on = DayField(_l("Due on"), [Optional()], future=True)
    first_month = MonthField(_l("From the month"))
    last_month = MonthField(_l("To the month"))

    def validate(self, extra_validators: Any = None) -> bool:
        good = super().validate(extra_validators)
        first, last = self.first_month.month, self.last_month.month
        if first and last and first > last:
            self.last_month.errors = [_("The last month lies before the first.")]
            good = False
        return good

    @property
    def draft(self) -> ReportDraft:
        first = self.first_month.month or clock.today().replace(day=1)
        return ReportDraft(self.due_on.day or clock.today(), first, self.last_month.month or first)


def _rows(form: type[_RowForm], label: object) -> FieldList:
    return FieldList(FormField(form, separator="-"), label, min_entries=1, max_entries=ROWS_MOST)


class _AgreedForm(BaseForm):
    """What is agreed, of a grant new or old; whoever inherits says in which currency."""

    title = LineField(_l("What it is for"), [Required()], description=_l("The donor reads this."))
    first_day = DayField(_l("First day"), [Required()], future=True)
    last_day = DayField(_l("Last day"), [Required()], future=True)
    lines = _rows(LineForm, _l("Budget"))
    tranches = _rows(TrancheForm, _l("Tranches"))
    reports = _rows(ReportForm, _l("Reports"))

    @property
    def lists(self) -> dict[str, FieldList]:
        """The lists of rows, by name."""
        return {"lines": self.lines, "tranches": self.tranches, "reports": self.reports}

    def grow(self, name: str) -> bool:
        """Add a row where one was asked for; whether it was."""
        rows = self.lists.get(name)
        if rows is not None and len(rows) < ROWS_MOST:
            rows.append_entry()
        return rows is not None

    def validate(self, extra_validators: Any = None) -> bool:
        for entry in (*self.lines, *self.tranches):
            entry.form.currency.data = self["currency"].data
        good = bool(super().validate(extra_validators))
        if self.first_day.day and self.last_day.day and self.first_day.day > self.last_day.day:
            self.last_day.errors = [_("The last day lies before the first.")]
            good = False
        return good

    def terms(self) -> Terms:
        return Terms(
            title=str(self.title.data),
            first_day=self.first_day.day or clock.today(),
            last_day=self.last_day.day or clock.today(),
            lines=[row.draft for row in _filled(self.lines)],
            tranches=[row.draft for row in _filled(self.tranches)],
            reports=[row.draft for row in _filled(self.reports)],
        )


def _filled(rows: FieldList) -> Iterator[Any]:
    return (entry.form for entry in rows if not entry.form.blank)


class TermsForm(_AgreedForm):
    """What may be changed while the grant is open."""

    version = VersionField()
    currency = GivenField()


class GrantForm(_AgreedForm):
    """A new grant."""

    uid = UidField()
    donor = ChoiceField(_l("Donor"), [Required()])
    fund = ChoiceField(_l("Into the fund"), [Required()])
    currency = CurrencyField()

    def offer(self, donors: Choices, funds: Choices) -> None:
        """The lists that are looked up; each begins with its empty line."""
        self.donor.choices = [("", _("Choose")), *donors]
        self.fund.choices = [("", _("Choose")), *funds]

    def draft(self) -> GrantDraft:
        return GrantDraft(
            uid=self.uid.uid,
            donor=self.donor.data,
            fund=self.fund.data,
            currency=self.currency.data,
            terms=self.terms(),
        )


class TrancheGiftForm(BaseForm):
    """Which gift a tranche came as."""

    gift = ChoiceField(_l("It came as the gift"), [Optional()])

    def offer(self, gifts: Choices) -> None:
        """The gifts it can be."""
        self.gift.choices = [("", _("It has not come yet")), *gifts]


class WordsForm(BaseForm):
    """A report's words."""

    version = VersionField()
    words = TextAreaField(
        _l("What the network and its groups say"),
        [Required(), AtMost(NOTE_MOST)],
        description=_l(
            "The donor reads this. No names of people or groups, no place finer than a district, no day, please."
        ),
    )


class ReadForm(BaseForm):
    """Somebody read the words of this version."""

    version = VersionField()
