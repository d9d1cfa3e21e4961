"""The log of a case is locked last, whatever order the callers think of (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from random import Random
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import Connection

from eventapp import record
from eventapp.db import Sql, transaction
from eventapp.record.verification import verify_log
from tests.record.conftest import LOG
from tests.record.shelf import Shelf

OTHER = "fedcba9876543210fedcba9876543210"
SERIES = Sql("INSERT INTO receipt_series (year, issued) VALUES (:year, 0)")
COUNT = Sql("UPDATE receipt_series SET issued = issued + 1 WHERE year = :year")
THREADS, EACH = 8, 25


@pytest.mark.engines("postgresql")
def test_actions_that_tell_two_records_and_lock_a_row_in_any_order_never_wait_for_each_other(
    app: Flask, log_id: str, now: datetime, shelf: Shelf
) -> None:
    """With an append in the midst of an action PostgreSQL finds a deadlock within the first few."""
    with transaction() as session:
        record.open_log(session.connection(), OTHER, "kobenhavn/case/cykelstier", now)
        SERIES(session.connection(), year=1)
    together = Barrier(THREADS)

    def tell(conn: Connection, *, log: str) -> None:
        parts = {"text": "Noget"}
        record.append(conn, log_id=log, kind=shelf.kinds["answer"], parts=parts, ref=None, received_at=now, at=now)

    def count(conn: Connection) -> None:
        COUNT(conn, year=1)

    steps: list[Callable[[Connection], object]] = [partial(tell, log=LOG), partial(tell, log=OTHER), count]

    def act(thread: int) -> None:
        chance = Random(thread)
        together.wait(60)
        for _ in range(EACH):
            with app.app_context(), transaction() as session:
                for step in chance.sample(steps, len(steps)):
                    step(session.connection())

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(act, range(THREADS)))
    assert [verify_log(one).log.size for one in (LOG, OTHER)] == [THREADS * EACH] * 2
