"""What every answer tells the browser: nothing inline, nothing from elsewhere, nothing kept."""

import pytest

from aidnet.web.headers import POLICY


@pytest.mark.parametrize("path", ["/sign-in", "/about", "/no/such/page"])
def test_every_answer_is_walled_in(client, path):
    headers = client.get(path).headers

    assert headers["Content-Security-Policy"] == POLICY
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_policy_lets_nothing_inline_or_foreign_in():
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))

    assert rules["default-src"] == "'none'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "*" not in POLICY
