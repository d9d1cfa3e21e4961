"""A form that was taken in is known by its key, so that it is taken in once."""

import sqlalchemy as sa
from alembic import op

revision = "b7d3e19f6c42"
down_revision = "9c2f5e7a1d48"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sent_form",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("leads_to", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_sent_form")),
    )
    op.create_index(op.f("ix_sent_form_sent_at"), "sent_form", ["sent_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_sent_form_sent_at"), table_name="sent_form")
    op.drop_table("sent_form")
