"""Building releases from the books."""

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from aidnet import audit, clock
from aidnet.audit.models import AuditEntry
from aidnet.db import Base, db, transaction
from aidnet.network.models import Network
from aidnet.places.models import Level
from aidnet.policy import OPERATOR, unscoped
from aidnet.releases import service
from aidnet.releases.models import (
    Release,
    ReleasedEvent,
    ReleaseLoss,
    ReleaseLossReason,
    ReleaseRow,
    ReleaseRowPlace,
    ReleaseWithdrawal,
)
from tests import factories
from tests.releases.history import KATHA, MONYWA, SHWEBO, deliverer, item, places, rice, villages, withhold

AUGUST_15 = date(2026, 8, 15)
SEPTEMBER_20 = datetime(2026, 9, 20, 6, tzinfo=UTC)


def build(today: date = AUGUST_15) -> list[Release]:
    with transaction() as session:
        return service.build(session, OPERATOR, today)


def rows(model: type[Base]) -> list:
    with transaction() as session:
        return list(session.scalars(unscoped(sa.select(model), because="a test looks at everything")))


def test_a_closed_month_is_published_with_a_line_a_district(app):
    group = deliverer()
    group.hand_out(villages(SHWEBO)[:5], items=(rice(),))
    group.hand_out(villages(MONYWA)[:6])
    (release,) = build()
    assert (release.first_month, release.last_month) == (date(2026, 7, 1), date(2026, 7, 1))
    assert release.published_on == AUGUST_15
    assert [(row.deliveries, row.villages, row.people, row.households, row.mostly) for row in rows(ReleaseRow)] == [
        (6, 6, 310, 70, ""),
        (5, 5, 260, 60, "rice"),
    ]
    pcodes = [factories.place(pcode).id for pcode in (MONYWA, SHWEBO)]
    assert [(row.number, row.place_id) for row in rows(ReleaseRowPlace)] == list(enumerate(pcodes, 1))
    assert len(rows(ReleasedEvent)) == 11


def test_a_second_run_adds_nothing(app):
    deliverer().hand_out(villages(SHWEBO)[:5])
    assert len(build()) == 1
    assert build() == []
    assert len([entry for entry in rows(AuditEntry) if entry.action == "release.published"]) == 1


def test_a_month_that_is_not_closed_waits(app):
    deliverer().hand_out(villages(SHWEBO)[:5])
    assert build(date(2026, 8, 14)) == []


def test_settings_only_make_it_later(app):
    deliverer().hand_out(villages(SHWEBO)[:5])
    with transaction() as session:
        network = session.scalars(sa.select(Network)).one()
        network.release_delay_days = 30
        audit.record(session, OPERATOR, "settings.changed", network)
    assert build() == []
    with clock.at(SEPTEMBER_20):
        assert [release.last_month for release in build(date(2026, 8, 31))] == [date(2026, 7, 1)]


def test_a_day_to_come_is_refused(app):
    assert deliverer().fund
    with pytest.raises(service.TooEarly):
        build(date(2026, 8, 19))


def test_every_closed_month_has_its_own_release(app):
    group = deliverer()
    for month in (3, 4, 5):
        group.hand_out(villages(SHWEBO)[:5], day=date(2026, month, 3))
    assert [release.last_month.month for release in build()] == [3, 4, 5]


def test_late_records_come_with_the_next_release(app):
    group = deliverer()
    group.hand_out(villages(SHWEBO)[:5], day=date(2026, 6, 3))
    with clock.at(datetime(2026, 7, 16, tzinfo=UTC)):
        build(date(2026, 7, 16))
    group.hand_out(villages(KATHA)[:5], day=date(2026, 5, 3))
    group.hand_out(villages(MONYWA)[:5])
    (release,) = build()
    told = [(row.earlier, row.deliveries) for row in rows(ReleaseRow) if row.release_id == release.id]
    assert told == [(False, 5), (True, 5)]
    assert release.first_month == date(2026, 7, 1)


def test_a_correction_before_the_release_counts_and_after_it_does_not(app):
    group = deliverer()
    events = group.hand_out(villages(SHWEBO)[:6])
    group.correct(events[0], people=92)
    group.correct(events[1], void=True)
    build()
    (row,) = rows(ReleaseRow)
    assert (row.deliveries, row.people) == (5, 300)
    group.correct(events[2], people=900)
    group.hand_out(villages(SHWEBO)[:5], day=date(2026, 8, 3))
    with clock.at(SEPTEMBER_20):
        build(SEPTEMBER_20.date())
    assert [each.people for each in rows(ReleaseRow)] == [300, 260]
    assert len(rows(ReleasedEvent)) == 10


def test_a_responder_that_withholds_is_left_out_whole(app):
    fund = factories.fund()
    open_group, hidden = deliverer(fund), deliverer(fund)
    open_group.hand_out(villages(SHWEBO)[:5])
    hidden.hand_out(villages(SHWEBO)[:8] + villages(KATHA)[:8], people=500)
    withhold(hidden.responder.id)
    (release,) = build()
    assert release.something_withheld
    assert [(row.deliveries, row.people) for row in rows(ReleaseRow)] == [(5, 260)]


def test_another_funds_responder_that_withholds_changes_nothing(app):
    deliverer().hand_out(villages(SHWEBO)[:5])
    withhold(deliverer(factories.fund("Dry season")).responder.id)
    (release,) = build()
    assert not release.something_withheld


def test_funds_are_apart(app):
    deliverer(factories.fund("One")).hand_out(villages(SHWEBO)[:3])
    deliverer(factories.fund("Two")).hand_out(villages(SHWEBO)[:3])
    assert build() == []


def test_what_no_fund_bought_is_in_no_release(app):
    group = deliverer()
    group.hand_out(villages(SHWEBO)[:5])
    with transaction() as session:
        session.execute(unscoped(sa.text("UPDATE delivery SET fund_id = NULL"), because="a test"))
    assert build() == []


def test_a_release_withdrawn_is_not_told_again(app):
    group = deliverer()
    group.hand_out(villages(SHWEBO)[:5])
    (release,) = build()
    with transaction() as session:
        service.withdraw(session, OPERATOR, release.code)
    with transaction() as session:
        service.withdraw(session, OPERATOR, release.code)
    group.hand_out(villages(MONYWA)[:5], day=date(2026, 8, 3))
    with clock.at(SEPTEMBER_20):
        (following,) = build(SEPTEMBER_20.date())
    assert len(rows(ReleaseWithdrawal)) == 1
    assert following.first_month == date(2026, 8, 1)
    assert [row.deliveries for row in rows(ReleaseRow) if row.release_id == following.id] == [5]


@pytest.mark.parametrize(("level", "told"), [(Level.VILLAGE, []), (Level.VILLAGE_TRACT, [3])])
def test_sites_count_as_villages_of_a_tract_and_as_one_of_a_village(app, level, told):
    group = deliverer()
    place = places(SHWEBO, level)[0]
    camps = tuple(group.site(place) for _each in range(3))
    group.hand_out([place] * 6, sites=camps * 2)
    build()
    assert [row.villages for row in rows(ReleaseRow)] == told


@pytest.mark.parametrize(
    "model",
    [Release, ReleaseRow, ReleaseRowPlace, ReleaseLoss, ReleaseLossReason, ReleasedEvent, ReleaseWithdrawal],
)
@pytest.mark.parametrize("act", ["UPDATE", "DELETE"])
def test_what_is_published_cannot_be_changed(app, world, model, act):
    group = deliverer()
    group.hand_out(villages(SHWEBO)[:5], items=(item("oil"),))
    group.lose(villages(SHWEBO)[:5])
    (release,) = build()
    with transaction() as session:
        service.withdraw(session, OPERATOR, release.code)
    table = model.__tablename__
    column = "release_id" if model is not Release else "fund_id"
    statement = f"UPDATE {table} SET {column} = {column}" if act == "UPDATE" else f"DELETE FROM {table}"
    with world.alone(), world.engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        connection.execute(sa.text(statement))


@pytest.mark.parametrize("wrong", ["deliveries = 4", "villages = 2", "people = 7", "households = 3", "people = -10"])
def test_the_database_refuses_a_line_below_the_floors(app, world, wrong):
    deliverer().hand_out(villages(SHWEBO)[:5])
    (release,) = build()
    values = {"deliveries": 5, "villages": 3, "people": 10, "households": 10}
    name, number = wrong.split(" = ")
    values[name] = int(number)
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.execute(
            sa.insert(ReleaseRow), [{"release_id": release.id, "number": 9, "mostly": "", "earlier": False, **values}]
        )


def test_the_command_publishes_withdraws_and_says_so(app, command):
    deliverer().hand_out(villages(SHWEBO)[:5])
    assert "1 results reports published." in command("releases", "build").output
    assert "0 results reports published." in command("releases", "build").output
    (release,) = rows(Release)
    assert "is withdrawn" in command("releases", "withdraw", release.code, "--yes").output
    command("releases", "withdraw", "R-0000-0000", "--yes", status=1)
    command("releases", "build", "--today", "2027-01-01", status=1)
    assert db().scalars(unscoped(sa.select(ReleaseWithdrawal), because="a test")).one().withdrawn_by_id is None
