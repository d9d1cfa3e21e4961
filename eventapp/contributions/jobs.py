"""Sending the link to those who came: a worker does it, in steps (ADR 0028)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from eventapp import clock
from eventapp.contributions import actions, queries
from eventapp.events.hooks import about
from eventapp.registration.jobs import STEP
from eventapp.web.permissions import Permission
from eventapp.work.kinds import Kind, register_kind
from eventapp.work.running import Part, Running


def ask(job: Running) -> Mapping[str, Any]:
    """Write to everybody who came, agreed, and was not asked yet."""
    while job.step(lambda conn: _ask_some(conn, job)):
        pass
    return {"mails": job.done}


def _ask_some(conn: Connection, job: Running) -> Part | None:
    event_id = job.arguments["event_id"]
    total = job.total if job.total is not None else queries.number_to_be_asked(conn, event_id)
    asked = actions.ask_some(conn, event_id, now=clock.now(), most=STEP)
    return Part("", asked, total) if asked else None


def register() -> None:
    """Let workers know how this job is done."""
    title = _l("Send the link to those who came and agreed")
    register_kind(actions.ASK, Kind(ask, title, about, Permission.EDIT_EVENTS))
