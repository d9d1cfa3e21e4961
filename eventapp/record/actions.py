"""Adding to the record. These run in the transaction of whoever has something to tell; nothing is signed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import Connection

from eventapp.db import new_id
from eventapp.record import store, tree
from eventapp.record.commitments import ATTACHMENT, Attachment, Sealed, seal
from eventapp.record.entries import Facts, entry_text
from eventapp.record.errors import NoSuchRecordError
from eventapp.record.models import Kind


@dataclass(frozen=True)
class Appended:
    """Where an entry ended up. ``size`` of the log with it; ``salts``: part name -> hexadecimal."""

    entry_id: str
    seq: int
    size: int
    leaf_hash: bytes
    salts: dict[str, str]


def open_log(conn: Connection, case_id: str, origin: str, at: datetime) -> str:
    """Begin the record of a case; nothing happens when it has one. Returns the log's id, which is the case's.

    :param origin: ``<authority>/case/<slug>``, without blanks; never changes, for every signature names it.
    """
    slug = origin.rpartition("/")[2]
    store.INSERT_LOG(conn, id=case_id, slug=slug, origin=origin, at=at)
    return case_id


class More(TypedDict, total=False):
    """What only some entries have.

    ``attachments``: stored files; ``started_at``: when the sender began; ``deadline_at`` and ``late``: where there is
    a deadline; ``store_content``: False when the slice keeps the texts itself and gives them to the verifier through
    ``registry.record_content[kind](ref)``, which returns part name -> value.
    """

    attachments: Sequence[Attachment]
    started_at: datetime | None
    deadline_at: datetime | None
    late: bool | None
    store_content: bool


def append(
    conn: Connection,
    *,
    log_id: str,
    kind: Kind | str,
    parts: Mapping[str, Any] | Sealed,
    ref: str | None,
    received_at: datetime,
    at: datetime,
    **more: Unpack[More],
) -> Appended:
    """Add an entry to the log of a case, in the caller's transaction. Three to six statements; the first is the lock.

    :param parts: field -> value, or all of it sealed before the transaction began
        (:func:`~eventapp.record.commitments.seal`), as is best for long texts; then without ``attachments``.
    :param ref: row of the slice that the entry tells of; public, so never a secret and never a name.
    :param received_at: when it came in or was decided, aware UTC; ``at``: now.
    :raises NoSuchRecordError: when the case has no log.
    """
    sealed = parts if isinstance(parts, Sealed) else seal(parts, more.get("attachments", ()))
    grown = store.GROW_LOG(conn, id=log_id).one_or_none()
    if grown is None:
        raise NoSuchRecordError
    seq = grown.size - 1
    facts = Facts(
        grown.slug, seq, kind, ref, received_at, at, more.get("started_at"), more.get("deadline_at"), more.get("late")
    )
    text = entry_text(facts, sealed)
    leaf, entry_id = tree.leaf_hash(text.encode()), new_id()
    store.INSERT_ENTRY(
        conn, id=entry_id, log_id=log_id, seq=seq, kind=str(kind), ref=ref, text=text, leaf_hash=leaf, at=at
    )
    _insert_parts(conn, entry_id, sealed, more.get("store_content", True))
    _insert_nodes(conn, log_id, seq, leaf)
    return Appended(entry_id, seq, grown.size, leaf, sealed.salts)


def erase(conn: Connection, *, log_id: str, seq: int, names: Sequence[str], reason: str, at: datetime) -> Appended:
    """Forget the content and salt of some parts of an entry, and say so in an entry of its own.

    The slice deletes its own copy of the text in the same transaction. The tree still verifies: the commitment
    stays, and without the salt it says nothing any more.
    """
    erased = store.entry(conn, log_id, seq)
    told = {"names": sorted(names), "reason": reason}
    appended = append(conn, log_id=log_id, kind=Kind.ERASE, parts=told, ref=erasure_ref(seq), received_at=at, at=at)
    for name in names:
        store.FORGET_PART(conn, entry_id=erased.id, name=name)
    return appended


def erasure_ref(seq: int) -> str:
    """What an ``erase`` entry refers to: the number of the entry that it took something from."""
    return f"entry:{seq}"


def _insert_parts(conn: Connection, entry_id: str, sealed: Sealed, store_content: bool) -> None:
    rows = [
        {
            "entry_id": entry_id,
            "name": part.name,
            "commitment": part.commitment,
            "salt": part.salt,
            "content": part.content if store_content or part.name.startswith(ATTACHMENT) else None,
        }
        for part in sealed.all_parts
    ]
    store.INSERT_PART.many(conn, rows)


def _insert_nodes(conn: Connection, log_id: str, seq: int, leaf: bytes) -> None:
    if neighbours := tree.left_neighbours(seq):
        nodes = tree.completed(seq, leaf, store.reader(conn, log_id)(neighbours))
        rows = [
            {"log_id": log_id, "level": level, "position": position, "hash": hashed}
            for (level, position), hashed in nodes.items()
        ]
        store.INSERT_NODE.many(conn, rows)
