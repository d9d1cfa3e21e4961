"""The demo clock: what time it is at each stage, and how far domain time stands from the machine's."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_time

from flask import current_app, has_app_context

from eventapp import clock
from eventapp.db import Sql, as_moment, db, reading
from eventapp.demo.models import DemoState, Stage

SECONDS_KEPT = 1.0
# SQL: asked in every request before anything else, on a connection for reading.
STATE = Sql("SELECT stage, shown_at, set_at FROM demo_state WHERE id = 1")
INVENTED = Sql("SELECT id FROM invented_row")


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return clock.wall(day, clock_time(hour, minute))


MOMENTS: dict[Stage, datetime] = {
    Stage.REGISTRATION: _at(date(2023, 9, 11), 10),
    Stage.DOOR: _at(date(2023, 9, 28), 16, 35),
    Stage.AFTER: _at(date(2023, 9, 29), 9),
    Stage.HEARING: _at(date(2023, 11, 20), 10),
    Stage.CLOSED: _at(date(2023, 11, 24), 12, 30),
}
ORDER = list(Stage)


@dataclass
class _Kept:
    """What this process last saw of the demo, and when it saw it."""

    offset: timedelta
    is_loaded: bool
    invented: frozenset[str]
    seen: float


def offset() -> timedelta:
    """Domain time minus the machine's; nothing where no demo data was loaded."""
    return _kept().offset if has_app_context() else timedelta()


def is_loaded() -> bool:
    """Whether the demo case was loaded into this database."""
    return _kept().is_loaded


def is_invented(row_id: str) -> bool:
    """Whether a row was made up for the demo."""
    return row_id in _kept().invented


def current() -> Stage | None:
    """The stage of the demo; ``None`` where there is none."""
    state = db.session.get(DemoState, 1)
    return state.stage if state else None


def show(stage: Stage) -> None:
    """Put the demo clock to the moment of a stage; domain time runs on from there."""
    now = clock.system_now()
    db.session.merge(DemoState(id=1, stage=stage, shown_at=MOMENTS[stage], set_at=now))


def forget() -> None:
    """Look again at the next question: this process has just changed the demo."""
    _kept_of_app().seen = float("-inf")


def _kept_of_app() -> _Kept:
    """The first requests of a process all look for themselves: none may go by another clock while one of them looks."""
    if "demo" not in current_app.extensions:
        seen = time.monotonic()
        current_app.extensions["demo"] = _Kept(*_look(), seen)
    kept: _Kept = current_app.extensions["demo"]
    return kept


def _kept() -> _Kept:
    kept = _kept_of_app()
    if time.monotonic() - kept.seen > SECONDS_KEPT:
        kept.offset, kept.is_loaded, kept.invented = _look()
        kept.seen = time.monotonic()  # last, so that no other thread takes the old answer for a new one
    return kept


def _look() -> tuple[timedelta, bool, frozenset[str]]:
    with reading() as conn:
        row = STATE(conn).one_or_none()
        if row is None:
            return timedelta(), False, frozenset()
        invented = frozenset(INVENTED(conn).scalars())
    return as_moment(row.shown_at) - as_moment(row.set_at), True, invented
