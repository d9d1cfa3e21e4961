"""What the record was told of rows that change later: kept by the slice under the number of the entry.

For kinds whose row can be corrected or taken back (the title of a case, the programme of an event). A slice makes the
table from :class:`~eventapp.record.models.Told`. What people wrote never belongs here: it has a row of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from eventapp.db import Sql
from eventapp.record.models import Told
from eventapp.record.store import Entry


class Keeping:
    """Keeps in one table: ``content`` and ``keep`` of the kinds that use it."""

    def __init__(self, table: type[Told]) -> None:
        name = table.__tablename__
        self._insert = Sql(f"INSERT INTO {name} (log_id, seq, parts) VALUES (:log_id, :seq, :parts)")
        self._select = Sql(f"SELECT parts FROM {name} WHERE log_id = :log_id AND seq = :seq")

    def keep(self, conn: Connection, log_id: str, seq: int, values: Mapping[str, Any]) -> None:
        parts = json.dumps(dict(values), ensure_ascii=False, sort_keys=True)
        self._insert(conn, log_id=log_id, seq=seq, parts=parts)

    def content(self, conn: Connection, entry: Entry) -> Mapping[str, Any]:
        parts = self._select(conn, log_id=entry.log_id, seq=entry.seq).scalar_one_or_none()
        found: dict[str, Any] = {} if parts is None else json.loads(parts)
        return found
