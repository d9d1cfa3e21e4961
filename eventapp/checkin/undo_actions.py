"""Taking back what happened at a door, with a scan of its own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp.checkin import queries
from eventapp.checkin.errors import NotUndoableError, RepeatedScanError
from eventapp.checkin.models import Direction, Means, Verdict
from eventapp.checkin.presence_actions import Head, of_head
from eventapp.checkin.rules import fold
from eventapp.checkin.scan_actions import Answer, Found, Moment, event_of, once, queue_up, store, told_before
from eventapp.db import Sql
from eventapp.errors import existing
from eventapp.registration import actions as registration
from eventapp.registration.errors import AlreadyCancelledError
from eventapp.registration.models import Reason
from eventapp.web.permissions import Person

EXISTS = Sql("SELECT 1 FROM scan WHERE id = :id AND event_id = :event_id")
UNDONE = Sql("""
    SELECT s.id, s.direction, s.means, s.registration_id, b.origin
    FROM scan s LEFT JOIN registration r ON r.id = s.registration_id
    LEFT JOIN booking b ON b.id = r.booking_id WHERE s.id = :id AND s.event_id = :event_id
""")


def undo(scan_id: str, moment: Moment, *, by: Person, now: datetime) -> Answer:
    """Take back the last thing that happened to a guest.

    :returns: the stored answer when this was done before.
    :raises NotFoundError: when the event has no such scan.
    :raises NotUndoableError: when something has happened with the guest since, or it was undone already.
    """

    def job(conn: Connection) -> Answer:
        turn = queue_up(conn, moment, by, now)
        if EXISTS(conn, id=moment.id, event_id=by.event_id).one_or_none():
            raise RepeatedScanError
        undone, head = _undoable(conn, scan_id, by)
        undoing = replace(moment, direction=Direction(undone.direction))
        store(conn, undoing, turn, Means.REVERSAL, Found(Verdict.UNDONE, head), undoes_id=undone.id, by=by)
        if undone.means == Means.WALK_IN and undone.direction == Direction.IN:
            with suppress(AlreadyCancelledError):  # staff were quicker
                registration.cancel(conn, undone.registration_id, reason=Reason.OTHER, now=now, by=by)
        return Answer(*queries.outcome_of(conn, event_of(by), moment.id), is_new=True)

    return once(job, moment, Means.REVERSAL, None, by) or told_before(moment, by)


def _undoable(conn: Connection, scan_id: str, by: Person) -> tuple[Any, Head]:
    """The scan, and whom it moved."""
    row = existing(UNDONE(conn, id=scan_id, event_id=by.event_id).one_or_none())
    head = Head(row.registration_id, row.origin, of_head(conn, row.registration_id))
    if fold(head.shown).last_id != row.id:
        raise NotUndoableError
    return row, head
