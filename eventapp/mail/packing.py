"""Values of a mail as text for its row, and back: JSON in which moments, days and wordings stay what they are."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from eventapp.languages import Wording

MOMENT, DAY, WORDS = "$moment", "$day", "$words"


def pack(value: Any) -> str:
    """JSON text of strings, numbers, lists and mappings, and of moments (aware), days and wordings among them."""
    return ENCODER.encode(value)


def unpack(value: Any) -> Any:
    """What was packed, from the JSON value that the row's column gives."""
    if isinstance(value, list):
        return [unpack(one) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {MOMENT}:
        return datetime.fromisoformat(value[MOMENT])
    if set(value) == {DAY}:
        return date.fromisoformat(value[DAY])
    if set(value) == {WORDS}:
        return Wording(value[WORDS])
    return {name: unpack(one) for name, one in value.items()}


def _mark(value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("A moment without time zone was about to be stored.")
        return {MOMENT: value.isoformat()}
    if isinstance(value, date):
        return {DAY: value.isoformat()}
    if isinstance(value, Wording):
        return {WORDS: value.texts}
    return str(value)  # a lazily translated text


ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, default=_mark
)  # once: making one costs more than using it
