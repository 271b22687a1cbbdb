"""Every address, asked what nobody asks: whatever stands behind its question mark, it is never a bug."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import pytest

from aidnet.web.requests import CleanRequest
from tests.canary.conftest import Watch
from tests.canary.conftest import watch as watch
from tests.canary.crawl import open_to
from tests.hostile.test_forms import FORMULA, MARKUP, bugs
from tests.workbooks import told as told_by

Storage: Any = CleanRequest.parameter_storage_class

#: What is put behind a name, as it stands in an address.
VALUES = (
    "%00",
    "%FF%FE%ED%A0%80%",
    "-1",
    "9" * 30,
    "1e999",
    quote_plus("၀၀၀၀-၁၃-၃၂"),
    "9999-12-31",
    "0001-01-01",
    quote_plus(FORMULA + MARKUP),
    quote_plus("R-၀၀၀၀-၀၀၀၀"),
    "x" * 3000,
)
#: Names that mean something to what makes addresses.
OURS = ("endpoint", "code", "_anchor", "_external", "_method", "_scheme", "values")


class Heard(Storage):
    """Arguments of an address that tell which of them were read."""

    names: set[str] = set()  # noqa: RUF012 (one for all requests of a test)

    def get(self, key: str, *more: Any, **named: Any) -> Any:
        """Hear it."""
        self.names.add(key)
        return super().get(key, *more, **named)

    def getlist(self, key: str, *more: Any, **named: Any) -> Any:
        """Hear it."""
        self.names.add(key)
        return super().getlist(key, *more, **named)

    def __contains__(self, key: object) -> bool:
        self.names.add(str(key))
        return bool(super().__contains__(key))

    def __getitem__(self, key: str) -> Any:
        self.names.add(key)
        return super().__getitem__(key)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of arguments that were read since the set was cleared."""
    monkeypatch.setattr(CleanRequest, "parameter_storage_class", Heard)
    monkeypatch.setattr(Heard, "names", set())
    return Heard.names


def asked(watch: Watch, reads: set[str]) -> Iterator[tuple[str, str]]:
    """Who opens what: each endpoint once. What it read is in `reads`."""
    seen: set[str] = set()
    for who, actor in watch.viewers.items():
        for url, endpoint in open_to(watch.app, actor, watch.addresses):
            if endpoint not in seen:
                reads.clear()
                if watch.browsers[who].get(url).status_code == 200:
                    seen.add(endpoint)
                    yield who, url.partition("?")[0]


def questions(names: list[str]) -> Iterator[str]:
    """Each value in each argument, with other values in the others; arguments that come twice, and those that mean something to us."""
    for first in range(len(VALUES) if names else 0):
        yield "&".join(f"{name}={VALUES[(first + at) % len(VALUES)]}" for at, name in enumerate(names))
    yield "&".join([*(f"{name}=1&{name}=2" for name in names), *(f"{name}=1" for name in OURS)])


def test_no_question_is_a_bug(watch: Watch, reads: set[str]) -> None:
    broken: list[str] = []
    told: set[str] = set()
    with bugs() as heard:
        for who, url in asked(watch, reads):
            browser = watch.browsers[who]
            browser.get(f"{url}?" + "&".join(f"{name}=1" for name in sorted(reads)))
            told |= reads
            for question in questions(sorted(reads)):
                answer = browser.get(f"{url}?{question}")
                if answer.status_code >= 500:
                    broken.append(f"{who} at {url}?{question[:200]}: {heard.last}")
                assert MARKUP not in told_by(answer), (url, question)
    assert not broken, "\n".join(broken)
    assert told >= {"after", "q", "place", "since", "fund", "currency", "state", "district", "entity", "day", "period"}
