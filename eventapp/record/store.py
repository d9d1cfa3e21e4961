"""The statements of the record, written for the driver: an append costs few of them, a proof two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection

from eventapp.db import Sql, as_moment
from eventapp.record.errors import NoSuchRecordError
from eventapp.record.tree import Position, Read

INSERT_LOG = Sql(
    "INSERT INTO record_log (id, slug, origin, size, created_at) VALUES (:id, :slug, :origin, 0, :at)"
    " ON CONFLICT (id) DO NOTHING"
)
GROW_LOG = Sql("UPDATE record_log SET size = size + 1 WHERE id = :id RETURNING size, slug")
INSERT_ENTRY = Sql(
    "INSERT INTO record_entry (id, log_id, seq, kind, ref, text, leaf_hash, created_at)"
    " VALUES (:id, :log_id, :seq, :kind, :ref, :text, :leaf_hash, :at)"
)
INSERT_PART = Sql(
    "INSERT INTO record_part (entry_id, name, commitment, salt, content)"
    " VALUES (:entry_id, :name, :commitment, :salt, :content)"
)
INSERT_NODE = Sql("INSERT INTO record_node (log_id, level, position, hash) VALUES (:log_id, :level, :position, :hash)")
INSERT_CHECKPOINT = Sql(
    "INSERT INTO record_checkpoint (log_id, size, root, text, signed_at) VALUES (:log_id, :size, :root, :text, :at)"
    " ON CONFLICT (log_id, size) DO NOTHING"
)
FORGET_PART = Sql("UPDATE record_part SET salt = NULL, content = NULL WHERE entry_id = :entry_id AND name = :name")

LOG = Sql("SELECT id, slug, origin, size, created_at FROM record_log WHERE id = :id")
LOG_OF_SLUG = Sql("SELECT id, slug, origin, size, created_at FROM record_log WHERE slug = :slug")
LOGS = Sql("SELECT id, slug, origin, size, created_at FROM record_log ORDER BY slug")
PENDING = Sql(
    "SELECT id FROM record_log WHERE size >"
    " COALESCE((SELECT MAX(c.size) FROM record_checkpoint c WHERE c.log_id = record_log.id), -1) ORDER BY id"
)
ENTRY = Sql(
    "SELECT id, seq, kind, ref, text, leaf_hash, created_at FROM record_entry WHERE log_id = :log_id AND seq = :seq"
)
ENTRIES = Sql(
    "SELECT id, seq, kind, ref, text, leaf_hash, created_at FROM record_entry"
    " WHERE log_id = :log_id AND seq >= :start AND seq < :end ORDER BY seq"
)
ENTRIES_OF_REF = Sql(
    "SELECT id, seq, kind, ref, text, leaf_hash, created_at FROM record_entry"
    " WHERE log_id = :log_id AND ref = :ref ORDER BY seq"
)
PARTS = Sql(
    "SELECT entry_id, name, commitment, salt, content FROM record_part WHERE entry_id = :entry_id ORDER BY name"
)
LAST_CHECKPOINT = Sql("SELECT text FROM record_checkpoint WHERE log_id = :log_id ORDER BY size DESC LIMIT 1")
ANY_CHECKPOINT = Sql("SELECT 1 FROM record_checkpoint LIMIT 1")
CHECKPOINTS = Sql("SELECT size, root, text, signed_at FROM record_checkpoint WHERE log_id = :log_id ORDER BY size")
# Neither database takes a list as a parameter in the same words: ``:places`` becomes as many names as are asked for.
LEAVES_AT = "SELECT seq, leaf_hash FROM record_entry WHERE log_id = :log_id AND seq IN (:places)"
NODES_AT = (
    # a join, for SQLite looks at every node of the log when a pair of columns is asked to be IN a list
    "WITH wanted (level, position) AS (VALUES :places)"
    " SELECT n.level, n.position, n.hash FROM wanted JOIN record_node n"
    " ON n.log_id = :log_id AND n.level = wanted.level AND n.position = wanted.position"
)

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
    seq: int
    kind: str
    ref: str | None
    text: str
    leaf_hash: bytes
    created_at: datetime


@dataclass(frozen=True)
class StoredPart:
    """A committed field as stored; salt and content may be gone, see :class:`~eventapp.record.models.RecordPart`."""

    entry_id: str
    name: str
    commitment: str
    salt: bytes | None
    content: str | None


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


def entries_of_ref(conn: Connection, log_id: str, ref: str) -> list[Entry]:
    """Entries that tell of one thing of a slice, oldest first."""
    return [_entry(row) for row in ENTRIES_OF_REF(conn, log_id=log_id, ref=ref)]


def parts(conn: Connection, entry_id: str) -> list[StoredPart]:
    """The committed fields of an entry by name."""
    return [part_of(row) for row in PARTS(conn, entry_id=entry_id)]


def part_of(row: Any) -> StoredPart:
    """A row with all columns of a part."""
    salt = None if row.salt is None else bytes(row.salt)
    return StoredPart(row.entry_id, row.name, row.commitment, salt, row.content)


def reader(conn: Connection, log_id: str) -> Read:
    """How the tree reads the stored hashes of a log.

    The function it returns raises LookupError when one is missing: the log is smaller than somebody believes.
    """
    return partial(_read, conn, log_id)


def _read(conn: Connection, log_id: str, positions: Sequence[Position]) -> list[bytes]:
    leaves = [position for level, position in positions if level == 0]
    nodes = [place for place in positions if place[0] > 0]
    found: dict[Position, bytes] = {}
    if leaves:
        values = {f"s{number}": seq for number, seq in enumerate(leaves)}
        for row in _leaves(len(leaves))(conn, log_id=log_id, **values):
            found[0, row.seq] = bytes(row.leaf_hash)
    if nodes:
        values = {f"l{number}": level for number, (level, _) in enumerate(nodes)}
        values |= {f"p{number}": position for number, (_, position) in enumerate(nodes)}
        for row in _nodes(len(nodes))(conn, log_id=log_id, **values):
            found[row.level, row.position] = bytes(row.hash)
    return [found[place] for place in positions]


@cache
def _leaves(count: int) -> Sql:
    return Sql(LEAVES_AT.replace(":places", ", ".join(f":s{number}" for number in range(count))))


@cache
def _nodes(count: int) -> Sql:
    return Sql(NODES_AT.replace(":places", ", ".join(f"(:l{number}, :p{number})" for number in range(count))))


def _log_or_refusal(row: Any) -> Log:
    if row is None:
        raise NoSuchRecordError
    return _log(row)


def _log(row: Any) -> Log:
    return Log(row.id, row.slug, row.origin, row.size, as_moment(row.created_at))


def _entry(row: Any) -> Entry:
    return Entry(row.id, row.seq, row.kind, row.ref, row.text, bytes(row.leaf_hash), as_moment(row.created_at))
