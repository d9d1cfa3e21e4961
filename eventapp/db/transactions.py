"""Where transactions begin and end: one a request, and the one place that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import Response, current_app, request
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from eventapp.db.columns import db
from eventapp.db.gate import ONLY_READS, GroupWriter, Job, T, is_writing, writing
from eventapp.db.last import finished
from eventapp.db.statements import Sql

Row = TypeVar("Row")
MOST_TRIES = 3
# SQL: a lock of PostgreSQL, which no ORM has a word for.
ONE_AT_A_TIME = Sql("SELECT pg_advisory_xact_lock(hashtextextended(:word, 0))")
TRY_AGAIN = {"40P01", "40001"}  # PostgreSQL: deadlock detected, serialization failure


def only_reads() -> None:
    """From here on the request's own session only reads; what it writes goes through :func:`write`.

    The first line of the posts that come in rushes: their look-ups must not wait behind the gate.
    """
    request.environ[ONLY_READS] = True


def write_from_here() -> None:
    """Back to an ordinary post, once what takes time (a PDF, a password hash) is made from what was read."""
    end_reading()
    request.environ[ONLY_READS] = False


def end_reading() -> None:
    """Let go of what the request has read, so that the next look sees what was written since."""
    if db.session.registry.has():
        db.session.rollback()


def finish_transaction(response: Response) -> Response:
    """Keep what the request wrote; undo it when the answer is an error, or when the request may not write."""
    if db.session.registry.has():
        if response.status_code < 400 and is_writing():
            db.session.commit()
        else:
            db.session.rollback()
    return response


@contextmanager
def transaction() -> Iterator[Session]:
    """A write transaction for commands and the worker: committed at the end, undone on an error."""
    token = writing.set(True)
    try:
        with Session(db.engine, expire_on_commit=False) as session, session.begin():
            yield session
    finally:
        writing.reset(token)


@contextmanager
def reading(*, in_steps: bool = False) -> Iterator[Connection]:
    """A connection for reading, outside the request's transaction; never waits behind the gate.

    On PostgreSQL each statement sees what was committed before it, in a transaction or not (READ COMMITTED); so none
    is begun, which spares two round trips a look.

    :param in_steps: for a long answer that is fetched while it is sent, which needs a transaction to be kept open.
    """
    token = writing.set(False)
    try:
        with db.engine.connect() as conn:
            if not in_steps and conn.dialect.name == "postgresql":
                conn.execution_options(isolation_level="AUTOCOMMIT")
            yield conn
    finally:
        writing.reset(token)


def no_writing_on_get(session: Session, *_: Any) -> None:
    if not is_writing():
        raise RuntimeError("A GET request must not write.")


def write(job: Job[T]) -> T:
    """Run ``job`` in a transaction of its own and return its result once that is durable.

    For sign-up, scan and answer: few statements, nothing rendered inside. A job that raises is undone alone.

    :raises RuntimeError: inside a write transaction of the session, for which the job would wait for ever.
    """
    if db.session.registry.has() and db.session().in_transaction() and is_writing():
        raise RuntimeError("write() was called inside a write transaction. Call only_reads() first.")
    if db.engine.dialect.name != "sqlite":
        return _in_own_transaction(job)
    writer: GroupWriter = current_app.extensions["writer"]
    return writer.run(finished(job))


def one_at_a_time(conn: Connection, word: str) -> None:
    """Wait for whoever says the same word until their transaction ends; those who come after us wait for ours.

    For a rule over rows that nobody else's lock covers, before the first of them is written or counted. On SQLite there
    is one writer at a time anyway.
    """
    if conn.dialect.name == "postgresql":
        ONE_AT_A_TIME(conn, word=word)


def hold(row: Row) -> Row:
    """In a post: wait for whoever else changes the row, and read what it became, with all that hangs on it.

    For the forms that show what is stored: what they are held against must not change before they are saved. Not
    against new rows that refer to this one; nothing happens while a page is only drawn.
    """
    if is_writing():
        db.session.flush()
        db.session.refresh(row, with_for_update={"key_share": True})
        db.session.expire_all()
    return row


def _in_own_transaction(job: Job[T]) -> T:
    """Two that wait for each other: PostgreSQL undoes one of them whole, and that one tries again."""
    for _ in range(MOST_TRIES - 1):
        try:
            with db.engine.begin() as conn:
                return job(conn)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in TRY_AGAIN:
                raise
    with db.engine.begin() as conn:
        return job(conn)
