"""Kits: several items that a group gives together. They are read by whoever logs for it, and changed by its coordinators."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from aidnet import audit, clock, policy
from aidnet.db import insert_once
from aidnet.deliveries import checking, references
from aidnet.deliveries.drafts import LineDraft
from aidnet.deliveries.items import Items
from aidnet.deliveries.models import Item
from aidnet.deliveries.plan_models import Kit, KitItem
from aidnet.disclosure import Shown, audience_of, show
from aidnet.disclosure import field as shown_field
from aidnet.errors import Invalid, NotVisible, Refused, Stale
from aidnet.i18n import gettext as _
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission
from aidnet.web import keyset
from aidnet.web.context import quantity

ITEMS_MOST = 20
_NAME_MOST = 80
_UNIT_MOST = 16
_HELD = "of a kit that was found under its rule"


@dataclass(frozen=True, kw_only=True)
class KitDraft:
    """A kit: its name, and what is in one of it."""

    name: str
    items: tuple[LineDraft, ...]
    uid: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Content:
    """An item of a kit, and how much of it is in one."""

    item: str
    milli: int
    unit: str


@dataclass(frozen=True)
class KitRow:
    """A kit with what is in it."""

    kit: Shown
    version: int
    contents: tuple[Content, ...]

    def lines(self, times: int) -> Iterator[LineDraft]:
        """What so many of it are, line by line."""
        for content in self.contents:
            yield LineDraft(item=content.item, quantity_milli=content.milli * times, unit=content.unit)


def make(session: Session, actor: Actor, draft: KitDraft) -> Kit:
    """Put a kit together. The same `uid` again is the same kit.

    Raises: Refused, Invalid (`field`: name, items), NotVisible (a uid that is somebody else's).
    """
    if actor.responder_id is None or not actor.may(Permission.KIT_WRITE):
        raise Refused
    _hold_names(session, actor)
    row = Kit(uid=draft.uid, responder_id=actor.responder_id, created_at=clock.now(), closed_at=None, version=1, **_named(draft.name))
    there = policy.visible(actor, Permission.KIT_WRITE, Kit).where((Kit.name_key == row.name_key) | (Kit.uid == draft.uid))
    found = list(session.scalars(there))
    same = next((kit for kit in found if kit.uid == draft.uid), None)
    if same is not None:
        return same
    if found:
        raise Invalid(_("You have a kit of this name; perhaps it is closed."), field="name")
    contents = _contents(session, actor, draft.items)
    if not insert_once(session, row):
        raise NotVisible
    session.add_all(KitItem(kit_id=row.id, **content) for content in contents)
    session.flush()
    audit.record(session, actor, "kit.made", row, items=len(contents))
    return row


def change(session: Session, actor: Actor, uid: UUID, *, version: int, draft: KitDraft) -> Kit:
    """Give a kit another name or other items; plans that were made from it stay. Raises: NotVisible, Stale, Invalid."""
    _hold_names(session, actor)
    row = _fetch(session, actor, uid)
    if row.version != version:
        raise Stale
    for name, value in _named(draft.name).items():
        setattr(row, name, value)
    taken = policy.visible(actor, Permission.KIT_WRITE, Kit).where(Kit.name_key == row.name_key, Kit.id != row.id)
    with session.no_autoflush:
        if session.scalars(taken).first() is not None:
            raise Invalid(_("You have a kit of this name; perhaps it is closed."), field="name")
        contents = _contents(session, actor, draft.items)
    session.execute(policy.unscoped(sa.delete(KitItem).where(KitItem.kit_id == row.id), because=_HELD))
    session.add_all(KitItem(kit_id=row.id, **content) for content in contents)
    flag_modified(row, "name")
    session.flush()
    audit.record(session, actor, "kit.changed", row, items=len(contents))
    return row


def close(session: Session, actor: Actor, uid: UUID, *, closed: bool = True) -> Kit:
    """Offer a kit no more, or again. Twice is once. Raises: NotVisible."""
    row = _fetch(session, actor, uid)
    if (row.closed_at is not None) is not closed:
        row.closed_at = clock.now() if closed else None
        session.flush()
        audit.record(session, actor, "kit.closed" if closed else "kit.reopened", row)
    return row


def _hold_names(session: Session, actor: Actor) -> None:
    """Two people of one group may type one name at once: the second waits here, and finds it taken. Raises: NotVisible."""
    policy.fetch(session, actor, Permission.ACCOUNT_OWN, Partner, actor.responder_id or 0, lock=True)


def _fetch(session: Session, actor: Actor, uid: UUID) -> Kit:
    statement = policy.visible(actor, Permission.KIT_WRITE, Kit).where(Kit.uid == uid)
    row = session.scalars(statement.with_for_update(key_share=True).execution_options(populate_existing=True)).first()
    if row is None:
        raise NotVisible
    return row


def _named(name: str) -> dict[str, str]:
    kept = " ".join(name.split())
    if not kept or len(kept) > _NAME_MOST:
        raise Invalid(_("Give it a name of at most %(most)s letters.", most=_NAME_MOST), field="name")
    return {"name": kept, "name_key": references.name_key(kept)}


def _contents(session: Session, actor: Actor, drafts: Sequence[LineDraft]) -> list[dict[str, object]]:
    if not 0 < len(drafts) <= ITEMS_MOST:
        raise Invalid(_("Say what is in it: from one to %(most)s items.", most=ITEMS_MOST), field="items")
    named = references.find(session, actor, items={draft.item for draft in drafts})
    found: list[dict[str, object]] = []
    for number, draft in enumerate(drafts, 1):
        item = named.items.get(draft.item)
        if item is None:
            raise Invalid(_("Choose an item of the list."), field="items")
        if not 0 < draft.quantity_milli <= checking.MOST_MILLI or len(draft.unit) > _UNIT_MOST:
            raise Invalid(_("The quantity must be more than zero."), field="items")
        unit = draft.unit.strip() or item.unit
        found.append({"number": number, "item_id": item.id, "quantity_milli": draft.quantity_milli, "unit": unit})
    return found


def page(session: Session, actor: Actor, q: str, after: str | None) -> keyset.Page[KitRow]:
    """A page of the group's kits, the newest first. Two statements."""
    found = keyset.page(session, _listed(actor, q), Kit.created_at, Kit.id, after=after)
    return keyset.Page(_rows(session, actor, found.rows), found.after)


def everything(session: Session, actor: Actor, q: str = "", *, in_use: bool = False) -> list[KitRow]:
    """Every kit of the same list, by name. Two statements."""
    statement = _listed(actor, q).order_by(Kit.name_key)
    if in_use:
        statement = statement.where(Kit.closed_at.is_(None))
    return _rows(session, actor, session.scalars(statement).all())


def one(session: Session, actor: Actor, uid: UUID) -> KitRow:
    """One kit. One statement. Raises: NotVisible."""
    statement = (
        policy.select(actor, {Kit: Permission.DELIVERY_READ}, Kit, KitItem, Item)
        .join(KitItem, KitItem.kit_id == Kit.id)
        .join(Item, Item.id == KitItem.item_id)
        .where(Kit.uid == uid)
        .order_by(KitItem.number)
    )
    rows = session.execute(policy.unscoped(statement, because="the kit carries its rule; its items are shipped or its group's own")).all()
    if not rows:
        raise NotVisible
    kit = rows[0].Kit
    return KitRow(show(actor, kit), kit.version, tuple(_content(actor, row.KitItem, row.Item) for row in rows))


def _listed(actor: Actor, q: str) -> sa.Select[Kit]:
    statement = policy.visible(actor, Permission.DELIVERY_READ, Kit)
    key = references.name_key(q)
    return statement.where(Kit.name_key.contains(key, autoescape=True)) if key else statement


def _rows(session: Session, actor: Actor, kits: Collection[Kit]) -> list[KitRow]:
    statement = (
        sa.select(KitItem, Item)
        .join(Item, Item.id == KitItem.item_id)
        .where(KitItem.kit_id.in_([kit.id for kit in kits]))
        .order_by(KitItem.kit_id, KitItem.number)
    )
    contents: defaultdict[int, list[Content]] = defaultdict(list)
    for row, item in session.execute(policy.unscoped(statement, because=_HELD)) if kits else ():
        contents[row.kit_id].append(_content(actor, row, item))
    return [KitRow(show(actor, kit), kit.version, tuple(contents[kit.id])) for kit in kits]


def _content(actor: Actor, row: KitItem, item: Item) -> Content:
    shown = Shown(row, "kit_item", audience_of(actor, actor.responder_id))
    ref = shown_field(actor, "kit_item", "item", item.ref, owner_id=actor.responder_id)
    return Content(str(ref), shown.quantity_milli, shown.unit)


def in_words(contents: Sequence[Content], items: Items, units: dict[str, str]) -> list[str]:
    """What is in a kit as people say it: "Rice (milled), 2 bags"."""
    return [f"{items.what(content.item)}, {quantity(content.milli)} {units.get(content.unit, content.unit)}" for content in contents]
