"""HTML as the tests read it: a strict little tree, the checks every page passes, and forms that can be filled and sent."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
UNLABELLED = frozenset({"hidden", "submit", "button", "reset", "image"})
#: Text that means a template showed a Python value.
LEAKS = re.compile(r"^(None|True|False|NaN)$|<[a-zA-Z_.]+ object at|\bWithheld\(|%\(\w+\)|\{\{|\{%|\bdatetime\.|UUID\(")


@dataclass
class Element:
    """An element, its attributes (without a value: the empty string), and what it holds."""

    tag: str
    attrs: dict[str, str]
    parent: "Element | None" = None
    children: "list[Element | str]" = field(default_factory=list)

    def __repr__(self) -> str:
        named = "".join(
            f' {name}="{self.attrs[name]}"' for name in ("id", "name", "action", "href") if name in self.attrs
        )
        return f"<{self.tag}{named}>"

    @property
    def text(self) -> str:
        """All text inside, white space folded; what is not shown (script, style, template) left out."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in ("script", "style", "template", "title") or self.tag == "svg":
                yield " "
                yield from child._texts()
                yield " "

    def walk(self) -> "Iterator[Element]":
        """Every element inside, in the page's order."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

    def all(self, tag: str | None = None, **attrs: str | bool) -> "list[Element]":
        """Elements inside with this tag and these attributes. True: has it, False: lacks it; `class_` has the word."""
        return [each for each in self.walk() if (tag is None or each.tag == tag) and each.is_like(attrs)]

    def one(self, tag: str | None = None, **attrs: str | bool) -> "Element":
        """The only such element."""
        found = self.all(tag, **attrs)
        assert len(found) == 1, f"{len(found)} of <{tag}> {attrs}: {found}"
        return found[0]

    def is_like(self, attrs: dict[str, str | bool]) -> bool:
        for name, wanted in attrs.items():
            value = self.attrs.get(name.rstrip("_").replace("_", "-"))
            if isinstance(wanted, bool):
                if (value is not None) != wanted:
                    return False
            elif name == "class_":
                if wanted not in (value or "").split():
                    return False
            elif value != wanted:
                return False
        return True

    def above(self, tag: str) -> "Element | None":
        """The nearest element around this one with this tag."""
        around = self.parent
        while around is not None and around.tag != tag:
            around = around.parent
        return around


class Page(Element):
    """A parsed page. `wrongs` are the parser's complaints; `url` is where it was found."""

    def __init__(self, html: str, url: str = "/") -> None:
        super().__init__("#page", {})
        self.html = html
        self.url = url
        self.wrongs: list[str] = []
        _Builder(self).feed(html)

    @property
    def title(self) -> str:
        """The h1."""
        return self.one("h1").text

    @property
    def table(self) -> list[list[str]]:
        """The rows of the only table, head first, as texts."""
        return [[cell.text for cell in row.walk() if cell.tag in ("td", "th")] for row in self.one("table").all("tr")]

    def links(self) -> list[str]:
        """Where the page's links lead, in order, each once."""
        return list(dict.fromkeys(urljoin(self.url, each.attrs["href"]) for each in self.all("a", href=True)))

    def form(self, action: str | None = None, **attrs: str | bool) -> "Form":
        """The only form that posts (or gets) to `action`; without one, the only form in <main>."""
        forms = [Form(each, self) for each in (self if action else self.one("main")).all("form", **attrs)]
        if action:
            forms = [each for each in forms if each.action == action]
        assert len(forms) == 1, (
            f"{len(forms)} forms to {action or 'anywhere in main'}: {[each.element for each in forms]}"
        )
        return forms[0]


class Form:
    """A form as a browser would send it: `values` holds what it was drawn with."""

    def __init__(self, element: Element, page: Page) -> None:
        self.element = element
        self.page = page
        self.action = urljoin(page.url, element.attrs.get("action", ""))
        self.method = element.attrs.get("method", "get").lower()
        self.values: dict[str, list[str]] = {}
        for control in element.walk():
            self._take(control)

    def _take(self, control: Element) -> None:
        name = control.attrs.get("name")
        if not name or "disabled" in control.attrs:
            return
        if control.tag == "select":
            options = control.all("option")
            chosen = [each for each in options if "selected" in each.attrs]
            if not chosen and "multiple" not in control.attrs:
                chosen = options[:1]
            self.values.setdefault(name, []).extend(each.attrs.get("value", each.text) for each in chosen)
        elif control.tag == "textarea":
            self.values.setdefault(name, []).append(
                "".join(str(child) for child in control.children).removeprefix("\n")
            )
        elif control.tag == "input" and control.attrs.get("type") not in ("submit", "button", "reset", "image", "file"):
            if control.attrs.get("type") in ("checkbox", "radio") and "checked" not in control.attrs:
                return
            self.values.setdefault(name, []).append(
                control.attrs.get("value", "on" if control.attrs.get("type") in ("checkbox", "radio") else "")
            )

    @property
    def names(self) -> set[str]:
        """Every name the form can send, buttons included."""
        return {each.attrs["name"] for each in self.element.walk() if each.attrs.get("name")}

    def filled(self, changes: dict[str, Any]) -> dict[str, list[str]]:
        """What would be sent after `changes`: a value, a list of values, or None to leave it out. A name must be in the form."""
        unknown = set(changes) - self.names
        assert not unknown, f"{self.element} has no {sorted(unknown)}; it has {sorted(self.names)}"
        sent = dict(self.values)
        for name, value in changes.items():
            sent.pop(name, None)
            if value is not None:
                sent[name] = [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
        return sent


class _Builder(HTMLParser):
    """Builds the tree; anything not closed in order is a complaint."""

    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.open: list[Element] = [page]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.page.wrongs += [f"<{tag}> has {name} twice" for name, times in Counter(names).items() if times > 1]
        made = Element(tag, {name: value or "" for name, value in attrs}, self.open[-1])
        self.open[-1].children.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].tag == tag:
            self.open.pop()
        else:
            self.page.wrongs.append(f"</{tag}> closes {self.open[-1]}")

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def feed(self, data: str) -> None:
        super().feed(data)
        self.close()
        self.page.wrongs += [f"{each} is never closed" for each in self.open[1:]]


def wrongs(page: Page) -> list[str]:
    """What is wrong with a page, as sentences; none on a good one."""
    found = list(page.wrongs)
    elements = list(page.walk())
    ids = Counter(each.attrs["id"] for each in elements if "id" in each.attrs)
    found += [f'id "{name}" stands {times} times' for name, times in ids.items() if times > 1]
    heads = page.all("h1")
    if len(heads) != 1 or not heads[0].text:
        found.append(f"{len(heads)} h1: {[each.text for each in heads]}")
    roots = page.all("html")
    if len(roots) != 1 or not roots[0].attrs.get("lang"):
        found.append("no <html lang>")
    if not any("".join(map(str, each.children)).strip() for each in page.all("title") if each.above("svg") is None):
        found.append("no <title>")
    labelled = {each.attrs.get("for") for each in page.all("label")}
    for each in elements:
        found += _element_wrongs(each, ids, labelled)
    return found


def _element_wrongs(each: Element, ids: Counter[str], labelled: set[str | None]) -> Iterator[str]:
    for name in each.attrs:
        if name == "style" or name.startswith("on"):
            yield f"{each} has an inline {name}"
    for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for", "list", "headers"):
        for target in each.attrs.get(name, "").split():
            if target not in ids:
                yield f'{each} names "{target}" in {name}, which is not there'
    if each.tag == "style" or (each.tag == "script" and "src" not in each.attrs):
        yield f"{each} is inline"
    if each.tag == "form":
        yield from _form_wrongs(each)
    yield from _silences(each, labelled)
    if each.tag not in ("script", "style", "code", "pre", "textarea"):
        for child in each.children:
            if isinstance(child, str) and LEAKS.search(child.strip()):
                yield f"{each} shows {child.strip()!r}"


def _silences(each: Element, labelled: set[str | None]) -> Iterator[str]:
    """What a screen reader would find no words for."""
    if each.tag in ("input", "select", "textarea") and each.attrs.get("type") not in UNLABELLED:
        named = each.attrs.get("aria-label") or each.attrs.get("aria-labelledby")
        if not (named or each.attrs.get("id") in labelled or each.above("label")):
            yield f"{each} has no label"
    if each.tag in ("button", "a") and not (each.text or each.attrs.get("aria-label")):
        yield f"{each} says nothing"
    if each.tag == "img" and "alt" not in each.attrs:
        yield f"{each} has no alt"


def _form_wrongs(form: Element) -> Iterator[str]:
    tokens = [each.attrs.get("value") for each in form.all("input", name="csrf_token")]
    if form.attrs.get("method", "get").lower() == "post":
        if len(tokens) != 1 or not tokens[0]:
            yield f"{form} has {len(tokens)} csrf tokens"
    elif tokens:
        yield f"{form} would put its token into the address"
    if form.above("form"):
        yield f"{form} lies in another form"
