"""What follows from an event: where it stands now, and whether its hall holds everybody."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime

from eventapp.events.errors import HallTooSmallError
from eventapp.events.models import Event


class Phase(enum.StrEnum):
    """Where an event stands (domain.md 4.1). Whether seats are left is another question."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"
    RUNNING = "running"
    HELD = "held"
    CANCELLED = "cancelled"


def phase(event: Event, now: datetime) -> Phase:
    """Where the event stands at a moment. Registration is open from its opening, and no longer at its closing."""
    if event.cancelled_at:
        return Phase.CANCELLED
    if event.published_at is None:
        return Phase.DRAFT
    if now >= event.ends_at:
        return Phase.HELD
    if now >= event.starts_at:
        return Phase.RUNNING
    if now >= event.registration_closes_at:
        return Phase.CLOSED
    return Phase.OPEN if now >= event.registration_opens_at else Phase.ANNOUNCED


def check_hall(max_persons: int, reserve: int, seats: Iterable[int]) -> None:
    """The limit counts everybody in the room, so it bounds the seats of all quotas and the reserve together.

    :raises HallTooSmallError: when they are more.

    Source: BR18 § 6 h, domain.md 4.4.
    """
    if sum(seats) + reserve > max_persons:
        raise HallTooSmallError
