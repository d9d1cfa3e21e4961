"""The record of a case as files that can be verified without us (``tools/verify_record.py``).

::

    entries.jsonl    the entries, one a line, exactly as they were hashed
    openings.jsonl   for each entry the salts and contents of its parts; what was erased is left out
    rows.jsonl       the rows of the product that entries tell of, each as the record must have it
    heads.jsonl      every signed head as a JSON text, the one kept outside the database last
    files/<sha256>   the attachments
    keys.txt         the public keys

It holds everything that people wrote: for the archive, the case system and whoever may see the whole case.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from eventapp import blobs
from eventapp.db import reading
from eventapp.record import published, rows, store
from eventapp.record.checkpoint import Checkpoint, hash_text
from eventapp.record.contents import values
from eventapp.record.entries import moment_text
from eventapp.record.errors import BusyRecordError
from eventapp.record.kinds import is_attachment
from eventapp.record.receipts import opening_text
from eventapp.record.signing import checkpoint_covering, key_ring

TRIES = 20  # an entry may come between signing and looking


@dataclass(frozen=True)
class Member:
    """A file of the export: its name with folders, and its content or where that lies."""

    name: str
    content: bytes | Path


@contextmanager
def signed(log_id: str) -> Iterator[tuple[Connection, Checkpoint]]:
    """What the database holds at a moment at which all of the log is signed, and the head over it. Outside of writing.

    :raises SigningRefusedError: when it cannot be signed.
    :raises BusyRecordError: when entries come in without a pause.
    """
    for _ in range(TRIES):
        checkpoint = checkpoint_covering(log_id)
        with reading(in_steps=True) as conn:
            if conn.dialect.name == "postgresql":
                conn.execution_options(isolation_level="REPEATABLE READ")  # one moment, as SQLite's is anyway
            if store.log(conn, log_id).size == checkpoint.size:
                yield conn, checkpoint
                return
    raise BusyRecordError


def members(conn: Connection, log_id: str, outside: str | None) -> Iterator[Member]:
    """The files of the export, for a folder, a ZIP or a bag.

    :param outside: the text of the last head kept outside the database.
    :raises NoSuchRecordError: when there is no such log.
    """
    log = store.log(conn, log_id)
    entries = list(store.entries(conn, log_id, 0, log.size))
    contents = [values(conn, entry) for entry in entries]
    openings = map(opening_text, entries, contents)
    yield Member("entries.jsonl", "".join(f"{entry.text}\n" for entry in entries).encode())
    yield Member("openings.jsonl", "".join(openings).encode())
    told = [*map(_columns, entries), *rows.tables_told(conn, log_id)]
    yield Member("rows.jsonl", "".join(f"{_json(row)}\n" for row in told).encode())
    yield Member("heads.jsonl", "".join(f"{json.dumps(head)}\n" for head in _heads(conn, log_id, outside)).encode())
    yield Member("keys.txt", "".join(f"{hash_text(key)}\n" for key in key_ring().trusted).encode())
    files = {sha256 for some in contents for sha256 in _files(some)}
    for sha256 in sorted(files.union(*(row.get("files", ()) for row in told))):
        yield Member(f"files/{sha256}", blobs.path(sha256))


def write(conn: Connection, log_id: str, folder: Path) -> int:
    """Write the export into a folder; returns the number of files.

    :raises FileExistsError: when the folder is there already, so that two exports never mix.
    """
    (folder / "files").mkdir(parents=True)
    written = 0
    for member in members(conn, log_id, published.read(log_id)):
        if isinstance(member.content, Path):
            shutil.copyfile(member.content, folder / member.name)
        else:
            (folder / member.name).write_bytes(member.content)
        written += 1
    return written


def _columns(entry: store.Entry) -> dict[str, Any]:
    """What stands beside the text of an entry in its own row."""
    facts = {"recorded_at": moment_text(entry.created_at), "ref": entry.ref}
    return rows.Row(str(entry.seq), entry.kind, seq=entry.seq, facts=facts, numbered=True).told("record_entry")


def _json(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True)


def _heads(conn: Connection, log_id: str, outside: str | None) -> list[str]:
    heads = [str(row.text) for row in store.CHECKPOINTS(conn, log_id=log_id)]
    return heads if outside is None or outside in heads[-1:] else [*heads, outside]


def _files(contents: dict[str, Any]) -> Iterator[str]:
    return (str(value) for name, value in contents.items() if is_attachment(name))
