"""Two servers take turns with the same posts: A B A B …, so that whatever disturbs the machine disturbs both.

Absolute figures drift with the machine; what can be relied upon is the ratio of two neighbouring rounds, and the
median of those.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from statistics import median
from typing import Any

from tools.bench import load
from tools.bench.load import Outcome
from tools.bench.posts import CheckIn, Post
from tools.bench.servers import Server

MOST_SCANS_A_SECOND = 6_000  # how many ticket codes a round is given


@dataclass(frozen=True)
class Figures:
    """Answers a second, waits in milliseconds, and processor time of the server for one answer in milliseconds."""

    rate: float
    p50: float
    p95: float
    p99: float
    worst: float
    cpu: float = 0.0


@dataclass(frozen=True)
class Cell:
    """What a comparison came to: medians of its rounds. ``ratio``: of the product's rate to the bare function's."""

    name: str
    engine: str
    clients: int
    product: Figures
    bare: Figures
    ratio: float
    ratios: tuple[float, ...]


@dataclass
class Contestant:
    """A server under test, with everything it has acknowledged so far. ``codes``: tickets not shown to it yet."""

    server: Server
    codes: list[str] = field(default_factory=list)
    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def note(self, name: str, outcome: Outcome) -> Outcome:
        """Remember what was acknowledged, to look for it in the database afterwards."""
        self.acknowledged.setdefault(name, []).extend(outcome.acknowledged)
        self.faults += [f"{name}: {fault}" for fault in outcome.faults]
        del self.codes[: (len(outcome.waits) + len(outcome.faults)) if name == "check-in" else 0]
        return outcome

    def addressed(self, post: Post, seconds: float) -> Post:
        """The post as this server is sent it."""
        post = replace(post, port=self.server.port)
        if isinstance(post, CheckIn):
            return replace(post, codes=self.codes[: int(seconds * MOST_SCANS_A_SECOND)])
        return post


class Generator:
    """The process that the clients live in."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool

    def closed(self, name: str, post: Post, to: Contestant, clients: int, seconds: float) -> Outcome:
        """One round; see :func:`tools.bench.load.closed`."""
        return self._round(name, to, load.closed, to.addressed(post, seconds), to.server.port, clients, seconds)

    def opened(self, name: str, post: Post, to: Contestant, clients: int, seconds: float, per_second: float) -> Outcome:
        """One round; see :func:`tools.bench.load.opened`."""
        sent = to.addressed(post, seconds)
        return self._round(name, to, load.opened, sent, to.server.port, clients, seconds, per_second)

    def _round(self, name: str, to: Contestant, run: Callable[..., Outcome], *how: Any) -> Outcome:
        before = to.server.cpu_seconds()
        outcome = self._pool.submit(run, *how).result()
        outcome.server_cpu_seconds = to.server.cpu_seconds() - before
        return to.note(name, outcome)


def process() -> ProcessPoolExecutor:
    """A process of its own for the clients; use it as a context manager."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


def take_turns(
    first: Callable[[], Outcome], second: Callable[[], Outcome], rounds: int
) -> list[tuple[Outcome, Outcome]]:
    """Rounds of both, always one after the other."""
    return [(first(), second()) for _ in range(rounds)]


def judge(name: str, engine: str, clients: int, rounds: Sequence[tuple[Outcome, Outcome]]) -> Cell:
    """The medians of some rounds of product and bare function."""
    ratios = tuple(ours.rate() / theirs.rate() if theirs.rate() else 0.0 for ours, theirs in rounds)
    ours, theirs = (figures([pair[side] for pair in rounds]) for side in (0, 1))
    return Cell(name, engine, clients, ours, theirs, median(ratios), ratios)


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """Medians over the rounds of each round's rate and percentiles."""
    waits = [sorted(one.waits) for one in outcomes]
    p50, p95, p99, worst = (median(1000 * percentile(one, share) for one in waits) for share in (0.5, 0.95, 0.99, 1.0))
    cpu = median(1000 * one.server_cpu_seconds / max(1, len(one.waits)) for one in outcomes)
    return Figures(median(one.rate() for one in outcomes), p50, p95, p99, worst, cpu)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of all values do not exceed; 0 when there are none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
