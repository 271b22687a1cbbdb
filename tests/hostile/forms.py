"""Every form of the app: found on the pages of whoever may send it, and filled in as somebody would."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from flask import Flask
from PIL import Image
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from aidnet import clock
from aidnet.accounts import service as accounts
from aidnet.accounts.service import InvitationDraft
from aidnet.approvals.models import ApprovalState
from aidnet.custody import service as custody
from aidnet.custody.drafts import AnswerDraft
from aidnet.db import transaction
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.custody_models import Handover
from aidnet.deliveries.drafts import DeliveryDraft, EventDraft, LineDraft
from aidnet.deliveries.models import Age, Answer, EventKind, Sex
from aidnet.evacuations import service as evacuations
from aidnet.evacuations.drafts import EvacuationDraft
from aidnet.evacuations.models import Band
from aidnet.funding import service as funding
from aidnet.funding.drafts import FundDraft, PayoutDraft
from aidnet.funding.models import Channel
from aidnet.grants.models import ReportState
from aidnet.needs import service as needs
from aidnet.needs.drafts import NeedDraft
from aidnet.needs.models import Urgency
from aidnet.oldbooks.models import OldBookState
from aidnet.policy import ANONYMOUS, Actor, Role, unscoped
from aidnet.responders.models import Sector
from tests.canary.crawl import Filler, rules
from tests.canary.network import Canary
from tests.pages import Element, Form, Page
from tests.world import Client, World, token_for

Values = dict[str, Any]

#: Who looks for forms, in this order.
PEOPLE = ("coordinator", "treasurer", "admin", "donor", "nobody")
#: What takes a POST and is drawn as a form only in passing: the fields it reads.
LOOSE: dict[str, dict[str, str]] = {
    "accounts.role": {"membership": "00000000-0000-4000-8000-000000000000"},
    "accounts.sign_out": {"next": "/roles"},
    "accounts.take": {},
    "accounts.link": {"word": "agree"},
    "approvals.alone": {},
    "deliveries.departures": {
        "departures-0-code": "D-0000-0000",
        "departures-0-uid": "00000000-0000-4000-8000-000000000001",
    },
    "deliveries.keep_filter": {"uid": "00000000-0000-4000-8000-000000000002", "name": "Rice"},
    "partners.sign_out": {},
    "places.own.reopen_site": {"version": "1"},
}
#: What somebody types where the field's own kind does not say it well enough; None leaves a field out.
WORDS: dict[str, str | None] = {
    "amount": "၁၂ဝ",
    "currency": "THB",
    "into_currency": "USD",
    "expected_currency": "MMK",
    "expected": None,
    "into": None,
    "rate": "၃၅",
    "fee": "2",
    "delivery": None,
    "households": "6",
    "people": "30",
    "since_year": "2019",
    "pledged_on": "၁ဝ/၂/၂ဝ၂၄",
    "since_on": "၁/၂/၂၀၂၅",
    "until_on": "2026-08-12",
    "release_delay_days": "20",
    "pcode": "171305",
    "display_name": "Old Ta Ga Nan",
    "replaces": "",
    "next": "/roles",
    "language": "my",
    "link": "https://example.org/what-we-saw",
    "no_contact": None,
    "none": None,
    "sure": "1",
    "word": "agree",
}
#: Where the first choice is not the one to try.
CHOICES: dict[tuple[str, str], str | None] = {
    ("access.new", "crossing"): None,
    ("evacuations.correction", "adults"): "၃",
    ("evacuations.correction", "children"): "၇",
    ("evacuations.correction", "people"): None,
    ("evacuations.new", "destination"): "MMR005D002",
    ("responders.capacity.new", "area"): "MMR005D002",
    ("partners.new", "kind"): "responder",
    ("partners.invite", "role"): "auditor",
    ("funding.new_loss", "currency"): "MMK",
    ("funding.new_confirmation", "rest"): "lost",
    ("funding.new_settlement", "amount"): "၂",
    ("grants.tranche", "gift"): "",
    ("intake.loading", "lines"): None,
    ("intake.new_batch", "text"): None,
    ("intake.settle", "column-2"): "currency",
    ("oldbooks.loading", "lines"): None,
    ("oldbooks.new", "text"): None,
    ("rates.new_rate", "rate"): "၃",
    ("rates.reporting", "fourth"): "",
}
#: What is asked once more before it is done.
ASKED_AGAIN = frozenset(
    {"funding.new_payout", "responders.reach.correct", "responders.status", "updates.edit", "updates.new"}
)
#: Ends of names in rows of forms, as `villages-0-people`.
ENDS: dict[str, str | None] = {
    "own_name": None,
    "unit": None,
    "households": "၆",
    "people": "၃ဝ",
    "displaced": "၁၀",
    "host": "5",
    "returned": None,
    #: Of the hand-out's people by sex and age, which are not to be more than all.
    **{f"{sex.name}_{age.name}".lower(): "၁" for sex in Sex for age in Age},
    "first_month": "၂၀၂၆-၀၇",
    "last_month": "2026-07",
}
PASSWORD = "nine lanterns on the ferry"


@dataclass(frozen=True)
class Upload:
    """A file somebody chooses; it can be sent more than once."""

    name: str
    content: bytes

    def sent(self) -> tuple[io.BytesIO, str]:
        """As the browser sends it."""
        return io.BytesIO(self.content), self.name


def _picture() -> bytes:
    saved = io.BytesIO()
    Image.new("RGB", (24, 16), (120, 40, 90)).save(saved, "PNG")
    return saved.getvalue()


PHOTO = Upload("receipt.png", _picture())
GIFTS = Upload("gifts.csv", "giver,amount,currency,received on\nDaw Mya,၁၂ဝ,THB,2026-08-10\n".encode())


@dataclass
class Found:
    """A form, who may send it, and the fields somebody fills in."""

    endpoint: str
    who: str
    action: str
    drawn: dict[str, list[str]]
    fields: dict[str, Element | None] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.who} at {self.action} ({self.endpoint})"

    def kind(self, name: str) -> str:
        """What kind of thing is typed there: text, day, number, choice, place, uid, version, secret, file."""
        element = self.fields.get(name)
        attrs = element.attrs if element else {}
        if name in ("uid", "version"):
            return name
        if name.rsplit("-", 1)[-1] in ("place", "hub", "earmark_place") or name.endswith("place"):
            return "place"
        if attrs.get("type") in ("date", "password", "file"):
            return {"date": "day", "password": "secret", "file": "file"}[attrs["type"]]
        if "inputmode" in attrs:
            return "number"
        is_choice = (element is not None and element.tag == "select") or attrs.get("type") in (
            "radio",
            "checkbox",
            "hidden",
        )
        return "choice" if is_choice else "text"

    def is_typed(self, name: str) -> bool:
        """Whether somebody types the field: neither chosen, nor kept from them."""
        element = self.fields[name]
        return element is not None and "readonly" not in element.attrs and self.kind(name) in ("text", "number", "day")

    def filled(self, **changes: Any) -> Values:
        """As somebody fills it in, in Myanmar digits (and the letter wa for some zeros): every field, with a fresh uid."""
        values: Values = {}
        for name, element in self.fields.items():
            drawn = [value for value in self.drawn.get(name, []) if value.strip()]
            end = name.rsplit("-", 1)[-1]
            words = ENDS if "-" in name else WORDS
            if (self.endpoint, name) in CHOICES:
                values[name] = CHOICES[self.endpoint, name]
            elif end in words:
                values[name] = words[end]
            else:
                values[name] = drawn or self._typed(name, element)
        if "uid" in values:
            values["uid"] = str(uuid4())
        return {name: value for name, value in (values | changes).items() if value is not None}

    def _typed(self, name: str, element: Element | None) -> str | Upload | None:
        match self.kind(name):
            case "file" if element is not None:
                return PHOTO if element.attrs.get("accept", "").startswith("image/") else GIFTS
            case "day":
                return "၁ဝ/၈/၂၀၂၆"
            case "number":
                return "၃"
            case "place":
                return "MMR005D002" if name.startswith(("earmark", "purpose")) else "171305"
            case "secret":
                return PASSWORD
            case "choice" if element is not None:
                offered = element.all("option") if element.tag == "select" else [element]
                return next((each.attrs["value"] for each in offered if each.attrs.get("value")), None)
            case "text":
                return f"Word {uuid4().hex[:6]}"
        return None


@dataclass
class Hostile:
    """The network, its forms, and browsers of its people."""

    world: World
    canary: Canary
    filler: Filler

    @property
    def app(self) -> Flask:
        return self.world.app

    @property
    def people(self) -> dict[str, Actor]:
        return {"nobody": ANONYMOUS} | self.canary.viewers

    def browser(self, who: str) -> tuple[Client, str]:
        """A browser in which `who` is signed in, whatever became of the last; and the token its forms bear."""
        made = self.app.test_client()
        assert isinstance(made, Client)
        actor = self.people[who]
        if actor.signed_in:
            token = token_for(actor)
            with made.session_transaction() as cookie:
                cookie["_user_id"], cookie["_fresh"] = token, True
        page = Page(made.get("/roles").text)
        return made, page.all("input", name="csrf_token")[0].attrs["value"]

    def _pages(self) -> Iterator[tuple[str, str]]:
        """Addresses that may hold forms, and what answers there."""
        with self.app.test_request_context():
            for rule in rules(self.app):
                if not rule.endpoint.endswith("csv"):
                    for values in self.filler.values(rule)[:6]:
                        yield self.app.url_for(rule.endpoint, **values), rule.endpoint

    def _more_pages(self) -> Iterator[tuple[str, str]]:
        first = self.canary.groups[0]
        report = f"/deliveries/{first.deliveries[0].code}/events/new?kind="
        for kind in ("distributed", "lost", "handed-over", "crossed"):
            yield "coordinator", report + kind
        for token in ("three white oxen", None):
            yield "coordinator", f"/funding/payouts/{self._payout(token)}/confirmations/new"
        written = [row for row in self.filler.owned.rows["grant_report"] if row["state"] is ReportState.WRITTEN][-1]
        agreed = self.filler.owned.row("grant_agreement", written["grant_id"])
        yield "treasurer", f"/funding/grants/{agreed['code']}/reports/{written['code']}"
        for code in self.canary.lists:
            yield "treasurer", f"/funding/batches/{code}"
        for code in self._needs():
            yield "coordinator", f"/needs/{code}"
        yield "coordinator", f"/handovers/{self._received()}/onward"
        whole, one, other, waiting = (self._loaded() for _each in range(4))
        yield "coordinator", f"/deliveries/{whole}/split"
        yield "coordinator", f"/deliveries/join?with={one}&with={other}"
        yield "coordinator", f"/deliveries/departures?code={waiting}"
        moved = self._evacuation()
        yield "coordinator", f"/evacuations/{moved}"
        yield "coordinator", f"/evacuations/{moved}/events/new?kind=departed"
        yield "coordinator", f"/evacuations/{self._evacuation()}/groups"
        for row in self.filler.owned.rows["old_book"]:
            if row["responder_id"] == first.partner.id and row["state"] is OldBookState.PREVIEW:
                yield "coordinator", f"/old-books/{row['code']}"
        yield "admin", f"/partners/{self.canary.groups[1].partner.code}/status?status=suspended"
        draft = InvitationDraft(partner_id=first.partner.id, role=Role.LOGGER, label="someone")
        with transaction() as session:
            token = accounts.invite(session, first.coordinator, draft).token
        yield "nobody", f"/join/{token}"

    def _needs(self) -> list[str]:
        """Two that are likely the same, and one that is met."""
        first = self.canary.groups[0]
        made = []
        with transaction() as session:
            for sector in (Sector.EDU, Sector.EDU, Sector.PRO):
                draft = NeedDraft(
                    place=first.villages[4].pcode,
                    sector=sector,
                    urgency=Urgency.MEDIUM,
                    words="lamps",
                    reported_on=clock.today(),
                )
                made.append(needs.report(session, first.coordinator, draft).code)
            needs.meet(session, first.coordinator, made[-1])
        return made

    def _received(self) -> str:
        """What the second group gave the first, which took it and has not carried it on."""
        giver, receiver = self.canary.groups[1], self.canary.groups[0]
        events = (
            EventDraft(kind=EventKind.LOADED, happened_on=clock.today(), quantities={1: 9_000}),
            EventDraft(
                kind=EventKind.HANDED_OVER,
                happened_on=clock.today(),
                quantities={1: 9_000},
                receiver=receiver.partner.id,
            ),
        )
        lines = (LineDraft(item="rice", quantity_milli=9_000, unit="rice_bag"),)
        with transaction() as session:
            made = deliveries.log(session, giver.coordinator, DeliveryDraft(uid=uuid4(), lines=lines, events=events))
            handed = sa.select(Handover.code).where(Handover.delivery_id == made.id)
            code = str(session.scalars(unscoped(handed, because="a test asks for the code")).one())
            accepted = AnswerDraft(answer=Answer.ACCEPTED, happened_on=clock.today(), quantities={})
            custody.answer(session, receiver.coordinator, code, accepted)
        return code

    def _loaded(self) -> str:
        """What the first group loaded, and nothing more was said of."""
        lines = (LineDraft(item="rice", quantity_milli=9_000, unit="rice_bag"),)
        events = (EventDraft(kind=EventKind.LOADED, happened_on=clock.today()),)
        draft = DeliveryDraft(uid=uuid4(), lines=lines, events=events)
        with transaction() as session:
            return str(deliveries.log(session, self.canary.groups[0].coordinator, draft).code)

    def _evacuation(self) -> str:
        """One that is planned, with nothing said of it yet."""
        draft = EvacuationDraft(
            uid=uuid4(), origin="by the river", planned_on=clock.today(), heads={Band.ADULTS: 30}, groups=frozenset()
        )
        with transaction() as session:
            return str(evacuations.plan(session, self.canary.groups[0].coordinator, draft).code)

    def _payout(self, token: str | None) -> str:
        """Money that has not arrived yet."""
        draft = PayoutDraft(
            uid=uuid4(),
            fund=self.canary.fund.id,
            responder=self.canary.groups[0].partner.id,
            channel=Channel.HUNDI,
            amount_minor=50_000,
            currency="THB",
            sent_on=clock.today(),
            expected_currency="THB",
            token=token,
        )
        with transaction() as session:
            return str(funding.send_payout(session, self.canary.treasurer, draft).code)

    def _own_subjects(self) -> dict[str, dict[str, str]]:
        """Acts that would take each other's subject away, and what each is done to instead."""
        waiting = [row["code"] for row in self.filler.owned.rows["approval"] if row["state"] is ApprovalState.WAITING]
        ends = ("approvals.alone", "approvals.agreement", "approvals.refusal", "approvals.withdrawal")
        draft = FundDraft(uid=uuid4(), name="Nothing in it", purpose="to be closed")
        with transaction() as session:
            empty = str(funding.open_fund(session, self.canary.treasurer, draft).code)
        codes = dict(zip(ends, waiting, strict=False))
        codes |= {"funding.closure": empty, "intake.discarding": self.canary.lists[1]}
        return {endpoint: {"code": code} for endpoint, code in codes.items()}

    def _settled(self, every: list[Found]) -> Iterator[Found]:
        """The same forms, about what they can be about."""
        subjects, delivery = self._own_subjects(), self.canary.groups[0].deliveries[1].code
        with self.app.test_request_context():
            for each in every:
                drawn = each.drawn
                if "shares-0-delivery" in each.fields:
                    drawn = drawn | {"shares-0-delivery": [delivery]}
                subject = subjects.get(each.endpoint)
                action = self.app.url_for(each.endpoint, **subject) if subject else each.action
                yield replace(each, action=action, drawn=drawn)

    @cached_property
    def forms(self) -> list[Found]:
        """The forms of every endpoint: one each, and each kind of report; those with most to fill in first."""
        found: dict[tuple[str, frozenset[str]], Found] = {}
        browsers = {who: self.browser(who)[0] for who in PEOPLE}
        for who, url in self._more_pages():
            for each in _on(self.app, Page(browsers[who].get(url).text, url), who):
                found.setdefault((each.endpoint, frozenset(each.fields)), each)
        seen: set[str] = set()
        for url, endpoint in self._pages():
            for who in PEOPLE:
                if endpoint in seen:
                    break
                answer = browsers[who].get(url)
                if answer.status_code != 200 or answer.mimetype != "text/html":
                    continue
                here = list(_on(self.app, Page(answer.text, url), who))
                for each in here:
                    found.setdefault((each.endpoint, frozenset(each.fields)), each)
                if endpoint not in self.endpoints or any(each.endpoint == endpoint for each in here):
                    seen.add(endpoint)
        known = {each.endpoint for each in found.values()}
        every = [*found.values(), *(each for each in self._loose() if each.endpoint not in known)]
        sure = [each for each in every if each.endpoint in ASKED_AGAIN]
        every += [
            replace(each, drawn=each.drawn | {"sure": ["1"]}, fields=each.fields | {"sure": None}) for each in sure
        ]
        return sorted(self._settled(every), key=lambda each: (-len(each.fields), each.endpoint, sorted(each.fields)))

    def _loose(self) -> Iterator[Found]:
        """Forms that no page of this network draws."""
        with self.app.test_request_context():
            for rule in rules(self.app, "POST"):
                if rule.endpoint in LOOSE:
                    fields = LOOSE[rule.endpoint]
                    url = self.app.url_for(rule.endpoint, **self.filler.values(rule)[0])
                    drawn = {name: [value] for name, value in fields.items()}
                    who = (
                        "admin"
                        if rule.endpoint in ("accounts.link", "approvals.alone", "partners.sign_out")
                        else "coordinator"
                    )
                    yield Found(rule.endpoint, who, url, drawn, dict.fromkeys(fields))

    @cached_property
    def endpoints(self) -> set[str]:
        """Every endpoint that answers POST."""
        return {rule.endpoint for rule in rules(self.app, "POST")}


class Sender:
    """Sends one form over and over, signed in anew where it was signed out."""

    def __init__(self, hostile: Hostile, found: Found) -> None:
        self.hostile, self.found = hostile, found
        self.client, self.token = hostile.browser(found.who)

    def send(self, values: Values) -> TestResponse:
        data = {name: value.sent() if isinstance(value, Upload) else value for name, value in values.items()}
        return self.client.post(self.found.action, data=data | {"csrf_token": self.token})


def _on(app: Flask, page: Page, who: str) -> Iterator[Found]:
    for element in page.all("form", method="post"):
        form = Form(element, page)
        controls: dict[str, Element | None] = {}
        for each in element.walk():
            name = each.attrs.get("name", "")
            if name.endswith("-q"):
                controls[name.removesuffix("-q")] = None
            elif name and name != "csrf_token" and each.tag != "button":
                controls.setdefault(name, each)
        yield Found(endpoint_of(app, form.action), who, form.action, form.values, controls)


def endpoint_of(app: Flask, url: str) -> str:
    """What answers a POST to this address."""
    try:
        endpoint, _values = app.url_map.bind("localhost").match(url.partition("?")[0], method="POST")
    except HTTPException as error:
        raise AssertionError(f"nothing answers a POST to {url}") from error
    return str(endpoint)
