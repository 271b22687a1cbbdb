"""The form of a limit."""

from wtforms.validators import Optional

from aidnet.i18n import lazy_gettext as _l
from aidnet.web.forms import AmountField, BaseForm, CurrencyField, UidField


class LimitForm(BaseForm):
    """The largest payout in a currency that one person may send."""

    uid = UidField()
    amount = AmountField(
        _l("One person may send at most"),
        [Optional()],
        zero=True,
        description=_l("With the fee beside it. 0: every payout needs two persons. Empty: no limit."),
    )
    currency = CurrencyField(default="USD")
