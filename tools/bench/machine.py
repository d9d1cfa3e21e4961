"""Which machine it was, and how it felt: figures mean nothing without."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psycopg

from tools.bench.compare import percentile

FLUSHES = 300
BLOCK = b"x" * 16_384


@dataclass(frozen=True)
class Machine:
    """What a reader must know to judge the figures. Waits for a flush in milliseconds."""

    at: datetime
    processor: str
    cores: int
    memory_gb: float
    system: str
    file_system: str
    programs: str
    load_before: float
    flush_p50: float
    flush_p99: float


def look(folder: Path) -> Machine:
    """Look at the machine that this runs on. ``folder``: where the databases will lie."""
    flushes = sorted(_flush_waits(folder))
    return Machine(
        at=datetime.now(UTC),
        processor=_first(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo")),
        cores=len(os.sched_getaffinity(0)),
        memory_gb=int(_first(r"MemTotal:\s*(\d+)", Path("/proc/meminfo"))) / 1024**2,
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        file_system=_file_system(folder),
        programs=_programs(),
        load_before=os.getloadavg()[0],
        flush_p50=1000 * median(flushes),
        flush_p99=1000 * percentile(flushes, 0.99),
    )


def postgresql_version(server: str) -> str:
    """Such as "PostgreSQL 15.18"."""
    with psycopg.connect(server.replace("postgresql+psycopg", "postgresql")) as conn:
        number = conn.info.server_version
    return f"PostgreSQL {number // 10_000}.{number % 10_000}"


def _programs() -> str:
    packages = ("Flask", "SQLAlchemy", "psycopg", "gunicorn")
    named = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    return ", ".join([*named, *(f"{name} {version(name)}" for name in packages)])


def _flush_waits(folder: Path) -> list[float]:
    """How long the disk takes to keep 16 kB for good, in seconds."""
    waits = []
    path = folder / "flush"
    with path.open("wb", buffering=0) as file:
        for _ in range(FLUSHES):
            file.write(BLOCK)
            began = time.perf_counter()
            os.fsync(file.fileno())
            waits.append(time.perf_counter() - began)
    path.unlink()
    return waits


def _file_system(folder: Path) -> str:
    found = subprocess.run(["findmnt", "-n", "-o", "FSTYPE", "-T", folder], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def _first(pattern: str, path: Path) -> str:
    found = re.search(pattern, path.read_text("utf-8"))
    return found[1].strip() if found else "unknown"
