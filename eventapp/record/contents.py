"""Whether what an entry commits to is still there and unchanged: texts, their salts, and files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from eventapp import blobs
from eventapp.errors import NotFoundError
from eventapp.record.canonical import CanonicalError, canonical
from eventapp.record.commitments import attachment_name, commitment
from eventapp.record.kinds import content
from eventapp.record.store import Entry


def values(conn: Connection, entry: Entry) -> dict[str, Any]:
    """Part name -> value of what is left of an entry: neither what was erased nor what its slice has lost."""
    try:
        kept = content(conn, entry)
    except (NotFoundError, ValueError, LookupError, TypeError):  # gone, or rows that hold what nobody can read
        return {}
    return {name: kept[name] for name, salt in entry.salts.items() if salt is not None and name in kept}


def part_faults(conn: Connection, entry: Entry, told: dict[str, Any], erased: set[str]) -> Iterator[str]:
    """What is wrong with the contents of an entry.

    :param told: the entry's text, parsed; ``erased``: names of the parts that were lawfully forgotten.
    """
    files = {attachment_name(place): one for place, one in enumerate(told.get("attachments", []))}
    wanted = {one["name"]: one["commitment"] for one in told.get("parts", [])}
    wanted |= {name: one["commitment"] for name, one in files.items()}
    if wanted.keys() != entry.salts.keys():
        yield "its parts are not those that it commits to"
    kept = values(conn, entry)
    for name in sorted(wanted.keys() & entry.salts.keys()):
        salt = entry.salts[name]
        if salt is None:
            fault = None if name in erased else "salt and content are gone, and no entry tells of an erasure"
        else:
            fault = _content_fault(kept, name, salt, wanted[name])
            if not fault and name in files:
                fault = _file_fault(kept[name], files[name]["size"])
        if fault:
            yield f"{name}: {fault}"


def _content_fault(kept: dict[str, Any], name: str, salt: str, wanted: str) -> str | None:
    if name not in kept:
        return "the content is gone"
    try:
        fits = commitment(bytes.fromhex(salt), canonical(kept[name])) == wanted
    except (CanonicalError, ValueError):
        fits = False
    return None if fits else "the content or its salt was changed"


def _file_fault(sha256: str, size: int) -> str | None:
    if not blobs.is_intact(sha256):
        return "the file is missing or was changed"
    return None if blobs.path(sha256).stat().st_size == size else "the file has another size"
