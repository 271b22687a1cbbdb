"""What states, parts and lines of grants are called."""

from flask_babel import LazyString

from aidnet.funding import words
from aidnet.grants.models import GrantState, ReportState
from aidnet.grants.queries import Coming
from aidnet.i18n import lazy_gettext as _l
from aidnet.ledger.models import BudgetLine

STATES: dict[GrantState, LazyString] = {GrantState.OPEN: _l("Open"), GrantState.CLOSED: _l("Closed")}
MARKS: dict[GrantState, str] = {GrantState.OPEN: "moving", GrantState.CLOSED: "off"}

REPORTS: dict[ReportState, LazyString] = {
    ReportState.DUE: _l("Not written yet"),
    ReportState.WRITTEN: _l("Waits for a second person"),
    ReportState.SENT: _l("Sent"),
}
REPORT_MARKS: dict[ReportState, str] = {
    ReportState.DUE: "plan",
    ReportState.WRITTEN: "waits",
    ReportState.SENT: "done",
}
TRANCHES: dict[Coming, LazyString] = {
    Coming.LATER: _l("To come"),
    Coming.OVERDUE: _l("Overdue"),
    Coming.RECEIVED: _l("Received"),
}
TRANCHE_MARKS: dict[Coming, str] = {Coming.LATER: "plan", Coming.OVERDUE: "lost", Coming.RECEIVED: "done"}

#: SECURITY: in a grant, as to its donor, transport holds the tolls; `TOLLS` has no word here.
LINES: dict[BudgetLine, LazyString] = {
    line: _l("Transport and tolls") if line is BudgetLine.TRANSPORT else word
    for line, word in words.LINES.items()
    if line is not BudgetLine.TOLLS
}
