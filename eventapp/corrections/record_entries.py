"""Corrections that the record speaks of, as it must have them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from eventapp import record
from eventapp.corrections.entries import CORRECTION
from eventapp.db import Sql, as_moment

# SQL: the record reads rows back on its own connection, without a session.
ROWS = Sql("SELECT id, at FROM correction WHERE log_id = :case_id ORDER BY id")


def _rows(conn: Connection, case_id: str) -> Iterator[record.Row]:
    for row in ROWS(conn, case_id=case_id):
        yield record.Row(
            row.id, CORRECTION.name, (row.id,), facts={"received_at": record.moment_text(as_moment(row.at))}
        )


TABLE = record.Table("correction", _rows, (CORRECTION.name,))
