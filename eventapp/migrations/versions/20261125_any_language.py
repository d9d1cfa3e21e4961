"""Which languages there are is known in one place, and no longer to two tables

Revision ID: d7a2f15c8e60
Follows: c93b0f6e1a84
"""

from alembic import op

revision = "d7a2f15c8e60"
down_revision = "c93b0f6e1a84"
branch_labels = None
depends_on = None

TABLES = ("outbox_mail", "staff")


def upgrade() -> None:
    _set("length(lang) = 2")


def downgrade() -> None:
    _set("lang IN ('da', 'en')")


def _set(condition: str) -> None:
    for table in TABLES:
        name = op.f(f"ck_{table}_lang")
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(name, type_="check")
            batch_op.create_check_constraint(name, condition)
