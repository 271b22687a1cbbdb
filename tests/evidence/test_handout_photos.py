"""Photos of hand-outs: exactly as those of receipts, private to the group whose coordinators reported it."""

import base64
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from aidnet.db import transaction
from aidnet.deliveries.models import DeliveryEvent, EventKind
from aidnet.errors import Invalid, NotVisible, Refused
from aidnet.evidence import service
from aidnet.evidence.pictures import BYTES_MOST, rebuilt
from aidnet.partners.models import Partner
from aidnet.policy import unscoped
from tests.deliveries.shared import logged, ready
from tests.evidence.test_photos import TOLD, entries, photos, receipt, send
from tests.world import Client


@pytest.fixture
def home(app: Flask, sign_in) -> Client:
    ready()
    return sign_in("coordinator")


def uid_of(delivery, kind=EventKind.DISTRIBUTED):
    statement = sa.select(DeliveryEvent.uid).where(DeliveryEvent.delivery_id == delivery.id, DeliveryEvent.kind == kind)
    with transaction() as session:
        return session.scalars(unscoped(statement.order_by(DeliveryEvent.id), because=TOLD)).first()


def keep(home, delivery, event, many=1, uid=None):
    with transaction() as session:
        return service.add_to_hand_out(
            session, home.actor, delivery.code, event, [rebuilt(receipt())] * many, uid=uid or uuid4()
        )


def test_photos_of_a_hand_out_are_kept_opened_and_taken_away(home: Client, count_queries) -> None:
    delivery = logged(home.actor)
    uid = uid_of(delivery)
    here = f"/deliveries/{delivery.code}/events/{uid}/photos"
    answer = send(home, f"{here}/new", receipt("red"), receipt("blue"))
    assert answer.status_code == 303
    kept = photos()
    assert [(one.width, one.height, one.responder_id, one.expense_id) for one in kept] == [
        (40, 60, home.actor.responder_id, None)
    ] * 2
    assert all(len(base64.b64decode(one.picture or "")) <= BYTES_MOST for one in kept)
    assert all((one.picture or "")[:40].encode() not in (one.picture_sealed or b"") for one in kept)
    with count_queries() as asked:
        home.get(f"/deliveries/{delivery.code}")
    assert len(asked) <= 10, asked
    page = home.page(f"/deliveries/{delivery.code}")
    assert "data:image" not in page.html
    opening = f"{here}/{kept[0].code}/openings"
    assert home.get(opening).status_code == 405
    shown = home.send(page.form(opening))
    assert f"data:image/jpeg;base64,{kept[0].picture}" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert entries("photo.opened") == 1
    after = home.sent(f"{here}/{kept[0].code}/removal")
    assert kept[0].code not in after.text
    assert kept[1].code in after.text
    left = photos()[0]
    assert (left.picture, left.picture_sealed) == (None, None)
    assert home.get(f"{here}/{kept[0].code}/removal").status_code == 404


def test_nobody_else_adds_opens_or_takes_away(home: Client, sign_in) -> None:
    delivery, other = logged(home.actor), logged(home.actor)
    uid = uid_of(delivery)
    (photo,) = keep(home, delivery, uid)
    with transaction() as session:
        group = session.scalars(unscoped(sa.select(Partner).where(Partner.id == home.actor.partner_id), because=TOLD)).one()
    here = f"/deliveries/{delivery.code}/events/{uid}/photos"
    others = [sign_in("coordinator"), sign_in("donor"), sign_in("admin"), sign_in("treasurer"), sign_in("logger", at=group)]
    for browser in others:
        token = browser.page("/account").one("main").all("input", name="csrf_token")[0].attrs["value"]
        for path in (f"{here}/new", f"{here}/{photo.code}/removal"):
            assert browser.get(path).status_code == 404
        for path in (f"{here}/new", f"{here}/{photo.code}/removal", f"{here}/{photo.code}/openings"):
            assert browser.post(path, data={"csrf_token": token}).status_code == 404
    assert photos()[0].picture
    assert entries("photo.opened") == entries("photo.removed") == 0
    # Nor does its own group find it under another hand-out, or keep one of what was no hand-out.
    elsewhere = f"/deliveries/{other.code}/events/{uid_of(other)}/photos/{photo.code}/removal"
    assert home.get(elsewhere).status_code == 404
    assert home.get(f"/deliveries/{delivery.code}/events/{uid_of(delivery, EventKind.LOADED)}/photos/new").status_code == 404
    for browser in others[:1]:
        with pytest.raises(NotVisible):
            keep(browser, delivery, uid)
    with pytest.raises((NotVisible, Refused)):
        keep(others[-1], delivery, uid)


def test_at_most_four_are_kept_and_what_is_sent_twice_once(home: Client) -> None:
    delivery = logged(home.actor)
    uid, sent = uid_of(delivery), uuid4()
    first, again = keep(home, delivery, uid, 3, sent), keep(home, delivery, uid, 3, sent)
    assert [one.id for one in first] == [one.id for one in again]
    with pytest.raises(Invalid, match="At most 4 photos"):
        keep(home, delivery, uid, 2)
    assert len(photos()) == 3
