"""A job under way: the steps it is done in.

A job that writes does so in steps, each a transaction of its own that keeps what was done and how far that is, both or
neither. So a worker may die at any moment: the next one goes on where the last step ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from eventapp.db import Sql, reading, write

T = TypeVar("T")

PROGRESS = Sql("""
    UPDATE job SET cursor = :cursor, done = :done, total = :total
    WHERE id = :id AND leased_by = :worker AND state = 'running' AND cancel_asked_at IS NULL
""")
IS_HELD = Sql("SELECT 1 FROM job WHERE id = :id AND leased_by = :worker AND state = 'running'")


class CancelledError(Exception):
    """Somebody asked that it be stopped; what earlier steps did stays."""


class LostError(Exception):
    """Another worker has the job now, because this one gave no sign of life for a while."""


class StoppingError(Exception):
    """The worker is to stop; another goes on with the job."""


class Holder(Protocol):
    """The lane of a worker that holds the job."""

    @property
    def name(self) -> str: ...
    @property
    def is_stopping(self) -> bool: ...
    def pulse(self) -> None:
        """Something was done: we are not stuck."""


@dataclass
class Running:
    """What a job's function is given: what to do, and how far an earlier try came.

    ``cursor`` is what the last step said, empty before the first; ``done`` and ``total`` count for people.
    """

    id: str
    arguments: dict[str, Any]
    owner_id: str | None
    subject_id: str | None
    cursor: str
    done: int
    total: int | None
    holder: Holder

    def step(self, do: Callable[[Connection], T], *, cursor: str, more: int, total: int | None = None) -> T:
        """Do the next part in a transaction, and keep with it how far that is.

        :param do: a second or less, for on SQLite nobody else writes meanwhile.
        :param cursor: where to go on afterwards.
        :param more: how many things this part does.
        :param total: how many there are in all, when it is known.
        :raises CancelledError: instead of doing it, when the job is not wanted any more. Let it pass.
        :raises LostError: instead of doing it, when another worker has the job. Let it pass.
        :raises StoppingError: after it is done, when the worker is to stop. Let it pass.
        """
        done, total = self.done + more, self.total if total is None else total

        def part(conn: Connection) -> T:
            kept = PROGRESS(conn, id=self.id, worker=self.holder.name, cursor=cursor, done=done, total=total)
            if not kept.rowcount:
                raise LostError
            return do(conn)

        try:
            result = write(part)
        except LostError:
            raise self._why_lost() from None
        self.cursor, self.done, self.total = cursor, done, total
        self.holder.pulse()
        if self.holder.is_stopping:
            raise StoppingError
        return result

    def _why_lost(self) -> Exception:
        with reading() as conn:
            is_ours = IS_HELD(conn, id=self.id, worker=self.holder.name).first()
        return CancelledError() if is_ours else LostError()
