"""The same answer from the same address is taken in once, and nobody else is told that it was (ADR 0055)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventapp import clock
from eventapp.db import db
from eventapp.hearing.answering.actions import SentAnswer, receipt_token, receive
from eventapp.hearing.errors import SentBeforeError
from eventapp.hearing.models import Answer, Hearing
from eventapp.hearing.rules import SAME_FOR
from eventapp.mail.models import OutboxMail
from tests.hearing.conftest import DEADLINE_AT, make_hearing
from tests.hearing.test_answering import sent_to
from tests.hearing.test_pages import FORM, TYPED
from tests.support.html import Page
from tests.support.pages import choose_form, form_values

NOW = DEADLINE_AT - timedelta(days=2)
PDF = b"%PDF-1.4 bilag %%EOF"


@pytest.fixture(autouse=True)
def sent_hearing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with app.app_context():
        make_hearing()


def send(client: FlaskClient, **fields: Any) -> str:
    """Open the form anew, send it, and say where that leads."""
    blank = form_values(choose_form(Page(client.get(FORM).text), {"text": ""}, ""))
    answer = client.post(FORM, data={**blank, **TYPED, **fields})
    assert answer.status_code == 303
    return answer.location


def counted(app: Flask) -> list[int]:
    """Answers, and mails with a receipt."""
    with app.app_context():
        mails = select(func.count()).where(OutboxMail.message == "hearing/receipt")
        return [db.session.scalar(select(func.count()).select_from(Answer)) or 0, db.session.scalar(mails) or 0]


def test_in_the_same_browser_it_leads_to_the_receipt(client: FlaskClient, app: Flask) -> None:
    assert send(client) == send(client)
    assert counted(app) == [1, 1]


def test_anybody_else_gets_a_page_that_tells_nothing_and_the_address_a_mail(client: FlaskClient, app: Flask) -> None:
    first = send(client)
    other = app.test_client()
    place = send(other)
    assert place == "/receipts/by-mail"
    page = other.get(place).text
    assert first.rpartition("/")[2] not in page
    assert "allerede" not in page
    assert counted(app) == [1, 2]
    with app.app_context():
        first_mail, again = db.session.scalars(select(OutboxMail).where(OutboxMail.message == "hearing/receipt"))
        number = first_mail.context["number"]
        assert (again.to_address, again.context["number"]) == (first_mail.to_address, number)


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Bevar buskene."},
        {"email": "en.anden@example.org"},
        {"name": "En anden"},
        {"files": PDF},
    ],
)
def test_another_answer_is_another(client: FlaskClient, app: Flask, other: dict[str, Any]) -> None:
    if "files" in other:
        other = {"files": [(BytesIO(other["files"]), "bilag.pdf")]}
    assert send(client) != send(client, **other)
    assert counted(app) == [2, 2]


def test_after_a_day_it_may_be_said_again(client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    send(client)
    for later, answers in ((timedelta(days=1) - timedelta(seconds=1), 1), (timedelta(days=1), 2)):
        moment = NOW + later
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        send(client)
        assert counted(app)[0] == answers


def test_the_session_says_nothing_of_what_was_sent(client: FlaskClient) -> None:
    send(client)
    with client.session_transaction() as session:
        kept = str(dict(session))
    assert [word for word in TYPED.values() if str(word) in kept] == []


def test_two_tabs_at_one_moment_make_one_answer(app: Flask) -> None:
    with app.app_context():
        hearing_id = db.session.scalars(select(Hearing.id)).one()
        sent = [sent_to(hearing_id, received_at=NOW, same_since=NOW - SAME_FOR) for _ in range(6)]
    start = Barrier(len(sent))

    def tab(one: SentAnswer) -> str:
        with app.app_context():
            start.wait(60)
            try:
                return receive(one)
            except SentBeforeError as refusal:
                return receipt_token(refusal.answer_id)

    with ThreadPoolExecutor(len(sent)) as tabs:
        assert len(set(tabs.map(tab, sent))) == 1
    assert counted(app) == [1, 1]
    with app.app_context():
        assert db.session.scalars(select(Hearing.answers_issued)).one() == 1
