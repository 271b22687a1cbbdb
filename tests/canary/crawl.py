"""Every GET route, every argument it can be given, for one person: what comes back, and what must not be in it."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from flask import Flask, template_rendered
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from aidnet import clock
from aidnet.db import Base
from aidnet.deliveries.models import DeliveryState, EventKind
from aidnet.policy import Actor
from tests.canary.audiences import Mark, Ownership, Sight
from tests.canary.marks import of_value
from tests.canary.moved import FADES_ON
from tests.canary.network import Canary
from tests.pages import Page
from tests.workbooks import told as told_by
from tests.world import Client

#: What reads no record: the look, the script, the fonts, and the page of invented examples.
FILES = frozenset({"static", "assets.file", "styleguide.page"})
#: How many addresses of one shape, found in pages as links, are opened for one person.
LINKS_MOST = 2
#: How many addresses of an endpoint are a few: codes of both responders (or funds) among them.
FEW = 3
ABSENT = {"uid": "00000000-0000-4000-8000-000000000000", "token": "no-such-link", "pcode": "MMR999"}
ABSENT_CODES = {"D": "D-0000-0000", "P": "P-0000-0000", "R": "R-0000-0000", "S": "S-0000-0000", "F": "F-0000-0000"}


#: What is of each answer alone, in which any short number may stand: its length, tokens, cursors, cookies.
_DRAWN = re.compile(
    r"(?<=Content-Length: )\d+|(?<=name=\"csrf_token\" value=\")[^\"]+|(?<=after=)[\w-]+|(?<=aidnet=)[^;\s]+"
)
#: Uids and hashes: found whole or not at all, for in them, too, any short number may stand.
_LONG = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32,}\b|"
    r"\b(?=[0-9]*[a-f])[0-9a-f]{8}(?:[0-9a-f]{4})?\b",  # the beginning of a hash, or a part of one
    re.IGNORECASE,
)
_LONG_LEAST = 32


def in_two(text: str) -> tuple[str, str]:
    """An answer without what was drawn for it alone: what stands in it beside uids and hashes, and these."""
    kept = _DRAWN.sub("*", text)
    return _LONG.sub("*", kept), " ".join(_LONG.findall(kept))


def told_by_itself(url: str) -> str:
    """Days of the calendar and of no record: those that bound a page of a week, those on which a workbook is made or detail fades."""
    parts = urlsplit(url)
    if parts.path.startswith("/evacuations/"):
        return " ".join(of_value("faded_on", FADES_ON))
    if parts.path.endswith(".xlsx"):
        return " ".join(of_value("published_on", clock.today()))
    if parts.path != "/updates/week":
        return ""
    until = parse_qs(parts.query).get("until")
    last = date.fromisoformat(until[0]) if until else clock.today()
    days = (last, last - timedelta(6), last - timedelta(7))
    return " ".join(form for day in days for form in sorted(of_value("published_on", day)))


@dataclass(frozen=True)
class Leak:
    """A mark where it must not be."""

    who: str
    url: str
    endpoint: str
    form: str
    mark: Mark

    def __str__(self) -> str:
        return f"{self.who} finds {self.mark} ({self.form!r}) at {self.url} ({self.endpoint})"


class Filler:
    """Known codes for the arguments of a rule: own and foreign alike, and one that is not there."""

    def __init__(self, canary: Canary, owned: Ownership) -> None:
        self.canary = canary
        self.owned = owned

    def _codes(self, entity: str, groups: str = "responder_id") -> list[str]:
        """Codes of an entity: two of each responder (or fund), so that each person has own and foreign ones."""
        found: dict[Any, list[str]] = {}
        for row in self.owned.rows[entity]:
            found.setdefault(row[groups], []).append(str(row["code"]))
        return [code for codes in found.values() for code in codes[:2]]

    def values(self, rule: Rule) -> list[dict[str, str]]:
        """What to fill the rule with: by the part of the path before its first argument, and the names of its arguments.

        Raises LookupError where nobody said how: say it in `ARGUMENTS`.
        """
        names = ",".join(sorted(rule.arguments))
        if not names:
            return [{}]
        subject = rule.rule.split("/<")[0].rsplit("/", 1)[-1]
        for key in (f"{rule.endpoint}:{names}", f"{subject}:{names}"):
            if key in ARGUMENTS:
                return list(ARGUMENTS[key](self))
        raise LookupError(
            f"{rule.rule}: say in tests/canary/crawl.py how to fill {subject}:{names} (or {rule.endpoint}:{names})"
        )

    def codes(self, entity: str, groups: str = "responder_id") -> Iterator[dict[str, str]]:
        found = self._codes(entity, groups)
        for code in (*found, found[0][:2] + "0000-0000"):
            yield {"code": code}

    def pairs(self, entity: str, child: str, column: str) -> Iterator[dict[str, str]]:
        """A row's code with the uids of the last and the first of its children, with a foreign child's, and with one that is not there."""
        children: dict[Any, list[str]] = {}
        for row in self.owned.rows[child]:
            children.setdefault(row[column], []).append(str(row["uid"]))
        few = [(parent, uids) for parent, uids in children.items() if parent is not None][:3]
        codes = {row["id"]: str(row["code"]) for row in self.owned.rows[entity]}
        for parent, uids in few:
            yield {"code": codes[parent], "uid": uids[-1]}
            yield {"code": codes[parent], "uid": uids[0]}
        yield {"code": codes[few[0][0]], "uid": few[-1][1][0]}
        yield {"code": codes[few[0][0]], "uid": ABSENT["uid"]}

    def photos(self) -> Iterator[dict[str, str]]:
        """Photos with their expense, with another's, and one that is not there."""
        codes = {row["id"]: str(row["code"]) for row in self.owned.rows["expense"]}
        rows = [row for row in self.owned.rows["photo"] if row["expense_id"]]
        for row in rows:
            yield {"code": codes[row["expense_id"]], "photo": str(row["code"])}
        yield {"code": codes[rows[0]["expense_id"]], "photo": str(rows[-1]["code"])}
        yield {"code": codes[rows[0]["expense_id"]], "photo": "P-0000-0000"}

    def hand_outs(self) -> Iterator[dict[str, str]]:
        """A hand-out of each of a few deliveries, one with another's code, and one that is not there."""
        handed = {row["delivery_id"]: str(row["uid"]) for row in self.owned.rows["delivery_event"] if row["kind"] is EventKind.DISTRIBUTED}
        few = [(self.owned.row("delivery", each), uid) for each, uid in handed.items()]
        for delivery, uid in (few[0], few[-1], *({one["responder_id"]: (one, uid) for one, uid in few}.values())):
            yield {"code": str(delivery["code"]), "uid": uid}
        yield {"code": str(few[0][0]["code"]), "uid": few[-1][1]}
        yield {"code": str(few[0][0]["code"]), "uid": ABSENT["uid"]}

    def handed_photos(self) -> Iterator[dict[str, str]]:
        """Photos with their hand-out, and one that is not there."""
        rows = [row for row in self.owned.rows["photo"] if row["event_id"]]
        for row in rows:
            event = self.owned.row("delivery_event", row["event_id"])
            code = str(self.owned.row("delivery", event["delivery_id"])["code"])
            yield {"code": code, "uid": str(event["uid"]), "photo": str(row["code"])}
            yield {"code": code, "uid": str(event["uid"]), "photo": str(rows[-1]["code"])}

    def plans(self) -> Iterator[dict[str, str]]:
        """Deliveries that are planned, a foreign one among them, and one that is on its way."""
        for row in self.owned.rows["delivery"]:
            if row["state"] is DeliveryState.PLANNED:
                yield {"code": str(row["code"])}
        yield {"code": str(self.owned.rows["delivery"][0]["code"])}

    def tranches(self) -> Iterator[dict[str, str]]:
        """Tranches with their grant, and one that is not there."""
        codes = {row["id"]: str(row["code"]) for row in self.owned.rows["grant_agreement"]}
        for row in self.owned.rows["tranche"]:
            yield {"code": codes[row["grant_id"]], "number": str(row["number"])}
        yield {"code": next(iter(codes.values())), "number": "99"}

    def reports(self) -> Iterator[dict[str, str]]:
        """Reports with their grant, with another's, and one that is not there."""
        codes = {row["id"]: str(row["code"]) for row in self.owned.rows["grant_agreement"]}
        rows = self.owned.rows["grant_report"]
        for row in rows:
            yield {"code": codes[row["grant_id"]], "report_code": str(row["code"])}
        yield {"code": codes[rows[0]["grant_id"]], "report_code": str(rows[-1]["code"])}
        yield {"code": codes[rows[0]["grant_id"]], "report_code": "T-0000-0000"}

    def receipts(self) -> Iterator[dict[str, str]]:
        """Receipts of gifts of each kind and state, and one that is not there."""
        kinds = {(row["fund_id"], row["state"], row["item_id"]): row for row in self.owned.rows["contribution"]}
        for row in kinds.values():
            yield {"receipt_code": str(row["receipt_code"])}
        yield {"receipt_code": "00000-00000-00000-00000"}

    def uids(self, entity: str) -> Iterator[dict[str, str]]:
        for row in self.owned.rows[entity][-8:]:
            yield {"uid": str(row["uid"])}
        yield {"uid": ABSENT["uid"]}

    def places(self) -> Iterator[dict[str, str]]:
        """A state, a district, townships, tracts and villages of both responders."""
        pcodes = ["MMR005", "MMR005D002", "MMR005004", ABSENT["pcode"]]
        for group in self.canary.groups:
            village = group.villages[0]
            pcodes += [village.pcode, self.owned.row("place", village.parent_id)["pcode"], group.site.code]
        for pcode in pcodes:
            yield {"pcode": pcode}


#: How the arguments of rules are filled: by what stands before the first of them in the path (or the endpoint), and their names.
ARGUMENTS: dict[str, Callable[[Filler], Iterable[dict[str, str]]]] = {
    "access:code": lambda fill: fill.codes("access_constraint"),
    "agents:code": lambda fill: fill.codes("agent", "state"),
    "approvals:code": lambda fill: fill.codes("approval"),
    "batches:code": lambda fill: fill.codes("gift_batch", "state"),
    "contributions:code": lambda fill: fill.codes("contribution", "fund_id"),
    "crossings:uid": lambda fill: fill.uids("crossing"),
    "deliveries.asking:code,uid": lambda fill: fill.hand_outs(),
    "deliveries.way:code": lambda fill: fill.plans(),
    "evidence.handed_new:code,uid": lambda fill: fill.hand_outs(),
    "kits:uid": lambda fill: fill.uids("kit"),
    "deliveries:code,photo,uid": lambda fill: fill.handed_photos(),
    "deliveries:code": lambda fill: fill.codes("delivery"),
    "deliveries:code,uid": lambda fill: fill.pairs("delivery", "delivery_event", "delivery_id"),
    "filters:uid": lambda fill: fill.uids("saved_filter"),
    "evacuations:code": lambda fill: fill.codes("evacuation"),
    "evacuations:code,uid": lambda fill: fill.pairs("evacuation", "evacuation_event", "evacuation_id"),
    "expenses:code": lambda fill: fill.codes("expense"),
    "expenses:code,photo": lambda fill: fill.photos(),
    "funds:code": lambda fill: fill.codes("fund"),
    "gifts:code": lambda fill: fill.codes("contribution", "fund_id"),
    "grants:code": lambda fill: fill.codes("grant_agreement", "donor_id"),
    "grants:code,number": lambda fill: fill.tranches(),
    "grants:code,report_code": lambda fill: fill.reports(),
    "handovers:code": lambda fill: fill.codes("handover", "to_responder_id"),
    "join:token": lambda fill: [{"token": token} for token in (*fill.canary.links, ABSENT["token"])],
    "ledger:code": lambda fill: fill.codes("ledger_event", "kind"),
    "links:uid": lambda fill: fill.uids("invitation"),
    "needs:code": lambda fill: fill.codes("need"),
    "old-books:code": lambda fill: fill.codes("old_book", "state"),
    "partners:code": lambda fill: fill.codes("partner", "kind"),
    "partners:code,uid": lambda fill: [
        *fill.pairs("partner", "membership", "partner_id"),
        *fill.pairs("partner", "invitation", "partner_id"),
    ],
    "payouts:code": lambda fill: fill.codes("payout"),
    "places:pcode": lambda fill: fill.places(),
    "receipts:receipt_code": lambda fill: fill.receipts(),
    "releases:code": lambda fill: fill.codes("release", "fund_id"),
    "responders.capacity.correct:code,uid": lambda fill: fill.pairs("partner", "capacity", "responder_id"),
    "responders.capacity.remove:code,uid": lambda fill: fill.pairs("partner", "capacity", "responder_id"),
    "responders.naming.end:code,uid": lambda fill: fill.pairs("partner", "name_shown", "responder_id"),
    "responders:code": lambda fill: fill.codes("partner", "kind"),
    "responders:code,uid": lambda fill: fill.pairs("partner", "reach", "responder_id"),
    "reversals:code": lambda fill: [
        *fill.codes("contribution", "fund_id"),
        *fill.codes("payout"),
        *fill.codes("expense"),
    ],
    "sessions:uid": lambda fill: fill.uids("web_session"),
    "statements:code": lambda fill: fill.codes("statement", "donor_id"),
    "sites:code": lambda fill: fill.codes("site"),
    "updates:code": lambda fill: fill.codes("partner_update", "audience"),
}


#: Questions that a page is nothing without.
QUERIES: dict[str, dict[str, str]] = {
    "deliveries.keep_filter": {"state": "open"},
    "partners.status": {"status": "suspended"},
}


def rules(app: Flask, method: str = "GET") -> list[Rule]:
    """Every rule that answers `method` and is no file."""
    found = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ()) and rule.endpoint not in FILES]
    return sorted(found, key=lambda rule: rule.rule)


def open_to(app: Flask, actor: Actor, every: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The addresses worth opening: all of a rule that the actor's role may use, one of any other (the guard answers for the rest)."""
    refused: set[str] = set()
    found = []
    for url, endpoint in every:
        guard = app.view_functions[endpoint].guard  # type: ignore[attr-defined]
        if guard and not any(actor.may(permission) for permission in guard):
            if endpoint in refused:
                continue
            refused.add(endpoint)
        found.append((url, endpoint))
    return found


def addresses(app: Flask, fill: Filler, method: str = "GET") -> Iterator[tuple[str, str]]:
    """Every address to open, with its endpoint."""
    with app.test_request_context():
        for rule in rules(app, method):
            for values in fill.values(rule):
                yield app.url_for(rule.endpoint, **values, **QUERIES.get(rule.endpoint, {})), rule.endpoint


class Crawler:
    """One person who opens everything."""

    def __init__(self, app: Flask, who: str, client: Client, sight: Sight, told: Mapping[str, frozenset[str]]) -> None:
        #: `told`: forms that anybody may find behind a secret that is part of the address.
        self.app, self.who, self.client, self.sight, self.told = app, who, client, sight, told
        self.leaks: list[Leak] = []
        self.bare: set[str] = set()
        self.broken: set[str] = set()
        self.statuses: dict[int, int] = {}

    def look(self, url: str, endpoint: str, **more: Any) -> TestResponse:
        """Open one address, and search the whole answer, headers too."""
        with self._rendering(endpoint):
            answer = self.client.get(url, **more)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        if answer.status_code >= 500:
            self.broken.add(f"{self.who} breaks {endpoint}: {answer.status_code}")
        told, uids = in_two(f"{answer.headers}\n{told_by(answer)}")
        known = frozenset[str]().union(*(forms for secret, forms in self.told.items() if secret in url))
        found = self.sight.leaks(told, but=f"{url} {told_by_itself(url)}")
        found += [(form, mark) for form, mark in self.sight.leaks(uids, but=url) if len(form) >= _LONG_LEAST]
        self.leaks += [Leak(self.who, url, endpoint, form, mark) for form, mark in found if form not in known]
        return answer

    def _rendering(self, endpoint: str) -> Any:
        def rendered(sender: Any, template: Any, context: dict[str, Any], **more: Any) -> None:
            self.bare |= {f"{endpoint}: {name} is a {kind}" for name, kind in bare_rows(context)}

        return template_rendered.connected_to(rendered, self.app)

    def crawl(self, every: list[tuple[str, str]], *, language: str = "en") -> None:
        """Open each address as a page, and what its pages link to; as JSON, those that are not there for this person too."""
        headers = {"Accept-Language": language}
        linked: dict[str, str] = {}
        seen = {url for url, _endpoint in every}
        shapes: Counter[str] = Counter(map(shape, seen))
        for url, endpoint in every:
            answer = self.look(url, endpoint, headers=headers)
            if answer.mimetype == "text/html":
                for link in Page(answer.text, url).links():
                    path = urlsplit(link)._replace(fragment="").geturl()
                    if path not in seen | linked.keys() and shapes[shape(path)] < LINKS_MOST:
                        shapes[shape(path)] += 1
                        linked[path] = endpoint
        for url, endpoint in linked.items():
            self.look(urljoin("/", url), f"a link of {endpoint}", headers=headers)

    def open_few(self, every: list[tuple[str, str]]) -> None:
        """Open the first addresses of each endpoint, and follow no link."""
        opened: Counter[str] = Counter()
        for url, endpoint in every:
            if opened[endpoint] < FEW:
                opened[endpoint] += 1
                self.look(url, endpoint)

    def crawl_json(self, every: list[tuple[str, str]]) -> None:
        """Ask for the first address of each endpoint as JSON: errors then are JSON too."""
        asked: set[str] = set()
        for url, endpoint in every:
            if endpoint not in asked:
                asked.add(endpoint)
                self.look(url, endpoint, headers={"Accept": "application/json"})


_CODE = re.compile(r"[A-Z]-[0-9A-Z]{4}-[0-9A-Z]{4}|[0-9a-f]{8}-[0-9a-f-]{27}|/[0-9]+|MMR[0-9DS]+")


def shape(url: str) -> str:
    """An address without its codes and the values of its query: two of one shape are one page with other rows."""
    parts = urlsplit(url)
    return _CODE.sub("*", parts.path) + "?" + ",".join(sorted(parse_qs(parts.query, keep_blank_values=True)))


def bare_rows(context: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Rows that a template was given as they are, and not as `Shown`: of tables that some audience does not see whole."""
    for name, value in context.items():
        if name in ("network", "actor", "g", "request", "session", "config"):
            continue
        stack, depth = [value], 0
        while stack and depth < 2000:
            depth += 1
            found = stack.pop()
            if isinstance(found, Base) and not found.__table__.info.get("reference"):
                yield name, type(found).__name__
            elif isinstance(found, list | tuple | set | frozenset):
                stack.extend(found)
            elif isinstance(found, dict):
                stack.extend(found.values())
            elif hasattr(found, "__dataclass_fields__"):
                stack.extend(getattr(found, each) for each in found.__dataclass_fields__)
