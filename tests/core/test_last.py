"""What is put off until right before the commit: in order, once, and never when the transaction is undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import Connection

from eventapp import audit
from eventapp.db import Sql, db, do_last, reading, transaction, write

NOTED = Sql("SELECT act FROM audit_entry ORDER BY id")


@pytest.fixture
def order(app: Flask) -> Iterator[list[str]]:
    """What ran, in the order in which it ran; inside an application context."""
    with app.app_context():
        yield []


def noting(order: list[str], act: str) -> Callable[[Connection], None]:
    def job(conn: Connection) -> None:
        audit.insert(conn, None, act)
        order.append(act)

    return job


def noted() -> set[str]:
    with reading() as conn:
        return set(NOTED(conn).scalars())


def test_a_session_runs_it_before_its_commit_by_key_and_then_as_given(order: list[str]) -> None:
    for key, act in [("b", "test.b1"), ("a", "test.a1"), ("b", "test.b2"), ("a", "test.a2")]:
        do_last(db.session.connection(), key, noting(order, act))
    assert order == []
    db.session.commit()
    assert order == ["test.a1", "test.a2", "test.b1", "test.b2"]
    assert noted() == set(order)
    db.session.connection()
    db.session.commit()
    assert len(order) == 4


def test_what_it_puts_off_in_turn_runs_as_well(order: list[str]) -> None:
    with transaction() as session:
        do_last(session.connection(), "a", lambda conn: do_last(conn, "a", noting(order, "test.later")))
    assert noted() == {"test.later"}


def test_a_rollback_drops_it(order: list[str]) -> None:
    do_last(db.session.connection(), "a", noting(order, "test.dropped"))
    db.session.rollback()
    with transaction() as session:
        session.connection()
    write(lambda conn: None)
    assert order == []
    assert noted() == set()


def test_nothing_is_put_off_after_a_savepoint_which_may_be_undone_alone(order: list[str]) -> None:
    with transaction() as session:
        with session.begin_nested(), pytest.raises(RuntimeError, match="savepoint"):
            do_last(session.connection(), "a", noting(order, "test.refused"))
        do_last(session.connection(), "a", noting(order, "test.kept"))
    assert noted() == {"test.kept"}


def test_what_fails_at_the_end_undoes_the_whole_transaction(order: list[str]) -> None:
    def fail(_conn: Connection) -> None:
        raise LookupError

    audit.insert(db.session.connection(), None, "test.early")
    do_last(db.session.connection(), "a", fail)
    with pytest.raises(LookupError):
        db.session.commit()
    db.session.rollback()
    assert noted() == set()


def test_jobs_that_share_a_transaction_stand_or_fall_each_with_its_own(app: Flask, order: list[str]) -> None:
    """On SQLite many posts share one commit: one that fails at its end must not take the others with it."""

    def job(conn: Connection, number: int) -> None:
        do_last(conn, "a", noting(order, f"test.{number}"))
        if number % 3 == 0:
            do_last(conn, "b", fail)
        if number % 3 == 1:
            raise LookupError

    def fail(_conn: Connection) -> None:
        raise LookupError

    def send(number: int) -> bool:
        with app.app_context():
            try:
                write(partial(job, number=number))
            except LookupError:
                return False
        return True

    with ThreadPoolExecutor(12) as pool:
        kept = [number for number, done in enumerate(pool.map(send, range(60))) if done]
    assert kept == [number for number in range(60) if number % 3 == 2]
    assert noted() == {f"test.{number}" for number in kept}
