"""Two transactions on PostgreSQL that meet: whether they queue up, or wait for each other for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import Connection

from eventapp.db import Sql, db

WAITING = Sql("SELECT count(*) FROM pg_locks WHERE NOT granted")
Step = Callable[[Connection], object]


def meet(app: Flask, first: Step, act: Callable[[], object], second: Step) -> None:
    """``act`` begins after ``first`` and has to wait; ``second``, in the transaction of ``first``, must then go on.

    A deadlock raises in whichever of the two PostgreSQL chooses.
    """

    def other() -> None:
        with app.app_context():
            act()
            db.session.commit()

    with ThreadPoolExecutor(1) as pool, app.app_context():
        with db.engine.begin() as conn:
            first(conn)
            met = pool.submit(other)
            _until_somebody_waits(conn)
            second(conn)
        met.result(60)


def _until_somebody_waits(conn: Connection) -> None:
    until = time.monotonic() + 20
    while not WAITING(conn).scalar_one():
        assert time.monotonic() < until, "Nobody waits: the two do not meet."
        time.sleep(0.01)
