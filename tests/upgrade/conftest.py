"""Yesterday's product, brought to today: the database that it left, its files and keys, and what it promised.

``yesterday/<database>/`` was made by commit 0fc3558 with ``yesterday/made_by.txt``: the demo at its last stage, and
beside it a case of Havneby with what the demo lacks.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import make_url

from eventapp import clock, create_app
from eventapp.config import Settings
from eventapp.db import as_moment, db
from eventapp.demo.models import DemoState
from tests.conftest import make_settings
from tests.support.databases import Databases, close, migrate

YESTERDAY = Path(__file__).parent / "yesterday"


@dataclass(frozen=True)
class Yesterday:
    """What was stored on one kind of database, and what must still hold."""

    folder: Path

    @property
    def promises(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "promises.json").read_text("utf-8"))
        return found

    def load(self, url: str) -> None:
        """Fill an empty database."""
        dump = gzip.decompress((self.folder / "dump.sql.gz").read_bytes()).decode()
        if url.startswith("sqlite"):
            with sqlite3.connect(make_url(url).database or "") as conn:
                conn.executescript(dump)
            conn.close()
            return
        address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(dump.encode())

    def unpack(self, instance: Path) -> None:
        """Files, signing key, and the signed heads that are kept outside the database."""
        with tarfile.open(self.folder / "instance.tar.gz") as files:
            files.extractall(instance, filter="data")


@pytest.fixture(scope="session")
def yesterday(engine: str) -> Yesterday:
    return Yesterday(YESTERDAY / engine)


@pytest.fixture(scope="session")
def promises(yesterday: Yesterday) -> dict[str, Any]:
    return yesterday.promises


@pytest.fixture(scope="session")
def upgraded_url(databases: Databases, yesterday: Yesterday, base_settings: Settings) -> str:
    """Loaded and migrated once; each test works on a copy."""
    url = databases.empty()
    yesterday.load(url)
    migrate(replace(base_settings, database_url=url))
    return url


@pytest.fixture
def settings(databases: Databases, upgraded_url: str, yesterday: Yesterday, tmp_path: Path) -> Iterator[Settings]:
    """Those of yesterday's installation, on a copy of its upgraded database."""
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    yesterday.unpack(instance)
    url = databases.copy(upgraded_url)
    yield make_settings(instance, url)
    databases.drop(url)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """Today's product, at the moment at which yesterday's was left."""
    made = create_app(settings, testing=True)
    with made.app_context():
        state = db.session.get_one(DemoState, 1)
        shown_at = as_moment(state.shown_at)
        db.session.rollback()
    go_to(made, shown_at)
    yield made
    close(made)


def go_to(app: Flask, moment: datetime) -> None:
    """Put the demo's clock, which domain time follows, to a moment."""
    with app.app_context():
        state = db.session.get_one(DemoState, 1)
        state.shown_at, state.set_at = moment, clock.system_now()
        db.session.commit()
    app.extensions.pop("demo", None)  # what this process last saw of it
