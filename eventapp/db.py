"""The database: tables' common ground, the one place that commits, and the write gate.

SQLite takes one writer at a time. Its own way of waiting (sleep and try again) starves single writers, so every
write transaction first takes a file lock that all processes share, from before ``BEGIN IMMEDIATE`` until after
``COMMIT``. The three posts that come in rushes go through :func:`write`, where one thread a process takes all
waiting jobs into one transaction, so that a slow disk is waited for once a batch and not once a citizen.
PostgreSQL needs neither: there a write is an ordinary transaction.
"""

from __future__ import annotations

import enum
import fcntl
import json
import os
import queue
import re
import select
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, CursorResult, DateTime, Dialect, Engine, Enum, MetaData, Text, event
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")
Job = Callable[[Connection], T]

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
LARGEST_BATCH = 64
MOST_TRIES = 3
TRY_AGAIN = {"40P01", "40001"}  # PostgreSQL: deadlock detected, serialization failure
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


class Model(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Model)


# --- columns -----------------------------------------------------------------------------------------------


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC in Python, ``timestamptz`` on PostgreSQL, text in UTC on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A small JSON value kept as text, the same on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def enum_column(states: type[enum.StrEnum]) -> Enum:
    """A column type for a closed list, kept as text with a CHECK."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", states.__name__).lower()
    return Enum(
        states,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [one.value for one in members],
    )


def new_id() -> str:
    """A random row id: 32 hexadecimal characters that tell nothing about order or number."""
    return uuid.uuid4().hex


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment without time zone was about to be stored.")
    return moment.astimezone(UTC)


# --- statements of the hot paths ---------------------------------------------------------------------------


class Sql:
    """A statement written once for both databases, run on the driver without SQLAlchemy's compiler.

    Parameters are written ``:name``. Moments are given as aware datetimes and read back with :func:`as_moment`.
    """

    def __init__(self, text: str) -> None:
        self.sqlite = text
        self.postgresql = re.sub(r"(?<![:\w]):([a-z_]\w*)", r"%(\1)s", text.replace("%", "%%"))

    def __call__(self, conn: Connection, **values: Any) -> CursorResult[Any]:
        if conn.dialect.name == "sqlite":
            return conn.exec_driver_sql(self.sqlite, {name: _plain(value) for name, value in values.items()})
        return conn.exec_driver_sql(self.postgresql, values)

    def many(self, conn: Connection, rows: list[dict[str, Any]]) -> None:
        """Run the statement once for each row."""
        if not rows:
            return
        if conn.dialect.name == "sqlite":
            plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
            conn.exec_driver_sql(self.sqlite, plain)
        else:
            conn.exec_driver_sql(self.postgresql, rows)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _utc(value).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, date) else value


def as_moment(value: Any) -> datetime:
    """A moment that a :class:`Sql` statement returned, as aware UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


# --- who may write, and the gate ---------------------------------------------------------------------------

_writing: ContextVar[bool | None] = ContextVar("writing", default=None)


def is_writing() -> bool:
    """Whether a transaction begun now may write. A GET never does; commands and tests do."""
    chosen = _writing.get()
    if chosen is not None:
        return chosen
    return not has_request_context() or (request.method not in SAFE_METHODS and not g.get("only_reads", False))


def only_reads() -> None:
    """From here on the request's own session only reads; what it writes goes through :func:`write`.

    The first line of the posts that come in rushes: their look-ups must not wait behind the gate.
    """
    g.only_reads = True


def write_from_here() -> None:
    """Back to an ordinary post, once what takes time (a PDF, a password hash) is made from what was read."""
    end_reading()
    g.only_reads = False


def end_reading() -> None:
    """Let go of what the request has read, so that the next look sees what was written since."""
    if db.session.registry.has():
        db.session.rollback()


class WriteGate:
    """One writer at a time across all threads and processes: an exclusive ``flock`` on a file by the database."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._holder: int | None = None  # thread of this process; there is never more than one, that is what it is for

    def acquire(self) -> int:
        """Wait for the turn; returns what :meth:`release` takes.

        :raises RuntimeError: when this thread holds the gate already, for it would wait for itself for ever.
        """
        if self.is_held:
            raise RuntimeError("A second write transaction was begun inside the first.")
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except BaseException:
            os.close(descriptor)
            raise
        self._holder = threading.get_ident()
        return descriptor

    @property
    def is_held(self) -> bool:
        """Whether this thread has the turn now."""
        return self._holder == threading.get_ident()

    def release(self, descriptor: int) -> None:
        """From whichever thread: a connection that was lost is given back where the collector finds it."""
        self._holder = None
        os.close(descriptor)  # closing the last descriptor of an open file lets its flock go


def _prepare_sqlite(engine: Engine) -> WriteGate | None:
    database = engine.url.database
    gate = WriteGate(Path(f"{database}.gate")) if database else None

    @event.listens_for(engine, "connect")
    def set_pragmas(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None  # BEGIN is ours to send, below
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL may lose acknowledged commits in a power cut, and a receipt is a promise
            "foreign_keys=ON",
            "busy_timeout=10000",  # a safety net only: the gate does the waiting
            "cache_size=-65536",
            "temp_store=MEMORY",
        ):
            dbapi_connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        if not is_writing():
            conn.exec_driver_sql("BEGIN")
            return
        if gate:
            conn.info["gate"] = gate.acquire()
        conn.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def let_next_in(_dbapi_connection: Any, record: Any) -> None:
        descriptor = record.info.pop("gate", None)
        if gate and descriptor is not None:
            gate.release(descriptor)

    return gate


def _prepare_postgresql(engine: Engine) -> None:
    """Notice a connection that the server has closed, without asking it: that would be a round trip for each post.

    Nothing comes unasked on a healthy connection that nobody uses, so one with something to read is done for.
    """

    @event.listens_for(engine, "checkout")
    def refuse_closed(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
        poll = select.poll()
        poll.register(dbapi_connection.fileno(), select.POLLIN)
        if poll.poll(0):
            raise DisconnectionError("The database closed this connection.")


def sqlite_faults(conn: Connection) -> list[str]:
    """What makes this SQLite database unsafe for promises; empty when all is well."""
    if conn.dialect.name != "sqlite":
        return []
    found = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in PRAGMAS}
    return [
        f"SQLite runs with {name}={found[name]} instead of {wanted}. "
        "Put the database on a local disk that supports WAL, or use PostgreSQL."
        for name, wanted in PRAGMAS.items()
        if found[name] != wanted
    ]


# --- one transaction a request -----------------------------------------------------------------------------


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
    token = _writing.set(True)
    try:
        with Session(db.engine, expire_on_commit=False) as session, session.begin():
            yield session
    finally:
        _writing.reset(token)


@contextmanager
def reading() -> Iterator[Connection]:
    """A connection for reading, outside the request's transaction; never waits behind the gate."""
    token = _writing.set(False)
    try:
        with db.engine.connect() as conn:
            yield conn
    finally:
        _writing.reset(token)


def _no_writing_on_get(session: Session, *_: Any) -> None:
    if not is_writing():
        raise RuntimeError("A GET request must not write.")


# --- group commit ------------------------------------------------------------------------------------------


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
    return writer.run(job)


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


class GroupWriter:
    """One thread a process that takes all waiting jobs into one transaction, a savepoint each."""

    def __init__(self, engine: Engine, gate: WriteGate | None) -> None:
        self._engine = engine
        self._gate = gate
        self._jobs: queue.SimpleQueue[tuple[Job[Any], Future[Any]]] = queue.SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def run(self, job: Job[T]) -> T:
        """
        :raises RuntimeError: inside a write transaction, for the two would wait for each other for ever.
        """
        if self._gate and self._gate.is_held:
            raise RuntimeError("write() was called inside a write transaction.")
        if not self._is_working:
            self._begin()
        done: Future[T] = Future()
        context = copy_context()  # the job finds application and settings as in the sender's own thread
        self._jobs.put((lambda conn: context.run(job, conn), done))
        return done.result()

    @property
    def _is_working(self) -> bool:
        """Asked each time: after a fork the thread is there as an object and does not run."""
        return self._thread is not None and self._thread.is_alive()

    def _begin(self) -> None:
        with self._start:
            if not self._is_working:
                self._thread = threading.Thread(target=self._work, name="group-writer", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        _writing.set(True)
        while True:
            batch = [self._jobs.get()]
            while len(batch) < LARGEST_BATCH and not self._jobs.empty():
                batch.append(self._jobs.get())
            self._commit(batch)

    def _commit(self, batch: list[tuple[Job[Any], Future[Any]]]) -> None:
        """Answer every job of the batch: with its result after COMMIT, or with what went wrong."""
        answers: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._engine.begin() as conn:
                if len(batch) == 1:  # what undoes the transaction undoes the job: no savepoint is needed
                    answers = [(batch[0][1], batch[0][0](conn), None)]
                else:
                    answers = [(done, *_in_savepoint(conn, job)) for job, done in batch]
        except BaseException as error:  # nothing of the batch was kept: every sender must hear of it
            answers = [(done, None, error) for _, done in batch]
        for done, result, failure in answers:
            if failure is None:
                done.set_result(result)
            else:
                done.set_exception(failure)


def _in_savepoint(conn: Connection, job: Job[Any]) -> tuple[Any, BaseException | None]:
    conn.exec_driver_sql("SAVEPOINT job")
    result: Any = None
    failure: BaseException | None = None
    try:
        result = job(conn)
    except Exception as raised:
        conn.exec_driver_sql("ROLLBACK TO job")
        failure = raised
    conn.exec_driver_sql("RELEASE job")
    return result, failure


# --- set-up ------------------------------------------------------------------------------------------------


def engine_options(url: str, threads: int = 16) -> dict[str, Any]:
    """Options of the engine: a connection for every thread that may ask, and one for the group writer."""
    pool = {"pool_size": threads + 4, "max_overflow": 8, "hide_parameters": True}  # an error must quote nobody
    if not url.startswith("sqlite"):
        return pool
    return {**pool, "connect_args": {"check_same_thread": False, "timeout": 10}}


def register(app: Flask) -> None:
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            app.extensions["writer"] = GroupWriter(db.engine, _prepare_sqlite(db.engine))
        else:
            _prepare_postgresql(db.engine)
    if not event.contains(Session, "before_flush", _no_writing_on_get):
        event.listen(Session, "before_flush", _no_writing_on_get)
    app.after_request(finish_transaction)
