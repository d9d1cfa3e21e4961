"""Rows of the slices held against the entries that tell of them: no row without an entry, none that says another thing.

The other way, from an entry to its rows, is ``content`` of its kind (:mod:`eventapp.record.contents`). A slice declares
each table that the record speaks of, and how its rows are told, as :class:`Table`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from flask import Flask
from sqlalchemy import Connection

from eventapp import blobs
from eventapp.db import Sql
from eventapp.record import store
from eventapp.record.canonical import CanonicalError, canonical
from eventapp.record.commitments import attachment_name, commitment
from eventapp.record.entries import parsed
from eventapp.record.models import Told
from eventapp.record.store import Entry
from eventapp.web.registry import Registry, registry

# SQL: the table of any slice, read back without a session.
TOLD = (
    "SELECT t.seq, t.parts, e.kind FROM {} t LEFT JOIN record_entry e ON e.log_id = t.log_id AND e.seq = t.seq"
    " WHERE t.log_id = :log_id ORDER BY t.seq"
)


@dataclass(frozen=True)
class Row:
    """A row, as the record must tell of it.

    ``kind``: of its own entry, which refers to one of ``refs`` (``()``: to anything) and has the number ``seq``
    (``None``: any). ``facts`` are fields of the text of that entry, as they are written there. ``says``: part name ->
    value; each is held against the last entry that commits to such a part under one of ``refs``, or against the
    row's own where it has a number and no refs. ``files``: SHA-256 of stored files that must be there unchanged.
    ``newer`` are parts that older entries do not have. ``is_told``: False for a row that no such entry may tell of
    yet, such as a draft. ``numbered``: the row notes the number of its entry, so it must have one.
    """

    id: str
    kind: str
    refs: tuple[str, ...] = ()
    seq: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    says: Mapping[str, Any] = field(default_factory=dict)
    newer: frozenset[str] = frozenset()
    is_told: bool = True
    numbered: bool = False
    files: tuple[str, ...] = ()

    def told(self, table: str) -> dict[str, Any]:
        """For an export, as JSON values."""
        return {
            "table": table,
            "id": self.id,
            "kind": self.kind,
            "refs": list(self.refs),
            "seq": self.seq,
            "facts": dict(self.facts),
            "says": dict(self.says),
            "newer": sorted(self.newer),
            "is_told": self.is_told,
            "numbered": self.numbered,
            "files": list(self.files),
        }


@dataclass(frozen=True)
class Table:
    """A table that the record speaks of: ``rows`` gives all rows that belong to the log of a case.

    Whatever an entry of one of ``kinds`` refers to must be there still, in one of the tables of that kind.
    """

    name: str
    rows: Callable[[Connection, str], Iterable[Row]]
    kinds: tuple[str, ...] = ()


def declare_tables(app: Flask, *tables: Table) -> None:
    """Have the rows of these tables held against the record from now on."""
    found: Registry = app.extensions["registry"]
    found.record_tables.extend(tables)


def told_table(told: type[Told], *kinds: str) -> Table:
    """The table of what the record was told: each of its rows stands under an entry of one of ``kinds``."""
    name = told.__tablename__
    select = Sql(TOLD.format(name))

    def rows(conn: Connection, log_id: str) -> Iterator[Row]:
        for row in select(conn, log_id=log_id):
            kind = row.kind if row.kind in kinds else kinds[0]
            yield Row(str(row.seq), kind, seq=row.seq, says=json.loads(row.parts), numbered=True)

    return Table(name, rows)


class Index:
    """Where in a log the entries are that rows may ask for; filled while the log is read through."""

    def __init__(self) -> None:
        self.kinds: dict[int, str] = {}
        self._of: dict[tuple[str, str | None], list[int]] = defaultdict(list)  # kind, ref -> numbers
        self._parts: dict[tuple[str | None, str], int] = {}  # ref, part -> number of the last entry that has it

    def add(self, entry: Entry) -> None:
        self.kinds[entry.seq] = entry.kind
        self._of[entry.kind, entry.ref].append(entry.seq)
        for name in entry.salts:
            self._parts[entry.ref, name] = entry.seq

    def numbers(self, kind: str, refs: Iterable[str]) -> list[int]:
        """The entries of a kind that refer to one of ``refs``."""
        return sorted(seq for ref in refs for seq in self._of.get((kind, ref), ()))

    def refs(self, kind: str) -> Iterator[tuple[str, int]]:
        """What entries of a kind refer to, and the first that does."""
        yield from ((ref, seqs[0]) for (of, ref), seqs in self._of.items() if of == kind and ref is not None)

    def last_with(self, part: str, refs: Iterable[str]) -> int | None:
        """The last entry under one of ``refs`` that commits to such a part."""
        return max((self._parts[ref, part] for ref in refs if (ref, part) in self._parts), default=None)


def faults(conn: Connection, log_id: str, index: Index) -> Iterator[str]:
    """What is wrong with the rows of all declared tables."""
    entry = lru_cache(100)(partial(store.entry, conn, log_id))  # a row asks for its own more than once
    there: set[tuple[str, str]] = set()
    for table in registry().record_tables:
        claimed: set[int] = set()
        for row in _read(conn, table, log_id):
            there.update((row.kind, ref) for ref in row.refs)
            for what in _row_faults(row, index, claimed, entry):
                yield f"{table.name} {row.id}: {what}"
    for kind in sorted({kind for table in registry().record_tables for kind in table.kinds}):
        for ref, seq in index.refs(kind):
            if (kind, ref) not in there:
                yield f"{ref}: entry {seq} tells of it, and no row is left"


def tables_told(conn: Connection, log_id: str) -> Iterator[dict[str, Any]]:
    """All declared tables for an export: what each holds, then its rows."""
    for table in registry().record_tables:
        yield {"table": table.name, "kinds": list(table.kinds)}
        for row in _read(conn, table, log_id):
            yield row.told(table.name)


def _read(conn: Connection, table: Table, log_id: str) -> Iterator[Row]:
    """The rows of a table; where one holds what nobody can read, a row that no entry tells of stands for the rest."""
    try:
        yield from table.rows(conn, log_id)
    except (ValueError, LookupError, TypeError):
        yield Row("cannot be read", "", ("",))


def _row_faults(row: Row, index: Index, claimed: set[int], entry: Callable[[int], Entry]) -> Iterator[str]:
    own = _own(row, index)
    if not row.is_told:
        if own:
            yield f"entry {own[0]} tells of it, and the row does not"
        return
    if not own:
        yield "no entry tells of it"
        return
    if row.numbered and own[0] in claimed:
        yield f"another row has entry {own[0]} too"
    claimed.add(own[0])
    if not all(map(blobs.is_intact, row.files)):
        yield "the file is missing or was changed"
    first = entry(own[0])
    yield from (
        f"{name} is not as entry {own[0]} has it" for name, value in row.facts.items() if _shown(name, first) != value
    )
    for name, value in row.says.items():
        seq = index.last_with(name, row.refs) if row.refs else own[0]
        if not (name in row.newer if seq is None else _says(entry(seq), name, value)):
            yield f"{name} is not what the record was told"


def _own(row: Row, index: Index) -> list[int]:
    """The entries that tell of a row."""
    numbers = index.numbers(row.kind, row.refs) if row.refs else [seq for seq in (row.seq,) if seq is not None]
    return [seq for seq in numbers if seq == row.seq and index.kinds.get(seq) == row.kind] if row.numbered else numbers


def _shown(name: str, entry: Entry) -> Any:
    """A field of an entry's text; of attachments that are left what is in the open."""
    found = parsed(entry.text).get(name)
    if name != "attachments":
        return found
    left = [one for place, one in enumerate(found or []) if entry.salts.get(attachment_name(place))]
    return [{"size": one["size"], "type": one["type"]} for one in left]


def _says(entry: Entry, name: str, value: Any) -> bool:
    """Whether the entry commits to this value; what was erased from it says nothing any more."""
    wanted = {one["name"]: one["commitment"] for one in parsed(entry.text).get("parts", [])}
    if name not in entry.salts or name not in wanted:
        return False
    salt = entry.salts[name]
    try:
        return salt is None or commitment(bytes.fromhex(salt), canonical(value)) == wanted[name]
    except (CanonicalError, ValueError):
        return False
