"""A post must come from a page of ours (reliability S8)."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventapp.accounts.models import Staff, StaffSession
from eventapp.audit import AuditEntry
from eventapp.brakes import Attempt
from eventapp.db import Model, db
from eventapp.web.csrf import protect
from eventapp.web.permissions import Role
from tests.support.html import Page
from tests.support.routes import Route, routes
from tests.support.staff import sign_in

pytestmark = pytest.mark.engines("sqlite")
REFUSED = {400, 403, 404, 405, 422}
EXEMPT = {
    "eventapp.registration.views.sign_up",
    "eventapp.hearing.answering.views.answer",
}  # they look at the token themselves


@pytest.fixture
def everybody(app: Flask) -> FlaskClient:
    client = app.test_client()
    sign_in(client, *(set(Role) - {Role.DOOR}))
    return client


def rows(app: Flask) -> dict[str, int]:
    """Rows of every table."""
    with app.app_context():
        return {
            table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in Model.metadata.sorted_tables
        }


def test_only_the_posts_that_look_for_themselves_are_exempt() -> None:
    ours = {one for one in protect._exempt_views if one.startswith("eventapp.")}  # tests have some of their own
    assert ours == EXEMPT
    assert not protect._exempt_blueprints


def posts(app: Flask) -> list[Route]:
    """Every route that changes something."""
    found = [route for route in routes(app) if route.changes]
    assert len(found) > 80
    return found


def test_every_post_without_a_token_is_refused(app: Flask, everybody: FlaskClient) -> None:
    before = rows(app)
    for route in posts(app):
        answer = route.ask(everybody, data={"name": "Åse", "email": "aase@havneby.example.org"})
        view = app.view_functions[route.endpoint]
        allowed = REFUSED if f"{view.__module__}.{view.__name__}" in EXEMPT else {400}
        assert answer.status_code in allowed, route
    assert rows(app) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": "https://localhost@evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_every_post_from_elsewhere_is_refused_even_with_a_token(
    app: Flask, everybody: FlaskClient, headers: dict[str, str]
) -> None:
    token = Page(everybody.get("/staff/account/password").text).forms()[-1].all("input")[0].attributes["value"]
    before = rows(app)
    for route in posts(app):
        answer = route.ask(everybody, data={"csrf_token": token}, headers=headers)
        assert answer.status_code == 403, route
    assert rows(app) == before


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_post_from_our_own_page_is_taken(app: Flask, everybody: FlaskClient, headers: dict[str, str]) -> None:
    page = Page(everybody.get("/staff/account").text)
    token = page.forms()[0].all("input")[0].attributes["value"]
    assert everybody.post("/staff/sign-out", data={"csrf_token": token}, headers=headers).status_code == 303
    with app.app_context():
        assert db.session.scalars(select(StaffSession.ended_at)).one() is not None


def test_a_token_of_another_browser_is_worth_nothing(app: Flask, everybody: FlaskClient) -> None:
    other = app.test_client()
    token = Page(other.get("/staff/sign-in").text).forms()[-1].all("input")[0].attributes["value"]
    everybody.get("/staff/account")
    answer = everybody.post("/staff/sign-out", data={"csrf_token": token})
    assert answer.status_code == 400
    assert "Siden har været åben for længe" in answer.text


def test_reading_changes_nothing(app: Flask, everybody: FlaskClient) -> None:
    """Every address that can be read is read twice; the number of rows stays.

    But for the log of who looked, and the count of codes that opened nothing (reliability S15).
    """
    before = rows(app)
    for route in [one for one in routes(app) if not one.changes] * 2:
        route.ask(everybody)
    after = rows(app)
    for noted in (AuditEntry, Attempt):
        before.pop(noted.__tablename__)
        after.pop(noted.__tablename__)
    assert after == before
    with app.app_context():
        assert db.session.scalars(select(Staff.disabled_at)).all() == [None]
