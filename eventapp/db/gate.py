"""The write gate and the group commit of SQLite.

SQLite takes one writer at a time. Its own way of waiting (sleep and try again) starves single writers, so every
write transaction first takes a file lock that all processes share, from before ``BEGIN IMMEDIATE`` until after
``COMMIT``. The posts that come in rushes stand in one queue a process, where one thread takes all waiting jobs into
one transaction, so that a slow disk is waited for once a batch and not once a citizen. A job that nobody is in front of
runs where it came from.
"""

from __future__ import annotations

import fcntl
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar, copy_context
from pathlib import Path
from typing import Any, TypeVar

from flask import has_request_context, request
from sqlalchemy import Connection, Engine

T = TypeVar("T")
Job = Callable[[Connection], T]

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
LARGEST_BATCH = 64
ONLY_READS = "eventapp.only_reads"  # in the environment of a request: an application context may live longer

writing: ContextVar[bool | None] = ContextVar("writing", default=None)


def is_writing() -> bool:
    """Whether a transaction begun now may write. A GET never does; commands and tests do."""
    chosen = writing.get()
    if chosen is not None:
        return chosen
    if not has_request_context():
        return True
    return request.method not in SAFE_METHODS and not request.environ.get(ONLY_READS, False)


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


class GroupWriter:
    """One thread a process that takes all waiting jobs into one transaction, a savepoint each.

    Whoever comes while nobody writes and nobody waits does it in its own thread: handing a job over and being woken
    takes a tenth of the time of a post.
    """

    def __init__(self, engine: Engine, gate: WriteGate | None) -> None:
        self._engine = engine
        self._gate = gate
        self._jobs: queue.SimpleQueue[tuple[Job[Any], Future[Any]]] = queue.SimpleQueue()
        self._start = threading.Lock()
        self._turn = threading.Lock()  # held by whoever of this process writes
        self._calls: queue.SimpleQueue[None] = queue.SimpleQueue()  # one for each job that went into the queue
        self._thread: threading.Thread | None = None

    def run(self, job: Job[T]) -> T:
        """
        :raises RuntimeError: inside a write transaction, for the two would wait for each other for ever.
        """
        if self._gate and self._gate.is_held:
            raise RuntimeError("write() was called inside a write transaction.")
        done: Future[T] = Future()
        context = copy_context()  # the job finds application and settings as in the sender's own thread
        waiting: tuple[Job[Any], Future[Any]] = (lambda conn: context.run(job, conn), done)
        if self._jobs.empty() and self._turn.acquire(blocking=False):
            try:
                copy_context().run(self._commit_here, waiting)
            finally:
                self._turn.release()
            return done.result()
        if not self._is_working:
            self._begin()
        self._jobs.put(waiting)
        self._calls.put(None)
        return done.result()

    def _commit_here(self, waiting: tuple[Job[Any], Future[Any]]) -> None:
        writing.set(True)
        self._commit([waiting])

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
        writing.set(True)
        while True:
            self._calls.get()
            with self._turn:  # jobs stay in the queue until then, so that nobody goes before them
                batch: list[tuple[Job[Any], Future[Any]]] = []
                while len(batch) < LARGEST_BATCH and not self._jobs.empty():
                    batch.append(self._jobs.get())
                if batch:
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
