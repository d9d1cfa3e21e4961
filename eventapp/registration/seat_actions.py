"""Seats of a quota and the line before them: who gets the last one is decided here, in the database.

The rule: whoever signs up takes free seats when nobody waits and there is one for every head of the booking, and
otherwise stands at the end of the line; whatever seat is free then belongs to the first in line. A group is never
split: it gets all its seats or waits, and while the first in line is larger than what is free, everybody behind it
waits too (ADR 0020). So nobody ever overtakes, also when a seat came free because the organiser added some. Every
function first changes or locks the quota's row, which makes all writers of one quota stand in one queue on both
databases; only then does it look at bookings. Counters and rows change together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from eventapp.db import Sql, new_id

MOST_AT_ONCE = 50  # bookings that move up in one transaction

# One statement decides: an earlier look at the counters could be out of date when the seats are taken.
JOIN = Sql("""
    UPDATE quota SET
        taken = taken + CASE WHEN waiting = 0 AND taken + :heads <= seats THEN :heads ELSE 0 END,
        waiting = waiting + CASE WHEN waiting = 0 AND taken + :heads <= seats THEN 0 ELSE :heads END,
        waiting_issued = waiting_issued + CASE WHEN waiting = 0 AND taken + :heads <= seats THEN 0 ELSE 1 END
    WHERE id = :quota_id
    RETURNING taken, seats, waiting, waiting_issued,
        (SELECT e.cancelled_at FROM event e WHERE e.id = quota.event_id) AS cancelled_at
""")
LOCK = Sql("UPDATE quota SET waiting = waiting WHERE id = :quota_id RETURNING taken, seats, waiting")
GIVE_BACK = Sql("UPDATE quota SET taken = taken - :heads WHERE id = :quota_id")
STEP_OUT = Sql("UPDATE quota SET waiting = waiting - :heads WHERE id = :quota_id")
MOVE_UP = Sql("UPDATE quota SET taken = taken + :heads, waiting = waiting - :heads WHERE id = :quota_id")
FIRST = Sql("""
    SELECT id, waiting FROM booking WHERE quota_id = :quota_id AND waiting > 0 ORDER BY waiting_number LIMIT 1
""")
SEAT_HEADS = Sql("""
    UPDATE registration SET state = 'confirmed' WHERE booking_id = :booking_id AND state = 'waiting'
    RETURNING id, position
""")
LEAVE_LINE = Sql("UPDATE booking SET waiting = waiting - :heads WHERE id = :booking_id")
CHANGE = Sql("""
    INSERT INTO registration_change (id, registration_id, state, reason, by_id, at)
    VALUES (:id, :registration_id, :state, :reason, :by_id, :at)
""")


@dataclass(frozen=True)
class Place:
    """What a newcomer got: seats, or a number in the line.

    ``waiting``: how many heads stand there now, the newcomer's included; ``seats``: how many the quota has in all.
    ``is_called_off``: the event is, so nothing of this may be kept; ``is_last``: no seat is left after this.
    """

    waiting_number: int | None
    waiting: int
    seats: int
    is_line_movable: bool
    is_called_off: bool
    is_last: bool = False

    @property
    def is_seat(self) -> bool:
        return self.waiting_number is None


@dataclass(frozen=True)
class Seated:
    """A booking that got its seats from the line, and the ids of its heads in their order."""

    booking_id: str
    heads: list[str]


def join(conn: Connection, quota_id: str, heads: int) -> Place:
    """A seat for each head if there are as many and nobody waits, else the end of the line for all of them."""
    row = JOIN(conn, quota_id=quota_id, heads=heads).one()
    is_off = row.cancelled_at is not None
    if row.waiting == 0:  # the line is empty only for those who got seats: whoever joined it stands there
        is_last = row.taken == row.seats
        return Place(None, 0, row.seats, is_line_movable=False, is_called_off=is_off, is_last=is_last)
    is_movable = row.taken < row.seats
    return Place(row.waiting_issued, row.waiting, row.seats, is_line_movable=is_movable, is_called_off=is_off)


def lock(conn: Connection, quota_id: str) -> None:
    """Wait for the quota's other writers; until this transaction ends they wait for us."""
    LOCK(conn, quota_id=quota_id)


def leave(conn: Connection, quota_id: str, booking_id: str, heads: int, *, had_seat: bool) -> None:
    """Count so many seats or places in the line less. The caller holds the lock."""
    if had_seat:
        GIVE_BACK(conn, quota_id=quota_id, heads=heads)
    else:
        STEP_OUT(conn, quota_id=quota_id, heads=heads)
        LEAVE_LINE(conn, booking_id=booking_id, heads=heads)


def move_up(conn: Connection, quota_id: str, now: datetime) -> list[Seated]:
    """Give free seats to the first in line as long as they suffice for it; who got some, in the order of the line.

    At most ``MOST_AT_ONCE`` bookings, for everybody else who writes to the quota waits meanwhile.
    """
    row = LOCK(conn, quota_id=quota_id).one()
    free = row.seats - row.taken
    seated: list[Seated] = []
    while free > 0 and len(seated) < MOST_AT_ONCE:
        first = FIRST(conn, quota_id=quota_id).one_or_none()
        if first is None or first.waiting > free:
            break
        seated.append(_seat(conn, quota_id, first.id, first.waiting, now))
        free -= first.waiting
    return seated


def _seat(conn: Connection, quota_id: str, booking_id: str, heads: int, now: datetime) -> Seated:
    rows = sorted(SEAT_HEADS(conn, booking_id=booking_id).all(), key=lambda row: row.position)
    LEAVE_LINE(conn, booking_id=booking_id, heads=heads)
    MOVE_UP(conn, quota_id=quota_id, heads=heads)
    ids = [row.id for row in rows]
    note(conn, ids, state="confirmed", reason="first_in_line", by_id=None, now=now)
    return Seated(booking_id, ids)


def note(
    conn: Connection, registration_ids: Sequence[str], *, state: str, reason: str, by_id: str | None, now: datetime
) -> None:
    """Add a step to the history of each of these heads."""
    step = {"state": state, "reason": reason, "by_id": by_id, "at": now}
    CHANGE.many(conn, [{"id": new_id(), "registration_id": one, **step} for one in registration_ids])
