"""What each of the two databases needs before it keeps our promises."""

from __future__ import annotations

import select
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError

from eventapp.db.gate import WriteGate, is_writing

PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def engine_options(url: str, threads: int = 16) -> dict[str, Any]:
    """Options of the engine: a connection for every thread that may ask, and one for the group writer."""
    pool = {"pool_size": threads + 4, "max_overflow": 8, "hide_parameters": True}  # an error must quote nobody
    if not url.startswith("sqlite"):
        return {**pool, "connect_args": {"connect_timeout": 5}}  # seconds: a server that is away is said to be so
    return {**pool, "connect_args": {"check_same_thread": False, "timeout": 10}}


def prepare_sqlite(engine: Engine) -> WriteGate | None:
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
            "cache_size=-2048",
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


def prepare_postgresql(engine: Engine) -> None:
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
