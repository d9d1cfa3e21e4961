"""The case officer's pages: list those heard, send, see who answered, extend, close."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import clock
from eventapp.audit import AuditEntry
from eventapp.db import db, end_reading
from eventapp.hearing import queries
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.models import Hearing
from eventapp.mail.models import OutboxMail
from eventapp.record.models import RecordEntry
from eventapp.web.permissions import Role
from tests.hearing.conftest import DEADLINE_AT, SENT_AT, make_hearing
from tests.hearing.test_answering import sent_to
from tests.support.pages import PageClient
from tests.support.staff import sign_in


@pytest.fixture(autouse=True)
def _a_day_after_it_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: SENT_AT + timedelta(days=1))


@pytest.fixture(name="hearing_id")
def hearing_of_officer(app: Flask, page_client: PageClient) -> str:
    """A hearing that was sent, and an officer signed in."""
    sign_in(page_client, Role.OFFICER)
    with app.app_context():
        return make_hearing().id


def test_a_new_hearing_is_a_draft_and_needs_a_deadline_after_its_beginning(
    page_client: PageClient, hearing_id: str, app: Flask
) -> None:
    with app.app_context():
        case_id = queries.hearing(hearing_id).case_id
    plan = {
        "title": "Ny",
        "question": "Hvad?",
        "starts": "2024-06-02T10:00",
        "deadline": "2024-06-01T12:00",
    }
    page = page_client.submit(f"/staff/hearings/new/{case_id}", plan, status=422)
    assert "Fristen skal ligge efter begyndelsen." in page.text
    page = page_client.submit(f"/staff/hearings/new/{case_id}", {**plan, "deadline": "2024-07-01T12:00"})
    assert "Udkast" in page.text
    page_client.visit("/hearings/ny", status=404)


def test_only_those_not_told_yet_are_sent_the_hearing(page_client: PageClient, hearing_id: str, app: Flask) -> None:
    here = f"/staff/hearings/{hearing_id}"
    page_client.submit(here, {"name": "Ny part", "email": "ny@example.org"})
    page = page_client.submit(here, action="/notices")
    assert "Høringen er sendt til 1 høringspart." in page.text
    with app.app_context():
        notices = select(OutboxMail.to_address).where(OutboxMail.message == "hearing/notice")
        assert len(db.session.scalars(notices).all()) == 3
        kinds = db.session.scalars(select(RecordEntry.kind)).all()
    assert [str(kind) for kind in kinds].count("notice") == 3


def test_a_party_stands_on_the_list_once(page_client: PageClient, hearing_id: str) -> None:
    again = {"name": "havnens venner", "email": "x@example.org"}
    page = page_client.submit(f"/staff/hearings/{hearing_id}", again, status=422)
    assert "allerede" in page.text


def test_a_deadline_moves_later_only_and_everybody_is_told(
    page_client: PageClient, hearing_id: str, app: Flask
) -> None:
    here = f"/staff/hearings/{hearing_id}"
    earlier = {"deadline": "2024-06-13T12:00", "reason": "Fejl i systemet"}
    page_client.submit(here, earlier, status=422)
    page_client.submit(here, {**earlier, "deadline": "2024-06-21T12:00"})
    with app.app_context():
        hearing = db.session.get_one(Hearing, hearing_id)
        assert [(one.old_at, one.told) for one in hearing.deadline_changes] == [(DEADLINE_AT, 2)]
        mails = db.session.scalars(select(OutboxMail).where(OutboxMail.message == "hearing/extension")).all()
        assert len(mails) == 2
    assert "forlænget" in page_client.visit("/hearings/havneparken").text


def test_after_the_closing_an_answer_is_still_taken_in(page_client: PageClient, hearing_id: str, app: Flask) -> None:
    page_client.submit(f"/staff/hearings/{hearing_id}/closing", action="/closing")
    with app.app_context():
        assert queries.hearing(hearing_id).closed_at
        end_reading()
        late = sent_to(hearing_id, received_at=DEADLINE_AT + timedelta(days=9))
        assert queries.answer_with_receipt(answering.receive(late)).is_late


def test_reading_an_answer_is_logged_and_it_can_be_tied_to_a_party(
    page_client: PageClient, hearing_id: str, app: Flask
) -> None:
    with app.app_context():
        answering.receive(sent_to(hearing_id))
        answer_id, party_id = queries.answers(hearing_id)[0].id, queries.parties(hearing_id)[0].id
        end_reading()
    page_client.submit(f"/staff/hearings/answers/{answer_id}", {"party_id": party_id})
    with app.app_context():
        assert queries.counts(queries.hearing(hearing_id)).ticked == 1
        acts = db.session.scalars(select(AuditEntry.act).where(AuditEntry.subject_id == answer_id)).all()
    assert "hearing.answer_read" in acts


def test_an_auditor_sees_the_list_and_no_answer(page_client: PageClient, hearing_id: str, app: Flask) -> None:
    with app.app_context():
        answering.receive(sent_to(hearing_id))
        answer_id = queries.answers(hearing_id)[0].id
    sign_in(page_client, Role.AUDITOR)
    page_client.visit(f"/staff/hearings/{hearing_id}")
    page_client.visit(f"/staff/hearings/answers/{answer_id}", status=403)


def test_the_links_in_mails_of_the_hearing_open_for_its_officers_only(
    page_client: PageClient, hearing_id: str, app: Flask
) -> None:
    with app.app_context():
        mail_id = db.session.scalars(select(OutboxMail.id).where(OutboxMail.message == "hearing/notice")).first()
    page_client.visit(f"/staff/outbox/{mail_id}")
    sign_in(page_client, Role.ORGANISER)
    page_client.visit("/staff/outbox")
    page_client.visit(f"/staff/outbox/{mail_id}", status=403)
    page_client.visit(f"/staff/outbox/{mail_id}/file", status=403)
