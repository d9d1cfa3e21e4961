"""The database: columns, statements, transactions, and the write gate. What the slices use is named here.

On SQLite a write waits for the gate (:mod:`eventapp.db.gate`); the posts that come in rushes go through
:func:`write`. PostgreSQL needs neither: there a write is an ordinary transaction.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from eventapp.db import last, migrating
from eventapp.db.columns import Json, Model, OfficialText, UtcDateTime, Words, db, enum_column, new_id
from eventapp.db.engines import engine_options, prepare_postgresql, prepare_sqlite, sqlite_faults
from eventapp.db.gate import SAFE_METHODS, GroupWriter, Job, WriteGate, is_writing
from eventapp.db.last import do_last
from eventapp.db.statements import Sql, as_moment
from eventapp.db.transactions import (
    end_reading,
    finish_transaction,
    hold,
    no_writing_on_get,
    one_at_a_time,
    only_reads,
    reading,
    transaction,
    write,
    write_from_here,
)

__all__ = [
    "SAFE_METHODS",
    "GroupWriter",
    "Job",
    "Json",
    "Model",
    "OfficialText",
    "Sql",
    "UtcDateTime",
    "Words",
    "WriteGate",
    "as_moment",
    "db",
    "do_last",
    "end_reading",
    "engine_options",
    "enum_column",
    "finish_transaction",
    "hold",
    "is_writing",
    "new_id",
    "one_at_a_time",
    "only_reads",
    "reading",
    "sqlite_faults",
    "transaction",
    "write",
    "write_from_here",
]


def register(app: Flask, migrations: Path) -> None:
    db.init_app(app)
    migrating.register(app, str(migrations))
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            app.extensions["writer"] = GroupWriter(db.engine, prepare_sqlite(db.engine))
        else:
            prepare_postgresql(db.engine)
        last.prepare(db.engine)
    if not event.contains(Session, "before_flush", no_writing_on_get):
        event.listen(Session, "before_flush", no_writing_on_get)
    app.after_request(finish_transaction)
