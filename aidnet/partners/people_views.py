"""A partner's people and links: inviting, helping, suspending, signing out."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import disclosure, policy
from aidnet.accounts import agreement, service
from aidnet.accounts.invitations import token_of
from aidnet.db import db, transaction
from aidnet.errors import AidnetError, NotVisible
from aidnet.i18n import gettext as _
from aidnet.partners import queries, words
from aidnet.partners.forms import HelpForm, InvitationForm
from aidnet.partners.models import Partner
from aidnet.partners.views import as_shown, bp, posted_version
from aidnet.policy import ROLES_OF_KIND, Actor, Permission, Role
from aidnet.web.forms import options
from aidnet.web.guards import current_actor, needs
from aidnet.web.nav import ROLE_WORDS
from aidnet.web.qr import qr


def _home(code: str) -> str:
    actor = current_actor()
    return url_for(".show", code=code) if actor.may(Permission.PARTNER_MANAGE) else url_for(".team")


def _roles(actor: Actor, partner: Partner) -> tuple[Role, ...]:
    return ROLES_OF_KIND[partner.kind] if actor.role is Role.ADMIN else (Role.LOGGER,)


def _link_page(partner: Partner, invited: service.Invited, name: str = "") -> ResponseReturnValue:
    """The link, once. Sent again (a double click, a reload), the same form shows it again; no other page ever does."""
    url = url_for("accounts.join", token=invited.token, _external=True)
    link = disclosure.show(current_actor(), invited.invitation)
    return render_template(
        "partners/link.html",
        partner=as_shown(partner),
        url=url,
        code=qr(url),
        link=link,
        name=name,
        home=_home(partner.code),
    )


@bp.route("/partners/<code>/invitations/new", methods=["GET", "POST"])
@needs(Permission.ACCOUNT_INVITE)
def invite(code: str) -> ResponseReturnValue:
    """Invite somebody to a partner, in a role."""
    actor = current_actor()
    partner = policy.fetch(db(), actor, Permission.ACCOUNT_INVITE, Partner, code)
    given = {name: request.args.get(name, "") for name in ("role", "label", "replaces")}
    form = InvitationForm(request.form if request.method == "POST" else None, data=given)
    roles = _roles(actor, partner)
    form.role.choices = options((role, ROLE_WORDS[role]) for role in roles)
    if request.method == "GET" and len(roles) == 1:
        form.role.data = roles[0].value
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            draft = service.InvitationDraft(
                partner_id=partner.id,
                role=Role(form.role.data),
                label=form.label.data,
                uid=form.uid.uid,
                token=token_of(actor, form.uid.uid),
                replaces=_uuid(form.replaces.data),
            )
            try:
                with transaction() as session:
                    invited = service.invite(session, actor, draft)
                return _link_page(partner, invited)
            except AidnetError as error:
                if isinstance(error, NotVisible):
                    raise
                form.accuse(error)
    return render_template("partners/invite.html", form=form, partner=as_shown(partner), home=_home(code)), status


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


@bp.post("/partners/<code>/invitations/<uuid:uid>/withdrawal")
@needs(Permission.ACCOUNT_INVITE)
def withdraw(code: str, uid: UUID) -> ResponseReturnValue:
    """Take a link back."""
    try:
        with transaction() as session:
            service.withdraw(session, current_actor(), uid)
    except AidnetError as error:
        if isinstance(error, NotVisible):
            raise
        flash(str(error), "wait")
    else:
        flash(_("The link is withdrawn: it does not work any more."))
    return redirect(_home(code), code=303)


@bp.get("/partners/<code>/people/<uuid:uid>")
@needs(Permission.ACCOUNT_READ)
def person(code: str, uid: UUID) -> ResponseReturnValue:
    """One of a partner's people: state, last day, and what can be done."""
    actor = current_actor()
    found, partner, sessions = queries.person(db(), actor, code, uid)
    return render_template(
        "partners/person.html",
        person=found,
        partner=as_shown(partner),
        sessions=sessions,
        words=words,
        home=_home(code),
        shuts=actor.may(Permission.PARTNER_MANAGE),
    )


@bp.route("/partners/<code>/people/<uuid:uid>/help", methods=["GET", "POST"])
@needs(Permission.ACCOUNT_INVITE)
def help_out(code: str, uid: UUID) -> ResponseReturnValue:
    """Make a link with which somebody who is stuck sets a new password."""
    actor = current_actor()
    found, partner, _sessions = queries.person(db(), actor, code, uid)
    form = HelpForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            with transaction() as session:
                invited = service.help_out(
                    session, actor, uid, uid=form.uid.uid, token=token_of(actor, form.uid.uid)
                )
            return _link_page(partner, invited, found.name)
        except AidnetError as error:
            if isinstance(error, NotVisible):
                raise
            flash(str(error), "wait")
            return redirect(url_for(".person", code=code, uid=uid), code=303)
    return render_template("partners/help.html", form=form, person=found, partner=as_shown(partner), wait=agreement.WAIT)


@bp.route("/partners/<code>/people/<uuid:uid>/suspension", methods=["GET", "POST"])
@needs(Permission.ACCOUNT_SUSPEND)
def suspension(code: str, uid: UUID) -> ResponseReturnValue:
    """Suspend somebody's role, or lift that: asked first, then done."""
    return _suspension(code, uid, whole=False)


@bp.route("/partners/<code>/people/<uuid:uid>/account-suspension", methods=["GET", "POST"])
@needs(Permission.PARTNER_MANAGE)
def account_suspension(code: str, uid: UUID) -> ResponseReturnValue:
    """Suspend somebody's whole account, or lift that: asked first, then done."""
    return _suspension(code, uid, whole=True)


def _suspension(code: str, uid: UUID, *, whole: bool) -> ResponseReturnValue:
    actor = current_actor()
    found, partner, _sessions = queries.person(db(), actor, code, uid)
    lifts = request.values.get("lift") == "1"
    if request.method == "POST":
        try:
            with transaction() as session:
                if whole:
                    act = service.reinstate_user if lifts else service.suspend_user
                    act(session, actor, found.user_id, version=posted_version())
                else:
                    step = service.reinstate if lifts else service.suspend
                    step(session, actor, uid, version=posted_version())
        except AidnetError as error:
            if isinstance(error, NotVisible):
                raise
            flash(str(error), "wait")
        else:
            flash(_("The suspension is lifted.") if lifts else _("Suspended, and signed out everywhere."))
        return redirect(url_for(".person", code=code, uid=uid), code=303)
    version = found.account_version if whole else found.version
    return render_template(
        "partners/suspension.html", person=found, partner=as_shown(partner), whole=whole, lifts=lifts, version=version
    )


@bp.post("/partners/<code>/people/<uuid:uid>/sign-out")
@needs(Permission.ACCOUNT_SUSPEND)
def sign_out(code: str, uid: UUID) -> ResponseReturnValue:
    """End somebody's sessions; the person can sign in again."""
    actor = current_actor()
    found, _partner, _sessions = queries.person(db(), actor, code, uid)
    with transaction() as session:
        ended = service.end_sessions(session, actor, found.uid)
    flash(_("Signed out everywhere (%(count)s).", count=ended))
    return redirect(url_for(".person", code=code, uid=uid), code=303)
