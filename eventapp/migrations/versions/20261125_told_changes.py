"""What changed that others hold copies of, and why; a job that tells of an event's change goes on under its new name

Revision ID: 9c2f5e7a1d48
Follows: 4b7d1e90c3a5
"""

import json
from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "9c2f5e7a1d48"
down_revision = "4b7d1e90c3a5"
branch_labels = None
depends_on = None

BEFORE, AFTER = "registration.tell_of_change", "telling.event"
OPEN = sa.text("""
    SELECT id, subject_id, arguments, cursor FROM job
    WHERE kind = :kind AND state IN ('waiting', 'running', 'failed') ORDER BY queued_at, id
""")
KEEP = sa.text("""
    INSERT INTO told_change (id, subject, subject_id, number, facts, reason, at)
    VALUES (:id, 'event', :subject_id, :number, '["time", "place"]', '', :at)
""")
GOES_ON = sa.text("UPDATE job SET arguments = :arguments, cursor = :cursor WHERE id = :id")
RENAME = sa.text("UPDATE job SET kind = :after WHERE kind = :before")


def upgrade() -> None:
    op.create_table(
        "told_change",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.String(32), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_told_change_number")),
        sa.CheckConstraint("subject IN ('event', 'hearing')", name=op.f("ck_told_change_subject")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told_change")),
        sa.UniqueConstraint("subject_id", "number", name=op.f("uq_told_change_subject_id_number")),
    )
    conn = op.get_bind()
    numbers: dict[str, int] = {}
    for job in conn.execute(OPEN, {"kind": BEFORE}).all():
        told = json.loads(job.arguments) if isinstance(job.arguments, str) else job.arguments
        number = numbers[job.subject_id] = numbers.get(job.subject_id, 0) + 1
        at = datetime.fromisoformat(told["until"])
        conn.execute(KEEP, {"id": uuid4().hex, "subject_id": job.subject_id, "number": number, "at": at})
        arguments = json.dumps({"subject": "event", "number": number, "since": number, "until": told["until"]})
        cursor = f"0:{job.cursor}" if job.cursor else ""
        conn.execute(GOES_ON, {"id": job.id, "arguments": arguments, "cursor": cursor})
    conn.execute(RENAME, {"before": BEFORE, "after": AFTER})


def downgrade() -> None:
    """The older product finds nothing in these jobs that it could do: those that are open are stopped."""
    op.get_bind().execute(RENAME, {"before": AFTER, "after": BEFORE})
    op.execute(
        f"UPDATE job SET state = 'cancelled', finished_at = queued_at, leased_by = NULL"
        f" WHERE kind IN ('{BEFORE}', 'telling.hearing') AND state IN ('waiting', 'running')"
    )
    op.drop_table("told_change")
