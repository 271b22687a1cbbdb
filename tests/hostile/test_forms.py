"""Every form, sent what nobody should send: it is never a bug."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from urllib.parse import quote_plus

from tests.hostile.forms import Found, Hostile, Sender, Values

HUGE = "x" * 100_000
MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
CONTROL = "a\x00b\x01c\x1bd\x7f\u202e\u200b\ufeff"
GARBAGE: dict[str, tuple[str, ...]] = {
    "text": (HUGE, CONTROL),
    "number": ("-5", "0.0001", "9" * 12),
    "day": ("၃၁/၂/၂၀၂၆", "0000-01-01"),
    "choice": ("no-such", "999999999"),
    "place": ("MMR999", "MMR001", HUGE),
    "uid": ("x", "00000000-0000-0000-0000-000000000000"),
    "version": ("", "0", "9" * 30),
    "secret": (HUGE, CONTROL),
}
#: What is sent in every field at once.
EVERYWHERE = ("", "1" + "0" * 30, MARKUP, "=cmd|' /C calc'!A0", "9999-12-31")
#: Bytes that are no text: a stray byte, a surrogate by itself, an overlong slash, half an escape, four bytes beyond Unicode.
NO_TEXT = ("%FF%FE", "%ED%A0%80", "%C0%AF", "%", "%F4%90%80%80")


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


def garbage(found: Found, known: set[tuple[str, str]]) -> Iterator[tuple[str, Values]]:
    """What to send: each field wrong by itself, in each way (once for each endpoint); then all of them at once."""
    for name in found.fields:
        if (found.endpoint, name) not in known:
            known.add((found.endpoint, name))
            for wrong in GARBAGE[found.kind(name)]:
                yield f"{name}={wrong[:24]!r}", found.filled(**{name: wrong})
    for wrong in EVERYWHERE:
        yield f"all={wrong[:24]!r}", dict.fromkeys(found.fields, wrong)
    yield "nothing", {}


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
