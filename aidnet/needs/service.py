"""Writes: what is needed, that it still is, which delivery is meant for it, and how it ended."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import flag_modified

from aidnet import audit, clock, codes, policy
from aidnet.db import insert_once
from aidnet.deliveries import references
from aidnet.deliveries.models import Delivery, DeliveryStop
from aidnet.deliveries.references import Named, Spot
from aidnet.errors import AidnetError, Invalid, NotVisible, Refused, Stale
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.needs.drafts import NeedDraft, NeedFacts
from aidnet.needs.models import Need, NeedDelivery, NeedLine, NeedState
from aidnet.needs.rows import STANDING, is_there, sees_deliveries
from aidnet.places.models import Level, Place
from aidnet.policy import Actor, Permission, unscoped

__all__ = [
    "LINES_MOST",
    "NeedOver",
    "change",
    "cover",
    "cover_standing",
    "hand_on",
    "join",
    "meet",
    "renew",
    "reopen",
    "report",
    "uncover",
    "withdraw",
]

LINES_MOST = 20
PEOPLE_MOST = 10_000_000
_UNIT_MOST = 16

_WRITE = Permission.NEED_WRITE
_HELD = "of a need that was fetched by its rule, and is held"


class NeedOver(AidnetError):
    """The need is met, joined or taken back: nothing is said of it any more, unless it is opened again."""

    status = 409
    code = "need-over"
    sentence = _l("This need is met, joined to another or taken back.")


def report(session: Session, actor: Actor, draft: NeedDraft) -> Need:
    """Write down what is needed at a place. The same `uid` again is the same need.

    Raises: Refused, Invalid (`field`: place, lines, people or reported_on), NotVisible (a uid that is somebody else's).
    """
    if actor.responder_id is None or not actor.may(_WRITE):
        raise Refused
    if draft.reported_on > clock.today():
        raise Invalid(_("This day has not come yet."), field="reported_on")
    named, spot = _named(session, actor, draft)
    row = Need(
        uid=draft.uid,
        code=codes.code_of("N", draft.uid),
        responder_id=actor.responder_id,
        reported_on=draft.reported_on,
        heard_on=draft.reported_on,
        state=NeedState.OPEN,
        ended_on=None,
        joined_into_id=None,
        recorded_at=clock.now(),
        recorded_by_id=actor.user_id,
        words=draft.words,
        version=1,
        **_facts(draft, spot),
    )
    if not insert_once(session, row):
        return policy.fetch(session, actor, _WRITE, Need, codes.code_of("N", draft.uid))
    session.add_all(_lines(row.id, draft, named))
    session.flush()
    audit.record(session, actor, "need.reported", row)
    return row


def change(session: Session, actor: Actor, code: str, *, version: int, facts: NeedFacts) -> Need:
    """Correct what a need says, while it stands.

    Raises: NotVisible, NeedOver, Stale (somebody changed it since), Invalid as `report`.
    """
    row = _standing(session, actor, code)
    if row.version != version:
        raise Stale
    named, spot = _named(session, actor, facts)
    for name, value in _facts(facts, spot).items():
        setattr(row, name, value)
    row.words = facts.words
    flag_modified(row, "state")  # a line is the need's, too: whoever changes one meets whoever changes the rest
    session.execute(unscoped(sa.delete(NeedLine).where(NeedLine.need_id == row.id), because=_HELD))
    session.add_all(_lines(row.id, facts, named))
    session.flush()
    audit.record(session, actor, "need.changed", row)
    return row


def _named(session: Session, actor: Actor, facts: NeedFacts) -> tuple[Named, Spot]:
    """What the facts name, and where. Raises: Invalid."""
    if not facts.lines and not facts.words:
        raise Invalid(_("Say what is needed: items, or a few words."), field="lines")
    if len(facts.lines) > LINES_MOST:
        raise Invalid(_("At most %(most)s items, please.", most=LINES_MOST), field="lines")
    if facts.people is not None and not 0 < facts.people <= PEOPLE_MOST:
        raise Invalid(_("Type how many people, or leave it empty."), field="people")
    named = references.find(session, actor, items={line.item for line in facts.lines}, places=[facts.place])
    spot = named.spots.get(facts.place)
    if spot is None or spot.level.depth < Level.TOWNSHIP.depth:
        raise Invalid(_("Choose a township, or a place in one."), field="place")
    if any(line.item not in named.items for line in facts.lines):
        raise Invalid(_("Choose an item of the list."), field="lines")
    return named, spot


def _facts(facts: NeedFacts, spot: Spot) -> dict[str, object]:
    return {
        "place_id": spot.place_id,
        "site_id": spot.site_id,
        "township_id": spot.township_id,
        "district_id": spot.district_id,
        "state_id": spot.state_id,
        "sector": facts.sector,
        "urgency": facts.urgency,
        "people": facts.people,
    }


def _lines(need_id: int, facts: NeedFacts, named: Named) -> Sequence[NeedLine]:
    found = []
    for number, line in enumerate(facts.lines, 1):
        item = named.items[line.item]
        unit = "".join(letter for letter in line.unit if letter.isprintable()).strip()[:_UNIT_MOST] or item.unit
        found.append(
            NeedLine(need_id=need_id, number=number, item_id=item.id, quantity_milli=line.quantity_milli, unit=unit)
        )
    return found


def renew(session: Session, actor: Actor, code: str) -> Need:
    """Say that it still is so. Twice on a day is once. Raises: NotVisible, NeedOver."""
    row = _standing(session, actor, code)
    if row.heard_on < clock.today():
        row.heard_on = clock.today()
        _note(session, actor, "need.renewed", row)
    return row


def cover(session: Session, actor: Actor, needs: Collection[str], delivery: str) -> list[Need]:
    """A delivery of the same group is meant for these needs (by code). What is linked already stays so.

    Raises: NotVisible (one of the needs), Invalid (`meant`), NeedOver, Refused (who does not see what is meant for what).
    """
    rows = _held(session, actor, needs)
    found = _delivery(session, actor, delivery)
    for row in _not_linked(session, rows, found):
        _refuse_over(row)
        _link(session, actor, row, found)
    return rows


def cover_standing(session: Session, actor: Actor, needs: Collection[str], delivery: str) -> list[Need]:
    """The same of those that stand; what is over meanwhile is left alone, and returned.

    Raises: NotVisible (one of the needs), Invalid (`meant`), Refused (who does not see what is meant for what).
    """
    rows = _held(session, actor, needs)
    found = _delivery(session, actor, delivery)
    waiting = _not_linked(session, rows, found)
    for row in waiting:
        if row.state in STANDING:
            _link(session, actor, row, found)
    return [row for row in waiting if row.state not in STANDING]


def hand_on(session: Session, actor: Actor, sources: Collection[int], delivery: Delivery) -> None:
    """A consignment that is made of others of the same group (by id) is meant for what they are, where it goes to the need's place.

    A need that is over meanwhile is left alone; so are all where the actor may not say what is meant for what.
    """
    if not actor.may(_WRITE) or not sees_deliveries(actor):
        return
    place, at = aliased(Place), aliased(Place)
    same_site = Need.site_id.is_(None) | DeliveryStop.site_id.is_(None) | (Need.site_id == DeliveryStop.site_id)
    goes_there = (
        sa.select(sa.literal(1))
        .select_from(DeliveryStop)
        .join(place, place.id == DeliveryStop.place_id)
        .join(at, at.id == Need.place_id)
        .where(DeliveryStop.delivery_id == delivery.id, is_there(place, at), same_site)
    )
    meant = sa.select(NeedDelivery.need_id).where(NeedDelivery.delivery_id.in_(sources))
    own = policy.rule(actor, _WRITE, Need) & Need.id.in_(meant) & Need.state.in_(STANDING)
    wanted = unscoped(
        sa.select(Need.code).where(own, goes_there.correlate(Need).exists()),
        because="needs carry their rule; the stops are of the delivery that the actor makes",
    )
    found = session.scalars(wanted).all()
    if found:
        cover_standing(session, actor, found, delivery.code)


def _not_linked(session: Session, rows: Sequence[Need], delivery: Delivery) -> list[Need]:
    """Those of the needs, which are held, that the delivery is not meant for yet."""
    linked = sa.select(NeedDelivery.need_id).where(
        NeedDelivery.delivery_id == delivery.id, NeedDelivery.need_id.in_([row.id for row in rows])
    )
    before = set(session.scalars(unscoped(linked, because=_HELD)))
    return [row for row in rows if row.id not in before]


def _link(session: Session, actor: Actor, row: Need, delivery: Delivery) -> None:
    session.add(NeedDelivery(need_id=row.id, delivery_id=delivery.id))
    row.state = NeedState.COVERED
    flag_modified(row, "state")
    _note(session, actor, "need.covered", row)


def uncover(session: Session, actor: Actor, code: str, delivery: str) -> Need:
    """A delivery is not meant for the need after all. Without any, it is open again. Twice is once.

    Raises: NotVisible, Invalid (`meant`), Refused.
    """
    [row] = _held(session, actor, [code])
    found = _delivery(session, actor, delivery)
    links = _links(session, row)
    link = links.pop(found.id, None)
    if link is not None:
        session.delete(link)
        if row.state is NeedState.COVERED and not links:
            row.state = NeedState.OPEN
        flag_modified(row, "state")
        _note(session, actor, "need.uncovered", row)
    return row


def _delivery(session: Session, actor: Actor, code: str) -> Delivery:
    if not sees_deliveries(actor):
        raise Refused
    statement = policy.visible(actor, Permission.DELIVERY_READ, Delivery).where(Delivery.code == code).order_by(Delivery.id)
    found = session.scalars(statement).first()
    if found is None:
        raise Invalid(_("No delivery of yours has this code."), field="meant")
    return found


def meet(session: Session, actor: Actor, code: str) -> Need:
    """It is met. Twice is once. Raises: NotVisible, NeedOver."""
    [row] = _held(session, actor, [code])
    return row if row.state is NeedState.MET else _end(session, actor, row, NeedState.MET)


def withdraw(session: Session, actor: Actor, code: str) -> Need:
    """It was reported by mistake. Twice is once. Raises: NotVisible, NeedOver."""
    [row] = _held(session, actor, [code])
    return row if row.state is NeedState.WITHDRAWN else _end(session, actor, row, NeedState.WITHDRAWN)


def _end(session: Session, actor: Actor, row: Need, state: NeedState) -> Need:
    _refuse_over(row)
    row.state, row.ended_on = state, clock.today()
    _note(session, actor, f"need.{state.value}", row)
    return row


def reopen(session: Session, actor: Actor, code: str) -> Need:
    """It is needed after all, as of today. What stands already stays so. Raises: NotVisible, NeedOver (joined to another)."""
    [row] = _held(session, actor, [code])
    if row.state is NeedState.JOINED:
        raise NeedOver
    if row.state not in STANDING:
        row.state = NeedState.COVERED if _links(session, row) else NeedState.OPEN
        row.ended_on, row.heard_on = None, clock.today()
        _note(session, actor, "need.reopened", row)
    return row


def join(session: Session, actor: Actor, code: str, *, into: str) -> Need:
    """It is the same need as another at that place, in that sector: the other stands for both, and takes over what is meant for it.

    Both are kept; the one joined points to the other. Twice is once. Raises: NotVisible, NeedOver, Invalid (`other`).
    """
    if code == into:
        raise Invalid(_("Choose another need of the same place and kind."), field="other")
    found = {row.code: row for row in _held(session, actor, [code, into])}
    row, other = found[code], found[into]
    if row.joined_into_id == other.id:
        return row
    _refuse_over(row)
    _refuse_over(other)
    if (row.place_id, row.site_id, row.sector) != (other.place_id, other.site_id, other.sector):
        raise Invalid(_("Choose another need of the same place and kind."), field="other")
    kept = _links(session, other)
    missing = [delivery_id for delivery_id in _links(session, row) if delivery_id not in kept]
    session.add_all(NeedDelivery(need_id=other.id, delivery_id=delivery_id) for delivery_id in missing)
    if missing:
        other.state = NeedState.COVERED
    other.heard_on = max(other.heard_on, row.heard_on)
    flag_modified(other, "state")
    row.state, row.joined_into_id, row.ended_on = NeedState.JOINED, other.id, clock.today()
    _note(session, actor, "need.joined", row)
    return row


def _note(session: Session, actor: Actor, action: str, row: Need) -> None:
    session.flush()
    audit.record(session, actor, action, row)


def _standing(session: Session, actor: Actor, code: str) -> Need:
    [row] = _held(session, actor, [code])
    _refuse_over(row)
    return row


def _held(session: Session, actor: Actor, wanted: Collection[str]) -> list[Need]:
    """The needs of these codes, held in one order, whoever asks. Raises: NotVisible."""
    statement = policy.visible(actor, _WRITE, Need).where(Need.code.in_(set(wanted))).order_by(Need.id)
    held = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    rows = {row.code: row for row in session.scalars(held)}
    if set(rows) != set(wanted):
        raise NotVisible
    return list(rows.values())


def _refuse_over(row: Need) -> None:
    if row.state not in STANDING:
        raise NeedOver


def _links(session: Session, row: Need) -> dict[int, NeedDelivery]:
    """What is meant for a need that is held, by delivery."""
    statement = sa.select(NeedDelivery).where(NeedDelivery.need_id == row.id)
    return {link.delivery_id: link for link in session.scalars(unscoped(statement, because=_HELD))}
