"""Links that sign in once: for a new colleague, and for the demo (reliability S17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from eventapp import clock, create_app
from eventapp.accounts import actions
from eventapp.accounts.errors import NoDemoError
from eventapp.accounts.models import LinkPurpose, RoleGrant, SignInLink, Staff
from eventapp.config import Settings
from eventapp.db import db, transaction
from eventapp.web.permissions import Role
from tests.accounts.conftest import Colleague, csrf_token, send
from tests.support.databases import close
from tests.support.pages import PageClient

pytestmark = pytest.mark.usefixtures("quick_hashes")
NEW_PASSWORD = "grævling i kjole og hvidt"


def path_of(link: str) -> str:
    return link.removeprefix("http://localhost")


def set_up_link(app: Flask, staff_id: str) -> str:
    with app.app_context(), transaction() as session:
        link = actions.make_link(session.connection(), staff_id, LinkPurpose.SET_UP, now=clock.system_now())
    return path_of(link)


@pytest.fixture
def newcomer(app: Flask) -> Colleague:
    """Somebody whose account was made a moment ago."""
    with app.app_context():
        now = clock.system_now()
        grants = [RoleGrant(role=Role.OFFICER, granted_at=now)]
        staff = Staff(email="ny@havneby.example.org", name="Ny Kollega", created_at=now, grants=grants)
        db.session.add(staff)
        db.session.commit()
        return Colleague(staff.id, staff.email)


@pytest.fixture
def player(app: Flask) -> Staff:
    """A role of the demo case; the case itself is not loaded."""
    with app.app_context():
        now = clock.system_now()
        grants = [RoleGrant(role=Role.ORGANISER, granted_at=now)]
        staff = Staff(email="demo@example.org", name="Arrangør", created_at=now, link_only=True, grants=grants)
        db.session.add(staff)
        db.session.commit()
        db.session.refresh(staff)
        db.session.expunge(staff)
        return staff


def demo_link(app: Flask, player: Staff) -> str:
    with app.app_context(), transaction() as session:
        return path_of(actions.demo_link(session.connection(), player, now=clock.system_now()))


def load_demo(app: Flask, loaded: bool = True) -> None:
    app.extensions["registry"].demo_loaded = lambda: loaded


# --- setting up ----------------------------------------------------------------------------------------------


def test_a_newcomer_goes_from_the_link_to_the_start_page(
    page_client: PageClient, app: Flask, newcomer: Colleague
) -> None:
    page = page_client.submit(set_up_link(app, newcomer.id))
    assert page.heading == "Vælg en adgangskode"
    page = page_client.submit("/staff/password", {"new_password": NEW_PASSWORD})
    assert page.heading == "Sæt din engangskode op"
    newcomer.secret = next(one.text for one in page.root.all("code"))
    page_client.submit("/staff/second-factor/enrolment", {"code": newcomer.code()}, status=201)
    assert page_client.visit("/staff/").heading == "Velkommen, Ny Kollega"


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("kort kode", "Brug mindst 12 tegn"),
        ("kommunekommune", "Mange bruger en adgangskode som denne"),
        ("nykollega2024", "Mange bruger en adgangskode som denne"),
        ("å" * 1001, "Brug højst 1.000 tegn"),
    ],
)
def test_a_poor_password_is_refused_with_a_reason(
    page_client: PageClient, app: Flask, newcomer: Colleague, password: str, says: str
) -> None:
    page_client.submit(set_up_link(app, newcomer.id))
    assert says in page_client.submit("/staff/password", {"new_password": password}, status=422).text


def test_opening_a_link_changes_nothing(client: FlaskClient, app: Flask, newcomer: Colleague) -> None:
    link = set_up_link(app, newcomer.id)
    for _ in range(5):
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
    assert client.get_cookie("staff") is None
    assert send(client, link).status_code == 303


def test_a_link_works_once(client: FlaskClient, app: Flask, newcomer: Colleague) -> None:
    link = set_up_link(app, newcomer.id)
    send(client, link)
    other = app.test_client()
    assert other.get(link).status_code == 410
    form = {"csrf_token": csrf_token(other, "/staff/sign-in")}
    assert other.post(link, data=form).status_code == 410


def test_a_link_dies_after_an_hour_or_when_a_newer_one_is_made(
    client: FlaskClient, app: Flask, newcomer: Colleague
) -> None:
    first = set_up_link(app, newcomer.id)
    second = set_up_link(app, newcomer.id)
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200
    with app.app_context():
        now = clock.system_now()
        lives = db.session.scalars(select(SignInLink.expires_at).where(SignInLink.used_at.is_(None))).one()
        assert timedelta(minutes=59) < lives - now <= timedelta(minutes=60)
        db.session.execute(update(SignInLink).values(expires_at=now))
        db.session.commit()
    assert client.get(second).status_code == 410


def test_only_the_hash_of_a_link_is_stored(app: Flask, newcomer: Colleague) -> None:
    token = set_up_link(app, newcomer.id).rsplit("/", 1)[1]
    with app.app_context():
        assert db.session.scalars(select(SignInLink.token_hash)).one() != token
    assert len(token) >= 22  # 128 bits


def test_a_link_for_a_new_password_does_not_get_around_the_second_factor(
    client: FlaskClient, app: Flask, mette: Colleague
) -> None:
    send(client, set_up_link(app, mette.id))
    answer = send(client, "/staff/password", new_password=NEW_PASSWORD)
    assert answer.location == "/staff/second-factor"
    assert client.get("/staff/").status_code == 302
    assert client.get("/staff/second-factor/enrolment").status_code == 303
    assert send(client, "/staff/second-factor", code=mette.code()).status_code == 303


def test_a_link_is_worth_nothing_when_the_account_is_closed(
    client: FlaskClient, app: Flask, newcomer: Colleague
) -> None:
    link = set_up_link(app, newcomer.id)
    with app.app_context():
        db.session.execute(update(Staff).values(disabled_at=clock.system_now()))
        db.session.commit()
    assert client.get(link).status_code == 410
    assert client.post(link, data={"csrf_token": csrf_token(client, "/staff/sign-in")}).status_code == 410


# --- the demo ------------------------------------------------------------------------------------------------


def test_a_demo_link_signs_in_at_once_where_the_demo_is_loaded_on_loopback(
    page_client: PageClient, app: Flask, player: Staff
) -> None:
    load_demo(app)
    page = page_client.submit(demo_link(app, player))
    assert page.heading == "Velkommen, Arrangør"


def test_there_is_no_demo_link_without_the_demo_case(app: Flask, player: Staff) -> None:
    with pytest.raises(NoDemoError):
        demo_link(app, player)


def test_there_is_no_demo_link_for_a_real_account(app: Flask, newcomer: Colleague) -> None:
    load_demo(app)
    with app.app_context():
        real = db.session.get_one(Staff, newcomer.id)
        with pytest.raises(NoDemoError):
            actions.demo_link(db.session.connection(), real, now=clock.system_now())


def test_there_is_no_demo_link_on_an_address_that_others_can_reach(settings: Settings) -> None:
    app = create_app(replace(settings, public_url="https://debat.example.org"), testing=True)
    load_demo(app)
    with app.app_context():
        now = clock.system_now()
        staff = Staff(email="demo@example.org", name="Arrangør", created_at=now, link_only=True)
        with pytest.raises(NoDemoError):
            actions.demo_link(db.session.connection(), staff, now=now)
    close(app)


@pytest.mark.parametrize("moved", ["to another address", "the demo was taken away"])
def test_a_demo_link_that_was_made_before_is_refused_where_the_demo_is_no_more(
    app: Flask, settings: Settings, player: Staff, moved: str
) -> None:
    load_demo(app)
    link = demo_link(app, player)
    if moved == "to another address":
        app.extensions["settings"] = replace(settings, public_url="http://debat.example.org")
    else:
        load_demo(app, loaded=False)
    client = app.test_client()
    assert client.post(link, data={"csrf_token": csrf_token(client, "/staff/sign-in")}).status_code == 403
    assert client.get("/staff/").status_code == 302
    assert client.get_cookie("staff") is None


def test_a_demo_role_never_gets_a_password(page_client: PageClient, app: Flask, player: Staff) -> None:
    load_demo(app)
    page_client.submit(demo_link(app, player))
    assert "Den har hverken adgangskode eller engangskode" in page_client.visit("/staff/account").text
    assert page_client.get("/staff/second-factor/enrolment").status_code == 303
    for password in ("", "nobody"):
        fields = {"password": password, "new_password": NEW_PASSWORD}
        page_client.submit("/staff/account/password", fields, status=422)
