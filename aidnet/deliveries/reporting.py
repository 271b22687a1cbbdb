"""Pages that add to a delivery: what happened next, and the last word on what was said before."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from aidnet import clock, policy
from aidnet.db import db, transaction
from aidnet.deliveries import queries, service, words
from aidnet.deliveries.amount_forms import Asked
from aidnet.deliveries.derive import Fact, Holder, derive, standing
from aidnet.deliveries.drafts import OUTSIDE, CorrectionDraft
from aidnet.deliveries.forms import BandsForm, ReportForm
from aidnet.deliveries.items import Line, lines_of
from aidnet.deliveries.journey import sees_events
from aidnet.deliveries.kinds import FACTS, REPORTABLE
from aidnet.deliveries.models import Delivery, EventKind
from aidnet.deliveries.timeline import Heard
from aidnet.disclosure import Withheld, field, show
from aidnet.errors import AidnetError, NotVisible
from aidnet.i18n import gettext as _
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.places.fields import PlaceField
from aidnet.places.models import Level
from aidnet.places.queries import crossings
from aidnet.policy import Actor, PartnerKind, Permission
from aidnet.web.context import quantity
from aidnet.web.forms import BaseForm, options
from aidnet.web.guards import current_actor, needs

#: What is written is answered by the way to where it stands.
WRITTEN = 303


@dataclass(frozen=True)
class Offered:
    """A place to choose, as the picker draws it."""

    code: str
    name: str
    path: str


@dataclass(frozen=True)
class Group:
    """A group to choose, by the form's value for it."""

    id: str
    name: str
    active: bool


def accuse(form: BaseForm, error: AidnetError) -> int:
    """Put a refusal beside its field; the status of the answer. What is no refusal of a field goes on up."""
    if error.status not in (409, 422):
        raise error
    if error.field == "quantities":
        error.field = "amounts"
    form.accuse(error)
    return error.status


def written(form: BaseForm, write: Callable[[Session], object]) -> int:
    """Check a form and write what it says, whole. The status of the answer: WRITTEN, or that of the form, which says what is wrong."""
    if not form.validate():
        return 422
    try:
        with transaction() as session:
            write(session)
    except AidnetError as error:
        return accuse(form, error)
    return WRITTEN


@needs(Permission.DELIVERY_REPORT)
def report(code: str) -> ResponseReturnValue:
    """Choose what happened, then say it."""
    actor = current_actor()
    delivery = policy.fetch(db(), actor, Permission.DELIVERY_REPORT, Delivery, code)
    lines = lines_of(db(), actor, delivery)
    shown = show(actor, delivery)
    kind = next((kind for kind in REPORTABLE if kind.value == request.values.get("kind")), None)
    if kind is None:
        return render_template("deliveries/kinds.html", delivery=shown, kinds=REPORTABLE, words=words)
    sent = request.form if request.method == "POST" else None
    said_by = "receiver" if kind is EventKind.CONFIRMED else "own-team"
    form = ReportForm.of(kind, _asked(lines, full=kind is EventKind.LOADED), sent, said_by=said_by)
    status = 200
    if request.method == "POST" and not _finding(form):
        status = written(form, lambda session: service.report(session, actor, code, form.draft()))
        if status == WRITTEN:
            flash(_("It is added."))
            return redirect(url_for("deliveries.show", code=code), code=status)
    _offer(db(), actor, form, delivery)
    return render_template("deliveries/report.html", delivery=shown, form=form, kind=kind, words=words), status


def _asked(lines: Sequence[Line], *, full: bool = False) -> list[Asked]:
    """The lines as a form asks for them, where the actor sees how much they are; `full`: it begins with all of each."""
    asked = []
    for line in lines:
        whole = None if isinstance(line.planned_milli, Withheld) else line.planned_milli
        hint = "" if whole is None else _("of %(whole)s", whole=quantity(whole))
        asked.append(Asked(line.number, line.item, line.unit, whole if full else None, hint))
    return asked


def _finding(form: ReportForm) -> bool:
    return "place" in form and form.place.finding


def _offer(
    session: Session,
    actor: Actor,
    form: ReportForm,
    delivery: Delivery,
    places: Sequence[Offered] = (),
    receiver: Holder = None,
) -> None:
    """What the form offers: the delivery's own places first, groups, crossings. Four statements, and those of a search.

    Goods go to groups at work, and to `receiver`, whom the event names already; they may come from any.
    """
    if "received_by" in form:
        for field_, words_of in ((form.received_by, words.RECEIVED_BY), (form.verified_by, words.VERIFIED_BY)):
            field_.choices = options([("", _("Not said")), *((each.value, word) for each, word in words_of.items())])
    if "place" in form:
        stops = _stops(session, actor, delivery, by_district=form.kind is EventKind.LOST)
        _offer_places(session, actor, form.place, {one.code: one for one in (*places, *stops)})
    if "crossing" in form:
        form.crossing.choices = options([("", _("Not said")), *((str(one.id), one.label) for one in crossings(session, actor))])
    if "giver" in form:
        groups = _groups(session, actor)
        outside = (str(OUTSIDE), _("Somebody outside"))
        own = [group for group in groups if group.id == str(delivery.responder_id)]
        others = [group for group in groups if group not in own]
        form.giver.choices = options([*((group.id, group.name) for group in (*own, *others)), outside])
        if "receiver" in form:
            there = [group for group in others if group.active or group.id == str(receiver)]
            form.receiver.choices = options([outside, *((group.id, group.name) for group in (*there, *own))])
    form.said_by.choices = options((said.value, word) for said, word in words.SAID_BY.items())


def _groups(session: Session, actor: Actor) -> list[Group]:
    """Every group, by code name."""
    statement = policy.select(actor, {Partner: Permission.RESPONDER_READ}, Partner.id, Partner.code_name, Partner.status)
    rows = session.execute(statement.where(Partner.kind == PartnerKind.RESPONDER).order_by(Partner.code_name_key))
    return [
        Group(
            id=str(row.id),
            name=str(field(actor, "partner", "code_name", row.code_name, owner_id=row.id)),
            active=row.status is PartnerStatus.ACTIVE,
        )
        for row in rows
    ]


def _stops(session: Session, actor: Actor, delivery: Delivery, *, by_district: bool) -> Iterator[Offered]:
    """The delivery's own places, or their districts."""
    for stop in queries.stops_of(session, actor, [delivery.id]).get(delivery.id, ()):
        district = stop.path.step(Level.DISTRICT)
        if not by_district:
            yield Offered(stop.code, stop.name, stop.path.label if stop.site else stop.path.above)
        elif district:
            yield Offered(district.pcode, district.called, "")


def _offer_places(session: Session, actor: Actor, place: PlaceField, known: Mapping[str, Offered]) -> None:
    """Show what was chosen and found, and places to choose without a search; what is known is not looked up."""
    if place.query or not set(place.codes) <= set(known):
        place.load(session, actor)
    chosen: list[Any] = place.chosen or [known[code] for code in place.codes if code in known]
    place.chosen = chosen
    there = {option.code for option in (*place.chosen, *place.options)}
    offered: list[Any] = [*place.options, *(one for code, one in known.items() if code not in there)]
    place.options = offered


@needs(Permission.DELIVERY_REPORT)
def asking(code: str, uid: UUID) -> ResponseReturnValue:
    """Say what its receiver answered when somebody asked whether a hand-out arrived."""
    actor = current_actor()
    delivery = policy.fetch(db(), actor, Permission.DELIVERY_REPORT, Delivery, code)
    if not sees_events(actor):
        raise NotVisible
    lines = lines_of(db(), actor, delivery)
    heard = Heard.read(db(), actor, delivery, lines)
    handed = next((one for one in standing(heard.facts.values()) if one.uid == uid and one.kind is EventKind.DISTRIBUTED), None)
    if handed is None:
        raise NotVisible
    begins = {"said_by": "receiver", "happened_on": clock.today()}
    came = [
        Asked(line.number, line.item, line.unit, hint=_("of %(whole)s", whole=quantity(handed.quantities.get(line.number, 0))))
        for line in lines
    ]
    form = ReportForm.of(EventKind.CONFIRMED, came, request.form or None, about=uid, **begins)
    del form.place
    status = 200
    if request.method == "POST":
        status = written(form, lambda session: service.report(session, actor, code, form.draft()))
        if status == WRITTEN:
            flash(_("It is added."))
            return redirect(url_for("deliveries.show", code=code, _anchor=f"e-{uid}"), code=status)
    _offer(db(), actor, form, delivery)
    asked = next(one for one in heard.told(derive({}, heard.facts.values(), delivery.responder_id)) if one.uid == uid)
    return render_template("deliveries/asking.html", delivery=show(actor, delivery), form=form, asked=asked), status


@needs(Permission.DELIVERY_CORRECT)
def correction(code: str, uid: UUID) -> ResponseReturnValue:
    """The last word on an event: other facts, or that it did not happen."""
    actor = current_actor()
    delivery = policy.fetch(db(), actor, Permission.DELIVERY_CORRECT, Delivery, code)
    lines = lines_of(db(), actor, delivery)
    heard = Heard.read(db(), actor, delivery, lines)
    if uid not in heard.facts:
        raise NotVisible
    root = heard.root_of(heard.facts[uid])
    if FACTS[root.kind].custody:
        raise NotVisible
    sent = request.form if request.method == "POST" else None
    form = ReportForm.of(root.kind, _asked(lines), sent, about=root.about, **_before(heard, root, lines))
    status = 200
    if request.method == "POST" and not _finding(form):
        took_back = "took_back" in request.form
        status = 422
        if form.uid.validate(form) if took_back else form.validate():
            facts = None if took_back else form.draft()
            try:
                with transaction() as session:
                    service.correct(session, actor, code, CorrectionDraft(event=root.uid, facts=facts, uid=form.uid.uid))
            except AidnetError as error:
                status = accuse(form, error)
            else:
                flash(_("It is corrected. What was said before stays in the record."))
                return redirect(url_for("deliveries.show", code=code), code=303)
    _offer(db(), actor, form, delivery, _known_place(actor, heard, root), heard.last_word(root).receiver)
    shown = show(actor, delivery)
    return render_template("deliveries/correction.html", delivery=shown, form=form, kind=root.kind, words=words, second_uid=uuid4()), status


def _before(heard: Heard, root: Fact, lines: Sequence[Line]) -> dict[str, Any]:
    """An event as it stands (or stood, where it was taken back), as the form shows it."""
    fact = heard.last_word(root)
    row = heard.rows[fact.uid]
    path = heard.paths.get(fact.place_id or 0)
    handed = FACTS[root.kind].receiver
    return {
        "happened_on": fact.happened_on,
        "precision": fact.precision.value,
        "amounts": [
            {
                "line": str(line.number),
                "quantity": _typed(fact.given if handed else fact.quantities, fact.quantities, line.number),
                "given": _typed(fact.quantities, {**fact.quantities, **fact.given}, line.number) if handed else "",
            }
            for line in lines
        ],
        "place": row.Site.code if row.Site else (path.pcode if path else None),
        "crossing": row.DeliveryEvent.crossing_id,
        "giver": OUTSIDE if fact.giver is None else fact.giver,
        "receiver": OUTSIDE if fact.receiver is None else fact.receiver,
        "reason": fact.reason.value if fact.reason else None,
        "households": fact.households,
        "people": fact.people,
        "said_by": row.DeliveryEvent.said_by.value,
        "answer": fact.answer.value if fact.answer else None,
        "disabled": row.DeliveryEvent.disabled,
        "received_by": row.DeliveryEvent.received_by,
        "verified_by": row.DeliveryEvent.verified_by,
        "bands": {BandsForm.name(*pair): people for pair, people in heard.bands.get(row.DeliveryEvent.id, {}).items()},
        **{kind.value: people for kind, people in heard.people.get(row.DeliveryEvent.id, {}).items()},
    }


def _typed(among: Mapping[int, int], amounts: Mapping[int, int], number: int) -> str:
    """An amount as it was typed; of a hand-over, a count only where it was not what was given."""
    return quantity(amounts[number]) if number in among else ""


def _known_place(actor: Actor, heard: Heard, root: Fact) -> list[Offered]:
    """Where the event was, as a place to choose."""
    fact = heard.last_word(root)
    path = heard.paths.get(fact.place_id or 0)
    if path is None:
        return []
    site = heard.rows[fact.uid].Site
    if site is None:
        return [Offered(path.pcode, path.name, path.above)]
    shown = show(actor, site)
    return [Offered(shown.code, str(shown.name), path.label)]
