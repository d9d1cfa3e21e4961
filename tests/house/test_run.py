"""``make run``: everything is there after one command, and all of it stops together."""

import os
import signal
import socket
import stat
import urllib.request
from collections.abc import Callable

import pytest

from tests.support.databases import PostgresDatabases
from tests.support.live import LiveServer
from tools.run import StartError, free_port

ROLES = {"organiser", "officer"}


def get(server: LiveServer, path: str) -> int:
    with urllib.request.urlopen(server.url(path), timeout=60) as response:
        return int(response.status)


def test_newcomer_gets_an_answer_and_a_way_in(live_server: LiveServer) -> None:
    assert get(live_server, "/") == 200
    assert set(live_server.links) >= ROLES
    assert all(link.startswith(live_server.address) for link in live_server.links.values())
    check_secrets(live_server)
    assert live_server.stop() == 0


def check_secrets(live_server: LiveServer) -> None:
    """They are random, and for nobody else's eyes."""
    file = live_server.instance / "eventapp.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(live_server.secret("secret_key")) >= 32
    assert live_server.secret("secret_key") != live_server.secret("ticket_key")


def test_it_starts_again_on_what_it_has_also_after_a_power_cut(live_server: LiveServer) -> None:
    secret = live_server.secret("secret_key")
    live_server.kill()
    live_server.start()
    assert (get(live_server, "/"), live_server.secret("secret_key")) == (200, secret)


def test_when_one_half_dies_the_other_is_stopped(live_server: LiveServer) -> None:
    for name in ("web server", "worker"):
        assert live_server.process is not None
        os.killpg(live_server.pids[name], signal.SIGKILL)
        assert live_server.process.wait(timeout=60) != 0
        with pytest.raises(OSError):
            get(live_server, "/healthz")
        live_server.start()


def test_it_runs_on_postgresql_too(
    start_server: Callable[..., LiveServer], postgres_databases: PostgresDatabases
) -> None:
    url = postgres_databases.empty()
    server = start_server(DATABASE_URL=url)
    assert get(server, "/") == 200
    assert server.stop() == 0
    postgres_databases.drop(url)


@pytest.mark.parametrize("text", ["", "web", "0", "70000"])
def test_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(StartError, match="no port number"):
        free_port(text)


def test_port_that_is_taken_is_told_with_another(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"make run PORT={port + 1}"):
            free_port(str(port))
