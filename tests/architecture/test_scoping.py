"""A query that forgot the rules fails; it does not leak."""

import pytest
import sqlalchemy as sa

from aidnet import policy
from aidnet.db import db, transaction
from aidnet.deliveries.models import Delivery, DeliveryLine, Item
from aidnet.models import metadata
from aidnet.network.models import Network
from aidnet.partners.models import Partner
from aidnet.places.models import Place
from aidnet.policy import ANONYMOUS, ROLES, Permission, unscoped
from aidnet.policy.rules import ANYBODY, RULES
from aidnet.responders.models import Reach, Responder, ResponderSector
from tests import factories

P = Permission


@pytest.fixture
def coordinator(app):
    return factories.actor("coordinator")


UNSCOPED = {
    "a select": lambda actor: sa.select(Delivery),
    "a column": lambda actor: sa.select(Delivery.code),
    "a count": lambda actor: sa.select(sa.func.count()).select_from(Delivery),
    "a join": lambda actor: policy.visible(actor, P.DELIVERY_READ, Delivery).join(
        Partner, Partner.id == Delivery.responder_id
    ),
    "a subquery": lambda actor: policy.visible(actor, P.DELIVERY_READ, Delivery).where(
        Delivery.fund_id.in_(sa.select(Partner.id))
    ),
    "an exists": lambda actor: sa.select(Place).where(sa.exists().where(Reach.place_id == Place.id)),
    "a cte": lambda actor: sa.select(sa.select(Delivery.id).cte().c.id),
    "a union": lambda actor: (
        policy.visible(actor, P.DELIVERY_READ, Delivery).with_only_columns(Delivery.id).union_all(sa.select(Partner.id))
    ),
    "a line without its delivery": lambda actor: sa.select(DeliveryLine),
    "a sector with another's rule": lambda actor: policy.select(
        actor, {Delivery: P.DELIVERY_READ}, Delivery, ResponderSector
    ),
    "the same table again": lambda actor: policy.visible(actor, P.REACH_READ, Reach).where(
        Reach.responder_id.in_(sa.select(Responder.id))
    ),
}


@pytest.mark.parametrize("statement", UNSCOPED.values(), ids=UNSCOPED)
def test_a_read_without_the_rule_fails(coordinator, statement):
    with pytest.raises(RuntimeError, match=r"was read without policy\.visible"):
        db().execute(statement(coordinator))


@pytest.mark.parametrize(
    "statement", [sa.update(Partner).values(code_name="x"), sa.delete(Reach)], ids=["update", "delete"]
)
def test_a_write_to_all_rows_without_the_rule_fails(coordinator, statement):
    with transaction() as session, pytest.raises(RuntimeError, match=r"was read without policy\.visible"):
        session.execute(statement)


def test_reference_tables_are_anybodys(app):
    assert db().scalars(sa.select(Network)).one()
    assert db().scalars(sa.select(Place).limit(1)).one()


def test_the_way_round_needs_a_reason(app):
    assert db().scalars(unscoped(sa.select(Partner), because="a test looks")).all() == []
    with pytest.raises(ValueError, match="reason"):
        unscoped(sa.select(Partner), because="")


def test_a_pair_without_a_rule_is_nobodys(coordinator):
    with pytest.raises(KeyError):
        policy.visible(coordinator, P.DELIVERY_READ, Responder)


def test_a_rule_is_nothing_without_the_permission(coordinator):
    factories.responder()
    donor = factories.actor("donor")
    for actor in (ANONYMOUS, donor):
        assert db().scalars(policy.visible(actor, P.REACH_READ, Reach)).all() == []
        assert db().scalars(policy.visible(actor, P.RESPONDER_EDIT, Responder)).all() == []
    assert db().scalars(policy.visible(ANONYMOUS, P.RESPONDER_READ, Partner)).all() == []


@pytest.mark.parametrize("key", ["id", "code"])
def test_not_there_and_not_visible_are_the_same(coordinator, key):
    own, other = coordinator.partner_id, factories.responder()
    with transaction() as session:
        assert policy.fetch(session, coordinator, P.RESPONDER_EDIT, Partner, own).id == own
        foreign = other.id if key == "id" else other.code
        absent = 10**6 if key == "id" else "P-0000-0000"
        told = []
        for which in (foreign, absent):
            with pytest.raises(policy.NotVisible) as failure:
                policy.fetch(session, coordinator, P.RESPONDER_EDIT, Partner, which)
            told.append(str(failure.value))
    assert told[0] == told[1]


def test_every_rule_is_for_a_permission_that_some_role_holds():
    held = {permission for permissions in ROLES.values() for permission in permissions} | ANYBODY
    assert {permission for permission, _model in RULES} <= held


def test_every_table_is_someones_to_read_or_nobodys():
    """A table is reference, operational, part of an aggregate, or has a rule: no other can be read but by the way round."""
    ruled = {model.__tablename__ for _permission, model in RULES}
    loose = {
        table.name
        for table in metadata.sorted_tables
        if not (table.info.keys() & {"reference", "operational", "within"}) and table.name not in ruled
    }
    assert not loose
    for table in metadata.sorted_tables:
        if "within" in table.info:
            assert table.info["within"] in metadata.tables


def test_a_read_session_does_not_write(coordinator):
    row = db().scalars(policy.visible(coordinator, P.RESPONDER_EDIT, Partner)).one()
    row.code_name = "Unsaid"
    with pytest.raises(RuntimeError, match=r"outside transaction"):
        db().flush()


def test_an_item_of_another_is_not_read_through_a_delivery(coordinator):
    """Two aggregates each need their own rule."""
    statement = policy.select(coordinator, {Delivery: P.DELIVERY_READ}, Delivery, Item.name_en).join(
        DeliveryLine, DeliveryLine.delivery_id == Delivery.id
    )
    with pytest.raises(RuntimeError, match="item was read"):
        db().execute(statement.join(Item, Item.id == DeliveryLine.item_id))
