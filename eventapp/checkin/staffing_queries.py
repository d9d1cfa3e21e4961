"""Questions about who stands at which door: doors, shifts and phones, for the organiser's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from eventapp.checkin.models import Door, DoorSession, DoorShift, Scan
from eventapp.db import db
from eventapp.errors import NotFoundError
from eventapp.events.queries import event_scope
from eventapp.formats.names import danish_key
from eventapp.web.permissions import Scope


def doors(event_id: str) -> Sequence[Door]:
    """The doors of an event by name, in the order of the Danish alphabet."""
    found = db.session.scalars(select(Door).where(Door.event_id == event_id).order_by(Door.id))
    return sorted(found, key=lambda one: danish_key(one.name))


def door(event_id: str, door_id: str) -> Door:
    """
    :raises NotFoundError: when the event has no such door.
    """
    found = db.session.get(Door, door_id)
    if found is None or found.event_id != event_id:
        raise NotFoundError
    return found


def open_shifts(event_id: str, now: datetime) -> Sequence[DoorShift]:
    """The shifts that run, by door and age."""
    running = (
        select(DoorShift)
        .join(Door)
        .where(DoorShift.event_id == event_id, DoorShift.ended_at.is_(None), DoorShift.expires_at > now)
    )
    found = db.session.scalars(running.options(joinedload(DoorShift.door)).order_by(DoorShift.created_at, DoorShift.id))
    return sorted(found, key=lambda one: danish_key(one.door.name))


def shift(event_id: str, shift_id: str) -> DoorShift:
    """
    :raises NotFoundError: when the event has no such shift.
    """
    found = db.session.get(DoorShift, shift_id)
    if found is None or found.event_id != event_id:
        raise NotFoundError
    return found


@dataclass(frozen=True)
class Device:
    """A phone at a door, with how many scans it made and when it made the last one."""

    session: DoorSession
    scans: int
    last_at: datetime | None


def devices(event_id: str, now: datetime) -> list[Device]:
    """The phones that are open now, in the order in which they were opened."""
    rows = db.session.execute(
        select(DoorSession, func.count(Scan.id), func.max(Scan.at))
        .join(DoorShift)
        .outerjoin(Scan, Scan.session_id == DoorSession.id)
        .where(
            DoorShift.event_id == event_id,
            DoorShift.ended_at.is_(None),
            DoorShift.expires_at > now,
            DoorSession.ended_at.is_(None),
        )
        .group_by(DoorSession.id)
        .order_by(DoorSession.opened_at, DoorSession.id)
        .options(joinedload(DoorSession.shift).joinedload(DoorShift.door))
    )
    return [Device(session, scans, last_at) for session, scans, last_at in rows]


def session(event_id: str, session_id: str) -> DoorSession:
    """
    :raises NotFoundError: when no phone of the event has this id.
    """
    found = db.session.get(DoorSession, session_id)
    if found is None or found.shift.event_id != event_id:
        raise NotFoundError
    return found


# --- what they belong to, for the guard ----------------------------------------------------------------------


def door_scope(door_id: str) -> Scope:
    return event_scope(select(Door.event_id).where(Door.id == door_id))


def shift_scope(shift_id: str) -> Scope:
    return event_scope(select(DoorShift.event_id).where(DoorShift.id == shift_id))


def device_scope(session_id: str) -> Scope:
    return event_scope(select(DoorShift.event_id).join(DoorSession).where(DoorSession.id == session_id))


def scan_scope(scan_id: str) -> Scope:
    return event_scope(select(Scan.event_id).where(Scan.id == scan_id))
