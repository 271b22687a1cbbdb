"""Every view says who may use it, or the app does not start."""

import pytest
from flask import Blueprint, Flask

from aidnet.policy import ROLES
from aidnet.web.guards import public, refuse_unguarded
from tests.world import World

#: What a stranger may open. SECURITY: whatever is added here is shown to everyone on the internet.
PUBLIC = frozenset(
    {
        "accounts.first",
        "accounts.join",
        "accounts.language",
        "accounts.leave",
        "accounts.left",
        "accounts.roles",
        "accounts.setup",
        "accounts.sign_in",
        "accounts.sign_out",
        "accounts.take",
        "assets.file",
        "health.healthz",
        "intake.receipt",
        "network.about",
        "static",
        "styleguide.page",
        # Only once the network has a public page: tests/updates/test_pages.py.
        "updates.csv",
        "updates.feed",
        "updates.index",
        "updates.show",
        "updates.week",
        "updates.xlsx",
    }
)


def test_an_app_with_a_view_that_says_neither_does_not_start() -> None:
    app = Flask("unguarded")
    app.view_functions["static"] = public(app.view_functions["static"])
    bp = Blueprint("forgotten", __name__)
    bp.get("/forgotten")(lambda: "everything")
    app.register_blueprint(bp)

    with pytest.raises(RuntimeError, match=r"forgotten.*neither"):
        refuse_unguarded(app)


def test_strangers_may_open_what_is_listed_here_and_nothing_else(world: World) -> None:
    opened = {name for name, view in world.app.view_functions.items() if not view.guard}  # type: ignore[attr-defined]

    assert not opened - PUBLIC


def test_every_permission_a_view_asks_for_is_held_by_some_role(world: World) -> None:
    held = {permission for permissions in ROLES.values() for permission in permissions}
    asked = {permission for view in world.app.view_functions.values() for permission in view.guard}  # type: ignore[attr-defined]

    assert asked <= held
