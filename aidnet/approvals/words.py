"""What acts that wait are called, and how they stand."""

from flask_babel import LazyString

from aidnet.approvals.models import Act, ApprovalState
from aidnet.i18n import lazy_gettext as _l

ACTS: dict[Act, LazyString] = {
    Act.PAYOUT: _l("Payout"),
    Act.REVERSAL: _l("Undoing confirmed money"),
    Act.FUND_CLOSURE: _l("Closing a fund"),
    Act.LIMIT: _l("A higher limit"),
    Act.REPORT: _l("A report to a donor"),
    Act.SHORTER_WAIT: _l("A shorter wait of results"),
    Act.PUBLIC_PAGE: _l("Turning the public page on"),
}

STATES: dict[ApprovalState, LazyString] = {
    ApprovalState.WAITING: _l("Waits for a second person"),
    ApprovalState.AGREED: _l("Agreed"),
    ApprovalState.REFUSED: _l("Refused"),
    ApprovalState.WITHDRAWN: _l("Taken back"),
}
MARKS: dict[ApprovalState, str] = {
    ApprovalState.WAITING: "waits",
    ApprovalState.AGREED: "done",
    ApprovalState.REFUSED: "off",
    ApprovalState.WITHDRAWN: "back",
}
