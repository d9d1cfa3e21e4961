"""Signs of life of the workers, for ``/readyz``: without one, nobody sends what citizens were promised."""

from __future__ import annotations

from datetime import datetime, timedelta

from eventapp import clock
from eventapp.db import Sql, as_moment, reading, write

BEAT_SECONDS = 15
SILENCE = timedelta(seconds=60)
FORGOTTEN = timedelta(days=1)

BEAT = Sql(
    "INSERT INTO worker_heartbeat (worker, at) VALUES (:worker, :now) ON CONFLICT (worker) DO UPDATE SET at = :now"
)
STOP = Sql("DELETE FROM worker_heartbeat WHERE worker = :worker OR at < :long_ago")
NEWEST = Sql("SELECT max(at) FROM worker_heartbeat")


def beat(worker: str, now: datetime) -> None:
    write(lambda conn: BEAT(conn, worker=worker, now=now).rowcount)


def stop(worker: str, now: datetime) -> None:
    """Take this worker off the list, and those that died long ago."""
    write(lambda conn: STOP(conn, worker=worker, long_ago=now - FORGOTTEN).rowcount)


def age() -> timedelta | None:
    """How long ago a worker was last heard of; ``None`` when none runs."""
    with reading() as conn:
        newest = NEWEST(conn).scalar()
    return None if newest is None else clock.system_now() - as_moment(newest)


def fault() -> str | None:
    """What is wrong with the workers, for ``/readyz``; ``None`` when one is alive."""
    silent = age()
    if silent is None:
        return "no worker runs: start `flask --app wsgi worker`"
    if silent > SILENCE:
        return f"the worker was last heard of {int(silent.total_seconds())} seconds ago"
    return None
