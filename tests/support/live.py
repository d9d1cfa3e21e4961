"""The product as a newcomer starts it: web server, worker and all, in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.ports import free_port, wait_until_free

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 300  # a machine that does other things at the same time needed more than 120
INHERITED = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ"}  # nothing of the caller's settings
STARTED = re.compile(r"(web server|worker) \(process (\d+)\)")
LINK = re.compile(r"^\s+(\S+)\s.*?(http://\S+)$")
READY = "Ctrl-C stops it."


@dataclass
class LiveServer:
    """A running product: where it is, how to sign in, and its processes."""

    address: str
    instance: Path
    environment: dict[str, str]
    process: subprocess.Popen[str] | None = None
    output: list[str] = field(default_factory=list)
    _ready: threading.Event = field(default_factory=threading.Event)

    @property
    def links(self) -> dict[str, str]:
        """Role -> single-use sign-in link, as printed at the start."""
        return {found[1]: found[2] for line in self.output if (found := LINK.match(line))}

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of ``web server`` and ``worker``; each leads a process group with its children."""
        return {found[1]: int(found[2]) for line in self.output for found in STARTED.finditer(line)}

    def url(self, path: str) -> str:
        return f"{self.address}{path}"

    def secret(self, name: str) -> str:
        """A secret that the product made for itself, for instance ``ticket_key``."""
        stored = tomllib.loads((self.instance / "eventapp.toml").read_text("utf-8"))
        return str(stored[name])

    def start(self) -> None:
        """Start, and wait until everything answers."""
        self.output.clear()
        self._ready.clear()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.run"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        until = time.monotonic() + START_SECONDS
        while not self._ready.wait(0.1):
            assert self.process.poll() is None, "The product did not start:\n" + "\n".join(self.output[-50:])
            assert time.monotonic() < until, "The product was not ready in time:\n" + "\n".join(self.output[-50:])

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C does; returns its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=60)
        self.process = None
        return code

    def kill(self) -> None:
        """Kill every process at once with SIGKILL, as a power cut would, supervisor and children included."""
        assert self.process is not None
        for group in (self.process.pid, *self.pids.values()):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self.process.wait(timeout=60)
        self.process = None
        wait_until_free(int(self.environment["PORT"]))

    def run(self, *arguments: str) -> str:
        """Run one of the product's commands (``flask --app wsgi …``) on this installation; returns what it prints."""
        command: list[str | Path] = [Path(sys.executable).parent / "flask", "--app", "wsgi", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"flask {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return str(done.stdout)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self.output.append(line.rstrip("\n"))
                if READY in line:
                    self._ready.set()


@contextmanager
def running(instance: Path, settings: Mapping[str, str]) -> Iterator[LiveServer]:
    """Start the product with these settings in an instance folder of its own, and stop it afterwards."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if name in INHERITED}
    environment = {**inherited, "PORT": str(port), "EVENTAPP_INSTANCE": str(instance), **settings}
    server = LiveServer(f"http://127.0.0.1:{port}", instance, environment)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
