"""What is done last in a transaction, right before it is committed.

Rows that everybody needs (the counter of a case's record) are locked here and nowhere earlier, in one order, so no two
transactions can wait for each other over them and no caller has to think of it. A transaction that is undone drops
what it had put off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Transaction, event

Final = Callable[[Connection], None]


@dataclass
class _PutOff:
    """What one transaction has put off: (key of the row that it will lock, job)."""

    transaction: Transaction | None
    jobs: list[tuple[str, Final]] = field(default_factory=list)


def do_last(conn: Connection, key: str, job: Final) -> None:
    """Put a job off until the transaction is about to be committed.

    :param key: what the job locks. Jobs run in the order of their keys, and with the same key in the order given.
    :raises RuntimeError: after a savepoint, for the job would run although all since then was undone.
    """
    if conn.in_nested_transaction():
        raise RuntimeError("do_last() was called after a savepoint. Call it before.")
    _put_off(conn).jobs.append((key, job))


def run_last(conn: Connection) -> None:
    """Run what was put off; what that puts off in turn runs as well."""
    put_off = _put_off(conn)
    while put_off.jobs:
        jobs = sorted(put_off.jobs, key=lambda one: one[0])
        put_off.jobs.clear()
        for _, job in jobs:
            job(conn)


def finished(job: Callable[[Connection], Any]) -> Callable[[Connection], Any]:
    """The job with what it puts off, so that it stands or falls as one: others may share its transaction."""

    def run(conn: Connection) -> Any:
        try:
            result = job(conn)
            run_last(conn)
        except BaseException:
            _put_off(conn).jobs.clear()
            raise
        return result

    return run


def prepare(engine: Engine) -> None:
    """Every commit of the engine, of a session or of a connection, runs what was put off."""
    event.listen(engine, "commit", run_last)


def _put_off(conn: Connection) -> _PutOff:
    """That of the transaction that runs now; what an earlier one left on the connection was undone with it."""
    found: _PutOff | None = conn.info.get("last")
    if found is None or found.transaction is not conn.get_transaction():
        found = conn.info["last"] = _PutOff(conn.get_transaction())
    return found
