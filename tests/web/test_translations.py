"""Every sentence that a page can show has its Burmese, with the same blanks to fill."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from aidnet.config import ROOT

BURMESE = ROOT / "aidnet" / "translations" / "my" / "LC_MESSAGES" / "messages.po"
_BLANK = re.compile(r"%\(\w+\)[sd]|%%")


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    path = tmp_path_factory.mktemp("catalogue") / "messages.pot"
    options = [
        "--mapping-file",
        str(ROOT / "pyproject.toml"),
        "--keywords",
        "_l",
        "--output-file",
        str(path),
    ]
    CommandLineInterface().run(["pybabel", "--quiet", "extract", *options, str(ROOT)])
    with path.open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def burmese() -> Catalog:
    with Path(BURMESE).open("rb") as file:
        return read_po(file, locale="my")


def _texts(words: str | tuple[str, ...] | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def _sentences(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def test_every_sentence_is_translated(english: Catalog, burmese: Catalog) -> None:
    assert len(_sentences(english)) > 1000
    missing = [
        message.id
        for message in _sentences(english)
        if (there := burmese.get(message.id)) is None or not all(_texts(there.string)) or there.fuzzy
    ]

    assert not missing, f"write the Burmese of these in {BURMESE.name} (make messages adds them): {missing}"


def test_a_translation_leaves_no_blank_unfilled(burmese: Catalog) -> None:
    wrong = [
        message.id
        for message in _sentences(burmese)
        for text in _texts(message.string)
        if not set(_BLANK.findall(text)) <= set(_BLANK.findall(_texts(message.id)[-1]))
        or (isinstance(message.id, str) and set(_BLANK.findall(text)) != set(_BLANK.findall(message.id)))
    ]

    assert not wrong


def test_a_number_is_said_in_burmese_too(english: Catalog, burmese: Catalog) -> None:
    """Burmese has one form for one and for many: it must name the number, also where English writes "one" for it."""
    many = [message for message in _sentences(english) if not isinstance(message.id, str)]
    assert len(many) > 20
    silent = [
        message.id
        for message in many
        if (there := burmese.get(message.id)) is not None
        and not all(set(_BLANK.findall(message.id[-1])) <= set(_BLANK.findall(text)) for text in _texts(there.string))
    ]

    assert not silent


def test_every_translation_is_marked_as_a_draft(burmese: Catalog) -> None:
    """Until a native reader has read it and takes the mark away, together with the sentence on /about."""
    assert all("draft" in message.user_comments for message in _sentences(burmese))
