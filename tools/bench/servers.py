"""The two servers that are held against each other, started the way ``make run`` starts the product's."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from tools.bench.world import World
from tools.run import prepare

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = Path(sys.executable).parent
START_SECONDS = 120
STOP_SECONDS = 30
INHERITED = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"}  # nothing of the caller's settings
PRODUCT, BARE = "wsgi:app", "tools.bench.bare:application()"
SHARE = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class Server:
    """A server that runs: its port, 0 for the worker, and its first process."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """Processor time that all its processes have used so far; less at the mercy of neighbours than any clock."""
        return sum(_ticks(pid) for pid in _family(self.process.pid)) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Memory of all its processes, pages they share counted once."""
        return sum(_kilobytes(pid) for pid in _family(self.process.pid)) / 1024


@contextmanager
def product(world: World, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """The product as it is, on the world's database."""
    environment = {"EVENTAPP_INSTANCE": world.folder, "DATABASE_URL": world.database}
    with _running(PRODUCT, Path(world.folder), {**environment, **(settings or {})}) as server:
        yield server


@contextmanager
def bare(world: World, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """The bare function, on the world's database."""
    told = Path(world.folder) / "bare.json"
    world.write(told)
    with _running(BARE, Path(world.folder), {"BENCH_WORLD": str(told), **(settings or {})}) as server:
        yield server


@contextmanager
def demo(folder: Path) -> Iterator[Server]:
    """The product with the demo case, made ready by ``make run``'s own steps."""
    port = free_port()
    settings = prepare({**_inherited(), "EVENTAPP_INSTANCE": str(folder)}, port)
    with _running(PRODUCT, folder, settings, port) as server:
        yield server


@contextmanager
def worker(world: World) -> Iterator[Server]:
    """The product's worker, which ``make run`` starts beside the web server; it has sent what was waiting."""
    environment = {**_inherited(), "EVENTAPP_INSTANCE": world.folder, "DATABASE_URL": world.database}
    line: list[str | Path] = [PROGRAMS / "flask", "--app", "wsgi", "worker"]
    with (Path(world.folder) / "worker.log").open("ab") as log:
        process = subprocess.Popen(line, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait(lambda: world.mails_waiting() == 0, process, Path(world.folder) / "worker.log")
        yield Server(0, process)
    finally:
        stop(process)


@contextmanager
def _running(app: str, folder: Path, settings: Mapping[str, str], port: int = 0) -> Iterator[Server]:
    """gunicorn as gunicorn.conf.py says, its lines in a file as a service manager would keep them."""
    port = port or free_port()
    environment = {**_inherited(), "PUBLIC_URL": f"http://127.0.0.1:{port}", **settings}
    line: list[str | Path] = [PROGRAMS / "gunicorn", "--log-level=warning", f"--bind=127.0.0.1:{port}", app]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(line, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait(lambda: _answers(port), process, folder / "server.log")
        yield Server(port, process)
    finally:
        stop(process)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and end it when it does not."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError("A process did not come up:\n" + log.read_text("utf-8", "replace")[-3000:])
        time.sleep(0.1)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return True
    except (URLError, OSError):
        return False


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in INHERITED}


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _ticks(pid: int) -> int:
    """User and system time: fields 14 and 15, counted behind the name in brackets, which may hold anything."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _kilobytes(pid: int) -> int:
    found = SHARE.search(Path(f"/proc/{pid}/smaps_rollup").read_text("ascii"))
    return int(found[1]) if found else 0
