"""The text of an entry: canonical JSON with commitments in place of everything that could be about a person.

``v`` is the version of this form. ``received_at`` is when the thing came in or was decided, as the case has it;
``recorded_at`` is when the entry was written, so that a letter typed in later, or a date put back, shows itself.
Fields: ``reliability.md`` §3, and ``recorded_at``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from eventapp.record.canonical import canonical
from eventapp.record.commitments import Sealed

VERSION = 1


@dataclass(frozen=True)
class Facts:
    """What an entry says in the open. ``late`` is ``None`` where nothing could be late."""

    case: str
    seq: int
    kind: str
    ref: str | None
    received_at: datetime
    recorded_at: datetime
    started_at: datetime | None = None
    deadline_at: datetime | None = None
    late: bool | None = None


def entry_text(facts: Facts, sealed: Sealed) -> str:
    """The canonical text that the leaf hash is made of."""
    told = {
        "v": VERSION,
        "case": facts.case,
        "seq": facts.seq,
        "kind": facts.kind,
        "ref": facts.ref,
        "received_at": moment_text(facts.received_at),
        "recorded_at": moment_text(facts.recorded_at),
        "started_at": facts.started_at and moment_text(facts.started_at),
        "deadline_at": facts.deadline_at and moment_text(facts.deadline_at),
        "late": facts.late,
    }
    return _canonical_text(told | _commitments(sealed))


def _canonical_text(told: dict[str, Any]) -> str:
    """Canonical JSON, quickly: an entry is written while others wait for the log.

    Where all is ASCII, and every number is small and whole, json's C encoder writes what RFC 8785 asks for; entries
    are made of ids, hashes, moments and words of ours, so they are.
    """
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text if text.isascii() else canonical(told).decode()


def _commitments(sealed: Sealed) -> dict[str, list[dict[str, Any]]]:
    return {
        "parts": [{"name": part.name, "commitment": part.commitment} for part in sealed.parts],
        "attachments": [
            {"commitment": part.commitment, "size": attachment.size, "type": attachment.type}
            for attachment, part in sealed.attachments
        ],
    }


def moment_text(moment: datetime) -> str:
    """A moment as UTC to the microsecond, always 27 characters: ``2023-11-24T10:58:07.000000Z``."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def parsed(text: str) -> dict[str, Any]:
    """What an entry says; nothing when it is no entry, for somebody may have written anything in its place."""
    try:
        told = json.loads(text)
        whole = all(_is_part(one, "name", str) for one in told["parts"])
        whole = whole and all(_is_part(one, "size", int) and "type" in one for one in told["attachments"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    return told if whole and isinstance(told, dict) else {}


def _is_part(one: Any, name: str, kind: type) -> bool:
    return isinstance(one["commitment"], str) and isinstance(one[name], kind)
