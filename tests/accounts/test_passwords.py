"""Passwords as they are stored (reliability S2, S3)."""

from __future__ import annotations

import statistics
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select

from eventapp.accounts import password_rules
from eventapp.accounts.models import Staff
from eventapp.db import db
from eventapp.web.permissions import Role
from tests.accounts.conftest import PASSWORD, add_colleague, csrf_token, give_password


@pytest.fixture(scope="module")
def true_hash() -> str:
    return password_rules.hash_password(PASSWORD)


def test_a_password_is_stored_with_argon2id_at_the_set_cost(true_hash: str) -> None:
    assert true_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize("password", ["a" * 200, "🦔" * 40, "kort men med \x00 nul", "a" * 199 + "b"])
def test_nothing_is_cut_off_or_changed(password: str) -> None:
    stored = password_rules.hash_password(password)
    assert password_rules.verify(password, stored) == (True, None)
    assert password_rules.verify(password[:-1], stored)[0] is False


def test_a_letter_with_ring_is_the_same_from_every_keyboard(true_hash: str) -> None:
    assert password_rules.verify("firben under den bla\u030a bænk", true_hash)[0]


def test_nothing_is_right_where_nothing_is_stored() -> None:
    assert password_rules.verify("", None) == (False, None)
    assert password_rules.verify("AAAAAAAAAAAAAAAA", None) == (False, None)


def test_a_hash_of_lower_cost_is_right_and_renewed() -> None:
    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8192, parallelism=1),)).hash("firben under bænken")
    right, renewed = password_rules.verify("firben under bænken", weak)
    assert right
    assert renewed is not None
    assert renewed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.engines("sqlite")
def test_known_and_unknown_addresses_take_the_same_time(client: FlaskClient, app: Flask, true_hash: str) -> None:
    """Medians over interleaved tries (reliability S5); the hash takes nearly all of the time, at its true cost.

    Time of the processor, whatever else the machine does meanwhile.
    """
    mette = add_colleague(app, true_hash, Role.ORGANISER)
    form = {"csrf_token": csrf_token(client, "/staff/sign-in"), "password": "et forkert kodeord"}
    seconds: dict[str, list[float]] = {mette.email: [], "ingen@havneby.example.org": []}
    for _ in range(5):
        for email, taken in seconds.items():
            started = time.process_time()
            assert client.post("/staff/sign-in", data={**form, "email": email}).status_code == 422
            taken.append(time.process_time() - started)
    known, unknown = (statistics.median(taken) for taken in seconds.values())
    assert abs(known - unknown) < 0.3 * max(known, unknown)


def test_a_weak_hash_is_replaced_at_the_next_sign_in(client: FlaskClient, app: Flask, password_hash: str) -> None:
    mette = add_colleague(app, password_hash, Role.ORGANISER)
    assert give_password(client, mette).status_code == 303
    with app.app_context():
        renewed = db.session.scalars(select(Staff.password_hash)).one()
        assert renewed is not None
        assert renewed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
