"""Every route with each part behind it away in turn: a page that can be read, the text kept, nothing in the log.

With a database that is away, for all who ask as staff: their session cannot be looked up. Without a session a page may
go on as far as it needs nothing that is away, and is then a refusal or a way on like any other day's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Domain
from jinja2 import DictLoader
from sqlalchemy import event
from werkzeug.test import TestResponse

from eventapp import create_app
from eventapp.config import Settings
from eventapp.db import db
from eventapp.web import logs
from eventapp.web.csrf import protect
from eventapp.web.permissions import Role, public
from tests.support.databases import close
from tests.support.html import Page, page_faults
from tests.support.routes import routes
from tests.support.staff import sign_in
from tools.pg import private_server

WORD = "Skrevet af Åse Æbelø <ved> køkkenbordet"
DANISH = {500: "Der skete en fejl hos os", 503: "Vi har lukket et øjeblik"}
ENGLISH = {500: "Something went wrong at our end", 503: "We are closed for a moment"}
LEAVING = {"accounts.sign_out", "checkin.depart"}  # whoever takes these is nobody afterwards


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """What stands in the log: lines of ours, and those of libraries."""
    file = StringIO()
    processors = structlog.get_config()["processors"]
    monkeypatch.setattr(logs, "log", structlog.wrap_logger(structlog.PrintLogger(file), processors=processors))
    with caplog.at_level(logging.WARNING):
        yield lambda: file.getvalue() + caplog.text


def opened(app: Flask) -> FlaskClient:
    """A client whose forms are ours, of an application that answers its own faults."""
    app.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    return app.test_client()


def walked(app: Flask, client: FlaskClient) -> dict[str, TestResponse]:
    """The answer of every route; what is posted has a text in it."""
    found = {}
    for route in routes(app):
        if route.endpoint not in LEAVING:
            data = {"body": WORD, "key": "0" * 32} if route.changes else None
            found[str(route)] = route.ask(client, data=data)
    return found


def faults_of(answers: dict[str, TestResponse], *allowed: int) -> str:
    """What is wrong with them, a line each. Only ``allowed`` ones are faults that may be told at all."""
    return "\n".join(f"{name}: {fault}" for name, answer in answers.items() for fault in _faults(answer, allowed))


def _faults(answer: TestResponse, allowed: tuple[int, ...]) -> Iterator[str]:
    status = answer.status_code
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    if status not in allowed:
        yield f"status {status}"
    if "Traceback" in answer.text or ".py" in answer.text:
        yield "tells its inside"
    if answer.mimetype == "text/html":
        yield from _page_faults(answer)


def _page_faults(answer: TestResponse) -> Iterator[str]:
    """What is wrong with a page: it is the one in both languages, or the form itself with a word on top."""
    status = answer.status_code
    if (answer.headers.get("Retry-After") == "30") != (status == HTTPStatus.SERVICE_UNAVAILABLE):
        yield f"Retry-After: {answer.headers.get('Retry-After')}"
    if DANISH[status] not in answer.text or ENGLISH[status] not in answer.text:
        yield "not in both languages"
    if answer.request.method == "POST" and field_of(Page(answer.text), "body") != WORD:
        yield "the text is lost"
    if answer.headers["Cache-Control"] != "no-store" or "nosniff" not in str(answer.headers):
        yield "without its headers"


def field_of(page: Page, name: str) -> str | None:
    found = [one for one in page.root.all("input") if one.attributes.get("name") == name]
    return found[0].attributes.get("value") if found else None


# --- the database --------------------------------------------------------------------------------------------


@pytest.fixture
def stopped(base_settings: Settings) -> Iterator[Flask]:
    """An application whose PostgreSQL has stopped after it started."""
    with private_server() as url:
        made = create_app(replace(base_settings, database_url=url), testing=True)
    yield made
    with made.app_context():
        db.engine.dispose()


def test_a_stopped_postgresql(stopped: Flask, written: Callable[[], str]) -> None:
    client = opened(stopped)
    without = walked(stopped, client)
    assert faults_of(without, 503) == ""
    assert without["GET /healthz (health.alive)"].status_code == 200
    assert without["GET / (pages.front)"].status_code == 503
    client.set_cookie("staff", "a-session-of-somebody")
    answers = walked(stopped, client)
    assert faults_of(answers, 503) == ""
    assert [name for name, answer in answers.items() if answer.status_code < 500] == [
        "GET /static/img/favicon.svg (static)"
    ]
    assert "Æbelø" not in written()
    assert "Traceback" not in written()


@pytest.mark.engines("postgresql")
def test_the_first_request_after_the_database_is_back_works(
    app: Flask, settings: Settings, postgresql_url: str
) -> None:
    client = opened(app)
    assert client.get("/").status_code == 200
    elsewhere, name = create_app(replace(settings, database_url=postgresql_url), testing=True), _name(settings)
    with elsewhere.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        conn.exec_driver_sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
        assert client.get("/cases/nothing").status_code == 503
        assert client.get("/readyz").status_code == 503
        conn.exec_driver_sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        assert client.get("/cases/nothing").status_code == 404
    close(elsewhere)


def _name(settings: Settings) -> str:
    return settings.database_url.rpartition("/")[2].partition("?")[0]


SQLITE = {
    "read-only": "PRAGMA query_only=ON",
    "full": "PRAGMA max_page_count=1",
    "unreadable": "ATTACH DATABASE '/nowhere/at/all.db' AS gone",
}


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("how", SQLITE)
def test_a_sqlite_file_that_cannot(app: Flask, written: Callable[[], str], how: str) -> None:
    client = opened(app)
    sign_in(client, *set(Role) - {Role.DOOR})
    with app.app_context():
        db.engine.dispose()
        event.listen(db.engine, "connect", lambda conn, _record: conn.execute(SQLITE[how]))
    assert faults_of(walked(app, client), 503) == ""
    assert "Æbelø" not in written()
    assert "Traceback" not in written()


# --- everything else -----------------------------------------------------------------------------------------


def without_templates(app: Flask, _patch: pytest.MonkeyPatch) -> None:
    app.jinja_env.loader = DictLoader({})
    app.jinja_env.cache = {}


def with_broken_template(app: Flask, _patch: pytest.MonkeyPatch) -> None:
    app.jinja_env.loader = DictLoader(dict.fromkeys(app.jinja_env.list_templates(), "{% if %}"))
    app.jinja_env.cache = {}


def without_static_files(app: Flask, _patch: pytest.MonkeyPatch) -> None:
    app.static_folder = "/nowhere"


def without_catalogue(_app: Flask, patch: pytest.MonkeyPatch) -> None:
    def fail(_domain: Domain) -> Any:
        raise OSError("messages.mo")

    patch.setattr(Domain, "get_translations", fail)


def without_folders(app: Flask, _patch: pytest.MonkeyPatch) -> None:
    """Blobs and mails lie on a disk that is not there."""
    gone = Path("/proc/version/instance")
    app.extensions["settings"] = replace(app.extensions["settings"], instance_path=gone, blob_url=str(gone / "blobs"))


def with_another_secret(app: Flask, _patch: pytest.MonkeyPatch) -> None:
    app.config["SECRET_KEY"] = "another" * 9


AWAY: dict[str, tuple[Callable[[Flask, pytest.MonkeyPatch], None], tuple[int, ...]]] = {
    "templates": (without_templates, (500,)),
    "a template": (with_broken_template, (500,)),
    "static files": (without_static_files, (503,)),
    "catalogue": (without_catalogue, (503,)),
    "folders": (without_folders, (503,)),
    "secret": (with_another_secret, ()),
}


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("part", AWAY)
def test_a_part_is_away(app: Flask, written: Callable[[], str], monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    client = opened(app)
    sign_in(client, *set(Role) - {Role.DOOR})
    take_away, allowed = AWAY[part]
    take_away(app, monkeypatch)
    answers = walked(app, client)
    answers.pop("GET /readyz (health.ready)")  # says in its own words what is away
    assert faults_of(answers, *allowed) == ""
    assert "Æbelø" not in written()
    assert "Traceback" not in written()


# --- the page itself -----------------------------------------------------------------------------------------


@pytest.fixture
def failing(app: Flask) -> FlaskClient:
    """Of an application that fails at /fail with a part away, and once more while the hooks run."""

    @app.route("/fail", methods=["GET", "POST"])
    @protect.exempt
    @public
    def fail() -> str:
        raise OSError("away")

    @app.after_request
    def fail_again(_response: object) -> Any:
        raise LookupError("a hook")

    return opened(app)


@pytest.mark.engines("sqlite")
def test_what_was_posted_can_be_sent_once_more_as_it_is(failing: FlaskClient) -> None:
    data = {
        "a": ["1", "2"],
        "csrf_token": "t",
        "form_page": "/x",
        "password": "hemmelig",
        "f": (BytesIO(b"x"), "a.txt"),
    }
    answer = failing.post("/fail?next=%2Fa%26b&x=1", data=data)
    page = Page(answer.text)
    (form,) = page.forms()
    assert form.attributes["action"] == "/fail?next=%2Fa%26b&x=1"
    assert form.attributes["enctype"] == "multipart/form-data"
    sent = [(one.attributes["name"], one.attributes["type"], one.attributes.get("value")) for one in form.all("input")]
    assert sent == [
        ("a", "hidden", "1"),
        ("a", "hidden", "2"),
        ("csrf_token", "hidden", "t"),
        ("form_page", "hidden", "/x"),
        ("password", "password", None),
        ("f", "file", None),
    ]
    assert "hemmelig" not in answer.text


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_is_a_good_page(failing: FlaskClient, method: str) -> None:
    answer = failing.open("/fail", method=method, data={"a": "1", "password": "x", "f": (BytesIO(b"x"), "a.txt")})
    assert page_faults(Page(answer.text)) == []


@pytest.mark.engines("sqlite")
def test_a_program_gets_json(failing: FlaskClient) -> None:
    answer = failing.post("/fail", data={"a": "1"}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (500, "application/json")
