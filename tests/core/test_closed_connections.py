"""A database server that was restarted is not noticed by anybody."""

from __future__ import annotations

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, text

pytestmark = pytest.mark.engines("postgresql")


def pid(conn: Connection) -> int:
    return int(conn.execute(text("SELECT pg_backend_pid()")).scalar_one())


def test_a_connection_that_the_server_closed_is_replaced_before_it_is_used(db: SQLAlchemy) -> None:
    with db.engine.connect() as first, db.engine.connect() as second:
        before = {pid(first), pid(second)}
    with db.engine.connect() as conn:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        conn.execute(text(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}"))
        kept = pid(conn)
    with db.engine.connect() as first, db.engine.connect() as second:
        after = {pid(first), pid(second)}
    assert before & after == {kept}
