"""What an organiser asks for one event, and what heads answered to fields without a column

Revision ID: 8d881e1a03ff
Follows: b41c6e07d9a3
"""

import sqlalchemy as sa
from alembic import op

revision = "8d881e1a03ff"
down_revision = "b41c6e07d9a3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_field",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "line",
                "text",
                "email",
                "choice",
                "flag",
                name="field_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("asked_of", sa.Text(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("seen_by", sa.String(length=40), nullable=False),
        sa.Column("kept_days", sa.Integer(), nullable=True),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("is_exported", sa.Boolean(), nullable=False),
        sa.Column("choices", sa.Text(), nullable=False),
        sa.CheckConstraint("kept_days >= 0", name=op.f("ck_event_field_kept_days")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_field_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_field")),
        sa.UniqueConstraint("event_id", "position", name=op.f("uq_event_field_event_id_position")),
    )
    op.create_table(
        "field_value",
        sa.Column("registration_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_field_value_registration_id_registration")
        ),
        sa.PrimaryKeyConstraint("registration_id", "key", name=op.f("pk_field_value")),
    )
    op.create_index(op.f("ix_field_value_key"), "field_value", ["key"])


def downgrade() -> None:
    op.drop_table("field_value")
    op.drop_table("event_field")
