"""What a group has where, and where it was lately, beside where it says it reaches; as coarse as each audience may know it."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from aidnet import clock, disclosure
from aidnet.db import transaction
from aidnet.disclosure import Audience, Level
from aidnet.errors import Invalid, NotVisible, Refused
from aidnet.responders import capacity, service
from aidnet.responders.models import CapacityKind
from tests import factories
from tests.deliveries.shared import logged, ordinary, ready, villages
from tests.responders.making import reach

KHIN_U, WETLET = "MMR005005", "MMR005006"


@pytest.fixture
def group(app):
    row = factories.responder("S-Heron")
    row.actor = factories.actor("coordinator", at=row)
    return row


def has(group, kind, pcode, number, at=factories.NOW):
    draft = capacity.CapacityDraft(uid=uuid4(), kind=kind, area_id=factories.place(pcode).id, number=number)
    with clock.at(at), transaction() as session:
        return capacity.say_capacity(session, group.actor, draft)


def say(browser, group, **typed):
    """The form is sent, with a place that was found and chosen."""
    form = browser.page(f"/responders/{group.code}/capacity/new").form()
    return browser.post(form.action, data=form.values | {name: [value] for name, value in typed.items()})


def listed(page, part):
    """The rows of a panel's table, as texts."""
    rows = page.one("section", id=part).all("tr")[1:]
    return [[cell.text for cell in row.walk() if cell.tag in ("th", "td")] for row in rows]


def test_a_group_says_what_it_has_and_says_it_again(group, sign_in):
    browser = sign_in(group.actor)
    assert say(browser, group, kind="boats", number="၁၂", area=KHIN_U).status_code == 303
    page = browser.page(f"/responders/{group.code}")
    assert listed(page, "capacity")[0][:4] == ["Boats", "12", "Khin-U township", "18 Aug 2026"]
    with clock.at(factories.NOW + timedelta(hours=12)):
        browser = sign_in(group.actor)
        say(browser, group, kind="boats", number="9", area=KHIN_U)
        page = browser.page(f"/responders/{group.code}")
        (line,) = listed(page, "capacity")
        assert line[1] == "9"
        assert line[3] == "19 Aug 2026"
        again = next(link for link in page.links() if "/capacity/" in link and "new" not in link)
        page = browser.sent(again, number="7")
        assert listed(page, "capacity")[0][1] == "7"
        page = browser.sent(f"{again}/remove")
        assert "Nothing is said yet." in page.one("section", id="capacity").text


@pytest.mark.parametrize("level", ["village", "tract"])
def test_never_finer_than_a_township(group, session, sign_in, level):
    village = factories.place(villages(1)[0])
    place_id = village.id if level == "village" else village.parent_id
    with pytest.raises(Invalid):
        capacity.say_capacity(session, group.actor, capacity.CapacityDraft(uuid4(), CapacityKind.TRUCKS, place_id, 3))
    answer = say(sign_in(group.actor), group, number="3", area=village.pcode)
    assert answer.status_code == 422
    assert "This place is not known here" in answer.text


@pytest.mark.parametrize("number", ["0", "-1", "some", "100001"])
def test_a_number_that_cannot_be_is_refused(group, sign_in, number):
    assert say(sign_in(group.actor), group, number=number, area=KHIN_U).status_code == 422


def test_an_older_form_does_not_win(group, sign_in):
    row = has(group, CapacityKind.TRUCKS, KHIN_U, 4)
    browser = sign_in(group.actor)
    older = browser.page(f"/responders/{group.code}/capacity/{row.uid}")
    has(group, CapacityKind.TRUCKS, KHIN_U, 5)
    browser.refused(older, number="9")


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("coordinator", [["Trucks", "3", "Khin-U township"], ["Trucks", "4", "Wetlet township"]]),
        ("logger", []),
        ("admin", [["Trucks", "7", "Shwebo district"]]),
        ("donor", None),
        ("treasurer", None),
        ("auditor", None),
    ],
)
def test_others_are_told_coarsely(group, sign_in, role, told):
    has(group, CapacityKind.TRUCKS, KHIN_U, 3)
    has(group, CapacityKind.TRUCKS, WETLET, 4)
    page = sign_in(role).page(f"/responders/{group.code}")
    if told is None:
        assert not page.all("section", id="capacity")
        assert "Trucks" not in page.text
        return
    lines = listed(page, "capacity")
    assert [[kind, number, where.split(",")[0]] for kind, number, where, _said in lines] == told


def test_the_number_obeys_the_matrix_as_its_neighbours_do(group, sign_in, monkeypatch):
    has(group, CapacityKind.TRUCKS, KHIN_U, 3)
    monkeypatch.setitem(disclosure.matrix()["capacity"], "number", {Audience.OWN: Level.FULL})
    for actor, number in ((factories.actor("coordinator"), "withheld"), (group.actor, "3")):
        ((_kind, told, *_rest),) = listed(sign_in(actor).page(f"/responders/{group.code}"), "capacity")
        assert told == number


def test_nobody_else_says_it(group, session, sign_in):
    row = has(group, CapacityKind.TRUCKS, KHIN_U, 3)
    other = factories.responder()
    stranger = factories.actor("coordinator", at=other)
    with pytest.raises(NotVisible):
        capacity.say_again(session, stranger, row.uid, 9, version=1)
    with pytest.raises(Refused):
        capacity.say_capacity(
            session, factories.actor("admin"), capacity.CapacityDraft(uuid4(), CapacityKind.BOATS, 1, 1)
        )
    for code in (group.code, other.code):
        for page in (f"{row.uid}", f"{row.uid}/remove"):
            assert sign_in(stranger).get(f"/responders/{code}/capacity/{page}").status_code == 404


def test_reach_stands_beside_what_was_served(group, sign_in):
    """The two villages were served on 10 and 11 August; a township holds them, another was not served."""
    ready()
    here = villages()[0]
    logged(group.actor, ordinary())
    township = factories.place(factories.place(here).pcode)
    reach(group.actor, here)
    reach(group.actor, KHIN_U if township.township_id != factories.place(KHIN_U).id else WETLET)
    page = sign_in(group.actor).page(f"/responders/{group.code}")
    rows = {row[0].split(",")[0]: row[4] for row in listed(page, "reach")}
    assert sorted(rows.values()) == ["10 Aug 2026", "no"]
    besides = page.all("section")[-2]
    assert "11 Aug 2026" in besides.text
    with clock.at(factories.NOW + timedelta(180)):
        page = sign_in(group.actor).page(f"/responders/{group.code}")
    assert {row[4] for row in listed(page, "reach")} == {"no"}


def test_another_group_is_told_the_township_and_the_month(group, sign_in):
    ready()
    here, there = villages()
    logged(group.actor, ordinary())
    reach(group.actor, here)
    page = sign_in("coordinator").page(f"/responders/{group.code}")
    ((place, _since, served),) = listed(page, "reach")
    assert "township" in place.split(",")[0]
    assert served == "Aug 2026"
    assert not {here, there, factories.place(here).name_en, "10 Aug", "11 Aug"} & {
        word for word in (here, there, factories.place(here).name_en, "10 Aug", "11 Aug") if word in page.text
    }


@pytest.mark.parametrize("role", ["logger", "donor", "treasurer", "auditor", "admin"])
def test_nobody_else_is_told_when(group, sign_in, role):
    ready()
    logged(group.actor, ordinary())
    reach(group.actor, villages()[0])
    page = sign_in(role).page(f"/responders/{group.code}")
    assert "180 days" not in page.text
    assert "Aug 2026" not in page.one("section", id="reach").text


def test_a_group_that_withholds_itself_tells_others_nothing_of_when(group, sign_in):
    ready()
    logged(group.actor, ordinary())
    reach(group.actor, villages()[0], since_on=date(2022, 5, 9))
    with transaction() as session:
        service.withhold(session, group.actor, group.code, withheld=True)
    ((_place, _since, served),) = listed(sign_in("coordinator").page(f"/responders/{group.code}"), "reach")
    assert served == "not known"
    assert "10 Aug 2026" in sign_in(group.actor).page(f"/responders/{group.code}").text


def test_the_page_costs_the_same_with_much(group, sign_in, count_queries):
    ready()
    browsers = [sign_in(group.actor), sign_in("coordinator"), sign_in("admin"), sign_in("donor")]
    costs = []
    for turn in range(2):
        for pcode in (KHIN_U, WETLET, "MMR005D002")[: 1 + 2 * turn]:
            if turn == 0 or pcode != KHIN_U:
                reach(group.actor, pcode)
            has(group, CapacityKind.MEDICS, pcode, 3)
        logged(group.actor, ordinary())
        for browser in browsers:
            with count_queries() as asked:
                browser.page(f"/responders/{group.code}")
            costs.append(len(asked))
            assert len(asked) <= 10, asked
    assert costs[:4] == costs[4:]
