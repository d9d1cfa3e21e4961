"""What is forgotten by itself: needs for access, a week after the event, as the form promises (LAW-06)."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from eventapp import audit, clock
from eventapp.db import Sql, write
from eventapp.work import kinds

NEEDS_ARE_KEPT = timedelta(days=7)
ASK_EACH_SECONDS = 3600

FORGET = Sql("""
    DELETE FROM access_need WHERE registration_id IN (
        SELECT r.id FROM registration r JOIN event e ON e.id = r.event_id WHERE e.ends_at < :before
    )
""")


def forget_needs(conn: Connection, *, now: datetime) -> int:
    """Delete what guests of events that ended more than a week ago needed; how many such texts there were."""
    number: int = FORGET(conn, before=now - NEEDS_ARE_KEPT).rowcount
    if number:
        audit.insert(conn, None, "registration.needs_forgotten", number=number)
    return number


def _run() -> None:
    write(lambda conn: forget_needs(conn, now=clock.now()))


def register() -> None:
    """Let the worker see to it."""
    kinds.every(ASK_EACH_SECONDS, "registration.forget_needs", _l("Forget what guests of past events needed"), _run)
