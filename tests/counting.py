"""Counting what a block asks of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

#: Not counted, as design.md section 7 has it.
UNCOUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SET", "SHOW", "PRAGMA", "SAVEPOINT", "RELEASE")


@dataclass
class Counted:
    """What was asked: `len()` is the number of statements, printing it shows them."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0

    def __len__(self) -> int:
        return len(self.statements)

    def __str__(self) -> str:
        return "\n".join(f"{number}. {' '.join(each.split())}" for number, each in enumerate(self.statements, 1))


@contextmanager
def count_queries_of(engine: sa.Engine) -> Iterator[Counted]:
    """Count on `engine`, in every thread, until the block ends."""
    counted = Counted()

    def ask(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if not statement.lstrip().upper().startswith(UNCOUNTED):
            counted.statements.append(statement)

    def commit(connection: Any) -> None:
        counted.commits += 1

    event.listen(engine, "before_cursor_execute", ask)
    event.listen(engine, "commit", commit)
    try:
        yield counted
    finally:
        event.remove(engine, "before_cursor_execute", ask)
        event.remove(engine, "commit", commit)
