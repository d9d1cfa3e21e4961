"""The first moments of a process, when a crowd is waiting for it already."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Connection

from eventapp import clock, create_app, db
from eventapp.config import Settings
from eventapp.demo import stages
from eventapp.demo.models import Stage
from tests.support.databases import close

CROWD = 8


def test_all_first_requests_of_a_process_go_by_the_demo_clock(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a sign-up or an answer that came right after a restart would be taken for years late."""
    with app.app_context():
        stages.show(Stage.HEARING)
        db.db.session.commit()
    monkeypatch.setattr(stages, "reading", slow_reading)
    restarted = create_app(settings, testing=True)
    together = threading.Barrier(CROWD)

    def ask(_: int) -> datetime:
        with restarted.app_context():
            together.wait()
            return clock.now()

    with ThreadPoolExecutor(CROWD) as pool:
        told = list(pool.map(ask, range(CROWD)))
    close(restarted)
    assert all(timedelta() <= one - stages.MOMENTS[Stage.HEARING] < timedelta(minutes=2) for one in told)


@contextmanager
def slow_reading() -> Iterator[Connection]:
    time.sleep(0.1)
    with db.reading() as conn:
        yield conn
