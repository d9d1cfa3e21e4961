"""Statements of the hot paths, written once for both databases (design decision 19)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, CursorResult

from eventapp.db.columns import as_utc


class Sql:
    """A statement written once for both databases, run on the driver without SQLAlchemy's compiler.

    Parameters are written ``:name``. Moments are given as aware datetimes and read back with :func:`as_moment`.
    """

    def __init__(self, text: str) -> None:
        self.sqlite = text
        self.postgresql = re.sub(r"(?<![:\w]):([a-z_]\w*)", r"%(\1)s", text.replace("%", "%%"))

    def __call__(self, conn: Connection, **values: Any) -> CursorResult[Any]:
        if conn.dialect.name == "sqlite":
            return conn.exec_driver_sql(self.sqlite, {name: _plain(value) for name, value in values.items()})
        return conn.exec_driver_sql(self.postgresql, values)

    def many(self, conn: Connection, rows: list[dict[str, Any]]) -> None:
        """Run the statement once for each row."""
        if not rows:
            return
        if conn.dialect.name == "sqlite":
            plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
            conn.exec_driver_sql(self.sqlite, plain)
        else:
            conn.exec_driver_sql(self.postgresql, rows)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return as_utc(value).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value.isoformat() if isinstance(value, date) else value


def as_moment(value: Any) -> datetime:
    """A moment that a :class:`Sql` statement returned, as aware UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
