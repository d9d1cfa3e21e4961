"""The history of corrections, as every page of staff can draw it (``components/corrections.html``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eventapp.accounts.messages import ACT_NAMES
from eventapp.corrections import queries
from eventapp.web.registry import registry


@dataclass(frozen=True)
class Line:
    """One correction as people read it; ``who`` is empty when it is not known any more."""

    at: datetime
    act: Any
    who: str
    reason: str


def corrections_of(subject_id: str) -> list[Line]:
    """What was put right of a thing, the latest first."""
    found = queries.of(subject_id)
    people = registry().staff_names() if found else {}
    return [Line(one.at, ACT_NAMES.get(one.act, one.act), people.get(one.by_id or "", ""), one.reason) for one in found]
