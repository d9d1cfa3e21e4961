"""Citizens at work: so many at a time, while others look on and pull plugs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from tests.storm.visitors import Letter, Street, Told, Visitor

T = TypeVar("T")
LOOK_SECONDS = 0.01


class Crowd:
    """Citizens who take one letter after the other. ``clients`` of them send at the same time."""

    def __init__(self, street: Street, pool: ThreadPoolExecutor) -> None:
        self.street = street
        self._pool = pool
        self._sent: list[Future[list[Told]]] = []

    def take(self, letters: Iterable[Letter]) -> None:
        """More letters to send."""
        self._sent += [self._pool.submit(Visitor(self.street).send, one) for one in letters]

    def wait_until_left(self, most: int) -> int:
        """Wait until at most so many letters are without an answer; how many there are."""
        while (left := sum(not one.done() for one in self._sent)) > most:
            time.sleep(LOOK_SECONDS)
        return left

    def told(self) -> list[Told]:
        """All that everybody was told, once everybody was.

        :raises NotReceivedError: when a letter was not taken in.
        """
        return [told for one in self._sent for told in one.result()]

    def all(self, do: Callable[[Told], T], told: Iterable[Told]) -> list[T]:
        """Do something for each of those that were told, as many at a time as there are clients."""
        return list(self._pool.map(do, told))


@contextmanager
def crowd(address: str, clients: int) -> Iterator[Crowd]:
    """A crowd before this server; when the test fails, everybody goes home at once."""
    street = Street(address)
    with ThreadPoolExecutor(clients) as pool:
        try:
            yield Crowd(street, pool)
        finally:
            street.over.set()
            pool.shutdown(wait=False, cancel_futures=True)
