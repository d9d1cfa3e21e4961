"""What somebody is told when the database says no: who was quicker, or that it cannot just now."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from eventapp.audit import AuditEntry
from eventapp.clock import system_now
from eventapp.db import db
from eventapp.web.csrf import protect
from eventapp.web.permissions import public

FAULTS = {"full": OperationalError("INSERT", {}, OSError("disk full")), "queue": PoolTimeoutError(), "ours": KeyError()}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of an application that adds a row with an id, and of one that fails as asked."""

    @app.post("/rows/<row_id>")
    @protect.exempt
    @public
    def add_row(row_id: str):
        db.session.add(AuditEntry(id=row_id, at=system_now(), act="test.added", facts={}))
        return "done"  # the row is written when the request ends

    @app.post("/faults/<name>")
    @protect.exempt
    @public
    def fail(name: str):
        raise FAULTS[name]

    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


def test_who_was_not_the_first_is_told_so_and_nothing_is_kept(app: Flask, client: FlaskClient) -> None:
    assert client.post("/rows/one").status_code == 200
    page = client.post("/rows/one")
    assert page.status_code == 409
    assert "En anden gemte noget i samme øjeblik" in page.text
    with app.app_context():
        assert db.session.scalar(select(func.count(AuditEntry.id))) == 1


@pytest.mark.parametrize(("name", "status", "wait"), [("full", 503, "30"), ("queue", 503, "30"), ("ours", 500, None)])
def test_a_database_that_cannot_just_now_is_a_reason_to_try_again(
    client: FlaskClient, name: str, status: int, wait: str | None
) -> None:
    for accept in ("text/html", "application/json"):
        answer = client.post(f"/faults/{name}", headers={"Accept": accept})
        assert (answer.status_code, answer.headers.get("Retry-After")) == (status, wait)
