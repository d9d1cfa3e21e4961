"""The whole measurement: what is held against what, how often and how long."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tools.bench import compare, evidence, machine, page, servers, sizes, visitors, world
from tools.bench.compare import Cell, Contestant, Figures, Generator
from tools.bench.machine import Machine
from tools.bench.posts import Post, WholeSignUp
from tools.bench.world import World
from tools.pg import private_server

CLIENTS = (1, 8, 32)
DEVICES, SCANS_A_SECOND = 16, 2
SLOW_FLUSH_MS = 4
SIGN_UP_CLIENTS = 8
WARM_SECONDS = 0.5
OPENERS = {"registration": visitors.registration, "answer": visitors.answer, "check-in": visitors.check_in}
SMALL_AND_LARGER = sizes.Plan()
Say = Callable[[str], None]
Told = dict[str, list[str]]  # post -> keys that were acknowledged
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Plan:
    """How much to measure: ``rounds`` of ``seconds`` for each number of clients, the door's open loop for longer."""

    rounds: int = 5
    seconds: float = 1.2
    door_seconds: float = 25.0
    tickets: int = 30_000
    engines: tuple[str, ...] = ("sqlite", "postgresql")
    posts: tuple[str, ...] = tuple(OPENERS)
    parts: tuple[str, ...] = ("posts", "sign-up", "door", "slow", "page", "sizes")
    sizes: sizes.Plan = SMALL_AND_LARGER
    command: str = "make bench"


QUICK = Plan(
    rounds=2,
    seconds=0.4,
    door_seconds=4.0,
    tickets=6_000,
    sizes=sizes.Plan((200, 2_000), rounds=2, seconds=0.3, crowd_seconds=1.0),
)
LARGE = Plan(
    rounds=5,
    seconds=1.0,
    parts=("sizes",),
    command="python -m tools.bench --large",
    sizes=sizes.Plan(sizes.LARGE, rounds=5, seconds=1.0, crowd_seconds=8.0),
)


@dataclass
class Results:
    """Everything that was seen.

    ``sign_ups``: form, post and ticket beside the bare function's post; ``door``: engine and server -> waits of the
    open loop; ``memory``: MB; ``rest``: MB of web server and worker before the first guest; ``sized``: pages at
    different numbers of guests; ``crowded``: MB of web server and worker under 32 clients at the largest number.
    """

    machine: Machine
    plan: Plan
    cells: list[Cell] = field(default_factory=list)
    sign_ups: list[Cell] = field(default_factory=list)
    slow: Cell | None = None
    door: dict[tuple[str, str], Figures] = field(default_factory=dict)
    page: list[page.Loaded] = field(default_factory=list)
    page_path: str = ""
    memory: dict[str, tuple[float, float]] = field(default_factory=dict)
    rest: dict[str, float] = field(default_factory=dict)
    sized: list[sizes.Row] = field(default_factory=list)
    crowded: dict[str, float] = field(default_factory=dict)
    postgresql: str = ""
    faults: list[str] = field(default_factory=list)


def everything(plan: Plan, say: Say) -> Results:
    """Measure what the plan says. ``say`` is told how far it has come."""
    with tempfile.TemporaryDirectory(prefix="eventapp-bench-") as name, compare.process() as pool:
        results = Results(machine.look(Path(name)), plan)
        bench = Bench(Path(name), Generator(pool), results, say)
        if "page" in plan.parts:
            bench.visit()
        for engine in plan.engines if {"posts", "sign-up", "door"} & set(plan.parts) else ():
            bench.measure(engine)
        if "slow" in plan.parts:
            bench.measure_slow_disk()
        for engine in plan.engines if "sizes" in plan.parts else ():
            bench.measure_sizes(engine)
    return results


@dataclass(frozen=True)
class Bench:
    """One run, and where it puts what it sees."""

    folder: Path
    generator: Generator
    results: Results
    say: Say

    @property
    def plan(self) -> Plan:
        return self.results.plan

    def visit(self) -> None:
        """The event page of the demo case, opened for the first time."""
        self.say("first visit of the event page")
        with servers.demo(self.folder / "demo") as server:
            self.results.page_path = page.event_path(server)
            self.results.page = page.first_visit(server, self.results.page_path)

    def measure(self, engine: str) -> None:
        """Everything on one database."""
        with ExitStack() as stack:
            server = ""
            if engine == "postgresql":
                server = stack.enter_context(private_server(durable=True))
                self.results.postgresql = machine.postgresql_version(server)
            self.say(f"{NAMES[engine]}: making {self.plan.tickets} guests with tickets")
            ours = _made(self.folder / engine, self.plan.tickets, server)
            posts, told = self._open_forms(engine, ours)
            worlds = (ours, ours.copy())
            with _both(worlds, told) as both:
                self._door(engine, "bare", posts["check-in"], both[1])
                self._posts(engine, posts, both)
                self.results.memory[engine] = (both[0].server.memory_mb(), both[1].server.memory_mb())
            self.results.faults += _faults(NAMES[engine], worlds, both)

    def measure_slow_disk(self) -> None:
        """Sign-ups on a disk whose flush takes long: this machine has none, so flushes are made to take longer."""
        ours = _made(self.folder / "slow", 1_000)
        settings = _slow_flush(self.folder)
        if settings is None:
            self.say("no C compiler, so the slow disk is left out")
            return
        with servers.product(ours) as server:
            post = visitors.registration(server, ours, max(CLIENTS))
        worlds = (ours, ours.copy())
        with _both(worlds, {}, settings) as both:
            self.results.slow = self._cell("sqlite", "registration", post, max(CLIENTS), both)
        self.results.faults += _faults("slow disk", worlds, both)

    def measure_sizes(self, engine: str) -> None:
        """Pages at few and at many guests."""
        plan = self.plan.sizes
        with ExitStack() as stack:
            server = ""
            if engine == "postgresql":
                server = stack.enter_context(private_server(durable=True))
                self.results.postgresql = machine.postgresql_version(server)
            self.say(f"{NAMES[engine]}: pages at {' and '.join(f'{size:,}' for size in plan.sizes)} guests")
            sized = sizes.measure(engine, self.folder, server, self.generator, plan)
        self.results.sized += sized.rows
        self.results.faults += sized.faults
        if sized.memory_mb is not None:
            self.results.crowded[engine] = sized.memory_mb

    def _open_forms(self, engine: str, ours: World) -> tuple[dict[str, Post], Told]:
        """Open all forms, and measure the door as on an evening: the worker runs beside, nothing else does.

        The database is copied afterwards, so that the bare function knows the phones, too.

        :returns: the posts, and what was acknowledged.
        """
        with servers.product(ours) as server, servers.worker(ours) as worker:
            self.results.rest[engine] = server.memory_mb() + worker.memory_mb()
        with servers.product(ours) as server:
            opened = {name: OPENERS[name](server, ours, max(CLIENTS)) for name in OPENERS}
            contestant = Contestant(server, ours.codes())
            with servers.worker(ours):
                self._door(engine, "product", opened["check-in"], contestant)
        self.results.faults += [f"{NAMES[engine]}, product: {fault}" for fault in contestant.faults]
        return opened, contestant.acknowledged

    def _door(self, engine: str, who: str, post: Post, contestant: Contestant) -> None:
        if "door" not in self.plan.parts:
            return
        self.say(f"{NAMES[engine]}: {DEVICES} devices at the door, {SCANS_A_SECOND} scans a second each, {who}")
        self.generator.closed("check-in", post, contestant, DEVICES, WARM_SECONDS)
        seen = self.generator.opened("check-in", post, contestant, DEVICES, self.plan.door_seconds, SCANS_A_SECOND)
        self.results.door[engine, who] = compare.figures([seen])

    def _posts(self, engine: str, posts: Mapping[str, Post], both: Sequence[Contestant]) -> None:
        for name in self.plan.posts if "posts" in self.plan.parts else ():
            for clients in CLIENTS:
                self.results.cells.append(self._cell(engine, name, posts[name], clients, both))
        if "sign-up" in self.plan.parts:
            self.results.sign_ups.append(
                self._cell(engine, "registration", posts["registration"], SIGN_UP_CLIENTS, both, whole=True)
            )

    def _cell(
        self, engine: str, name: str, post: Post, clients: int, both: Sequence[Contestant], *, whole: bool = False
    ) -> Cell:
        """``whole``: the product is sent form, post and ticket, the bare function the post alone."""
        sent = (WholeSignUp(**vars(post)) if whole else post, post)
        turns = [
            partial(self.generator.closed, name, one, contestant, clients)
            for one, contestant in zip(sent, both, strict=True)
        ]
        for turn in turns:
            turn(WARM_SECONDS)
        ours, theirs = (partial(turn, self.plan.seconds) for turn in turns)
        cell = compare.judge(name, engine, clients, compare.take_turns(ours, theirs, self.plan.rounds))
        self.say(f"{NAMES[engine]}: {name}, {clients} clients: {cell.product.rate:.0f} a second, {cell.ratio:.2f}")
        return cell


def _made(folder: Path, tickets: int, server: str = "") -> World:
    folder.mkdir(mode=0o700)
    return world.make(folder, tickets, server)


@contextmanager
def _both(
    worlds: tuple[World, World], told: Told, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[Contestant, Contestant]]:
    """Product and bare function side by side, each on its own world."""
    ours, theirs = worlds
    with servers.product(ours, settings) as one, servers.bare(theirs, settings) as other:
        codes = ours.codes()[len(told.get("check-in", ())) :]
        known = [{name: list(keys) for name, keys in told.items()} for _ in worlds]
        yield Contestant(one, list(codes), known[0]), Contestant(other, list(codes), known[1])


def _faults(where: str, worlds: Sequence[World], both: Sequence[Contestant]) -> list[str]:
    """What clients were told that is not so; asked once the servers have stopped."""
    found = []
    for who, one, contestant in zip(("product", "bare"), worlds, both, strict=True):
        blobs = Path(one.folder) / ("blobs" if who == "product" else "bare-blobs")
        seen = [*contestant.faults, *evidence.faults(one, contestant.acknowledged, blobs)]
        found += [f"{where}, {who}: {fault}" for fault in seen]
    return found


def _slow_flush(folder: Path) -> dict[str, str] | None:
    """Environment that makes every flush slower; None where no C compiler is."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        return None
    made = folder / "slow_flush.so"
    source = Path(__file__).with_name("slow_flush.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", made, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(made), "SLOW_FLUSH_MS": str(SLOW_FLUSH_MS)}
