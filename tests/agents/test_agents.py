"""What is with an agent follows the ledger both ways; more than its limit is warned of; its alias is for treasurers alone."""

from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from aidnet.agents import proof, queries, service
from aidnet.agents.models import Agent, AgentBalance, AgentState
from aidnet.agents.service import AgentDraft
from aidnet.db import transaction
from aidnet.errors import Invalid, NotVisible, Refused, Stale
from aidnet.funding.drafts import SettlementDraft
from aidnet.funding.models import FeeBearer, Payout, Rest, SettlementKind
from aidnet.funding.service import settle
from aidnet.ledger.models import LedgerEvent
from aidnet.policy import Role, unscoped
from tests import factories
from tests.funding.books import DAY, Books, act
from tests.meeting import Meeting
from tests.world import World

ALIAS = "Green umbrella"


@pytest.fixture
def books(app: Flask) -> Books:
    made = Books()
    made.give(1_000_00)
    return made


def figures(currency: str = "USD") -> tuple[int, int, int]:
    with transaction() as session:
        rows = session.scalars(unscoped(sa.select(AgentBalance), because="a test"))
        found = {row.currency: (row.handed_minor, row.settled_minor, row.lost_minor) for row in rows}
    return found.get(currency, (0, 0, 0))


def faults() -> list[str]:
    with transaction() as session:
        return [" ".join(fault) for fault in proof.faults(session)]


def the_agent() -> Agent:
    with transaction() as session:
        return session.scalars(unscoped(sa.select(Agent), because="a test")).one()


def test_one_alias_is_one_agent_however_it_is_written(books: Books) -> None:
    one, two = books.send(10_00, agent=ALIAS), books.send(10_00, agent="  green   UMBRELLA ")
    assert one.agent_id == two.agent_id == the_agent().id


def test_one_alias_named_twice_at_once_is_one_agent(books: Books, meeting: Meeting) -> None:
    came = meeting(
        lambda session: service.named(session, books.treasurer, ALIAS),
        lambda session: service.named(session, books.treasurer, ALIAS.upper()).id,
    )
    assert came == the_agent().id
    assert (the_agent().alias, the_agent().state, the_agent().version) == (ALIAS, AgentState.ACTIVE, 1)


def test_what_was_handed_over_is_settled_as_it_arrives(books: Books) -> None:
    payout = books.send(100_00, agent=ALIAS, fee_minor=2_00)
    assert figures() == (100_00, 0, 0)
    books.confirm(payout, 60_00)
    assert figures() == (100_00, 60_00, 0)
    books.confirm(payout, 30_00, rest=Rest.COST)
    assert figures() == (100_00, 100_00, 0)
    assert not faults()


def test_a_fee_out_of_the_amount_is_settled_at_once(books: Books) -> None:
    books.send(100_00, agent=ALIAS, fee_minor=2_00, fee_bearer=FeeBearer.RECEIVER)
    assert figures() == (100_00, 2_00, 0)


def test_it_is_kept_in_the_currency_that_was_handed_over(books: Books) -> None:
    payout = books.send(100_00, agent=ALIAS, into="MMK", rate=Decimal(4000))
    books.confirm(payout, 100_000)
    assert figures() == (100_00, 25_00, 0)
    assert figures("MMK") == (0, 0, 0)
    assert not faults()


def test_what_is_lost_and_repaid_is_told_apart(books: Books) -> None:
    payout = books.send(100_00, agent=ALIAS)
    books.lose(payout)
    assert figures() == (100_00, 0, 100_00)
    draft = SettlementDraft(
        uid=uuid4(), payout=payout.id, kind=SettlementKind.REPAID, amount_minor=40_00, settled_on=DAY
    )
    act(settle, books.treasurer, draft)
    assert figures() == (100_00, 40_00, 60_00)
    assert not faults()


def test_undoing_is_the_exact_inverse(books: Books) -> None:
    payout = books.send(100_00, agent=ALIAS, fee_minor=3_00, fee_bearer=FeeBearer.RECEIVER)
    books.confirm(payout, 50_00)
    books.confirm(payout, 0, rest=Rest.LOST)
    assert figures() == (100_00, 53_00, 47_00)
    books.undo(books.last_word(payout))
    assert figures() == (100_00, 53_00, 0)
    assert not faults()
    books.undo(_word(payout, 0))
    assert figures() == (100_00, 3_00, 0)
    books.undo(payout.code)
    assert figures() == (0, 0, 0)
    assert not faults()


def _word(payout: Payout, number: int) -> str:
    with transaction() as session:
        said = sa.select(LedgerEvent.code).where(
            LedgerEvent.payout_id == payout.id,
            LedgerEvent.confirmation_id.is_not(None),
            LedgerEvent.reverses_id.is_(None),
        )
        return session.scalars(unscoped(said.order_by(LedgerEvent.id), because="a test")).all()[number]


def test_the_proof_names_the_agent_by_its_code_alone(world: World, books: Books) -> None:
    books.send(100_00, agent=ALIAS)
    with world.engine.begin() as connection:
        connection.execute(sa.text("UPDATE agent_balance SET handed_minor = handed_minor + 1"))
    (fault,) = faults()
    assert fault.startswith(f"agent_balance {the_agent().code} USD")
    assert ALIAS not in fault


def limited(books: Books, minor: int | None, note: str | None = None) -> Agent:
    agent = the_agent()
    draft = AgentDraft(version=agent.version, note=note, currency="USD", limit_minor=minor)
    return act(service.change, books.treasurer, agent.id, draft)


def test_more_than_its_limit_is_warned_of_and_not_refused(books: Books) -> None:
    books.send(100_00, agent=ALIAS)
    limited(books, 150_00)
    with transaction() as session:
        assert queries.over_limit(session, books.treasurer, ALIAS, "USD", 50_00) is None
        over = queries.over_limit(session, books.treasurer, ALIAS.upper(), "USD", 50_01)
        assert over is not None
        assert (over.now_minor, over.limit_minor) == (100_00, 150_00)
        assert queries.over_limit(session, books.treasurer, "Somebody new", "USD", 50_01) is None
    books.send(400_00, agent=ALIAS)
    limited(books, None)
    with transaction() as session:
        assert queries.over_limit(session, books.treasurer, ALIAS, "USD", 50_01) is None


def test_an_older_form_does_not_overwrite_a_newer(books: Books) -> None:
    books.send(100_00, agent=ALIAS)
    version = the_agent().version
    limited(books, 150_00, note="slow on Sundays")
    with pytest.raises(Stale):
        act(
            service.change,
            books.treasurer,
            the_agent().id,
            AgentDraft(version=version, note=None, currency="USD", limit_minor=1),
        )


def test_nothing_more_is_sent_through_a_closed_agent(books: Books) -> None:
    payout = books.send(100_00, agent=ALIAS)
    act(service.close, books.treasurer, the_agent().id)
    with pytest.raises(Invalid):
        books.send(1_00, agent=ALIAS)
    books.confirm(payout, 100_00)
    act(service.reopen, books.treasurer, the_agent().id)
    books.send(1_00, agent=ALIAS)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.COORDINATOR, Role.DONOR])
def test_only_treasurers_know_agents(books: Books, role: Role) -> None:
    books.send(100_00, agent=ALIAS)
    other = factories.actor(role)
    with pytest.raises(Refused):
        act(service.named, other, ALIAS)
    with pytest.raises(NotVisible):
        act(service.close, other, the_agent().id)


def test_the_pages_tell_treasurers_alone(books: Books, sign_in) -> None:
    payout = books.send(100_00, agent=ALIAS)
    code = the_agent().code
    treasurer = sign_in(books.treasurer)
    assert ALIAS in treasurer.page("/funding/agents").text
    assert ALIAS in treasurer.page(f"/funding/payouts/{payout.code}").text
    page = treasurer.sent(f"/funding/agents/{code}/edit", limit="50", note="asks for the word first")
    assert "Over its limit" in page.text
    assert "asks for the word first" in page.text
    again = treasurer.refused(f"/funding/agents/{code}/edit", limit="-3")
    assert again.form().values["limit"] == ["-3"]
    assert "Closed" in treasurer.sent(f"/funding/agents/{code}/closure").text
    assert "In use" in treasurer.sent(f"/funding/agents/{code}/closure").text
    coordinator = sign_in(books.coordinator)
    assert ALIAS not in coordinator.page(f"/funding/payouts/{payout.code}").text
    for who in (coordinator, sign_in("auditor"), sign_in("admin"), sign_in("donor")):
        who.page("/funding/agents", status=404)
        who.page(f"/funding/agents/{code}", status=404)


def test_sending_warns_of_the_limit(books: Books, sign_in) -> None:
    books.send(100_00, agent=ALIAS)
    limited(books, 120_00)
    treasurer = sign_in(books.treasurer)
    fields = {"fund": books.fund.code, "responder": books.group.code, "amount": "30", "expected_currency": "USD"}
    page = treasurer.refused("/funding/payouts/new", **fields, agent=ALIAS, status=200)
    assert "Over the agent's limit" in page.text
    assert "USD 120.00" in page.text
    assert "Sent" in treasurer.sent(page, sure="1").text
