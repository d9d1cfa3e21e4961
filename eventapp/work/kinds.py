"""What there is to do: slices register the kinds of their jobs, and the tasks that recur."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from eventapp.db import Sql, new_id
from eventapp.web.permissions import Permission, Scope
from eventapp.work.models import LaneName
from eventapp.work.running import Running

# SQL: several workers may start at once; the first one's row stays.
# A task that is due later than its own interval allows was put off before the clock was set back.
ADD_RECURRING = Sql("""
    INSERT INTO job (id, kind, lane, arguments, dedupe, every_seconds, state, attempts, due_at, cursor, done, queued_at)
    VALUES (:id, :kind, :lane, '{}', :dedupe, :seconds, 'waiting', 0, :now, '', 0, :now)
    ON CONFLICT (dedupe) DO UPDATE
    SET every_seconds = :seconds, due_at = CASE WHEN job.due_at > :latest THEN :now ELSE job.due_at END
    WHERE job.state = 'waiting' AND (job.due_at > :latest OR job.every_seconds <> :seconds)
""")


def _nothing_to_add(_result: Mapping[str, Any]) -> str:
    return ""


def _about_nothing(_subject_id: str) -> None:
    return None


@dataclass(frozen=True)
class Subject:
    """What a job is about, for people: its name, the page of it for the one who asks, and what it belongs to."""

    name: str
    url: str
    scope: Scope


@dataclass(frozen=True)
class Kind:
    """One kind of job.

    ``run`` does it, in an application context and outside any transaction; see :class:`Running`. What it returns is
    kept as the result: ids and numbers. It may be called again for the same job after a fault or a worker's death.
    ``title`` says what it does, in the imperative; ``outcome`` makes a sentence of a result, when the progress does not
    say all. Who has ``permission`` for what the job is about sees it and may stop it, whoever asked for it, and
    nobody else lets it go on after a fault (:mod:`eventapp.work.words`).
    """

    run: Callable[[Running], Mapping[str, Any] | None]
    title: Any
    about: Callable[[str], Subject | None] = _about_nothing  # subject_id
    permission: Permission | None = None
    outcome: Callable[[Mapping[str, Any]], str] = _nothing_to_add


_kinds: dict[str, Kind] = {}
_recurring: dict[str, int] = {}  # kind -> seconds between two times


def register_kind(name: str, kind: Kind) -> None:
    """Let workers do jobs of this kind; ``name`` is ``slice.verb``, and stands in stored rows."""
    _kinds[name] = kind


def every(seconds: int, name: str, title: Any, function: Callable[[], object]) -> None:
    """Let workers call ``function`` about every ``seconds``, once each time, however many workers there are.

    It should be short, for other tasks that recur wait meanwhile, and opens its own transaction. When it raises, that
    is logged, and it is called again next time.
    """

    def run(_job: Running) -> None:
        function()

    register_kind(name, Kind(run, title))
    _recurring[name] = seconds


def find(name: str) -> Kind | None:
    """``None`` when no slice has registered it: the row is older or newer than the code."""
    return _kinds.get(name)


def add_recurring(conn: Connection, now: datetime) -> None:
    """Let every task that recurs have its row; one that was never run is due at once."""
    rows = [
        {
            "id": new_id(),
            "kind": name,
            "lane": LaneName.RECURRING.value,
            "dedupe": f"every:{name}",
            "seconds": seconds,
            "now": now,
            "latest": now + timedelta(seconds=seconds),
        }
        for name, seconds in _recurring.items()
    ]
    ADD_RECURRING.many(conn, rows)
