"""The lines that work stands in. Each has a thread of its own in every worker, so that none delays another."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from flask import Flask, current_app
from sqlalchemy import Connection

from eventapp.db import Sql
from eventapp.work import answers, kinds, rules
from eventapp.work.models import JobState, LaneName
from eventapp.work.queue import Queue, Taken, UnreadableError
from eventapp.work.running import CancelledError, Holder, LostError, Running

Became = TypeVar("Became")

# SQL: a worker has no session; a job ends only while it is still that worker's.
END = Sql("""
    UPDATE job SET state = :state, leased_by = NULL, finished_at = :now, answer = :answer, result = :result
    WHERE id = :id AND leased_by = :worker AND state = 'running'
""")
END_RECURRING = Sql("""
    UPDATE job
    SET state = 'waiting', leased_by = NULL, attempts = 0, deaths = 0, due_at = :due_at, finished_at = :now,
        answer = :answer
    WHERE id = :id AND leased_by = :worker AND state = 'running'
""")
COLUMNS = "kind, arguments, owner_id, subject_id, every_seconds, cursor, done, total, cancel_asked_at"


class Lane(ABC, Generic[Became]):
    """One line: which rows stand in it, how one is tried, and how is noted what became of it (a ``Became``)."""

    name: str
    queue: Queue
    longest: timedelta  # of a try, or of one step of it; a worker that is longer at it counts as dead
    session = 10  # so many rows are tried in a row before what :meth:`opened` opened is closed

    @abstractmethod
    def opened(self, holder: Holder) -> AbstractContextManager[Callable[[Taken], Became]]:
        """What tries a row, with whatever it needs open meanwhile.

        It raises :class:`UnreadableError` for a row that holds nonsense, and :class:`StoppingError` for one that it
        gives back; any other exception counts as a fault of ours, and the row is tried again later.
        """

    @abstractmethod
    def failed(self, answer: str, *, for_good: bool) -> Became:
        """What became of a row that could not be tried to an end."""

    @abstractmethod
    def end(self, conn: Connection, worker: str, row: Taken, outcome: Became, now: datetime) -> None:
        """Note what became of it. Changes nothing when the worker no longer holds the row."""

    def take(self, conn: Connection, worker: str, now: datetime) -> Taken | None:
        """The next row, if there is one that may go."""
        return self.queue.take(conn, worker, now)


def register(app: Flask, lane: Lane[Any]) -> None:
    """Let workers of this application work off a lane, after those that were registered before."""
    app.extensions.setdefault("lanes", []).append(lane)


@dataclass(frozen=True)
class Outcome:
    """What became of a job. ``WAITING`` means: again later."""

    state: JobState
    answer: str | None = None
    result: Mapping[str, Any] | None = None


class JobLane(Lane[Outcome]):
    """The jobs of one lane of the table ``job``."""

    longest = timedelta(minutes=10)

    def __init__(self, name: LaneName) -> None:
        self.name = name.value
        self.queue = Queue("job", taken="running", columns=COLUMNS, only=f"lane = '{name.value}'")

    @contextmanager
    def opened(self, holder: Holder) -> Iterator[Callable[[Taken], Outcome]]:
        yield partial(_do, holder)

    def failed(self, answer: str, *, for_good: bool) -> Outcome:
        return Outcome(JobState.FAILED if for_good else JobState.WAITING, answer)

    def end(self, conn: Connection, worker: str, row: Taken, outcome: Outcome, now: datetime) -> None:
        if every := row.values["every_seconds"]:
            due_at = now + timedelta(seconds=every)
            END_RECURRING(conn, id=row.id, worker=worker, due_at=due_at, now=now, answer=outcome.answer)
            return
        gap = rules.gap_after(row.attempts)
        if outcome.state is JobState.WAITING and gap is not None:
            self.queue.again(conn, worker, row, now + gap, outcome.answer)
            return
        state = JobState.FAILED if outcome.state is JobState.WAITING else outcome.state
        result = None if outcome.result is None else json.dumps(outcome.result, sort_keys=True)
        END(conn, id=row.id, worker=worker, state=state.value, now=now, answer=outcome.answer, result=result)


def _do(holder: Holder, row: Taken) -> Outcome:
    kind = kinds.find(row.values["kind"])
    if kind is None:
        return Outcome(JobState.WAITING, answers.with_detail(answers.NO_HANDLER, row.values["kind"]))
    if row.values["cancel_asked_at"] is not None:
        return Outcome(JobState.CANCELLED)
    job = _read(holder, row)
    with current_app.app_context():  # a session of its own
        try:
            return Outcome(JobState.DONE, result=kind.run(job))
        except (CancelledError, LostError):  # of what is lost nothing is noted: another worker has it
            return Outcome(JobState.CANCELLED)


def _read(holder: Holder, row: Taken) -> Running:
    values = {name: row.values[name] for name in ("owner_id", "subject_id", "cursor", "done", "total")}
    try:
        arguments = json.loads(row.values["arguments"])
    except ValueError as error:
        raise UnreadableError(type(error).__name__) from error
    if not isinstance(arguments, dict):
        raise UnreadableError(type(arguments).__name__)
    return Running(id=row.id, arguments=arguments, holder=holder, **values)
