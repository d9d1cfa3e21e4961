"""How many wrote what they need is kept when the texts are deleted

Revision ID: 94c7a1e3b6d8
Follows: 88625587f11e
"""

import sqlalchemy as sa
from alembic import op

revision = "94c7a1e3b6d8"
down_revision = "88625587f11e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_number",
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("table_name", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_kept_number_number")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_kept_number_event_id_event")),
        sa.PrimaryKeyConstraint("event_id", "table_name", name=op.f("pk_kept_number")),
    )


def downgrade() -> None:
    op.drop_table("kept_number")
