"""Signs of life of the workers. What a worker holds is its own for as long as they come; ``/readyz`` asks for them too:
without a worker nobody sends what citizens were promised.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from eventapp import clock
from eventapp.db import Sql, as_moment, reading, write

SILENCE = timedelta(seconds=60)
FORGOTTEN = timedelta(days=1)

# SQL: a sign of life is one statement, with no session to open for it.
BEAT = Sql("""
    INSERT INTO worker_heartbeat (worker, lane, at) VALUES (:worker, :lane, :now)
    ON CONFLICT (worker) DO UPDATE SET at = :now
""")
# After the clock was set back a dead worker would seem alive until the old time comes again.
BACK_TO_NOW = Sql("UPDATE worker_heartbeat SET at = :now WHERE at > :now")
STOP = Sql("DELETE FROM worker_heartbeat WHERE worker = :worker OR at < :long_ago")
NEWEST = Sql("SELECT lane, max(at) AS at FROM worker_heartbeat GROUP BY lane")


def beat(conn: Connection, worker: str, lane: str, now: datetime) -> None:
    """Say that a lane of a worker lives."""
    BEAT(conn, worker=worker, lane=lane, now=now)
    BACK_TO_NOW(conn, now=now)


def stop(workers: Iterable[str]) -> None:
    """Take these off the list, and those that died long ago."""
    long_ago = clock.system_now() - FORGOTTEN
    gone = [{"worker": worker, "long_ago": long_ago} for worker in workers]
    write(lambda conn: STOP.many(conn, gone))


def ages() -> dict[str, timedelta]:
    """How long ago each lane was last heard of; empty when no worker runs."""
    now = clock.system_now()
    with reading() as conn:
        return {row.lane: now - as_moment(row.at) for row in NEWEST(conn)}
