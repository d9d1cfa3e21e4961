"""A mail that was out of date when its turn came ends as superseded

Revision ID: b6e3d8f41a07
Follows: b7d3e19f6c42
"""

from alembic import op

revision = "b6e3d8f41a07"
down_revision = "b7d3e19f6c42"
branch_labels = None
depends_on = None

BEFORE = ("waiting", "sending", "sent", "refused", "given_up", "held")
COLUMNS = {"outbox_mail": "state", "outbox_attempt": "outcome"}


def upgrade() -> None:
    _let_in((*BEFORE, "superseded"))


def downgrade() -> None:
    """The older product calls such a mail held: it was not sent either, and staff may look why."""
    for table, column in COLUMNS.items():
        op.execute(f"UPDATE {table} SET {column} = 'held' WHERE {column} = 'superseded'")
    _let_in(BEFORE)


def _let_in(states: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{one}'" for one in states)
    for table, column in COLUMNS.items():
        name = op.f(f"ck_{table}_state")
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(name, type_="check")
            batch.create_check_constraint(name, f"{column} IN ({listed})")
