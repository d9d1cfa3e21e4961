"""How the web server is made ready before its workers are forked (gunicorn.conf.py)."""

from __future__ import annotations

import gc
import runpy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from eventapp.db import db

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def conf(app: Flask) -> Iterator[dict[str, Any]]:
    """The settings, after the hook has run on the application."""
    with app.app_context(), db.engine.connect() as conn:
        conn.exec_driver_sql("SELECT 1")
    found = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    found["when_ready"](SimpleNamespace(app=SimpleNamespace(wsgi=lambda: app)))
    yield found
    gc.unfreeze()


def test_no_connection_is_handed_to_two_workers(app: Flask, conf: dict[str, Any]) -> None:
    with app.app_context():
        assert db.engine.pool.status().startswith("Pool size: 20  Connections in pool: 0")
        assert "Current Checked out connections: 0" in db.engine.pool.status()


def test_templates_of_the_rush_are_compiled_once_for_all_workers(app: Flask, conf: dict[str, Any]) -> None:
    assert conf["preload_app"]
    assert app.jinja_env.cache is not None
    compiled = {name for _, name in app.jinja_env.cache}
    for prefix in conf["RUSH"]:
        assert [name for name in compiled if name.startswith(prefix)], prefix
    assert {"registration/form.html", "registration/ticket.html", "events/show.html"} <= compiled


def test_the_collector_leaves_alone_what_the_workers_share(conf: dict[str, Any]) -> None:
    assert gc.get_freeze_count() > 100_000
