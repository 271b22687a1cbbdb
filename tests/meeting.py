"""Two who act at once: the second begins before the first has committed."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock
from aidnet.db import transaction
from aidnet.errors import AidnetError
from tests.world import World


class Meeting:
    """Two acts of which the second begins while the first is not committed yet."""

    def __init__(self, world: World, dialect: str) -> None:
        self.world, self.dialect = world, dialect

    def __call__(self, first: Callable[[Session], Any], second: Callable[[Session], Any]) -> Any:
        """Do both; what the second gave, or the refusal it met."""
        came: list[Any] = []
        later = clock.now() + timedelta(seconds=1)

        def run() -> None:
            with self.world.app.app_context(), clock.at(later):
                try:
                    with transaction() as session:
                        came.append(second(session))
                except (AidnetError, sa.exc.SQLAlchemyError) as error:
                    came.append(error)

        thread = Thread(target=run)
        with transaction() as session:
            first(session)
            session.flush()
            thread.start()
            if self.dialect == "postgresql":
                self._until_somebody_waits(thread)
        thread.join()
        return came[0]

    def _until_somebody_waits(self, thread: Thread) -> None:
        waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        with self.world.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while thread.is_alive() and not connection.scalar(waiting):
                thread.join(0.01)
