"""The slices' pages, in one list."""

from importlib import import_module

from flask import Flask

from aidnet.config import Settings
from aidnet.web import health, styleguide

#: Each has a `views` module with a blueprint `bp`.
SLICES = (
    "accounts",
    "partners",
    "places",
    "responders",
    "deliveries",
    "custody",
    "needs",
    "access",
    "evacuations",
    "updates",
    "evidence",
    "funding",
    "intake",
    "oldbooks",
    "rates",
    "agents",
    "approvals",
    "releases",
    "statements",
    "grants",
    "trace",
    "audit",
    "search",
    "network",
)


def register(app: Flask, settings: Settings) -> None:
    """Register every slice's blueprint."""
    app.register_blueprint(health.bp)
    app.register_blueprint(styleguide.bp)
    for name in SLICES:
        app.register_blueprint(import_module(f"aidnet.{name}.views").bp)
