"""Who reads which update, and how it is published, printed and fed."""

import re
from dataclasses import replace
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from aidnet.db import transaction
from aidnet.updates import service
from aidnet.updates.models import UpdateAudience, UpdateKind
from tests import factories
from tests.pages import Page
from tests.updates.publishing import draft, open_public_page, published

ATOM = "{http://www.w3.org/2005/Atom}"
ROLES = ("coordinator", "logger", "donor", "treasurer", "auditor", "admin")
RESPONDERS = ("coordinator", "logger")


@pytest.fixture
def group(app):
    return factories.actor("coordinator")


@pytest.fixture
def three(group):
    """An update for each audience."""
    return {
        audience: published(group, audience=audience, title_en=f"For {audience.value}") for audience in UpdateAudience
    }


@pytest.mark.parametrize("role", ROLES)
def test_each_reads_what_is_meant_for_it(three, sign_in, role):
    browser = sign_in(role)
    meant = {UpdateAudience.PUBLIC, UpdateAudience.NETWORK} | (
        {UpdateAudience.RESPONDERS} if role in RESPONDERS else set()
    )
    listed = browser.page("/updates").text
    for audience, one in three.items():
        assert (f"For {audience.value}" in listed) == (audience in meant)
        browser.page(f"/updates/{one.code}", status=200 if audience in meant else 404)
        assert (one.code in browser.get("/updates.csv").text) == (audience in meant)


def test_strangers_read_what_is_public_once_there_is_a_public_page(three, client):
    addresses = ["/updates", "/updates.csv", "/updates/week", *(f"/updates/{one.code}" for one in three.values())]
    for address in addresses:
        answer = client.get(address)
        assert (answer.status_code, "/sign-in" in (answer.location or "")) == (303, True), address
    client.page("/updates.atom", status=404)

    open_public_page()
    for address in ("/updates", "/updates.csv", "/updates/week", "/updates.atom"):
        text = client.get(address).text
        assert "For public" in text, address
        assert "For network" not in text, address
        assert "For responders" not in text, address
    for audience, one in three.items():
        client.page(f"/updates/{one.code}", status=200 if audience is UpdateAudience.PUBLIC else 404)
    assert client.get("/updates/new").status_code == 303


def test_a_stranger_finds_no_code_of_a_partner(three, client, group):
    open_public_page()
    page = client.page("/updates")
    assert group.partner_name in page.text
    assert not re.search(r"\bP-[0-9A-Z]{4}-", client.get("/updates").text)


def test_what_is_for_anybody_is_shown_once_more_before_it_is_published(sign_in):
    browser = sign_in("coordinator")
    page = browser.page("/updates/new")
    filled = {"kind": "press-release", "title_my": "ကြေညာချက်", "body": "One <b>line</b>.\n\nAnother."}
    asked = browser.send(page, audience="public", **filled)
    assert asked.status_code == 200
    assert "No village, no road" in asked.text
    assert "ကြေညာချက်" in asked.text
    assert browser.page("/updates").text.count("ကြေညာချက်") == 0

    again = Page(asked.text, "/updates/new")
    back = browser.send(again, change="1")
    assert back.status_code == 200
    assert Page(back.text, "/updates/new").form().values["body"][0].strip() == filled["body"]
    shown = browser.sent(again, sure="1")
    assert shown.title == "ကြေညာချက်"
    assert "<b>line</b>" in shown.text
    assert [each.text for each in shown.one("div", class_="prose").all("p")] == ["One <b>line</b>.", "Another."]


def test_what_is_not_for_anybody_is_published_at_once(sign_in):
    browser = sign_in("donor")
    shown = browser.sent(
        browser.page("/updates/new"), kind="report", title_en="What we saw", link="https://example.org/report?of=may"
    )
    assert shown.title == "What we saw"
    [link] = [each for each in shown.all("a") if "example.org" in each.attrs.get("href", "")]
    assert link.attrs["rel"] == "noopener noreferrer"
    assert "example.org" in link.text


def test_a_form_that_cannot_be_so_comes_back_with_what_was_typed(sign_in):
    browser = sign_in("coordinator")
    page = browser.refused("/updates/new", kind="report", body="A text without a title", link="ftp://example.org")
    assert page.form().values["body"][0].strip() == "A text without a title"
    assert "in one language at least" in page.text
    assert "begins with https://" in page.text


def test_two_who_change_it_at_once_meet(sign_in, group):
    made = published(group)
    browser = sign_in(group)
    older = browser.page(f"/updates/{made.code}/edit")
    assert browser.sent(older, title_en="We stay").title == "We stay"
    answer = browser.send(older, title_en="We leave")
    assert answer.status_code == 422
    assert "We leave" in answer.text


def test_taken_back_it_says_so_and_its_text_is_nowhere(sign_in, client, group):
    open_public_page()
    made = published(group, audience=UpdateAudience.PUBLIC, body="by the old bridge")
    browser = sign_in(group)
    page = browser.sent(browser.page(f"/updates/{made.code}/withdrawal"))
    assert page.title == "Taken back"
    stranger = client.page(f"/updates/{made.code}")
    assert stranger.title == "Taken back"
    assert "old bridge" not in stranger.text
    for address in ("/updates", "/updates.atom", "/updates/week", "/updates.csv"):
        assert made.code not in client.get(address).text
    assert "Taken back" in browser.page("/updates?whose=own").text
    assert "Taken back" not in browser.page("/updates").text
    assert browser.get(f"/updates/{made.code}/edit").status_code == 409


def test_a_stranger_is_told_that_an_update_was_taken_back_and_no_more(client, sign_in, group):
    open_public_page()
    quiet, other = factories.actor("coordinator"), {"audience": UpdateAudience.PUBLIC, "kind": UpdateKind.FLASH_UPDATE}
    gone = [published(actor, published_on=date(2026, 8, 3), **other) for actor in (quiet, group)]
    published(group, audience=UpdateAudience.PUBLIC)
    with transaction() as session:
        for actor, one in zip((quiet, group), gone, strict=True):
            service.withdraw(session, actor, one.code)

    listed = client.page("/updates")
    assert group.partner_name in listed.text
    assert quiet.partner_name not in listed.text
    for actor, one in zip((quiet, group), gone, strict=True):
        page = client.page(f"/updates/{one.code}")
        assert page.title == "Taken back"
        for secret in (actor.partner_name, "Flash update", "3 Aug"):
            assert secret not in page.text
    assert quiet.partner_name in sign_in("donor").page(f"/updates/{gone[0].code}").text


def test_the_list_is_narrowed(sign_in, group):
    published(group, title_en="Rice came", kind=UpdateKind.REPORT, published_on=date(2026, 7, 3))
    published(group, title_en="Water rose 100%")
    partner = factories.donor()
    published(factories.actor("donor", at=partner), title_en="From abroad")
    browser = sign_in("admin")
    for question, found in (
        ("q=RICE", {"Rice came"}),
        ("q=%25", {"Water rose 100%"}),
        ("kind=report", {"Rice came"}),
        ("month=2026-07", {"Rice came"}),
        (f"partner={partner.code_name.replace(' ', '+')}", {"From abroad"}),
        ("kind=no-such&month=2026-99&partner=P-0000-0000", {"Rice came", "Water rose 100%", "From abroad"}),
    ):
        text = browser.page(f"/updates?{question}").table
        assert {row[0] for row in text[1:]} == found, question


def test_the_list_goes_on_page_by_page(sign_in, group, count_queries):
    for number in range(27):
        published(group, title_en=f"Update {number:02}", published_on=date(2026, 8, 1) + timedelta(number % 9))
    browser = sign_in("donor")
    with count_queries() as asked:
        first = browser.page("/updates")
    assert len(asked) <= 10
    [further] = [link for link in first.links() if "after=" in link]
    told = [row[0] for page in (first, browser.page(further)) for row in page.table[1:]]
    assert len(told) == len(set(told)) == 27


def test_a_week_holds_seven_days_in_both_languages(sign_in, group):
    published(group, title_en="On the first day", published_on=date(2026, 8, 12))
    published(group, title_en="The day before", published_on=date(2026, 8, 11))
    published(group, title_en="For all", title_my="အားလုံးအတွက်", audience=UpdateAudience.PUBLIC)
    browser = sign_in("donor")
    page = browser.page("/updates/week")
    assert "On the first day" in page.text
    assert "The day before" not in page.text
    assert {"For all", "အားလုံးအတွက်"} <= {each.text for each in page.all("h3")}
    assert {each.attrs["lang"] for each in page.one("h1").all("span")} == {"en", "my"}
    [before] = [link for link in page.links() if "until=2026-08-11" in link]
    first = browser.page(before)
    assert "The day before" in first.text
    assert not [link for link in first.links() if "until=2026-08-04" in link]  # nothing was published before it
    handed_on = browser.page("/updates/week?for=public").text
    assert "For all" in handed_on
    assert "On the first day" not in handed_on


def told(answer):
    return ET.fromstring(answer.data)  # noqa: S314 (it is our own)


def test_the_feed_is_atom_and_its_ids_stay(client, group):
    open_public_page()
    empty = told(client.get("/updates.atom"))
    assert not empty.findall(f"{ATOM}entry")
    hostile = "</content><script>&\u202e \ufffe]]>"
    made = published(
        group, audience=UpdateAudience.PUBLIC, title_en="A < B & C", body=hostile, link="https://example.org/?a=1&b=2"
    )
    answer = client.get("/updates.atom")
    assert answer.mimetype == "application/atom+xml"
    feed = told(answer)
    [entry] = feed.findall(f"{ATOM}entry")
    for parent in (feed, entry):
        assert all(parent.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated"))
    assert entry.findtext(f"{ATOM}title") == "A < B & C"
    assert entry.findtext(f"{ATOM}content") == hostile.replace("\ufffe", "")
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == group.partner_name
    links = {link.attrib["rel"]: link.attrib["href"] for link in entry.findall(f"{ATOM}link")}
    assert links["related"] == "https://example.org/?a=1&b=2"
    assert links["alternate"].endswith(f"/updates/{made.code}")
    with transaction() as session:
        service.edit(session, group, made.code, replace(draft(audience=UpdateAudience.PUBLIC), version=1))
    again = told(client.get("/updates.atom"))
    assert again.find(f"{ATOM}entry").findtext(f"{ATOM}id") == entry.findtext(f"{ATOM}id")
    assert again.findtext(f"{ATOM}id") == feed.findtext(f"{ATOM}id") != entry.findtext(f"{ATOM}id")
