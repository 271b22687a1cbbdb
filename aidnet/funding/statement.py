"""What came in, what went and what is left of a fund's money, line by line, so that the two sides are seen to be equal."""

from collections.abc import Sequence
from dataclasses import dataclass

from aidnet.funding import words
from aidnet.funding.queries import Flows, FundFigures
from aidnet.i18n import gettext as _
from aidnet.ledger.models import BudgetLine, Measure
from aidnet.policy import Actor
from aidnet.roles import Role


@dataclass(frozen=True)
class Line:
    """One line; `minor` in the statement's currency."""

    label: str
    minor: int


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


@dataclass(frozen=True)
class MonthsTable:
    """Months of one currency as rows of figures; columns in which nothing ever happened are left out."""

    columns: tuple[str, ...]
    #: The month in words, then a figure for each column.
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    total: tuple[int, ...]


def months_table(rows: Sequence[tuple[str, Flows]], total: Flows) -> MonthsTable:
    """The table of `rows` (newest first), whose last line is `total`."""
    offered = {
        "received": _("Received"),
        "refunded": _("Given back"),
        "paid_out": _("Paid out"),
        "spent": _("Spent"),
        "cost": _("Cost of moving"),
        "lost": _("Lost"),
        "changed_in": _("From another currency"),
        "changed_out": _("Into another currency"),
    }
    kept = [name for name in offered if any(getattr(flows, name) for _label, flows in rows)]
    return MonthsTable(
        tuple(offered[name] for name in kept),
        tuple((label, tuple(int(getattr(flows, name)) for name in kept)) for label, flows in rows),
        tuple(int(getattr(total, name)) for name in kept),
    )


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
        Line(_("Cost of moving the money"), cost),
        Line(_("Reported lost"), flows.lost),
        Line(_("Became another currency"), flows.changed_out),
        Line(_("Given back to givers"), flows.refunded),
    ]
    left = [
        *([] if own_part else [Line(_("Still in the fund"), figures.in_fund)]),
        Line(_("Paid out without report yet"), figures.on_the_way),
        Line(_("Reported held"), figures.held),
        Line(_("Owed to you") if own_part else _("Owed to groups"), -figures.owed),
    ]
    return Statement(
        flows.currency,
        tuple(line for line in came if line.minor),
        tuple(line for line in went if line.minor),
        tuple(line for line in left if line.minor),
    )
