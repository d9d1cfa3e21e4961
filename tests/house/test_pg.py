"""The private PostgreSQL of tests and measurements leaves nothing behind, whatever becomes of its owner."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tools.pg import private_server

ROOT = Path(__file__).resolve().parent.parent.parent


def folder_of(url: str) -> Path:
    host = make_url(url).query["host"]
    assert isinstance(host, str)
    return Path(host)


def test_server_listens_on_its_socket_alone_and_is_gone_afterwards() -> None:
    with private_server() as url:
        address = make_url(url).set(drivername="postgresql").render_as_string()
        with psycopg.connect(address) as conn:
            listening = conn.execute("SELECT current_setting('listen_addresses')").fetchone()
        assert listening == ("",)
    assert not folder_of(url).exists()


def test_server_is_gone_after_a_failure() -> None:
    with pytest.raises(ZeroDivisionError), private_server() as url:
        raise ZeroDivisionError
    assert not folder_of(url).exists()


def test_server_goes_when_its_owner_is_killed() -> None:
    owner = subprocess.Popen([sys.executable, "-m", "tools.pg"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    folder = folder_of(owner.stdout.readline().strip())
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    until = time.monotonic() + 20
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert not folder.exists()


def test_flushes_to_the_disk_when_asked_for_measurements() -> None:
    with private_server(durable=True) as url:
        address = make_url(url).set(drivername="postgresql").render_as_string()
        with psycopg.connect(address) as conn:
            assert conn.execute("SELECT current_setting('fsync')").fetchone() == ("on",)
    assert os.path.lexists(folder_of(url)) is False
