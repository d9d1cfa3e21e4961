"""What takes longer than the organiser's request may: a worker does it, in steps (ADR 0028)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Connection

from eventapp import clock
from eventapp.audit import Actor
from eventapp.db import db
from eventapp.events.hooks import about
from eventapp.registration import actions, queries
from eventapp.web.permissions import Permission
from eventapp.work import actions as work
from eventapp.work.kinds import Kind, register_kind
from eventapp.work.running import Part, Running

MOVE_UP = "registration.move_up"
STEP = 50  # bookings in one transaction: a few hundredths of a second


# --- asked for in the organiser's request ------------------------------------------------------------------------


def seats_were_changed(event_id: str, by: Actor | None) -> None:
    """Seats that are free are to go to the first in line, if there is a line."""
    db.session.flush()
    conn = db.session.connection()
    quotas = queries.brief_by_id(conn, event_id).quotas.values()
    if any(one.waiting and one.taken < one.seats for one in quotas):
        work.start(conn, MOVE_UP, arguments={"event_id": event_id}, owner=by, subject_id=event_id)


# --- done by a worker --------------------------------------------------------------------------------------------


def move_up(job: Running) -> Mapping[str, Any]:
    """Give the free seats to the first in line, each with a ticket and a mail."""
    while job.step(lambda conn: _move_some(conn, job)):
        pass
    return {"seats": job.done}


def _move_some(conn: Connection, job: Running) -> Part | None:
    seated = actions.move_up_everywhere(conn, job.arguments["event_id"], now=clock.now())
    return Part("", seated) if seated else None


# --- for people --------------------------------------------------------------------------------------------------


def seated(result: Mapping[str, Any]) -> str:
    number = result["seats"]
    return ngettext("%(num)s person got a seat.", "%(num)s people got a seat.", number)


def register() -> None:
    """Let workers know how these jobs are done."""
    seat = _l("Give the free seats to those in line")
    register_kind(MOVE_UP, Kind(move_up, seat, about, Permission.EDIT_EVENTS, seated))
