"""Every form, sent what nobody should send: it is never a bug, keeps what was typed, and records nothing twice."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from urllib.parse import quote_plus

from tests.hostile.forms import ASKED_AGAIN, Found, Hostile, Sender, Upload, Values
from tests.pages import Page, wrongs
from tests.world import row_counts

HUGE = "x" * 100_000
MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
FORMULA = "=cmd|' /C calc'!A0"
CONTROL = "a\x00b\x01c\x1bd\x7f\u202e\u200b\ufeff"
GARBAGE: dict[str, tuple[str | Upload, ...]] = {
    "text": (HUGE, CONTROL),
    "number": ("-5", "0.0001", "9" * 12),
    "day": ("၃၁/၂/၂၀၂၆", "0000-01-01"),
    "choice": ("no-such", "999999999"),
    "place": ("MMR999", "MMR001", HUGE),
    "uid": ("x", "00000000-0000-0000-0000-000000000000"),
    "version": ("", "0", "9" * 30),
    "secret": (HUGE, CONTROL),
    "file": (
        "no-such",
        Upload("", b""),
        Upload("../../a.jpg", b"\xff\xd8\xff\xe0 no picture"),
        Upload("a.xlsx", b"PK\x03\x04 no sheet"),
        Upload("a.csv", b"\xff\xfe\x00\x00,\n" * 3000),
    ),
}
#: What is sent in every field at once.
EVERYWHERE = ("", "1" + "0" * 30, MARKUP, "9999-12-31")
#: What stands for the number of a row in the names of its fields: digits that are no number, and one that is too long to be read.
NUMBERS = ("²", "9" * 5000)
#: Bytes that are no text: a stray byte, a surrogate by itself, an overlong slash, half an escape, four bytes beyond Unicode.
NO_TEXT = ("%FF%FE", "%ED%A0%80", "%C0%AF", "%", "%F4%90%80%80")
#: Forms whose first filling is accepted, and recorded once however often it is sent.
RECORDED = frozenset(
    {
        *("accounts.join", "deliveries.correction", "deliveries.new", "deliveries.report"),
        *("deliveries.asking", "deliveries.close_kit", "deliveries.kit", "deliveries.new_kit", "deliveries.plan", "deliveries.way"),
        *("custody.answer", "custody.join", "custody.onward", "custody.split", "deliveries.departures"),
        *("evacuations.correction", "evacuations.groups", "evacuations.new", "evacuations.report"),
        *("evidence.handed_new", "evidence.handed_removal"),
        *("access.end", "access.new", "access.withdraw", "needs.cover", "needs.edit", "needs.join"),
        *("needs.new", "needs.reopen", "needs.uncover"),
        *("agents.closure", "agents.edit", "evidence.new", "evidence.removal", "statements.build"),
        *("approvals.agreement", "approvals.alone", "approvals.limits", "approvals.refusal", "approvals.withdrawal"),
        *("funding.closure", "funding.new_confirmation", "funding.new_contribution", "funding.new_exchange"),
        *("funding.new_expense", "funding.new_fee", "funding.new_fund", "funding.new_gift", "funding.new_loss"),
        *("funding.new_payout", "funding.new_refund", "funding.new_settlement", "funding.reversal"),
        *("grants.closure", "grants.edit", "grants.new", "grants.read_report", "grants.tranche", "grants.write_report"),
        *("intake.discarding", "intake.loading", "intake.new_batch", "intake.settle"),
        *("oldbooks.loading", "oldbooks.new"),
        "network.public_page",
        *("responders.capacity.new", "responders.capacity.remove"),
        *("responders.naming.end", "responders.vouching.vouch", "responders.vouching.withdraw"),
        *("partners.invite", "partners.new", "places.own.new_crossing", "places.own.new_site", "responders.reach.new"),
        *("rates.new_rate", "rates.new_rates", "rates.reporting", "updates.edit", "updates.new", "updates.withdraw"),
    }
)


#: Those that answer with what is shown once, and not with a redirect.
SHOWN_ONCE = frozenset({"partners.invite"})


class Bugs(logging.Handler):
    """Where the last bugs were, as the log tells it."""

    def __init__(self) -> None:
        super().__init__()
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        if record.getMessage() == "bug":
            self.last = f"{record.__dict__['error']} at {record.__dict__['frames'][-3:]}"


@contextmanager
def bugs() -> Iterator[Bugs]:
    log, heard = logging.getLogger("aidnet.errors"), Bugs()
    log.addHandler(heard)
    yield heard
    log.removeHandler(heard)


def test_every_form_is_known(hostile: Hostile) -> None:
    assert hostile.endpoints - {found.endpoint for found in hostile.forms} == {"accounts.setup"}


def test_what_is_sent_twice_is_recorded_once(hostile: Hostile) -> None:
    """Filled in with Myanmar digits, too: that is how it is accepted."""
    wrong: list[str] = []
    recorded = set()
    # Those that name the version they saw go first: a split that is meant for a need makes a newer one of it.
    for found in sorted(hostile.forms, key=lambda each: "version" not in each.fields):
        if found.endpoint not in RECORDED or ("sure" not in found.fields and found.endpoint in ASKED_AGAIN):
            continue
        sender, values = Sender(hostile, found), found.filled()
        before = row_counts(hostile.world.engine)
        first = sender.send(values)
        if first.status_code not in (200, 303) or (first.status_code == 200) != (found.endpoint in SHOWN_ONCE):
            wrong.append(f"{found}: {first.status_code}: {errors(first.text)} {values}")
            continue
        recorded.add(found.endpoint)
        after = row_counts(hostile.world.engine)
        second = sender.send(values)
        if second.status_code >= 500 or row_counts(hostile.world.engine) != after or before == after:
            wrong.append(f"{found}: {second.status_code}, {before == after}")
        if first.status_code == second.status_code == 303 and first.location != second.location:
            wrong.append(f"{found}: {first.location}, then {second.location}")
    assert not wrong, "\n".join(wrong)
    assert recorded == RECORDED


def errors(html: str) -> list[str]:
    """What a page says is wrong."""
    page = Page(html)
    return [each.text for each in (*page.all(class_="error"), *page.all(class_="wrong-list"))]


def test_what_is_refused_is_drawn_again_as_it_was_typed(hostile: Hostile) -> None:
    lost: list[str] = []
    seen = 0
    for found in hostile.forms:
        typed = {name for name in found.fields if found.is_typed(name)}
        if not typed:
            continue
        values = found.filled() | {name: f"{FORMULA} {MARKUP} {name}" for name in typed}
        answer = Sender(hostile, found).send(values)
        if answer.status_code != 422:
            continue
        seen += 1
        page = Page(answer.text)
        lost += [f"{found}: {told}" for told in wrongs(page)]
        drawn = {each.attrs["name"]: each for each in page.all("input", name=True)}
        drawn |= {each.attrs["name"]: each for each in page.all("textarea", name=True)}
        for name in typed:
            shown = drawn[name].attrs.get("value", drawn[name].text) if name in drawn else None
            if shown != values[name] and found.kind(name) != "secret":
                lost.append(f"{found}: {name} is {shown!r}")
    assert not lost, "\n".join(lost)
    assert seen > 20


def garbage(found: Found, known: set[tuple[str, str]]) -> Iterator[tuple[str, Values]]:
    """What to send: each field wrong by itself, in each way (once for each endpoint); then all of them at once."""
    for name in found.fields:
        if (found.endpoint, name) not in known:
            known.add((found.endpoint, name))
            for wrong in GARBAGE[found.kind(name)]:
                yield f"{name}={wrong!r:.24}", found.filled(**{name: wrong})
    for wrong in EVERYWHERE:
        yield f"all={wrong[:24]!r}", dict.fromkeys(found.fields, wrong)
    yield "nothing", {}
    for number in NUMBERS:
        yield f"row {number:.24}", {re.sub(r"\d+", number, name): "1" for name in found.fields}


def no_text(found: Found, token: str) -> str:
    """A body whose fields are bytes that are no text, and one that comes many times."""
    fields = [*found.fields, "uid", "place"]
    pairs = [f"{quote_plus(name)}={raw}" for name, raw in zip(fields, cycle(NO_TEXT), strict=False)]
    return "&".join([*pairs, f"csrf_token={token}"])


def test_nothing_that_is_sent_is_a_bug(hostile: Hostile) -> None:
    broken: list[str] = []
    known: set[tuple[str, str]] = set()
    with bugs() as heard:
        for found in hostile.forms:
            sender = Sender(hostile, found)
            for told, values in garbage(found, known):
                answer = sender.send(values)
                if answer.status_code >= 500:
                    broken.append(f"{found}: {told}: {heard.last}")
                assert MARKUP not in answer.text, found
            answer = sender.client.post(
                found.action, data=no_text(found, sender.token), content_type="application/x-www-form-urlencoded"
            )
            if answer.status_code >= 500:
                broken.append(f"{found}: no text: {heard.last}")
    assert not broken, "\n".join(broken)
