"""A PostgreSQL server of one's own, for as long as it is needed: no TCP, nothing left afterwards.

python -m tools.pg        start one, print its address, stop it with Ctrl-C
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

SERVICE_USER = "postgres"
START_SECONDS = STOP_SECONDS = 120  # a machine that does other things at the same time

# The server must go when its owner goes, whichever way that happens, also by SIGKILL. So the shell that started it
# reads from a pipe that the owner holds open: when the owner is gone the read ends, the server stops, the folder goes.
# It stops at once and writes nothing down any more: all that it holds is thrown away.
KEEPER = """
trap '' INT TERM HUP
"$1/initdb" --pgdata="$2/data" --username=eventapp --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync \\
    >"$2/log" 2>&1 || exit 1
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync="$3" -c max_connections=200 \\
    >>"$2/log" 2>&1 </dev/null &
server=$!
read -r _
kill -QUIT "$server"
wait "$server"
rm -rf "$2"
"""


class PostgresError(Exception):
    """There is no PostgreSQL on this machine, or it did not start."""


@contextmanager
def private_server(*, durable: bool = False) -> Iterator[str]:
    """Run a server in a fresh folder and give the address of its first database.

    As root the folder belongs to ``postgres`` and the server runs as that user, for PostgreSQL refuses root. The
    folder lies directly under the system's temporary folder: that user cannot enter a private home.

    :param durable: flush to the disk as in real use; for measurements. Tests run without, they end sooner.
    :raises PostgresError: with what the server wrote.
    """
    folder = Path(tempfile.mkdtemp(prefix="eventapp-pg-"))
    keeper = _start(folder, durable=durable)
    try:
        _wait(keeper, folder)
        yield f"postgresql+psycopg://eventapp@/postgres?host={folder}"
    finally:
        _stop(keeper)
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    as_service: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, SERVICE_USER)
        as_service = ["runuser", "-u", SERVICE_USER, "--"]
    return subprocess.Popen(
        [*as_service, "sh", "-c", KEEPER, "keeper", _programs(), folder, "on" if durable else "off"],
        stdin=subprocess.PIPE,
        cwd=folder,
        start_new_session=True,  # Ctrl-C is for the owner, who then stops the server in order
    )


def _programs() -> Path:
    """Folder of the newest server programs; Debian keeps them out of PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if not folders:
        raise PostgresError("PostgreSQL's server is not installed. On Debian: apt-get install postgresql")
    return folders[-1]


def _wait(keeper: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while not _answers(folder):
        if keeper.poll() is not None or time.monotonic() > until:
            log = folder / "log"
            raise PostgresError(log.read_text("utf-8", "replace") if log.exists() else "PostgreSQL did not start.")
        time.sleep(0.05)


def _answers(folder: Path) -> bool:
    try:
        psycopg.connect(host=str(folder), user="eventapp", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _stop(keeper: subprocess.Popen[bytes]) -> None:
    if keeper.stdin:
        keeper.stdin.close()
    keeper.wait(timeout=STOP_SECONDS)


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with private_server(durable=True) as url:
        print(url, flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
