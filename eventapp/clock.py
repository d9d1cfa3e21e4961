"""What time it is. Nothing else in the product asks the system for the time.

Two clocks: ``now()`` is *domain time* (opening hours, deadlines, stamps shown to people) and follows the demo
clock where demo data was loaded; ``system_now()`` is the machine's own (sessions, leases, logs, mail headers).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


class _Domain:
    """How far domain time stands from the machine's."""

    offset: Callable[[], timedelta] = staticmethod(timedelta)


def system_now() -> datetime:
    """The machine's time, aware UTC."""
    return datetime.now(UTC)


def now() -> datetime:
    """Domain time, aware UTC."""
    return system_now() + _Domain.offset()


def follow(offset: Callable[[], timedelta]) -> None:
    """Let domain time run ahead of or behind the machine's by what ``offset`` returns at each call."""
    _Domain.offset = staticmethod(offset)


class NotAWallTimeError(ValueError):
    """The clock never showed this: it was put forward over it (last Sunday of March, 02.00-03.00)."""


def wall(day: date, at: time) -> datetime:
    """Danish wall time as aware UTC.

    In the doubled hour of October the later moment is meant: a deadline must not come early (reliability R9).

    :raises NotAWallTimeError: for a time that the clock skipped.
    """
    local = datetime.combine(day, at, COPENHAGEN).replace(fold=1)
    moment = local.astimezone(UTC)
    if moment.astimezone(COPENHAGEN).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NotAWallTimeError(f"{day} {at}")
    return moment
