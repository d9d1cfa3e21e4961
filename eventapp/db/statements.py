"""Statements of the hot paths, written once for both databases (design decision 19)."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError

from eventapp.db.columns import as_utc

EACH = re.compile(r"each\((:\w+)\)")
EACH_OF_JSON, EACH_OF_ARRAY = r"(SELECT value FROM json_each(\1))", r"(SELECT unnest(CAST(\1 AS text[])) AS value)"


class Rows(IteratorResult[Any]):
    """What a statement gave, fetched already; ``rowcount``: how many rows it wrote."""

    def __init__(self, cursor: Any) -> None:
        columns = tuple(column[0] for column in cursor.description or ())
        super().__init__(_columns(columns), iter(cursor.fetchall() if columns else ()))
        self.rowcount: int = cursor.rowcount


@lru_cache(maxsize=1000)
def _columns(names: tuple[str, ...]) -> SimpleResultMetaData:
    """Made once for each list of columns: this, and not the statement, is what takes time around a small statement."""
    return SimpleResultMetaData(names)


class Sql:
    """A statement written once for both databases, run on the driver without SQLAlchemy's compiler.

    Parameters are written ``:name``. Moments are given as aware datetimes and read back with :func:`as_moment`; the
    rows of a list of texts, each with its ``value``, are written ``each(:name)``.
    """

    def __init__(self, text: str) -> None:
        self.sqlite = EACH.sub(EACH_OF_JSON, text)
        arrays = EACH.sub(EACH_OF_ARRAY, text)
        self.postgresql = re.sub(r"(?<![:\w]):([a-z_]\w*)", r"%(\1)s", arrays.replace("%", "%%"))

    def __call__(self, conn: Connection, **values: Any) -> Rows:
        """
        :raises DBAPIError: of the kind that SQLAlchemy has for it; it quotes no value.
        """
        if not conn.in_transaction():
            conn.begin()
        if conn.dialect.name == "sqlite":
            return _run(conn, self.sqlite, {name: _plain(value) for name, value in values.items()})
        return _run(conn, self.postgresql, values)

    def many(self, conn: Connection, rows: list[dict[str, Any]]) -> None:
        """Run the statement once for each row."""
        if not rows:
            return
        if conn.dialect.name == "sqlite":
            plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
            conn.exec_driver_sql(self.sqlite, plain)
        else:
            conn.exec_driver_sql(self.postgresql, rows)


def _run(conn: Connection, text: str, values: dict[str, Any]) -> Rows:
    """A statement on the driver itself, with what SQLAlchemy promises: listeners, errors, lost connections."""
    cursor = conn.connection.cursor()
    try:
        for listener in conn.dispatch.before_cursor_execute:
            listener(conn, cursor, text, values, None, False)
        cursor.execute(text, values)
        return Rows(cursor)
    except conn.dialect.loaded_dbapi.Error as error:
        is_lost = conn.dialect.is_disconnect(error, conn.connection.dbapi_connection, cursor)
        if is_lost:
            conn.invalidate(error)
        raise DBAPIError.instance(
            text,
            None,
            error,
            conn.dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=is_lost,
            dialect=conn.dialect,
        ) from error
    finally:
        cursor.close()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return as_utc(value).replace(tzinfo=None).isoformat(" ", "microseconds")
    if isinstance(value, list):
        return json.dumps(value)
    return value.isoformat() if isinstance(value, date) else value


def as_moment(value: Any) -> datetime:
    """A moment that a :class:`Sql` statement returned, as aware UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
