"""The door says that an event is called off: one more verdict

Revision ID: e4b81c6d9a27
Follows: 5e0c9a7d31b6
"""

from alembic import op

revision = "e4b81c6d9a27"
down_revision = "5e0c9a7d31b6"
branch_labels = None
depends_on = None

NAME = "ck_scan_verdict"
BEFORE = ("ok", "already_in", "not_in", "waiting", "cancelled", "wrong_event", "unknown", "full", "undone")
AFTER = (*BEFORE, "called_off")


def upgrade() -> None:
    _let_in(AFTER)


def downgrade() -> None:
    """What was said at the door of an event that was called off becomes what it said before: the ticket is no good."""
    op.execute("UPDATE scan SET verdict = 'cancelled' WHERE verdict = 'called_off'")
    _let_in(BEFORE)


def _let_in(verdicts: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{one}'" for one in verdicts)
    with op.batch_alter_table("scan") as batch:
        batch.drop_constraint(op.f(NAME), type_="check")
        batch.create_check_constraint(op.f(NAME), f"verdict IN ({listed})")
