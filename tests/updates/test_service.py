"""An update is published once, changed by whoever read the newest, and taken back with its text."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet.audit.models import AuditEntry
from aidnet.db import transaction
from aidnet.errors import Invalid, NotVisible, Refused, Stale
from aidnet.policy import unscoped
from aidnet.updates import service
from aidnet.updates.models import UpdateAudience
from aidnet.updates.service import AlreadyWithdrawn, host_of
from tests import factories
from tests.updates.publishing import draft, published

LOOKS = "a test looks at everything"


@pytest.fixture
def coordinator(app):
    return factories.actor("coordinator")


def audited():
    """What the chain says, once the test's session is committed."""
    statement = sa.select(AuditEntry.action).where(AuditEntry.action.like("update.%")).order_by(AuditEntry.id)
    with transaction() as session:
        return list(session.scalars(unscoped(statement, because=LOOKS)))


def test_sent_twice_it_is_one_update(coordinator, session):
    sent = draft()
    first, second = (service.publish(session, coordinator, sent) for _turn in range(2))

    assert first.id == second.id
    assert (first.code[:2], first.title_en) == ("U-", "We go on")
    assert audited() == ["update.published"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title_en": ""}, "title_en"),
        ({"body": ""}, "body"),
        ({"link": "http://example.org/plain"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"published_on": date(2026, 8, 19)}, "published_on"),
    ],
)
def test_what_cannot_be_published_is_refused_beside_its_field(coordinator, session, more, field):
    with pytest.raises(Invalid) as refused:
        service.publish(session, coordinator, draft(**more))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://example.org/a?b=c#d", "example.org"),
        ("https://EXAMPLE.org:443/", "example.org"),
        ("https://ex\u0430mple.org/", "xn--exmple-4nf.org"),
        ("https://user@example.org/", ""),
        ("https://example.org:8443/", ""),
        ("https://127.0.0.1/", ""),
        ("https://localhost/", ""),
        ("https://example.org/a b", ""),
        ('https://example.org/"onclick', ""),
        ("https:/example.org", ""),
        ("//example.org", ""),
        ("https://[::1]/", ""),
        ("https://", ""),
    ],
)
def test_a_link_says_where_it_leads_or_is_none(link, host):
    assert host_of(link) == host


def test_whoever_read_an_older_one_changes_nothing(coordinator, session):
    made = service.publish(session, coordinator, draft())
    changed = replace(draft(title_en="We stay"), version=made.version)
    service.edit(session, coordinator, made.code, changed)
    assert made.title_en == "We stay"

    with pytest.raises(Stale):
        service.edit(session, coordinator, made.code, replace(changed, title_en="We leave"))


def test_taken_back_its_text_is_gone_and_that_there_was_one_stays(coordinator, session):
    made = service.publish(session, coordinator, draft(link="https://example.org/"))
    for _turn in range(2):
        service.withdraw(session, coordinator, made.code)

    assert (made.title_en, made.title_my, made.body, made.link) == ("", "", "", "")
    assert made.withdrawn_at is not None
    with pytest.raises(AlreadyWithdrawn):
        service.edit(session, coordinator, made.code, replace(draft(), version=made.version))
    assert audited() == ["update.published", "update.withdrawn"]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("coordinator", True),
        ("donor", True),
        ("admin", True),
        ("logger", False),
        ("treasurer", False),
        ("auditor", False),
    ],
)
def test_partners_publish_and_nobody_else(app, session, role, allowed):
    actor = factories.actor(role)
    if allowed:
        assert service.publish(session, actor, draft()).partner_id == actor.partner_id
    else:
        with pytest.raises(Refused):
            service.publish(session, actor, draft())


def test_another_partner_s_is_not_there_to_be_changed(coordinator, session):
    made = published(factories.actor("donor"), audience=UpdateAudience.PUBLIC)
    with pytest.raises(NotVisible):
        service.edit(session, coordinator, made.code, replace(draft(), version=1))
    with pytest.raises(NotVisible):
        service.withdraw(session, coordinator, made.code)
    with pytest.raises(NotVisible):
        service.publish(session, coordinator, draft(uid=made.uid))


def test_the_database_keeps_no_text_of_what_was_taken_back(coordinator, world):
    made = published(coordinator)
    with pytest.raises(sa.exc.IntegrityError), world.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE partner_update SET withdrawn_at = recorded_at WHERE id = :id"), {"id": made.id}
        )


def test_a_uid_is_needed(coordinator, session):
    with pytest.raises(Refused):
        service.publish(session, coordinator, draft(uid=None))
    assert service.publish(session, coordinator, draft(uid=uuid4())).id
