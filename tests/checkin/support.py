"""A hall with doors, guests with tickets, and phones that are open."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_sqlalchemy import SQLAlchemy

from eventapp.checkin import actions, queries, scan_actions, undo_actions
from eventapp.checkin.models import Direction, Occupancy
from eventapp.checkin.queries import Result
from eventapp.checkin.scan_actions import Moment, PointedOut, WalkIn
from eventapp.db import db as database
from eventapp.db import new_id
from eventapp.events.models import Event, QuotaKind
from eventapp.events.queries import quota
from eventapp.registration import rules, ticket_rules
from eventapp.registration.models import AccessNeed, Booking, Origin, Registration, RegistrationState, Ticket
from eventapp.tokens import token_hash
from eventapp.web.permissions import Person, Role
from tests.support.factories import STARTS_AT, make_event, make_layout

session = database.session
DOORS_OPEN = STARTS_AT - timedelta(minutes=30)
ORGANISER = Person("0" * 32, "Arrangør", frozenset({Role.ORGANISER}))


@dataclass(frozen=True)
class Hall:
    """An event with two doors and a phone at each."""

    event_id: str
    front: Person
    side: Person


@dataclass(frozen=True)
class Invitee:
    """A registration with the code of its ticket."""

    id: str
    code: str

    @property
    def ticket(self) -> PointedOut:
        return PointedOut(code_hash=ticket_rules.code_hash(self.code))


def make_hall(db: SQLAlchemy, *, max_persons: int = 200) -> Hall:
    event = make_event(layout=make_layout(max_persons=max_persons), seats=1000)
    event_id = event.id
    front, side = (open_phone(event, name) for name in ("Hovedindgang", "Sideindgang"))
    return Hall(event_id, front, side)


def open_phone(event: Event, door_name: str) -> Person:
    """A door with a shift and a phone; the transaction is ended."""
    code = open_shift(event, door_name)
    return phone_with(code, f"Telefon ved {door_name}")


def open_shift(event: Event, door_name: str) -> str:
    """A door with a shift; returns the shift's code. The transaction is ended."""
    door = actions.add_door(event, door_name, by=ORGANISER, now=DOORS_OPEN)
    code = actions.shift_code(actions.begin_shift(door, by=ORGANISER, now=DOORS_OPEN).id)
    session.commit()
    return code


def phone_with(code: str, name: str = "Telefon") -> Person:
    session.rollback()
    token = actions.open_door(code, name, address="192.0.2.1", now=DOORS_OPEN, system_now=DOORS_OPEN)
    post = queries.post(token_hash(token), DOORS_OPEN)
    assert post is not None
    return Person.at_door(post.session_id, post.device_name, post.event_id, post.door_id)


def make_guest(
    db: SQLAlchemy,
    event_id: str,
    name: str = "Anna Andersen",
    *,
    state: RegistrationState = RegistrationState.CONFIRMED,
    note: str = "",
    wants_follow_up: bool = False,
    origin: Origin = Origin.WEB,
    **facts: Any,
) -> Invitee:
    """A guest who signed up alone, with a ticket unless she waits."""
    public = quota(event_id, QuotaKind.PUBLIC)
    assert public is not None
    ticket_id, registration_id, booking_id = new_id(), new_id(), new_id()
    code = ticket_rules.code(ticket_id, 1)
    waiting = state is RegistrationState.WAITING
    if waiting:
        public.waiting_issued += 1
    db.session.add(
        Booking(
            id=booking_id,
            event_id=event_id,
            quota_id=public.id,
            submission_key=new_id(),
            content_hash="0" * 64,
            waiting_number=public.waiting_issued if waiting else None,
            waiting=1 if waiting else 0,
            email=f"{registration_id}@example.org",
            wants_follow_up=wants_follow_up,
            origin=origin,
            link_hash=new_id() * 2,
            registered_at=DOORS_OPEN - timedelta(days=3),
        )
    )
    db.session.add(
        Registration(
            id=registration_id,
            booking_id=booking_id,
            event_id=event_id,
            state=state,
            **rules.name_columns(name),
            cancelled_at=DOORS_OPEN - timedelta(days=1) if state is RegistrationState.CANCELLED else None,
            **facts,
        )
    )
    db.session.flush()
    db.session.add(
        Ticket(
            id=ticket_id,
            registration_id=registration_id,
            event_id=event_id,
            code_hash=ticket_rules.code_hash(code),
            issued_at=DOORS_OPEN,
        )
    )
    if note:
        db.session.add(AccessNeed(registration_id=registration_id, text=note, show_at_door=True, given_at=DOORS_OPEN))
    db.session.commit()
    return Invitee(registration_id, code)


def scanned(guest: PointedOut, by: Person, minutes: int = 0, *, direction: Direction = Direction.IN) -> Result:
    """Show a ticket so many minutes after the doors opened."""
    moment = Moment(uuid.uuid4().hex, direction)
    session.rollback()  # outside a request the session's transaction would hold the gate
    told = scan_actions.scan(guest, moment, by=by, now=DOORS_OPEN + timedelta(minutes=minutes))
    stored, room = queries.outcome(by.event_id or "", moment.id)
    assert (told.result, told.room.inside, told.room.limit) == (stored, room.inside, room.limit), (
        "told is what is stored"
    )
    return stored


def walked_in(by: Person, name: str = "", minutes: int = 0, *, direction: Direction = Direction.IN) -> Result:
    moment = Moment(uuid.uuid4().hex, direction)
    session.rollback()  # outside a request the session's transaction would hold the gate
    scan_actions.walk_in(WalkIn(name), moment, by=by, now=DOORS_OPEN + timedelta(minutes=minutes))
    return result_of(moment, by)


def undone(scan: Result, by: Person, minutes: int = 0) -> Result:
    moment = Moment(uuid.uuid4().hex)
    session.rollback()
    undo_actions.undo(scan.id, moment, by=by, now=DOORS_OPEN + timedelta(minutes=minutes))
    return result_of(moment, by)


def result_of(moment: Moment, by: Person) -> Result:
    return queries.outcome(by.event_id or "", moment.id)[0]


def count_of(db: SQLAlchemy, event_id: str) -> tuple[int, int, int, datetime | None]:
    """The counter: inside, came, highest, highest_at."""
    db.session.rollback()
    room = db.session.get_one(Occupancy, event_id, populate_existing=True)
    return room.inside, room.came, room.highest, room.highest_at
