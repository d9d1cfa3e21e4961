"""Signing the tree heads, after the entries are committed.

A head is signed only when it continues the one published before: from that head's own hashes and from the *texts*
of the entries that came since, the new root is computed once more and must equal the one in the stored nodes. One
flipped bit, a restored backup or a second copy being written stops the signing (CT log Yeti 2022, reliability R16).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from eventapp import clock
from eventapp.config import settings
from eventapp.db import db, is_writing, reading, write
from eventapp.record import keys, published, store, tree
from eventapp.record.checkpoint import BadProofError, Checkpoint, sign, verify
from eventapp.record.errors import SigningRefusedError
from eventapp.record.store import Log

log = structlog.get_logger("eventapp")


def key_ring() -> keys.KeyRing:
    """The keys of this installation. The very first use makes one.

    :raises KeyFileError: when the key is gone although something was signed with it.
    """
    path = settings().record_key_path
    if not path.exists() and not _anything_signed():
        keys.generate_key(path)
    return keys.load_ring(path)


def checkpoint_covering(log_id: str, size: int | None = None) -> Checkpoint:
    """A signed tree head over at least the first ``size`` entries; ``None`` means all there are now.

    Call it after the entries are committed, outside a write transaction. In a rush, one signature serves all who
    wait: whoever finds a head that covers the own entry takes that.

    :raises SigningRefusedError: when the database is not a continuation of what was signed.
    :raises NoSuchRecordError: when there is no such log.
    """
    _refuse_inside_transaction()
    if size is not None and (found := _covering(log_id, size)):
        return found
    with published.lock(log_id):
        if size is not None and (found := _covering(log_id, size)):
            return found
        try:
            return _sign_current(log_id, size or 0)
        except SigningRefusedError as refusal:
            log.critical("record_signing_refused", log_id=log_id, reason=str(refusal))
            raise


def sign_empty(conn: Connection, log_id: str, origin: str) -> None:
    """The first head of a log, over no entries, in the transaction that opens it.

    Its file outlives a transaction that is undone: harmless, for no other case ever has that id.
    """
    signed = sign([key_ring().signing], origin, 0, tree.EMPTY_ROOT)
    with published.lock(log_id):
        if published.read(log_id) is None:
            published.write(log_id, signed.text)
    _keep(conn, log_id=log_id, signed=signed, at=clock.system_now())


def sign_first(log_id: str) -> Checkpoint:
    """Sign a log of which no signature is left, with all that is in it. For an operator who has compared (ADR 0052).

    :raises SigningRefusedError: when a signature is there after all, or its rows do not fit together.
    """
    _refuse_inside_transaction()
    with published.lock(log_id):
        with reading() as conn:
            if _last_published(conn, store.log(conn, log_id)) is not None:
                raise SigningRefusedError("This log was signed before.")
        return _sign_current(log_id, 0, is_first=True)


def last_checkpoint(log_id: str) -> Checkpoint | None:
    """The last tree head that was published, verified with our keys; ``None`` before the first.

    :raises SigningRefusedError: when what lies there was not signed by us.
    """
    with reading() as conn:
        return _last_published(conn, store.log(conn, log_id))


def sign_pending() -> int:
    """Sign every log that has entries no checkpoint covers; returns how many were. For the worker.

    A log that cannot be signed is in the log as critical and does not hold back the others.
    """
    with reading() as conn:
        pending = [row.id for row in store.PENDING(conn)]
    return sum(_signs(log_id) for log_id in pending)


def compare_all() -> int:
    """Hold every log against its last published head, so that a restored database is noticed although nobody writes.

    Returns how many fit; each that does not is in the log as critical.
    """
    return sum(_signs(log_id) for log_id in _all_ids())


def sign_all() -> None:
    """Sign every log, or say why one cannot be.

    :raises SigningRefusedError: at the first that cannot.
    """
    for log_id in _all_ids():
        checkpoint_covering(log_id)


def _all_ids() -> list[str]:
    with reading() as conn:
        return [one.id for one in store.logs(conn)]


def sign_with(log_id: str, old: Ed25519PrivateKey) -> Checkpoint:
    """Sign the log as it stands with the key in use and with the one it replaced.

    :raises SigningRefusedError: as :func:`checkpoint_covering`.
    """
    with published.lock(log_id):
        return _sign_current(log_id, 0, also=[old])


def _signs(log_id: str) -> bool:
    try:
        checkpoint_covering(log_id)
    except SigningRefusedError:
        return False  # the log has it as critical; the request that added the entry has been answered
    return True


def _refuse_inside_transaction() -> None:
    """Signing reads what is committed, and waits for the write gate: inside a transaction it would wait for itself."""
    if db.session.registry.has() and db.session().in_transaction() and is_writing():
        raise RuntimeError("Sign after the transaction is committed.")


def _anything_signed() -> bool:
    with reading() as conn:
        return store.ANY_CHECKPOINT(conn).one_or_none() is not None


def _covering(log_id: str, size: int) -> Checkpoint | None:
    text = published.read(log_id)
    found = None if text is None else _ours(text)
    return found if found is not None and found.size >= size else None


def _ours(text: str, origin: str | None = None) -> Checkpoint:
    try:
        return verify(text, key_ring().trusted, origin=origin)
    except BadProofError as fault:
        raise SigningRefusedError(f"The published checkpoint is not ours: {fault}") from fault


def _last_published(conn: Connection, one: Log) -> Checkpoint | None:
    """From the file; on a node that has none yet, from the database."""
    text = published.read(one.id) or store.LAST_CHECKPOINT(conn, log_id=one.id).scalar_one_or_none()
    return None if text is None else _ours(text, one.origin)


def _sign_current(
    log_id: str, size: int, also: Sequence[Ed25519PrivateKey] = (), *, is_first: bool = False
) -> Checkpoint:
    """:param also: further keys that sign, while keys change. :param is_first: entries without a head are accepted."""
    with reading() as conn:
        one = store.log(conn, log_id)
        last = _last_published(conn, one)
        if last is None and one.size and not is_first:
            raise SigningRefusedError(f"The log has {one.size} entries, and every signature of it is gone.")
        root = _continued(conn, one, last, size)
    if last is not None and last.size == one.size and not also:
        if published.read(log_id) is None:  # this node had none yet
            published.write(log_id, last.text)
        return last
    signed = sign([key_ring().signing, *also], one.origin, one.size, root)
    published.write(log_id, signed.text)
    write(partial(_keep, log_id=log_id, signed=signed, at=clock.system_now()))
    return signed


def _keep(conn: Connection, *, log_id: str, signed: Checkpoint, at: datetime) -> None:
    store.INSERT_CHECKPOINT(conn, log_id=log_id, size=signed.size, root=signed.root, text=signed.text, at=at)


def _continued(conn: Connection, one: Log, last: Checkpoint | None, size: int) -> bytes:
    """The root of the log as it stands, computed from the entries' texts since the last head.

    :raises SigningRefusedError: when it is smaller than that head or than ``size``, or does not begin with it.
    """
    began = last.size if last else 0
    if one.size < max(began, size):
        raise SigningRefusedError(f"The log has {one.size} entries, {max(began, size)} are known.")
    read = store.reader(conn, one.id)
    try:
        frontier = tree.Frontier(began, read(tree.complete_subtrees(0, began)))
        if last and frontier.root() != last.root:
            raise SigningRefusedError(f"The first {began} entries are not those that were signed.")
        for entry in store.entries(conn, one.id, began, one.size):
            frontier.add(_leaf(entry))
        stored = tree.root(read, one.size)
    except LookupError as gap:
        raise SigningRefusedError("A hash of the tree is missing.") from gap
    if frontier.size != one.size or frontier.root() != stored:
        raise SigningRefusedError("The entries and the tree above them differ.")
    return stored


def _leaf(entry: store.Entry) -> bytes:
    hashed = tree.leaf_hash(entry.text.encode())
    if entry.leaf_hash != hashed:
        raise SigningRefusedError(f"The text of entry {entry.seq} was changed.")
    return hashed
