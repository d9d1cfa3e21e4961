"""The last checkpoint of each log in a file outside the database, ``instance/checkpoints/<log id>``.

The database can be put back to yesterday, the file then still tells of today: that is how the signer notices.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eventapp.config import settings

LOG_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


def path(log_id: str) -> Path:
    """Where the last checkpoint of a log lies."""
    if not LOG_ID.fullmatch(log_id):
        raise ValueError("A log id is no file name.")
    return settings().instance_path / "checkpoints" / log_id


def read(log_id: str) -> str | None:
    """The text of the last checkpoint that was published; ``None`` before the first."""
    try:
        return path(log_id).read_text("utf-8")
    except FileNotFoundError:
        return None


def write(log_id: str, text: str) -> None:
    """Replace it, for good and all at once. Only under :func:`lock`."""
    final = path(log_id)
    draft = final.with_suffix(".new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def lock(log_id: str) -> Iterator[None]:
    """One signer a log at a time, across threads and processes."""
    file = path(log_id).with_suffix(".lock")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
