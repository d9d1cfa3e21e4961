"""Heads and arrivals are counted as they change

Revision ID: c5d511f60c21
Follows: 94c7a1e3b6d8
"""

import sqlalchemy as sa
from alembic import op

revision = "c5d511f60c21"
down_revision = "94c7a1e3b6d8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The new tables are empty here: env.py makes triggers and figures once the last migration has run."""
    op.create_table(
        "arrival_count",
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("quota_key", sa.String(length=32), nullable=False),
        sa.Column("category_key", sa.String(length=32), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "confirmed",
                "waiting",
                "cancelled",
                name="registration_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("step_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.CheckConstraint("heads >= 0", name=op.f("ck_arrival_count_heads")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_arrival_count_event_id_event")),
        sa.PrimaryKeyConstraint(
            "event_id", "quota_key", "category_key", "state", "step_at", name=op.f("pk_arrival_count")
        ),
    )
    op.create_table(
        "head_count",
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("quota_key", sa.String(length=32), nullable=False),
        sa.Column("category_key", sa.String(length=32), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "confirmed",
                "waiting",
                "cancelled",
                name="registration_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("with_needs", sa.Integer(), nullable=False),
        sa.CheckConstraint("heads >= 0", name=op.f("ck_head_count_heads")),
        sa.CheckConstraint("with_needs >= 0", name=op.f("ck_head_count_with_needs")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_head_count_event_id_event")),
        sa.PrimaryKeyConstraint("event_id", "quota_key", "category_key", "state", name=op.f("pk_head_count")),
    )
    with op.batch_alter_table("booking", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_booking_event_id_registered_at"), ["event_id", "registered_at"], unique=False
        )
        batch_op.create_index(
            "ix_booking_walk_ins",
            ["event_id"],
            unique=False,
            sqlite_where=sa.text("quota_id IS NULL"),
            postgresql_where=sa.text("quota_id IS NULL"),
        )

    with op.batch_alter_table("registration", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registration_event_id_category_id_state"))
        batch_op.create_index(
            batch_op.f("ix_registration_event_id_state_name_key"), ["event_id", "state", "name_key"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("registration", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registration_event_id_state_name_key"))
        batch_op.create_index(
            batch_op.f("ix_registration_event_id_category_id_state"), ["event_id", "category_id", "state"], unique=False
        )

    with op.batch_alter_table("booking", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_booking_walk_ins",
            sqlite_where=sa.text("quota_id IS NULL"),
            postgresql_where=sa.text("quota_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_booking_event_id_registered_at"))

    op.drop_table("head_count")
    op.drop_table("arrival_count")
