"""Pages of updates: the list, one of them, the past week, the feed; and publishing, changing and taking back."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from aidnet import clock
from aidnet.db import db, transaction
from aidnet.disclosure import Withheld
from aidnet.errors import NotVisible
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.policy import Permission
from aidnet.updates import queries, service, words
from aidnet.updates.atom import MIMETYPE, atom
from aidnet.updates.forms import FilterForm, UpdateForm
from aidnet.updates.models import Update, UpdateAudience
from aidnet.updates.queries import UpdateRow
from aidnet.web.context import network
from aidnet.web.guards import current_actor, needs, public
from aidnet.web.keyset import asked_again
from aidnet.web.pages import active_filters, code_of, save, status
from aidnet.web.sheets import csv_response

bp = Blueprint("updates", __name__)
View = TypeVar("View", bound=Callable[..., Any])


def _has_public_page() -> bool:
    found = network()
    return found is not None and found.public_page


def readers(view: View) -> View:
    """Whoever signed in; anybody, once the network has a public page. Which rows, is the policy's to say."""

    @public
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not current_actor().signed_in and not _has_public_page():
            return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
        return view(*args, **kwargs)

    return cast(View, guarded)


@bp.get("/updates")
@readers
def index() -> ResponseReturnValue:
    """What partners published, the newest first."""
    actor = current_actor()
    form = _filters()
    return render_template(
        "updates/index.html",
        page=queries.page(db(), actor, form.wanted(), request.args.get("after")),
        form=form,
        active=active_filters(".index", form.labels()),
        csv=asked_again(url_for(".csv"), after=None),
        feed=url_for(".feed") if _has_public_page() else "",
        may_publish=actor.may(Permission.UPDATE_WRITE),
        words=words,
    )


def _filters() -> FilterForm:
    form = FilterForm(request.args)
    form.offer(queries.publishers(db(), current_actor()))
    return form


@bp.get("/updates.csv")
@readers
def csv() -> ResponseReturnValue:
    """The same as a file."""
    actor = current_actor()
    header = [_("Code"), _("What it is"), _("Title in English"), _("Title in Burmese"), _("Published by"), _("Day")]
    header += [_("Who may read it"), _("Text"), _("Link")]
    return csv_response("updates", header, _file_rows(queries.everything(db(), actor, _filters().wanted())))


def _file_rows(found: Iterator[UpdateRow]) -> Iterator[list[Any]]:
    for row in found:
        one = row.update
        seen_by = "" if isinstance(one.audience, Withheld) else str(words.AUDIENCES[one.audience])
        yield [
            *(one.code, str(words.KINDS[one.kind]), one.title_en, one.title_my, row.partner, one.published_on),
            *(seen_by, one.body, one.link),
        ]


@bp.get("/updates.atom")
@public
def feed() -> ResponseReturnValue:
    """What is public, as a feed; nothing is there before the network has a public page."""
    found = network()
    if found is None or not found.public_page:
        raise NotVisible
    body = atom(
        queries.feed(db()),
        title=found.name or "aidnet",
        here=url_for(".feed", _external=True),
        address=lambda code: url_for(".show", code=code, _external=True),
        today=clock.today(),
    )
    return Response(body, mimetype=MIMETYPE)


@bp.get("/updates/week")
@readers
def week() -> ResponseReturnValue:
    """What was published in seven days, to print and hand on."""
    actor = current_actor()
    only_public = not actor.signed_in or request.args.get("for") == UpdateAudience.PUBLIC.value
    told = queries.week(db(), actor, _last_day(), public=only_public)
    return render_template(
        "updates/week.html",
        told=told,
        only_public=only_public,
        before=asked_again(url_for(".week"), until=told.first.fromordinal(told.first.toordinal() - 1).isoformat()),
        others=asked_again(url_for(".week"), **{"for": None if only_public else UpdateAudience.PUBLIC.value}),
        words=words,
    )


def _last_day() -> date:
    """The last day of the week asked for; today, where that is none that has come."""
    try:
        return clock.parse_day(request.args.get("until", ""))
    except clock.BadDay:
        return clock.today()


@bp.route("/updates/new", methods=["GET", "POST"])
@needs(Permission.UPDATE_WRITE)
def new() -> ResponseReturnValue:
    """Publish something."""
    actor = current_actor()
    form = UpdateForm(request.form or None)
    if _must_ask(form):
        return _sure(form, url_for(".new"))
    if request.method == "POST" and "change" not in request.form:
        made = save(form, lambda session: service.publish(session, actor, form.draft()))
        if made is not None:
            flash(_("It is published."))
            return redirect(url_for(".show", code=made.code), code=303)
    return render_template("updates/new.html", form=form, one=None), status(form)


def _must_ask(form: UpdateForm) -> bool:
    """Whether it is well typed, for anybody to read, and nobody said yet that it may be."""
    if request.method != "POST" or "sure" in request.form or "change" in request.form:
        return False
    return bool(form.audience.data == UpdateAudience.PUBLIC.value and form.validate())


def _sure(form: UpdateForm, action: str) -> ResponseReturnValue:
    draft = form.draft()
    return render_template(
        "updates/sure.html", form=form, draft=draft, action=action, host=service.host_of(draft.link), words=words
    )


@bp.get("/updates/<code>")
@readers
def show(code: str) -> ResponseReturnValue:
    """One update."""
    actor = current_actor()
    row = queries.find(db(), actor, code_of("U", code))
    may_write = row.own and not row.withdrawn and actor.may(Permission.UPDATE_WRITE)
    return render_template("updates/show.html", row=row, one=row.update, may_write=may_write, words=words)


@bp.route("/updates/<code>/edit", methods=["GET", "POST"])
@needs(Permission.UPDATE_WRITE)
def edit(code: str) -> ResponseReturnValue:
    """Say it otherwise."""
    actor, code = current_actor(), code_of("U", code)
    row, version = queries.own(db(), actor, code)
    if row.withdrawn:
        raise service.AlreadyWithdrawn
    form = UpdateForm(request.form or None, data=_as_typed(row, version))
    if _must_ask(form):
        return _sure(form, url_for(".edit", code=code))
    if request.method == "POST" and "change" not in request.form:
        made: Update | None = save(form, lambda session: service.edit(session, actor, code, form.draft()))
        if made is not None:
            flash(_("It is changed."))
            return redirect(url_for(".show", code=code), code=303)
    return render_template("updates/new.html", form=form, one=row.update), status(form)


def _as_typed(row: UpdateRow, version: int) -> dict[str, Any]:
    one = row.update
    told = {name: getattr(one, name) for name in ("title_en", "title_my", "body", "link", "published_on")}
    return told | {"version": version, "kind": one.kind.value, "audience": one.audience.value}


@bp.route("/updates/<code>/withdrawal", methods=["GET", "POST"])
@needs(Permission.UPDATE_WRITE)
def withdraw(code: str) -> ResponseReturnValue:
    """Take it back."""
    actor, code = current_actor(), code_of("U", code)
    if request.method == "POST":
        with transaction() as session:
            service.withdraw(session, actor, code)
        flash(_("It is taken back. Its text is deleted."))
        return redirect(url_for(".show", code=code), code=303)
    row, _version = queries.own(db(), actor, code)
    if row.withdrawn:
        raise service.AlreadyWithdrawn
    title = row.titles(current_language())[0][1]
    return render_template("updates/withdrawal.html", row=row, one=row.update, title=title)
