"""How a migration reaches the database: one history for SQLite and PostgreSQL, all or nothing on both."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import MigrationScript
from flask import current_app
from sqlalchemy import Connection, MetaData
from sqlalchemy.types import TypeDecorator

from eventapp.db import checks, kept


class BrokenReferencesError(Exception):
    """A migration on SQLite left rows that point at nothing; it was undone."""


def migrate() -> None:
    """Run the migrations in one transaction.

    SQLite changes a table by building it anew, which with foreign keys on would delete the rows that point at it. So
    they are off meanwhile, and looked over before the commit.
    """
    db = current_app.extensions["migrate"].db
    with db.engine.connect() as conn:
        _set_foreign_keys(conn, on=False)
        try:
            _run(conn, db.metadata)
        finally:
            _set_foreign_keys(conn, on=True)


def _run(conn: Connection, metadata: MetaData) -> None:
    context.configure(
        connection=conn,
        target_metadata=metadata,
        render_as_batch=True,  # SQLite cannot alter a column in place
        transactional_ddl=True,
        compare_type=True,
        render_item=_plain_type,
        autogenerate_plugins=checks.PLUGINS,
        process_revision_directives=_nothing_to_say,
    )
    with context.begin_transaction():
        if moves := _moves():
            kept.let_go(conn)
        context.run_migrations()
        if moves:
            kept.take_up(conn)
        _look_over(conn)


def _moves() -> bool:
    """Whether this goes to another revision; a command that only looks names none."""
    try:
        context.get_revision_argument()  # None when it goes down to nothing
    except KeyError:
        return False
    return True


def _set_foreign_keys(conn: Connection, *, on: bool) -> None:
    """The setting only takes outside a transaction, so it goes to the driver, behind SQLAlchemy's back."""
    if conn.dialect.name == "sqlite":
        driver = conn.connection.driver_connection
        assert driver is not None
        driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _look_over(conn: Connection) -> None:
    if conn.dialect.name == "sqlite" and (broken := conn.exec_driver_sql("PRAGMA foreign_key_check").all()):
        raise BrokenReferencesError(f"{len(broken)} rows, the first: {broken[0]}")


def _plain_type(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """A migration must run in ten years, so it names no type of ours but what the database is to hold."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


def _nothing_to_say(_context: object, _revision: object, directives: list[MigrationScript]) -> None:
    """Write no file when the models are as the database is."""
    if getattr(context.config.cmd_opts, "autogenerate", False):
        operations = directives[0].upgrade_ops
        if operations is not None and operations.is_empty():
            directives.clear()


migrate()
