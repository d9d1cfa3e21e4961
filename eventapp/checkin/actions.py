"""Verbs around the door: who may stand there, and with which phone. What happens there is in ``scanning``."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp import audit
from eventapp.checkin import queries, staffing_queries
from eventapp.checkin.errors import (
    DoorExistsError,
    EventOverError,
    PausedError,
    TooManyGuessesError,
    WrongShiftCodeError,
)
from eventapp.checkin.models import Door, DoorSession, DoorShift
from eventapp.checkin.queries import FoundGuests
from eventapp.checkin.rules import GUESSING, SEARCHING, SHIFT_OUTLASTS_EVENT
from eventapp.db import Sql, as_moment, db, new_id, reading, write
from eventapp.errors import TooManyError
from eventapp.events.models import Event
from eventapp.registration.ticket_rules import MISREAD
from eventapp.tokens import derived_token, keyed_hash, new_token, token_hash
from eventapp.web.permissions import Person

CODE_LENGTH = 8  # 40 bits: few enough to type, and guessing is counted
CODE = re.compile(r"[A-Z2-7]{8}")

# SQL: a phone is let in through the gate, where there is no session.
OPEN_ROOM = Sql("""
    INSERT INTO occupancy (event_id, scans, inside, came, highest) VALUES (:event_id, 0, 0, 0, 0)
    ON CONFLICT (event_id) DO NOTHING
""")
IS_PAUSED = Sql("SELECT 1 FROM door_session WHERE id = :id AND paused_at IS NOT NULL")
INSERT_SESSION = Sql("""
    INSERT INTO door_session (id, shift_id, token_hash, device_name, opened_at, unknown_codes)
    VALUES (:id, :shift_id, :token_hash, :device_name, :now, 0)
""")


def add_door(event: Event, name: str, *, by: Person, now: datetime) -> Door:
    """Give an event a door; the first one opens the count of the room.

    :raises DoorExistsError: when the event has a door of this name.
    """
    if any(door.name.casefold() == name.casefold() for door in staffing_queries.doors(event.id)):
        raise DoorExistsError
    door = Door(id=new_id(), event_id=event.id, name=name, created_at=now)
    db.session.add(door)
    db.session.flush()  # the counter is written with plain SQL, after the door
    OPEN_ROOM(db.session.connection(), event_id=event.id)
    audit.record(by, "checkin.door_added", door.id, event_id=event.id)
    return door


def begin_shift(door: Door, *, by: Person, now: datetime) -> DoorShift:
    """Begin a shift at a door. Its code can be shown again with :func:`shift_code` while it runs.

    :raises EventOverError: when the event is over.
    """
    expires_at = door.event.ends_at + SHIFT_OUTLASTS_EVENT
    if expires_at <= now:
        raise EventOverError
    shift_id = new_id()
    shift = DoorShift(
        id=shift_id,
        event_id=door.event_id,
        door_id=door.id,
        code_hash=_code_hash(shift_code(shift_id)),
        created_at=now,
        created_by_id=by.id,
        expires_at=expires_at,
    )
    db.session.add(shift)
    audit.record(by, "checkin.shift_begun", shift_id, event_id=door.event_id)
    return shift


def end_shift(shift: DoorShift, *, by: Person, now: datetime) -> None:
    """End a shift: its code opens nothing more, and all its phones are out."""
    if shift.ended_at is None:
        shift.ended_at = now
        audit.record(by, "checkin.shift_ended", shift.id, event_id=shift.event_id)


def revoke(session: DoorSession, *, by: Person, now: datetime) -> None:
    """Put one phone out: it was lost, or its holder went home."""
    if session.ended_at is None:
        session.ended_at = now
        audit.record(by, "checkin.device_revoked", session.id, event_id=session.shift.event_id)


def let_go_on(session: DoorSession, *, by: Person) -> None:
    """Let a phone go on that was paused for showing too many unknown codes."""
    session.paused_at, session.unknown_codes = None, 0
    audit.record(by, "checkin.device_resumed", session.id, event_id=session.shift.event_id)


def leave(session_id: str, *, now: datetime) -> None:
    """A phone ends its own turn."""
    session = db.session.get(DoorSession, session_id)
    if session is not None:
        session.ended_at = now


# --- codes ---------------------------------------------------------------------------------------------------


def shift_code(shift_id: str) -> str:
    """The code of a shift: 8 characters of upper-case base32, made anew each time and stored nowhere."""
    digest = bytes.fromhex(derived_token("door-shift", shift_id))
    return base64.b32encode(digest).decode("ascii")[:CODE_LENGTH]


def open_door(typed: str, device_name: str, *, address: str, now: datetime, system_now: datetime) -> str:
    """Let a phone in with a shift code; returns the token for its cookie.

    :param typed: in any case and grouping.
    :param address: where the request came from, for counting wrong codes.
    :param now: domain time, with which the event ends; guesses are counted in the machine's own.
    :raises WrongShiftCodeError: when no open shift has the code.
    :raises TooManyGuessesError: instead, after too many wrong ones from this address.
    """
    code = re.sub(r"[\s-]", "", typed).upper().translate(MISREAD)
    with reading() as conn:
        shift = queries.SHIFT(conn, code_hash=_code_hash(code)).one_or_none() if CODE.fullmatch(code) else None
        fits = shift is not None and as_moment(shift.expires_at) > now
        # looked at first: a hall's wireless net is one address, and no door stays shut because others guess from it
        if not fits and GUESSING.is_on(conn, address, system_now):
            raise TooManyGuessesError
    if not fits:
        write(lambda conn: GUESSING.miss(conn, address, system_now))
        raise WrongShiftCodeError
    token = new_token()
    write(lambda conn: _open_session(conn, shift, device_name, token, now))
    return token


def search(typed: str, *, by: Person, system_now: datetime) -> FoundGuests:
    """Guests by name, for a phone at a door; the log says which phone searched, at most once in ten minutes.

    :param system_now: the machine's time, in which searches are counted.
    :raises PausedError: when the phone showed too many unknown codes.
    :raises TooManyError: after more searches than a door has use for.
    """
    with reading() as conn:
        if IS_PAUSED(conn, id=by.id).first():
            raise PausedError
        if SEARCHING.is_on(conn, by.id, system_now):
            raise TooManyError
    if len(typed.strip()) >= queries.FEWEST_LETTERS:
        write(lambda conn: _count_search(conn, by, system_now))
    return queries.guests(by.event_id or "", typed)


def _count_search(conn: Connection, by: Person, system_now: datetime) -> None:
    if SEARCHING.miss(conn, by.id, system_now) == 1:
        audit.insert(conn, by, "checkin.searched", by.id, event_id=by.event_id)


def _open_session(conn: Connection, shift: Any, device_name: str, token: str, now: datetime) -> None:
    session_id = new_id()
    hashed = token_hash(token)
    INSERT_SESSION(conn, id=session_id, shift_id=shift.id, token_hash=hashed, device_name=device_name, now=now)
    by = Person.at_door(session_id, device_name, shift.event_id, shift.door_id)
    audit.insert(conn, by, "checkin.device_opened", session_id, event_id=shift.event_id)


def _code_hash(code: str) -> str:
    """Keyed, for a short code could be found from a plain hash by trying."""
    return keyed_hash(f"shift-code:{code}")
