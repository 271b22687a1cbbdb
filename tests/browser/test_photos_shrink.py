"""Photos are made smaller in the browser before they are sent; without a script they go as they are, and are kept alike."""

import base64

import pytest

from aidnet.deliveries.models import DeliveryEvent, EventKind
from aidnet.evidence.pictures import BYTES_MOST
from aidnet.policy import Role
from tests import factories
from tests.deliveries.shared import logged, ready
from tests.deliveries.test_handouts import rows
from tests.evidence.test_photos import photos
from tests.evidence.test_pictures import noise, saved

pytestmark = pytest.mark.one_database
SIZE = "document.querySelector('input[type=file]').files[0].size"


def test_a_photo_a_little_too_large_is_made_smaller_and_a_small_one_is_left_alone(browser_as):
    ready()
    actor = factories.actor(Role.COORDINATOR)
    delivery = logged(actor)
    uid = rows(DeliveryEvent, delivery_id=delivery.id, kind=EventKind.DISTRIBUTED)[0].uid
    page = browser_as(actor)
    page.goto(f"/deliveries/{delivery.code}/events/{uid}/photos/new")
    for side, is_small in ((270, False), (240, True)):
        picture = saved(noise(side, side), "PNG")
        assert 170_000 < len(picture) < 250_000
        assert (len(picture) <= BYTES_MOST) is is_small
        page.get_by_label("Photos").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": picture})
        for _turn in range(0 if is_small else 100):
            if page.evaluate(SIZE) <= BYTES_MOST:
                break
            page.wait_for_timeout(100)
        assert (page.evaluate(SIZE) == len(picture)) is is_small
        assert page.evaluate(SIZE) <= BYTES_MOST


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_a_large_photo_is_kept_either_way(app, browser_as, javascript):
    ready()
    actor = factories.actor(Role.COORDINATOR)
    delivery = logged(actor)
    uid = rows(DeliveryEvent, delivery_id=delivery.id, kind=EventKind.DISTRIBUTED)[0].uid
    large = saved(noise(2000, 1500), "PNG")
    assert len(large) > 4_000_000
    page = browser_as(actor, javascript=javascript)
    page.goto(f"/deliveries/{delivery.code}/events/{uid}/photos/new")
    page.get_by_label("Photos").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": large})
    for _turn in range(200 if javascript else 0):
        if page.evaluate(SIZE) <= BYTES_MOST:
            break
        page.wait_for_timeout(100)
    if javascript:
        assert page.evaluate(SIZE) <= BYTES_MOST
    page.get_by_role("button", name="Keep them").click()
    page.wait_for_url(f"**/deliveries/{delivery.code}*")
    (kept,) = photos()
    assert kept.width * 3 == kept.height * 4
    assert len(base64.b64decode(kept.picture or "")) <= BYTES_MOST
