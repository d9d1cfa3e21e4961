"""What happens when a ticket is shown: decided, counted and kept in one short transaction (design decision 19).

Every job first changes the event's row of ``occupancy``. So all doors of an event stand in one queue on both
databases, each sees what the one before it did, and the room cannot be filled past its number by two doors at once.
A scan that is sent again finds its id taken; the whole job is undone and the stored scan stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp.checkin import presence_actions, queries, rules
from eventapp.checkin.errors import OtherScanError, PausedError, RepeatedScanError
from eventapp.checkin.models import Direction, Means, Verdict
from eventapp.checkin.presence_actions import Head, as_shown, of_head
from eventapp.checkin.queries import WHO, WHO_FROM, Result, Room
from eventapp.checkin.rules import MOVING, Shown
from eventapp.db import Job, Sql, as_moment, reading, write
from eventapp.errors import NotAllowedError, existing
from eventapp.languages import Wording
from eventapp.registration import actions as registration
from eventapp.registration.models import Origin, RegistrationState
from eventapp.web.permissions import Person

_ON = """
    FROM door_session p JOIN door_shift h ON h.id = p.shift_id
    WHERE p.id = :phone_id AND p.ended_at IS NULL AND h.ended_at IS NULL AND h.expires_at > :now
"""
LOCK = Sql(f"""
    UPDATE occupancy SET scans = scans + 1 WHERE event_id = :event_id RETURNING scans, inside, latest_at,
        (SELECT l.max_persons FROM event e JOIN layout l ON l.id = e.layout_id WHERE e.id = occupancy.event_id)
        AS max_persons,
        (SELECT e.cancelled_at FROM event e WHERE e.id = occupancy.event_id) AS cancelled_at,
        (SELECT CASE WHEN p.paused_at IS NULL THEN 'on' ELSE 'paused' END {_ON}) AS phone
""")
# The guest, once for each scan that moved her or took a movement back, with the door that it was made at.
_GUEST = f"""
    SELECT r.id AS registration_id, r.event_id, r.state, b.origin, {WHO},
           s.id, s.at, s.direction, s.verdict, s.undoes_id, d.name AS door
    FROM {{found_by}} JOIN booking b ON b.id = r.booking_id {WHO_FROM}
    LEFT JOIN scan s ON s.registration_id = r.id AND s.verdict IN ('ok', 'undone') LEFT JOIN door d ON d.id = s.door_id
    WHERE {{which}}
"""
BY_CODE = Sql(
    _GUEST.format(found_by="ticket t JOIN registration r ON r.id = t.registration_id", which="t.code_hash = :code_hash")
)
BY_ID = Sql(_GUEST.format(found_by="registration r", which="r.id = :guest_id AND r.event_id = :event_id"))
# Guests without ticket and name cannot be told apart, so any of them who was inside then may be the one who leaves.
# CROSS JOIN: SQLite then begins with the walk-ins, who are few, and not with everybody who came.
LEAVING = Sql("""
    SELECT r.id FROM booking b CROSS JOIN registration r CROSS JOIN presence p CROSS JOIN scan e
    WHERE b.event_id = :event_id AND b.quota_id IS NULL AND r.booking_id = b.id AND p.registration_id = r.id
    AND e.id = p.entry_id AND e.at < :at
    ORDER BY CASE r.name WHEN '' THEN 0 ELSE 1 END, e.at, e.id LIMIT 1
""")
IS_ON = Sql(f"SELECT 1 {_ON}")
# Asked once more: on PostgreSQL the statement above still sees the phone as it was before it waited for its turn.
INSERT = Sql(f"""
    INSERT INTO scan (id, event_id, number, door_id, session_id, direction, means, verdict, registration_id, code_hash,
                      earlier_id, undoes_id, device_at, offset_ms, received_at, at)
    SELECT :id, :event_id, :number, :door_id, :session_id, :direction, :means, :verdict, :registration_id, :code_hash,
           :earlier_id, :undoes_id, :device_at, :offset_ms, :received_at, :at
    WHERE EXISTS (SELECT 1 {_ON})
    ON CONFLICT (id) DO NOTHING
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
class PointedOut:
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
class Turn:
    """A scan whose turn it is: the number it gets, what it finds, and where it stands among the others."""

    number: int
    inside: int
    limit: int
    latest_at: datetime | None
    received_at: datetime
    at: datetime
    is_paused: bool = False
    cancelled_at: datetime | None = None

    @property
    def is_called_off(self) -> bool:
        """Whether the event was called off when it happened; what a phone kept from before stands."""
        return self.cancelled_at is not None and self.at >= self.cancelled_at

    @property
    def is_full(self) -> bool:
        return self.inside >= self.limit


@dataclass(frozen=True)
class Found:
    """What a scan came to, before it is written down. ``head``: whom it moves, if the verdict is one that does.

    ``guest``: the rows of her by whom she was found, for the words of the answer.
    """

    verdict: Verdict
    head: Head | None = None
    earlier_id: str | None = None
    guest: Sequence[Any] = ()


@dataclass(frozen=True)
class Answer:
    """What a scan came to and how full the room is by it. ``is_new``: it was not stored before."""

    result: Result
    room: Room
    is_new: bool


def scan(guest: PointedOut, moment: Moment, *, by: Person, now: datetime) -> Answer:
    """Note that a ticket was shown or a guest was found by name. Every scan is kept, also of an unknown code.

    :param now: aware UTC.
    :returns: the stored answer when the very same scan was sent before; nothing is changed then.
    :raises OtherScanError: when the id was used for another scan.
    :raises PausedError: when the phone showed too many unknown codes.
    :raises NotAllowedError: when the phone was put out. :raises NotFoundError: when the event has no doors.
    """

    def job(conn: Connection) -> Answer:
        turn = queue_up(conn, moment, by, now)
        if turn.is_paused:
            raise PausedError
        found = _judge(conn, guest, moment.direction, turn, by)
        inside = store(conn, moment, turn, guest.means, found, code_hash=guest.code_hash, by=by)
        if found.verdict is Verdict.UNKNOWN:
            window = now - rules.UNKNOWN_WINDOW
            COUNT_UNKNOWN(conn, id=by.id, window=window, now=now, most=rules.MOST_UNKNOWN_CODES)
        return Answer(_told(found, moment, turn, guest.means), Room(inside, turn.limit), is_new=True)

    return once(job, moment, guest.means, guest.code_hash, by) or told_before(moment, by)


def walk_in(person: WalkIn, moment: Moment, *, by: Person, now: datetime) -> Answer:
    """Let somebody without a ticket in, or count one out.

    A walk-in is registered, so that the figures know of her. When one leaves, one of those who are inside is counted
    out; a guest with a ticket who has it no more is found by name.

    :returns: the stored answer when the very same was sent before; nothing is changed then.
    :raises OtherScanError: when the id was used for another scan.
    :raises PausedError: when the phone showed too many unknown codes.
    :raises NotFoundError: when the event has no doors.
    """

    def job(conn: Connection) -> Answer:
        turn = queue_up(conn, moment, by, now)
        if turn.is_paused:
            raise PausedError
        found = _let_walk_in(conn, person, moment, turn, by)
        store(conn, moment, turn, Means.WALK_IN, found, by=by)
        return Answer(*queries.outcome_of(conn, event_of(by), moment.id), is_new=True)

    return once(job, moment, Means.WALK_IN, None, by) or told_before(moment, by)


# --- steps, for undoing too ------------------------------------------------------------------------------------


def queue_up(conn: Connection, moment: Moment, by: Person, now: datetime) -> Turn:
    """Wait for the event's other doors; until this transaction ends they wait for us.

    :raises NotAllowedError: when the phone was put out meanwhile, or its shift is over.
    """
    row = existing(LOCK(conn, event_id=by.event_id, phone_id=by.id, now=now).one_or_none())
    if row.phone is None:
        raise NotAllowedError
    latest_at = as_moment(row.latest_at) if row.latest_at else None
    off_at = as_moment(row.cancelled_at) if row.cancelled_at else None
    at = rules.in_turn(rules.happened_at(moment.device_at, moment.offset_ms, now), now, latest_at)
    is_paused = row.phone == "paused"
    return Turn(row.scans, row.inside, row.max_persons, latest_at, now, at, is_paused, cancelled_at=off_at)


def _judge(conn: Connection, guest: PointedOut, direction: Direction, turn: Turn, by: Person) -> Found:
    if guest.guest_id:
        rows = BY_ID(conn, event_id=by.event_id, guest_id=guest.guest_id).all()
    else:
        rows = BY_CODE(conn, code_hash=guest.code_hash).all()
    if not rows:
        return Found(Verdict.UNKNOWN)
    if rows[0].event_id != by.event_id:
        return Found(Verdict.WRONG_EVENT)  # and not a word about whose ticket it is (reliability S11)
    head = Head(rows[0].registration_id, rows[0].origin, [as_shown(row) for row in rows if row.id])
    then, now = rules.fold(head.shown, before=turn.at), rules.fold(head.shown)
    verdict = rules.verdict(
        direction,
        RegistrationState(rows[0].state),
        is_inside=then.is_inside,
        is_full=turn.is_full and not now.is_inside,  # who is inside already makes the room no fuller
        is_called_off=turn.is_called_off,
    )
    return Found(verdict, head, then.entry_id if verdict is Verdict.ALREADY_IN else None, rows)


def _told(found: Found, moment: Moment, turn: Turn, means: Means) -> Result:
    """What the door is told, from what was read to decide it."""
    result = Result(moment.id, found.verdict, moment.direction, means, turn.at)
    if not found.guest:
        return result
    guest = found.guest[0]
    result = replace(result, name=guest.name, label=Wording.load(guest.label), note=guest.note or "")
    earlier = [row for row in found.guest if found.earlier_id and row.id == found.earlier_id]
    return replace(result, earlier_at=as_moment(earlier[0].at), earlier_door=earlier[0].door) if earlier else result


def _let_walk_in(conn: Connection, person: WalkIn, moment: Moment, turn: Turn, by: Person) -> Found:
    event_id = event_of(by)
    if moment.direction is Direction.OUT:
        leaving = LEAVING(conn, event_id=event_id, at=turn.at).scalar_one_or_none()
        if leaving is None:
            return Found(Verdict.NOT_IN)
        return Found(Verdict.OK, Head(leaving, Origin.WALK_IN, of_head(conn, leaving)))
    if turn.is_called_off:
        return Found(Verdict.CALLED_OFF)
    if turn.is_full:
        return Found(Verdict.FULL)
    entered = registration.walk_in(
        conn,
        event_id=event_id,
        key=moment.id,
        name=person.name,
        category_id=person.category_id,
        by=by,
        now=turn.received_at,
    )
    return Found(Verdict.OK, Head(entered.registration_id, Origin.WALK_IN))


def store(
    conn: Connection,
    moment: Moment,
    turn: Turn,
    means: Means,
    found: Found,
    *,
    by: Person,
    code_hash: str | None = None,
    undoes_id: str | None = None,
) -> int:
    """Write the scan down, and keep what it changes; returns how many are inside now.

    :raises RepeatedScanError: when it is stored already.
    :raises NotAllowedError: when the phone was put out while this scan waited for its turn.
    """
    stored = INSERT(
        conn,
        id=moment.id,
        event_id=by.event_id,
        number=turn.number,
        door_id=by.door_id,
        session_id=by.id,
        direction=str(moment.direction),
        means=str(means),
        verdict=str(found.verdict),
        registration_id=found.head.registration_id if found.head else None,
        code_hash=code_hash,
        earlier_id=found.earlier_id,
        undoes_id=undoes_id,
        device_at=moment.device_at,
        offset_ms=moment.offset_ms,
        received_at=turn.received_at,
        at=turn.at,
        phone_id=by.id,
        now=turn.received_at,
    )
    if stored.rowcount == 0:
        raise RepeatedScanError if _is_on(conn, by, turn.received_at) else NotAllowedError
    if found.head is None or found.verdict not in MOVING:
        return turn.inside
    new = Shown(moment.id, turn.at, moment.direction, found.verdict, undoes_id)
    return turn.inside + presence_actions.take_in(conn, event_of(by), found.head, new, turn.latest_at)


def _is_on(conn: Connection, by: Person, now: datetime) -> bool:
    return IS_ON(conn, phone_id=by.id, now=now).one_or_none() is not None


def once(job: Job[Answer], moment: Moment, means: Means, code_hash: str | None, by: Person) -> Answer | None:
    """Run the job; None when its scan is stored already.

    :raises OtherScanError: when the id was used for another scan.
    """
    try:
        return write(job)
    except RepeatedScanError:
        with reading() as conn:
            stored = STORED(conn, id=moment.id).one()
        same_way = means is Means.REVERSAL or stored.direction == moment.direction
        if (stored.event_id, stored.means, stored.code_hash) != (by.event_id, means, code_hash) or not same_way:
            raise OtherScanError from None
        return None


def told_before(moment: Moment, by: Person) -> Answer:
    """The answer to a scan that is stored already."""
    return Answer(*queries.outcome(event_of(by), moment.id), is_new=False)


def event_of(by: Person) -> str:
    """The event of a phone."""
    return existing(by.event_id)
