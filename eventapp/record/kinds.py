"""Kinds of entries. Each slice declares its own; the record knows none but its own two.

A kind says what it and its parts are called, and how the content of an entry is found again in the rows that it
belongs to. The record keeps commitments and salts, never a text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import Connection

from eventapp.record.commitments import ATTACHMENT, Sealed
from eventapp.record.errors import UndeclaredError
from eventapp.record.store import Entry
from eventapp.web.registry import Registry, registry

Content = Callable[[Connection, Entry], Mapping[str, Any]]
Keep = Callable[[Connection, str, int, Mapping[str, Any]], None]
Forget = Callable[[Connection, Entry, set[str]], set[str]]


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of entry.

    ``words`` and the values of ``parts`` are what people call the kind and its parts, in the language of the reader.
    ``content`` returns part name -> value exactly as they were committed to, attachments as
    ``attachment:0`` -> SHA-256; what is gone is left out. ``keep``, for what has no row that stays as it was:
    ``(conn, log_id, seq, values)`` stores the values where ``content`` finds them. ``publishes``: from the first such
    entry on everybody may read the record of the case. ``forget``, where texts of people can be erased: ``(conn,
    entry, names)`` deletes what the slice holds of these parts, rows and mails, and returns the names of all parts
    that are gone with them; ``erasable`` are the parts that it can be asked for.
    """

    name: str
    words: Any
    parts: Mapping[str, Any]
    content: Content
    keep: Keep | None = None
    publishes: bool = False
    forget: Forget | None = None
    erasable: tuple[str, ...] = ()

    def check(self, sealed: Sealed) -> None:
        """
        :raises UndeclaredError: when no slice declared this kind, or it has no such part.
        """
        if registry().record_kinds.get(self.name) is not self:
            raise UndeclaredError(f"No slice declares entries of the kind {self.name!r}.")
        if unknown := {part.name for part in sealed.parts} - self.parts.keys():
            raise UndeclaredError(f"Entries of the kind {self.name!r} have no {', '.join(sorted(unknown))}.")


def declare(app: Flask, *kinds: Kind) -> None:
    """Make kinds known: entries of these can be added and verified from now on.

    :raises UndeclaredError: when another slice has a kind of that name.
    """
    found: Registry = app.extensions["registry"]
    for kind in kinds:
        if found.record_kinds.setdefault(kind.name, kind) is not kind:
            raise UndeclaredError(f"Two slices declare entries of the kind {kind.name!r}.")


def content(conn: Connection, entry: Entry) -> Mapping[str, Any]:
    """What the slice gives back of an entry; nothing for a kind that no slice declares any more."""
    kind = kind_of(entry)
    return kind.content(conn, entry) if kind else {}


def kind_of(entry: Entry) -> Kind | None:
    """The declared kind of an entry."""
    found: Kind | None = registry().record_kinds.get(entry.kind)
    return found


def kind_words() -> dict[str, Any]:
    """Name of each declared kind -> what people call it."""
    return {name: kind.words for name, kind in registry().record_kinds.items()}


def part_words() -> dict[str, Any]:
    """Name of each declared part -> what people call it."""
    return {name: words for kind in registry().record_kinds.values() for name, words in kind.parts.items()}


def is_attachment(name: str) -> bool:
    """Whether a part commits to a file; no field has a colon in its name."""
    return name.startswith(ATTACHMENT)
