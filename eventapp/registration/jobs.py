"""What takes longer than the organiser's request may: a worker does it, in steps (ADR 0028)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Connection

from eventapp import clock
from eventapp.audit import Actor
from eventapp.db import db
from eventapp.events.models import Event
from eventapp.registration import actions, queries
from eventapp.web.permissions import Permission, Scope, url_if_allowed
from eventapp.work import actions as work
from eventapp.work.kinds import Kind, Subject, register_kind
from eventapp.work.running import Part, Running

TELL, MOVE_UP = "registration.tell_of_change", "registration.move_up"
STEP = 50  # bookings in one transaction: a few hundredths of a second


# --- asked for in the organiser's request ------------------------------------------------------------------------


def event_was_changed(event_id: str, by: Actor | None) -> None:
    """Whoever wants to come is to hear of it: one row, however many they are.

    Who signs up from now on knows already.
    """
    db.session.flush()
    conn = db.session.connection()
    sequence = queries.brief_by_id(conn, event_id).calendar_sequence
    arguments: dict[str, str | int] = {
        "event_id": event_id,
        "sequence": sequence,
        "until": clock.now().isoformat(),
    }
    work.start(conn, TELL, arguments=arguments, owner=by, subject_id=event_id, dedupe=f"{TELL}:{event_id}:{sequence}")


def seats_were_changed(event_id: str, by: Actor | None) -> None:
    """Seats that are free are to go to the first in line, if there is a line."""
    db.session.flush()
    conn = db.session.connection()
    quotas = queries.brief_by_id(conn, event_id).quotas.values()
    if any(one.waiting and one.taken < one.seats for one in quotas):
        work.start(conn, MOVE_UP, arguments={"event_id": event_id}, owner=by, subject_id=event_id)


# --- done by a worker --------------------------------------------------------------------------------------------


class OvertakenError(Exception):
    """The event was changed again, and a job of its own tells everybody of that."""


def tell_of_change(job: Running) -> Mapping[str, Any]:
    """Write to everybody who wants to come; a later change ends it, so that nobody gets two mails more than needed."""
    try:
        while job.step(lambda conn: _tell_some(conn, job)):
            pass
    except OvertakenError:
        return {"mails": job.done, "overtaken": True}
    return {"mails": job.done}


def _tell_some(conn: Connection, job: Running) -> Part | None:
    event_id, until = job.arguments["event_id"], datetime.fromisoformat(job.arguments["until"])
    if queries.brief_by_id(conn, event_id).calendar_sequence != job.arguments["sequence"]:
        raise OvertakenError
    told = actions.tell_of_change(conn, event_id, until=until, after=job.cursor, most=STEP)
    total = job.total if job.total is not None else queries.reachable_number(conn, event_id, until=until)
    return Part(told[-1], len(told), total) if told else None


def move_up(job: Running) -> Mapping[str, Any]:
    """Give the free seats to the first in line, each with a ticket and a mail."""
    while job.step(lambda conn: _move_some(conn, job)):
        pass
    return {"seats": job.done}


def _move_some(conn: Connection, job: Running) -> Part | None:
    seated = actions.move_up_everywhere(conn, job.arguments["event_id"], now=clock.now())
    return Part("", seated) if seated else None


# --- for people --------------------------------------------------------------------------------------------------


def about(event_id: str) -> Subject | None:
    event = db.session.get(Event, event_id)
    if event is None:
        return None
    url = url_if_allowed("events.desk", event_id=event_id)
    return Subject(str(event.title), url, Scope(event.case_id, event_id))


def told(result: Mapping[str, Any]) -> str:
    if result.get("overtaken"):
        return _("The event was changed once more; everybody is told of that instead.")
    return ""


def seated(result: Mapping[str, Any]) -> str:
    number = result["seats"]
    return ngettext("%(num)s person got a seat.", "%(num)s people got a seat.", number)


def register() -> None:
    """Let workers know how these jobs are done."""
    tell = _l("Write to everybody who wants to come about the change")
    seat = _l("Give the free seats to those in line")
    register_kind(TELL, Kind(tell_of_change, tell, about, Permission.EDIT_EVENTS, told))
    register_kind(MOVE_UP, Kind(move_up, seat, about, Permission.EDIT_EVENTS, seated))
