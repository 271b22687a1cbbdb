"""Setting the stage: the network, its partners, people, places, funds and crossings, made by the acts that pages make them with."""

import csv
import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.accounts import invitations, joining, sessions
from aidnet.accounts import service as accounts
from aidnet.accounts.invitations import InvitationDraft
from aidnet.db import transaction
from aidnet.demo.cast import DONORS, FUNDS, GROUPS, OWN_CROSSINGS, PEOPLE, Group
from aidnet.demo.telling import Stage
from aidnet.funding import service as funding
from aidnet.funding.drafts import FundDraft
from aidnet.partners import service as partners
from aidnet.partners.models import Partner
from aidnet.partners.service import RegistrationDraft
from aidnet.places import service as places
from aidnet.places.load import load_gazetteer
from aidnet.places.models import Crossing, Place
from aidnet.places.service import CrossingDraft
from aidnet.policy import Actor, PartnerKind, Permission, Role
from aidnet.responders import service as responders
from aidnet.responders.service import ProfileDraft, ReachDraft

VILLAGES = Path(__file__).with_name("data") / "villages.csv"
NETWORK_NAME = "Sagaing network"
DISTRICTS = ("MMR005D002", "MMR005D003", "MMR005D004", "MMR005D009", "MMR005D010")
_WORDS = (
    "river", "copper", "monsoon", "lantern", "basket", "mango", "paper", "ferry", "pepper", "window", "cotton", "saddle", "bamboo",
    "thunder", "velvet", "kettle", "orchid", "marble", "harvest", "ladder", "indigo", "pocket", "ginger", "anchor", "meadow", "walnut",
)  # fmt: skip


@dataclass(frozen=True)
class Account:
    """A sign-in as the demo tells it."""

    role: Role
    partner: str
    name: str
    password: str


@dataclass(frozen=True)
class Set:
    """The stage, the people on it as actors by sign-in name, and how to sign in as each."""

    stage: Stage
    people: dict[str, Actor]
    accounts: tuple[Account, ...]


def _password(chance: random.Random) -> str:
    return "-".join(chance.sample(_WORDS, 4))


def set_stage(chance: random.Random, today: date) -> Set:
    """Make everything that the story takes for granted. The network is new; places and the catalogue are loaded."""
    with transaction() as session:
        load_gazetteer(session, VILLAGES)
    entries = tuple(Account(role, at or NETWORK_NAME, name, _password(chance)) for role, at, name in PEOPLE)
    admin_entry = entries[0]
    with transaction() as session:
        token = accounts.new_setup_token(session)
        admin = sessions.actor_of(
            *accounts.set_up(
                session, token, network_name=NETWORK_NAME, name=admin_entry.name, password=admin_entry.password
            )
        )
    people = {admin_entry.name: admin}
    with transaction() as session:
        ids = _register(session, admin, chance) | {NETWORK_NAME: int(admin.partner_id or 0)}
    for entry in entries[1:]:
        with transaction() as session:
            people[entry.name] = _join(session, admin, entry, ids[entry.partner], _uid(chance))
    with transaction() as session:
        stage = _stage(session, people, ids, chance)
    for group in GROUPS:
        with transaction() as session:
            _describe(session, people[f"coordinator-{group.code_name.lower()}"], group, stage, chance, today)
    return Set(stage, people, entries)


def _uid(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _register(session: Session, admin: Actor, chance: random.Random) -> dict[str, int]:
    """Every partner; their ids by code name."""
    drafts = [
        *(
            RegistrationDraft(PartnerKind.RESPONDER, each.code_name, each.own_name, each.kind, _uid(chance))
            for each in GROUPS
        ),
        *(RegistrationDraft(PartnerKind.DONOR, each.code_name, each.own_name, uid=_uid(chance)) for each in DONORS),
    ]
    return {draft.code_name: partners.register(session, admin, draft).id for draft in drafts}


def _join(session: Session, admin: Actor, entry: Account, partner_id: int, uid: UUID) -> Actor:
    """An admin makes a link, and the person takes it."""
    made = invitations.invite(session, admin, InvitationDraft(partner_id, entry.role, label=entry.name, uid=uid))
    joined = joining.accept(session, made.token, entry.name, entry.password)
    assert joined.membership is not None  # noqa: S101 (a link to join gives a role)
    return sessions.actor_of(joined.user, joined.membership, joined.partner)


def _stage(session: Session, people: dict[str, Actor], ids: dict[str, int], chance: random.Random) -> Stage:
    treasurer = people["abacus"]
    funds = [
        funding.open_fund(session, treasurer, FundDraft(uid=_uid(chance), name=each.name, purpose=each.purpose)).id
        for each in FUNDS
    ]
    crossings: dict[str, int] = {}
    for group, (name, country) in OWN_CROSSINGS.items():
        coordinator = people[f"coordinator-{group.lower()}"]
        crossings[name] = places.add_crossing(session, coordinator, CrossingDraft(_uid(chance), name, country)).id
        shipped = session.scalars(policy.visible(coordinator, Permission.DELIVERY_LOG, Crossing))
        crossings |= {crossing.slug: crossing.id for crossing in shipped if crossing.slug}
    districts = session.scalars(sa.select(Place.id).where(Place.pcode.in_(DISTRICTS)).order_by(Place.pcode)).all()
    return Stage(
        responders={each.code_name: ids[each.code_name] for each in GROUPS},
        donors={each.code_name: ids[each.code_name] for each in DONORS},
        funds=tuple(funds),
        crossings=crossings,
        villages=villages_by_township(),
        districts=tuple(districts),
    )


def villages_by_township() -> dict[str, tuple[str, ...]]:
    """P-codes of the invented villages, by the real township they are put in."""
    with VILLAGES.open(newline="") as file:
        rows = list(csv.DictReader(file))
    township_of = {row["pcode"]: row["parent_pcode"] for row in rows if row["level"] == "village_tract"}
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["level"] == "village":
            found[township_of[row["parent_pcode"]]].append(row["pcode"])
    return {township: tuple(villages) for township, villages in found.items()}


def _describe(
    session: Session, coordinator: Actor, group: Group, stage: Stage, chance: random.Random, today: date
) -> None:
    """The group's own word on itself, and every village it reaches."""
    responder = policy.fetch(session, coordinator, Permission.RESPONDER_EDIT, Partner, int(coordinator.partner_id or 0))
    profile = ProfileDraft(
        version=1,
        own_name=group.own_name,
        kind=group.kind,
        sectors=group.sectors,
        since_year=group.since_year,
        pledged_on=date(2021, 3, 1) + timedelta(chance.randint(0, 400)) if group.pledged else None,
        about="Invented for the demo.",
        contact="Nobody: this group is invented.",
    )
    responders.edit_profile(session, coordinator, responder.code, profile)
    pcodes = [village for township in group.townships for village in stage.villages[township]]
    ids = {row.pcode: row.id for row in session.scalars(sa.select(Place).where(Place.pcode.in_(pcodes)))}
    for pcode in pcodes:
        since = today - timedelta(chance.randint(620, 1400))
        draft = ReachDraft(place_id=ids[pcode], way=group.way, since_on=since, uid=_uid(chance))
        responders.add_reach(session, coordinator, draft)
