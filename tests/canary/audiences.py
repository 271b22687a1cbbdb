"""Who may see which mark, by the matrix and by whose the row is. Whose, is said here once more, apart from the policy."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure
from aidnet.accounts.models import ApprovalNeed
from aidnet.crypto import token_hash
from aidnet.db import Base, transaction
from aidnet.disclosure import Audience, Level
from aidnet.grants.models import ReportState
from aidnet.ledger.models import Measure
from aidnet.models import metadata
from aidnet.money import EXPONENTS
from aidnet.places.models import Level as PlaceLevel
from aidnet.policy import ANONYMOUS, Actor, PartnerKind, Role, unscoped
from aidnet.updates.models import UpdateAudience
from tests.canary.handed import told_by_handovers
from tests.canary.marks import found_in, of_name, of_value, plain
from tests.canary.vouched import told_names

BECAUSE = "the canary looks at everything"
MODELS: Mapping[str, type[Base]] = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}

Row = Mapping[str, Any]


#: Whose rows a donor sees where it sees the row they hang on: of which table, named in which column.
_HANGS_ON = {
    "gift_trace": ("contribution", "contribution_id"),
    **dict.fromkeys(
        (
            *("release_row", "release_row_place", "release_loss", "release_loss_reason"),
            *("release_withdrawal", "released_event"),
        ),
        ("release", "release_id"),
    ),
    "statement_line": ("statement", "statement_id"),
    **dict.fromkeys(("grant_line", "tranche", "grant_report"), ("grant_agreement", "grant_id")),
    **dict.fromkeys(("grant_report_figure", "grant_report_release"), ("grant_report", "report_id")),
}

#: Rows that belong to whom another does: its table, and the column that names it.
PARTS: Mapping[str, tuple[str, str]] = {
    "delivery_leg": ("delivery", "delivery_id"),
    "event_band": ("delivery_event", "event_id"),
    "event_people": ("delivery_event", "event_id"),
    "event_private": ("delivery_event", "event_id"),
    "event_quantity": ("delivery_event", "event_id"),
    "kit_item": ("kit", "kit_id"),
    "line_origin": ("delivery_line", "line_id"),
}


@dataclass(frozen=True)
class Mark:
    """One value of one field of one row, in every form it could be shown in."""

    entity: str
    name: str
    key: object
    forms: frozenset[str]

    def __str__(self) -> str:
        return f"{self.entity}.{self.name} of row {self.key}"


@dataclass
class Ownership:
    """Every row there is, and to whom each belongs."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    by_id: dict[str, dict[Any, Row]] = field(default_factory=dict)
    given: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    paid: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def row(self, entity: str, key: Any) -> Row:
        return self.by_id[entity][key]

    def responder_of(self, entity: str, row: Row) -> int | None:
        """The responder a row belongs to; None where it is the network's, or everybody's."""
        if entity in PARTS:
            whole, column = PARTS[entity]
            return self.responder_of(whole, self.row(whole, row[column]))
        match entity:
            case "responder" | "partner":
                return row["id"] if entity == "responder" or row["kind"] is PartnerKind.RESPONDER else None
            case "contribution" | "ledger_event":
                return self.row("fund", row["fund_id"])["responder_id"]
            case "gift_trace":
                return self.responder_of("contribution", self.row("contribution", row["contribution_id"]))
            case "account_balance":
                return self.row("account", row["account_id"])["responder_id"]
            case "expense_share":
                return self.row("expense", row["expense_id"])["responder_id"]
            case "arrival_spread":
                return self.responder_of("payout_confirmation", self.row("payout_confirmation", row["confirmation_id"]))
            case "payout_confirmation" | "payout_settlement":
                return self.row("payout", row["payout_id"])["responder_id"]
            case "delivery_line" | "delivery_stop" | "delivery_event":
                return self.row("delivery", row["delivery_id"])["responder_id"]
            case "need_line" | "need_delivery" | "evacuation_group" | "evacuation_event":
                above = entity.partition("_")[0]
                return self.row(above, row[f"{above}_id"])["responder_id"]
            case "invitation" | "membership":
                return row["partner_id"]
        found: int | None = row.get("responder_id") or row.get("owner_id")
        return found or None

    def delivery_author(self, entity: str, row: Row) -> int | None:
        """Who logged the delivery a row is part of, or reported the need; None for other rows."""
        if entity == "need":
            return row["recorded_by_id"]
        if entity in ("need_line", "need_delivery"):
            return self.row("need", row["need_id"])["recorded_by_id"]
        if entity == "delivery":
            return row["created_by_id"]
        if entity.startswith("event_"):
            return self.delivery_author("delivery_event", self.row("delivery_event", row["event_id"]))
        if entity.startswith("delivery_"):
            return self.row("delivery", row["delivery_id"])["created_by_id"]
        return None

    def audience(self, actor: Actor, entity: str, row: Row) -> Audience | None:
        """What the actor is to a row; None where the row is not there for the actor at all."""
        if entity == "partner_update":
            return self._to_reader(actor, row)
        if actor is ANONYMOUS or actor.role is None:
            return Audience.PUBLIC
        if entity == "user" and row["id"] == actor.user_id:
            return Audience.OWN
        if entity in ("web_session", "presence", "device") and row["user_id"] == actor.user_id:
            return Audience(actor.role.value) if actor.role in (Role.DONOR, Role.LOGGER) else Audience.OWN
        if entity == "saved_filter":
            return disclosure.audience_of(actor) if row["user_id"] == actor.user_id else None
        if metadata.tables[entity].info.get("reference"):
            return disclosure.audience_of(actor)
        if actor.role is Role.DONOR:
            return Audience.DONOR if self._to_donor(actor, entity, row) else None
        if actor.role in (Role.COORDINATOR, Role.LOGGER):
            return self._to_responder(actor, entity, row)
        return Audience(actor.role.value)

    def _to_reader(self, actor: Actor, row: Row) -> Audience | None:
        """An update is for whom it says, and for who publishes it."""
        meant = [UpdateAudience.PUBLIC] if self.rows["network"][0]["public_page"] or actor.signed_in else []
        if actor.signed_in:
            meant.append(UpdateAudience.NETWORK)
        if actor.partner_kind is PartnerKind.RESPONDER:
            meant.append(UpdateAudience.RESPONDERS)
        is_own = actor.signed_in and row["partner_id"] == actor.partner_id
        return disclosure.audience_of(actor) if is_own or row["audience"] in meant else None

    def _to_movers(self, actor: Actor, entity: str, row: Row) -> Audience | None:
        """An evacuation is its leader's and, in numbers, of the groups that work on it; of coordinators alone."""
        event = self.row("evacuation_event", row["event_id"]) if "event_id" in row else row
        whole = event if entity == "evacuation" else self.row("evacuation", event["evacuation_id"])
        together = {one["responder_id"] for one in self.rows["evacuation_group"] if one["evacuation_id"] == whole["id"]}
        if actor.role is not Role.COORDINATOR or actor.partner_id not in together | {whole["responder_id"]}:
            return None
        return Audience.OWN if whole["responder_id"] == actor.partner_id else Audience.OTHER

    def _to_donor(self, actor: Actor, entity: str, row: Row) -> bool:
        if entity in _HANGS_ON:
            other, name = _HANGS_ON[entity]
            return self._to_donor(actor, other, self.row(other, row[name]))
        match entity:
            case "partner":
                return row["kind"] is not PartnerKind.DONOR or row["id"] == actor.partner_id
            case "responder" | "responder_sector" | "reach" | "rate":
                return True
            case "contribution" | "giver_trace" | "giver_value" | "giver_month":
                return row["donor_id"] == actor.partner_id
            case "fund":
                return actor.partner_id in self.given[row["id"]]
            case "money_month" | "value_month" | "spread_month" | "rate_use" | "flow_delay" | "release":
                return actor.partner_id in self.given[row["fund_id"]]
            case "item":
                return row["responder_id"] is None
            case "statement" | "grant_agreement":
                return row["donor_id"] == actor.partner_id
        return False

    def _to_responder(self, actor: Actor, entity: str, row: Row) -> Audience | None:
        own = Audience.OWN if actor.role is Role.COORDINATOR else Audience.LOGGER
        if entity in ("user", "presence", "membership", "invitation"):
            return self._to_colleague(actor, entity, row, own)
        if entity == "fund":
            mine = row["responder_id"] == actor.partner_id or actor.partner_id in self.paid[row["id"]]
            return own if mine else None
        if entity == "partner" and row["kind"] is not PartnerKind.RESPONDER:
            return own if row["kind"] is PartnerKind.NETWORK else None
        if entity in ("item", "crossing") and row["responder_id"] is None:
            return own
        if entity == "rate":
            return own
        if entity.startswith("evacuation"):
            return self._to_movers(actor, entity, row)
        owner = self.responder_of(entity, row)
        if owner is None:
            return None
        if entity == "handover" and actor.partner_id not in (owner, row["from_responder_id"], row["to_responder_id"]):
            return None
        if owner != actor.partner_id:
            return None if entity == "access_constraint" and self._is_its_own(row) else Audience.OTHER
        author = self.delivery_author(entity, row)
        if actor.role is Role.LOGGER and author is not None and author != actor.user_id:
            return None
        return own

    def _is_its_own(self, row: Row) -> bool:
        """Of a group's constraint: taken back, or at a crossing of its own."""
        crossing = self.by_id["crossing"].get(row["crossing_id"])
        return row["withdrawn_at"] is not None or bool(crossing and crossing["responder_id"])

    def _to_colleague(self, actor: Actor, entity: str, row: Row, own: Audience) -> Audience | None:
        """A coordinator looks after its own loggers, and is asked about links to its own group; a logger looks after nobody."""
        if entity == "membership" and row["user_id"] == actor.user_id:
            return own
        if own is not Audience.OWN:
            return None
        if entity in ("membership", "invitation"):
            asked = entity == "invitation" and row["approval"] in (
                ApprovalNeed.RESPONDER,
                ApprovalNeed.RESPONDER_OR_WAIT,
            )
            return own if row["partner_id"] == actor.partner_id and (asked or row["role"] is Role.LOGGER) else None
        person = row["id"] if entity == "user" else row["user_id"]
        loggers = {
            held["user_id"]
            for held in self.rows["membership"]
            if held["partner_id"] == actor.partner_id and held["role"] is Role.LOGGER
        }
        return own if person in loggers else None


def read() -> Ownership:
    """Every row of every table, private columns opened."""
    found = Ownership()
    with transaction() as session:
        for table in metadata.sorted_tables:
            found.rows[table.name] = list(_rows(session, table))
            found.by_id[table.name] = {row["id"]: row for row in found.rows[table.name] if "id" in row}
    for gift in found.rows["contribution"]:
        if gift["donor_id"]:
            found.given[gift["fund_id"]].add(gift["donor_id"])
    for payout in found.rows["payout"]:
        found.paid[payout["fund_id"]].add(payout["responder_id"])
    return found


def _rows(session: Session, table: sa.Table) -> Iterator[Row]:
    model = MODELS[table.name]
    for row in session.scalars(unscoped(sa.select(model).order_by(*table.primary_key), because=BECAUSE)):
        yield {
            column.name.removesuffix("_sealed"): getattr(row, column.name.removesuffix("_sealed"))
            for column in table.columns
        }


def key_of(table: sa.Table, row: Row) -> object:
    """What tells a row from the others of its table."""
    keys = tuple(row[column.name] for column in table.primary_key)
    return keys[0] if len(keys) == 1 else keys


def marks(owned: Ownership) -> Iterator[tuple[Mark, Row]]:
    """Every value that can be told apart, with its row."""
    for table in metadata.sorted_tables:
        if table.name in ("place_name", "unit"):
            continue
        for row in owned.rows[table.name]:
            if table.name == "account_balance" and owned.row("account", row["account_id"])["responder_id"] is None:
                continue  # a fund's running totals are sums of its months, which its donors see
            if table.name == "statement_line" and owned.row("statement", row["statement_id"])["donor_id"] == 0:
                continue  # likewise
            for name, value in row.items():
                kind = table.columns[name].type if name in table.columns else None
                if isinstance(kind, sa.Enum | sa.Boolean):
                    continue
                forms = (
                    of_name(str(value)) if table.name == "place" and isinstance(value, str) else of_value(name, value)
                )
                if forms:
                    yield Mark(table.name, name, key_of(table, row), forms), row


def level(owned: Ownership, actor: Actor, mark: Mark, row: Row) -> Level:
    """How much of a mark the actor may see."""
    audience = owned.audience(actor, mark.entity, row)
    if audience is None:
        return Level.WITHHELD
    if mark.entity == "grant_report" and audience is Audience.DONOR and row["state"] is not ReportState.SENT:
        return Level.FULL if mark.name in ("due_on", "first_month", "last_month") else Level.WITHHELD
    said = disclosure.level_of(mark.entity, mark.name, audience)
    if mark.entity == "place" and said in (Level.TOWNSHIP, Level.DISTRICT, Level.REGION):
        finest = PlaceLevel.STATE if said is Level.REGION else PlaceLevel(said.value)
        return Level.FULL if row["level"].depth <= finest.depth else Level.WITHHELD
    return said


_RUNS = re.compile(r"[0-9]+|[a-z]+|[\u1000-\u109f]+")


@dataclass
class Sight:
    """What one person must not find, and which mark each form gives away."""

    allowed: set[str]
    forbidden: dict[str, Mark]
    #: Forms by their longest run of letters or digits: only those whose run stands in a text are looked for.
    by_run: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for form in self.forbidden:
            self.by_run[max(_RUNS.findall(form) or [form], key=len)].add(form)

    def leaks(self, text: str, but: str = "") -> list[tuple[str, Mark]]:
        """Forms in `text` that must not be there, save those in `but` (what the person typed into the address)."""
        searched = plain(text)
        near = {form for run in set(_RUNS.findall(searched)) if run in self.by_run for form in self.by_run[run]}
        found = found_in(searched, frozenset(near))
        if found:
            found -= found_in(plain(but), frozenset(found))
        return sorted(((form, self.forbidden[form]) for form in found), key=lambda pair: pair[0])


_RESPONDER, _FUND = ("partner", "responder_id", ("code", "code_name")), ("fund", "fund_id", ("code", "name"))
#: Fields that are no column: whose names they show, through which column.
DERIVED: Mapping[tuple[str, str], tuple[str, str, tuple[str, ...]]] = {
    **{(entity, "responder"): _RESPONDER for entity in ("account", "approval", "expense", "need", "payout")},
    **{
        (entity, "fund"): _FUND
        for entity in ("approval", "contribution", "delivery", "grant_agreement", "release", "statement")
    },
    **{
        (entity, "crossing"): ("crossing", "crossing_id", ("code_name",))
        for entity in ("access_constraint", "delivery", "delivery_event", "delivery_leg")
    },
    **{
        (entity, "item"): ("item", "item_id", ("name_en", "name_my"))
        for entity in ("contribution", "delivery_line", "kit_item", "need_line")
    },
    ("approval", "asked_by"): ("user", "asked_by_id", ("sign_in_name",)),
    **{
        (entity, "donor"): ("partner", "donor_id", ("code", "code_name")) for entity in ("grant_agreement", "statement")
    },
    ("contribution", "donor"): ("partner", "donor_id", ("code", "code_name")),
    ("contribution", "earmark_responder"): ("partner", "earmark_responder_id", ("code", "code_name")),
    ("handover", "giver"): ("partner", "from_responder_id", ("code", "code_name")),
    ("handover", "receiver"): ("partner", "to_responder_id", ("code", "code_name")),
    ("handover", "delivery"): ("delivery", "delivery_id", ("code",)),
    ("delivery_event", "giver"): ("partner", "from_responder_id", ("code", "code_name")),
    ("delivery_event", "receiver"): ("partner", "to_responder_id", ("code", "code_name")),
    ("name_shown", "partner"): ("partner", "partner_id", ("code_name",)),
    ("vouch", "voucher"): ("partner", "voucher_id", ("code", "code_name")),
    ("evacuation_event", "said_by"): ("partner", "said_by_id", ("code_name",)),
    ("partner_update", "partner"): ("partner", "partner_id", ("code_name",)),
    ("loss_month", "item"): ("item", "item_id", ("name_en", "name_my")),
    ("expense_share", "delivery"): ("delivery", "delivery_id", ("code",)),
    ("need_delivery", "delivery"): ("delivery", "delivery_id", ("code",)),
}


def _named(owned: Ownership, actor: Actor) -> Iterator[str]:
    """Forms of names that the actor may see because a record shows them: the fund of a release, the receiver of a payout."""
    for (entity, name), (target, column, shown) in DERIVED.items():
        for row in owned.rows[entity]:
            audience = owned.audience(actor, entity, row)
            if audience and row.get(column) and disclosure.level_of(entity, name, audience) is Level.FULL:
                for each in shown:
                    yield from of_value(each, owned.row(target, row[column])[each])


#: By what the months of a fund are told apart, and added up over.
_ADDED = ("month", "responder_id", "budget_line", "channel")


def _added(owned: Ownership, actor: Actor) -> Iterator[str]:
    """Forms of what a fund's months say together, to whoever sees them whole: their sums, and what of them has no rate."""
    sums: defaultdict[tuple[object, ...], int] = defaultdict(int)
    for entity, name in (
        ("money_month", "amount_minor"),
        ("value_month", "value_minor"),
        ("value_month", "rated_minor"),
    ):
        for row in owned.rows[entity]:
            audience = owned.audience(actor, entity, row)
            if audience is None or disclosure.level_of(entity, name, audience) is not Level.FULL:
                continue
            shared = (row["fund_id"], row["currency"], row["measure"])
            for number in range(len(_ADDED) + 1):
                for kept in combinations(_ADDED, number):
                    by = (*shared, *((each, row[each]) for each in kept))
                    sums[name, row.get("reporting"), by] += row[name]
    for (name, _reporting, by), minor in list(sums.items()):
        yield from of_value(name, minor)
        if name == "rated_minor":
            yield from of_value(name, sums.get(("amount_minor", None, by), 0) - minor)
    yield from _on_the_way(owned, actor)
    yield from _achieved(owned, actor)


def _months(owned: Ownership, actor: Actor, entity: str, name: str) -> Iterator[Row]:
    """The months of funds that the actor sees whole."""
    for row in owned.rows[entity]:
        audience = owned.audience(actor, entity, row)
        if audience is not None and disclosure.level_of(entity, name, audience) is Level.FULL:
            yield row


_ARRIVING = {Measure.PAID_OUT: 1, Measure.KEPT: -1, Measure.ARRIVED: -1, Measure.CHANGED: -1, Measure.LOST: -1}


def _on_the_way(owned: Ownership, actor: Actor) -> Iterator[str]:
    """What of a fund was paid out and not reported at the end of a month: a sum of whole months."""
    moved: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for row in _months(owned, actor, "money_month", "amount_minor"):
        moved[row["fund_id"], row["currency"], row["month"]] += _ARRIVING.get(row["measure"], 0) * row["amount_minor"]
    left: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for fund_id, currency, month in sorted(moved):
        left[fund_id, currency] += moved[fund_id, currency, month]
        yield from of_value("amount_minor", left[fund_id, currency])


def _achieved(owned: Ownership, actor: Actor) -> Iterator[str]:
    """What a month's payouts got for a currency, all together: what arrived of what was sent."""
    sent: defaultdict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    arrived: defaultdict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for row in _months(owned, actor, "spread_month", "sent_minor"):
        pair = (row["month"], row["sent_currency"], row["currency"])
        sent[pair] += Decimal(row["sent_minor"]).scaleb(-EXPONENTS[row["sent_currency"]])
        came = row["arrived_with_rate_minor"] + row["arrived_without_rate_minor"]
        arrived[pair] += Decimal(came).scaleb(-EXPONENTS[row["currency"]])
    for pair, amount in sent.items():
        if amount:
            yield from of_value("rate", round(arrived[pair] / amount, 2))


def sight(owned: Ownership, every: list[tuple[Mark, Row]], actor: Actor) -> Sight:
    """What `actor` may and must not find. A form that some field lets out is let out, wherever else it stands."""
    allowed = set(_named(owned, actor)) | set(_added(owned, actor)) | set(told_by_handovers(owned, actor))
    allowed |= set(told_names(owned, actor))
    for mark, row in every:
        if level(owned, actor, mark, row) is Level.FULL:
            allowed |= mark.forms
    forbidden = {
        form: mark
        for mark, row in every
        if level(owned, actor, mark, row) is not Level.FULL
        for form in mark.forms - allowed
    }
    return Sight(allowed, forbidden)


def told_by_receipt(owned: Ownership, gift: Row) -> frozenset[str]:
    """What whoever holds a gift's receipt may read of it: how much, when, for which fund, and what became of it."""
    fund = owned.row("fund", gift["fund_id"])
    found: set[str] = set()
    for name in ("code", "amount_minor", "quantity_milli", "pledged_on", "due_on", "received_on"):
        found |= of_value(name, gift[name])
    found |= of_value("purpose", fund["purpose"])
    if fund["responder_id"] is None:
        found |= of_value("name", fund["name"])
    for part in owned.rows["gift_trace"]:
        if part["contribution_id"] == gift["id"]:
            found |= of_value("source_minor", part["source_minor"])
    return frozenset(found)


def told_by_link(owned: Ownership, token: str) -> frozenset[str]:
    """What whoever holds a link may read of it: into which partner, for whom it helps, until when."""
    row = next(row for row in owned.rows["invitation"] if row["token_hash"] == token_hash(token))
    found = of_value("expires_at", row["expires_at"]) | of_value(
        "code_name", owned.row("partner", row["partner_id"])["code_name"]
    )
    return (
        found | of_value("sign_in_name", owned.row("user", row["user_id"])["sign_in_name"]) if row["user_id"] else found
    )
