"""Names and passwords: who gets in, and what a stranger learns."""

import pytest

from aidnet.policy import Role
from tests import factories


@pytest.fixture
def person():
    """Somebody who may sign in, as a coordinator."""
    somebody = factories.user("Daw Mya")
    factories.membership(somebody, factories.responder("S-07"), Role.COORDINATOR)
    return somebody


def test_name_and_password_open_the_role(client, person):
    page = client.sent("/sign-in", name="daw  MYA", password=factories.PASSWORD)

    assert client.get("/account").status_code == 200
    assert "S-07" in page.text
