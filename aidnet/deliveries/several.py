"""What may be done to several deliveries of the list at once: the loaded ones set out today."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import FieldList, FormField, HiddenField

from aidnet import clock, policy
from aidnet.db import db, transaction
from aidnet.deliveries import items as catalogue
from aidnet.deliveries import queries, service
from aidnet.deliveries.drafts import EventDraft
from aidnet.deliveries.models import Delivery, DeliveryState, EventKind
from aidnet.deliveries.queries import DeliveryRow
from aidnet.i18n import ngettext
from aidnet.policy import Actor, Permission
from aidnet.web.forms import BaseForm, UidField
from aidnet.web.guards import current_actor, needs
from aidnet.web.keyset import SIZE


class DepartureForm(BaseForm):
    """One of them. Its uid is the report's: sent twice, it set out once."""

    code = HiddenField()
    uid = UidField()


class DeparturesForm(BaseForm):
    """Those that set out."""

    departures = FieldList(FormField(DepartureForm, separator="-"), max_entries=SIZE)


@dataclass(frozen=True)
class Chosen:
    """What was chosen of the list: what is loaded and may set out, and the rest."""

    loaded: Sequence[DeliveryRow]
    others: Sequence[DeliveryRow]


def chosen(session: Session, actor: Actor, codes: Sequence[str]) -> Chosen:
    """The deliveries with these codes that the actor may report on, a page of them at most. Four statements."""
    wanted = list(dict.fromkeys(codes))[:SIZE]
    statement = policy.visible(actor, Permission.DELIVERY_REPORT, Delivery).where(Delivery.code.in_(wanted)).order_by(Delivery.code)
    found = session.scalars(statement).all()
    rows = queries.rows_of(session, actor, found, catalogue.items(session, actor))
    pairs = list(zip(found, rows, strict=True))
    return Chosen(
        [row for delivery, row in pairs if delivery.state is DeliveryState.LOADED],
        [row for delivery, row in pairs if delivery.state is not DeliveryState.LOADED],
    )


@needs(Permission.DELIVERY_REPORT)
def departures() -> ResponseReturnValue:
    """Ask, naming each; then report that they set out today, one report each."""
    actor = current_actor()
    if request.method == "POST":
        form = DeparturesForm(request.form)
        if form.validate() and form.departures.entries:
            today = clock.today()
            with transaction() as session:
                for entry in form.departures:
                    draft = EventDraft(kind=EventKind.DEPARTED, happened_on=today, uid=entry.form.uid.uid)
                    service.report(session, actor, entry.form.code.data or "", draft)
            number = len(form.departures)
            flash(ngettext("%(num)d delivery set out today.", "%(num)d deliveries set out today.", number))
            return redirect(url_for("deliveries.index"), code=303)
    found = chosen(db(), actor, request.values.getlist("code"))
    form = DeparturesForm(data={"departures": [{"code": row.delivery.code} for row in found.loaded]})
    status = 422 if request.method == "POST" else 200
    sees = {name: queries.sees(actor, name) for name in ("place", "people")}
    return render_template("deliveries/departures.html", chosen=found, form=form, sees=sees), status
