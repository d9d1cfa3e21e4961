"""Two presses, at one moment or one after the other, are one reply and one letter (ADR 0055)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventapp import clock
from eventapp.db import db
from eventapp.invitations import actions
from eventapp.invitations.models import Invitation, Letter, Reply
from eventapp.mail.models import OutboxMail
from eventapp.web.permissions import Role
from tests.invitations.conftest import NO, REPLIED_AT, YES, kinds
from tests.support.html import Page
from tests.support.pages import choose_form, form_values
from tests.support.staff import sign_in

PRESSES = 4


def number(model: type[Letter] | type[Reply]) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def mails(message: str) -> int:
    return db.session.scalar(select(func.count()).where(OutboxMail.message == message)) or 0


def at_once(press: Callable[[int], int]) -> set[int]:
    with ThreadPoolExecutor(PRESSES) as pool:
        return set(pool.map(press, range(PRESSES)))


def clients(app: Flask, client: FlaskClient) -> list[FlaskClient]:
    """Tabs of one browser: the same cookies, and each may press at the same moment."""
    tabs = [app.test_client() for _ in range(PRESSES)]
    for tab in tabs:
        tab._cookies = client._cookies
    return tabs


def test_two_presses_make_one_letter(
    app: Flask, client: FlaskClient, invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: REPLIED_AT)
    path = f"/staff/events/{invitation.event_id}/invitations/{invitation.id}"
    db.session.rollback()
    sign_in(client, Role.PROTOCOL)
    form = form_values(choose_form(Page(client.get(path).text), {}, "/letters"))
    tabs = clients(app, client)
    assert at_once(lambda one: tabs[one].post(f"{path}/letters", data=form).status_code) == {303}
    assert number(Letter) == 2  # that of the fixture, and one
    assert mails("invitations/letter") == 2
    again = form_values(choose_form(Page(client.get(path).text), {}, "/letters"))
    client.post(f"{path}/letters", data=again)
    assert number(Letter) == 3


def test_the_same_reply_at_one_moment_is_one(
    app: Flask, client: FlaskClient, invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: REPLIED_AT)
    path = f"/i/{actions.link_token(invitation.id)}"
    db.session.rollback()
    form = form_values(choose_form(Page(client.get(path).text), {"state": ""}, ""))
    data = {**form, "state": "declined", "reason": "Optaget den aften."}
    tabs = clients(app, client)
    assert at_once(lambda one: tabs[one].post(path, data=data).status_code) == {303}
    assert number(Reply) == 1
    assert mails("invitations/noted") == 1
    assert kinds().count("reply") == 1


@pytest.mark.parametrize(
    "other",
    [
        NO,
        replace(YES, contact_name="En anden"),
        replace(YES, contact_phone="12 34 56 78"),
        replace(YES, reason="Med glæde"),
    ],
)
def test_another_reply_is_another(invitation: Invitation, other: actions.Given) -> None:
    for given in (YES, YES, other, other, YES):
        actions.reply(invitation, given, now=REPLIED_AT)
        db.session.commit()
    assert [one.number for one in invitation.replies] == [1, 2, 3]
