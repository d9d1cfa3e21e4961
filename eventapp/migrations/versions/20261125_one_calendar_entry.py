"""One meeting is one entry in the calendar of one person; what letters have named so far keeps its name

Revision ID: 4b7d1e90c3a5
Follows: e4b81c6d9a27
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "4b7d1e90c3a5"
down_revision = "e4b81c6d9a27"
branch_labels = None
depends_on = None

LETTERS = """
    SELECT i.id, i.event_id, m.calendar
    FROM letter l JOIN invitation i ON i.id = l.invitation_id JOIN outbox_mail m ON m.id = l.mail_id
    WHERE m.calendar IS NOT NULL ORDER BY l.number
"""
NAME = sa.text("UPDATE invitation SET calendar_uid = :uid WHERE id = :id")
RAISE = sa.text("""
    UPDATE event SET calendar_sequence = :sequence WHERE id = :event_id AND calendar_sequence < :sequence
""")


def upgrade() -> None:
    """A letter that was sent again had a higher number than the event; the next change must be above all of them."""
    for table in ("booking", "invitation"):
        op.add_column(table, sa.Column("calendar_uid", sa.String(200), server_default="", nullable=False))
    conn = op.get_bind()
    for row in conn.execute(sa.text(LETTERS)).all():
        told = _lines(row.calendar)
        conn.execute(NAME, {"id": row.id, "uid": told.get("UID", "")})
        conn.execute(RAISE, {"event_id": row.event_id, "sequence": int(told.get("SEQUENCE", 0))})


def downgrade() -> None:
    for table in ("invitation", "booking"):
        op.drop_column(table, "calendar_uid")


def _lines(calendar: str) -> dict[str, str]:
    """The properties without parameters, unfolded (RFC 5545, 3.1)."""
    unfolded = re.sub(r"\r?\n[ \t]", "", calendar)
    return dict(line.split(":", 1) for line in unfolded.splitlines() if ":" in line)
