"""A group's spreadsheet is looked through, asked about, and becomes deliveries once: all of its good rows, or none."""

import csv
import io
from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa

from aidnet import audit
from aidnet.db import transaction
from aidnet.deliveries import importing, rollups
from aidnet.deliveries.drafts import DeliveryDraft, EventDraft, LineDraft
from aidnet.deliveries.models import DeliveryEvent, DeliveryLine, DeliveryState, EventKind, Item, Precision, ServedMonth
from aidnet.errors import Invalid, Refused
from aidnet.intake.service import Choice, Which
from aidnet.oldbooks import matching, service
from aidnet.oldbooks.columns import Column
from aidnet.oldbooks.models import OldBook, OldBookRow, OldBookState
from aidnet.policy import OPERATOR, unscoped
from tests import factories
from tests.deliveries.shared import ready
from tests.oldbooks.making import (
    GOOD,
    HEAD,
    OTHER,
    TOWNSHIP,
    VILLAGE,
    brought,
    deliveries,
    every,
    form_of,
    loaded,
    row,
    text,
)
from tests.pages import Page
from tests.places.making import site

LOOK = "a test looks at everything"


@pytest.fixture
def group(app):
    ready()
    found = factories.responder("S-Heron")
    found.actor = factories.actor("coordinator", at=found)
    return found


def bring(browser, rows, head=HEAD):
    return browser.sent("/old-books/new", text=text(rows, head))


def address(page):
    """Of the book on a page."""
    return form_of(page, "/discarding").action.removesuffix("/discarding")


def faults(browser, url):
    content = browser.get(f"{url}/faults.csv").text.removeprefix("\ufeff")
    return [(line["Line"], line["Column"], line["What stands there"]) for line in csv.DictReader(io.StringIO(content))]


def test_a_row_becomes_a_delivery_that_was_handed_out(group, sign_in):
    browser = sign_in(group.actor)
    page = bring(browser, [GOOD])
    assert "nothing of it is recorded yet" in page.text
    assert not deliveries()
    page = browser.sent(form_of(page, "/loading"))
    assert "Loaded" in page.text
    (made,) = deliveries()
    assert (made.imported, made.state, made.is_open, made.has_discrepancy) == (
        True,
        DeliveryState.DISTRIBUTED,
        False,
        False,
    )
    assert (made.first_on, made.households, made.people, made.what) == (date(2024, 2, 5), 60, 300, "rice")
    assert "imported" in browser.page("/deliveries").text
    assert "imported" in browser.page(f"/deliveries/{made.code}").text
    assert every(OldBook, OldBook.id)[0].body is None


def test_the_file_of_deliveries_says_which_are_imported(group, sign_in):
    from tests.deliveries.shared import logged, ordinary

    own = logged(group.actor, ordinary())
    loaded(group.actor, [GOOD])
    content = sign_in(group.actor).get("/deliveries.csv").text.removeprefix("\ufeff")
    told = {line["Code"]: line["Imported"] for line in csv.DictReader(io.StringIO(content))}
    assert told == {one.code: "0" if one.code == own.code else "1" for one in deliveries()}
    assert len(told) == 2


def test_burmese_heads_digits_and_months(group, sign_in):
    head = ("ရက်စွဲ", "ရွာ", "မြို့နယ်", "ပစ္စည်း", "အရေအတွက်", "ယူနစ်", "အိမ်ထောင်စု", "လူဦးရေ")
    with transaction() as session:
        rice = session.scalars(unscoped(sa.select(Item).where(Item.slug == "rice"), because=LOOK)).one()
    rows = [("ဖေဖော်ဝါရီ ၂၀၂၄", "၁၇၁၆၀၁", "ခင်ဦးမြို့နယ်", rice.name_my, "၁,၂၀၀", "", "၆၀", "၃၀၀")]
    browser = sign_in(group.actor)
    browser.sent(form_of(bring(browser, rows, head), "/loading"))
    (made,) = deliveries()
    (event,), (line,) = every(DeliveryEvent, DeliveryEvent.id), every(DeliveryLine, DeliveryLine.id)
    assert (made.what, made.households, made.people) == ("rice", 60, 300)
    assert (event.happened_on, event.precision) == (date(2024, 2, 1), Precision.MONTH)
    assert line.quantity_milli == 1_200_000


def test_items_and_units_are_as_written(group):
    rows = [
        row(item="Bamboo  mats", quantity="150 bundles", unit=""),
        row(item="bamboo mats", quantity="2.5", unit="big bales"),
    ]
    loaded(group.actor, rows)
    (own,) = (item for item in every(Item, Item.id) if item.responder_id)
    assert own.name_en == "Bamboo mats"
    assert [(line.item_id, line.quantity_milli, line.unit) for line in every(DeliveryLine, DeliveryLine.id)] == [
        (own.id, 150_000, "bundles"),
        (own.id, 2_500, "big bales"),
    ]
    loaded(group.actor, [row(item="BAMBOO MATS", date="2024-03-01")])
    assert len([item for item in every(Item, Item.id) if item.responder_id]) == 1


def test_an_ambiguous_village_is_asked_about_once_for_all_rows(group, sign_in):
    """Two villages of Khin-U are called Ywar Thit; with its tract there is one."""
    told = row(village="Ywar Thit", township=TOWNSHIP)
    rows = [
        told,
        row(village="Ywar Thit", township=TOWNSHIP, date="2024-03-01"),
        row(village="Ywar Thit", tract="Ywar Thit", township=TOWNSHIP),
    ]
    browser = sign_in(group.actor)
    page = bring(browser, rows)
    asked = form_of(page, "/places")
    (name,) = (each for each in asked.values if each.startswith("place-"))
    assert "lines 2, 3" in page.text
    options = {option.attrs["value"] for option in page.all("option")}
    assert {VILLAGE, OTHER, "-"} <= options
    page = browser.sent(asked, {name: OTHER})
    assert "Which place is meant?" not in page.text
    browser.sent(form_of(page, "/loading"))
    codes = [factories.place(VILLAGE).id, factories.place(OTHER).id]
    assert [event.place_id for event in every(DeliveryEvent, DeliveryEvent.id)] == [codes[1], codes[1], codes[0]]


def test_rows_of_a_place_can_be_left_out(group, sign_in):
    browser = sign_in(group.actor)
    page = bring(browser, [row(village="Ywar Thit", township=TOWNSHIP), GOOD])
    asked = form_of(page, "/places")
    (name,) = (each for each in asked.values if each.startswith("place-"))
    page = browser.sent(asked, {name: "-"})
    assert "One row is left out with its place." in page.text
    browser.sent(form_of(page, "/loading"))
    assert len(deliveries()) == 1


def test_an_answer_that_was_not_offered_is_none(group, session):
    book = brought(group.actor, [row(village="Ywar Thit", township=TOWNSHIP)])
    (question,) = service.look_through(
        session, group.actor, book, [list(HEAD), list(row(village="Ywar Thit", township=TOWNSHIP))]
    ).questions
    for said in ({question.asked.key: "MMR005"}, {"nonsense": VILLAGE}):
        assert service.settle_places(session, group.actor, book.code, said).answers is None


def test_a_village_in_the_wrong_township_is_a_fault(group, sign_in):
    browser = sign_in(group.actor)
    page = bring(browser, [row(township="Wetlet"), row(village="Nowhere At All"), GOOD])
    assert faults(browser, address(page)) == [("2", "Village", VILLAGE), ("3", "Village", "Nowhere At All")]


def test_an_own_site_is_a_place(group):
    made = site(group.actor, "River camp", "MMR005005")
    loaded(group.actor, [row(village="river camp"), row(village=made.code, date="2024-03-01")])
    assert {event.site_id for event in every(DeliveryEvent, DeliveryEvent.id)} == {made.id}


def test_five_hundred_rows_with_their_faults_by_row_and_column(group, sign_in):
    rows = [row(date=f"2024-{1 + number % 12:02}-{1 + number % 28:02}", note=f"row {number}") for number in range(500)]
    wrong = {
        7: ("date", "31/2/2024", "Day"),
        60: ("quantity", "many", "Quantity"),
        111: ("item", "", "Item"),
        200: ("village", "Atlantis", "Village"),
        333: ("people", "some", "People"),
        444: ("households", "1.5", "Households"),
        499: ("unit", "a very long word for a unit", "Unit"),
    }
    for number, (name, typed, _column) in wrong.items():
        rows[number] = row(**{"note": f"row {number}", name: typed})
    rows[350] = row(date="", quantity="0", note="two at once")
    browser = sign_in(group.actor)
    page = bring(browser, rows)
    expected = [(str(number + 2), column, typed) for number, (_name, typed, column) in wrong.items()]
    expected += [("352", "Day", ""), ("352", "Quantity", "0")]
    assert sorted(faults(browser, address(page))) == sorted(expected)
    assert "line 352, Quantity" in page.text
    browser.sent(form_of(page, "/loading"))
    assert len(deliveries()) == 492
    (book,) = every(OldBook, OldBook.id)
    assert (book.rows_total, book.rows_faulty, book.rows_loaded) == (500, 8, 492)
    with transaction() as session:
        assert rollups.recount(session, OPERATOR, repair=False).sound


def test_totals_equal_a_recount_beside_what_was_there(group):
    from tests.deliveries.shared import logged, ordinary

    logged(group.actor, ordinary())
    loaded(group.actor, [GOOD, row(date="2026-08"), row(date="2026-08-10", item="Oil", quantity="3")])
    with transaction() as session:
        found = rollups.recount(session, OPERATOR, repair=False)
    assert found.sound
    assert found.deliveries == 4
    months = {(served.month, served.sector): served.distributions for served in every(ServedMonth, ServedMonth.month)}
    assert months[date(2024, 2, 1), ""] == 1


def test_the_same_book_again_adds_nothing_in_any_order(group, session):
    rows = [row(date=f"2024-01-{day:02}") for day in range(1, 20)] + [GOOD, GOOD]
    loaded(group.actor, rows)
    assert len(deliveries()) == 21
    again = brought(group.actor, rows[::-1])
    with pytest.raises(Invalid):
        service.load(session, group.actor, again.code, Which())
    session.rollback()
    more = loaded(group.actor, [*rows[::-1], GOOD, row(date="2024-05-05")])
    assert (len(deliveries()), more.rows_loaded, more.rows_known) == (23, 2, 21)


def test_a_load_sent_twice_is_one(group, session):
    book = brought(group.actor, [GOOD])
    for _turn in range(2):
        service.load(session, group.actor, book.code, Which())
    assert len(deliveries()) == 1
    assert len(every(OldBookRow, OldBookRow.line)) == 1


def test_a_book_sent_twice_is_one(group, sign_in):
    browser = sign_in(group.actor)
    form = browser.page("/old-books/new").form()
    sent = form.values | {"text": [text([GOOD])]}
    assert [browser.post(form.action, data=sent).status_code for _turn in range(2)] == [303, 303]
    assert len(every(OldBook, OldBook.id)) == 1


def test_only_chosen_rows_are_loaded(group, session):
    rows = [row(date=f"2024-01-{day:02}") for day in range(1, 6)]
    book = brought(group.actor, rows)
    service.load(session, group.actor, book.code, Which.read(Choice.ONLY, "2-3, 6"))
    session.commit()
    assert [made.first_on.day for made in deliveries()] == [1, 2, 5]


def test_nothing_stays_of_a_load_that_fails(group, monkeypatch):
    """The last write of a load fails: no delivery, no item, no total is there."""
    book = brought(group.actor, [GOOD, row(item="Bamboo mats")])
    before = len(every(Item, Item.id))

    def fail():
        with transaction() as session:
            service.load(session, group.actor, book.code, Which())
            twice = {"book_id": book.id, "line": 2, "responder_id": group.id, "digest": "x", "delivery_id": 1}
            session.execute(sa.insert(OldBookRow), [twice])

    with pytest.raises(sa.exc.IntegrityError):
        fail()
    assert not deliveries()
    assert not every(ServedMonth, ServedMonth.month)
    assert len(every(Item, Item.id)) == before
    assert every(OldBook, OldBook.id)[0].state is OldBookState.PREVIEW


def test_statements_do_not_grow_with_rows(group, count_queries):
    costs = []
    for year, many in ((2022, 10), (2023, 400)):
        rows = [
            row(
                date=f"{year}-{1 + number % 12:02}-{1 + number % 28:02}",
                item=f"thing {year} {number % 9}",
                households=str(number),
            )
            for number in range(many)
        ]
        book = brought(group.actor, rows)
        with count_queries() as asked, transaction() as session:
            service.load(session, group.actor, book.code, Which())
        costs.append(len(asked))
        assert asked.commits == 1
    assert len(deliveries()) == 410
    assert costs[0] == costs[1] <= 30


def test_more_names_than_a_statement_takes_are_looked_for_in_parts(group, session):
    """Each with and without its ending, and both by name and by code: more than the 65,535 values PostgreSQL takes."""
    cells = [{Column.VILLAGE: f"{name}ရွာ"} for name in (*map(str, range(17_000)), VILLAGE, OTHER)]
    asked = [one for each in cells if (one := matching.asked_by(each))]
    found = matching.index(session, group.actor, asked)
    meant = [[place.code for place in found.meant(one)] for one in asked]
    assert meant == [[]] * 17_000 + [[VILLAGE], [OTHER]]


def test_more_deliveries_than_a_statement_takes_are_refused_for_their_content_alone(group, session):
    """An item by its two names, and a place, in each: more than the 65,535 values PostgreSQL takes."""
    happened = {"kind": EventKind.DISTRIBUTED, "happened_on": date(2024, 2, 5), "quantities": {1: 1000}}
    drafts = [
        DeliveryDraft(
            lines=(LineDraft(item=UUID(int=number).hex, quantity_milli=1000),),
            events=(EventDraft(place=f"nowhere {number}", **happened),),
        )
        for number in range(22_000)
    ]
    with pytest.raises(Invalid):
        importing.log_many(session, group.actor, drafts)


def test_a_book_is_read_in_parts_as_it_is_in_one(group, monkeypatch):
    places, items = (VILLAGE, OTHER, "171305"), ("Rice", "Bamboo mats", "Clay pots", "Oil", "Oars")
    rows = [row(village=place, item=item) for place in places for item in items]
    monkeypatch.setattr(matching, "_AT_ONCE", 2)
    monkeypatch.setattr(importing, "_AT_ONCE", 2)
    assert loaded(group.actor, rows).rows_loaded == len(rows)
    assert {one.name_en for one in every(Item, Item.id) if one.responder_id} == {"Bamboo mats", "Clay pots", "Oars"}
    assert {one.place_id for one in every(DeliveryEvent, DeliveryEvent.id)} == {
        factories.place(place).id for place in places
    }


def test_one_link_of_the_audit_chain_tells_of_all(group):
    loaded(group.actor, [row(date=f"2024-01-{day:02}") for day in range(1, 20)])
    entries = every(audit.AuditEntry, audit.AuditEntry.id)
    (link,) = [entry for entry in entries if entry.action == "old-book.loaded"]
    assert '"loaded":19' in link.detail
    assert '"digest":"' in link.detail
    assert not [entry for entry in entries if entry.action == "delivery.logged"]


def test_strange_columns_are_asked_about_and_can_be_left_out(group, sign_in):
    head = ("When it was", "Ywa", "Thing", "Qty", "Boss")
    browser = sign_in(group.actor)
    page = bring(browser, [("2024-02-05", VILLAGE, "Rice", "5", "U Ba")], head)
    asked = form_of(page, "/columns")
    assert "Such as: U Ba" in page.text
    assert not page.all("form", action=asked.action.replace("columns", "loading"))
    page = browser.sent(asked, {"column-0": "day", "column-1": "village", "column-2": "item", "column-4": ""})
    browser.sent(form_of(page, "/loading"))
    assert len(deliveries()) == 1
    refused = bring(browser, [("2024-02-05", VILLAGE, "Rice", "5", "U Ba")], head)
    answer = browser.send(form_of(refused, "/columns"), {"column-0": "day", "column-1": "day", "column-2": "item"})
    assert answer.status_code == 422
    assert "Two columns cannot both be “Day”." in answer.text


def test_what_a_column_was_taken_for_can_be_changed_until_the_book_is_loaded(group, sign_in, session):
    """ "Amount" is what was handed out, people think; here it is the people, and "Number" is the quantity."""
    head = ("Date", "Village", "Goods", "Number", "Amount", "Beneficiaries", "Boss")
    browser = sign_in(group.actor)
    page = bring(browser, [("2024-02-05", VILLAGE, "Rice", "12", "300", "60", "U Ba")], head)
    asked = form_of(page, "/columns")
    assert asked.values["column-3"] == ["quantity"]
    assert [asked.values[f"column-{place}"] for place in (4, 5, 6)] == [[""], ["people"], [""]]
    page = browser.sent(asked, {"column-4": "people", "column-5": "households"})
    assert "Quantity: Number · People: Amount · Households: Beneficiaries" in page.text
    refused = browser.send(form_of(page, "/columns"), {"column-3": "people"})
    assert refused.status_code == 422
    again = Page(refused.text)
    assert form_of(again, "/columns").values["column-3"] == ["people"]
    page = browser.sent(form_of(page, "/columns"), {"column-6": "note"})
    browser.sent(form_of(page, "/loading"))
    (made,) = deliveries()
    assert (made.households, made.people, made.note) == (60, 300, "U Ba")
    (book,) = every(OldBook, OldBook.id)
    with pytest.raises(service.NotInPreview):
        service.settle_columns(session, group.actor, book.code, {})


def test_an_answer_about_a_place_outlives_a_change_of_columns(group, sign_in):
    browser = sign_in(group.actor)
    page = bring(browser, [row(village="Ywar Thit", township=TOWNSHIP)])
    asked = form_of(page, "/places")
    (name,) = (each for each in asked.values if each.startswith("place-"))
    page = browser.sent(asked, {name: OTHER})
    page = browser.sent(form_of(page, "/columns"), {"column-9": ""})
    browser.sent(form_of(page, "/loading"))
    assert [event.place_id for event in every(DeliveryEvent, DeliveryEvent.id)] == [factories.place(OTHER).id]


def test_a_book_without_a_needed_column_says_which(group, sign_in):
    page = bring(sign_in(group.actor), [("2024-02-05", "Rice", "5")], ("Date", "Item", "Quantity"))
    assert "A column is missing" in page.text
    assert "Village" in page.text
    assert not any(form.attrs.get("action", "").endswith("/loading") for form in page.all("form"))


def test_a_column_with_another_name_is_said_to_be_the_missing_one(group, sign_in):
    """Both names are known, and one of them is taken for what it is not."""
    browser = sign_in(group.actor)
    page = bring(browser, [("2024-02-05", VILLAGE, "Rice", "5")], ("Date", "Remarks", "Item", "Quantity"))
    assert "A column is missing" in page.text
    page = browser.sent(form_of(page, "/columns"), {"column-1": "village"})
    browser.sent(form_of(page, "/loading"))
    assert len(deliveries()) == 1


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n", b"Date,Village,Item,Quantity\n"])
def test_a_file_with_nothing_in_it_says_so(group, sign_in, content):
    browser = sign_in(group.actor)
    form = browser.page("/old-books/new").form()
    answer = browser.post(form.action, data=form.values | {"file": [(io.BytesIO(content), "book.csv")]})
    assert answer.status_code == 422
    assert "There is nothing in this list" in answer.text
    assert not every(OldBook, OldBook.id)


def test_burmese_digits_stand_for_numbers_everywhere(group):
    loaded(group.actor, [row(date="၂၀၂၄-၀၂", quantity="၁,၂၀၀.၅ အိတ်", unit="", households="၆၀", people="၃၀ဝ")])
    ((made,), (line,)) = deliveries(), every(DeliveryLine, DeliveryLine.id)
    assert (made.first_on, made.households, made.people) == (date(2024, 2, 1), 60, 300)
    assert line.quantity_milli == 1_200_500
    assert line.unit == "အိတ်"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("kg", "kg"),
        ("ကီလို", "kg"),
        ("Viss", "viss"),
        ("ပိဿာ", "viss"),
        ("bags", "bags"),
        ("bags (49 kg)", "rice_bag"),
        ("အိတ်", "အိတ်"),  # of 49 kg, or of 25
        ("ထုပ်", "ထုပ်"),  # packets, packs and sachets
        ("အစုံ", "အစုံ"),  # kits and sets
    ],
)
def test_a_unit_is_known_only_where_its_word_is_no_other(group, written, kept):
    loaded(group.actor, [row(item="Soap", unit=written)])
    assert [line.unit for line in every(DeliveryLine, DeliveryLine.id)] == [kept]


def test_a_place_is_asked_about_with_all_it_lies_in(group, sign_in):
    page = bring(sign_in(group.actor), [row(village="Ywar Thit", township=TOWNSHIP)])
    offered = {option.attrs["value"]: option.text for option in page.all("option")}
    assert "Khin-U" in offered[VILLAGE]
    assert offered[VILLAGE].count("Ywar Thit") == 2
    assert len({offered[VILLAGE], offered[OTHER]}) == 2


def test_a_workbook_is_read_and_a_hostile_one_is_refused(group, sign_in):
    from tests.intake.lists import workbook
    from tests.intake.test_reading import bomb

    browser = sign_in(group.actor)
    form = browser.page("/old-books/new").form()
    sheet = workbook([HEAD, [date(2024, 2, 5), int(VILLAGE), "", "", "Rice", 60.0, "kg", 60.0, 300.0, ""]])
    answers = []
    for content in (sheet, bomb(), b"PK\x03\x04 not a workbook"):
        file = (io.BytesIO(content), "book.xlsx")
        answers.append(
            browser.post(
                form.action, data={**form.values, "file": file}, content_type="multipart/form-data"
            ).status_code
        )
    assert answers == [303, 422, 422]
    (book,) = every(OldBook, OldBook.id)
    assert (book.rows_total, book.rows_faulty) == (1, 0)


def test_a_discarded_book_is_forgotten(group, sign_in):
    browser = sign_in(group.actor)
    page = bring(browser, [GOOD])
    url = address(page)
    browser.sent(form_of(page, "/discarding"))
    (book,) = every(OldBook, OldBook.id)
    assert (book.state, book.body, book.answers) == (OldBookState.DISCARDED, None, None)
    assert "This book was discarded." in browser.page(url).text
    assert browser.get(f"{url}/faults.csv").status_code == 404
    assert not deliveries()


@pytest.mark.parametrize("role", ["coordinator", "logger", "donor", "treasurer", "auditor", "admin"])
def test_nobody_else_finds_a_book(group, sign_in, session, role):
    book = brought(group.actor, [GOOD])
    where = {"at": group} if role == "logger" else {}
    browser = sign_in(role, **where)
    for page in ("", "/faults.csv"):
        assert browser.get(f"/old-books/{book.code}{page}").status_code == 404
    token = browser.page("/account").all("input", name="csrf_token")[0].attrs["value"]
    for act in ("columns", "places", "loading", "discarding"):
        assert browser.post(f"/old-books/{book.code}/{act}", data={"csrf_token": token}).status_code == 404
    if role == "coordinator":
        assert book.code not in browser.page("/old-books").text
    else:
        assert browser.get("/old-books").status_code == 404
        with pytest.raises(Refused):
            service.add_book(session, browser.actor, service.BookDraft(book.uid, [list(HEAD), list(GOOD)]))
    assert every(OldBook, OldBook.id)[0].state is OldBookState.PREVIEW


def test_another_group_may_load_the_same_rows(group):
    other = factories.actor("coordinator")
    loaded(group.actor, [GOOD])
    loaded(other, [GOOD])
    assert len({made.responder_id for made in deliveries()}) == 2


def test_pages_cost_the_same_with_many_rows(group, sign_in, count_queries):
    browser, costs = sign_in(group.actor), []
    for year, many in ((2022, 3), (2023, 300)):
        rows = [
            row(date=f"{year}-{1 + number % 12:02}-{1 + number % 28:02}", note=str(number)) for number in range(many)
        ]
        rows.append(row(village="Ywar Thit", township=TOWNSHIP))
        book = brought(group.actor, rows)
        for url in ("/old-books", f"/old-books/{book.code}", f"/old-books/{book.code}/faults.csv"):
            with count_queries() as asked:
                assert browser.get(url).status_code == 200
            costs.append(len(asked))
        with transaction() as session:
            service.load(session, group.actor, book.code, Which())
        with count_queries() as asked:
            browser.page(f"/old-books/{book.code}")
        costs.append(len(asked))
    assert costs[:4] == costs[4:]
    assert max(costs) <= 10
