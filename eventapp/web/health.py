"""What machines ask: alive, ready, and how much of everything there is."""

from __future__ import annotations

import tempfile

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from eventapp.config import settings
from eventapp.db import reading, sqlite_faults
from eventapp.web.permissions import Permission, public, requires
from eventapp.web.registry import registry

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    return {"status": "alive"}


@bp.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """200 when everything that a citizen's post needs is there, else 503 with what is wrong."""
    faults = [fault for check in (_database, _files, *registry().readiness) if (fault := check())]
    return {"status": "not ready" if faults else "ready", "faults": faults}, 503 if faults else 200


@bp.get("/metrics")
@requires(Permission.READ_METRICS)
def metrics() -> ResponseReturnValue:
    """Gauges read from the database, so that every process gives the same figures."""
    collected = CollectorRegistry()
    for read in registry().gauges:
        for name, value in read().items():
            Gauge(name, name.replace("_", " "), registry=collected).set(value)
    return Response(generate_latest(collected), content_type=CONTENT_TYPE_LATEST)


def _database() -> str | None:
    with reading() as conn:
        conn.exec_driver_sql("SELECT 1")
        return "; ".join(sqlite_faults(conn)) or None


def _files() -> str | None:
    folder = settings().blob_path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError:
        return "files cannot be stored"
