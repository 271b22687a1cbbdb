"""Updates as an Atom feed (RFC 4287)."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from aidnet.i18n import current_language
from aidnet.updates.queries import UpdateRow

MIMETYPE = "application/atom+xml"
_ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
#: What XML 1.0 has no room for.
_UNTOLD = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom(rows: Iterable[UpdateRow], *, title: str, here: str, address: Callable[[str], str], today: date) -> bytes:
    """The feed of `rows`, the newest first. `here`: its own address; `address`: of the update with a code."""
    ET.register_namespace("", _ATOM)
    root = ET.Element(_named("feed"))
    listed = list(rows)
    _add(root, "id", _id("feed"))
    _add(root, "title", title)
    _add(root, "updated", _instant(listed[0].update.published_on if listed else today))
    _add(root, "link", rel="self", type=MIMETYPE, href=here)
    for row in listed:
        _entry(root, row, address(row.update.code))
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode").encode()


def _entry(root: ET.Element, row: UpdateRow, url: str) -> None:
    entry = _add(root, "entry")
    one = row.update
    titles = row.titles(current_language())
    title = _add(entry, "title", " / ".join(text for _language, text in titles))
    if len(titles) == 1:
        title.set(_LANG, titles[0][0])
    _add(entry, "id", _id(one.code))
    _add(entry, "published", _instant(one.published_on))
    _add(entry, "updated", _instant(one.published_on))
    _add(_add(entry, "author"), "name", row.partner)
    _add(entry, "category", term=one.kind.value)
    _add(entry, "link", rel="alternate", type="text/html", href=url)
    if row.host:
        _add(entry, "link", rel="related", href=str(one.link))
    _add(entry, "content", str(one.body) or str(one.link), type="text")


def _named(name: str) -> str:
    return f"{{{_ATOM}}}{name}"


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, _named(name), attributes)
    child.text = _UNTOLD.sub("", text) or None
    return child


def _id(name: str) -> str:
    """The same for the same code, at whatever address the network is."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'aidnet:update:{name}')}"


def _instant(day: date) -> str:
    """The morning of a day where the network's people are."""
    return f"{day.isoformat()}T00:00:00+06:30"
