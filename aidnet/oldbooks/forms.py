"""Forms of old books."""

from werkzeug.datastructures import FileStorage
from wtforms import FileField, TextAreaField
from wtforms.validators import Optional

from aidnet.errors import AidnetError, Invalid
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.intake.reading import Rows, rows_of_file, rows_of_text
from aidnet.oldbooks.service import BookDraft
from aidnet.web.forms import BaseForm, UidField


class BookForm(BaseForm):
    """A spreadsheet: a file, or pasted."""

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

    def draft(self) -> BookDraft:
        return BookDraft(uid=self.uid.uid, rows=self.rows)
