"""Adding to the record. These run in the transaction of whoever has something to tell; nothing is signed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypedDict, Unpack

from sqlalchemy import Connection

from eventapp.db import Model, Sql, do_last, new_id
from eventapp.record import signing, store, tree
from eventapp.record.commitments import Attachment, Sealed, seal
from eventapp.record.entries import Facts, entry_text
from eventapp.record.errors import NoSuchRecordError, NothingToEraseError, UndeclaredError
from eventapp.record.kinds import Kind, kind_of
from eventapp.record.own import ERASE


@dataclass(frozen=True)
class Appended:
    """Where an entry ended up. ``size`` of the log with it; ``salts``: part name -> hexadecimal."""

    entry_id: str
    seq: int
    size: int
    leaf_hash: bytes
    salts: dict[str, str]


Then = Callable[[Connection, Appended], None]


def open_log(conn: Connection, case_id: str, origin: str, at: datetime) -> str:
    """Begin the record of a case; nothing happens when it has one. Returns the log's id, which is the case's.

    The empty record is signed at once, so a record that has entries and no signature has lost it (ADR 0052).

    :param origin: ``<authority>/case/<slug>``, without blanks; never changes, for every signature names it.
    """
    slug = origin.rpartition("/")[2]
    if store.INSERT_LOG(conn, id=case_id, slug=slug, origin=origin, at=at).rowcount:
        signing.sign_empty(conn, case_id, origin)
    return case_id


class More(TypedDict, total=False):
    """What only some entries have.

    ``attachments``: stored files; ``started_at``: when the sender began; ``deadline_at`` and ``late``: where there is
    a deadline.
    """

    attachments: Sequence[Attachment]
    started_at: datetime | None
    deadline_at: datetime | None
    late: bool | None


@dataclass(frozen=True)
class _Entry:
    """An entry that has no number yet."""

    log_id: str
    kind: Kind
    sealed: Sealed
    values: Mapping[str, Any] | None  # None: sealed before
    ref: str | None
    received_at: datetime
    at: datetime
    more: More


def append(
    conn: Connection,
    *,
    log_id: str,
    kind: Kind,
    parts: Mapping[str, Any],
    ref: str | None,
    received_at: datetime,
    at: datetime,
    then: Then | None = None,
    **more: Unpack[More],
) -> None:
    """Add an entry to the log of a case, last in the caller's transaction: right before the commit.

    :param parts: field -> value as it is now, committed to at once.
    :param ref: row of the slice that the entry tells of; public, so never a secret and never a name.
    :param received_at: when it came in or was decided, aware UTC; ``at``: now.
    :param then: told the entry's number, once it has one.
    :raises NoSuchRecordError: at the commit, when the case has no log.
    :raises UndeclaredError: when no slice declared the kind, or it has no such part.
    """
    sealed = seal(parts, more.get("attachments", ()))
    kind.check(sealed)
    entry = _Entry(log_id, kind, sealed, parts, ref, received_at, at, more)
    do_last(conn, log_id, partial(_add_and_tell, entry=entry, then=then))


def append_now(
    conn: Connection,
    *,
    log_id: str,
    kind: Kind,
    sealed: Sealed,
    ref: str | None,
    received_at: datetime,
    at: datetime,
    **more: Unpack[More],
) -> Appended:
    """Add an entry at once, for the few that need its number in their row. As :func:`append`, but:

    the log is locked from here to the commit, so whoever calls this locks nothing afterwards that anybody else waits
    for; and ``sealed`` was made before the transaction (:func:`~eventapp.record.commitments.seal`), as long texts want.
    """
    kind.check(sealed)
    return _add(conn, _Entry(log_id, kind, sealed, None, ref, received_at, at, more))


def erase(conn: Connection, *, log_id: str, seq: int, names: Sequence[str], reason: str, at: datetime) -> None:
    """Forget some parts of an entry: the slice its texts, the record their salts; an entry of its own says so.

    All in the caller's transaction. The tree still verifies: the commitment stays, and without text and salt it says
    nothing any more. Stored files go afterwards, see :func:`eventapp.blobs.sweep`.

    :param reason: for whoever may see the whole record; never what was erased.
    :raises NoSuchRecordError: when there is no such entry. :raises UndeclaredError: when it has no such part.
    :raises NothingToEraseError: when all of that was erased before.
    """
    entry = store.entry(conn, log_id, seq)
    if unknown := set(names) - entry.salts.keys():
        raise UndeclaredError(f"Entry {seq} has no {', '.join(sorted(unknown))}.")
    wanted = {name for name in names if entry.salts[name] is not None}
    if not wanted:
        raise NothingToEraseError
    kind = kind_of(entry)
    gone = sorted(kind.forget(conn, entry, wanted) if kind and kind.forget else wanted)
    told = {"names": gone, "reason": reason}
    forget = partial(_forget, log_id=log_id, seq=seq, names=gone)
    append(conn, log_id=log_id, kind=ERASE, parts=told, ref=erasure_ref(seq), received_at=at, at=at, then=forget)


def note_number(table: type[Model], row_id: str) -> Then:
    """For ``then``: writes the entry's number into ``entry_seq`` of a row of the slice."""
    statement = Sql(f"UPDATE {table.__tablename__} SET entry_seq = :seq WHERE id = :id")

    def note(conn: Connection, appended: Appended) -> None:
        statement(conn, id=row_id, seq=appended.seq)

    return note


def erasure_ref(seq: int) -> str:
    """What an ``erase`` entry refers to: the number of the entry that it took something from."""
    return f"entry:{seq}"


def _add_and_tell(conn: Connection, entry: _Entry, then: Then | None) -> None:
    appended = _add(conn, entry)
    if entry.kind.keep and entry.values is not None:
        entry.kind.keep(conn, entry.log_id, appended.seq, entry.values)
    if then:
        then(conn, appended)


def _add(conn: Connection, entry: _Entry) -> Appended:
    """Two statements, for every second entry three; the first is the lock."""
    grown = store.GROW_LOG(conn, id=entry.log_id).one_or_none()
    if grown is None:
        raise NoSuchRecordError
    seq, more = grown.size - 1, entry.more
    moments = more.get("started_at"), more.get("deadline_at")
    facts = Facts(grown.slug, seq, entry.kind.name, entry.ref, entry.received_at, entry.at, *moments, more.get("late"))
    text = entry_text(facts, entry.sealed)
    leaf, entry_id = tree.leaf_hash(text.encode()), new_id()
    store.INSERT_ENTRY(
        conn,
        id=entry_id,
        log_id=entry.log_id,
        seq=seq,
        kind=entry.kind.name,
        ref=entry.ref,
        text=text,
        leaf_hash=leaf,
        nodes=_nodes(conn, entry.log_id, seq, leaf),
        salts=store.salts_text(entry.sealed.salts),
        at=entry.at,
    )
    return Appended(entry_id, seq, grown.size, leaf, entry.sealed.salts)


def _nodes(conn: Connection, log_id: str, seq: int, leaf: bytes) -> bytes:
    """Hashes of the subtrees that the leaf completes, from level 1 upwards."""
    neighbours = store.reader(conn, log_id)(tree.left_neighbours(seq))
    return b"".join(tree.completed(seq, leaf, neighbours).values())


def _forget(conn: Connection, _appended: Appended, *, log_id: str, seq: int, names: Sequence[str]) -> None:
    """Under the lock of the log, so that two who erase at once both have their way."""
    found = store.entry(conn, log_id, seq)
    store.SET_SALTS(conn, id=found.id, salts=store.salts_text({**found.salts, **dict.fromkeys(names)}))
