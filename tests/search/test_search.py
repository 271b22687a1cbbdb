"""A code leads to its page, or to the same answer as one that is nowhere."""

import re
from uuid import UUID

import pytest
import sqlalchemy as sa

from aidnet import codes
from aidnet.config import ROOT
from aidnet.db import transaction
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.models import EventKind
from aidnet.ledger.models import LedgerEvent
from aidnet.partners.models import Partner
from aidnet.places.models import Level, Place
from aidnet.policy import Role, unscoped
from aidnet.search.kinds import KINDS, PREFIXES
from aidnet.search.queries import Asked, read
from tests import factories
from tests.custody.shared import given_to, of
from tests.deliveries.shared import RICE, event, logged, ready, rice_and_oil
from tests.grants.granting import Granted
from tests.oldbooks.making import GOOD, brought

NOTHING = "Nothing of this name that you may see."


@pytest.fixture
def home(app, sign_in):
    ready()
    return sign_in("coordinator")


def led_to(browser, typed):
    """Where the box leads."""
    answer = browser.get("/search", query_string={"q": typed})
    return answer.location if answer.status_code == 302 else answer.status_code


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("D-7K3Q", Asked(begun="D-7K3Q")),
        ("d7k3q", Asked(begun="D-7K3Q")),
        ("d-7k3q-9", Asked(begun="D-7K3Q-9")),
        ("d 7k3q 9x", Asked(begun="D-7K3Q-9X")),
        ("H-O1", Asked(begun="H-01")),
        ("D-7", Asked()),
        ("Dawei", Asked()),
        ("MMR005016", Asked()),
        ("Z-7K3Q", Asked()),
        ("", Asked()),
        ("D-7K3Q-9XMT-0", Asked()),
    ],
)
def test_what_is_typed_is_read_as_a_code_or_its_beginning(typed, asked):
    assert read(typed) == asked


def test_a_whole_code_is_read_however_it_is_written():
    code = codes.code_of("D", UUID("3f7a91c2-0000-4000-8000-000000000000"))
    body = code[2:].replace("-", "")
    for typed in (code, code.lower(), f"D{body}", f" d {body[:4]} {body[4:]} "):
        assert read(typed) == Asked(whole=frozenset({code}))
    assert {code, f"H-{code[2:]}"} <= read(body).whole


def test_a_code_leads_to_its_page(home):
    code = logged(home.actor).code
    bare = code.replace("-", "")
    for typed in (code, code.lower(), bare.lower(), bare[1:], code[:6], code[:8].lower()):
        assert led_to(home, typed) == f"/deliveries/{code}", typed


def test_what_is_anothers_and_what_is_nowhere_are_one_answer(home):
    theirs = logged(factories.actor("coordinator")).code
    answers = set()
    for typed in (theirs, theirs[:6], "D-0000-0000", "D-7K3Q"):
        page = home.page(f"/search?q={typed}")
        assert NOTHING in page.text
        answers.add(page.text)
    assert len(answers) == 1


def group_of(browser):
    with transaction() as session:
        return session.get_one(Partner, browser.actor.partner_id, execution_options={"scoped": frozenset({"partner"})})


def test_a_logger_finds_what_it_logged_and_no_other(home, sign_in):
    logger = sign_in("logger", at=group_of(home))
    own, other = logged(logger.actor).code, logged(home.actor).code
    assert led_to(logger, own) == f"/deliveries/{own}"
    assert NOTHING in logger.page(f"/search?q={other}").text


def test_a_beginning_of_several_lists_them(home):
    made = [logged(home.actor, rice_and_oil(uid=UUID(int=(0b10101_01100 << 118) + (number << 100)))).code for number in range(3)]
    assert len({code[:4] for code in made}) == 1
    page = home.page(f"/search?q={made[0][:4]}")
    assert [code for code in page.text.split() if code in made] == sorted(made)


def test_a_beginning_is_compared_by_characters_whatever_the_servers_language(home, dialect, count_queries):
    """The server here knows no language's order of words, in which a hyphen counts for nothing: the statement itself has to say."""
    seen = set()
    for letter in sorted(PREFIXES):
        with count_queries() as asked:
            home.get("/search", query_string={"q": f"{letter}-7K3Q"})
        for column, collated in re.findall(r"(\w+\.code)( COLLATE \"C\"\))? (?:>=|<) ", str(asked)):
            seen.add(column)
            assert bool(collated) is (dialect == "postgresql"), asked
    assert seen >= {"delivery.code", "need.code", "fund.code", "partner.code", "old_book.code"}


def test_words_lead_to_places_and_deliveries(home):
    with transaction() as session:
        township = session.scalars(sa.select(Place).where(Place.level == Level.TOWNSHIP).order_by(Place.pcode).limit(1)).one()
        name, pcode = township.name_en, township.pcode
    page = home.page(f"/search?q={name}")
    assert f"/places/{pcode}" in str(page.links())
    assert f"/deliveries?q={name}" in str(page.links())


def test_a_donor_finds_no_place_below_the_district_and_no_delivery(home, sign_in):
    code = logged(home.actor).code
    donor = sign_in("donor")
    with transaction() as session:
        village = session.scalars(sa.select(Place).where(Place.level == Level.VILLAGE).order_by(Place.pcode).limit(1)).one()
        name, pcode = village.name_en, village.pcode
    assert NOTHING in donor.page(f"/search?q={code}").text
    page = donor.page(f"/search?q={name}")
    assert pcode not in page.text
    assert "/deliveries" not in str(page.links())


@pytest.mark.parametrize("typed", ["Ywar Thit, Yinmarbin", "D-7K3Q", "7K3Q9XMT", "zzzz, zzzz"])
def test_it_asks_at_most_ten_times(home, count_queries, typed):
    home.page("/search")
    with count_queries() as asked:
        assert home.get("/search", query_string={"q": typed}).status_code == 200
    assert len(asked) <= 10, asked


def test_every_kind_has_a_page_that_takes_its_code(app):
    for kind in KINDS:
        assert kind.endpoint in app.view_functions, kind
        assert any(rule.arguments == {"code", kind.argument} for rule in app.url_map.iter_rules(kind.endpoint)), kind


def test_whatever_page_takes_a_code_the_box_leads_to_its_kind(app):
    taken = {
        letter
        for path in (ROOT / "aidnet").glob("*/*views.py")
        for letter in re.findall(r"""\b_?code_of\("([A-Z])",|codes\.read\("([A-Z])",""", path.read_text())
    }
    letters = {one or other for one, other in taken}
    assert {"D", "H", "L", "O", "T"} <= letters
    assert letters <= PREFIXES, letters - PREFIXES


def test_a_receiver_finds_hand_overs_by_the_code_on_the_box(home, sign_in, count_queries):
    giver = factories.actor("coordinator")
    delivery = given_to(giver, home.actor)
    code, handed = delivery.code, of(delivery).code
    assert led_to(home, code) == f"/handovers/{handed}"
    assert led_to(home, code[2:]) == f"/handovers/{handed}"
    assert led_to(sign_in(giver), code) == f"/deliveries/{code}"
    nothing = home.page("/search?q=D-0000-0000").text
    assert home.page(f"/search?q={code[:6]}").text == nothing
    assert NOTHING in sign_in("coordinator").page(f"/search?q={code}").text
    assert NOTHING in sign_in("logger", at=group_of(home)).page(f"/search?q={code}").text

    again = event(EventKind.HANDED_OVER, 7, {RICE: 10_000}, receiver=home.actor.partner_id)
    other = event(EventKind.HANDED_OVER, 8, {RICE: 10_000}, receiver=factories.actor("coordinator").partner_id)
    with transaction() as session:
        deliveries.report(session, giver, code, again)
        deliveries.report(session, giver, code, other)
    with count_queries() as asked:
        page = home.page(f"/search?q={code}")
    assert len(asked) <= 10, asked
    seen = [codes.code_of("H", one.uid) for one in (again, other)]
    assert f"/handovers/{handed}" in page.links()
    assert [f"/handovers/{one}" in page.links() for one in seen] == [True, False]


def test_old_books_are_found_by_their_group(home, sign_in):
    book = brought(home.actor, [GOOD]).code
    assert led_to(home, book.replace("-", "").lower()) == f"/old-books/{book}"
    assert NOTHING in sign_in("coordinator").page(f"/search?q={book}").text


def test_acts_of_the_ledger_and_reports_to_donors_are_found_by_who_may_open_them(app, sign_in):
    books = Granted()
    books.lived()
    books.write()
    page = f"/funding/grants/{books.grant.code}/reports/{books.report.code}"
    with transaction() as session:
        act = session.scalars(unscoped(sa.select(LedgerEvent.code).limit(1), because="a test")).one()
    treasurer, donor, other = sign_in(books.treasurer), sign_in(books.donor), sign_in("donor")
    assert led_to(treasurer, act) == f"/funding/ledger/{act}"
    assert NOTHING in donor.page(f"/search?q={act}").text
    assert led_to(treasurer, books.report.code) == page
    assert NOTHING in donor.page(f"/search?q={books.report.code}").text
    books.send_report()
    assert led_to(donor, books.report.code) == page
    assert NOTHING in other.page(f"/search?q={books.report.code}").text


def test_a_name_with_a_number_is_looked_for_as_a_name_too(home):
    assert read("No 1").begun
    assert "No (1) Ward" in home.page("/search?q=No 1").text
    assert NOTHING in home.page("/search?q=N-01").text


@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_the_box(sign_in, role):
    browser = sign_in(role.value)
    page = browser.page("/search")
    assert page.one("input", id="find-any")
