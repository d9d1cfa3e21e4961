"""The doors of the debate, and an invented evening at them: who came, when, and who came without a ticket."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from eventapp import clock
from eventapp.cases.models import Case
from eventapp.checkin import actions, queries, scan_actions, staffing_queries
from eventapp.checkin.models import Direction
from eventapp.checkin.scan_actions import Moment, PointedOut, WalkIn
from eventapp.db import db, new_id
from eventapp.demo import facts
from eventapp.demo.parts import DemoCase
from eventapp.events.models import Category, Event
from eventapp.registration.models import Registration, RegistrationState, Ticket
from eventapp.tokens import token_hash
from eventapp.web.permissions import Person
from eventapp.web.urls import external_url

DOORS = ("Hovedindgang", "Sideindgang med elevator")
MADE_AT = clock.wall(date(2023, 8, 23), time(11))
EVENING = date(2023, 9, 28)
OPENED_AT = clock.wall(EVENING, time(16, 20))
FIRST_GUEST_AT = clock.wall(EVENING, time(16, 30))
SMOKE_AT = clock.wall(EVENING, time(17, 52))
ARRIVALS_MINUTES = 45
SHARE_THAT_COMES = 0.86
SHARE_AT_SIDE_DOOR = 0.15
WALK_INS = 9
SMOKERS = 8

Step = tuple[datetime, PointedOut | WalkIn, Direction]


def load_doors(demo: DemoCase) -> None:
    """Two doors, each with a shift whose code the organiser's page shows; commits."""
    event = db.session.get_one(Event, demo.event_id)
    for name in DOORS:
        actions.begin_shift(actions.add_door(event, name, by=demo.by, now=MADE_AT), by=demo.by, now=MADE_AT)
    db.session.commit()


def load_evening(demo: DemoCase) -> None:
    """Most of those with a ticket come, a few without; some go out for a while and come in again."""
    guests = [PointedOut(code_hash=one) for one in _tickets(demo.event_id) if _draw("comes", one) < SHARE_THAT_COMES]
    steps = [_arrival(one) for one in guests] + _walk_ins(demo.event_id)
    for number, guest in enumerate(guests[:SMOKERS]):
        out_at = SMOKE_AT + timedelta(seconds=47 * number)
        steps += [(out_at, guest, Direction.OUT), (out_at + timedelta(minutes=7), guest, Direction.IN)]
    phones = [_open_phone(demo.event_id, name) for name in DOORS]
    for at, who, way in sorted(steps, key=lambda step: step[0]):
        by = phones[_draw("door", at.isoformat()) < SHARE_AT_SIDE_DOOR]
        _play(who, Moment(new_id(), way), by, at)


def door_link() -> str | None:
    """The address that opens a door of the demo on a phone, as its QR code holds it; None when no shift runs."""
    event_id = db.session.scalars(select(Event.id).join(Case).where(Case.slug == facts.SLUG)).one()
    shifts = staffing_queries.open_shifts(event_id, clock.now())
    return f"{external_url('checkin.door')}#{actions.shift_code(shifts[0].id)}" if shifts else None


def _play(who: PointedOut | WalkIn, moment: Moment, by: Person, at: datetime) -> None:
    if isinstance(who, PointedOut):
        scan_actions.scan(who, moment, by=by, now=at)
    else:
        scan_actions.walk_in(who, moment, by=by, now=at)


def _arrival(guest: PointedOut) -> Step:
    """Most come in the quarter before the start, the last ones after it."""
    early, late = (_draw(name, guest.code_hash or "") for name in ("early", "late"))
    return FIRST_GUEST_AT + timedelta(minutes=(early + late) / 2 * ARRIVALS_MINUTES), guest, Direction.IN


def _walk_ins(event_id: str) -> list[Step]:
    categories = db.session.scalars(
        select(Category.id).where(Category.event_id == event_id).order_by(Category.position)
    ).all()
    db.session.rollback()
    return [
        (FIRST_GUEST_AT + timedelta(minutes=9 + 3 * number), WalkIn("", categories[-1 - number % 2]), Direction.IN)
        for number in range(WALK_INS)
    ]


def _tickets(event_id: str) -> Sequence[str]:
    confirmed = Registration.state == RegistrationState.CONFIRMED
    found = db.session.scalars(
        select(Ticket.code_hash).join(Registration).where(Ticket.event_id == event_id, confirmed).order_by(Ticket.id)
    ).all()
    db.session.rollback()
    return found


def _open_phone(event_id: str, door_name: str) -> Person:
    shifts = staffing_queries.open_shifts(event_id, OPENED_AT)
    code = next(actions.shift_code(one.id) for one in shifts if one.door.name == door_name)
    db.session.rollback()
    token = actions.open_door(code, "Demotelefon", address="", now=OPENED_AT, system_now=clock.system_now())
    post = queries.post(token_hash(token), OPENED_AT)
    assert post is not None
    return Person.at_door(post.session_id, post.device_name, post.event_id, post.door_id)


def _draw(what: str, which: str) -> float:
    """A number from 0 to 1 that is the same whenever it is drawn for the same thing."""
    return int.from_bytes(hashlib.sha256(f"{what}:{which}".encode()).digest()[:4], "big") / 2**32
