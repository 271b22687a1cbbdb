"""axe, which looks for what keeps people out of a page."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def _source() -> str:
    return SOURCE.read_text("utf-8")


def barriers(page: Page, within: str = "html", rules: Sequence[str] = RULES) -> list[str]:
    """What axe finds on the page (or in one part of it) as it stands: a sentence for each, with the rule and the element.

    `rules`: names of rules or of groups of them.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_source())
    found: dict[str, Any] = page.evaluate(
        "([within, rules]) => axe.run(document.querySelector(within), {runOnly: rules, resultTypes: ['violations']})",
        [within, rules],
    )
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} — {' '.join(node['failureSummary'].split())[:240]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def no_barriers(page: Page, within: str = "html") -> None:
    """Fail where axe finds anything. `within`: a selector, where only one part of a page that was looked at before has changed."""
    found = barriers(page, within)
    assert not found, f"{page.url}:\n  " + "\n  ".join(found)
