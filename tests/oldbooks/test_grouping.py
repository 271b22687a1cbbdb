"""Rows of one hand-out are one delivery, whatever the order and the number of books they come in: nobody is counted twice."""

from datetime import date

import pytest

from aidnet.db import transaction
from aidnet.deliveries import rollups, service
from aidnet.deliveries.drafts import CorrectionDraft, EventDraft
from aidnet.deliveries.models import DeliveryEvent, DeliveryLine, EventKind, Precision, ServedPlace
from aidnet.intake.service import Choice, Which
from aidnet.oldbooks import grouping, matching
from aidnet.oldbooks import service as books
from aidnet.oldbooks.checking import NOTE_MOST, HandOut
from aidnet.places.models import Level
from aidnet.policy import OPERATOR
from tests import factories
from tests.deliveries.shared import ready
from tests.oldbooks.making import OTHER, VILLAGE, brought, deliveries, every, form_of, loaded, row, text
from tests.pages import Page

RICE, SALT, OIL = row(), row(item="Salt", quantity="12"), row(item="Oil", quantity="20")


@pytest.fixture
def group(app):
    ready()
    found = factories.responder("S-Heron")
    found.actor = factories.actor("coordinator", at=found)
    return found


def counted():
    """Deliveries, households and people, as they are counted; the totals are right."""
    with transaction() as session:
        assert rollups.recount(session, OPERATOR, repair=False).sound
    made = deliveries()
    return len(made), sum(one.households for one in made), sum(one.people for one in made)


def figures(page: Page) -> dict[str, str]:
    """What a preview says all rows make."""
    words = [term.text for term in page.all("dt")]
    return dict(zip(words, [value.text for value in page.all("dd")], strict=True))


def test_rice_and_salt_for_the_same_households_are_one_delivery(group, sign_in):
    browser = sign_in(group.actor)
    page = browser.sent("/old-books/new", text=text([RICE, SALT, row(date="2024-02-06"), row(village=OTHER)]))
    assert "2 of the rows become 1 delivery." in page.text
    assert "The same item for the same households" not in page.text
    told = {cells[0]: cells[-1] for cells in page.table}
    assert (told["2"], told["3"], told["4"]) == ("one with line 3", "one with line 2", "its own")
    assert {"deliveries": "3", "households": "180", "people": "900"}.items() <= figures(page).items()
    page = browser.sent(form_of(page, "/loading"))
    assert "3 deliveries are recorded." in page.text
    assert [cells[3] for cells in page.table[-4:]] == ["300", "with line 2", "300", "300"]
    assert counted() == (3, 180, 900)
    first = deliveries()[0]
    lines = [line for line in every(DeliveryLine, DeliveryLine.id) if line.delivery_id == first.id]
    assert [(line.number, line.quantity_milli) for line in lines] == [(1, 60_000), (2, 12_000)]
    assert len([event for event in every(DeliveryEvent, DeliveryEvent.id) if event.delivery_id == first.id]) == 1
    assert sorted(served.distributions for served in every(ServedPlace, ServedPlace.place_id)) == [1, 2]


@pytest.mark.parametrize(
    "other",
    [
        {"date": "2024-02-06"},
        {"date": "2024-02"},
        {"village": OTHER},
        {"households": "61"},
        {"people": "301"},
        {"people": ""},
    ],
)
def test_rows_of_another_hand_out_stay_apart(group, other):
    loaded(group.actor, [row(), row(item="Salt", **other)])
    assert len(deliveries()) == 2


def test_the_first_of_a_month_is_not_the_month(group):
    loaded(group.actor, [row(date="2024-02-01"), row(item="Salt", date="2024-02"), row(item="Oil", date="Feb 2024")])
    assert counted() == (2, 120, 600)
    assert {event.precision for event in every(DeliveryEvent, DeliveryEvent.id)} == {Precision.DAY, Precision.MONTH}


def test_the_same_item_again_is_another_delivery_and_the_preview_says_so(group, sign_in):
    rows = [RICE, SALT, row(quantity="30")]
    page = sign_in(group.actor).sent("/old-books/new", text=text(rows))
    assert "The same item for the same households" in page.text
    assert "lines 2, 4" in page.text
    assert {"deliveries": "2", "households": "120", "people": "600"}.items() <= figures(page).items()
    loaded(group.actor, rows)
    assert counted() == (2, 120, 600)


def test_a_longer_book_counts_nobody_twice(group, sign_in):
    loaded(group.actor, [RICE, row(date="2024-02-06")])
    (first, _second) = deliveries()
    page = sign_in(group.actor).sent("/old-books/new", text=text([SALT, OIL, RICE, row(date="2024-02-06")]))
    assert "Counted already" in page.text
    assert "lines 2, 3" in page.text
    assert page.table[-2][-1] == f"one with line 3 counted with {first.code}"
    assert {"deliveries": "1", "households": "0", "people": "0"}.items() <= figures(page).items()
    for _turn in range(2):
        book = brought(group.actor, [SALT, OIL, RICE, row(date="2024-02-06"), row(date=f"2024-03-0{_turn + 1}")])
        with transaction() as session:
            books.load(session, group.actor, book.code, Which())
    assert counted() == (5, 240, 1200)
    lines = [line.delivery_id for line in every(DeliveryLine, DeliveryLine.id)]
    assert sorted(lines.count(one.id) for one in deliveries()) == [1, 1, 1, 1, 2]


def test_a_book_for_each_item_counts_nobody_twice(group):
    loaded(group.actor, [RICE])
    loaded(group.actor, [SALT])
    assert counted() == (2, 60, 300)


def test_rows_left_for_later_count_nobody_twice(group, session):
    book = brought(group.actor, [RICE, SALT, OIL])
    books.load(session, group.actor, book.code, Which.read(Choice.BUT, "2"))
    session.commit()
    assert counted() == (1, 60, 300)
    loaded(group.actor, [OIL, RICE, SALT])
    assert counted() == (2, 60, 300)


def test_a_longer_book_makes_what_it_would_have_made_at_once(group):
    again = row(quantity="30")
    loaded(group.actor, [RICE, SALT])
    loaded(group.actor, [again, SALT, RICE])
    assert counted() == (2, 120, 600)


def test_what_was_undone_is_not_counted_and_what_was_corrected_is(group, session):
    loaded(group.actor, [RICE, row(date="2024-02-06")])
    (never, other), (first, second) = every(DeliveryEvent, DeliveryEvent.id), deliveries()
    facts = EventDraft(
        kind=EventKind.DISTRIBUTED,
        happened_on=date(2024, 2, 6),
        quantities={1: 60_000},
        place=VILLAGE,
        households=70,
        people=350,
    )
    service.correct(session, group.actor, first.code, CorrectionDraft(event=never.uid, facts=None))
    service.correct(session, group.actor, second.code, CorrectionDraft(event=other.uid, facts=facts))
    session.commit()
    more = {"date": "2024-02-06", "households": "70", "people": "350"}
    loaded(group.actor, [SALT, row(item="Salt", date="2024-02-06"), row(item="Oil", **more)])
    assert counted() == (5, 130, 650)


def test_other_groups_deliveries_are_not_looked_at(group):
    loaded(factories.actor("coordinator"), [RICE])
    loaded(group.actor, [SALT])
    assert counted() == (2, 120, 600)


def handout(line, **other):
    place = matching.Candidate("171601", 5, Level.VILLAGE, frozenset({5}))
    said = {
        "line": line,
        "day": date(2024, 2, 5),
        "precision": Precision.DAY,
        "place": place,
        "item": "",
        "item_name": f"thing {line}",
        "quantity_milli": 1000,
        "unit": "kg",
        "households": 60,
        "people": 300,
        "note": "",
        "digest": str(line),
    }
    return HandOut(**said | other)


@pytest.mark.parametrize(("many", "note", "parts"), [(120, "", [50, 50, 20]), (3, "n" * (NOTE_MOST - 5), [1, 1, 1])])
def test_what_one_delivery_cannot_hold_goes_on_uncounted(many, note, parts):
    groups = grouping.grouped([handout(line, note=note and f"{line} {note}") for line in range(many)], (), {})
    assert [len(group.rows) for group in groups] == parts
    assert [group.households for group in groups] == [60, *[None] * (len(parts) - 1)]
    assert all(len(group.note) <= NOTE_MOST for group in groups)


def test_notes_are_kept_each_once():
    (group,) = grouping.grouped(
        [handout(1, note="by boat"), handout(2, note="by boat"), handout(3, note="wet")], (), {}
    )
    assert group.note == "by boat\nwet"


def test_lines_of_one_item_are_told_once_where_one_of_them_is_new():
    rows = [handout(line, item_name="Rice") for line in range(2, 5)] + [
        handout(9),
        handout(10, item_name="Rice", households=0, people=None),
    ]
    assert grouping.repeated(rows, {"2", "3"}) == [[2, 3, 4]]
    assert not grouping.repeated(rows, {"2", "3", "4"})
    assert [len(group.rows) for group in grouping.grouped(rows, (), {})] == [2, 1, 1, 1]


def test_other_numbers_of_one_day_and_place_are_told(group, sign_in):
    """Salt without its people, or for fewer households, may be of the same hand-out: it counts, and the preview says so."""
    rows = [RICE, row(item="Salt", people=""), row(date="2024-02-06"), row(date="2024-02-06", households="70")]
    page = sign_in(group.actor).sent("/old-books/new", text=text(rows))
    assert "One day and place, other numbers" in page.text
    assert "lines 2, 3" in page.text
    assert "lines 4, 5" not in page.text
    page = sign_in(group.actor).sent("/old-books/new", text=text([*rows[2:], row(item="Salt", date="2024-02")]))
    assert "One day and place, other numbers" not in page.text


def test_what_was_loaded_is_not_told_again():
    rows = [handout(2), handout(3, people=None), handout(4, households=0, people=None)]
    assert grouping.apart(rows, {"2"}) == [[2, 3]]
    assert not grouping.apart(rows, {"2", "3"})
