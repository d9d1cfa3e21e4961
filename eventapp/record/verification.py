"""Is the record of a case as it was? Everything is computed again, and nothing stored is believed.

Leaves from the entries' texts, commitments from contents and salts, attachments from the files' bytes, the tree from
the leaves, and its root held against every head that was ever signed, the one outside the database among them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Connection

from eventapp.db import Sql, reading
from eventapp.record import published, rows, store, tree
from eventapp.record.actions import erasure_ref
from eventapp.record.checkpoint import BadProofError, hash_text, sign, verify
from eventapp.record.contents import part_faults
from eventapp.record.entries import VERSION, moment_text, parsed
from eventapp.record.keys import KeyRing
from eventapp.record.own import ERASE
from eventapp.record.signing import key_ring
from eventapp.record.store import Entry, Log

log = structlog.get_logger("eventapp")
# SQL: a whole log is read through, which would fill a session with its rows.
SURPLUS = Sql("SELECT seq FROM record_entry WHERE log_id = :log_id AND (seq >= :size OR seq < 0) ORDER BY seq")
ERASURES = Sql(
    "SELECT e.ref, t.parts FROM record_entry e JOIN record_told t ON t.log_id = e.log_id AND t.seq = e.seq"
    " WHERE e.log_id = :log_id AND e.kind = :kind ORDER BY e.seq"
)


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was. ``seq`` is the entry's number, ``None`` for the log as a whole."""

    seq: int | None
    what: str

    def __str__(self) -> str:
        return self.what if self.seq is None else f"entry {self.seq}: {self.what}"


@dataclass(frozen=True)
class Report:
    """What verifying one log found. ``signed`` is the size of the largest head that was signed and fits."""

    log: Log
    signed: int
    faults: list[Fault]

    @property
    def is_intact(self) -> bool:
        """History that nothing signed is no history: somebody may have written all of it anew."""
        return not self.faults and (self.signed > 0 or self.log.size == 0)


def verify_log(log_id: str) -> Report:
    """Verify the log of a case against everything known about it. 100,000 entries take some seconds.

    :raises NoSuchRecordError: when there is no such log.
    """
    outside = published.read(log_id)  # before the database's snapshot, which must not be the older of the two
    with reading() as conn:
        if conn.dialect.name == "postgresql":
            conn.execution_options(isolation_level="REPEATABLE READ")  # one snapshot, as SQLite's is anyway
        return examine(conn, log_id, outside)


def verify_all() -> int:
    """Verify every log, rows too; returns how many are intact. For the worker.

    Each that is not is in the log as critical, with how many faults and the first of them.
    """
    with reading() as conn:
        ids = [one.id for one in store.logs(conn)]
    return sum(_is_intact(log_id) for log_id in ids)


def _is_intact(log_id: str) -> bool:
    report = verify_log(log_id)
    if not report.is_intact:
        first = str(report.faults[0]) if report.faults else "nothing of it is signed"
        log.critical("record_not_intact", log_id=log_id, faults=len(report.faults), first=first)
    return report.is_intact


def examine(conn: Connection, log_id: str, outside: str | None) -> Report:
    """Verify the log that ``conn`` sees; ``outside`` is the text of the last head kept outside the database.

    :raises NoSuchRecordError: when there is no such log.
    """
    return _Verification(conn, store.log(conn, log_id), key_ring()).run(outside)


@dataclass
class _Verification:
    conn: Connection
    log: Log
    ring: KeyRing
    faults: list[Fault] = field(default_factory=list)
    signed: int = 0
    index: rows.Index = field(default_factory=rows.Index)

    def run(self, outside: str | None) -> Report:
        heads = self._heads(outside)
        self._walk(heads)
        for size in sorted(heads):
            self._fault(None, f"a head over {size} entries was signed, the log has {self.log.size}")
        for row in SURPLUS(self.conn, log_id=self.log.id, size=self.log.size):
            self._fault(row.seq, "is beyond the end of the log")
        for what in rows.faults(self.conn, self.log.id, self.index):
            self._fault(None, what)
        return Report(self.log, self.signed, self.faults)

    def _fault(self, seq: int | None, what: str) -> None:
        self.faults.append(Fault(seq, what))

    # --- heads ---

    def _heads(self, outside: str | None) -> dict[int, set[str]]:
        """Size -> texts of the heads signed at that size, from the database and from outside it."""
        heads: dict[int, set[str]] = defaultdict(set)
        if outside is not None:
            heads[self._size_of(outside)].add(outside)
        for row in store.CHECKPOINTS(self.conn, log_id=self.log.id):
            heads[row.size].add(row.text)
            if self._size_of(row.text) != row.size or f"\n{hash_text(row.root)}\n" not in row.text:
                self._fault(None, f"the stored checkpoint over {row.size} entries contradicts itself")
        return heads

    def _size_of(self, text: str) -> int:
        lines = text.split("\n", 2)
        return int(lines[1]) if len(lines) > 1 and lines[1].isdecimal() else -1

    def _check_heads(self, size: int, root: bytes, texts: set[str]) -> None:
        """Ed25519 has one signature a text, so signing again and comparing is cheaper than verifying."""
        expected = sign([self.ring.signing], self.log.origin, size, root).text
        for text in texts:
            if text == expected or self._is_ours(text, size, root):
                self.signed = max(self.signed, size)
            else:
                self._fault(None, f"the head that was signed over {size} entries is not that of these entries")

    def _is_ours(self, text: str, size: int, root: bytes) -> bool:
        try:
            head = verify(text, self.ring.trusted, origin=self.log.origin)
        except BadProofError:
            return False
        return (head.size, head.root) == (size, root)

    # --- entries ---

    def _walk(self, heads: dict[int, set[str]]) -> None:
        """Rebuild the tree leaf by leaf; takes each head out of ``heads`` whose size it comes by."""
        frontier, erased = tree.Frontier(), self._erased()
        self._check_heads(0, tree.EMPTY_ROOT, heads.pop(0, set()))
        for entry in store.entries(self.conn, self.log.id, 0, self.log.size):
            self.index.add(entry)
            self._check_entry(entry, frontier.size, erased[erasure_ref(frontier.size)])
            if entry.nodes != b"".join(frontier.add(tree.leaf_hash(entry.text.encode())).values()):
                self._fault(entry.seq, "the tree above it is not its own")
            if frontier.size in heads:
                self._check_heads(frontier.size, frontier.root(), heads.pop(frontier.size))
        if frontier.size != self.log.size:
            self._fault(None, f"the log should have {self.log.size} entries and has {frontier.size}")

    def _erased(self) -> dict[str, set[str]]:
        """Reference of an erased entry -> names of the parts that were lawfully forgotten."""
        found: dict[str, set[str]] = defaultdict(set)
        for row in ERASURES(self.conn, log_id=self.log.id, kind=ERASE.name):
            found[row.ref].update(json.loads(row.parts).get("names", []))
        return found

    def _check_entry(self, entry: Entry, seq: int, erased: set[str]) -> None:
        told = parsed(entry.text)
        for what in (*self._column_faults(entry, told, seq), *part_faults(self.conn, entry, told, erased)):
            self._fault(entry.seq, what)

    def _column_faults(self, entry: Entry, told: dict[str, Any], seq: int) -> Iterator[str]:
        if entry.leaf_hash != tree.leaf_hash(entry.text.encode()):
            yield "the text was changed (it has another hash)"
        if entry.seq != seq:
            yield f"stands where entry {seq} should be"
        columns = {
            "v": VERSION,
            "case": self.log.slug,
            "seq": entry.seq,
            "kind": entry.kind,
            "ref": entry.ref,
            "recorded_at": moment_text(entry.created_at),
        }
        for name, value in columns.items():
            if told.get(name) != value:
                yield f"{name} is {value!r} in its row and {told.get(name)!r} in its text"
