"""How figures are put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from eventapp.clock import COPENHAGEN

STEP = timedelta(minutes=5)


@dataclass(frozen=True)
class Counts:
    """The figures of one group, or of all. ``is_over``: only then is somebody who is not there a no-show."""

    confirmed: int = 0
    waiting: int = 0
    cancelled: int = 0
    came: int = 0
    walk_ins: int = 0
    confirmed_who_came: int = 0
    is_over: bool = False

    @property
    def registered(self) -> int:
        return self.confirmed + self.waiting

    @property
    def no_shows(self) -> int | None:
        return self.confirmed - self.confirmed_who_came if self.is_over else None

    @property
    def share(self) -> float | None:
        """From 0 to 1; None while the event lasts and when nobody had a seat."""
        return self.confirmed_who_came / self.confirmed if self.is_over and self.confirmed else None


def total(groups: Iterable[Counts], *, is_over: bool) -> Counts:
    """All groups together."""
    listed = list(groups)
    names = ("confirmed", "waiting", "cancelled", "came", "walk_ins", "confirmed_who_came")
    return Counts(**{name: sum(getattr(one, name) for one in listed) for name in names}, is_over=is_over)


def arrivals(came: Mapping[datetime, int], *, opens_at: datetime, ends_at: datetime) -> list[tuple[datetime, int]]:
    """How many came in each five minutes, from the first arrival to the last, quiet steps too.

    Whoever came more than an hour before the doors opened, or after the end, counts in the outermost step.

    :param came: moment -> how many came then.
    """
    if not came:
        return []
    earliest, latest = floor(opens_at - timedelta(hours=1)), floor(ends_at)
    steps: Counter[datetime] = Counter()
    for moment, number in came.items():
        steps[min(max(floor(moment), earliest), latest)] += number
    count = (max(steps) - min(steps)) // STEP + 1
    return [(at, steps[at]) for at in (min(steps) + number * STEP for number in range(count))]


def floor(moment: datetime) -> datetime:
    """The start of the five minutes, by the clock on the wall."""
    local = moment.astimezone(COPENHAGEN)
    return moment - timedelta(minutes=local.minute % 5, seconds=local.second, microseconds=local.microsecond)
