"""Photos of receipts: the group's own coordinators alone open them, every opening is in the chain, and files leave nothing behind."""

import base64
import io
import tempfile
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from aidnet.audit.models import AuditEntry
from aidnet.db import transaction
from aidnet.errors import NotVisible
from aidnet.evidence import service
from aidnet.evidence.forms import SENT_MOST
from aidnet.evidence.models import Photo
from aidnet.evidence.pictures import rebuilt
from aidnet.funding.models import Expense
from aidnet.policy import Role, unscoped
from tests import factories
from tests.evidence.test_pictures import bomb, noise, saved, told
from tests.funding.books import Books, act
from tests.world import Client

TOLD = "a test looks at everything"
NEW = "/funding/expenses/new"


@pytest.fixture
def books(app: Flask) -> Books:
    made = Books()
    made.give(1_000_00)
    made.confirm(made.send(100_00), 100_00)
    return made


@pytest.fixture
def expense(books: Books) -> Expense:
    return books.spend(10_00)


@pytest.fixture
def coordinator(books: Books, sign_in) -> Client:
    return sign_in(books.coordinator)


def receipt(color: str = "red") -> bytes:
    image = Image.new("RGB", (60, 40), color)
    return saved(image, "JPEG", exif=told(image))


def send(browser: Client, url: str, *files: bytes, **typed: Any) -> Any:
    """A page's form, sent with photos."""
    form = browser.page(url).form()
    data: dict[str, Any] = form.filled(typed)
    data["photos"] = [FileStorage(io.BytesIO(file), f"{number}.jpg") for number, file in enumerate(files)]
    # Encoded in memory: the test client would leave large bodies in temporary files.
    boundary, body = encode_multipart(data)
    return browser.post(form.action, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def photos() -> list[Photo]:
    with transaction() as session:
        return list(session.scalars(unscoped(sa.select(Photo).order_by(Photo.id), because=TOLD)))


def keep(books: Books, expense: Expense, many: int = 1) -> list[Photo]:
    pictures = [rebuilt(receipt()) for _number in range(many)]
    return list(act(service.add, books.coordinator, expense.code, pictures, uid=uuid4()))


def entries(action: str) -> int:
    statement = sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == action)
    with transaction() as session:
        return session.scalars(unscoped(statement, because=TOLD)).one()


def test_photos_are_kept_with_what_is_recorded(books: Books, coordinator: Client) -> None:
    answer = send(coordinator, NEW, receipt("red"), receipt("blue"), amount="5", fund=books.fund.code)
    assert answer.status_code == 303
    kept = photos()
    assert [(one.width, one.height, one.responder_id) for one in kept] == [(40, 60, books.group.id)] * 2
    page = coordinator.page(answer.location)
    for one in kept:
        assert one.code in page.text
        assert base64.b64decode(one.picture or "")[:2] == b"\xff\xd8"
        # Sealed: neither the picture nor its base64 is in the column.
        assert (one.picture or "")[:40].encode() not in (one.picture_sealed or b"")


def test_what_is_sent_touches_no_disk(
    books: Books, coordinator: Client, expense: Expense, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*args: Any, **more: Any) -> None:
        raise AssertionError("a photo was written to a temporary file, with all that a phone says in it")

    for name in ("SpooledTemporaryFile", "TemporaryFile", "NamedTemporaryFile"):
        monkeypatch.setattr(tempfile, name, never)
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", never)
    large = saved(noise(1500, 1100), "PNG")
    assert len(large) > 2_000_000
    assert send(coordinator, f"/funding/expenses/{expense.code}/photos/new", large).status_code == 303
    assert len(photos()) == 1


def test_a_photo_is_opened_by_a_post_that_is_written_down(books: Books, coordinator: Client, expense: Expense) -> None:
    photo = keep(books, expense)[0]
    page = coordinator.page(f"/funding/expenses/{expense.code}")
    assert "data:image" not in page.html
    address = f"/funding/expenses/{expense.code}/photos/{photo.code}/openings"
    assert coordinator.get(address).status_code == 405
    before = entries("photo.opened")
    answer = coordinator.send(page.form(address))
    assert answer.status_code == 200
    assert f"data:image/jpeg;base64,{photo.picture}" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert entries("photo.opened") == before + 1


def test_nobody_else_opens_adds_or_takes_a_photo_away(books: Books, expense: Expense, sign_in) -> None:
    photo = keep(books, expense)[0]
    here = f"/funding/expenses/{expense.code}/photos"
    others = [sign_in(books.treasurer), sign_in("auditor"), sign_in("admin"), sign_in("donor")]
    others += [sign_in(Role.COORDINATOR), sign_in(factories.actor(Role.LOGGER, at=books.group))]
    for browser in others:
        token = browser.page("/account").one("main").all("input", name="csrf_token")[0].attrs["value"]
        for path in (f"{here}/new", f"{here}/{photo.code}/removal"):
            assert browser.get(path).status_code == 404
        for path in (f"{here}/new", f"{here}/{photo.code}/removal", f"{here}/{photo.code}/openings"):
            assert browser.post(path, data={"csrf_token": token}).status_code == 404
    assert photos()[0].picture
    assert entries("photo.opened") == entries("photo.removed") == 0


def test_keepers_of_the_books_are_told_how_many(books: Books, expense: Expense, sign_in) -> None:
    photo, _second = keep(books, expense, 2)
    for who in (books.treasurer, "auditor"):
        page = sign_in(who).page(f"/funding/expenses/{expense.code}")
        assert "2, kept with the group" in page.text
        assert photo.code not in page.text


def test_a_photo_taken_away_is_gone_and_stays_a_row(books: Books, coordinator: Client, expense: Expense) -> None:
    photo = keep(books, expense)[0]
    here = f"/funding/expenses/{expense.code}/photos/{photo.code}"
    page = coordinator.sent(f"{here}/removal")
    assert "taken away on" in page.text
    (left,) = photos()
    assert (left.picture, left.picture_sealed) == (None, None)
    assert left.removed_at
    token = coordinator.page("/account").one("main").all("input", name="csrf_token")[0].attrs["value"]
    assert coordinator.post(f"{here}/openings", data={"csrf_token": token}).status_code == 404
    assert coordinator.get(f"{here}/removal").status_code == 404


def test_at_most_four_are_kept(books: Books, coordinator: Client, expense: Expense) -> None:
    keep(books, expense, 3)
    url = f"/funding/expenses/{expense.code}/photos/new"
    answer = send(coordinator, url, receipt(), receipt())
    assert answer.status_code == 422
    assert "At most 4 photos" in answer.text
    assert send(coordinator, url, receipt()).status_code == 303
    assert len(photos()) == 4
    assert url not in coordinator.page(f"/funding/expenses/{expense.code}").links()
    answer = send(coordinator, NEW, *[receipt()] * 5, amount="5", fund=books.fund.code)
    assert answer.status_code == 422
    assert "At most 4 photos" in answer.text


def test_a_form_sent_twice_keeps_its_photos_once(books: Books, expense: Expense) -> None:
    uid = uuid4()
    picture = rebuilt(receipt())
    first = act(service.add, books.coordinator, expense.code, [picture, picture], uid=uid)
    again = act(service.add, books.coordinator, expense.code, [picture, picture], uid=uid)
    assert [one.id for one in first] == [one.id for one in again]
    assert len(photos()) == 2


@pytest.mark.parametrize(
    ("file", "said"),
    [(b"no picture", "cannot be read as a photo"), (receipt()[:400], "cannot be read"), (bomb(), "too large")],
    ids=["no picture", "cut off", "a bomb"],
)
def test_a_bad_file_is_told_beside_the_field_and_keeps_what_was_typed(
    books: Books, coordinator: Client, file: bytes, said: str
) -> None:
    answer = send(coordinator, NEW, file, amount="12,345", note="two sacks", fund=books.fund.code)
    assert answer.status_code == 422
    assert said in answer.text.split('id="photos-error"')[1][:300]
    assert "12,345" in answer.text
    assert "two sacks" in answer.text
    assert "Choose the photos again" in answer.text
    assert not photos()


def test_more_than_a_page_takes_is_a_page_that_says_so(coordinator: Client, expense: Expense) -> None:
    url = f"/funding/expenses/{expense.code}/photos/new"
    answer = send(coordinator, url, bytes(SENT_MOST))
    assert answer.status_code == 413
    assert "larger than this page takes" in answer.text
    # Pages that take no files take little.
    token = coordinator.page("/account").one("main").all("input", name="csrf_token")[0].attrs["value"]
    small = coordinator.post("/funding/losses/new", data={"csrf_token": token, "amount": "5" * 2_100_000})
    assert small.status_code == 413


def test_a_photo_goes_with_no_expense_of_the_network(books: Books) -> None:
    own = books.spend(1_00, by=books.treasurer)
    for actor, code in ((books.treasurer, own.code), (books.coordinator, own.code)):
        with pytest.raises(NotVisible):
            act(service.add, actor, code, [rebuilt(receipt())], uid=uuid4())
