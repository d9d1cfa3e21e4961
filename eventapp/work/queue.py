"""Rows that workers take: one at a time, and only for as long as the worker lives.

The one way of claiming, for every table whose rows are work: jobs, and the mails of the outbox. Such a table has the
columns ``id``, ``state``, ``attempts``, ``deaths``, ``due_at``, ``leased_by`` and ``answer``. A worker holds one row of
a lane and no more, so whoever dies costs no other row its turn. It gives signs of life
(:mod:`eventapp.work.heartbeat`); when they stop, its row goes back to those that wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp.db import Sql, reading

_ANY_DUE = "SELECT 1 FROM {table} WHERE state = 'waiting'{only} AND due_at <= :now LIMIT 1"

# PostgreSQL takes a row that nobody else is taking; on SQLite the write gate lets one worker in at a time.
_TAKE = """
    WITH due AS (
        SELECT id FROM {table} WHERE state = 'waiting'{only} AND due_at <= :now ORDER BY due_at, id LIMIT 1 {lock}
    )
    UPDATE {table} SET state = '{taken}', leased_by = :worker, attempts = attempts + 1{also}
    WHERE id IN (SELECT id FROM due)
    RETURNING id, attempts, deaths, {columns}
"""
_HELD = "id = :id AND leased_by = :worker AND state = '{taken}'"
_AGAIN = """
    UPDATE {table} SET state = 'waiting', leased_by = NULL, due_at = :due_at, answer = :answer WHERE {held}
"""
_UNTRIED = """
    UPDATE {table}
    SET state = 'waiting', leased_by = NULL, attempts = attempts - 1, due_at = :due_at,
        answer = COALESCE(:answer, answer)
    WHERE {held}
"""
_LET_GO = """
    UPDATE {table} SET state = 'waiting', leased_by = NULL, attempts = attempts - 1
    WHERE state = '{taken}' AND leased_by = :worker AND id <> :known
"""

# The first death may have been anybody's fault; a row that a second worker died with lets others go first.
_FREE = """
    UPDATE {table}
    SET state = 'waiting', leased_by = NULL, deaths = deaths + 1,
        due_at = CASE WHEN deaths = 0 THEN :now ELSE :later END
    WHERE state = '{taken}' AND leased_by NOT IN (SELECT worker FROM worker_heartbeat WHERE at > :silent)
"""


class UnreadableError(Exception):
    """A row does not hold what its kind needs; no later try will find more in it. The text names the fault."""


@dataclass(frozen=True)
class Taken:
    """A row that a worker holds, with its values as the database gave them: reading them is part of the try.

    ``attempts`` counts this try; ``deaths`` how many workers died with it.
    """

    id: str
    attempts: int
    deaths: int
    values: Mapping[str, Any]


# SQL: a row is taken in one guarded statement, so that no two workers have it.
class Queue:
    """The rows of a table as work.

    :param taken: the state of a row that is held; that of one that waits is ``waiting`` everywhere.
    :param columns: what a try needs of the row.
    :param only: a condition on the rows, for a table with several lanes.
    :param also: assignments when a row is taken; their parameters are given to :meth:`take`.
    """

    def __init__(self, table: str, *, taken: str, columns: str, only: str = "", also: str = "") -> None:
        parts = {
            "table": table,
            "taken": taken,
            "columns": columns,
            "only": f" AND {only}" if only else "",
            "also": f", {also}" if also else "",
            "held": _HELD.format(taken=taken),
        }
        self._any_due = Sql(_ANY_DUE.format(**parts))
        self._take = {
            "sqlite": Sql(_TAKE.format(lock="", **parts)),
            "postgresql": Sql(_TAKE.format(lock="FOR UPDATE SKIP LOCKED", **parts)),
        }
        self._again = Sql(_AGAIN.format(**parts))
        self._untried = Sql(_UNTRIED.format(**parts))
        self._let_go = Sql(_LET_GO.format(**parts))
        self._free = Sql(_FREE.format(**parts))

    def is_any_due(self, now: datetime) -> bool:
        """Asked often, so without a write transaction."""
        with reading() as conn:
            return self._any_due(conn, now=now).first() is not None

    def take(self, conn: Connection, worker: str, now: datetime, **also: Any) -> Taken | None:
        """Hold the row that has waited longest; ``None`` when none is due."""
        row = self._take[conn.dialect.name](conn, worker=worker, now=now, **also).mappings().first()
        return None if row is None else Taken(row["id"], row["attempts"], row["deaths"], dict(row))

    def again(self, conn: Connection, worker: str, row: Taken, due_at: datetime, answer: str | None) -> bool:
        """Let it be tried again; whether this worker still held it."""
        return bool(self._again(conn, id=row.id, worker=worker, due_at=due_at, answer=answer).rowcount)

    def untried(self, conn: Connection, worker: str, row: Taken, due_at: datetime, answer: str | None = None) -> None:
        """Give it back as if it had not been taken."""
        self._untried(conn, id=row.id, worker=worker, due_at=due_at, answer=answer)

    def let_go(self, conn: Connection, worker: str, *, known: str) -> None:
        """Give back what this worker holds without knowing: the answer to its taking was lost on the way.

        :param known: the id of the row that it knows of; empty when there is none.
        """
        self._let_go(conn, worker=worker, known=known)

    def free(self, conn: Connection, *, silent: datetime, now: datetime, later: datetime) -> int:
        """Give back the rows of workers that gave no sign of life since ``silent``; how many there were.

        :param later: when a row is due that was held by a dead worker before.
        """
        number: int = self._free(conn, silent=silent, now=now, later=later).rowcount
        return number
