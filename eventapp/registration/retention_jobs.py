"""What is forgotten by itself, when its declaration says so: needs for access a week after the event (LAW-06)."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from eventapp import audit, clock
from eventapp.db import Sql, write
from eventapp.db.personal import AtEnd, of
from eventapp.registration import fields
from eventapp.registration.fields import NEEDS_ARE_KEPT
from eventapp.registration.models import AccessNeed
from eventapp.work import kinds

ASK_EACH_SECONDS = 3600

# SQL: whole tables are emptied of what is over without loading a row.
# Added to what was counted before: staff may note a need after the others are gone. Those who cancelled need nothing.
KEEP_NUMBER = Sql("""
    INSERT INTO kept_number (event_id, table_name, number, kept_at)
    SELECT r.event_id, 'access_need', count(*), :now FROM access_need n JOIN registration r ON r.id = n.registration_id
    JOIN event e ON e.id = r.event_id WHERE e.ends_at < :before AND r.state <> 'cancelled' GROUP BY r.event_id
    ON CONFLICT (event_id, table_name) DO UPDATE SET
        number = kept_number.number + excluded.number, kept_at = excluded.kept_at
""")
FORGET_NEEDS = Sql("""
    DELETE FROM access_need WHERE registration_id IN (
        SELECT r.id FROM registration r JOIN event e ON e.id = r.event_id WHERE e.ends_at < :before
    )
""")
FORGET_ANSWERS = Sql("""
    DELETE FROM field_value WHERE key = :key AND registration_id IN (
        SELECT r.id FROM registration r JOIN event e ON e.id = r.event_id WHERE e.ends_at < :before
    )
""")
ENDING = Sql("SELECT id, kept_days FROM event_field WHERE kept_days IS NOT NULL")


def forget_needs(conn: Connection, *, now: datetime) -> int:
    """Delete what guests of past events needed, once the declaration says so; how many such texts there were."""
    if of(AccessNeed.text).at_end is AtEnd.COUNTED:
        KEEP_NUMBER(conn, before=now - NEEDS_ARE_KEPT, now=now)
    number: int = FORGET_NEEDS(conn, before=now - NEEDS_ARE_KEPT).rowcount
    if number:
        audit.insert(conn, None, "registration.needs_forgotten", number=number)
    return number


def forget_answers(conn: Connection, *, now: datetime) -> int:
    """Delete the answers to every declared field whose time is over; how many there were."""
    ends = {one.key: one.ends for one in fields.declared().all() if one.ends and one.key not in fields.KEPT_IN_COLUMNS}
    ends |= {row.id: timedelta(days=row.kept_days) for row in ENDING(conn).all()}
    number = sum(FORGET_ANSWERS(conn, key=key, before=now - after).rowcount for key, after in ends.items())
    if number:
        audit.insert(conn, None, "registration.answers_forgotten", number=number)
    return number


def _run() -> None:
    now = clock.now()
    write(lambda conn: forget_needs(conn, now=now) + forget_answers(conn, now=now))


def register() -> None:
    """Let the worker see to it."""
    kinds.every(ASK_EACH_SECONDS, "registration.forget_needs", _l("Forget what guests of past events needed"), _run)
