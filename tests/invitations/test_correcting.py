"""What is wrong in an invitation is put right: written anew while nobody has it, else corrected or withdrawn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp.audit import AuditEntry
from eventapp.db import db, end_reading
from eventapp.events.models import Event
from eventapp.invitations import actions, queries
from eventapp.invitations.models import Invitation
from eventapp.mail.models import OutboxMail
from eventapp.record.verification import verify_log
from eventapp.registration.models import Registration, RegistrationState
from eventapp.web.permissions import Role
from tests.invitations.conftest import REPLIED_AT, YES, make_invitation
from tests.support.factories import STARTS_AT, make_event
from tests.support.pages import PageClient
from tests.support.staff import sign_in

REASON = "Skrevet til det forkerte ministerium."


@pytest.fixture(autouse=True)
def _before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventapp.clock.now", lambda: STARTS_AT - timedelta(days=19))


@pytest.fixture
def organiser(page_client: PageClient) -> PageClient:
    sign_in(page_client, Role.ORGANISER)
    return page_client


@pytest.fixture
def event_id(app: Flask) -> str:
    with app.app_context():
        event = make_event()
        db.session.commit()
        return event.id


def made(app: Flask, event_id: str, *, sent: bool) -> str:
    """The address of an invitation's page."""
    with app.app_context():
        invitation = make_invitation(db.session.get_one(Event, event_id), sent=sent)
        db.session.commit()
        return f"/staff/events/{event_id}/invitations/{invitation.id}"


def found(page: str) -> Invitation:
    return db.session.get_one(Invitation, page.rpartition("/")[2])


def acts(page: str) -> list[str]:
    lines = select(AuditEntry.act).where(AuditEntry.subject_id == page.rpartition("/")[2])
    return list(db.session.scalars(lines.order_by(AuditEntry.at)))


def is_sound(app: Flask, event_id: str) -> bool:
    with app.app_context():
        case_id = db.session.get_one(Event, event_id).case_id
        end_reading()
        return verify_log(case_id).faults == []


def test_what_was_not_sent_is_written_anew(organiser: PageClient, app: Flask, event_id: str) -> None:
    page = made(app, event_id, sent=False)
    organiser.submit(f"{page}/correction", {"office": "fiskeriministeren", "email": "ny@example.org", "minutes": "5"})
    with app.app_context():
        row = found(page)
        assert (row.office.official, row.email, row.minutes) == ("fiskeriministeren", "ny@example.org", 5)
        assert acts(page)[-1] == "invitations.changed"


def test_what_was_not_sent_is_taken_away(organiser: PageClient, app: Flask, event_id: str) -> None:
    page = made(app, event_id, sent=False)
    organiser.submit(f"{page}/correction", action="/removal")
    with app.app_context():
        assert queries.invitations(event_id) == []
        assert acts(page)[-1] == "invitations.removed"


def test_of_what_was_sent_only_the_address_is_corrected_with_a_reason(
    organiser: PageClient, app: Flask, event_id: str
) -> None:
    page = made(app, event_id, sent=True)
    organiser.submit(f"{page}/correction", {"email": "ny@example.org", "reason": ""}, status=422)
    shown = organiser.submit(f"{page}/correction", {"email": "ny@example.org", "reason": REASON})
    assert REASON in shown.text
    token = shown.root.all("input", name="csrf_token")[0].attributes["value"]
    assert organiser.post(f"{page}/removal", data={"csrf_token": token}).status_code == 409
    with app.app_context():
        assert found(page).email == "ny@example.org"
    assert is_sound(app, event_id)


def test_withdrawing_tells_the_office_ends_its_link_and_gives_the_seat_back(
    organiser: PageClient, app: Flask, event_id: str
) -> None:
    page = made(app, event_id, sent=True)
    with app.app_context():
        actions.reply(found(page), YES, now=REPLIED_AT)
        db.session.commit()
        registration_id, link = found(page).registration_id, actions.link_token(found(page).id)
    organiser.visit(f"/i/{link}")
    shown = organiser.submit(f"{page}/withdrawal", {"reason": REASON})
    assert "Invitationen er trukket tilbage" in shown.text
    assert REASON in shown.text
    organiser.visit(f"/i/{link}", status=404)
    with app.app_context():
        head = db.session.get_one(Registration, registration_id)
        assert head.state is RegistrationState.CANCELLED
        (mail,) = db.session.scalars(select(OutboxMail).where(OutboxMail.message == "invitations/withdrawn"))
        assert (mail.calendar_method, REASON in str(mail.context)) == ("CANCEL", True)
        assert len(found(page).replies) == 1
        assert queries.programme_people(event_id) == {}
    assert is_sound(app, event_id)


def test_nothing_is_done_with_what_was_withdrawn(organiser: PageClient, app: Flask, event_id: str) -> None:
    page = made(app, event_id, sent=True)
    shown = organiser.submit(f"{page}/withdrawal", {"reason": REASON})
    assert not any("invitations" in one.attributes.get("action", "") for one in shown.forms())
    token = shown.root.all("input", name="csrf_token")[0].attributes["value"]
    for path, fields in (
        ("withdrawal", {"reason": REASON}),
        ("letters", {"number": "2"}),
        ("replies", {"state": "accepted", "channel": "phone"}),
    ):
        assert organiser.post(f"{page}/{path}", data={"csrf_token": token, **fields}).status_code == 409, path
