"""Clients that send posts and note how long each answer took. Runs in a process of its own.

Closed loop: each client sends the next post as soon as it has its answer, which shows throughput. Open loop: each
client sends at moments that were fixed beforehand, and the wait counts from that moment, also when an answer before
it came late; so a server that stalls cannot hide it by slowing its clients down.
"""

from __future__ import annotations

import gc
import itertools
import random
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tools.bench.posts import Post, Reply

TIMEOUT_SECONDS = 30
MOST_FAULTS = 20  # of one client in one round
CHUNK = 1 << 16
HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
SWITCH_SECONDS = 0.0005  # clients that have an answer note the time at once


@dataclass
class Outcome:
    """What a round came to. ``waits`` in seconds, one an accepted answer; ``faults`` say what else was answered.

    ``cpu_seconds``: what the clients themselves used; ``server_cpu_seconds``: what the server did meanwhile.
    """

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0
    server_cpu_seconds: float = 0.0

    def rate(self) -> float:
        """Accepted answers a second."""
        return len(self.waits) / self.seconds if self.seconds else 0.0

    def add(self, other: Outcome) -> None:
        """Take in what another client of the same round saw."""
        self.waits += other.waits
        self.acknowledged += other.acknowledged
        self.faults += other.faults


class Client:
    """One connection that is kept open, as thin as can be: clients share the cores with what they measure."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = self._connect()

    def ask(self, request: bytes) -> Reply:
        """Send one request and read the whole answer.

        :raises OSError: when the connection breaks or no answer comes.
        """
        self._socket.sendall(request)
        received = self._receive()
        while (end := received.find(HEAD_END)) < 0:
            received += self._receive()
        head, body = received[:end], received[end + len(HEAD_END) :]
        found = LENGTH.search(head)
        if found is None:
            raise ConnectionError("An answer without length.")
        while len(body) < int(found[1]):
            body += self._receive()
        if CLOSES.search(head):
            self.connect_again()
        return Reply(int(head[9:12]), head, body)

    def connect_again(self) -> None:
        self._socket.close()
        self._socket = self._connect()

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> bytes:
        received = self._socket.recv(CHUNK)
        if not received:
            raise ConnectionError("The server closed the connection.")
        return received

    def _connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self._port), TIMEOUT_SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


Send = Callable[[float | None], bool]  # the moment from which the wait counts, None: now; False: give up
Turn = Callable[[int, Send], None]  # what a client, by its number, does in a round


def closed(post: Post, port: int, clients: int, seconds: float) -> Outcome:
    """Let ``clients`` send one post after the other for so long; posts on their way at the end still count."""

    def turn(_client: int, send: Send) -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until and send(None):
            pass

    return _together(post, port, clients, turn)


def opened(post: Post, port: int, clients: int, seconds: float, per_second: float) -> Outcome:
    """Let each client send ``per_second`` posts a second, each at a random moment of its own slot."""

    def turn(client: int, send: Send) -> None:
        moments = random.Random(client)  # the same moments in every run
        begin = time.perf_counter()
        for slot in range(int(seconds * per_second)):
            due = begin + (slot + moments.random()) / per_second
            time.sleep(max(0.0, due - time.perf_counter()))
            if not send(due):
                return

    return _together(post, port, clients, turn)


def _together(post: Post, port: int, clients: int, turn: Turn) -> Outcome:
    """Connect all, begin at once, and gather what each saw."""
    connections = [Client(port) for _ in range(clients)]
    seen = [Outcome() for _ in range(clients)]
    numbers = itertools.count()  # of the posts of this round, whoever sends them
    start = threading.Barrier(clients + 1)

    def run(client: int) -> None:
        def send(due: float | None) -> bool:
            _send(connections[client], post, client, next(numbers), due or time.perf_counter(), seen[client])
            return len(seen[client].faults) < MOST_FAULTS

        start.wait()
        try:
            turn(client, send)
        except Exception as error:  # a mistake of ours must not look like a server that is slow
            seen[client].faults.append(repr(error))

    threads = [threading.Thread(target=run, args=(client,)) for client in range(clients)]
    with _undisturbed():
        for thread in threads:
            thread.start()
        start.wait()
        began, cpu = time.perf_counter(), time.process_time()
        for thread in threads:
            thread.join()
        whole = Outcome(seconds=time.perf_counter() - began, cpu_seconds=time.process_time() - cpu)
    for connection, one in zip(connections, seen, strict=True):
        connection.close()
        whole.add(one)
    return whole


def _send(connection: Client, post: Post, client: int, number: int, due: float, seen: Outcome) -> None:
    try:
        key, reply = post.send(connection.ask, client, number)
    except OSError as error:
        seen.faults.append(f"{type(error).__name__}: {error}")
        connection.connect_again()
        return
    wait = time.perf_counter() - due
    if post.accepts(reply):
        seen.waits.append(wait)
        seen.acknowledged.append(key)
    else:
        seen.faults.append(f"{reply.status}: {reply.body[:300].decode('utf-8', 'replace')}")


@contextmanager
def _undisturbed() -> Iterator[None]:
    gc.disable()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        gc.enable()
