"""A member of staff with password and authenticator app, as most tests of the slice begin."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from werkzeug.test import TestResponse

from eventapp import clock
from eventapp.accounts import password_rules
from eventapp.accounts.models import RoleGrant, Staff
from eventapp.db import db
from eventapp.web.permissions import Role
from tests.support.html import Page
from tests.support.pages import PageClient, choose_form, form_values

PASSWORD = "firben under den blå bænk"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CREATED_AT = datetime.fromisoformat("2024-01-02T09:00:00+01:00")


@dataclass
class Colleague:
    """What somebody knows and has: e-mail, password, and a phone that shows codes."""

    id: str
    email: str
    password: str = PASSWORD
    secret: str = SECRET
    steps: int = field(default=0)

    def code(self) -> str:
        """A code that was not shown before: of this half minute, then of the next.

        Never of the one before: it would be too old as soon as a half minute turns between making and sending it.
        """
        step = int(clock.system_now().timestamp()) // 30 + self.steps
        self.steps += 1
        return pyotp.TOTP(self.secret).generate_otp(step)


QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Of PASSWORD, at a cost that tests can pay; tests of the true cost make their own."""
    return QUICK.hash(PASSWORD)


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password_rules, "hasher", QUICK)
    monkeypatch.setattr(password_rules, "NOBODY", QUICK.hash("nobody"))


def add_colleague(app: Flask, password_hash: str, *roles: Role, email: str = "mette@havneby.example.org") -> Colleague:
    with app.app_context():
        staff = Staff(
            email=email,
            name="Mette Havn",
            password_hash=password_hash,
            totp_secret=SECRET,
            created_at=CREATED_AT,
            grants=[RoleGrant(role=role, granted_at=CREATED_AT) for role in roles],
        )
        db.session.add(staff)
        db.session.commit()
        return Colleague(staff.id, email)


@pytest.fixture
def mette(app: Flask, password_hash: str) -> Colleague:
    """An organiser."""
    return add_colleague(app, password_hash, Role.ORGANISER)


@pytest.fixture
def admin(app: Flask, password_hash: str) -> Colleague:
    return add_colleague(app, password_hash, Role.ADMIN, email="admin@havneby.example.org")


def send(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Open a page, fill in its form and send it, without following anything."""
    form = choose_form(Page(client.get(path).text), fields, "")
    return client.post(form.attributes.get("action") or path, data={**form_values(form), **fields})


def csrf_token(client: FlaskClient, path: str) -> str:
    """The token of the last form on a page."""
    form = Page(client.get(path).text).forms()[-1]
    return next(one.attributes["value"] for one in form.all("input") if one.attributes.get("name") == "csrf_token")


def give_password(client: FlaskClient, who: Colleague, **fields: str) -> TestResponse:
    return send(client, "/staff/sign-in", email=who.email, password=who.password, **fields)


def sign_in_fully(client: FlaskClient, who: Colleague) -> TestResponse:
    """Password, then code."""
    assert give_password(client, who).status_code == 303
    answer = send(client, "/staff/second-factor", code=who.code())
    assert answer.status_code == 303, Page(answer.text).text
    return answer


@pytest.fixture
def signed_in(page_client: PageClient, mette: Colleague) -> PageClient:
    """A browser in which Mette is signed in."""
    sign_in_fully(page_client, mette)
    return page_client
