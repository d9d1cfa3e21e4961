"""Files by content: the name of a file is the SHA-256 of what is in it, so a stored file can never change.

A file is on the disk for good before a row speaks of it: temporary name, fsync, rename, fsync of the folder
(``reliability.md`` §7). A file without a row does no harm and is never shown; a row without a file cannot come about.
When the last row that speaks of a file is gone, :func:`sweep` deletes the file.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import IO

from sqlalchemy import BigInteger, CheckConstraint, Connection, String
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from eventapp import clock
from eventapp.config import settings
from eventapp.db import Model, Sql, UtcDateTime, reading, write
from eventapp.db.personal import EVERY_COLUMN

CHUNK = 1 << 16
UNDER_WAY = timedelta(minutes=30)


class Blob(Model):
    """A stored file that some row speaks of."""

    __tablename__ = "blob"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (CheckConstraint("size >= 0", name="size"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    stored_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Stored:
    """A file that is on the disk for good; ``size`` in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class NamedFile:
    """A stored file with the name that people see and what it is."""

    stored: Stored
    file_name: str
    media_type: str


INSERT = Sql(
    "INSERT INTO blob (sha256, size, media_type, stored_at) VALUES (:sha256, :size, :media_type, :at)"
    " ON CONFLICT (sha256) DO NOTHING"
)

CLAIM = Sql(
    "INSERT INTO blob (sha256, size, media_type, stored_at) VALUES (:sha256, 0, '', :at)"
    " ON CONFLICT (sha256) DO NOTHING"
)
RELEASE = Sql("DELETE FROM blob WHERE sha256 = :sha256")


def insert(conn: Connection, stored: Stored, media_type: str) -> None:
    """Note a stored file in the transaction of the row that speaks of it.

    :raises FileNotFoundError: when the same content was swept away since it was stored; storing it again helps.
    """
    INSERT(conn, sha256=stored.sha256, size=stored.size, media_type=media_type, at=clock.system_now())
    path(stored.sha256).stat()


def sweep() -> None:
    """Delete every stored file that no row speaks of any more. Call it outside a transaction, after what left it."""
    with reading() as conn:
        left = [row.sha256 for row in _unspoken()(conn)]
    for sha256 in left:
        with suppress(IntegrityError):  # a row that speaks of it came in between (PostgreSQL)
            write(partial(_remove, sha256=sha256))


def _remove(conn: Connection, *, sha256: str) -> None:
    """The file goes while its row is locked: whoever stores the same content anew waits, and then finds no file."""
    if _forget()(conn, sha256=sha256).rowcount:
        path(sha256).unlink(missing_ok=True)


def sweep_orphans(now: datetime) -> int:
    """Delete files that no row ever spoke of, because what they came with was refused; how many there were.

    Those that came in the last half hour may belong to a request that is under way.
    """
    before, number = (now - UNDER_WAY).timestamp(), 0
    for found in settings().blob_path.glob("**/*"):
        if not _is_older(found, before):
            continue
        if found.parent == settings().blob_path:  # the process ended while it was written
            found.unlink(missing_ok=True)
            number += 1
        else:
            number += write(partial(_remove_orphan, sha256=found.name, before=before))
    return number


def _is_older(found: Path, before: float) -> bool:
    try:
        return found.is_file() and found.stat().st_mtime < before
    except FileNotFoundError:
        return False


def _remove_orphan(conn: Connection, *, sha256: str, before: float) -> int:
    """Take the place of the row that is missing, so that whoever stores the same content now waits, then go."""
    if not CLAIM(conn, sha256=sha256, at=clock.system_now()).rowcount:
        return 0
    RELEASE(conn, sha256=sha256)
    if not _is_older(path(sha256), before):
        return 0
    path(sha256).unlink(missing_ok=True)
    return 1


def _spoken() -> str:
    """The hashes of all columns that refer to a stored file, whichever slice they belong to."""
    columns = [
        f'SELECT "{column.name}" FROM "{column.table.name}"'
        for name, table in sorted(Model.metadata.tables.items())
        for column in table.columns
        if any(key.column is Blob.__table__.c.sha256 for key in column.foreign_keys)
    ]
    return " UNION ".join(columns)


@cache
def _unspoken() -> Sql:
    return Sql(f"SELECT sha256 FROM blob WHERE sha256 NOT IN ({_spoken()}) ORDER BY sha256")


@cache
def _forget() -> Sql:
    return Sql(f"DELETE FROM blob WHERE sha256 = :sha256 AND sha256 NOT IN ({_spoken()})")


def put(content: bytes | IO[bytes]) -> Stored:
    """Store a file durably; the same content is stored once."""
    source = BytesIO(content) if isinstance(content, bytes) else content
    folder = settings().blob_path
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix="incoming-", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            stored = _copy(source, file)
            file.flush()
            os.fsync(file.fileno())
        _name(Path(temporary), path(stored.sha256))
    finally:
        Path(temporary).unlink(missing_ok=True)
    return stored


def path(sha256: str) -> Path:
    """Where a file lies, whether or not it is there."""
    return settings().blob_path / sha256[:2] / sha256


def read(sha256: str) -> bytes:
    return path(sha256).read_bytes()


def is_intact(sha256: str) -> bool:
    """Whether the file is there and still holds what its name says."""
    try:
        with path(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def _copy(source: IO[bytes], target: IO[bytes]) -> Stored:
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(source):
        digest.update(chunk)
        size += target.write(chunk)
    return Stored(digest.hexdigest(), size)


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(CHUNK):
        yield chunk


def _name(temporary: Path, final: Path) -> None:
    if not final.parent.exists():
        final.parent.mkdir(exist_ok=True)
        _sync_folder(final.parent.parent)
    temporary.replace(final)
    _sync_folder(final.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
