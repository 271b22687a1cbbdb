"""${message}.

Rules of this folder:
- numbered: 0007_add_something.py, and the revision is the file's name; one head;
- no import from aidnet: a migration keeps its own small tables; schema and data apart; grow, fill, then shrink;
- SQLite's batch mode rebuilds a table: switch foreign keys off before, check after, and make its triggers and indexes again;
- a downgrade that would lose data raises, and says which; each is tested with rows in it.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
