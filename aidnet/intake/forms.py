"""Forms of lists of gifts, and of other sheets whose rows are looked through and loaded."""

from werkzeug.datastructures import FileStorage
from wtforms import FileField, TextAreaField
from wtforms.validators import Optional

from aidnet.errors import AidnetError, Invalid
from aidnet.funding import words
from aidnet.funding.forms import ChoiceField, Choices, OneOfField
from aidnet.funding.models import Channel
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.intake.reading import Rows, rows_of_file, rows_of_text
from aidnet.intake.service import Choice, ListDraft, Which
from aidnet.web.forms import BaseForm, CurrencyField, LineField, Required, UidField, options


class RowsForm(BaseForm):
    """The rows of a sheet: pasted, or a file."""

    uid = UidField()
    file = FileField(_l("A file"), [Optional()], description=_l("CSV or XLSX; at most 5 MB and 20,000 rows."))
    text = TextAreaField(
        _l("Or the rows themselves"),
        [Optional()],
        description=_l("Copy them out of a sheet, with the row that names the columns."),
    )

    rows: Rows

    def validate(self, extra_validators: object = None) -> bool:
        if not super().validate(extra_validators):
            return False
        try:
            self.rows = self._read()
        except AidnetError as error:
            self.accuse(error)
            return False
        return True

    def _read(self) -> Rows:
        sent = self.file.data
        if isinstance(sent, FileStorage) and sent.filename:
            return rows_of_file(sent.read())
        if (self.text.data or "").strip():
            return rows_of_text(self.text.data)
        raise Invalid(_("Choose a file, or paste the rows."), field="file")


class ListForm(RowsForm):
    """A new list of gifts."""

    fund = ChoiceField(_l("Into the fund"), [Required()])
    donor = ChoiceField(_l("Came through the donor partner"), [Optional()])
    channel = ChoiceField(
        _l("How it came, where a row does not say"),
        choices=options(words.CHANNELS.items()),
        default=Channel.BANK.value,
    )
    currency = CurrencyField(_l("Currency, where a row does not say"), default="USD")

    def offer(self, funds: Choices, donors: Choices) -> None:
        """The lists that are looked up; each begins with its empty line."""
        self.fund.choices = [("", _("Choose")), *funds]
        self.donor.choices = [("", _("No partner")), *donors]

    def draft(self) -> ListDraft:
        """The list as the service takes it, from a form that was validated."""
        return ListDraft(
            uid=self.uid.uid,
            fund=self.fund.data,
            rows=self.rows,
            channel=Channel(self.channel.data),
            currency=self.currency.data,
            donor=self.donor.data or None,
        )


class LoadForm(BaseForm):
    """Which rows of a list are loaded."""

    choice = OneOfField(
        _l("Load"),
        choices=options(
            [
                (Choice.ALL.value, _l("every row without a fault")),
                (Choice.ONLY.value, _l("only the lines below")),
                (Choice.BUT.value, _l("every row but the lines below")),
            ]
        ),
        default=Choice.ALL.value,
    )
    lines = LineField(_l("Lines"), [Optional()], description=_l("Such as 2-40, 57."))

    def which(self) -> Which:
        """Raises: Invalid, where the lines are no numbers."""
        return Which.read(Choice(self.choice.data), self.lines.data or "")
