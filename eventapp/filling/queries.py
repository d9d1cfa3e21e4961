"""Looking up kept files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from eventapp.blobs import NamedFile, Stored
from eventapp.db import reading
from eventapp.filling.models import KeptFile
from eventapp.tokens import token_hash


@dataclass(frozen=True)
class Held:
    """A file that a form holds; ``id`` is empty while nothing is kept of it."""

    id: str
    file: NamedFile


def form_hash(key: str, address: str) -> str:
    """What the database knows of a form: its key, for this address only."""
    return token_hash(f"{key} {address}")


def held(key: str, address: str, ids: Sequence[str]) -> list[Held]:
    """Those of the files that are kept for this form, in the order in which the form names them."""
    if not ids:
        return []
    wanted = select(KeptFile).where(KeptFile.form_hash == form_hash(key, address), KeptFile.id.in_(ids))
    with reading() as conn:
        found = {row.id: _held(row) for row in conn.execute(wanted)}
    return [found[one] for one in dict.fromkeys(ids) if one in found]


def _held(row: Any) -> Held:
    return Held(row.id, NamedFile(Stored(row.sha256, row.size), row.file_name, row.media_type))
