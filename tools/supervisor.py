"""Several processes that live and end together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 30  # longer than the web server gives to open requests
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Command:
    """A process to keep running: its name for people, and its command line."""

    name: str
    line: Sequence[str | Path]


def keep_running(
    commands: Sequence[Command], environment: Mapping[str, str], folder: Path, ready: Callable[[], bool]
) -> int:
    """Run all commands until we are told to stop (SIGINT, SIGTERM) or one of them ends; then stop the rest.

    :param ready: asked now and then until it says yes; says so to the people who wait.
    :returns: 0 when told to stop; else the code of the one that ended first, 1 when that was 0.
    """
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for command in commands:
            running[command.name] = _start(command, environment, folder)
        print("Started " + ", ".join(f"{name} (process {one.pid})" for name, one in running.items()), flush=True)
        is_ready = False
        while not told.wait(LOOK_SECONDS):
            for name, process in running.items():
                if (code := process.poll()) is not None:
                    print(f"The {name} ended with code {code}, so everything was stopped.", file=sys.stderr)
                    return abs(code) or 1
            is_ready = is_ready or ready()
        return 0
    finally:
        _stop(list(running.values()))


def _start(command: Command, environment: Mapping[str, str], folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command.line,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
    )


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask all to end, and make those end that have not done so in time, with the children they made."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(timeout=max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
