"""What decides over replies: values in, answer out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

MOST_REPLIES = 5
WITHIN = timedelta(days=1)


def is_enough(given: Iterable[datetime], now: datetime) -> bool:
    """Whether one link has been used for as many replies as somebody could mean within a day.

    :param given: moments of the replies by this link.
    """
    return sum(at > now - WITHIN for at in given) >= MOST_REPLIES
