"""Commitments: what the record says of a text without holding it.

A commitment is SHA-256 over 32 random bytes and the canonical content. Without the random bytes nobody can try
likely texts against it, so once content and salt are deleted, what is left says nothing about a person
(``reliability.md`` §3). Each field of an entry has one of its own: a public copy with the name hidden can still
be checked field by field.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventapp.record.canonical import canonical

SALT_BYTES = 32
ATTACHMENT = "attachment:"  # no field has a colon in its name
PART_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Attachment:
    """A stored file that belongs to an entry: SHA-256 as hexadecimal, size in bytes, media type."""

    sha256: str
    size: int
    type: str


@dataclass(frozen=True)
class Part:
    """A committed field. ``content`` is canonical JSON as text."""

    name: str
    salt: bytes
    commitment: str
    content: str


@dataclass(frozen=True)
class Sealed:
    """Everything an entry commits to, made ready before the database is touched."""

    parts: list[Part]
    attachments: list[tuple[Attachment, Part]]

    @property
    def all_parts(self) -> list[Part]:
        return [*self.parts, *(part for _, part in self.attachments)]

    def also(self, parts: Mapping[str, Any]) -> Sealed:
        """The same with a few small fields that are only known now."""
        return Sealed(sorted([*self.parts, *seal(parts).parts], key=lambda part: part.name), self.attachments)

    @property
    def salts(self) -> dict[str, str]:
        """Name of the part -> salt as hexadecimal: what the author needs to show later what was sent."""
        return {part.name: part.salt.hex() for part in self.all_parts}


def commitment(salt: bytes, content: bytes) -> str:
    """The commitment to canonical content, as hexadecimal."""
    return hashlib.sha256(salt + content).hexdigest()


def seal(parts: Mapping[str, Any], attachments: Sequence[Attachment] = ()) -> Sealed:
    """Commit to each part and each attachment with a fresh salt.

    :param parts: name -> JSON value (text, whole number, boolean, list, object; no fractions).
    :raises CanonicalError: when a value has no canonical form.
    :raises ValueError: for a part name other than lower-case letters, digits and ``_``.
    """
    for name in parts:
        if not PART_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a part name.")
    return Sealed(
        [_sealed(name, parts[name]) for name in sorted(parts)],
        [(one, _sealed(attachment_name(place), one.sha256)) for place, one in enumerate(attachments)],
    )


def attachment_name(place: int) -> str:
    """The part that commits to the SHA-256 of the attachment at this place."""
    return f"{ATTACHMENT}{place}"


def _sealed(name: str, value: Any) -> Part:
    salt, content = secrets.token_bytes(SALT_BYTES), canonical(value)
    return Part(name, salt, commitment(salt, content), content.decode())
