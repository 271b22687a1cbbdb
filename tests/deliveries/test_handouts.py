"""The detail of hand-outs, and what their receivers say when somebody asks: kept, bounded, shown, corrected, and private where it is."""

import hashlib
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from aidnet import clock
from aidnet.clock import YANGON
from aidnet.db import transaction
from aidnet.deliveries import checking, service
from aidnet.deliveries.drafts import CorrectionDraft, EventDraft
from aidnet.deliveries.handouts import each_household
from aidnet.deliveries.models import (
    Age,
    Answer,
    DeliveryEvent,
    EventBand,
    EventKind,
    EventPrivate,
    EventQuantity,
    Precision,
    ReceivedBy,
    Sex,
    VerifiedBy,
)
from aidnet.deliveries.references import Named, Spot
from aidnet.errors import Invalid, NotVisible
from aidnet.partners.models import Partner
from aidnet.places.models import Level
from aidnet.policy import unscoped
from tests import factories
from tests.deliveries.shared import OIL, RICE, TOLD, coordinator, event, fresh, logged, ready, rice_and_oil, villages
from tests.pages import Form

GIRLS, WOMEN, MEN = (Sex.FEMALE, Age.UNDER_5), (Sex.FEMALE, Age.ADULT), (Sex.MALE, Age.ADULT)
DETAIL = {
    "bands": {GIRLS: 40, WOMEN: 210, MEN: 0},
    "disabled": 17,
    "received_by": ReceivedBy.COMMITTEE,
    "verified_by": VerifiedBy.LIST,
    "feedback": "more oil next time",
}


@pytest.fixture
def catalogue(app):
    ready()


def rows(model, **where):
    with transaction() as session:
        return list(session.scalars(unscoped(sa.select(model).filter_by(**where).order_by(*model.__table__.primary_key), because=TOLD)))


def handed(**more):
    """A delivery handed out once, to 212 households."""
    here = villages()[0]
    facts = {"households": 212, "people": 1007, "place": here} | DETAIL | more
    events = (event(EventKind.LOADED, 2), event(EventKind.DISTRIBUTED, 10, {RICE: 300_000, OIL: 150_000}, **facts))
    return rice_and_oil(events=events, places=(here,))


def uid_of(delivery, kind=EventKind.DISTRIBUTED):
    return rows(DeliveryEvent, delivery_id=delivery.id, kind=kind)[0].uid


def form_with(page, name):
    found = [Form(element, page) for element in page.all("form")]
    return next(form for form in found if name in form.names)


def question(about, answer=Answer.ACCEPTED, day=15, quantities=None, **more):
    return event(EventKind.CONFIRMED, day, quantities, about=about, answer=answer, **more)


_SPOT = Spot(1, None, Level.VILLAGE, 1, 1, 1)
_COUNTS = st.dictionaries(st.tuples(st.sampled_from(Sex), st.sampled_from(Age)), st.integers(-2, 60), max_size=15)


@given(bands=_COUNTS, people=st.none() | st.integers(0, 400), disabled=st.none() | st.integers(0, 90))
def test_bands_need_not_cover_everybody_and_never_exceed_the_people(bands, people, disabled):
    draft = EventDraft(
        kind=EventKind.DISTRIBUTED,
        happened_on=date(2026, 8, 10),
        quantities={1: 1},
        place="x",
        bands=bands,
        people=people,
        disabled=disabled,
    )
    counted = sum(bands.values())
    whole = people if people is not None else max(counted, 0)
    possible = min(bands.values(), default=0) >= 0 and counted <= whole and (disabled or 0) <= whole
    named, now = Named(spots={"x": _SPOT}), factories.NOW.astimezone(YANGON)
    if possible:
        assert (checking.fact(draft, 7, {1: 1}, named, now).people or 0) == whole
    else:
        with pytest.raises(Invalid) as refused:
            checking.fact(draft, 7, {1: 1}, named, now)
        assert refused.value.field in ("people", "disabled")


@given(milli=st.integers(1, 10**12), households=st.integers(1, 10**6))
def test_what_each_household_got_is_the_share_as_people_say_it(milli, households):
    share = each_household(milli, households)
    assert abs(share * households - milli) <= (50 if share >= 1000 else 1) * households + households
    assert share < 1000 or share % 100 == 0


def test_a_hand_out_keeps_who_was_reached_and_seals_what_people_say(catalogue):
    delivery = logged(coordinator(), handed())
    told = rows(DeliveryEvent, delivery_id=delivery.id, kind=EventKind.DISTRIBUTED)[0]
    assert {(row.sex, row.age): row.people for row in rows(EventBand)} == {GIRLS: 40, WOMEN: 210}
    assert (told.disabled, told.received_by, told.verified_by) == (17, ReceivedBy.COMMITTEE, VerifiedBy.LIST)
    (private,) = rows(EventPrivate)
    assert private.feedback == "more oil next time"
    assert b"more oil" not in (private.feedback_sealed or b"")
    assert told.private_digest == hashlib.sha256(f"{private.salt}\0\0\0more oil next time".encode()).hexdigest()


def test_logging_with_every_detail_still_takes_fourteen_statements(catalogue, count_queries):
    actor, draft = coordinator(), handed()
    with count_queries() as asked, transaction() as session:
        service.log(session, actor, draft)
    assert len(asked) <= 14, asked
    assert asked.commits == 1


def test_a_correction_takes_the_place_of_the_whole_detail(catalogue):
    actor = coordinator()
    delivery = logged(actor, handed())
    facts = event(EventKind.DISTRIBUTED, 10, {RICE: 300_000}, place=villages()[0], households=200, people=900, bands={MEN: 5})
    with transaction() as session:
        row = service.correct(session, actor, delivery.code, CorrectionDraft(event=uid_of(delivery), facts=facts))
    assert (row.disabled, row.received_by) == (None, None)
    assert {(band.sex, band.age): band.people for band in rows(EventBand, event_id=row.id)} == {MEN: 5}
    with transaction() as session:
        gone = service.correct(session, actor, delivery.code, CorrectionDraft(event=uid_of(delivery), facts=None))
    assert not rows(EventBand, event_id=gone.id)
    assert gone.verified_by is None


def test_a_question_by_phone_is_an_event_of_its_own(catalogue):
    actor = coordinator()
    delivery = logged(actor, handed())
    about = uid_of(delivery)
    with transaction() as session:
        row = service.report(session, actor, delivery.code, question(about, Answer.SHORT, quantities={RICE: 0, OIL: 90_000}))
    assert row.answer is Answer.SHORT
    assert row.about_id == rows(DeliveryEvent, uid=about)[0].id
    assert sorted(one.quantity_milli for one in rows(EventQuantity, event_id=row.id)) == [0, 90_000]
    assert fresh(delivery.code).has_discrepancy
    # The last word counts: somebody asked again.
    with clock.at(factories.NOW + timedelta(hours=1)), transaction() as session:
        service.report(session, actor, delivery.code, question(about, day=17))
    assert not fresh(delivery.code).has_discrepancy
    assert fresh(delivery.code).state.value == "confirmed"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"answer": None}, "answer"),
        ({"answer": Answer.SURPLUS}, "answer"),
        ({"about": None}, "answer"),
        ({"about": "loading"}, "about"),
        ({"about": "another's"}, "about"),
    ],
)
def test_a_question_names_a_hand_out_of_its_delivery_and_an_answer(catalogue, change, field):
    actor = coordinator()
    delivery, another = logged(actor, handed()), logged(actor, handed())
    uids = {"loading": uid_of(delivery, EventKind.LOADED), "another's": uid_of(another)}
    facts = {"about": uid_of(delivery), "answer": Answer.ACCEPTED} | change
    facts["about"] = uids.get(facts["about"], facts["about"])
    with pytest.raises(Invalid) as refused, transaction() as session:
        service.report(session, actor, delivery.code, event(EventKind.CONFIRMED, 15, **facts))
    assert refused.value.field == field


def test_the_detail_is_typed_shown_and_drawn_again_for_a_correction(catalogue, sign_in):
    home = sign_in("coordinator")
    delivery = logged(home.actor)
    url = f"/deliveries/{delivery.code}/events/new?kind=distributed"
    here = villages()[0]
    typed = {"happened_on": "2026-08-12", "amounts-0-quantity": "106", "place": here, "households": "53", "people": "250"}
    typed |= {"bands-female_adult": "၁၂၀", "bands-male_child": "131", "received_by": "teachers", "verified_by": "photos"}
    page = home.page(url)
    answer = home.post(url, data=page.form().filled({}) | typed | {"disabled": "3", "feedback": "the road was open"})
    assert answer.status_code == 422
    assert "more than all people" in answer.text
    assert 'value="131"' in answer.text
    answer = home.post(
        url, data=page.form().filled({}) | typed | {"bands-male_child": "90", "disabled": "3", "feedback": "the road was open"}
    )
    assert answer.status_code == 303
    shown = home.page(answer.location)
    for told in ("each household: Rice (milled) 2 ", "Female 120 (18 to 59 years 120)", "3 people with a disability", "teachers", "photos"):
        assert told in shown.text
    assert "the road was open" not in shown.html
    uid = next(one.uid for one in rows(DeliveryEvent, delivery_id=delivery.id) if one.disabled == 3)
    form = form_with(home.page(f"/deliveries/{delivery.code}/events/{uid}/correction"), "disabled")
    assert form.values["bands-female_adult"] == ["120"]
    assert form.values["disabled"] == ["3"]
    assert "the road was open" in home.send(shown.form(f"/deliveries/{delivery.code}/openings")).text


def test_somebody_asks_whether_a_hand_out_arrived(catalogue, sign_in, count_queries):
    home = sign_in("coordinator")
    delivery = logged(home.actor, handed())
    page = home.page(f"/deliveries/{delivery.code}")
    url = f"/deliveries/{delivery.code}/events/{uid_of(delivery)}/asking"
    assert url in page.links()
    with count_queries() as asked:
        home.get(url)
    assert len(asked) <= 10, asked
    assert "Say whether it arrived" in home.refused(url).text
    page = home.sent(url, {"answer": "short", "amounts-0-quantity": "၁၀၀", "said_by": "community", "happened_on": "2026-08-15"})
    for told in ("Asked whether it arrived", "Part of it arrived", "of the hand-out of 10 Aug", "said by people of the place"):
        assert told in page.text
    told = rows(DeliveryEvent, delivery_id=delivery.id, kind=EventKind.CONFIRMED)[0]
    correction = home.page(f"/deliveries/{delivery.code}/events/{told.uid}/correction")
    assert form_with(correction, "answer").values["answer"] == ["short"]
    with transaction() as session:
        facts = event(EventKind.CONFIRMED, 16, answer=Answer.ACCEPTED, precision=Precision.DAY)
        last = service.correct(session, home.actor, delivery.code, CorrectionDraft(event=told.uid, facts=facts))
    assert last.about_id == told.about_id


def test_nobody_else_asks(catalogue, sign_in, session):
    home = sign_in("coordinator")
    delivery = logged(home.actor, handed())
    uid = uid_of(delivery)
    (group,) = rows(Partner, id=home.actor.partner_id)
    for browser in (sign_in("coordinator"), sign_in("donor"), sign_in("admin"), sign_in("logger", at=group)):
        assert browser.get(f"/deliveries/{delivery.code}/events/{uid}/asking").status_code == 404
    assert home.get(f"/deliveries/{delivery.code}/events/{uid_of(delivery, EventKind.LOADED)}/asking").status_code == 404
    with pytest.raises(NotVisible):
        service.report(session, coordinator(), delivery.code, question(uid))
