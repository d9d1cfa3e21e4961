"""Presence, a row a head

Revision ID: 3f1c7a90d2be
Follows: 5d1c0f7a3b42
"""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "3f1c7a90d2be"
down_revision = "5d1c0f7a3b42"
branch_labels = None
depends_on = None

AT_ONCE = 1000

SCAN = sa.table(
    "scan",
    sa.column("id", sa.String()),
    sa.column("event_id", sa.String()),
    sa.column("number", sa.Integer()),
    sa.column("registration_id", sa.String()),
    sa.column("direction", sa.String()),
    sa.column("verdict", sa.String()),
    sa.column("undoes_id", sa.String()),
    sa.column("at", sa.DateTime(timezone=True)),
)
OCCUPANCY = sa.table(
    "occupancy",
    sa.column("event_id", sa.String()),
    sa.column("inside", sa.Integer()),
    sa.column("came", sa.Integer()),
    sa.column("highest", sa.Integer()),
    sa.column("highest_at", sa.DateTime(timezone=True)),
    sa.column("latest_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    presence = op.create_table(
        "presence",
        sa.Column("registration_id", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", sa.String(length=32), nullable=True),
        sa.Column("last_id", sa.String(length=32), nullable=True),
        sa.CheckConstraint("came_at IS NULL OR last_id IS NOT NULL", name=op.f("ck_presence_came_at")),
        sa.CheckConstraint("entry_id IS NULL OR came_at IS NOT NULL", name=op.f("ck_presence_entry_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["scan.id"], name=op.f("fk_presence_entry_id_scan")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_presence_event_id_event")),
        sa.ForeignKeyConstraint(["last_id"], ["scan.id"], name=op.f("fk_presence_last_id_scan")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_presence_registration_id_registration")
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_presence")),
    )
    with op.batch_alter_table("presence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_presence_event_id_came_at"), ["event_id", "came_at"], unique=False)
    with op.batch_alter_table("occupancy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("latest_at", sa.DateTime(timezone=True), nullable=True))
    conn = op.get_bind()
    for (event_id,) in conn.execute(sa.select(OCCUPANCY.c.event_id)).all():
        _fold(conn, presence, event_id)


def downgrade() -> None:
    """Nothing is lost: the scans say all of it."""
    with op.batch_alter_table("occupancy", schema=None) as batch_op:
        batch_op.drop_column("latest_at")
    with op.batch_alter_table("presence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_presence_event_id_came_at"))
    op.drop_table("presence")


def _fold(conn: sa.Connection, presence: sa.Table, event_id: str) -> None:
    """The rule as it stood when this was written, for all heads of an event."""
    undoing = SCAN.alias("undoing")
    undone = sa.select(undoing.c.undoes_id).where(undoing.c.undoes_id == SCAN.c.id).exists()
    columns = (SCAN.c.registration_id, SCAN.c.number, SCAN.c.id, SCAN.c.direction, SCAN.c.at, undone.label("undone"))
    wanted = sa.select(*columns).where(SCAN.c.event_id == event_id, SCAN.c.verdict == "ok")
    scans = conn.execute(wanted.order_by(SCAN.c.registration_id, SCAN.c.at, SCAN.c.number)).all()
    rows: list[dict[str, Any]] = []
    changes: list[tuple[datetime, str, int]] = []
    latest_at = None
    for registration_id, of_head in groupby(scans, key=itemgetter(0)):
        row = {"registration_id": registration_id, "event_id": event_id, "came_at": None, "entry_id": None}
        rows.append({**row, "last_id": None})
        before = None
        for scan in of_head:
            at = _in_turn(conn, scan, before)
            before = at
            latest_at = max(at, latest_at or at)
            if not scan.undone:
                changes += _move(rows[-1], scan, at)
    for start in range(0, len(rows), AT_ONCE):
        conn.execute(presence.insert(), rows[start : start + AT_ONCE])
    counted = {"came": sum(row["came_at"] is not None for row in rows), "latest_at": latest_at, **_highest(changes)}
    conn.execute(sa.update(OCCUPANCY).where(OCCUPANCY.c.event_id == event_id).values(**counted))


def _in_turn(conn: sa.Connection, scan: sa.Row[Any], before: datetime | None) -> datetime:
    """Two scans of a head at the very same moment were taken in order of their numbers; from now on ``at`` says so."""
    at: datetime = scan.at.replace(tzinfo=UTC) if scan.at.tzinfo is None else scan.at.astimezone(UTC)
    if before is None or at > before:
        return at
    at = before + timedelta(microseconds=1)
    conn.execute(sa.update(SCAN).where(SCAN.c.id == scan.id).values(at=at))
    return at


def _move(row: dict[str, Any], scan: sa.Row[Any], at: datetime) -> list[tuple[datetime, str, int]]:
    """Fold a scan into the row of its head; how it changes the number in the room."""
    was_inside = row["entry_id"] is not None
    row["last_id"] = scan.id
    if scan.direction == "out":
        row["entry_id"] = None
        return [(at, scan.id, -1)] if was_inside else []
    row["came_at"] = row["came_at"] or at
    row["entry_id"] = row["entry_id"] or scan.id
    return [] if was_inside else [(at, scan.id, 1)]


def _highest(changes: list[tuple[datetime, str, int]]) -> dict[str, Any]:
    inside = highest = 0
    highest_at = None
    for at, _id, step in sorted(changes):
        inside += step
        if inside > highest:
            highest, highest_at = inside, at
    return {"inside": inside, "highest": highest, "highest_at": highest_at}
