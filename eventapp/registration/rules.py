"""Decisions of registration: values in, answer out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from eventapp.brakes import Brake
from eventapp.formats import searching
from eventapp.formats.names import danish_key
from eventapp.registration.models import RegistrationState, Suspicion

MOST_SEATS_PER_ADDRESS = 5  # heads: a household shares an address; a sixth asks by phone (reliability S45)
GUESSING = Brake("ticket", most=15, window=timedelta(minutes=1))  # codes of tickets and own links
QUICKEST = timedelta(seconds=2)  # nobody reads and fills in the form faster (reliability S47)
SAME_FOR = timedelta(days=1)  # so long the same sign-up from the same address is the same sign-up
FRESH = timedelta(minutes=15)  # how long the ticket's page says where the mail went


def name_columns(name: str) -> dict[str, str]:
    """A guest's name with what it is sorted and found by: these columns are written together."""
    return {"name": name, "name_key": danish_key(name), "name_words": " ".join(searching.words(name))}


def can_cancel(*, ends_at: datetime, now: datetime) -> bool:
    """Whether guests can cancel themselves: until the end, for somebody may be waiting at the door for the seat."""
    return now < ends_at


def suspicion(*, trap: str, drawn_at: datetime | None, sent_at: datetime) -> Suspicion:
    """Whether the form was filled in by a program. Only ever a mark: a browser that fills in fields is fast too."""
    if trap:
        return Suspicion.TRAP
    return Suspicion.HASTE if drawn_at is not None and sent_at - drawn_at < QUICKEST else Suspicion.NONE


def content_hash(content: dict[str, Any]) -> str:
    """What a submission key is bound to: the same for the same content, whoever sends it and when."""
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def state_of(heads: Iterable[RegistrationState]) -> RegistrationState:
    """Where a booking stands, by its heads: those who still want to come have seats or wait together."""
    live = {one for one in heads if one is not RegistrationState.CANCELLED}
    return live.pop() if live else RegistrationState.CANCELLED


def fits(heads: int, seats: int) -> bool:
    """Whether a group can ever get its seats. One alone may always wait, also where no seats were opened yet."""
    return heads <= max(seats, 1)


def is_fresh(registered_at: datetime, now: datetime) -> bool:
    """Whether the booking was made just now, so that the one who looks has most likely just made it."""
    return registered_at <= now < registered_at + FRESH
