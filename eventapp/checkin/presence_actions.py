"""Presence and the count of the room, kept in the transaction of the scan that changes them, and made anew.

The rule is :func:`eventapp.checkin.rules.fold`; here are only reading and keeping. Whoever calls this holds the
event's row of ``occupancy``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp.checkin.models import Direction, Verdict
from eventapp.checkin.rules import Count, Presence, Shown, count, fold
from eventapp.db import Sql, as_moment
from eventapp.web.registry import registry

# Nothing else that was told moves anybody, so nothing else is read.
_SHOWN = "SELECT registration_id, id, at, direction, verdict, undoes_id FROM scan WHERE verdict IN ('ok', 'undone')"
OF_HEAD = Sql(f"{_SHOWN} AND registration_id = :registration_id")
OF_EVENT = Sql(f"{_SHOWN} AND event_id = :event_id")
KEEP = Sql("""
    INSERT INTO presence (registration_id, event_id, came_at, entry_id, last_id)
    VALUES (:registration_id, :event_id, :came_at, :entry_id, :last_id)
    ON CONFLICT (registration_id) DO UPDATE SET
        came_at = excluded.came_at, entry_id = excluded.entry_id, last_id = excluded.last_id
""")
COUNT = Sql("""
    UPDATE occupancy SET inside = inside + :step, came = came + :newcomers, latest_at = :latest_at,
        highest_at = CASE WHEN inside + :step > highest THEN :at ELSE highest_at END,
        highest = CASE WHEN inside + :step > highest THEN inside + :step ELSE highest END
    WHERE event_id = :event_id
""")
SET = Sql("""
    UPDATE occupancy SET inside = :inside, came = :came, highest = :highest, highest_at = :highest_at,
        latest_at = :latest_at
    WHERE event_id = :event_id
""")
HOLD = Sql("UPDATE occupancy SET scans = scans WHERE event_id = :event_id")
KEPT = Sql("SELECT registration_id, came_at, entry_id, last_id FROM presence WHERE event_id = :event_id")
COUNTED = Sql("SELECT inside, came, highest, highest_at, latest_at FROM occupancy WHERE event_id = :event_id")
FORGET = Sql("DELETE FROM presence WHERE event_id = :event_id")


@dataclass(frozen=True)
class Head:
    """A registration as the door knows it: what was shown of it so far, and how it came about."""

    registration_id: str
    origin: str
    shown: Sequence[Shown] = ()


def of_head(conn: Connection, registration_id: str) -> list[Shown]:
    """What was shown of a head and moved it, or took a movement back; in no order."""
    return [as_shown(row) for row in OF_HEAD(conn, registration_id=registration_id)]


def as_shown(row: Any) -> Shown:
    """A row with the columns of a scan as the fold reads it."""
    return Shown(row.id, as_moment(row.at), Direction(row.direction), Verdict(row.verdict), row.undoes_id)


def take_in(conn: Connection, event_id: str, head: Head, new: Shown, latest_at: datetime | None) -> int:
    """Keep what a new scan of a head changes, and tell those who asked whether she came.

    :param latest_at: the last movement of the event before.
    :returns: by how many the number in the room changed.
    """
    before, after = fold(head.shown), fold([*head.shown, new])
    _keep(conn, event_id, head.registration_id, after)
    step = after.is_inside - before.is_inside
    moved = new.verdict is Verdict.OK
    COUNT(
        conn,
        event_id=event_id,
        step=step,
        newcomers=after.came - before.came,
        at=new.at,
        latest_at=max(new.at, latest_at or new.at) if moved else latest_at,
    )
    if not moved or (latest_at and new.at <= latest_at):  # the past is another: so may its highest number be
        SET(conn, event_id=event_id, **vars(count(_heads(conn, event_id).values())))
    if after.came_at != before.came_at and (tell := registry().came_changed.get(head.origin)):
        tell(conn, head.registration_id, after.came_at, new.at)
    return step


def recount(conn: Connection, event_id: str) -> int:
    """Make presence and the count of an event anew from its scans.

    :returns: how many rows were otherwise: 0 as long as nobody changed them behind our back.
    """
    HOLD(conn, event_id=event_id)
    heads = _heads(conn, event_id)
    anew = {registration_id: fold(scans) for registration_id, scans in heads.items()}
    kept = {row.registration_id: _presence(row) for row in KEPT(conn, event_id=event_id)}
    counted, counts = _counted(conn, event_id), count(heads.values())
    FORGET(conn, event_id=event_id)
    for registration_id, presence in anew.items():
        _keep(conn, event_id, registration_id, presence)
    SET(conn, event_id=event_id, **vars(counts))
    return sum(anew.get(one) != kept.get(one) for one in anew | kept) + (counted != counts)


def _heads(conn: Connection, event_id: str) -> dict[str, list[Shown]]:
    heads: dict[str, list[Shown]] = defaultdict(list)
    for row in OF_EVENT(conn, event_id=event_id):
        heads[row.registration_id].append(as_shown(row))
    return heads


def _keep(conn: Connection, event_id: str, registration_id: str, presence: Presence) -> None:
    KEEP(
        conn,
        registration_id=registration_id,
        event_id=event_id,
        came_at=presence.came_at,
        entry_id=presence.entry_id,
        last_id=presence.last_id,
    )


def _presence(row: Any) -> Presence:
    return Presence(as_moment(row.came_at) if row.came_at else None, row.entry_id, row.last_id)


def _counted(conn: Connection, event_id: str) -> Count:
    row = COUNTED(conn, event_id=event_id).one()
    moments = [as_moment(one) if one else None for one in (row.highest_at, row.latest_at)]
    return Count(row.inside, row.came, row.highest, *moments)
