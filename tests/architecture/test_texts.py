"""What no file of the project holds: inline code in pages, unfinished thoughts, other people's addresses, words of the workshop."""

import re
from functools import cache
from pathlib import Path

import pytest

from aidnet.config import ROOT
from tests.architecture.sources import committed, modules, texts

#: Over these, look for the second subject.
LONGEST = {"aidnet": 500, "tests": 700}
INLINE = {
    "a script without a source": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "a style": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>{]*\son[a-z]+\s*=", re.IGNORECASE),
    "a javascript address": re.compile(r"javascript:", re.IGNORECASE),
    "an escape hatch": re.compile(r"\|\s*safe\b|autoescape\s+false|Markup\("),
    "another origin": re.compile(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//""", re.IGNORECASE),
}


@cache
def templates() -> dict[str, str]:
    """Every template without its comments, by its name."""
    folder = ROOT / "templates"
    return {
        str(path.relative_to(folder)): re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        for path in sorted(folder.rglob("*.html"))
    }


@pytest.mark.parametrize("told", INLINE)
def test_a_template_holds_nothing_inline_and_escapes_everything(told: str) -> None:
    assert not [name for name, text in templates().items() if INLINE[told].search(text)]


def test_every_posting_form_of_a_template_carries_its_token() -> None:
    posting = re.compile(r"<form\b[^>]*method=[\"']?post.*?(?:</form>|\Z)", re.IGNORECASE | re.DOTALL)
    forms = [(name, form) for name, text in templates().items() for form in posting.findall(text)]

    assert forms
    assert not [(name, form[:120]) for name, form in forms if not re.search(r"csrf\(\)|csrf_token|caller\(\)", form)]


def test_python_marks_no_text_as_safe_html() -> None:
    others = [module for module in modules() if not module.name.startswith("aidnet.web.")]

    assert not [module.name for module in others if re.search(r"\bMarkup\(|render_template_string", module.text)]


@pytest.mark.parametrize("part", LONGEST)
def test_no_module_is_too_long(part: str) -> None:
    long = {
        str(path): text.count("\n")
        for path, text in texts(".py")
        if path.parts[0] == part and text.count("\n") > LONGEST[part]
    }

    assert not long


# Put together here, so that this file does not hold them itself.
UNFINISHED = re.compile(
    r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "HA" + "CK", "Not" + "ImplementedError"]) + r")\b"
)
WORKSHOP = re.compile(
    "|".join(
        [
            r"(?<![\w.])/" + r"(?:work|farm|root|home/\w+|opt/(?:pypi|wheels))/",
            r"\b(?:index" + "-url|find" + "-links|trusted" + r"-host)\b",
            r"\b(?:C" + "EO|sub" + "agent|Cl" + "aude|Chat" + "GPT|Open" + "AI|Anth" + r"ropic)\b",
            r"Co-Authored" + "-By",
        ]
    )
)


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{path}:{number}"
        for path, text in texts(".py", ".html", ".css", ".js", ".toml", ".md")
        if "vendor" not in path.parts
        for number, line in enumerate(text.splitlines(), 1)
        if UNFINISHED.search(line)
    ]

    assert not found


def test_nothing_speaks_of_the_workshop() -> None:
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts()
        if "vendor" not in path.parts
        for number, line in enumerate(text.splitlines(), 1)
        if WORKSHOP.search(line)
    ]

    assert not found


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_holds_versions_and_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    packages = re.findall(r"^([a-z0-9._-]+)(==\S+)?", text, re.MULTILINE)

    assert packages
    assert all(version for _, version in packages), "a package without a version"
    assert len(re.findall(r"^\S.*==.* \\$", text, re.MULTILINE)) == len(packages), "a package without hashes"
    assert not re.search(
        r"://|file:/|localhost|\b\d{1,3}(\.\d{1,3}){3}:\d|(^|\s)--(?!hash=)|\s@\s|(^|\s)/\w", text, re.MULTILINE
    )


def test_the_locks_are_those_of_the_requirements() -> None:
    """A requirement that is in no lock: run `make lock`."""
    for wanted, lock in (("requirements.in", "requirements.txt"), ("requirements-dev.in", "requirements-dev.txt")):
        locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / lock).read_text("utf-8"), re.MULTILINE))
        lines = (ROOT / wanted).read_text("utf-8").splitlines()
        named = {re.split(r"[<>=\[ ]", line)[0].lower() for line in lines if line and not line.startswith(("#", "-"))}
        assert named <= locked, lock


def test_no_secret_database_or_built_file_is_committed() -> None:
    endings = {".db", ".key", ".keys", ".mo", ".pyc", ".sqlite", ".pem", ".env", ".zip"}
    kept = [path.relative_to(ROOT) for path in committed()]

    assert not [path for path in kept if path.suffix in endings]
    assert [path for path in kept if path.parts[0] == "instance"] == [Path("instance/README.md")]


def test_a_skipped_test_says_why() -> None:
    bare = re.compile(r"(skip|xfail)(if)?\(\s*\)|mark\.(skip|xfail)\s*$", re.MULTILINE)

    assert not [str(path) for path, text in texts(".py") if path.parts[0] == "tests" and bare.search(text)]
