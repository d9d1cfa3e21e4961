"""When a change is told."""

from __future__ import annotations

from datetime import datetime, timedelta

QUIET = timedelta(minutes=10)  # so long nothing more must change before it is told
LONGEST = timedelta(minutes=30)  # and no change waits longer than that for others
AT_ONCE_WITHIN = timedelta(days=1)  # of the moment that it is about


def quiet(about: datetime, now: datetime) -> timedelta:
    """How long a change waits for others, so that five quick ones are one mail; the day before, none waits."""
    return QUIET if about - now > AT_ONCE_WITHIN else timedelta()
