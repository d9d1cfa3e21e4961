"""Taking back what happened at a door, with a scan of its own, and counting the room again from what is left."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp.checkin.errors import NotUndoableError, RepeatedScanError
from eventapp.checkin.models import Direction, Means, Verdict
from eventapp.checkin.scanning import Found, Moment, event_of, once, queue_up, store
from eventapp.db import Sql, as_moment
from eventapp.errors import NotFoundError
from eventapp.registration import actions as registration
from eventapp.registration.errors import AlreadyCancelledError
from eventapp.registration.models import Reason
from eventapp.web.permissions import Person

UNDONE = Sql("""
    SELECT s.id, s.direction, s.means, s.registration_id FROM scan s
    WHERE s.id = :id AND s.event_id = :event_id AND s.verdict = 'ok'
    AND NOT EXISTS (SELECT 1 FROM scan u WHERE u.undoes_id = s.id)
    AND NOT EXISTS (SELECT 1 FROM scan later WHERE later.registration_id = s.registration_id
                    AND later.verdict = 'ok' AND later.number > s.number
                    AND NOT EXISTS (SELECT 1 FROM scan u WHERE u.undoes_id = later.id))
""")
EXISTS = Sql("SELECT 1 FROM scan WHERE id = :id AND event_id = :event_id")
# Everything that counts, in order, each with the number inside after it.
_MOVEMENTS = """
    SELECT s.registration_id, s.direction, s.number, s.at,
           SUM(CASE s.direction WHEN 'in' THEN 1 ELSE -1 END) OVER (ORDER BY s.number) AS inside
    FROM scan s WHERE s.event_id = :event_id AND s.verdict = 'ok'
    AND NOT EXISTS (SELECT 1 FROM scan u WHERE u.undoes_id = s.id)
"""
_RECOUNT = """
    SELECT COALESCE(SUM(CASE direction WHEN 'in' THEN 1 ELSE -1 END), 0) AS inside,
           COUNT(DISTINCT CASE direction WHEN 'in' THEN registration_id END) AS came
    FROM ({movements}) AS movement
"""
_HIGHEST = "SELECT inside, at FROM ({movements}) AS movement ORDER BY inside DESC, number LIMIT 1"
RECOUNT = Sql(_RECOUNT.format(movements=_MOVEMENTS))
HIGHEST = Sql(_HIGHEST.format(movements=_MOVEMENTS))
SET = Sql("""
    UPDATE occupancy SET inside = :inside, came = :came, highest = :highest, highest_at = :highest_at
    WHERE event_id = :event_id
""")


def undo(scan_id: str, moment: Moment, *, by: Person, now: datetime) -> bool:
    """Take back the last thing that happened to a guest; returns False when this was done before.

    :raises NotFoundError: when the event has no such scan.
    :raises NotUndoableError: when something has happened with the guest since, or it was undone already.
    """

    def job(conn: Connection) -> None:
        number, _inside = queue_up(conn, by)
        if EXISTS(conn, id=moment.id, event_id=by.event_id).one_or_none():
            raise RepeatedScanError
        undone = _undoable(conn, scan_id, by)
        undoing = Moment(moment.id, Direction(undone.direction), moment.device_at, moment.offset_ms)
        found = Found(Verdict.UNDONE, undone.registration_id)
        store(conn, undoing, number, Means.REVERSAL, found, undoes_id=undone.id, by=by, now=now)
        recount(conn, event_of(by))
        if undone.means == Means.WALK_IN and undone.direction == Direction.IN:
            with suppress(AlreadyCancelledError):  # staff were quicker
                registration.cancel(conn, undone.registration_id, reason=Reason.OTHER, now=now, by=by)

    return once(job, moment, Means.REVERSAL, None, by)


def recount(conn: Connection, event_id: str) -> None:
    """Count the room again from the scans; the caller holds the event's row of ``occupancy``."""
    counted = RECOUNT(conn, event_id=event_id).one()
    highest = HIGHEST(conn, event_id=event_id).one_or_none()
    SET(
        conn,
        event_id=event_id,
        inside=int(counted.inside),
        came=int(counted.came),
        highest=int(highest.inside) if highest else 0,
        highest_at=as_moment(highest.at) if highest else None,
    )


def _undoable(conn: Connection, scan_id: str, by: Person) -> Any:
    row = UNDONE(conn, id=scan_id, event_id=by.event_id).one_or_none()
    if row is None and EXISTS(conn, id=scan_id, event_id=by.event_id).one_or_none() is None:
        raise NotFoundError
    if row is None:
        raise NotUndoableError
    return row
