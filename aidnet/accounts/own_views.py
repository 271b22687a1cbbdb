"""One's own account: password, sessions, roles; and the word one gives on others' links."""

from uuid import UUID

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from aidnet.accounts import queries, service
from aidnet.accounts.forms import PasswordForm
from aidnet.accounts.views import bp, wait_in_words
from aidnet.db import db, transaction
from aidnet.errors import AidnetError, NotVisible
from aidnet.i18n import gettext as _
from aidnet.policy import Permission
from aidnet.rates.queries import reporting_of
from aidnet.web.guards import current_actor, needs


def _account(form: PasswordForm, status: int = 200) -> ResponseReturnValue:
    actor = current_actor()
    page = render_template(
        "accounts/account.html",
        form=form,
        roles=queries.own_roles(db(), actor),
        sessions=queries.own_sessions(db(), actor),
        announcements=queries.announcements(db(), actor),
        reporting=reporting_of(db(), actor) if actor.may(Permission.FUND_READ) else (None, []),
    )
    return page, status


@bp.get("/account")
@needs(Permission.ACCOUNT_OWN)
def account() -> ResponseReturnValue:
    """Everything about oneself."""
    return _account(PasswordForm())


@bp.post("/account/password")
@needs(Permission.ACCOUNT_OWN)
def password() -> ResponseReturnValue:
    """Change the password; all other sessions end."""
    form = PasswordForm(request.form)
    actor = current_actor()
    if not form.validate():
        return _account(form, 422)
    try:
        with transaction() as writes:
            tried = service.begin_own_try(writes, actor)
        service.check_password(tried, form.old.data)
        with transaction() as writes:
            service.change_password(writes, actor, tried, form.new.data)
    except service.Throttled as throttled:
        form.form_errors.append(wait_in_words(throttled.wait))
        return _account(form, 429)
    except service.WrongPassword:
        form.old.errors = [_("This is not your password now.")]
        return _account(form, 422)
    except AidnetError as error:
        form.accuse(error)
        return _account(form, 422)
    flash(_("Your password is changed. You were signed out everywhere else."))
    return redirect(url_for(".account"), code=303)


@bp.post("/account/sessions/<uuid:uid>/ending")
@needs(Permission.ACCOUNT_OWN)
def end_session(uid: UUID) -> ResponseReturnValue:
    """End one of one's own sessions."""
    actor = current_actor()
    with transaction() as writes:
        service.end_own_session(writes, actor, uid)
    if all(not one.current for one in queries.own_sessions(db(), actor)):
        session.clear()
        return redirect(url_for(".sign_in"), code=303)
    flash(_("That session has ended."))
    return redirect(url_for(".account"), code=303)


@bp.post("/account/role")
@needs(Permission.ACCOUNT_OWN)
def role() -> ResponseReturnValue:
    """Work in another of one's roles."""
    try:
        uid = UUID(request.form.get("membership", ""))
    except ValueError:
        raise NotVisible from None
    with transaction() as writes:
        service.switch_role(writes, current_actor(), uid)
    return redirect(url_for(".first"), code=303)


@bp.route("/links/<uuid:uid>", methods=["GET", "POST"])
@needs(Permission.INVITATION_APPROVE)
def link(uid: UUID) -> ResponseReturnValue:
    """A link that waits for one's word: agree to it, or refuse it."""
    actor = current_actor()
    if request.method == "POST":
        agrees = request.form.get("word") == "agree"
        try:
            with transaction() as writes:
                (service.approve if agrees else service.decline)(writes, actor, uid)
        except AidnetError as error:
            if isinstance(error, NotVisible):
                raise
            flash(str(error), "wait")
            return redirect(url_for(".link", uid=uid), code=303)
        flash(_("You agreed: the link works now.") if agrees else _("You refused: the link will never work."))
        return redirect(url_for(".first"), code=303)
    found = queries.to_decide(db(), actor, uid)
    if found is None:
        raise NotVisible
    return render_template("accounts/link.html", link=found)
