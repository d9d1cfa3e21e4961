"""Keeping the files of a form that was not taken in, and letting go of them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from eventapp import blobs, clock
from eventapp.blobs import NamedFile
from eventapp.config import settings
from eventapp.db import Sql, new_id, write
from eventapp.db.personal import kept_for
from eventapp.filling.models import KeptFile
from eventapp.filling.queries import Held, form_hash
from eventapp.tokens import keyed_hash

# Bounds on what waits for a form, so that sends that are refused do not fill the disk. A class that writes from one
# address at once stays far below; over the bound a form works as ever, but its files must be chosen again.
MOST_EACH, MOST_BYTES_EACH = 200, 1_000_000_000
MOST_IN_ALL, MOST_BYTES_IN_ALL = 5_000, 10_000_000_000
LARGEST_SHARE = 4  # at most a quarter of what is free on the disk

# SQL: files are kept through the gate, where there is no session.
WAITING = Sql("SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM kept_file WHERE taken_at IS NULL")
WAITING_OF = Sql(
    "SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM kept_file"
    " WHERE taken_at IS NULL AND client_hash = :client"
)
INSERT = Sql(
    "INSERT INTO kept_file (id, form_hash, file_name, sha256, size, media_type, client_hash, kept_at)"
    " VALUES (:id, :form_hash, :file_name, :sha256, :size, :media_type, :client_hash, :now)"
)
DROP = Sql("DELETE FROM kept_file WHERE id = :id AND form_hash = :form_hash")
TAKE = Sql("UPDATE kept_file SET taken_at = :now WHERE form_hash = :form_hash AND taken_at IS NULL")
FORGET_TAKEN = Sql("DELETE FROM kept_file WHERE taken_at IS NOT NULL")
FORGET = Sql("DELETE FROM kept_file WHERE kept_at < :before")


def keep(key: str, address: str, files: Sequence[NamedFile], *, client: str) -> list[Held]:
    """Keep files for a form until it is taken in, or a day.

    :param client: the network address of the sender, of which a keyed hash is stored.
    :returns: those that are kept; fewer than ``files`` when a bound is reached.
    """
    client_hash, now, form = keyed_hash(f"kept file:{client}"), clock.system_now(), form_hash(key, address)

    def job(conn: Connection) -> list[Held]:
        kept = []
        for one in files:
            if not _has_room(conn, client_hash, one.stored.size):
                break
            blobs.insert(conn, one.stored, one.media_type)
            kept.append(Held(new_id(), one))
            INSERT(
                conn,
                id=kept[-1].id,
                form_hash=form,
                file_name=one.file_name,
                sha256=one.stored.sha256,
                size=one.stored.size,
                media_type=one.media_type,
                client_hash=client_hash,
                now=now,
            )
        return kept

    return write(job) if files else []


def _has_room(conn: Connection, client_hash: str, size: int) -> bool:
    """Counted in the transaction that adds; two at one moment may pass a bound by one file each (PostgreSQL)."""
    own, all_ = WAITING_OF(conn, client=client_hash).one(), WAITING(conn).one()
    free = shutil.disk_usage(settings().blob_path).free
    most = min(MOST_BYTES_IN_ALL, free // LARGEST_SHARE)
    fits_each = own.files < MOST_EACH and own.bytes + size <= MOST_BYTES_EACH
    return fits_each and all_.files < MOST_IN_ALL and all_.bytes + size <= most


def drop(key: str, address: str, kept_id: str) -> None:
    """Let go of one file that its sender does not want to send any more."""
    write(lambda conn: DROP(conn, id=kept_id, form_hash=form_hash(key, address)))


def take(conn: Connection, key: str, address: str) -> None:
    """Note in the transaction that takes the form in that its files wait no more."""
    TAKE(conn, form_hash=form_hash(key, address), now=clock.system_now())


def forget_taken(conn: Connection) -> None:
    """Let go of all files that forms were taken in with: one of them is being erased, and must not live on here."""
    FORGET_TAKEN(conn)


def forget_old(now: datetime) -> None:
    """Delete what no form came back for, and files on the disk that belong to nothing."""
    write(lambda conn: FORGET(conn, before=now - kept_for(KeptFile.file_name)))
    blobs.sweep()
    blobs.sweep_orphans(now)
