"""What happens when a ticket is shown: decided, counted and kept in one short transaction (design decision 19).

Every job first changes the event's row of ``occupancy``. So all doors of an event stand in one queue on both
databases, each sees what the one before it did, and the room cannot be filled past its number by two doors at once.
A scan that is sent again finds its id taken; the whole job is undone and the stored scan stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp.checkin import rules
from eventapp.checkin.errors import OtherScanError, RepeatedScanError
from eventapp.checkin.models import Direction, Means, Verdict
from eventapp.db import Job, Sql, reading, write
from eventapp.errors import existing
from eventapp.registration import actions as registration
from eventapp.registration.models import RegistrationState
from eventapp.web.permissions import Person
from eventapp.web.registry import registry

LOCK = Sql("UPDATE occupancy SET scans = scans + 1 WHERE event_id = :event_id RETURNING scans, inside")
# The guest with the approved number of the room and the last thing that happened to her at a door.
_GUEST = """
    SELECT l.max_persons, r.id AS registration_id, r.event_id, r.state, m.id AS movement_id, m.direction
    FROM event e JOIN layout l ON l.id = e.layout_id {found_by}
    LEFT JOIN scan m ON m.id = (
        SELECT s.id FROM scan s WHERE s.registration_id = r.id AND s.event_id = e.id AND s.verdict = 'ok'
        AND NOT EXISTS (SELECT 1 FROM scan u WHERE u.undoes_id = s.id) ORDER BY s.number DESC LIMIT 1)
    WHERE e.id = :event_id
"""
BY_CODE = Sql(
    _GUEST.format(
        found_by="LEFT JOIN ticket t ON t.code_hash = :code_hash LEFT JOIN registration r ON r.id = t.registration_id"
    )
)
BY_NAME = Sql(_GUEST.format(found_by="LEFT JOIN registration r ON r.id = :guest_id AND r.event_id = e.id"))
# Guests without ticket and name cannot be told apart, so any of them may be the one who leaves.
LEAVING = Sql("""
    SELECT r.id FROM registration r JOIN scan m ON m.id = (
        SELECT s.id FROM scan s WHERE s.registration_id = r.id AND s.verdict = 'ok'
        AND NOT EXISTS (SELECT 1 FROM scan u WHERE u.undoes_id = s.id) ORDER BY s.number DESC LIMIT 1)
    WHERE r.event_id = :event_id AND r.origin = 'walk_in' AND m.direction = 'in'
    ORDER BY CASE r.name WHEN '' THEN 0 ELSE 1 END, m.number LIMIT 1
""")
LIMIT = Sql("SELECT l.max_persons FROM event e JOIN layout l ON l.id = e.layout_id WHERE e.id = :event_id")
INSERT = Sql("""
    INSERT INTO scan (id, event_id, number, door_id, session_id, direction, means, verdict, registration_id, code_hash,
                      earlier_id, undoes_id, device_at, offset_ms, received_at, at)
    VALUES (:id, :event_id, :number, :door_id, :session_id, :direction, :means, :verdict, :registration_id, :code_hash,
            :earlier_id, :undoes_id, :device_at, :offset_ms, :received_at, :at)
    ON CONFLICT (id) DO NOTHING
""")
COUNT = Sql("""
    UPDATE occupancy SET inside = inside + :step, came = came + :newcomer,
        highest_at = CASE WHEN inside + :step > highest THEN :at ELSE highest_at END,
        highest = CASE WHEN inside + :step > highest THEN inside + :step ELSE highest END
    WHERE event_id = :event_id
""")
STORED = Sql("SELECT event_id, means, direction, code_hash FROM scan WHERE id = :id")
COUNT_UNKNOWN = Sql("""
    UPDATE door_session SET
        unknown_codes = CASE WHEN unknown_since > :window THEN unknown_codes + 1 ELSE 1 END,
        unknown_since = CASE WHEN unknown_since > :window THEN unknown_since ELSE :now END,
        paused_at = CASE WHEN unknown_since > :window AND unknown_codes + 1 >= :most THEN :now ELSE paused_at END
    WHERE id = :id
""")


@dataclass(frozen=True)
class Moment:
    """The id that the phone gave a scan, the way the guest went, and what the phone says about time."""

    id: str
    direction: Direction = Direction.IN
    device_at: datetime | None = None
    offset_ms: int | None = None


@dataclass(frozen=True)
class Guest:
    """Whom the phone points out: by the hash of what it read, or by somebody found by name."""

    code_hash: str | None = None
    guest_id: str | None = None

    @property
    def means(self) -> Means:
        return Means.NAME if self.guest_id else Means.CODE


@dataclass(frozen=True)
class WalkIn:
    """Somebody without a ticket."""

    name: str = ""
    category_id: str | None = None


@dataclass(frozen=True)
class Found:
    """What a scan came to, before it is written down."""

    verdict: Verdict
    registration_id: str | None = None
    earlier_id: str | None = None
    newcomer: bool = False


def scan(guest: Guest, moment: Moment, *, by: Person, now: datetime) -> bool:
    """Note that a ticket was shown or a guest was found by name. Every scan is kept, also of an unknown code.

    :param now: aware UTC.
    :returns: False when the very same scan was stored before; nothing is changed then.
    :raises OtherScanError: when the id was used for another scan.
    :raises NotFoundError: when the event has no doors.
    """

    def job(conn: Connection) -> None:
        number, inside = queue_up(conn, by)
        found = _judge(conn, guest, moment.direction, inside, by)
        store(conn, moment, number, guest.means, found, code_hash=guest.code_hash, by=by, now=now)
        if found.verdict is Verdict.UNKNOWN:
            window = now - rules.UNKNOWN_WINDOW
            COUNT_UNKNOWN(conn, id=by.id, window=window, now=now, most=rules.MOST_UNKNOWN_CODES)

    return once(job, moment, guest.means, guest.code_hash, by)


def walk_in(person: WalkIn, moment: Moment, *, by: Person, now: datetime) -> bool:
    """Let somebody without a ticket in, or count one out; returns False when that was stored before.

    A walk-in is registered, so that the figures know of her. When one leaves, one of those who are inside is counted
    out; a guest with a ticket who has it no more is found by name.

    :raises OtherScanError: when the id was used for another scan.
    :raises NotFoundError: when the event has no doors.
    """

    def job(conn: Connection) -> None:
        number, inside = queue_up(conn, by)
        found = _let_walk_in(conn, person, moment, inside, by, now)
        store(conn, moment, number, Means.WALK_IN, found, by=by, now=now)

    return once(job, moment, Means.WALK_IN, None, by)


# --- steps, for undoing too ------------------------------------------------------------------------------------


def queue_up(conn: Connection, by: Person) -> tuple[int, int]:
    """Wait for the event's other doors; returns this scan's number and how many are inside."""
    row = existing(LOCK(conn, event_id=by.event_id).one_or_none())
    return row.scans, row.inside


def _judge(conn: Connection, guest: Guest, direction: Direction, inside: int, by: Person) -> Found:
    if guest.guest_id:
        row = BY_NAME(conn, event_id=by.event_id, guest_id=guest.guest_id).one()
    else:
        row = BY_CODE(conn, event_id=by.event_id, code_hash=guest.code_hash).one()
    if row.registration_id is None:
        return Found(Verdict.UNKNOWN)
    if row.event_id != by.event_id:
        return Found(Verdict.WRONG_EVENT)  # and not a word about whose ticket it is (reliability S11)
    verdict = rules.verdict(
        direction,
        RegistrationState(row.state),
        is_inside=row.direction == Direction.IN,
        is_full=inside >= row.max_persons,
    )
    earlier_id = row.movement_id if verdict is Verdict.ALREADY_IN else None
    return Found(verdict, row.registration_id, earlier_id, newcomer=row.movement_id is None)


def _let_walk_in(conn: Connection, person: WalkIn, moment: Moment, inside: int, by: Person, now: datetime) -> Found:
    event_id = event_of(by)
    if moment.direction is Direction.OUT:
        leaving = LEAVING(conn, event_id=event_id).scalar_one_or_none()
        return Found(Verdict.OK, leaving) if leaving else Found(Verdict.NOT_IN)
    if inside >= LIMIT(conn, event_id=event_id).scalar_one():
        return Found(Verdict.FULL)
    entered = registration.walk_in(
        conn, event_id=event_id, key=moment.id, name=person.name, category_id=person.category_id, by=by, now=now
    )
    return Found(Verdict.OK, entered.registration_id, newcomer=True)


def store(
    conn: Connection,
    moment: Moment,
    number: int,
    means: Means,
    found: Found,
    *,
    by: Person,
    now: datetime,
    **more: str | None,
) -> None:
    """Write the scan down, count it, and tell those who wait for a guest to come."""
    at = rules.happened_at(moment.device_at, moment.offset_ms, now)
    values: dict[str, Any] = {"code_hash": None, "undoes_id": None, **more}
    stored = INSERT(
        conn,
        id=moment.id,
        event_id=by.event_id,
        number=number,
        door_id=by.door_id,
        session_id=by.id,
        direction=str(moment.direction),
        means=str(means),
        verdict=str(found.verdict),
        registration_id=found.registration_id,
        earlier_id=found.earlier_id,
        device_at=moment.device_at,
        offset_ms=moment.offset_ms,
        received_at=now,
        at=at,
        **values,
    )
    if stored.rowcount == 0:
        raise RepeatedScanError
    if found.verdict is Verdict.OK:
        _count(conn, moment.direction, found, at, by)


def _count(conn: Connection, direction: Direction, found: Found, at: datetime, by: Person) -> None:
    is_entry = direction is Direction.IN
    first_entry = is_entry and found.newcomer
    COUNT(conn, event_id=by.event_id, step=1 if is_entry else -1, newcomer=int(first_entry), at=at)
    if first_entry:
        for tell in registry().after_scan:
            tell(conn, found.registration_id, at)


def once(job: Job[None], moment: Moment, means: Means, code_hash: str | None, by: Person) -> bool:
    """Run the job, or find that its scan is stored already."""
    try:
        write(job)
    except RepeatedScanError:
        with reading() as conn:
            stored = STORED(conn, id=moment.id).one()
        same_way = means is Means.REVERSAL or stored.direction == moment.direction
        if (stored.event_id, stored.means, stored.code_hash) != (by.event_id, means, code_hash) or not same_way:
            raise OtherScanError from None
        return False
    return True


def event_of(by: Person) -> str:
    """The event of a phone."""
    return existing(by.event_id)
