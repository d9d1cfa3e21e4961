"""Roles that are held for one case or one event: every route with something of one's own and of another case."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from eventapp.accounts.session_hooks import cookie_name
from eventapp.audit import AuditEntry
from eventapp.db import db
from eventapp.errors import NotAllowedError, NotFoundError
from eventapp.web.permissions import GRANTS, Grant, Permission, Person, Role, Scope, requires
from tests.support.html import Page
from tests.support.routes import Route, routes
from tests.support.staff import sign_in
from tests.web.things import MAILS, OF_AN_EVENT, Things, make_things

pytestmark = pytest.mark.engines("sqlite")

STAFF_ROLES = sorted(set(Role) - {Role.DOOR})
LIMITED_ROLES = sorted(set(STAFF_ROLES) - {Role.ADMIN})
OWN, OTHER = "KALKVEJ", "MOSEBRO"
KINDS = ["everything", "case", "event"]
LEAVING = {"accounts.sign_out", "checkin.depart"}
REFUSED = {403, 404}
# Asked for with what is there, these still have nothing to show: no mail was written to a file, no demo is loaded, and
# nobody asked for a job.
EMPTY = {"mail.file", "demo.show", "demo.move", "work.progress", "work.cancel", "work.try_again"}
# What is named only inside of something else that the address names: the view looks it up in there.
INSIDE = {"row_id"}


@dataclass(frozen=True)
class Walk:
    """The product with two cases in it, and somebody who is signed in."""

    app: Flask
    client: FlaskClient
    own: Things
    other: Things
    role: Role
    kind: str  # what the role is held for: one of KINDS

    def routes(self, things: Things) -> list[Route]:
        """The routes that need a permission, with these things in their addresses: reading first, removing last."""
        found = [
            one
            for one in routes(self.app, lambda blueprint: things.values(blueprint, self.role))
            if one.permission not in {None, Permission.CHECK_IN} and one.endpoint not in LEAVING
        ]
        return sorted(found, key=lambda one: (one.changes, "removal" in one.path, one.path))

    def mixed_routes(self) -> list[Route]:
        """Where an address names one thing inside another: the outer one's own, the inner one of the other case."""
        return [mixed for one in self.routes(self.own) if (mixed := self._mixed(one))]

    def _mixed(self, route: Route) -> Route | None:
        blueprint = route.endpoint.partition(".")[0]
        inner = route.arguments[-1] if len(route.arguments) > 1 else ""
        own, other = (one.values(blueprint, self.role).get(inner) for one in (self.own, self.other))
        return replace(route, path=route.path.replace(own, other)) if own and other else None

    def may(self, route: Route, *, is_own: bool = True) -> bool:
        """Whether the answer must not be a refusal."""
        assert route.permission is not None
        if self.role not in GRANTS[route.permission]:
            return False
        if self.kind == "everything" or route.anywhere:
            return True
        reached = OF_AN_EVENT | ({"mail_id"} if self.role not in MAILS else set())
        return is_own and bool(route.arguments) and (self.kind == "case" or set(route.arguments) <= reached)


def made(app: Flask, role: Role, kind: str) -> Walk:
    """Somebody with one role: for everything, or for the case or the event that is their own."""
    app.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    with app.app_context():
        own, other = make_things(OWN), make_things(OTHER)
    return signed_in(app, own, other, role, kind)


def signed_in(app: Flask, own: Things, other: Things, role: Role, kind: str) -> Walk:
    client = app.test_client()
    grants = {
        "everything": Grant(role),
        "case": Grant(role, case_id=own.ids["case_id"]),
        "event": Grant(role, event_id=own.ids["event_id"]),
    }
    sign_in(client, grants=[grants[kind]])
    return Walk(app, client, own, other, role, kind)


def fault(route: Route, answer: TestResponse, expected: bool) -> list[str]:
    """What is wrong with an answer; nothing when all is well."""
    status = answer.status_code
    refused = status in REFUSED and not (expected and status == 404 and route.endpoint in EMPTY)
    if status >= 500 or refused == expected:
        return [f"{route}: {status}, {'a fault' if status >= 500 else 'refused' if refused else 'let in'}"]
    return []


def faults(walk: Walk) -> list[str]:
    """What is wrong with the answers about things of one's own, of the other case, and about a mixture of both."""
    found = []
    for route in walk.mixed_routes():
        found += fault(route, route.ask(walk.client), False)
    for route in walk.routes(walk.other):
        found += fault(route, route.ask(walk.client), walk.may(route, is_own=False))
    for route in walk.routes(walk.own):
        answer = route.ask(walk.client)
        found += fault(route, answer, walk.may(route))
        if walk.kind != "everything" and OTHER in answer.text:
            found.append(f"{route}: tells of the other case")
    return found


# --- the walk ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_a_role_for_everything_opens_everything_that_is_there(app: Flask, role: Role) -> None:
    assert faults(made(app, role, "everything")) == []


@pytest.mark.parametrize("kind", ["case", "event"])
@pytest.mark.parametrize("role", LIMITED_ROLES)
def test_a_role_for_something_opens_that_and_nothing_else(app: Flask, role: Role, kind: str) -> None:
    assert faults(made(app, role, kind)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_of_staff_leads_to_a_refusal(app: Flask, kind: str) -> None:
    """Every page with things of one's own, and every page that these lead to, with what its forms would be sent to."""
    app.config.update(WTF_CSRF_ENABLED=False)
    with app.app_context():
        own, other = make_things(OWN), make_things(OTHER)
    for role in STAFF_ROLES if kind == "everything" else LIMITED_ROLES:
        crawl = Crawl(signed_in(app, own, other, role, kind))
        assert crawl.faults() == [], role
        assert len(crawl.seen) > 2


def test_a_page_that_leads_to_a_refusal_is_found(app: Flask) -> None:
    """Negative control of the test above: a link and a button that the one who looks may not use."""
    walk = made(app, Role.AUDITOR, "everything")
    event = f"/staff/events/{walk.own.ids['event_id']}"

    def poster() -> str:
        return f'<a href="/staff/posters/2">Gæster</a><form method="post" action="{event}/follow-ups"></form>'

    def next_one() -> str:
        return f'<a href="{event}/registrations">Gæster</a>'

    for path, view in (("/staff/posters/1", poster), ("/staff/posters/2", next_one)):
        app.add_url_rule(path, path.replace("/", "-"), requires(Permission.USE_STAFF_PAGES)(view))
    assert Crawl(walk).faults() == [
        f"/staff/posters/1 leads to POST {event}/follow-ups",
        f"/staff/posters/2 leads to GET {event}/registrations",
    ]


@dataclass
class Crawl:
    """Everything that somebody can come to by links, beginning at each page with things of their own."""

    walk: Walk
    seen: dict[str, TestResponse] = field(default_factory=dict)  # by address

    def faults(self) -> list[str]:
        pages = list(dict.fromkeys(one.path for one in self.walk.routes(self.walk.own) if not one.changes))
        found, read = [], set[str]()
        while pages:
            address = pages.pop(0)
            if address not in read:
                read.add(address)
                page = self._visit(address)
                offered = offers(page)
                found += [f"{address} leads to {method} {to}" for method, to in offered if self._refuses(method, to)]
                pages += [to for method, to in offered if method == "GET"]
        return found

    def _visit(self, address: str) -> TestResponse:
        if address not in self.seen:
            self.seen[address] = self.walk.client.get(address, buffered=True)
        return self.seen[address]

    def _refuses(self, method: str, address: str) -> bool:
        """Whether it would be refused; of what changes something only the guard is asked."""
        if method == "GET":
            return self._visit(address).status_code in REFUSED
        with self.walk.app.app_context():
            name = cookie_name()
        cookie = self.walk.client.get_cookie(name)
        assert cookie is not None
        headers = {"Cookie": f"{name}={cookie.value}"}
        with self.walk.app.test_request_context(address, method=method, headers=headers):
            try:
                return self.walk.app.preprocess_request() is not None
            except (NotAllowedError, NotFoundError):
                return True


def offers(answer: TestResponse) -> list[tuple[str, str]]:
    """What a page of staff leads to by its links and forms: (method, address)."""
    if answer.status_code != 200 or answer.mimetype != "text/html":
        return []
    page = Page(answer.text)
    sent = [(one.attributes.get("method", "get").upper(), one.attributes.get("action", "")) for one in page.forms()]
    found = [*[("GET", one) for one in links(answer)], *sent]
    plain = [(method, re.split("[?#]", to)[0]) for method, to in found]  # what is asked for decides nothing here
    return [one for one in dict.fromkeys(plain) if one[1].startswith("/staff/")]


def links(answer: TestResponse) -> list[str]:
    """Addresses of staff pages that a page leads to."""
    if answer.status_code != 200 or answer.mimetype != "text/html":
        return []
    found = [one.attributes.get("href", "") for one in Page(answer.text).root.all("a")]
    return [href for href in found if href.startswith("/staff/")]


# --- what the guard stands on --------------------------------------------------------------------------------


def unresolved(app: Flask) -> list[str]:
    """Routes that need a permission and name a thing of which nobody says what it belongs to."""
    known = {*app.extensions["registry"].scopes, *INSIDE}
    return [
        f"{route}: {name}"
        for route in routes(app)
        if route.permission
        for name in route.arguments
        if name not in known or (name in INSIDE and len(route.arguments) == 1)
    ]


def test_everything_that_an_address_names_can_be_traced_to_its_case(app: Flask) -> None:
    assert unresolved(app) == []


def test_a_route_that_names_something_else_is_found(app: Flask) -> None:
    def view(poster_id: str) -> str:
        return poster_id

    app.add_url_rule("/staff/posters/<poster_id>", view_func=requires(Permission.READ_EVENTS)(view))
    assert unresolved(app) == ["GET /staff/posters/0123456789abcdef0123456789abcdef (view): poster_id"]


def test_only_lists_and_own_pages_let_in_whoever_has_the_permission_for_something(app: Flask) -> None:
    """These show or change nothing but what belongs to the one who asks; a new one must be thought about."""
    assert {one.endpoint for one in routes(app) if one.anywhere} == {
        "accounts.account",
        "accounts.change_password",
        "accounts.end_session",
        "accounts.renew_recovery_codes",
        "accounts.start",
        "cases_staff.index",
        "checkin.depart",
        "checkin.door",
        "checkin.guests",
        "checkin.scan",
        "checkin.search",
        "checkin.walk_in",
        "events_staff.index",
        "mail.index",
        "work.index",
    }


def test_the_unknown_and_the_forbidden_look_the_same(app: Flask) -> None:
    walk = made(app, Role.ORGANISER, "case")
    other, unknown = walk.other.ids["event_id"], "0" * 32
    answers = [walk.client.get(f"/staff/events/{one}") for one in (other, unknown)]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].text.replace(other, unknown) == answers[1].text


def test_an_own_event_and_a_role_for_everything_cost_no_look_up(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The door asks several times a second; most staff hold their roles for everything."""
    asked: list[str] = []
    walk = made(app, Role.SAFETY, "event")
    everything = signed_in(app, walk.own, walk.other, Role.SAFETY, "everything")
    scopes = app.extensions["registry"].scopes
    resolve = scopes["event_id"]

    def look_up(event_id: str) -> Scope:
        asked.append(event_id)
        found: Scope = resolve(event_id)
        return found

    monkeypatch.setitem(scopes, "event_id", look_up)
    for client in (walk.client, everything.client):
        assert client.get(f"/staff/events/{walk.own.ids['event_id']}/door").status_code == 200
    assert asked == []
    walk.client.get(f"/staff/events/{walk.other.ids['event_id']}/door")
    assert asked == [walk.other.ids["event_id"]]


def test_asking_for_what_is_not_ones_own_is_noted(app: Flask) -> None:
    walk = made(app, Role.ORGANISER, "case")
    walk.client.get(f"/staff/events/{walk.other.ids['event_id']}")
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "web.refused")).one()
    assert entry.facts == {"method": "GET", "route": "/staff/events/<event_id>"}


def test_lists_show_what_one_may_open(app: Flask) -> None:
    walk = made(app, Role.ORGANISER, "case")
    for path in ("/staff/cases/", "/staff/events/", "/staff/outbox"):
        page = walk.client.get(path).text
        assert OWN in page, path
        assert OTHER not in page, path


def test_a_role_for_an_event_shows_neither_its_case_nor_another_event(app: Flask) -> None:
    walk = made(app, Role.ORGANISER, "event")
    assert f"Debat {OWN}" in walk.client.get("/staff/events/").text
    cases = walk.client.get("/staff/cases/").text
    assert f"Sag {OWN}" not in cases
    assert "/staff/events/new/" not in walk.client.get("/staff/events/").text


@pytest.mark.parametrize(
    ("role", "own"),
    [
        (Role.ORGANISER, "registration/confirmed"),
        (Role.OFFICER, "hearing/receipt"),
        (Role.ADMIN, "accounts/access_changed"),
    ],
)
def test_a_mail_is_opened_by_those_whose_matter_it_is(app: Flask, role: Role, own: str) -> None:
    walk = made(app, role, "everything")
    shown = {href.rpartition("/")[2] for href in links(walk.client.get("/staff/outbox"))}
    for message, mail_id in walk.own.mails.items():
        assert (mail_id in shown) is (message == own), message
        assert walk.client.get(f"/staff/outbox/{mail_id}").status_code == (200 if message == own else 403)
        again = walk.client.post(f"/staff/outbox/{mail_id}/attempts")
        assert again.status_code == (303 if message == own else 403)


def test_a_mail_that_no_slice_owns_stays_shut(app: Flask) -> None:
    walk = made(app, Role.ORGANISER, "everything")
    app.extensions["registry"].mail_owners.pop("registration")
    mail_id = walk.own.mails["registration/confirmed"]
    assert walk.client.get(f"/staff/outbox/{mail_id}").status_code == 403
    assert mail_id not in walk.client.get("/staff/outbox").text


# --- values --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grant", "scope", "covers"),
    [
        (Grant(Role.CHAIR, case_id="a"), Scope("a"), True),
        (Grant(Role.CHAIR, case_id="a"), Scope("a", "1"), True),
        (Grant(Role.CHAIR, case_id="a"), Scope("b", "1"), False),
        (Grant(Role.CHAIR, case_id="a"), Scope(), False),
        (Grant(Role.CHAIR, event_id="1"), Scope("a", "1"), True),
        (Grant(Role.CHAIR, event_id="1"), Scope("a", "2"), False),
        (Grant(Role.CHAIR, event_id="1"), Scope("a"), False),
        (Grant(Role.CHAIR, event_id="1"), Scope(), False),
    ],
)
def test_what_a_grant_covers(grant: Grant, scope: Scope, covers: bool) -> None:
    assert grant.covers(scope) is covers
    assert Grant.at(grant.role, grant.key) == grant


def test_what_is_held_for_something_is_not_held_for_everything() -> None:
    person = Person("0" * 32, "Anna", limited=frozenset({Grant(Role.AUDITOR, case_id="a")}))
    assert not person.holds_everywhere(Permission.READ_AUDIT)
    assert person.grants_of(Permission.READ_AUDIT)
    assert not person.grants_of(Permission.EDIT_CASES)
