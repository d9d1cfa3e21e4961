"""Headers of every answer, errors included (reliability S7, S21, S22, S28, S29)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask, send_file
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eventapp import create_app
from eventapp.config import Settings
from eventapp.web.permissions import Role, public
from tests.support.databases import close
from tests.support.routes import routes
from tests.support.staff import sign_in

pytestmark = pytest.mark.engines("sqlite")
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT = {
    "default-src": "'none'",
    "style-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
WASM_ALLOWED = {"checkin.door", "checkin.worker", "static"}


def policy(answer: TestResponse) -> dict[str, str]:
    parts = (one.strip().partition(" ") for one in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


def faults_of(answer: TestResponse, endpoint: str = "") -> Iterator[str]:
    yield from (
        f"{name}: {answer.headers.get(name)}" for name, value in ALWAYS.items() if answer.headers.get(name) != value
    )
    found = policy(answer)
    yield from (f"{name} {found.get(name)}" for name, value in STRICT.items() if found.get(name) != value)
    scripts = found["script-src"].split()
    if scripts != ["'self'"] and not (scripts == ["'self'", "'wasm-unsafe-eval'"] and endpoint in WASM_ALLOWED):
        yield f"script-src {scripts}"
    if (
        "unsafe-inline" in answer.headers["Content-Security-Policy"]
        or "http" in answer.headers["Content-Security-Policy"]
    ):
        yield "the policy is not strict"
    camera = "camera=(self)" in answer.headers["Permissions-Policy"]
    if camera and endpoint != "checkin.door":
        yield "may use the camera"
    if not answer.headers.get("Cache-Control"):
        yield "says nothing of caching"
    if "Server" in answer.headers and "Python" in answer.headers["Server"]:
        yield "says what it runs on"


@pytest.fixture
def everybody(app: Flask) -> FlaskClient:
    """Signed in with every role of staff."""
    client = app.test_client()
    sign_in(client, *(set(Role) - {Role.DOOR}))
    return client


def test_every_page_has_the_headers(app: Flask, everybody: FlaskClient) -> None:
    faults = [
        f"{route}: {fault}"
        for route in routes(app)
        if not route.changes
        for fault in faults_of(route.ask(everybody), route.endpoint)
    ]
    assert faults == []


def test_personal_and_staff_pages_are_kept_nowhere(app: Flask, everybody: FlaskClient) -> None:
    answers = {
        str(route): route.ask(everybody).headers["Cache-Control"]
        for route in routes(app)
        if not route.changes and (route.permission or route.path.startswith(("/staff", "/t/", "/T/", "/i/", "/w/")))
    }
    assert {name: value for name, value in answers.items() if "no-store" not in value and "private" not in value} == {}


def test_a_file_that_is_sent_is_kept_nowhere_either(app: Flask) -> None:
    """The framework tells the browser to keep each file; a letter or a mail must not stay on a shared machine."""

    @app.get("/letter")
    @public
    def letter():
        return send_file(BytesIO(b"Kaere minister"), "message/rfc822", as_attachment=True, download_name="a.eml")

    assert app.test_client().get("/letter").headers["Cache-Control"] == "no-store"


def test_every_answer_over_https_says_that_only_https_is_used(settings: Settings) -> None:
    app = create_app(replace(settings, public_url="https://localhost"), testing=True)
    client = app.test_client()
    missing = [
        str(route)
        for route in routes(app)
        if route.ask(client, base_url="https://localhost").headers.get("Strict-Transport-Security")
        != "max-age=31536000; includeSubDomains"
    ]
    close(app)
    assert missing == []


def test_every_cookie_over_https_is_bound_to_this_host(settings: Settings) -> None:
    app = create_app(replace(settings, public_url="https://localhost"), testing=True)
    client = app.test_client()
    cookies = client.get("/staff/sign-in?lang=en", base_url="https://localhost").headers.getlist("Set-Cookie")
    close(app)
    assert {one.split("=")[0] for one in cookies} == {"__Host-form", "__Host-lang"}
    for one in cookies:
        parts = {part.strip() for part in one.split(";")[1:]}
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= parts, one
        assert not any(part.startswith("Domain") for part in parts)


def test_over_plain_http_on_loopback_cookies_are_plain(client: FlaskClient) -> None:
    cookies = client.get("/staff/sign-in?lang=en").headers.getlist("Set-Cookie")
    assert {one.split("=")[0] for one in cookies} == {"form", "lang"}
    for one in cookies:
        assert "HttpOnly" in one
        assert "Secure" not in one


# --- errors --------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(app: Flask) -> FlaskClient:
    """An application with a page that breaks."""

    @app.get("/breaks")
    @public
    def breaks() -> str:
        raise LookupError("/srv/eventapp/secret.py: SELECT * FROM staff")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing-here", 404),
        ("GET", "/api/v1/nothing", 404),
        ("POST", "/privacy", 405),
        ("TRACE", "/", 405),
        ("POST", "/staff/sign-in", 400),
        ("GET", "/breaks", 500),
        ("GET", "/.git/config", 404),
        ("GET", "/static/", 404),
        ("GET", "/static/../wsgi.py", 404),
        ("GET", "/static/js/main.js.map", 404),
        ("GET", "/console", 404),
    ],
)
def test_errors_have_them_too_and_give_nothing_away(
    broken: FlaskClient, method: str, path: str, status: int, accept: str
) -> None:
    answer = broken.open(path, method=method, headers={"Accept": accept})
    assert list(faults_of(answer)) == []
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == ("application/json" if path.startswith("/api/") else accept)
    for secret in ("LookupError", "SELECT", "/srv", "Traceback", "werkzeug"):
        assert secret not in answer.text
    assert answer.status_code == (405 if (method, path) == ("POST", "/privacy") else status)


def test_an_error_that_names_the_methods_says_which_are_allowed(client: FlaskClient) -> None:
    assert {"GET", "HEAD"} <= set(client.post("/staff/audit").headers.get("Allow", "GET, HEAD").split(", "))


def test_a_body_that_is_too_large_is_refused_kindly(client: FlaskClient) -> None:
    answer = client.post("/staff/sign-in", data={"email": "x" * 1_100_000})
    assert answer.status_code == 413
    assert list(faults_of(answer)) == []
    assert "for stort" in answer.text


def test_an_error_page_speaks_the_language_that_was_chosen(client: FlaskClient) -> None:
    assert 'lang="en"' in client.get("/nothing-here?lang=en").text
    assert 'lang="da"' in client.get("/nothing-here?lang=da").text


# --- hosts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost:80@evil.example", "[::1].evil", "evil.example:8000"]
)
def test_a_forged_host_is_refused(settings: Settings, host: str) -> None:
    app = create_app(replace(settings, public_url="https://debat.example.org"))
    answer = app.test_client().get("/privacy", headers={"Host": host}, base_url="https://debat.example.org")
    close(app)
    assert answer.status_code == 400
    assert list(faults_of(answer)) == []
    assert "evil" not in answer.text


def test_the_public_host_is_let_in(settings: Settings) -> None:
    app = create_app(replace(settings, public_url="https://debat.example.org"))
    answer = app.test_client().get("/privacy", base_url="https://debat.example.org")
    close(app)
    assert answer.status_code == 200
