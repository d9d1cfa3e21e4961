"""Pages at different numbers of guests: whether the thousandth guest makes the first one's page slower.

The same pages are asked for at servers with few and with many guests, in turns, by one client: what grows with the
number of guests shows in the wait. And all kinds of requests at once by 32 clients at the largest number: what web
server and worker hold then.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tools.bench import compare, evidence, servers, visitors, world
from tools.bench.compare import Contestant, Figures, Generator
from tools.bench.load import Outcome
from tools.bench.posts import Post, Reply, Visitor, WholeSignUp, asked_for, head
from tools.bench.servers import Server
from tools.bench.world import World

SIZES, LARGE = (2_000, 50_000), (2_000, 1_000_000)
CLIENTS = 32
WARM_SECONDS = 0.3
PHONES = 8  # a phone is braked after so many searches, and one client asks as often as a crowd of phones
# What a door types, a kind each.
NOBODY = "door: nobody's name"
TYPED = {
    "door: a name's beginning": ("kir", "aage", "mette b"),
    "door: a surname": ("madsen", "ågård", "bertelsen"),
    NOBODY: ("xq", "zebra"),
}


@dataclass
class Page(Post):
    """A page that is asked for again and again: ``paths`` in turns, ``says`` stands in each."""

    paths: Sequence[str] = ()
    says: bytes = b""

    def make(self, client: int, number: int) -> tuple[str, bytes]:
        visitor = self.visitors[number % len(self.visitors)]
        return "", asked_for(self.port, self.paths[number % len(self.paths)], visitor.cookies)

    def accepts(self, reply: Reply) -> bool:
        packed = b"\r\nContent-Encoding: gzip" in reply.head
        return reply.status == 200 and self.says in (gzip.decompress(reply.body) if packed else reply.body)


@dataclass
class Search(Page):
    """Names that a door looks for: ``paths`` has the one address, ``typed`` stands in turns."""

    typed: Sequence[str] = ()

    def make(self, client: int, number: int) -> tuple[str, bytes]:
        visitor = self.visitors[number % len(self.visitors)]
        body = json.dumps({"q": self.typed[number % len(self.typed)]}).encode()
        token = f"X-CSRFToken: {visitor.token}\r\nAccept: application/json\r\n"
        return "", head(self.port, self.paths[0], visitor, "application/json", body, token) + body


@dataclass
class Crowd(Post):
    """Clients who each do something else: sign up, look at the event, work at the desk, stand at the door."""

    does: Sequence[Post] = ()

    def send(self, ask: Any, client: int, number: int) -> tuple[str, Reply]:
        chosen = replace(self.does[client % len(self.does)], port=self.port)
        key, reply = chosen.send(ask, client, number)
        return key, replace(reply, status=reply.status if chosen.accepts(reply) else 599)

    def accepts(self, reply: Reply) -> bool:
        return reply.status < 400


@dataclass(frozen=True)
class Row:
    """What one page came to at one number of guests."""

    engine: str
    page: str
    guests: int
    figures: Figures


@dataclass(frozen=True)
class Sized:
    """Everything on one database. ``memory_mb``: of web server and worker under the crowd; None when not measured."""

    rows: Sequence[Row]
    memory_mb: float | None
    faults: Sequence[str]


@dataclass(frozen=True)
class Plan:
    """``rounds`` of ``seconds`` for each page; ``crowd_seconds`` 0: no crowd."""

    sizes: Sequence[int] = SIZES
    rounds: int = 3
    seconds: float = 0.8
    crowd_seconds: float = 0.0


def measure(engine: str, folder: Path, server: str, generator: Generator, plan: Plan) -> Sized:
    """Make a world of each size, and let them take turns. ``server``: a PostgreSQL server, "" for SQLite."""
    worlds = {size: _made(folder / f"{engine}-{size}", size, server) for size in plan.sizes}
    rows, faults = _in_turns(engine, worlds, generator, plan)
    if not plan.crowd_seconds:
        return Sized(rows, None, faults)
    memory, more = _crowd(worlds[max(worlds)], generator, plan.crowd_seconds)
    return Sized(rows, memory, [*faults, *(f"{engine}, crowd: {one}" for one in more)])


def _in_turns(
    engine: str, worlds: Mapping[int, World], generator: Generator, plan: Plan
) -> tuple[list[Row], list[str]]:
    rows: list[Row] = []
    with ExitStack() as stack:
        running = {size: stack.enter_context(servers.product(one)) for size, one in worlds.items()}
        asked = {size: pages(running[size], one) for size, one in worlds.items()}
        contestants = {size: Contestant(server) for size, server in running.items()}
        for name in next(iter(asked.values())):
            turns = {
                size: partial(_turn, worlds[size], partial(generator.closed, name, asked[size][name], one, 1))
                for size, one in contestants.items()
            }
            for turn in turns.values():
                turn(WARM_SECONDS)
            seen = [{size: turn(plan.seconds) for size, turn in turns.items()} for _ in range(plan.rounds)]
            rows += [Row(engine, name, size, compare.figures([one[size] for one in seen])) for size in worlds]
    return rows, [f"{engine}, {size} guests: {fault}" for size, one in contestants.items() for fault in one.faults]


def _turn(made: World, ask: Callable[[float], Outcome], seconds: float) -> Outcome:
    made.forget_tries()
    return ask(seconds)


def pages(server: Server, made: World) -> dict[str, Page]:
    """The pages by name, for phones that are let in now."""
    return pages_for(server.port, made, visitors.check_in(server, made, PHONES).visitors)


def pages_for(port: int, made: World, phones: Sequence[Visitor]) -> dict[str, Page]:
    """The pages by name. Who has signed in gets the event page drawn afresh, not the copy kept for a second."""
    desk = f"/staff/events/{made.event_id}"
    staff = [visitors.signed_in(made)]
    guests = f"{desk}/registrations"
    searches = f"/api/v1/events/{made.event_id}/guest-searches"
    page, search = partial(Page, port, ""), partial(Search, port, "", phones, paths=[searches], says=b'"guests"')
    return {
        "event page": page(staff, paths=[f"/events/{made.event_slug}"], says=b"</html>"),
        "guest list": page(
            staff,
            paths=[guests, f"{guests}?sort=time", f"{guests}?state=confirmed", f"{guests}?state=cancelled&page=2"],
            says=b"</table>",
        ),
        "statistics": page(staff, paths=[f"{desk}/statistics"], says=b"</table>"),
        "door": page(phones, paths=["/door/"], says=b"</html>"),
        **{kind: search(typed=typed) for kind, typed in TYPED.items()},
        "door: the number": page(phones, paths=[f"/api/v1/events/{made.event_id}/occupancy"], says=b'"inside"'),
    }


def _made(folder: Path, size: int, server: str) -> World:
    folder.mkdir(mode=0o700)
    return world.make(folder, size, server, came=True)


def _crowd(made: World, generator: Generator, seconds: float) -> tuple[float, list[str]]:
    """MB of web server and worker while 32 clients do all sorts of things, and what was not as they were told."""
    with servers.product(made) as server, servers.worker(made) as worker:
        opened = visitors.registration(server, made, CLIENTS)
        asked = pages(server, made)
        whole = WholeSignUp(**vars(opened))
        crowd = Crowd(server.port, "", opened.visitors, [whole, asked["event page"], whole, asked["guest list"]])
        crowd.does = [*crowd.does, whole, asked["statistics"], whole, asked["door: a name's beginning"]]
        contestant = Contestant(server)
        generator.closed("crowd", crowd, contestant, CLIENTS, seconds)
        memory = server.memory_mb() + worker.memory_mb()
    told = [key for key in contestant.acknowledged["crowd"] if key]
    found = evidence.faults(made, {"registration": told}, Path(made.folder) / "blobs")
    return memory, [*contestant.faults, *found]
