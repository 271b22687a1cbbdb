"""What is not yours is not there: the same answer for a foreign code as for none, on every route, and no word of it anywhere."""

import logging
import re
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from aidnet import disclosure
from aidnet.db import Database
from aidnet.models import metadata
from tests.canary.audiences import sight
from tests.canary.conftest import Watch
from tests.canary.crawl import ABSENT, addresses
from tests.canary.marks import found_in, of_value, plain
from tests.pages import Page
from tests.workbooks import told
from tests.world import World

#: Codes and uids as they stand in addresses, and form tokens, which are new with every answer.
_CHANGING = re.compile(
    r"[A-Z]-[0-9A-Z]{4}-[0-9A-Z]{4}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|"
    r"(?<=name=\"csrf_token\" value=\")[^\"]+|(?<=after=)[\w-]+|no-such-link"
)


def still(text: str) -> str:
    """A page without what differs from one request to the next, or was typed into its address."""
    return _CHANGING.sub("*", text)


def foreign(watch: Watch, method: str) -> list[tuple[str, str]]:
    """Addresses with codes and uids of the first responder that the second one's coordinator has no part in."""
    first, second = watch.canary.groups
    mine = {
        str(value)
        for entity, rows in watch.owned.rows.items()
        for row in rows
        if (seen := watch.owned.audience(second.coordinator, entity, row)) is not None
        # Groups that work on an evacuation see its counts, and a hand-over is both sides'.
        if seen != "other" or entity.startswith(("evacuation", "handover"))
        for value in (row.get("code"), row.get("uid"))
        if value
    }
    theirs = {
        str(value)
        for entity, rows in watch.owned.rows.items()
        if entity != "partner"
        for row in rows
        if watch.owned.responder_of(entity, row) == first.partner.id
        for value in (row.get("code"), row.get("uid"))
        if value
    }
    return [
        (url, endpoint)
        for url, endpoint in addresses(watch.app, watch.filler, method)
        if any(code in url for code in theirs) and not any(code in url for code in mine)
    ]


def absent(url: str) -> str:
    """The same address with codes and uids of nothing."""
    url = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", ABSENT["uid"], url)
    return re.sub(r"([A-Z])-[0-9A-Z]{4}-[0-9A-Z]{4}", r"\1-0000-0000", url)


def test_anothers_records_are_not_there(watch: Watch) -> None:
    """Another responder's coordinator, guessing addresses, cannot tell what is there from what is not."""
    browser = watch.browsers["other coordinator"]
    tried = foreign(watch, "GET")
    assert len(tried) > 20
    nothings = {url: browser.get(url) for url in {absent(url) for url, _endpoint in tried}}
    for url, endpoint in tried:
        found, nothing = browser.get(url), nothings[absent(url)]
        assert (found.status_code, nothing.status_code) == (404, 404), f"{endpoint}: {url}"
        assert still(told(found)) == still(told(nothing)), f"{endpoint} tells {url} from nothing"


def test_nobody_posts_to_anothers_records(watch: Watch) -> None:
    browser = watch.browsers["other coordinator"]
    token = Page(browser.get("/account").text).all("input", name="csrf_token")[0].attrs["value"]
    before = counts(watch)
    tried = foreign(watch, "POST")
    assert len(tried) > 10
    for url, endpoint in tried:
        sent = {"csrf_token": token, "version": "1", "sure": "1"}
        found, nothing = browser.post(url, data=sent), browser.post(absent(url), data=sent)
        assert (found.status_code, nothing.status_code) == (404, 404), f"{endpoint}: {url}"
        assert still(told(found)) == still(told(nothing)), f"{endpoint} tells {url} from nothing"
    assert counts(watch) == before


def counts(watch: Watch) -> dict[str, int]:
    database: Database = watch.app.extensions["aidnet.database"]
    with database.engine.connect() as connection:
        tables = [table for table in metadata.sorted_tables if not table.info.get("operational")]
        return {table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables}


@pytest.mark.one_database
def test_a_stranger_is_asked_to_sign_in_wherever(watch: Watch) -> None:
    """The answer to a stranger does not depend on what is there."""
    for url, endpoint in watch.addresses:
        guard = watch.app.view_functions[endpoint].guard  # type: ignore[attr-defined]
        if guard:
            answer = watch.browsers["public"].get(url)
            assert answer.status_code == 303, f"{endpoint}: {answer.status_code}"
            assert urlsplit(answer.location).path == "/sign-in"


@pytest.mark.parametrize("who", ["other coordinator", "donor", "auditor"])
def test_a_search_for_what_is_not_yours_finds_nothing(watch: Watch, who: str) -> None:
    """Words and codes that this person must not know are answered like words that nobody ever typed."""
    browser = watch.browsers[who]
    seen = sight(watch.owned, watch.every, watch.viewers[who])
    secrets = [form for form, mark in seen.forbidden.items() if form.startswith("zqx") and mark.entity != "user"][::12]
    asked = [
        (url, endpoint) for url, endpoint in watch.addresses if "<" not in url and urlsplit(url).path.count("/") <= 2
    ]
    lists = [url for url, _endpoint in asked if 'name="q"' in told(browser.get(url))] + ["/places/options"]
    assert len(secrets) > 5
    for url in lists:
        nothings: dict[str, str] = {}
        for secret in secrets:
            nonsense = "zqx" + "v" * (len(secret) - 3)
            if nonsense not in nothings:
                nothings[nonsense] = still(browser.get(url, query_string={"q": nonsense}).text).replace(nonsense, "")
            found = browser.get(url, query_string={"q": secret}).text
            assert still(found).replace(secret, "") == nothings[nonsense], (
                f"{who} finds {seen.forbidden[secret]} at {url}"
            )


def test_a_village_page_says_no_more_of_others_than_its_township(watch: Watch) -> None:
    """Who reaches a village is its own people's to know: villages of a township that are reached, and that are not, look alike."""
    first = watch.canary.groups[0]
    reached = {row["place_id"] for row in watch.owned.rows["reach"]}
    township = first.villages[0].township_id
    alike = [
        row for row in watch.owned.rows["place"] if row["township_id"] == township and row["level"].value == "village"
    ]
    assert {row["id"] in reached for row in alike} == {True, False}
    browser = watch.browsers["other coordinator"]
    pages = [browser.get(f"/places/{row['pcode']}").text for row in alike]
    assert {first.partner.code_name in page for page in pages} == {True}
    assert len({Page(page).text.count(first.partner.code_name) for page in pages}) == 1


def test_a_donor_meets_groups_only_where_they_are_listed(watch: Watch) -> None:
    """Whose work its money pays, a donor learns by district and fund, not by group. (A link tells its holder who invites.)"""
    browser = watch.browsers["donor"]
    names = {plain(group.partner.code_name) for group in watch.canary.groups}
    for url, endpoint in watch.addresses:
        if endpoint == "accounts.join":
            continue
        answer = browser.get(url)
        if answer.status_code == 200 and endpoint.split(".")[0] not in ("responders", "places", "updates"):
            assert not found_in(plain(told(answer)), frozenset(names)), f"{endpoint}: {url}"


def private_words(watch: Watch) -> set[str]:
    """Every word and code of a private column."""
    private = {
        (table.name, column.name.removesuffix("_sealed"))
        for table in metadata.sorted_tables
        for column in table.columns
        if column.info.get("private")
    }
    told = {(mark.entity, mark.name): mark.forms for mark, _row in watch.every}
    assert private <= set(told), f"no mark in {private - set(told)}"
    return {form for mark, _row in watch.every if (mark.entity, mark.name) in private for form in mark.forms}


def test_the_database_holds_no_private_word(watch: Watch, world: World, dialect: str) -> None:
    """Not in a column, an index, a free page or the log of the file."""
    words = private_words(watch)
    with world.engine.connect() as connection:
        held = b"\n".join(
            repr(tuple(row)).encode()
            for table in metadata.sorted_tables
            for row in connection.execute(sa.select(table))
        )
    if dialect == "sqlite":
        path = Path(str(world.engine.url.database))
        held += b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
        with sqlite3.connect(path) as raw:
            held += "\n".join(raw.iterdump()).encode()
        raw.close()
    lowered = held.lower()
    assert b"zqx" in lowered, "the search reads nothing"
    assert {word for word in words if word.encode() in lowered} == set()


@pytest.mark.one_database
def test_logs_say_nothing_of_anybody(
    watch: Watch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = watch.browsers["coordinator"]
    for url, _endpoint in watch.addresses[::3]:
        browser.get(f"{url}{'&' if '?' in url else '?'}q=Zqxlololo")
    browser.post("/sign-in", data={"name": "Zqxlololo", "password": "Zqxmumumu"})
    lines = capsys.readouterr().err
    assert '"route"' in lines
    assert "zqx" not in lines.lower()
    assert not re.search(r"/[A-Z]-[0-9A-Z]{4}-[0-9A-Z]{4}", lines)


@pytest.mark.one_database
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_error_pages_quote_nothing(watch: Watch, accept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = watch.browsers["donor"]
    secret = next(row["courier"] for row in watch.owned.rows["delivery"] if row["courier"])

    def breaks(*args: object, **more: object) -> str:
        raise ValueError(secret)

    monkeypatch.setitem(watch.app.view_functions, "network.about", breaks)
    answer = browser.get("/about", headers={"Accept": accept})
    assert answer.status_code == 500
    assert not found_in(plain(answer.text), of_value("courier", secret))
    for answer in (
        browser.get("/nowhere/Zqxlololo"),
        browser.delete("/account"),
        browser.post("/account/role", data={"uid": "Zqxlololo"}),
    ):
        assert answer.status_code in (400, 404, 405)
        assert "zqxlololo" not in answer.text.lower().replace("/nowhere/zqxlololo", "")


@pytest.mark.one_database
def test_every_sensitive_field_bears_a_mark(watch: Watch) -> None:
    """A field that some audience must not see whole has a value in the canary that the crawl would find there."""
    marked: set[tuple[str, str]] = {(mark.entity, mark.name) for mark, _row in watch.every}
    missing = []
    for entity, fields in sorted(disclosure.matrix().items()):
        table = metadata.tables[entity]
        columns = {column.name.removesuffix("_sealed"): column for column in table.columns}
        for name in sorted(set(fields) & set(columns)):
            if (entity, name) in marked or unmarkable(entity, columns[name]):
                continue
            missing.append(f"{entity}.{name}")
    assert not missing, "no mark in: " + ", ".join(missing)


#: Fields without a mark, and why the crawl can do without it.
UNMARKED = {
    reason: frozenset(fields.split())
    for reason, fields in {
        "a word that many rows share": """
            account.currency approval.currency audit_entry.action audit_entry.entity audit_entry.role
            contribution.currency contribution.unit
            crossing.country crossing.name_my crossing.slug delivery.what delivery_line.unit expense.currency gift_batch.currency
            item.name_my item.per_period item.slug item.unit payout.currency payout.expected_currency rate.base rate.quote
            grant_agreement.currency grant_report_figure.name release_row.mostly statement_line.currency statement_line.figure
            kit_item.unit need_line.unit trace_debt.budget_line
            trace_move.budget_line
            user.language user.reporting""",
        "a number too small, or a year": """
            delivery_leg.number loss_month.losses served_month.distributions
            old_book.rows_faulty old_book.rows_known old_book.rows_loaded old_book.rows_total old_book_row.line
            evacuation.vehicles evacuation_event.vehicles
            approval.days audit_entry.entity_id audit_head.count delivery_line.number gift_batch.rows_faulty gift_batch.rows_known
            gift_batch.rows_loaded gift_batch.rows_total giver_month.acts rate_use.used_count release_row.deliveries release_row.villages
            release_loss.deliveries release_loss.villages
            responder.since_year statement.number
            result_month.deliveries result_month.distributions served_place.distributions""",
        "made of row numbers": """
            account.key statement.donor_id statement.first_event_id statement.last_event_id trace_lot.rank""",
        "said to everybody who sees the release": "release_withdrawal.withdrawn_at",
        "empty wherever there is somebody else to agree": "invitation.opens_at",
        "empty as long as it is in use": "kit.closed_at",
    }.items()
}


def unmarkable(entity: str, column: sa.Column[object]) -> bool:
    """Whether a column's values are too few or too common to be told apart: choices, yes or no, versions, row numbers."""
    return (
        isinstance(column.type, sa.Enum | sa.Boolean)
        or bool(column.primary_key or column.foreign_keys)
        or column.name == "version"
        or bool(metadata.tables[entity].info.get("reference"))
        or any(f"{entity}.{column.name}" in fields for fields in UNMARKED.values())
    )
