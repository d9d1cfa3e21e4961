"""Start the product the way a newcomer meets it: one command, web server and worker, stopped together.

Reads PORT (8000), DEMO_STAGE, EVENTAPP_INSTANCE and the settings of ``docs/settings.md``. Makes what is missing:
secrets, tables, and on an empty database the demo case.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.error import URLError

from eventapp import config
from eventapp.cli import make_secrets
from tools.supervisor import Command, keep_running

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent


class StartError(Exception):
    """The product cannot start; the text says what to do."""


def main() -> int:
    try:
        port = free_port(os.environ.get("PORT", "8000"))
        environment = prepare(os.environ, port)
    except (StartError, config.SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    address = f"http://127.0.0.1:{port}"
    web = Command("web server", (PROGRAMS / "gunicorn", "--log-level=warning", f"--bind=127.0.0.1:{port}", "wsgi:app"))
    worker = Command("worker", (PROGRAMS / "flask", "--app", "wsgi", "worker"))
    return keep_running([web, worker], environment, ROOT, lambda: answers(address) and announce(address, environment))


def free_port(text: str) -> int:
    """The port as a number, when nobody listens there.

    :raises StartError: when it cannot be used.
    """
    if not text.isdigit() or not 0 < int(text) < 2**16:
        raise StartError(f"PORT={text} is no port number.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError as error:
            raise StartError(f"Port {text} is taken. Choose another: make run PORT={int(text) + 1}") from error
    return int(text)


def prepare(environ: Mapping[str, str], port: int) -> dict[str, str]:
    """Secrets, tables and demo case where they are missing; returns the environment of the processes.

    :raises StartError: when a step failed; it has said why.
    :raises SettingsError: when the settings are unsafe.
    """
    instance = Path(environ.get("EVENTAPP_INSTANCE", ROOT / "instance"))
    make_secrets(instance)
    settings = config.load(environ, instance)
    environment = {**environ, "EVENTAPP_INSTANCE": str(instance.absolute())}
    if settings.is_loopback:  # links must lead to the port we listen on
        environment["PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    config.check(settings)
    for step in (("db", "upgrade"), ("demo", "load", "--if-empty")):
        if flask(environment, *step):
            raise StartError(f"`flask --app wsgi {' '.join(step)}` failed, so nothing was started.")
    return environment


def flask(environment: Mapping[str, str], *arguments: str) -> int:
    """Run one of the product's own commands, which prints for itself; returns its exit code."""
    command: list[str | Path] = [PROGRAMS / "flask", "--app", "wsgi", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


def answers(address: str) -> bool:
    """Whether everything that a citizen's post needs is there."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as response:
            return bool(response.status == HTTPStatus.OK)
    except (URLError, OSError):
        return False


def announce(address: str, environment: Mapping[str, str]) -> bool:
    """Say where the product is, and how to sign in to the demo."""
    print(f"\nEventapp answers on {address}\n", flush=True)
    flask(environment, "demo", "links")
    print("\nCtrl-C stops it.", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
