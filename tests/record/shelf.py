"""A slice with nothing but texts, for tests of the record alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from eventapp import record
from eventapp.cases.entries import CASE, PUBLISH
from eventapp.hearing.entries import ANSWER

PARTS = {**ANSWER.parts, **PUBLISH.parts, "outbox": "the mail"}


class Shelf:
    """Texts by the number of their entry, outside of the database; ``kinds``: name -> kind of entry."""

    def __init__(self) -> None:
        self.texts: dict[int, dict[str, Any]] = {}
        self.kinds = {
            one.name: replace(one, parts=PARTS, content=self.content, keep=self.keep) for one in (ANSWER, CASE, PUBLISH)
        }

    def keep(self, _conn: Connection, _log_id: str, seq: int, values: Mapping[str, Any]) -> None:
        self.texts[seq] = dict(values)

    def content(self, _conn: Connection, entry: record.Entry) -> Mapping[str, Any]:
        return self.texts.get(entry.seq, {})


def files(attachments: Iterable[record.Attachment]) -> dict[str, str]:
    """What a slice gives back of attached files."""
    return {record.attachment_name(place): one.sha256 for place, one in enumerate(attachments)}
