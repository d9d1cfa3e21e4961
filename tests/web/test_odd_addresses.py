"""Addresses that nobody asks for by hand: with control signs, and with numbers that no database holds."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eventapp.web.permissions import Role
from tests.support.staff import sign_in

HUGE = "9223372036854775807"


def public_gets(app: Flask) -> list[str]:
    """Paths of every route that takes a text, with a sign in it that no database takes."""
    found = []
    for rule in app.url_map.iter_rules():
        texts = [name for name, converter in rule._converters.items() if type(converter).__name__ == "UnicodeConverter"]
        if "GET" in (rule.methods or ()) and texts and len(texts) == len(rule.arguments):
            found.append(app.url_map.bind("").build(rule.endpoint, dict.fromkeys(texts, "a\x00b")))
    return found


def test_a_control_sign_in_any_address_is_not_found(app: Flask, client: FlaskClient) -> None:
    sign_in(client, Role.OFFICER)
    paths = public_gets(app)
    assert len(paths) > 20
    for path in paths:
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize("path", ["/?a=%00", "/?%00=a", "/privacy?next=a%1fb", "/a%00", "/%7f"])
def test_a_control_sign_in_path_or_query_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ORGANISER, Role.ADMIN])
def test_a_page_that_no_list_can_have_is_not_found(client: FlaskClient, role: Role) -> None:
    sign_in(client, role)
    statuses = {path: client.get(f"{path}?page={HUGE}").status_code for path in ("/staff/outbox", "/staff/audit")}
    assert set(statuses.values()) <= {403, 404}, statuses
