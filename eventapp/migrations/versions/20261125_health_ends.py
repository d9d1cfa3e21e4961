"""What an organiser asks about health ends, a week after the event where no days were given

Revision ID: 6b90c4e2d17f
Follows: d7a2f15c8e60
"""

from alembic import op

revision = "6b90c4e2d17f"
down_revision = "d7a2f15c8e60"
branch_labels = None
depends_on = None

NAME = "ck_event_field_health_ends"


def upgrade() -> None:
    op.execute("UPDATE event_field SET kept_days = 7 WHERE seen_by = 'read_access_needs' AND kept_days IS NULL")
    with op.batch_alter_table("event_field") as batch:
        batch.create_check_constraint(op.f(NAME), "seen_by <> 'read_access_needs' OR kept_days IS NOT NULL")


def downgrade() -> None:
    """The days stay: nobody can tell any more who gave none."""
    with op.batch_alter_table("event_field") as batch:
        batch.drop_constraint(op.f(NAME), type_="check")
