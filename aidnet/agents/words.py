"""How agents stand."""

from flask_babel import LazyString

from aidnet.agents.models import AgentState
from aidnet.i18n import lazy_gettext as _l

STATES: dict[AgentState, LazyString] = {AgentState.ACTIVE: _l("In use"), AgentState.CLOSED: _l("Closed")}
MARKS: dict[AgentState, str] = {AgentState.ACTIVE: "done", AgentState.CLOSED: "off"}
