"""Coming in and going out: sign-in, links, the first page, the language, the page of roles."""

from datetime import timedelta
from typing import Any, cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_login import login_user
from werkzeug.wrappers import Response

from aidnet import i18n
from aidnet.accounts import devices, joining, resume, service, sessions
from aidnet.accounts.forms import JoinForm, RecoverForm, SetUpForm, SignInForm
from aidnet.accounts.models import ApprovalNeed, InvitationPurpose, Membership, User, WebSession
from aidnet.accounts.words import PERMISSION_WORDS, ROLE_SUMMARIES
from aidnet.config import Settings
from aidnet.db import db, transaction
from aidnet.errors import AidnetError, NotVisible
from aidnet.i18n import gettext as _
from aidnet.i18n import ngettext
from aidnet.partners.models import Partner
from aidnet.policy import ROLES, Actor, Permission, Role
from aidnet.web.guards import current_actor, public
from aidnet.web.nav import ITEMS, url_of

bp = Blueprint("accounts", __name__)


def _behind_https() -> bool:
    settings: Settings = current_app.extensions["aidnet.settings"]
    return settings.behind_https


def device_cookie() -> str:
    """The name of the cookie by which a browser is known. It says nothing."""
    return "__Host-d" if _behind_https() else "d"


def home_of(role: Role | None) -> str:
    """Where a role begins."""
    urls = [url_of(item.endpoint) for item in ITEMS[role]] if role else []
    return next((url for url in urls if url), url_for("accounts.account"))


def enter(opened: sessions.Opened, actor: Actor) -> None:
    """Put the new session into this browser's cookie. What somebody else left there goes; a form of one's own stays good."""
    kept = {"language": session.get("language")}
    if sessions.whose(db(), session.get("_user_id", "")) == actor.user_id:
        kept["csrf_token"] = session.get("csrf_token")
    session.clear()
    session.update({name: value for name, value in kept.items() if value})
    login_user(actor)
    # SECURITY: flask-login leaves a hash of address and browser here, and we keep neither.
    session.pop("_id", None)
    if actor.language:
        i18n.choose(actor.language)


def _know(response: Response, token: str | None) -> Response:
    if token:
        response.set_cookie(
            device_cookie(), token, max_age=devices.KEPT, secure=_behind_https(), httponly=True, samesite="Lax", path="/"
        )
    return response


@bp.get("/")
@public
def first() -> ResponseReturnValue:
    """The start: one's own, or the way in."""
    actor = current_actor()
    return redirect(home_of(actor.role) if actor.signed_in else url_for(".sign_in"), code=303)


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Name and password."""
    form = SignInForm(request.form)
    onward = resume.local_path(request.values.get("onward")) or ""
    kept = request.form.get("kept", "")
    if request.method == "GET" and current_actor().signed_in:
        return redirect(onward or url_for(".first"), code=303)
    status, headers = 200, {}
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                return _sign_in(form, onward, resume.read(kept))
            except service.Throttled as throttled:
                status, headers = 429, {"Retry-After": str(_seconds(throttled.wait))}
                form.form_errors.append(wait_in_words(throttled.wait))
            except AidnetError as error:
                form.accuse(error)
    return render_template("accounts/sign_in.html", form=form, onward=onward, kept=kept, ended=False), status, headers


def _seconds(wait: timedelta) -> int:
    return max(1, -(-int(wait.total_seconds() * 1000) // 1000))


def wait_in_words(wait: timedelta) -> str:
    """How long to wait, for people."""
    seconds = _seconds(wait)
    if seconds <= 90:
        return ngettext(
            "Too many tries. Please wait %(num)s second, then try again.",
            "Too many tries. Please wait %(num)s seconds, then try again.",
            seconds,
        )
    minutes = -(-seconds // 60)
    return ngettext(
        "Too many tries. Please wait %(num)s minute, then try again.",
        "Too many tries. Please wait %(num)s minutes, then try again.",
        minutes,
    )


def _sign_in(form: SignInForm, onward: str, kept: resume.Kept | None) -> ResponseReturnValue:
    with transaction() as writes:
        tried = service.begin_try(writes, form.name.data, request.cookies.get(device_cookie()))
    service.check_password(tried, form.password.data)
    with transaction() as writes:
        opened, membership, partner, device = service.begin_session(writes, tried)
    user = cast(User, tried.user)
    before = sessions.whose(db(), session.get("_user_id", ""))
    enter(opened, _actor(opened, user, membership, partner))
    if kept and before == user.id:
        return _know(current_app.make_response(render_template("accounts/resume.html", kept=kept)), device)
    if kept:
        flash(_("Somebody else was signed in here before, so what they typed was thrown away."), "wait")
    return _know(redirect(onward or url_for(".first"), code=303), device)


def _actor(opened: sessions.Opened, user: User, membership: Membership, partner: Partner) -> Actor:
    return sessions.actor_of(user, membership, partner, row_id=opened.row.id, token=opened.token)


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End this session; the browser stays known, so that strangers' guesses do not slow it down."""
    _end_here()
    return redirect(resume.local_path(request.form.get("next")) or url_for(".sign_in"), code=303)


def _end_here() -> None:
    actor = current_actor()
    if actor.session_id is not None:
        with transaction() as writes:
            sessions.end(writes, WebSession.id == actor.session_id)
    session.clear()


@bp.post("/leave")
@public
def leave() -> ResponseReturnValue:
    """Leave now: the session ends, and the browser is told to forget all it has of this site."""
    _end_here()
    response = redirect(url_for(".left"), code=303)
    response.delete_cookie(device_cookie(), path="/", secure=_behind_https(), httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@bp.get("/page")
@public
def left() -> ResponseReturnValue:
    """A dull page, with nothing on it that names anything."""
    return render_template("accounts/left.html"), {"Clear-Site-Data": '"cookies", "storage"'}


@bp.post("/language")
@public
def language() -> ResponseReturnValue:
    """Speak another language from now on: in this browser, and wherever this person signs in."""
    chosen = request.form.get("language", "")
    if chosen in i18n.CODES:
        actor = current_actor()
        if actor.signed_in and actor.language != chosen:
            with transaction() as writes:
                service.choose_language(writes, actor, chosen)
        i18n.choose(chosen)
    return redirect(resume.local_path(request.form.get("next")) or url_for(".first"), code=303)


@bp.get("/roles")
@public
def roles() -> ResponseReturnValue:
    """What each role may do, drawn from the policy's own table."""
    everybody = frozenset.intersection(*ROLES.values())

    def words(held: frozenset[Permission]) -> list[LazyString]:
        return [words for permission, words in PERMISSION_WORDS.items() if permission in held]

    table = [(role, ROLE_SUMMARIES[role], words(ROLES[role] - everybody)) for role in Role]
    return render_template("accounts/roles.html", table=table, everybody=words(everybody))


@bp.route("/setup", methods=["GET", "POST"])
@public
def setup() -> ResponseReturnValue:
    """The one-time link that names the network and makes its first admin."""
    token = request.values.get("token", "")
    form = SetUpForm(request.form)
    if not service.awaits_setup(db(), token):
        return _gone(form if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction() as writes:
                    user, membership, partner = service.set_up(
                        writes,
                        token,
                        network_name=form.network_name.data,
                        name=form.name.data,
                        password=form.password.data,
                        uid=form.uid.uid,
                    )
                    opened = sessions.open_session(writes, user, membership)
                    device = devices.remember(writes, user, None)
            except service.LinkGone:
                return _gone(form)
            except AidnetError as error:
                form.accuse(error)
            else:
                return _welcome(opened, joining.Joined(user, membership, partner), device)
    return render_template("accounts/setup.html", form=form, token=token), status


def _gone(form: Any = None) -> ResponseReturnValue:
    """The page for a link that does not work; a form that was sent twice goes on to where the first one led."""
    if form is not None and form.validate() and joining.was_made(db(), form.uid.uid):
        return redirect(url_for(".first"), code=303)
    return render_template("accounts/link_gone.html", sentence=str(service.LinkGone())), 410


def _welcome(opened: sessions.Opened, joined: joining.Joined, device: str | None) -> Response:
    membership = cast(Membership, joined.membership)
    enter(opened, _actor(opened, joined.user, membership, joined.partner))
    return _know(redirect(url_for(".first"), code=303), device)


@bp.route("/join/<token>", methods=["GET", "POST"])
@public
def join(token: str) -> ResponseReturnValue:
    """What a link opens. Looking spends nothing: chats fetch links to preview them."""
    form = JoinForm(request.form)
    try:
        link = joining.look_at(db(), token)
    except service.LinkGone:
        return _gone(form if request.method == "POST" else None)
    if link.waits.approval is not ApprovalNeed.NONE:
        return render_template("accounts/link_waits.html", link=link.offer), 409 if request.method == "POST" else 200
    if link.invitation.purpose is InvitationPurpose.HELP:
        return _recover(link, token)
    if current_actor().signed_in:
        return render_template("accounts/take.html", link=link.offer, token=token)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction() as writes:
                    joined = service.accept(writes, token, form.name.data, form.password.data, uid=form.uid.uid)
                    opened = sessions.open_session(writes, joined.user, cast(Membership, joined.membership))
                    device = devices.remember(writes, joined.user, None)
            except service.LinkGone:
                return _gone(form)
            except AidnetError as error:
                form.accuse(error)
            else:
                return _welcome(opened, joined, device)
    return render_template("accounts/join.html", form=form, link=link.offer, token=token), status


@bp.post("/join/<token>/role")
@public
def take(token: str) -> ResponseReturnValue:
    """Add the link's role to the account that is signed in, and work in it at once."""
    actor = current_actor()
    if not actor.signed_in:
        return redirect(url_for(".join", token=token), code=303)
    try:
        with transaction() as writes:
            joined = service.take(writes, actor, token)
            service.switch_role(writes, actor, cast(Membership, joined.membership).uid)
    except service.LinkGone:
        if joining.was_taken(db(), token, actor):
            return redirect(url_for(".first"), code=303)
        return _gone()
    except AidnetError as error:
        if isinstance(error, NotVisible):
            raise
        flash(str(error), "wait")
        return redirect(url_for(".join", token=token), code=303)
    flash(_("The role is yours. You work in it now; switch on your account page."))
    return redirect(url_for(".first"), code=303)


def _recover(link: joining.Link, token: str) -> ResponseReturnValue:
    form = RecoverForm(request.form)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction() as writes:
                    joined = service.recover(writes, token, form.password.data)
                    opened = sessions.open_session(writes, joined.user, joined.membership) if joined.membership else None
                    device = devices.remember(writes, joined.user, None)
            except service.LinkGone:
                return _gone()
            except AidnetError as error:
                form.accuse(error)
            else:
                if opened is None:
                    flash(_("Your password is set. No role of yours may be used now: ask whoever sent the link."), "wait")
                    return redirect(url_for(".sign_in"), code=303)
                flash(_("Your new password is set. You were signed out everywhere else."))
                return _welcome(opened, joined, device)
    return render_template("accounts/recover.html", form=form, link=link.offer), status


from aidnet.accounts import own_views  # noqa: E402,F401 (the pages of one's own account belong to this blueprint)
