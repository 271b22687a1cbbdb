"""aidnet: the shared book of a network of locally-led responders."""

from datetime import timedelta

from flask import Flask
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from aidnet import models
from aidnet.accounts import resume, sessions
from aidnet.config import ROOT, Settings
from aidnet.crypto import Keyring
from aidnet.db import init_db
from aidnet.i18n import babel, current_language
from aidnet.policy import ANONYMOUS
from aidnet.web import blueprints, commands
from aidnet.web.assets import init_assets
from aidnet.web.context import init_context
from aidnet.web.errors import init_errors
from aidnet.web.guards import public, refuse_unguarded
from aidnet.web.headers import init_headers
from aidnet.web.logs import init_logs
from aidnet.web.nav import init_nav
from aidnet.web.packing import init_packing
from aidnet.web.requests import init_requests
from aidnet.web.sheets import init_sheets
from aidnet.web.uploads import init_uploads

__all__ = ["create_app"]

csrf = CSRFProtect()


def create_app(settings: Settings | None = None) -> Flask:
    """The app, whole: settings, database, the frame of every page, then the slices."""
    settings = settings or Settings.load()
    app = Flask("aidnet", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "aidnet" / "static"))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        DEBUG=settings.debug,
        TESTING=settings.mode == "test",
        MAX_CONTENT_LENGTH=2_000_000,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        MAX_FORM_PARTS=5_000,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        SESSION_COOKIE_NAME="__Host-aidnet" if settings.behind_https else "aidnet",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.behind_https,
        TRUSTED_HOSTS=list(settings.hosts) or None,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        BABEL_DEFAULT_LOCALE="en",
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "aidnet" / "translations"),
    )
    app.extensions["aidnet.settings"] = settings
    app.extensions["aidnet.metadata"] = models.metadata
    app.extensions["aidnet.keyring"] = Keyring.of(settings.field_keys, settings.blind_key)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.behind_https:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=0, x_proto=1, x_host=1)  # type: ignore[method-assign]

    init_logs(app, settings)
    init_db(app, settings.database_url)
    babel.init_app(app, locale_selector=current_language)
    init_uploads(app)
    csrf.init_app(app)
    init_login(app)
    init_errors(app)
    init_requests(app)
    init_packing(app)
    init_headers(app, settings)
    init_assets(app)
    init_context(app)
    init_nav(app)
    blueprints.register(app, settings)
    init_sheets(app)
    commands.register(app)
    app.view_functions["static"] = public(app.view_functions["static"])
    refuse_unguarded(app)
    return app


def init_login(app: Flask) -> None:
    """flask-login over the session table. Its own session protection is off: it would keep a hash of address and browser."""
    manager = LoginManager()
    manager.session_protection = None
    manager.anonymous_user = lambda: ANONYMOUS
    manager.user_loader(sessions.load)
    manager.unauthorized_handler(resume.ask_to_sign_in)
    manager.init_app(app)
