"""The statements of the record, written for the driver: an append costs few of them, a proof one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection

from eventapp.db import Sql, as_moment
from eventapp.record import tree
from eventapp.record.errors import NoSuchRecordError
from eventapp.record.tree import Position, Read

INSERT_LOG = Sql(
    "INSERT INTO record_log (id, slug, origin, size, created_at) VALUES (:id, :slug, :origin, 0, :at)"
    " ON CONFLICT (id) DO NOTHING"
)
GROW_LOG = Sql("UPDATE record_log SET size = size + 1 WHERE id = :id RETURNING size, slug")
INSERT_ENTRY = Sql(
    "INSERT INTO record_entry (id, log_id, seq, kind, ref, text, leaf_hash, nodes, salts, created_at)"
    " VALUES (:id, :log_id, :seq, :kind, :ref, :text, :leaf_hash, :nodes, :salts, :at)"
)
INSERT_CHECKPOINT = Sql(
    "INSERT INTO record_checkpoint (log_id, size, root, text, signed_at) VALUES (:log_id, :size, :root, :text, :at)"
    " ON CONFLICT (log_id, size) DO NOTHING"
)
SET_SALTS = Sql("UPDATE record_entry SET salts = :salts WHERE id = :id")

LOG = Sql("SELECT id, slug, origin, size, created_at FROM record_log WHERE id = :id")
LOG_OF_SLUG = Sql("SELECT id, slug, origin, size, created_at FROM record_log WHERE slug = :slug")
LOGS = Sql("SELECT id, slug, origin, size, created_at FROM record_log ORDER BY slug")
PENDING = Sql(
    "SELECT id FROM record_log WHERE size >"
    " COALESCE((SELECT MAX(c.size) FROM record_checkpoint c WHERE c.log_id = record_log.id), -1) ORDER BY id"
)
COLUMNS = "id, log_id, seq, kind, ref, text, leaf_hash, nodes, salts, created_at"
ENTRY = Sql(f"SELECT {COLUMNS} FROM record_entry WHERE log_id = :log_id AND seq = :seq")
ENTRIES = Sql(
    f"SELECT {COLUMNS} FROM record_entry WHERE log_id = :log_id AND seq >= :start AND seq < :end ORDER BY seq"
)
NUMBER = Sql("SELECT MIN(seq) FROM record_entry WHERE log_id = :log_id AND kind = :kind AND ref = :ref")
NUMBERS = Sql("SELECT ref, MIN(seq) AS seq FROM record_entry WHERE log_id = :log_id AND kind = :kind GROUP BY ref")
LAST_CHECKPOINT = Sql("SELECT text FROM record_checkpoint WHERE log_id = :log_id ORDER BY size DESC LIMIT 1")
ANY_CHECKPOINT = Sql("SELECT 1 FROM record_checkpoint LIMIT 1")
CHECKPOINTS = Sql("SELECT size, root, text, signed_at FROM record_checkpoint WHERE log_id = :log_id ORDER BY size")
# Neither database takes a list as a parameter in the same words: ``:places`` becomes as many names as are asked for.
# A subtree is complete with its last leaf, so its hash stands in that leaf's row.
HASHES_AT = "SELECT seq, leaf_hash, nodes FROM record_entry WHERE log_id = :log_id AND seq IN (:places)"

BATCH = 1000


@dataclass(frozen=True)
class Log:
    """The log of a case."""

    id: str
    slug: str
    origin: str
    size: int
    created_at: datetime


@dataclass(frozen=True)
class Entry:
    """An entry as stored."""

    id: str
    log_id: str
    seq: int
    kind: str
    ref: str | None
    text: str
    leaf_hash: bytes
    nodes: bytes
    salts: dict[str, str | None]
    created_at: datetime

    @property
    def erased(self) -> list[str]:
        """Names of the parts that were lawfully forgotten."""
        return sorted(name for name, salt in self.salts.items() if salt is None)


def log(conn: Connection, log_id: str) -> Log:
    """
    :raises NoSuchRecordError: when no log was opened for that case.
    """
    return _log_or_refusal(LOG(conn, id=log_id).one_or_none())


def log_of_slug(conn: Connection, slug: str) -> Log:
    """
    :raises NoSuchRecordError: when no log was opened for that case.
    """
    return _log_or_refusal(LOG_OF_SLUG(conn, slug=slug).one_or_none())


def logs(conn: Connection) -> list[Log]:
    """All logs by slug."""
    return [_log(row) for row in LOGS(conn)]


def entry(conn: Connection, log_id: str, seq: int) -> Entry:
    """
    :raises NoSuchRecordError: when the log has no entry with that number.
    """
    row = ENTRY(conn, log_id=log_id, seq=seq).one_or_none()
    if row is None:
        raise NoSuchRecordError
    return _entry(row)


def entries(conn: Connection, log_id: str, start: int, end: int) -> Iterator[Entry]:
    """Entries ``[start, end)`` in order, read a thousand at a time."""
    for first in range(start, end, BATCH):
        for row in ENTRIES(conn, log_id=log_id, start=first, end=min(first + BATCH, end)):
            yield _entry(row)


def number_of(conn: Connection, log_id: str, kind: str, ref: str) -> int:
    """The number of the first entry of a kind that tells of a row.

    :raises NoSuchRecordError: when there is none.
    """
    seq: int | None = NUMBER(conn, log_id=log_id, kind=kind, ref=ref).scalar_one()
    if seq is None:
        raise NoSuchRecordError
    return seq


def numbers(conn: Connection, log_id: str, kind: str) -> dict[str, int]:
    """The same for all rows that entries of a kind tell of: row -> number."""
    return {row.ref: int(row.seq) for row in NUMBERS(conn, log_id=log_id, kind=kind)}


def salts_text(salts: Mapping[str, str | None]) -> str:
    """Salts as their column holds them."""
    return json.dumps(dict(salts), sort_keys=True)


def reader(conn: Connection, log_id: str) -> Read:
    """How the tree reads the stored hashes of a log.

    The function it returns raises LookupError when one is missing: the log is smaller than somebody believes.
    """
    return partial(_read, conn, log_id)


def _read(conn: Connection, log_id: str, positions: Sequence[Position]) -> list[bytes]:
    wanted = [tree.last_leaf(place) for place in positions]
    if not wanted:
        return []
    values = {f"s{number}": seq for number, seq in enumerate(wanted)}
    rows = {row.seq: row for row in hashes_at(len(wanted))(conn, log_id=log_id, **values)}
    return [_hash(rows[seq], level) for seq, (level, _) in zip(wanted, positions, strict=True)]


def _hash(row: Any, level: int) -> bytes:
    """The hash of the subtree of this level that ends with the row's leaf."""
    if level == 0:
        return bytes(row.leaf_hash)
    found = bytes(row.nodes)[(level - 1) * tree.HASH_BYTES : level * tree.HASH_BYTES]
    if len(found) != tree.HASH_BYTES:
        raise LookupError(f"Entry {row.seq} lacks a hash of the tree.")
    return found


@cache
def hashes_at(count: int) -> Sql:
    """Reads what stands in the rows of this many leaves, ``:s0``, ``:s1`` and so on."""
    return Sql(HASHES_AT.replace(":places", ", ".join(f":s{number}" for number in range(count))))


def _log_or_refusal(row: Any) -> Log:
    if row is None:
        raise NoSuchRecordError
    return _log(row)


def _log(row: Any) -> Log:
    return Log(row.id, row.slug, row.origin, row.size, as_moment(row.created_at))


def _entry(row: Any) -> Entry:
    hashes = bytes(row.leaf_hash), bytes(row.nodes)
    at, salts = as_moment(row.created_at), json.loads(row.salts)
    return Entry(row.id, row.log_id, row.seq, row.kind, row.ref, row.text, *hashes, salts, at)
