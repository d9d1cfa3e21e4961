"""Seats of a quota and the line before them: who gets the last one is decided here, in the database.

The rule: whoever signs up takes a free seat when nobody waits, and otherwise stands at the end of the line; whatever
seat is free then belongs to the first in line. So a newcomer never overtakes, also when a seat came free because the
organiser added some. Every function first changes or locks the quota's row, which makes all writers of one quota stand
in one queue on both databases; only then does it look at registrations. Counters and rows change together or not at
all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from eventapp.db import Sql, new_id

# One statement decides: an earlier look at the counters could be out of date when the seat is taken.
JOIN = Sql("""
    UPDATE quota SET
        taken = taken + CASE WHEN waiting = 0 AND taken < seats THEN 1 ELSE 0 END,
        waiting = waiting + CASE WHEN waiting = 0 AND taken < seats THEN 0 ELSE 1 END,
        waiting_issued = waiting_issued + CASE WHEN waiting = 0 AND taken < seats THEN 0 ELSE 1 END
    WHERE id = :quota_id
    RETURNING taken, seats, waiting, waiting_issued
""")
LOCK = Sql("UPDATE quota SET waiting = waiting WHERE id = :quota_id RETURNING taken, seats, waiting")
GIVE_BACK = Sql("UPDATE quota SET taken = taken - 1 WHERE id = :quota_id")
STEP_OUT = Sql("UPDATE quota SET waiting = waiting - 1 WHERE id = :quota_id")
MOVE_UP = Sql("UPDATE quota SET taken = taken + 1, waiting = waiting - 1 WHERE id = :quota_id")
SEAT_FIRST = Sql("""
    UPDATE registration SET state = 'confirmed'
    WHERE id = (SELECT id FROM registration WHERE quota_id = :quota_id AND state = 'waiting'
                ORDER BY waiting_number LIMIT 1)
    RETURNING id
""")
CHANGE = Sql("""
    INSERT INTO registration_change (id, registration_id, state, reason, by_id, at)
    VALUES (:id, :registration_id, :state, :reason, :by_id, :at)
""")


@dataclass(frozen=True)
class Place:
    """What a newcomer got: a seat, or a number in the line and how many stand there now, the newcomer included."""

    waiting_number: int | None
    waiting: int
    is_line_movable: bool

    @property
    def is_seat(self) -> bool:
        return self.waiting_number is None


def join(conn: Connection, quota_id: str) -> Place:
    """A seat if one is free and nobody waits, else the end of the line."""
    row = JOIN(conn, quota_id=quota_id).one()
    if row.waiting == 0:  # the line is empty only for those who got a seat: whoever joined it stands there
        return Place(None, 0, is_line_movable=False)
    return Place(row.waiting_issued, row.waiting, is_line_movable=row.taken < row.seats)


def lock(conn: Connection, quota_id: str) -> None:
    """Wait for the quota's other writers; until this transaction ends they wait for us."""
    LOCK(conn, quota_id=quota_id)


def leave(conn: Connection, quota_id: str, *, had_seat: bool) -> None:
    """Count one seat or one place in the line less. The caller holds the lock."""
    (GIVE_BACK if had_seat else STEP_OUT)(conn, quota_id=quota_id)


def move_up(conn: Connection, quota_id: str, now: datetime) -> list[str]:
    """Give free seats to the first in line; ids of the registrations that got one, in the order of the line."""
    row = LOCK(conn, quota_id=quota_id).one()
    return [seat_first(conn, quota_id, now) for _ in range(min(row.seats - row.taken, row.waiting))]


def seat_first(conn: Connection, quota_id: str, now: datetime) -> str:
    """Move the first in line to a seat that is free. The caller holds the lock."""
    registration_id: str = SEAT_FIRST(conn, quota_id=quota_id).scalar_one()
    MOVE_UP(conn, quota_id=quota_id)
    note(conn, registration_id, state="confirmed", reason="first_in_line", by_id=None, now=now)
    return registration_id


def note(conn: Connection, registration_id: str, *, state: str, reason: str, by_id: str | None, now: datetime) -> None:
    """Add a step to the history of a registration."""
    CHANGE(conn, id=new_id(), registration_id=registration_id, state=state, reason=reason, by_id=by_id, at=now)
