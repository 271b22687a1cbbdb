"""What came in, what went and what is left of a fund's money, line by line, so that the two sides are seen to be equal."""

from dataclasses import dataclass

from aidnet.funding import words
from aidnet.funding.models import BudgetLine, Measure
from aidnet.funding.queries import FundFigures
from aidnet.i18n import gettext as _
from aidnet.policy import Actor
from aidnet.roles import Role


@dataclass(frozen=True)
class Line:
    """One line; `minor` in the statement's currency."""

    label: str
    minor: int
    #: What the words mean, where a reader may not know.
    told: str = ""


@dataclass(frozen=True)
class Statement:
    """One currency. The sum of `came` is the sum of `went` and `left`."""

    currency: str
    came: tuple[Line, ...]
    went: tuple[Line, ...]
    left: tuple[Line, ...]

    @property
    def came_minor(self) -> int:
        return sum(line.minor for line in self.came)

    @property
    def went_minor(self) -> int:
        return sum(line.minor for line in self.went)

    @property
    def left_minor(self) -> int:
        return sum(line.minor for line in self.left)


def line_word(actor: Actor, line: BudgetLine) -> str:
    """What a budget line is called; for donors, transport holds the tolls too."""
    if actor.role is Role.DONOR and line is BudgetLine.TRANSPORT:
        return _("Transport and tolls")
    return str(words.LINES[line])


def statement_of(actor: Actor, figures: FundFigures) -> Statement:
    """The statement of a fund in one currency: of the whole fund, or, for a coordinator, of the own responder's part."""
    flows = figures.flows
    own_part = actor.role is Role.COORDINATOR
    cost = flows.by_measure.get(Measure.KEPT, 0) if own_part else flows.cost
    came = [
        Line(_("Received from givers"), flows.received),
        *([Line(_("Sent to you from the fund"), flows.paid_out)] if own_part else []),
        Line(_("Came from another currency"), flows.changed_in),
    ]
    went = [
        *(Line(line_word(actor, line), minor) for line, minor in flows.by_line.items()),
        Line(_("Cost of moving the money"), cost, _("Fees, and what stayed with those who carried it.")),
        Line(_("Reported lost"), flows.lost),
        Line(_("Became another currency"), flows.changed_out),
        Line(_("Given back to givers"), flows.refunded),
    ]
    left = [
        *([] if own_part else [Line(_("Still in the fund"), figures.in_fund)]),
        Line(_("Paid out without report yet"), figures.on_the_way, _("On its way: no receiver has confirmed it yet.")),
        Line(_("Reported held"), figures.held, _("What responders say they hold, added up.")),
        Line(_("Owed to responders"), -figures.owed, _("Spent beyond what they held, to be settled by later payouts.")),
    ]
    return Statement(
        flows.currency,
        tuple(line for line in came if line.minor),
        tuple(line for line in went if line.minor),
        tuple(line for line in left if line.minor),
    )
