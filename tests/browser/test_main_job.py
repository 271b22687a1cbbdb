"""The main job in a real browser: aid is logged, money moves, somebody joins, and everyone sees what they may and no more."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Page

from aidnet import clock
from aidnet.db import transaction
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.drafts import DeliveryDraft, EventDraft, LineDraft
from aidnet.deliveries.models import EventKind
from aidnet.places import service as places
from aidnet.places.models import SiteKind
from aidnet.places.service import SiteDraft
from aidnet.policy import Actor
from aidnet.releases import service as releases
from tests import factories
from tests.browser.axe import no_barriers

Enter = Callable[..., Page]
CODE = re.compile(r"D-[0-9A-Z]{4}-[0-9A-Z]{4}")
#: Two villages of Shwebo township, as they are found: what is typed, and the P-code.
TA_GA_NAN = ("tagan nan", "171305")
ZEE_TAW = ("Zee Taw", "171306")
#: Villages of Shwebo district for the other deliveries of a release.
MORE = ("171307", "217132", "217133", "218826")


@pytest.fixture
def group() -> Callable[[str], tuple[Actor, str]]:
    """`group("Blue 7")`: a group's coordinator, and the code of the store house that it keeps in Myawaddy."""

    def make(code_name: str) -> tuple[Actor, str]:
        coordinator = factories.actor("coordinator", at=factories.responder(code_name))
        town = factories.place("MMR003005")
        with transaction() as session:
            hub = places.add_site(
                session, coordinator, SiteDraft(uid=uuid4(), place_id=town.id, kind=SiteKind.HUB, name="Blue door")
            )
        return coordinator, hub.code

    return make


def find(page: Page, name: str, typed: str, code: str, *, javascript: bool) -> None:
    """Type into a place picker and choose what it finds."""
    picker = page.locator(f"place-picker:has([name='{name}-q'])")
    picker.locator("input[type=search]").fill(typed)
    if javascript:
        option = picker.locator("[role=option]")
        option.first.wait_for()
        offered = page.evaluate(
            "async url => (await (await fetch(url)).json()).options.map(one => one.code)",
            urljoin(page.url, f"/places/options?sites=1&q={typed}"),
        )
        option.nth(offered.index(code)).click()
    else:
        picker.get_by_role("button", name="Find").click()
        page.locator(f"place-picker:has([name='{name}-q']) .choice:has(input[value='{code}']) label").click()
    assert page.locator(f"input[name='{name}']:checked").input_value() == code


def log_rice_and_oil(page: Page, hub: str, *, javascript: bool) -> str:
    """A coordinator at the board logs a delivery on one page; its code."""
    page.goto("/board")
    page.get_by_role("link", name="Log a delivery").first.click()
    for row, (item, quantity) in enumerate((("rice", "60"), ("oil", "၂၄"))):
        if row:
            page.get_by_role("button", name="Another item").click()
        page.locator(f"[name='lines-{row}-item']").select_option(item)
        page.locator(f"[name='lines-{row}-quantity']").fill(quantity)
    page.get_by_label("Loaded on").fill("2026-08-03")
    find(page, "hub", "Blue door", hub, javascript=javascript)
    page.locator("[name=crossing]").select_option(label="Myawaddy – Mae Sot (Thailand)")
    page.get_by_label("Crossed on").fill("2026-08-05")
    page.get_by_label("Handed out on").fill("2026-08-11")
    for row, ((typed, code), households) in enumerate(((TA_GA_NAN, "40"), (ZEE_TAW, "20"))):
        if row:
            page.get_by_role("button", name="Another village").click()
        find(page, f"villages-{row}-place", typed, code, javascript=javascript)
        page.locator(f"[name='villages-{row}-households']").fill(households)
        page.locator(f"[name='villages-{row}-people']").fill(str(int(households) * 5))
    if javascript:
        no_barriers(page)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(CODE)
    found = CODE.search(page.url)
    assert found
    return found.group()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_delivery_is_logged_on_one_page_and_found_on_the_board(browser_as: Enter, group, javascript: bool) -> None:
    coordinator, hub = group("Blue 7")
    page = browser_as(coordinator, javascript=javascript, width=1280 if javascript else 360)
    code = log_rice_and_oil(page, hub, javascript=javascript)
    shown = page.locator("main").inner_text()
    for told in ("Rice", "Oil", "Ta Ga Nan", "Zee Taw (North)", "Myawaddy", "Blue door", "60", "24", "300"):
        assert told.casefold() in shown.casefold(), told

    page.goto("/board")
    assert "Ta Ga Nan" in page.locator("tr", has_text=code).inner_text()
    board = page.locator("main").inner_text()
    for figure in ("60", "300"):
        assert re.search(rf"\b{figure}\b", board)
    page.get_by_role("link", name="All deliveries").click()
    assert "Zee Taw" in page.locator("tr", has_text=code).inner_text()

    stranger = browser_as("coordinator", javascript=False)
    answer = stranger.goto(f"/deliveries/{code}")
    assert answer is not None
    assert answer.status == 404


def record_gift(page: Page, donor: str) -> None:
    page.goto("/funding/contributions/new")
    page.get_by_label("Into the fund").select_option(label="Rainy season")
    page.get_by_label("Amount", exact=True).fill("5,000")
    page.get_by_label("Currency").select_option("USD")
    page.get_by_label("Came through the donor partner").select_option(label=donor)
    page.get_by_role("button", name="Record the gift").click()
    page.wait_for_url(re.compile("/funding/contributions/C-"))


def send_payout(page: Page) -> str:
    page.goto("/funding/payouts/new")
    page.get_by_label("Out of the fund").select_option(label="Rainy season")
    page.get_by_label("To the group").select_option(label="Blue 7")
    page.get_by_label("Amount sent").fill("2,000")
    page.locator("[name=currency]").select_option("USD")
    page.locator("[name=expected_currency]").select_option("MMK")
    page.get_by_label("Rate", exact=False).first.fill("၄၃၅၀")
    page.get_by_role("button", name="Look again").click()
    assert "MMK 8,700,000" in page.locator("main").inner_text().replace("\u00a0", " ")
    page.get_by_role("button", name="Yes, it is sent").click()
    page.wait_for_url(re.compile("/funding/payouts/Y-"))
    return page.url.rsplit("/", 1)[-1]


def figures(page: Page, currency: str) -> dict[str, str]:
    """The donor's money in a currency: what the figure is called, and the amount."""
    page.goto("/giving?period=all")
    table = page.locator("table", has=page.locator("caption", has_text="What the money of your funds became"))
    head = [each.strip() for each in table.locator("th[scope=col], thead th").all_inner_texts()]
    row = table.locator("tbody tr", has=page.locator(f"th:text-is('{currency}'), td:text-is('{currency}')"))
    cells = [each.strip() for each in row.locator("th, td").all_inner_texts()]
    return dict(zip(head, cells, strict=True))


def log_for(coordinator: Actor, fund_id: int, village: str, courier: str) -> str:
    """One of the other deliveries that a release stands on."""
    day = date(2026, 8, 9)
    draft = DeliveryDraft(
        lines=(LineDraft(item="rice", unit="rice_bag", quantity_milli=30_000),),
        places=(village,),
        events=(
            EventDraft(kind=EventKind.LOADED, happened_on=day),
            EventDraft(
                kind=EventKind.DISTRIBUTED,
                happened_on=day,
                place=village,
                quantities={1: 30_000},
                households=30,
                people=140,
            ),
        ),
        fund_id=fund_id,
        courier=courier,
    )
    with transaction() as session:
        return deliveries.log(session, coordinator, draft).code


def everything(page: Page, start: list[str]) -> dict[str, str]:
    """Every page and file that links lead to from `start`, as its source, by address."""
    found: dict[str, str] = {}
    ahead = list(start)
    while ahead:
        url = ahead.pop()
        if url in found:
            continue
        answer = page.request.get(url)
        assert answer.status == 200, (url, answer.status)
        found[url] = answer.text()
        for link in re.findall(r'href="(/[^"#]*)', found[url]):
            path = link.replace("&amp;", "&")
            if not urlsplit(path).path.startswith(("/assets", "/static", "/styleguide", "/places")):
                ahead.append(path)
        assert len(found) < 200, f"the donor's pages have no end: {sorted(found)[-20:]}"
    return found


@pytest.mark.one_database
def test_a_gift_becomes_a_delivery_and_the_donor_sees_the_money_at_once_and_results_with_the_release(
    browser_as: Enter, group, monkeypatch: pytest.MonkeyPatch
) -> None:
    fund = factories.fund("Rainy season")
    coordinator, hub = group("Blue 7")
    donor, treasurer = factories.actor("donor", at=factories.donor("Garden")), factories.actor("treasurer")
    money, field, giving = browser_as(treasurer), browser_as(coordinator), browser_as(donor)

    record_gift(money, "Garden")
    assert figures(giving, "USD")["Received"] == "5,000.00"
    payout = send_payout(money)
    now = figures(giving, "USD")
    assert now["Paid out"] == "2,000.00"
    assert now["Held today"] == "0"

    field.goto("/board")
    assert payout in field.locator("main").inner_text()
    field.get_by_role("link", name=payout).click()
    field.get_by_role("link", name=re.compile("arrived", re.IGNORECASE)).first.click()
    field.get_by_label("Amount that arrived").fill("8,700,000")
    field.get_by_role("button", name="Record it").click()
    field.wait_for_url(re.compile(f"{payout}$"))
    now = figures(giving, "MMK")
    assert now["Held today"] == "8,700,000"

    code = log_rice_and_oil(field, hub, javascript=True)
    field.goto("/funding/expenses/new")
    field.get_by_label("Amount", exact=True).fill("၁၂ သိန်း")
    field.get_by_label("Spent on").select_option(label="Goods")
    purse = field.get_by_label("Out of")
    purse.select_option(
        label=next(each for each in purse.locator("option").all_inner_texts() if "Rainy season" in each)
    )
    field.locator("[name='shares-0-delivery']").fill(code)
    field.get_by_role("button", name="Record it").click()
    field.wait_for_url(re.compile("/funding/expenses"))
    now = figures(giving, "MMK")
    assert now["Spent"] == "1,200,000"
    assert now["Held today"] == "7,500,000"
    no_barriers(giving)

    codes = [
        log_for(coordinator, fund.id, village, f"Heron {number}") for number, village in enumerate((*MORE, "171305"))
    ]
    giving.goto("/releases")
    assert "none yet" in giving.locator("main").inner_text()
    assert "Shwebo" not in giving.content()

    later = datetime(2026, 9, 20, 6, 0, tzinfo=UTC)
    monkeypatch.setattr(factories, "NOW", later)
    with clock.at(later):
        with transaction() as session:
            built = releases.build(session, factories.actor("treasurer"), clock.today())
        assert len(built) == 1
        giving, field = browser_as(donor), browser_as(coordinator)
    giving.goto("/releases")
    giving.get_by_role("link", name=re.compile("Aug")).first.click()
    shown = giving.locator("main").inner_text()
    assert "Shwebo" in shown
    assert "700" in shown
    no_barriers(giving)

    pages = everything(giving, ["/giving?period=all", "/releases.csv", "/account", "/about"])
    assert any(url.startswith("/giving.csv") for url in pages)
    kept_back = [
        *codes,
        code,
        "Ta Ga Nan",
        "Zee Taw",
        "Thar Yar Kone",
        "171305",
        "MMR005004",
        "Myawaddy",
        "Blue door",
        "Heron",
    ]
    days = [
        "2026-08-03",
        "2026-08-05",
        "2026-08-09",
        "2026-08-11",
        "3 Aug",
        "5 Aug",
        "9 Aug",
        "11 Aug",
        "Aug 11",
        "Aug 9",
    ]
    for url, source in pages.items():
        for secret in (*kept_back, *days):
            assert not re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", source, re.IGNORECASE), f"{secret} in {url}"
    for url in (
        f"/deliveries/{code}",
        "/deliveries.csv?place=171305",
        "/places?q=Tagannan",
        "/places/171305",
        "/places/options?q=Zee+Taw",
        "/board",
        "/places/crossings",
    ):
        answer = giving.request.get(url)
        assert answer.status in (200, 404)
        assert "Ta Ga Nan" not in answer.text()
        assert "171306" not in answer.text()
    field.goto(f"/deliveries/{code}")
    assert "Ta Ga Nan" in field.locator("main").inner_text()


@pytest.mark.one_database
def test_an_admin_registers_a_partner_whose_new_coordinator_joins_signs_in_and_logs(browser_as: Enter) -> None:
    admin = browser_as("admin")
    admin.goto("/partners")
    admin.get_by_role("link", name="Register a partner").first.click()
    admin.locator("label", has_text="Responder").first.click()
    admin.get_by_label("Code name").fill("Blue 21")
    admin.get_by_role("button", name="Register").click()
    admin.wait_for_url(re.compile("/partners/P-"))
    admin.get_by_role("link", name=re.compile("Invite")).first.click()
    admin.locator(".choice label", has_text="Coordinator").click()
    admin.get_by_label("For whom").fill("the tall one")
    admin.get_by_role("button", name="Make the link").click()
    no_barriers(admin)
    link = re.search(r"/join/[\w-]+", admin.content())
    assert link

    newcomer = browser_as(None, width=360)
    newcomer.goto(link.group())
    assert "Blue 21" in newcomer.locator("main").inner_text()
    newcomer.get_by_label("A name to sign in with").fill("kingfisher")
    newcomer.get_by_label("Password", exact=True).fill("short")
    newcomer.get_by_label("The password again").fill("short")
    newcomer.get_by_role("button", name="Make my account").click()
    no_barriers(newcomer)
    assert newcomer.get_by_label("A name to sign in with").input_value() == "kingfisher"
    for label in ("Password", "The password again"):
        newcomer.get_by_label(label, exact=True).fill("nine lanterns on the ferry")
    newcomer.get_by_role("button", name="Make my account").click()
    newcomer.wait_for_url(re.compile("/board|/account|/sign-in"))

    again = browser_as(None)
    answer = again.goto(link.group())
    assert answer is not None
    assert answer.status in (404, 410)
    again.goto("/sign-in")
    again.get_by_label("Name").fill("kingfisher")
    again.get_by_label("Password").fill("nine lanterns on the ferry")
    again.get_by_role("button", name="Sign in").click()
    again.wait_for_url(re.compile("/board"))
    assert "Blue 21" in again.locator("main").inner_text()
    again.get_by_role("link", name="Log a delivery").first.click()
    again.locator("[name='lines-0-item']").select_option("rice")
    again.locator("[name='lines-0-quantity']").fill("12")
    again.get_by_label("Loaded on").fill("2026-08-16")
    find(again, "villages-0-place", *ZEE_TAW, javascript=True)
    again.get_by_role("button", name="Save").click()
    again.wait_for_url(CODE)
    code = CODE.search(again.url)
    assert code
    again.goto("/board")
    assert code.group() in again.locator("main").inner_text()

    admin.goto("/partners")
    assert "Blue 21" in admin.locator("main").inner_text()
    assert admin.goto(f"/deliveries/{code.group()}") is not None
