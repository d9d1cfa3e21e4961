"""A mail of the outbox as values, read from its row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eventapp.db import as_moment
from eventapp.mail.packing import unpack
from eventapp.work.queue import UnreadableError

PACKED = ("context", "secrets", "attachments")
COLUMNS = (
    "message, to_address, reply_to, lang, subject_id, context, secrets, attachments, calendar, calendar_method, "
    "message_id, limit_key, admitted_at, queued_at"
)


@dataclass(frozen=True)
class QueuedMail:
    """What is to be sent."""

    id: str
    message: str
    to_address: str
    reply_to: str | None
    lang: str
    subject_id: str | None
    context: dict[str, Any]
    secrets: dict[str, Any] | None
    attachments: list[dict[str, Any]]
    calendar: str | None
    calendar_method: str | None
    message_id: str
    limit_key: str | None
    admitted_at: datetime | None
    queued_at: datetime


def read(row: Mapping[str, Any]) -> QueuedMail:
    """
    :param row: ``id`` and ``COLUMNS`` as the database gives them.
    :raises UnreadableError: when a value is not what such a column holds.
    """
    values = {name: row[name] for name in QueuedMail.__dataclass_fields__}
    try:
        for name in PACKED:
            values[name] = unpack(json.loads(values[name])) if values[name] else None
        for name in ("queued_at", "admitted_at"):
            values[name] = as_moment(values[name]) if values[name] else None
    except (ValueError, TypeError) as error:
        raise UnreadableError(type(error).__name__) from error
    if not isinstance(values["context"], dict) or not isinstance(values["attachments"], list):
        raise UnreadableError("context or attachments")
    return QueuedMail(**values)
