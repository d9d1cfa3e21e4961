"""A job under way: the steps it is done in.

A job that writes does so in steps, each a transaction of its own that keeps what was done and how far that is, both or
neither. So a worker may die at any moment: the next one goes on where the last step ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection

from eventapp.db import Sql, reading, write

# SQL: a step is kept only while the job is still this worker's and nobody asked to stop it.
PROGRESS = Sql("""
    UPDATE job SET cursor = :cursor, done = :done, total = :total
    WHERE id = :id AND leased_by = :worker AND state = 'running' AND cancel_asked_at IS NULL
""")
IS_HELD = Sql("SELECT 1 FROM job WHERE id = :id AND leased_by = :worker AND state = 'running'")


@dataclass(frozen=True)
class Part:
    """What one step did: where the next goes on, how many things it did, and how many there are in all if known."""

    cursor: str
    more: int
    total: int | None = None


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

    def step(self, do: Callable[[Connection], Part | None]) -> bool:
        """Do the next part in a transaction, and keep with it how far that is: ``while job.step(do): pass``.

        :param do: a second or less, for on SQLite nobody else writes meanwhile; ``None`` when nothing is left to do.
        :returns: whether there was something to do.
        :raises CancelledError: when the job is not wanted any more; the part is undone. Let it pass.
        :raises LostError: when another worker has the job; the part is undone. Let it pass.
        :raises StoppingError: when the worker is to stop; the part is kept. Let it pass.
        """

        def keep(conn: Connection) -> Part | None:
            part = do(conn)
            if part is not None and not self._note(conn, part):
                raise LostError
            return part

        try:
            part = write(keep)
        except LostError:
            raise self._why_lost() from None
        self.holder.pulse()
        if part is None:
            return False
        self.cursor, self.done, self.total = part.cursor, self.done + part.more, _known(part.total, self.total)
        if self.holder.is_stopping:
            raise StoppingError
        return True

    def _note(self, conn: Connection, part: Part) -> bool:
        """Keep how far it is; whether this worker may still do so."""
        values = {"cursor": part.cursor, "done": self.done + part.more, "total": _known(part.total, self.total)}
        return bool(PROGRESS(conn, id=self.id, worker=self.holder.name, **values).rowcount)

    def _why_lost(self) -> Exception:
        with reading() as conn:
            is_ours = IS_HELD(conn, id=self.id, worker=self.holder.name).first()
        return CancelledError() if is_ours else LostError()


def _known(total: int | None, before: int | None) -> int | None:
    return before if total is None else total
