"""A door that waits for its turn, on PostgreSQL, where a statement sees what was there before it began to wait."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func, select

from eventapp.checkin import presence_actions, scan_actions, undo_actions
from eventapp.checkin.models import Presence, Scan
from eventapp.checkin.scan_actions import Moment, WalkIn
from eventapp.db import Sql
from eventapp.errors import NotAllowedError
from eventapp.registration.models import Registration
from tests.checkin.support import DOORS_OPEN, Hall, Invitee, make_guest, make_hall, scanned
from tests.support.locks import meet

pytestmark = pytest.mark.engines("postgresql")

PHONE_OUT = Sql("UPDATE door_session SET ended_at = :now WHERE id = :id")
SHIFT_OVER = Sql("UPDATE door_shift SET ended_at = :now WHERE id = (SELECT shift_id FROM door_session WHERE id = :id)")


def show(hall: Hall, guest: Invitee, _entry: str) -> object:
    return scan_actions.scan(guest.ticket, Moment(uuid.uuid4().hex), by=hall.front, now=DOORS_OPEN)


def let_in(hall: Hall, _guest: Invitee, _entry: str) -> object:
    return scan_actions.walk_in(WalkIn(), Moment(uuid.uuid4().hex), by=hall.front, now=DOORS_OPEN)


def take_back(hall: Hall, _guest: Invitee, entry: str) -> object:
    return undo_actions.undo(entry, Moment(uuid.uuid4().hex), by=hall.front, now=DOORS_OPEN)


@pytest.mark.parametrize("put_out", [PHONE_OUT, SHIFT_OVER])
@pytest.mark.parametrize("act", [show, let_in, take_back])
def test_a_phone_put_out_while_it_waits_for_its_turn_stores_nothing(
    app: Flask, db: SQLAlchemy, act: Callable[[Hall, Invitee, str], object], put_out: Sql
) -> None:
    hall = make_hall(db)
    guest, inside = (make_guest(db, hall.event_id) for _ in range(2))
    entry = scanned(inside.ticket, hall.side).id
    before = stored(db)
    with pytest.raises(NotAllowedError):
        meet(
            app,
            partial(presence_actions.HOLD, event_id=hall.event_id),
            partial(act, hall, guest, entry),
            partial(put_out, id=hall.front.id, now=DOORS_OPEN),
        )
    assert stored(db) == before


def test_a_scan_sent_again_by_a_phone_that_was_put_out_meanwhile_is_not_answered(app: Flask, db: SQLAlchemy) -> None:
    hall = make_hall(db)
    guest, moment = make_guest(db, hall.event_id), Moment(uuid.uuid4().hex)
    scan_actions.scan(guest.ticket, moment, by=hall.front, now=DOORS_OPEN)
    with pytest.raises(NotAllowedError):
        meet(
            app,
            partial(presence_actions.HOLD, event_id=hall.event_id),
            lambda: scan_actions.scan(guest.ticket, moment, by=hall.front, now=DOORS_OPEN),
            partial(PHONE_OUT, id=hall.front.id, now=DOORS_OPEN),
        )


def test_the_doors_of_one_event_scan_while_another_is_counted(app: Flask, db: SQLAlchemy) -> None:
    """Counted in one transaction, the first event's doors would wait for the second's, and that for this test."""
    first, second = sorted([make_hall(db), make_hall(db)], key=lambda one: one.event_id)
    meet(
        app,
        partial(presence_actions.HOLD, event_id=second.event_id),
        lambda: app.test_cli_runner().invoke(args=["checkin", "recount"], catch_exceptions=False),
        partial(presence_actions.HOLD, event_id=first.event_id),
    )


def stored(db: SQLAlchemy) -> tuple[int, ...]:
    """How many scans there are, heads that were seen, and guests."""
    db.session.rollback()
    tables = (Scan, Presence, Registration)
    return tuple(db.session.scalar(select(func.count()).select_from(one)) or 0 for one in tables)
