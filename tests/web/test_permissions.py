"""Every route as every role and as nobody (reliability S9): one table decides, and no route is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from eventapp import clock
from eventapp.checkin import actions
from eventapp.db import db
from eventapp.web import permissions
from eventapp.web.permissions import GRANTS, Permission, Person, Role, public, requires
from tests.checkin.support import DOORS_OPEN, open_shift
from tests.support.factories import make_event, make_layout
from tests.support.routes import Route, json_of, routes
from tests.support.staff import sign_in

STAFF_ROLES = sorted(set(Role) - {Role.DOOR})
# Errors that a route may answer with when it is given ids that nobody has and a form that is empty.
ASKED_FOR = range(200, 500)


@pytest.fixture
def open_app(app: Flask) -> Flask:
    """Form tokens are looked at elsewhere; here everybody has one."""
    app.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    return app


LEAVING = {"accounts.sign_out", "checkin.depart"}  # whoever takes these is nobody afterwards


def faults_of(client: FlaskClient, app: Flask, role: Role | None) -> str:
    """What is wrong with the answers to somebody of this role, a line each; None: nobody is signed in."""
    found = []
    for route in routes(app):
        if route.endpoint not in LEAVING:
            answer = route.ask(client)
            if fault := fault_of(route, role, answer.status_code, answer.location or ""):
                found.append(f"{role or 'nobody'}: {route}: {fault}")
    return "\n".join(found)


def fault_of(route: Route, role: Role | None, status: int, location: str) -> str | None:
    if status not in ASKED_FOR and not (route.endpoint == "health.ready" and status == HTTPStatus.SERVICE_UNAVAILABLE):
        return f"{status}, a fault"
    if route.permission is None:
        return None
    start = "/door/shift" if route.permission is Permission.CHECK_IN else "/staff/sign-in"
    sent_to_start = status == HTTPStatus.FOUND and location.startswith(f"{start}?next=") and not route.changes
    refused = status == HTTPStatus.FORBIDDEN or sent_to_start
    if role in GRANTS[route.permission]:
        return f"{status}, refused" if refused else None
    return None if refused else f"{status}, let in"


# --- the table -----------------------------------------------------------------------------------------------


@pytest.mark.engines("sqlite")
def test_every_route_names_its_permission_or_says_public(app: Flask) -> None:
    assert [str(route) for route in routes(app) if not route.is_marked] == []


def test_every_permission_is_granted_to_somebody() -> None:
    assert set(GRANTS) == set(Permission)
    assert [one for one, roles in GRANTS.items() if not roles] == []


def test_system_administrators_do_not_read_what_citizens_send() -> None:
    kept_from_them = {
        Permission.READ_ANSWERS,
        Permission.READ_REGISTRATIONS,
        Permission.READ_ACCESS_NEEDS,
        Permission.READ_CONTRIBUTIONS,
    }
    assert not [one for one in kept_from_them if Role.ADMIN in GRANTS[one]]


def test_the_door_can_do_nothing_but_check_in() -> None:
    assert [one for one, roles in GRANTS.items() if Role.DOOR in roles] == [Permission.CHECK_IN]


# --- the routes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_staff_get_in_where_their_role_may_and_nowhere_else(open_app: Flask, role: Role) -> None:
    client = open_app.test_client()
    sign_in(client, role)
    assert faults_of(client, open_app, role) == ""


def test_nobody_gets_in_without_signing_in(open_app: Flask) -> None:
    assert faults_of(open_app.test_client(), open_app, None) == ""


@pytest.fixture
def door(open_app: Flask) -> Iterator[FlaskClient]:
    """A phone at a door, an hour before the event."""
    clock.follow(lambda: DOORS_OPEN - clock.system_now())
    client = open_app.test_client()
    with open_app.app_context():
        event = make_event(layout=make_layout())
        code = open_shift(event, "Hovedindgang")
        db.session.rollback()
        token = actions.open_door(code, "Telefon", address="192.0.2.1", now=DOORS_OPEN, system_now=DOORS_OPEN)
    client.set_cookie("door", token)
    yield client
    clock.follow(timedelta)


def test_the_door_gets_in_at_the_door_and_nowhere_else(open_app: Flask, door: FlaskClient) -> None:
    assert faults_of(door, open_app, Role.DOOR) == ""


@pytest.mark.engines("sqlite")
def test_staff_are_nobody_at_the_door(open_app: Flask) -> None:
    client = open_app.test_client()
    sign_in(client, *STAFF_ROLES)
    assert client.get("/door/").location.startswith("/door/shift")


@pytest.mark.engines("sqlite")
def test_programs_are_refused_as_programs_read_it(open_app: Flask) -> None:
    answer = open_app.test_client().get("/staff/cases/", headers={"Accept": "application/json"})
    assert (answer.status_code, json_of(answer)["code"]) == (403, "signed_out")
    answer = open_app.test_client().get("/api/v1/nothing")
    assert (answer.status_code, json_of(answer)["code"]) == (404, "not_found")


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_other_methods_do_not_get_around_the_table(open_app: Flask, method: str) -> None:
    assert open_app.test_client().open("/staff/accounts", method=method).status_code == 403


@pytest.mark.engines("sqlite")
def test_an_unknown_method_is_refused(open_app: Flask) -> None:
    assert open_app.test_client().open("/", method="TRACE").status_code == 405


# --- the other way round -------------------------------------------------------------------------------------


def forgotten() -> str:
    return "secret"


@pytest.mark.engines("sqlite")
def test_a_route_without_a_mark_is_refused_and_found(app: Flask) -> None:
    app.add_url_rule("/forgotten", view_func=forgotten)
    assert [route.endpoint for route in routes(app) if not route.is_marked] == ["forgotten"]
    client = app.test_client()
    assert client.get("/forgotten").status_code == 403
    sign_in(client, *STAFF_ROLES)
    assert client.get("/forgotten").status_code == 403


@pytest.mark.engines("sqlite")
def test_a_route_that_lets_everybody_in_is_found(open_app: Flask) -> None:
    """The walk above would see a route that forgot what it said, and a fault inside one."""

    def lets_in() -> str:
        return "secret"

    def breaks() -> str:
        raise LookupError

    open_app.add_url_rule("/lets-in", view_func=requires(Permission.READ_AUDIT)(lets_in))
    open_app.add_url_rule("/breaks", view_func=public(breaks))
    guard = permissions._guard
    hooks = open_app.before_request_funcs[None]
    hooks[hooks.index(guard)] = lambda: None
    found = faults_of(open_app.test_client(), open_app, None)
    assert "/lets-in (lets_in): 200, let in" in found
    assert "/breaks (breaks): 500, a fault" in found


@pytest.mark.engines("sqlite")
def test_a_person_is_what_their_roles_are(app: Flask) -> None:
    with app.test_request_context("/"):
        assert not permissions.allowed(Permission.READ_CASES)
        g.person = Person("0" * 32, "Revisor", frozenset({Role.AUDITOR}))
        assert permissions.allowed(Permission.READ_AUDIT)
        assert not permissions.allowed(Permission.MANAGE_ACCOUNTS)
