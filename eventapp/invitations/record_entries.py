"""Rows of invitations that the record speaks of, as it must have them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlalchemy import Connection

from eventapp import record
from eventapp.db import Sql, as_moment
from eventapp.invitations.entries import ATTENDANCE, INVITE, REPLY
from eventapp.invitations.models import InvitationTold

# SQL: the record reads rows back on its own connection, without a session.
LETTERS = Sql("""
    SELECT l.id, l.sent_at AS at, l.sha256 FROM letter l JOIN invitation i ON i.id = l.invitation_id
    JOIN event e ON e.id = i.event_id WHERE e.case_id = :case_id ORDER BY l.id
""")
REPLIES = Sql("""
    SELECT r.id, r.replied_at AS at, NULL AS sha256 FROM reply r JOIN invitation i ON i.id = r.invitation_id
    JOIN event e ON e.id = i.event_id WHERE e.case_id = :case_id ORDER BY r.id
""")


def _rows(conn: Connection, case_id: str, *, select: Sql, kind: record.Kind) -> Iterator[record.Row]:
    for row in select(conn, case_id=case_id):
        at = {"received_at": record.moment_text(as_moment(row.at))}
        yield record.Row(row.id, kind.name, (row.id,), facts=at, files=(row.sha256,) if row.sha256 else ())


TABLES = (
    record.Table("letter", partial(_rows, select=LETTERS, kind=INVITE), (INVITE.name,)),
    record.Table("reply", partial(_rows, select=REPLIES, kind=REPLY), (REPLY.name,)),
    record.told_table(InvitationTold, ATTENDANCE.name),
)
