"""Tasks that recur: registered by the slices, run by whichever worker comes first, once each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from flask import current_app

from eventapp.db import Sql, reading, write

log = structlog.get_logger("eventapp")

ADD = Sql("INSERT INTO worker_task (name, due_at) VALUES (:name, :now) ON CONFLICT (name) DO NOTHING")
ARE_DUE = Sql("SELECT name FROM worker_task WHERE due_at <= :now ORDER BY due_at, name")
TAKE = Sql("UPDATE worker_task SET due_at = :next WHERE name = :name AND due_at <= :now")


@dataclass(frozen=True)
class Task:
    """Something to do every so many seconds, in an application context; it opens its own transaction."""

    seconds: float
    run: Callable[[], object]


_tasks: dict[str, Task] = {}


def every(seconds: float, function: Callable[[], object], name: str | None = None) -> None:
    """Let the worker call ``function`` about every ``seconds``, however many workers there are.

    It should be short, for mails wait meanwhile; when it raises, that is logged and it is called again next time.
    """
    _tasks[name or f"{function.__module__}.{function.__qualname__}"] = Task(seconds, function)


def add_missing(now: datetime) -> None:
    """Let tasks that were never run be due at once."""
    write(lambda conn: ADD.many(conn, [{"name": name, "now": now} for name in _tasks]))


def run_due(now: datetime) -> None:
    """Run what is due and what no other worker takes first."""
    with reading() as conn:
        names = [str(name) for name in ARE_DUE(conn, now=now).scalars()]
    for name in names:
        if (task := _tasks.get(name)) and _take(name, task, now):
            _run(name, task)


def _take(name: str, task: Task, now: datetime) -> bool:
    following = now + timedelta(seconds=task.seconds)
    return write(lambda conn: TAKE(conn, name=name, now=now, next=following).rowcount) == 1


def _run(name: str, task: Task) -> None:
    with current_app.app_context():  # a session of its own
        try:
            task.run()
        except Exception:
            log.exception("task_failed", task=name)
