"""The one brake on guessing: counted in the database, so for all processes, and by keyed hashes."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select

from eventapp import create_app
from eventapp.brakes import Attempt, Brake
from eventapp.config import Settings
from eventapp.db import reading, write
from tests.support.databases import close

BRAKE = Brake("test", most=3, window=timedelta(minutes=1))
HERE, THERE = "192.0.2.1", "192.0.2.2"


def miss(times: int, address: str, now: datetime, brake: Brake = BRAKE) -> None:
    for _ in range(times):
        write(lambda conn: brake.miss(conn, address, now))


def is_on(address: str, now: datetime, brake: Brake = BRAKE) -> bool:
    with reading() as conn:
        return brake.is_on(conn, address, now)


def test_it_holds_from_the_last_allowed_miss_on_and_for_that_address_alone(db: SQLAlchemy, now: datetime) -> None:
    miss(2, HERE, now)
    assert not is_on(HERE, now)
    miss(1, HERE, now)
    assert is_on(HERE, now)
    assert not is_on(THERE, now)


def test_brakes_do_not_count_for_each_other(db: SQLAlchemy, now: datetime) -> None:
    miss(3, HERE, now)
    assert not is_on(HERE, now, Brake("other", most=3, window=timedelta(minutes=1)))


def test_it_lets_go_when_the_window_has_passed(db: SQLAlchemy, now: datetime) -> None:
    miss(3, HERE, now)
    assert is_on(HERE, now + timedelta(seconds=59))
    assert not is_on(HERE, now + timedelta(seconds=60))


def test_another_process_counts_along(app: Flask, settings: Settings, now: datetime) -> None:
    with app.app_context():
        miss(3, HERE, now)
    other = create_app(settings, testing=True)
    with other.app_context():
        assert is_on(HERE, now)
    close(other)


def test_what_is_kept_tells_no_address_and_is_soon_gone(db: SQLAlchemy, now: datetime) -> None:
    miss(3, HERE, now)
    assert HERE not in {row.address_hash for row in db.session.scalars(select(Attempt))}
    db.session.rollback()
    later = now + timedelta(minutes=2, seconds=1)
    miss(1, THERE, later)
    assert [row.at for row in db.session.scalars(select(Attempt))] == [later]
