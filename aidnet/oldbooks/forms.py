"""Forms of old books."""

from aidnet.intake.forms import RowsForm
from aidnet.oldbooks.service import BookDraft


class BookForm(RowsForm):
    """A spreadsheet."""

    def draft(self) -> BookDraft:
        """The book as the service takes it, from a form that was validated."""
        return BookDraft(uid=self.uid.uid, rows=self.rows)
