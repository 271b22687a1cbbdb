"""Every view says who may use it: `@needs(…)` or `@public`. The app refuses to start with one that says neither."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app
from flask_login import current_user

from aidnet.errors import NotVisible
from aidnet.policy import Actor, Permission

View = TypeVar("View", bound=Callable[..., Any])


def current_actor() -> Actor:
    """Who asks."""
    return cast(Actor, current_user._get_current_object())


def needs(*permissions: Permission) -> Callable[[View], View]:
    """Only an actor whose role holds one of `permissions`; others find nothing here, strangers are asked to sign in."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            actor = current_actor()
            if not actor.signed_in:
                return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
            if not any(actor.may(permission) for permission in permissions):
                raise NotVisible
            return view(*args, **kwargs)

        guarded.guard = permissions  # type: ignore[attr-defined]
        return cast(View, guarded)

    return guard


def public(view: View) -> View:
    """Anybody may use it."""
    view.guard = ()  # type: ignore[attr-defined]
    return view


def refuse_unguarded(app: Flask) -> None:
    """SECURITY: raises where a view says neither. Kept by tests/architecture/test_guards.py."""
    for endpoint, view in app.view_functions.items():
        if not hasattr(view, "guard"):
            raise RuntimeError(f"{endpoint} says neither @needs(…) nor @public")
