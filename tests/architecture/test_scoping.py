"""A query that forgot the rules fails; it does not leak. Allowed and refused are tried on one row."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.accounts.models import User
from aidnet.db import Base
from aidnet.errors import NotVisible
from aidnet.models import metadata
from aidnet.partners.models import Partner
from aidnet.places.models import Place
from aidnet.policy import ROLES, Permission
from aidnet.policy.rules import RULES
from aidnet.responders.models import Responder
from tests import factories

FORGOTTEN: dict[str, Callable[[], Any]] = {
    "a plain select": lambda: sa.select(Partner),
    "columns only": lambda: sa.select(Partner.code_name),
    "a count": lambda: sa.select(sa.func.count()).select_from(Partner),
    "a subquery": lambda: sa.select(Place).where(Place.id.in_(sa.select(Responder.id))),
    "an exists": lambda: sa.select(Place).where(sa.exists().where(Partner.id == Place.id)),
    "a join": lambda: sa.select(Place).join(Partner, Partner.id == Place.id),
    "a common table": lambda: sa.select(sa.select(Partner.id).cte().c.id),
    "a union": lambda: sa.union_all(sa.select(Place.id), sa.select(Partner.id)),
    "an update": lambda: sa.update(Partner).values(code_name="x"),
    "a delete": lambda: sa.delete(Partner),
    "the bare table": lambda: sa.select(metadata.tables["partner"]),
}


@pytest.mark.parametrize("how", FORGOTTEN)
def test_a_query_that_no_policy_scoped_raises(session: Session, how: str) -> None:
    with pytest.raises(RuntimeError, match=r"without policy\.visible"):
        session.execute(FORGOTTEN[how]())


def test_a_second_table_needs_a_rule_of_its_own(session: Session) -> None:
    actor = factories.actor("admin")
    scoped = policy.visible(actor, Permission.PARTNER_READ, Partner)

    session.execute(scoped)
    with pytest.raises(RuntimeError, match="user was read"):
        session.execute(scoped.join(User, User.id == Partner.id))


def test_reference_tables_may_be_read_by_anybody(session: Session) -> None:
    assert session.scalars(sa.select(Place).limit(1)).one()


def test_a_way_round_without_a_reason_is_no_way_round() -> None:
    with pytest.raises(ValueError, match="reason"):
        policy.unscoped(sa.select(Partner), because="")


def test_a_pair_with_no_rule_is_an_error_and_never_everything() -> None:
    actor = factories.Actor()
    with pytest.raises(KeyError):
        policy.visible(actor, Permission.FUND_READ, User)


def test_one_row_is_found_or_not_found_and_a_code_that_is_not_there_is_the_same(session: Session) -> None:
    mine, theirs = factories.responder(), factories.responder()
    actor = factories.actor("coordinator", at=mine)
    permission = Permission.RESPONDER_EDIT

    assert policy.fetch(session, actor, permission, Responder, mine.id).id == mine.id
    for key in (theirs.id, 10**9):
        with pytest.raises(NotVisible) as told:
            policy.fetch(session, actor, permission, Responder, key)
        assert str(told.value) == str(NotVisible())


def test_every_rule_belongs_to_a_permission_that_some_role_holds() -> None:
    held = {permission for permissions in ROLES.values() for permission in permissions}

    assert {permission for permission, _ in RULES} <= held


def test_every_table_is_ruled_within_another_reference_or_of_the_machine() -> None:
    """A table that is none of these can be read only by `unscoped()`: say which it is."""
    ruled = {model.__tablename__ for _, model in RULES}
    unread = {
        table.name
        for table in metadata.sorted_tables
        if table.name not in ruled
        and not (table.info.get("reference") or table.info.get("operational") or table.info.get("audit"))
        and table.info.get("within") not in ruled
    }

    assert not unread


def test_what_a_table_says_of_itself_is_of_the_known_words() -> None:
    words = {"reference", "operational", "within", "append_only", "audit"}
    said = {word for table in Base.metadata.sorted_tables for word in table.info}

    assert said <= words
