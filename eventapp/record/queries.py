"""What the public pages of the record show, as finished values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp.db import Sql, as_moment, reading
from eventapp.record import store
from eventapp.record.errors import NoSuchRecordError
from eventapp.record.store import Entry, Log
from eventapp.web.registry import registry

PER_PAGE = 50
# SQL: read beside requests for pages that are drawn without a session.
IS_PUBLISHED = Sql("SELECT 1 FROM record_entry WHERE log_id = :log_id AND kind = :kind LIMIT 1")
LAST_HEAD = Sql(
    "SELECT size, root, text, signed_at FROM record_checkpoint WHERE log_id = :log_id ORDER BY size DESC LIMIT 1"
)
UNSIGNED = Sql(
    "SELECT COALESCE(SUM(size - COALESCE((SELECT MAX(c.size) FROM record_checkpoint c WHERE c.log_id = l.id), 0)), 0)"
    " FROM record_log l"
)


@dataclass(frozen=True)
class Head:
    """The last signed tree head; ``root`` as hexadecimal."""

    size: int
    root: str
    text: str
    signed_at: datetime


@dataclass(frozen=True)
class EntryLine:
    """An entry as the list shows it."""

    seq: int
    kind: str
    received_at: datetime
    leaf_hash: str


@dataclass(frozen=True)
class Shown:
    """One entry with everything its text says."""

    line: EntryLine
    text: str
    told: dict[str, Any]
    recorded_at: datetime
    deadline_at: datetime | None
    erased: list[str]


def public_log(conn: Connection, slug: str) -> Log:
    """The record of a case of which something was published; a case in preparation is nobody's business.

    :raises NoSuchRecordError: when there is none.
    """
    log = store.log_of_slug(conn, slug)
    kinds = [one.name for one in registry().record_kinds.values() if one.publishes]
    if not any(IS_PUBLISHED(conn, log_id=log.id, kind=kind).one_or_none() for kind in kinds):
        raise NoSuchRecordError
    return log


def head(conn: Connection, log: Log) -> Head | None:
    """The last head that was signed; ``None`` before the first."""
    row = LAST_HEAD(conn, log_id=log.id).one_or_none()
    return Head(row.size, bytes(row.root).hex(), row.text, as_moment(row.signed_at)) if row else None


def page_count(log: Log) -> int:
    return max(1, -(-log.size // PER_PAGE))


def lines(conn: Connection, log: Log, page: int) -> list[EntryLine]:
    """The entries of a page, newest first; page 1 is the newest."""
    end = max(0, log.size - (page - 1) * PER_PAGE)
    found = store.entries(conn, log.id, max(0, end - PER_PAGE), end)
    return [_line(entry, json.loads(entry.text)) for entry in found][::-1]


def shown(entry: Entry) -> Shown:
    """An entry for its own page."""
    told = json.loads(entry.text)
    deadline = told["deadline_at"]
    return Shown(
        _line(entry, told), entry.text, told, entry.created_at, as_moment(deadline) if deadline else None, entry.erased
    )


def _line(entry: Entry, told: dict[str, Any]) -> EntryLine:
    return EntryLine(entry.seq, entry.kind, as_moment(told["received_at"]), entry.leaf_hash.hex())


def gauges() -> dict[str, float]:
    """Entries that no signed head covers yet; more than a few for long means that signing is refused."""
    with reading() as conn:
        return {"eventapp_record_unsigned_entries": float(UNSIGNED(conn).scalar_one())}
