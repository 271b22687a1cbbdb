"""What stands around every page: the bar, the phone's tabs, and where their buttons lead.

One table says what each role finds there. An endpoint that does not exist is left out of the page, and fails
tests/web/test_nav.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import LazyString

from aidnet.accounts.queries import Announcement
from aidnet.approvals import queries as approvals
from aidnet.db import db
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.policy import Actor, Role
from aidnet.web.context import network
from aidnet.web.guards import current_actor


@dataclass(frozen=True)
class Item:
    """A place of the app. `tab`: under the thumb on a phone. `aside`: behind "More" in the bar. `chief`: what the role does most."""

    endpoint: str
    label: LazyString
    tab: bool = False
    chief: bool = False
    aside: bool = False


@dataclass(frozen=True)
class Link:
    """An item as it is drawn on this page."""

    label: str
    url: str
    current: bool
    chief: bool = False


@dataclass(frozen=True)
class Nav:
    """The frame of one page. URLs are empty where there is nothing to go to."""

    links: tuple[Link, ...]
    #: In the bar, behind "More".
    aside: tuple[Link, ...]
    tabs: tuple[Link, ...]
    more: tuple[Link, ...]
    mark: str
    is_demo: bool
    #: Which role, for whom.
    who: str
    #: The browser's tab may name the network: never on the pages that are used on phones at checkpoints.
    brand_in_tab: bool
    home: str
    #: This page, to come back to.
    here: str
    account: str
    sign_in: str
    leave: str
    language: str
    about: str
    roles: str
    search: str


_BOARD = Item("deliveries.board", _l("Board"), tab=True)
_DELIVERIES = Item("deliveries.index", _l("Deliveries"), tab=True)
_LOG = Item("deliveries.new", _l("+ Log"), tab=True, chief=True)
_PLACES = Item("places.index", _l("Places"), tab=True)
_RESPONDERS = Item("responders.index", _l("Responders"))
_FUNDS = Item("funding.index", _l("Funding"))
_RESULTS = Item("releases.index", _l("Results"))
_NEEDS = Item("needs.index", _l("Needs"))
_ACCESS = Item("access.index", _l("Access"))
_UPDATES = Item("updates.index", _l("Updates"))

#: What each role finds in the bar, in this order; the first is its home.
ITEMS: dict[Role, tuple[Item, ...]] = {
    Role.COORDINATOR: (
        _BOARD,
        _DELIVERIES,
        _LOG,
        Item("places.index", _l("Places"), tab=True, aside=True),
        _FUNDS,
        Item("needs.index", _l("Needs"), aside=True),
        Item("access.index", _l("Access"), aside=True),
        Item("evacuations.index", _l("Evacuations"), aside=True),
        Item("updates.index", _l("Updates"), aside=True),
        Item("responders.index", _l("Responders"), aside=True),
        Item("partners.team", _l("Team"), aside=True),
    ),
    Role.LOGGER: (
        _BOARD,
        _DELIVERIES,
        _LOG,
        _PLACES,
        _NEEDS,
        _ACCESS,
        Item("updates.index", _l("Updates"), aside=True),
    ),
    Role.DONOR: (
        Item("releases.giving", _l("Giving"), tab=True),
        Item("funding.index", _l("Funds"), tab=True),
        Item("releases.index", _l("Results"), tab=True),
        _ACCESS,
        _UPDATES,
    ),
    Role.TREASURER: (
        Item("funding.index", _l("Funding"), tab=True),
        Item("funding.contributions", _l("Gifts"), tab=True),
        Item("funding.payouts", _l("Payouts"), tab=True),
        _RESPONDERS,
        _UPDATES,
    ),
    Role.AUDITOR: (
        Item("funding.ledger", _l("Ledger"), tab=True),
        Item("audit.index", _l("Audit"), tab=True),
        Item("releases.index", _l("Results"), tab=True),
        _UPDATES,
    ),
    Role.ADMIN: (
        Item("partners.index", _l("Partners"), tab=True),
        Item("responders.index", _l("Responders"), tab=True),
        Item("releases.index", _l("Results"), tab=True),
        _UPDATES,
        Item("network.settings", _l("Settings")),
    ),
}

#: What a role is called.
ROLE_WORDS: dict[Role, LazyString] = {
    Role.LOGGER: _l("Logger"),
    Role.COORDINATOR: _l("Coordinator"),
    Role.DONOR: _l("Donor"),
    Role.TREASURER: _l("Treasurer"),
    Role.AUDITOR: _l("Auditor"),
    Role.ADMIN: _l("Admin"),
}

#: The frame's own endpoints, by the field of `Nav` that holds their URL.
FRAME: dict[str, str] = {
    "account": "accounts.account",
    "sign_in": "accounts.sign_in",
    "leave": "accounts.leave",
    "language": "accounts.language",
    "about": "network.about",
    "roles": "accounts.roles",
    "search": "search.index",
}


def url_of(endpoint: str) -> str:
    return url_for(endpoint) if endpoint in current_app.view_functions else ""


def links(items: Sequence[Item]) -> tuple[Link, ...]:
    """The items with their URLs; the one this page belongs to (the longest that begins its path) is current."""
    urls = [url_of(item.endpoint) for item in items]
    path = request.script_root + request.path
    above = [url for url in urls if url and (path == url or path.startswith(url.rstrip("/") + "/"))]
    here = max(above, key=len, default=None)
    return tuple(
        Link(str(item.label), url, url == here, item.chief) for item, url in zip(items, urls, strict=True) if url
    )


def _here() -> str:
    """Where the language switch comes back to. An error page says nothing of what was asked: all of its kind are one page."""
    if g.get("failed"):
        return request.script_root + "/"
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def nav_for(actor: Actor) -> Nav:
    """The frame of the page this request asks for."""
    items = ITEMS[actor.role] if actor.role else ()
    frame = {name: url_of(endpoint) for name, endpoint in FRAME.items()}
    found = network()
    more = links([item for item in items if not item.tab])
    if items:
        more += (Link(_("Search"), frame["search"], request.path == frame["search"]),)
        more += (Link(_("Account"), frame["account"], request.path == frame["account"]),)
    words = [str(ROLE_WORDS[actor.role])] if actor.role else [actor.name]
    if actor.partner_name:
        words.append(actor.partner_name)
    return Nav(
        links=tuple(link for link in links([item for item in items if not item.aside]) if not link.chief),
        aside=links([item for item in items if item.aside]),
        tabs=links([item for item in items if item.tab]),
        more=more,
        mark=found.name if found and found.name else "aidnet",
        is_demo=found is not None and found.kind == "demo",
        who=", ".join(words),
        brand_in_tab=actor.role not in (None, Role.COORDINATOR, Role.LOGGER),
        home=url_of(items[0].endpoint) if items else request.script_root + "/",
        here=_here(),
        **frame,
    )


def _on_board() -> bool:
    """Whether this page is the role's first, where news are told; donors are told none."""
    actor = current_actor()
    items = ITEMS[actor.role] if actor.role and actor.role is not Role.DONOR else ()
    on_board = bool(items) and request.script_root + request.path == url_of(items[0].endpoint)
    return on_board and not request.args.get("after")


def news() -> tuple[Sequence[Announcement], Sequence[approvals.News]]:
    """What the role's board tells: links that let somebody in, and acts with money that take two persons.

    Nothing on other pages, and nothing to donors.
    """
    return approvals.board(db(), current_actor()) if _on_board() else ((), ())


def init_nav(app: Flask) -> None:
    """Let every template know `nav`, and what roles are called."""

    @app.context_processor
    def frame() -> dict[str, Any]:
        return {"nav": nav_for(current_actor()), "news": news}

    @app.template_filter("role")
    def role(value: Role) -> str:
        return str(ROLE_WORDS[value])
