"""How a mail stands, said where the thing stands that it is about: on each such page, in each state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from eventapp import clock
from eventapp.db import db
from eventapp.invitations.models import Invitation
from eventapp.mail import answers
from eventapp.mail.models import OutboxMail, State
from eventapp.web.permissions import Role
from tests.hearing.conftest import DEADLINE_AT, make_hearing
from tests.hearing.test_answering import receive, sent_to
from tests.invitations.conftest import make_invitation
from tests.registration.givens import given_event, sign_up
from tests.support.factories import SIGN_UP_AT, make_event
from tests.support.pages import PageClient
from tests.support.staff import sign_in

NO = "550 5.1.1 no such user"


@dataclass(frozen=True)
class Given:
    """A row as a worker leaves it, and what each kind of reader sees of it."""

    values: dict[str, Any]
    for_staff: str
    for_the_reader: str


STATES = {
    "waiting": Given({}, "Venter på at blive sendt", "er på vej"),
    "limited": Given({"answer": answers.WAITS_ITS_TURN}, "Venter: adressen har", "har fået tre mails"),
    "retried": Given({"attempts": 1, "answer": "451 later"}, "Kunne ikke sendes endnu", "kunne ikke afleveres endnu"),
    "sent": Given({"state": State.SENT}, "Sendt", "Vi har sendt"),
    "refused": Given({"state": State.REFUSED, "answer": NO}, NO, NO),
    "given_up": Given({"state": State.GIVEN_UP, "answer": "451 later"}, "451 later", "451 later"),
    "held": Given({"state": State.HELD, "answer": answers.TOO_MANY}, "Holdt tilbage", "flere mails til"),
}
FAILED = {"refused", "given_up", "held"}


def ticket() -> str:
    return f"/t/{sign_up(given_event()).ticket_code}"


def tickets() -> str:
    return f"/w/{sign_up(given_event(), heads=2).link_token}"


def receipt() -> str:
    return f"/receipts/{receive(sent_to(make_hearing().id, received_at=DEADLINE_AT - timedelta(hours=1)))}"


def registration() -> str:
    event = given_event()
    return f"/staff/events/{event.id}/registrations/{sign_up(event).registration_id}"


def letter() -> str:
    invitation: Invitation = make_invitation(make_event())
    db.session.commit()
    return f"/staff/events/{invitation.event_id}/invitations/{invitation.id}"


def letters() -> str:
    return letter().rpartition("/")[0]


def notices() -> str:
    return f"/staff/hearings/{make_hearing().id}"


def desk_of_guests() -> str:
    return registration().rpartition("/registrations")[0]


def desk_of_offices() -> str:
    return letters().rpartition("/")[0]


def put(state: str) -> None:
    """Let every mail stand like this."""
    values = {"due_at": OutboxMail.queued_at, **STATES[state].values}
    if values.get("state") not in {None, State.WAITING}:
        values["finished_at"] = clock.system_now()
    db.session.execute(update(OutboxMail).values(values))
    db.session.commit()


@pytest.fixture(autouse=True)
def _at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: SIGN_UP_AT)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("given", [ticket, tickets, receipt])
def test_whoever_a_mail_is_for_reads_how_it_stands(
    page_client: PageClient, app: Flask, given: Callable[[], str], state: str
) -> None:
    with app.app_context():
        address = given()
        put(state)
    text = page_client.visit(address).text
    assert STATES[state].for_the_reader in text
    assert ("Vi har sendt" in text) == (state == "sent")


@pytest.mark.parametrize("state", [one for one in STATES if one != "sent"])
@pytest.mark.parametrize("given", [registration, letter, letters, notices])
def test_staff_read_it_beside_the_thing_itself(
    page_client: PageClient, app: Flask, given: Callable[[], str], state: str
) -> None:
    sign_in(page_client, Role.ADMIN, Role.ORGANISER, Role.OFFICER, Role.PROTOCOL)
    with app.app_context():
        address = given()
        put(state)
    text = page_client.visit(address).text
    assert STATES[state].for_staff in text
    assert ("Er adressen rigtig?" in text) == (state in FAILED)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("given", "words"), [(desk_of_guests, "kunne ikke nås på mail"), (desk_of_offices, "ikke afleveret")]
)
def test_what_did_not_get_out_reaches_whoever_answers_for_it(
    page_client: PageClient, app: Flask, given: Callable[[], str], words: str, state: str
) -> None:
    sign_in(page_client, Role.ORGANISER, Role.PROTOCOL)
    with app.app_context():
        address = given()
        put(state)
    assert (words in page_client.visit(address).text) == (state in FAILED)


def test_a_ticket_that_was_handed_on_does_not_tell_where_mails_go(page_client: PageClient, app: Flask) -> None:
    with app.app_context():
        other = sign_up(given_event(), heads=2).ticket_codes[1]
        put("refused")
    text = page_client.visit(f"/t/{other}").text
    assert NO not in text
    assert "guest1@example.org" not in text
