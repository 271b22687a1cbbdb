"""A network whose people have signed in, so that two of them are there."""

from uuid import uuid4

import sqlalchemy as sa

from aidnet import clock
from aidnet.accounts.models import Presence
from aidnet.approvals import service
from aidnet.approvals.models import Approval
from aidnet.db import transaction
from aidnet.policy import Actor, Role, unscoped
from tests import factories
from tests.funding.books import Books


def present(*people: Actor) -> None:
    """These people have been here."""
    with transaction() as session:
        session.add_all(Presence(user_id=person.user_id, last_seen_on=clock.today()) for person in people)


class Staffed(Books):
    """The same books in a network with a treasurer, an auditor and an admin, and a limit of 100 USD."""

    def __init__(self) -> None:
        super().__init__()
        self.auditor = factories.actor(Role.AUDITOR)
        self.admin = factories.actor(Role.ADMIN)
        present(self.treasurer, self.auditor, self.admin)
        self.limit(100_00)

    def limit(self, minor: int | None, currency: str = "USD", by: Actor | None = None) -> Approval | None:
        with transaction() as session:
            return service.change_limit(session, by or self.admin, currency=currency, limit_minor=minor, uid=uuid4())

    def requests(self) -> list[Approval]:
        """Everything that was ever asked for, oldest first."""
        with transaction() as session:
            statement = sa.select(Approval).order_by(Approval.id)
            return list(session.scalars(unscoped(statement, because="a test")))
