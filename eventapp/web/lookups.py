"""Look-ups that everybody who sends the same form would make alike, kept for a second in each process.

At the moment when registration opens, or on the last day of a hearing, hundreds send one form. What it belongs to is
the same for all of them, and asking anew for each takes a transaction and its round trips. Nothing is decided from
here: what must hold when something is stored is asked there, in the same transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

SECONDS = 1.0
MOST = 100

T = TypeVar("T")


@dataclass
class Kept(Generic[T]):
    """What was found, by the last part of its address. ``seconds``: 0 where every look must be fresh."""

    seconds: float = SECONDS
    _found: dict[str, tuple[float, T]] = field(default_factory=dict)

    def get(self, name: str, look_up: Callable[[str], T]) -> T:
        """What ``look_up`` finds, at most a second old; what it raises is raised, and not kept."""
        known = self._found.get(name)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        found = look_up(name)
        if len(self._found) >= MOST:
            self._found = {}
        self._found[name] = (time.monotonic() + self.seconds, found)
        return found
