"""A brake on guessing codes: only wrong ones count, by source address (reliability S15, design decision 17).

Signing up is never slowed, so a school or a library behind one address is not hurt. Counted in each process for
itself: with the two of the default server an address gets 30 wrong codes a minute together.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import structlog

MOST_MISSES = 15
WINDOW_SECONDS = 60.0
MOST_ADDRESSES = 10_000

log = structlog.get_logger("eventapp.registration")


@dataclass
class Brake:
    """Wrong codes of the last minute, by address. Addresses are kept for that minute and never logged."""

    misses: dict[str, list[float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_on(self, address: str) -> bool:
        """Whether this address must wait."""
        with self.lock:
            recent = [at for at in self.misses.get(address, ()) if at > time.monotonic() - WINDOW_SECONDS]
            return len(recent) >= MOST_MISSES

    def miss(self, address: str) -> None:
        """Note a wrong code."""
        now = time.monotonic()
        with self.lock:
            if len(self.misses) >= MOST_ADDRESSES:
                self.misses = {one: ats for one, ats in self.misses.items() if ats[-1] > now - WINDOW_SECONDS}
            recent = [at for at in self.misses.get(address, ()) if at > now - WINDOW_SECONDS]
            self.misses[address] = [*recent, now]
        if len(recent) + 1 == MOST_MISSES:
            log.warning("codes are being guessed", misses=MOST_MISSES)
