"""The form of an agent."""

from wtforms import TextAreaField
from wtforms.validators import Optional

from aidnet.agents.service import AgentDraft
from aidnet.i18n import lazy_gettext as _l
from aidnet.web.forms import NOTE_MOST, AmountField, AtMost, BaseForm, CurrencyField, VersionField


class AgentForm(BaseForm):
    """What is noted of an agent, and how much of one currency it should have on its way at most."""

    version = VersionField()
    limit = AmountField(
        _l("Limit"), [Optional()], description=_l("More on its way at once is warned of. Empty: no limit.")
    )
    currency = CurrencyField(default="USD")
    note = TextAreaField(
        _l("Note"),
        [Optional(), AtMost(NOTE_MOST)],
        description=_l("Kept private. No names of people or places, please."),
    )

    def draft(self) -> AgentDraft:
        return AgentDraft(
            version=self.version.data,
            note=(self.note.data or "").strip() or None,
            currency=self.currency.data,
            limit_minor=self.limit.minor,
        )
