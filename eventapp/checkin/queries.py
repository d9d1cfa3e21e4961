"""Questions from the door and about it. Those of the door run without the ORM, on a connection that never waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from eventapp.checkin import rules
from eventapp.checkin.models import Direction, Means, Occupancy, Verdict
from eventapp.checkin.rules import Level, level
from eventapp.db import Sql, as_moment, db, reading
from eventapp.errors import existing
from eventapp.languages import NO_WORDS, Wording
from eventapp.registration import name_queries
from eventapp.registration.models import RegistrationState

MOST_FOUND = 20
FEWEST_LETTERS = 2
MOST_RECENT = 12

SESSION = Sql("""
    SELECT s.id, s.device_name, h.id AS shift_id, h.event_id, h.door_id, h.expires_at, d.name AS door,
           e.title
    FROM door_session s JOIN door_shift h ON h.id = s.shift_id JOIN door d ON d.id = h.door_id
    JOIN event e ON e.id = h.event_id
    WHERE s.token_hash = :token_hash AND s.ended_at IS NULL AND h.ended_at IS NULL
""")
# Who has a ticket and has not come, from the cells that are kept beside guests and scans (ADR 0044).
ROOM = Sql("""
    SELECT o.inside, o.came, o.highest, o.highest_at, l.max_persons, e.ends_at,
           (SELECT COALESCE(sum(c.heads), 0) FROM head_count c
            WHERE c.event_id = e.id AND c.quota_key <> '' AND c.state = 'confirmed')
           - (SELECT COALESCE(sum(a.heads), 0) FROM arrival_count a
              WHERE a.event_id = e.id AND a.quota_key <> '' AND a.state = 'confirmed') AS expected
    FROM occupancy o JOIN event e ON e.id = o.event_id JOIN layout l ON l.id = e.layout_id WHERE e.id = :event_id
""")
# What the door is told of a guest r.
WHO = "r.name, c.label, n.text AS note"
WHO_FROM = """
    LEFT JOIN category c ON c.id = r.category_id
    LEFT JOIN access_need n ON n.registration_id = r.id AND n.show_at_door
"""
_RESULT = f"""
    SELECT s.id, s.verdict, s.direction, s.means, s.at, {WHO},
           e.at AS earlier_at, ed.name AS earlier_door, u.id AS undone_by
    FROM scan s LEFT JOIN registration r ON r.id = s.registration_id {WHO_FROM}
    LEFT JOIN scan e ON e.id = s.earlier_id LEFT JOIN door ed ON ed.id = e.door_id
    LEFT JOIN scan u ON u.undoes_id = s.id
    WHERE {{which}}
"""
RESULT = Sql(_RESULT.format(which="s.id = :id AND s.event_id = :event_id"))
# A phone is of one event: to name it too would lead SQLite through all scans of the event.
RECENT = Sql(_RESULT.format(which="s.session_id = :session_id ORDER BY s.number DESC LIMIT :most"))
GUESTS = Sql("""
    SELECT r.id, r.name, r.state, b.registered_at, c.label, p.entry_id
    FROM registration r JOIN booking b ON b.id = r.booking_id LEFT JOIN category c ON c.id = r.category_id
    LEFT JOIN presence p ON p.registration_id = r.id WHERE r.id IN each(:ids)
""")
CATEGORIES = Sql("SELECT id, label FROM category WHERE event_id = :event_id ORDER BY position")
SHIFT = Sql("""
    SELECT id, event_id, door_id, expires_at FROM door_shift WHERE code_hash = :code_hash AND ended_at IS NULL
""")


@dataclass(frozen=True)
class Post:
    """A phone at a door: what its cookie stands for."""

    session_id: str
    device_name: str
    shift_id: str
    event_id: str
    door_id: str
    door: str
    title: Wording


@dataclass(frozen=True)
class Room:
    """How many are in the room, against the number of the approved plan, which counts everybody.

    ``expected``: how many hold a ticket and were not let in yet; None in the answer to a scan, which does not ask.
    """

    inside: int
    limit: int
    came: int = 0
    highest: int = 0
    highest_at: datetime | None = None
    expected: int | None = None
    ends_at: datetime | None = None

    @property
    def free(self) -> int:
        return max(0, self.limit - self.inside)

    @property
    def level(self) -> Level:
        return level(self.inside, self.limit)

    def still_expected(self, now: datetime) -> int | None:
        """Ticket holders on their way; nobody is once the event is over. None where it was not asked."""
        return 0 if self.ends_at is not None and now >= self.ends_at else self.expected

    def is_promised(self, now: datetime) -> bool:
        """Whether whoever is let in without a ticket takes a place that somebody with a ticket is expected to need."""
        return rules.is_promised(self.free, self.still_expected(now) or 0)


@dataclass(frozen=True)
class Result:
    """A scan as the door is told of it. ``name`` is "" for an unknown code and for a walk-in who gave none."""

    id: str
    verdict: Verdict
    direction: Direction
    means: Means
    at: datetime
    name: str = ""
    label: Wording = NO_WORDS
    earlier_at: datetime | None = None
    earlier_door: str = ""
    note: str = ""
    is_undone: bool = False

    @property
    def is_undoable(self) -> bool:
        return self.verdict is Verdict.OK and not self.is_undone


@dataclass(frozen=True)
class FoundGuest:
    """What the door may know of somebody: name, category, status (domain.md 4.4)."""

    id: str
    name: str
    state: RegistrationState
    registered_at: datetime
    label: Wording
    is_inside: bool


@dataclass(frozen=True)
class FoundGuests:
    """Those who were found, the closest first; ``are_more``: others fit as well and are left out."""

    guests: list[FoundGuest]
    are_more: bool = False


# --- the door ------------------------------------------------------------------------------------------------


def post(hashed: str, now: datetime) -> Post | None:
    """The phone whose cookie has this hash, while its shift runs."""
    with reading() as conn:
        row = SESSION(conn, token_hash=hashed).one_or_none()
    if row is None or as_moment(row.expires_at) <= now:
        return None
    return Post(
        session_id=row.id,
        device_name=row.device_name,
        shift_id=row.shift_id,
        event_id=row.event_id,
        door_id=row.door_id,
        door=row.door,
        title=Wording.load(row.title),
    )


def room(event_id: str) -> Room:
    """
    :raises NotFoundError: when the event has no doors yet.
    """
    with reading() as conn:
        return _room(conn, event_id)


def outcome(event_id: str, scan_id: str) -> tuple[Result, Room]:
    """What a scan of the event came to, and how full the room is now.

    :raises NotFoundError: when the event has no such scan.
    """
    with reading() as conn:
        return outcome_of(conn, event_id, scan_id)


def outcome_of(conn: Connection, event_id: str, scan_id: str) -> tuple[Result, Room]:
    """The same, inside a transaction."""
    return _result(existing(RESULT(conn, event_id=event_id, id=scan_id).one_or_none())), _room(conn, event_id)


def recent(session_id: str) -> list[Result]:
    """What this phone scanned last, latest first; reversals are shown on what they undo."""
    with reading() as conn:
        rows = RECENT(conn, session_id=session_id, most=MOST_RECENT).all()
    return [_result(row) for row in rows if row.means != Means.REVERSAL]


def guests(event_id: str, typed: str) -> FoundGuests:
    """Guests whose name fits what was typed (:mod:`eventapp.registration.name_queries`), the closest first; at most 20.

    Nobody for less than two letters: the door looks for a guest who stands there, it does not read the list.
    """
    if len(typed.strip()) < FEWEST_LETTERS:
        return FoundGuests([])
    with reading() as conn:
        rows = GUESTS(conn, ids=name_queries.find(conn, event_id, typed, MOST_FOUND + 1)).all()
    found = [
        FoundGuest(
            id=row.id,
            name=row.name,
            state=RegistrationState(row.state),
            registered_at=as_moment(row.registered_at),
            label=Wording.load(row.label),
            is_inside=row.entry_id is not None,
        )
        for row in sorted(rows, key=lambda row: (name_queries.closeness(typed, row.name), row.id))
    ]
    return FoundGuests(found[:MOST_FOUND], are_more=len(found) > MOST_FOUND)


def categories(event_id: str) -> list[tuple[str, Wording]]:
    """What a walk-in may come as, in the organiser's order."""
    with reading() as conn:
        return [(row.id, Wording.load(row.label)) for row in CATEGORIES(conn, event_id=event_id)]


def _room(conn: Connection, event_id: str) -> Room:
    row = existing(ROOM(conn, event_id=event_id).one_or_none())
    highest_at = as_moment(row.highest_at) if row.highest_at else None
    ends_at = as_moment(row.ends_at)
    return Room(row.inside, row.max_persons, row.came, row.highest, highest_at, int(row.expected), ends_at)


def _result(row: Any) -> Result:
    return Result(
        id=row.id,
        verdict=Verdict(row.verdict),
        direction=Direction(row.direction),
        means=Means(row.means),
        at=as_moment(row.at),
        name=row.name or "",
        label=Wording.load(row.label),
        earlier_at=as_moment(row.earlier_at) if row.earlier_at else None,
        earlier_door=row.earlier_door or "",
        note=row.note or "",
        is_undone=row.undone_by is not None,
    )


# --- for other slices ----------------------------------------------------------------------------------------


def came(event_id: str) -> int | None:
    """How many heads came; None before anybody did, for an event that has not begun shows a dash."""
    return db.session.scalar(select(Occupancy.came).where(Occupancy.event_id == event_id)) or None


def scans_taken() -> int:
    """How many scans all doors have made together."""
    return int(db.session.scalar(select(func.coalesce(func.sum(Occupancy.scans), 0))) or 0)
