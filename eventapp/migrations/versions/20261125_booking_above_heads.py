"""A booking above the heads: each registration so far is a booking of one, with its id, link, key and place in line

Revision ID: 59da240555c5
Follows: a41e7c90d5f2
"""

import sqlalchemy as sa
from alembic import op

revision = "59da240555c5"
down_revision = "a41e7c90d5f2"
branch_labels = None
depends_on = None

ORIGINS = ("web", "staff", "invitation", "walk_in")
SUSPICIONS = ("none", "trap", "haste")
MOVED = {
    "quota_id": sa.String(length=32),
    "submission_key": sa.String(length=32),
    "content_hash": sa.String(length=64),
    "waiting_number": sa.Integer(),
    "origin": sa.String(length=40),
    "email": sa.String(length=254),
    "wants_follow_up": sa.Boolean(),
    "notice_version": sa.String(length=20),
    "suspicion": sa.String(length=40),
    "lang": sa.String(length=2),
    "link_hash": sa.String(length=64),
    "registered_at": sa.DateTime(timezone=True),
}
MAY_BE_EMPTY = {"quota_id", "waiting_number"}
UNIQUE = (["link_hash"], ["quota_id", "waiting_number"], ["submission_key"])
CHECKS = {
    "quota_id": "(origin = 'walk_in') = (quota_id IS NULL)",
    "waiting_number": "state <> 'waiting' OR waiting_number IS NOT NULL",
    "origin": "origin IN ('web', 'staff', 'invitation', 'walk_in')",
    "suspicion": "suspicion IN ('none', 'trap', 'haste')",
}


def upgrade() -> None:
    _make_bookings()
    _make_heads()
    with op.batch_alter_table("follow_up") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_follow_up_registration_id_registration"), type_="foreignkey")
        batch_op.alter_column("registration_id", new_column_name="booking_id")
    with op.batch_alter_table("follow_up") as batch_op:  # of its own: a column is not known by its new name before
        batch_op.create_foreign_key(batch_op.f("fk_follow_up_booking_id_booking"), "booking", ["booking_id"], ["id"])
    op.execute(
        """UPDATE outbox_mail SET context = replace(context, '"registration_id"', '"booking_id"')
           WHERE message LIKE 'registration/%'"""
    )


def downgrade() -> None:
    """Back to registrations of one.

    :raises RuntimeError: once somebody has signed up since: groups, and links made from a booking's id, have no place
        in the tables before.
    """
    new = sa.text("SELECT count(*) FROM registration WHERE id <> booking_id")
    if op.get_bind().execute(new).scalar():
        raise RuntimeError("Bookings that were made since cannot become registrations of one again.")
    _unmake_heads()
    with op.batch_alter_table("follow_up") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_follow_up_booking_id_booking"), type_="foreignkey")
        batch_op.alter_column("booking_id", new_column_name="registration_id")
    with op.batch_alter_table("follow_up") as batch_op:
        batch_op.create_foreign_key(
            batch_op.f("fk_follow_up_registration_id_registration"), "registration", ["registration_id"], ["id"]
        )
    op.execute(
        """UPDATE outbox_mail SET context = replace(context, '"booking_id"', '"registration_id"')
           WHERE message LIKE 'registration/%'"""
    )
    op.drop_table("booking")


def _make_bookings() -> None:
    op.create_table(
        "booking",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("quota_id", sa.String(length=32), nullable=True),
        sa.Column("submission_key", sa.String(length=32), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("waiting_number", sa.Integer(), nullable=True),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("origin", _closed("origin", ORIGINS), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("wants_follow_up", sa.Boolean(), nullable=False),
        sa.Column("notice_version", sa.String(length=20), nullable=False),
        sa.Column("suspicion", _closed("suspicion", SUSPICIONS), nullable=False),
        sa.Column("link_hash", sa.String(length=64), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(origin = 'walk_in') = (quota_id IS NULL)", name=op.f("ck_booking_quota_id")),
        sa.CheckConstraint("waiting = 0 OR waiting_number IS NOT NULL", name=op.f("ck_booking_waiting_number")),
        sa.CheckConstraint("waiting >= 0", name=op.f("ck_booking_waiting")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_booking_event_id_event")),
        sa.ForeignKeyConstraint(["quota_id"], ["quota.id"], name=op.f("fk_booking_quota_id_quota")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_booking_link_hash")),
        sa.UniqueConstraint("quota_id", "waiting_number", name=op.f("uq_booking_quota_id_waiting_number")),
        sa.UniqueConstraint("submission_key", name=op.f("uq_booking_submission_key")),
    )
    moved = ", ".join(MOVED)
    op.execute(
        f"""INSERT INTO booking (id, event_id, waiting, {moved})
            SELECT id, event_id, CASE state WHEN 'waiting' THEN 1 ELSE 0 END, {moved} FROM registration"""
    )
    stands = sa.text("waiting > 0")
    op.create_index(op.f("ix_booking_event_id_email"), "booking", ["event_id", "email"])
    op.create_index(
        "ix_booking_line", "booking", ["quota_id", "waiting_number"], sqlite_where=stands, postgresql_where=stands
    )


def _make_heads() -> None:
    with op.batch_alter_table("registration") as batch_op:
        batch_op.add_column(sa.Column("booking_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("position", sa.Integer(), nullable=True))
    op.execute("UPDATE registration SET booking_id = id, position = 1")
    with op.batch_alter_table("registration") as batch_op:
        batch_op.alter_column("booking_id", existing_type=sa.String(length=32), nullable=False)
        batch_op.alter_column("position", existing_type=sa.Integer(), nullable=False)
        batch_op.drop_index(batch_op.f("ix_registration_event_id_email"))
        batch_op.drop_index(batch_op.f("ix_registration_quota_id_state_waiting_number"))
        for columns in UNIQUE:
            batch_op.drop_constraint(batch_op.f(f"uq_registration_{'_'.join(columns)}"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_registration_quota_id_quota"), type_="foreignkey")
        for check in CHECKS:
            batch_op.drop_constraint(batch_op.f(f"ck_registration_{check}"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_registration_position"), "position >= 1")
        batch_op.create_unique_constraint(batch_op.f("uq_registration_booking_id_position"), ["booking_id", "position"])
        batch_op.create_foreign_key(batch_op.f("fk_registration_booking_id_booking"), "booking", ["booking_id"], ["id"])
        for column in MOVED:
            batch_op.drop_column(column)


def _unmake_heads() -> None:
    with op.batch_alter_table("registration") as batch_op:
        for column, kind in MOVED.items():
            batch_op.add_column(sa.Column(column, kind, nullable=True))
    given = ", ".join(f"{column} = b.{column}" for column in MOVED)
    op.execute(f"UPDATE registration SET {given} FROM booking b WHERE b.id = registration.booking_id")
    with op.batch_alter_table("registration") as batch_op:
        for column, kind in MOVED.items():
            batch_op.alter_column(column, existing_type=kind, nullable=column in MAY_BE_EMPTY)
        batch_op.drop_constraint(batch_op.f("fk_registration_booking_id_booking"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_registration_booking_id_position"), type_="unique")
        batch_op.drop_constraint(batch_op.f("ck_registration_position"), type_="check")
        batch_op.drop_column("booking_id")
        batch_op.drop_column("position")
    with op.batch_alter_table("registration") as batch_op:
        batch_op.create_foreign_key(batch_op.f("fk_registration_quota_id_quota"), "quota", ["quota_id"], ["id"])
        for columns in UNIQUE:
            batch_op.create_unique_constraint(batch_op.f(f"uq_registration_{'_'.join(columns)}"), columns)
        for name, condition in CHECKS.items():
            batch_op.create_check_constraint(batch_op.f(f"ck_registration_{name}"), condition)
        batch_op.create_index(batch_op.f("ix_registration_event_id_email"), ["event_id", "email"])
        batch_op.create_index(
            batch_op.f("ix_registration_quota_id_state_waiting_number"), ["quota_id", "state", "waiting_number"]
        )


def _closed(name: str, states: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*states, name=name, native_enum=False, create_constraint=True, length=40)
