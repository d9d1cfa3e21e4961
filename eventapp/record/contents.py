"""Whether what an entry commits to is still there and unchanged: texts, their salts, and files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from eventapp import blobs
from eventapp.errors import NotFoundError
from eventapp.record.canonical import CanonicalError, canonical
from eventapp.record.commitments import attachment_name, commitment
from eventapp.record.store import Entry, StoredPart
from eventapp.web.registry import registry


def part_faults(entry: Entry, told: dict[str, Any], parts: list[StoredPart], erased: set[str]) -> Iterator[str]:
    """What is wrong with the contents of an entry.

    :param told: the entry's text, parsed; ``erased``: names of the parts that were lawfully forgotten.
    """
    files = {attachment_name(place): one for place, one in enumerate(told.get("attachments", []))}
    wanted = {one["name"]: one["commitment"] for one in told.get("parts", [])}
    wanted |= {name: one["commitment"] for name, one in files.items()}
    if wanted != {part.name: part.commitment for part in parts}:
        yield "its parts are not those that it commits to"
    kept = Kept(entry)
    for part in parts:
        fault = _erasure_fault(part, erased) if part.salt is None else _content_fault(part, part.salt, kept)
        if not fault and part.salt is not None and part.name in files:
            fault = _file_fault(part, files[part.name]["size"])
        if fault:
            yield f"{part.name}: {fault}"


def _erasure_fault(part: StoredPart, erased: set[str]) -> str | None:
    if part.content is not None:
        return "the salt is gone, the content is not"
    return None if part.name in erased else "salt and content are gone, and no entry tells of an erasure"


def _file_fault(part: StoredPart, size: int) -> str | None:
    sha256 = json.loads(part.content or "null")
    if not blobs.is_intact(sha256):
        return "the file is missing or was changed"
    return None if blobs.path(sha256).stat().st_size == size else "the file has another size"


def _content_fault(part: StoredPart, salt: bytes, kept: Kept) -> str | None:
    content = kept.content(part)
    if content is None:
        return "the content is gone"
    return None if commitment(salt, content) == part.commitment else "the content or its salt was changed"


class Kept:
    """The contents of one entry, from the record itself or from the slice that keeps them."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._values: dict[str, Any] | None = None

    def content(self, part: StoredPart) -> bytes | None:
        """The canonical content of a part; ``None`` when nobody has it."""
        if part.content is not None:
            return part.content.encode()
        if self._values is None:
            self._values = self._from_slice()
        try:
            return canonical(self._values[part.name]) if part.name in self._values else None
        except CanonicalError:
            return None

    def _from_slice(self) -> dict[str, Any]:
        provide = registry().record_content.get(self._entry.kind)
        try:
            return provide(self._entry.ref or "") if provide else {}
        except NotFoundError:
            return {}
