"""Who has answered a hearing holds its deadline: whom an extension reaches beside the parties, and with which words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from eventapp.db import db, reading
from eventapp.hearing import queries
from eventapp.hearing.calling import actions as calling
from eventapp.hearing.models import Hearing
from eventapp.mail import rendering
from eventapp.mail.models import OutboxMail, State
from eventapp.mail.queued import QueuedMail
from eventapp.telling import queries as telling
from eventapp.telling import words
from eventapp.telling.models import Fact, Subject
from eventapp.web.permissions import Person
from eventapp.work.worker import Worker
from tests.hearing.conftest import DEADLINE_AT, MEMO, SENT_AT
from tests.hearing.test_answering import receive, sent_to
from tests.support.work import do_jobs, take_mails

EXTENDED = "hearing/extended"
OFFICER = Person("0" * 32, "Sagsbehandler", frozenset())
NEXT_DAY = SENT_AT + timedelta(days=1)
LATER = DEADLINE_AT + timedelta(days=7)


@pytest.fixture
def answered(hearing: Hearing) -> Hearing:
    """One citizen answered twice, one in English, one without an address, a party too, and one after the change."""
    hearing_id, early = hearing.id, SENT_AT + timedelta(hours=1)
    sent: tuple[dict[str, Any], ...] = (
        {"email": "anna@example.org"},
        {"email": "Anna@example.org"},
        {"email": "ben@example.org", "lang": "en"},
        {"email": ""},
        {"email": "post@14.example.org"},
        {"email": "late@example.org", "received_at": NEXT_DAY + timedelta(seconds=1)},
    )
    for number, facts in enumerate(sent):
        receive(sent_to(hearing_id, **{"text": f"Svar {number}", "received_at": early, **facts}))
    take_mails()
    return db.session.get_one(Hearing, hearing_id)


def extended(hearing: Hearing, to: datetime = LATER, reason: str = "Ferie") -> dict[str, QueuedMail]:
    """Extend the deadline as the officer's form does; the mails to those who have answered, by address."""
    calling.extend_deadline(hearing, to, reason, by=OFFICER, now=NEXT_DAY)
    db.session.commit()
    do_jobs()
    found = [one for one in take_mails() if one.message == EXTENDED]
    assert len(found) == len({one.to_address for one in found})
    return {one.to_address.lower(): one for one in found}


def test_each_address_that_has_answered_is_told_once_and_a_party_by_its_notice(answered: Hearing) -> None:
    assert set(extended(answered)) == {"anna@example.org", "ben@example.org"}


def test_the_mail_says_the_deadline_why_and_that_the_answer_counts(answered: Hearing) -> None:
    mails = {who: rendering.render(mail) for who, mail in extended(answered).items()}
    danish, english = mails["anna@example.org"], mails["ben@example.org"]
    assert danish.subject == "Ny frist: Høring om havneparken"
    assert "fredag den 21. juni 2024 kl. 12.00" in danish.text
    assert "Begrundelse: Ferie" in danish.text
    assert "Dit svar tæller, som det er." in danish.text
    assert "Your answer counts as it is." in english.text
    assert "Svar 0" not in danish.text  # no word of an answer (LAW-09)


def test_each_extension_is_told(answered: Hearing) -> None:
    first = extended(answered)
    assert set(first) == set(extended(answered, LATER + timedelta(days=1), "Mere ferie"))


def test_the_page_counts_those_whom_it_will_tell(answered: Hearing) -> None:
    with reading() as conn:
        found = telling.reached(conn, Subject.HEARING, answered.id, [Fact.DEADLINE], NEXT_DAY)
        nobody = telling.reached(conn, Subject.HEARING, answered.id, [Fact.MATERIAL], NEXT_DAY)
    assert words.reached(found) == "2, der har svaret, får en mail."
    assert words.reached(nobody) == "Ingen får en mail."


# --- notices -------------------------------------------------------------------------------------------------------


def test_a_notice_that_waited_until_the_deadline_was_another_gives_way_to_the_one_that_holds(
    app: Flask, hearing: Hearing
) -> None:
    extended_at_once(hearing)
    Worker(app).run_once()
    for party in queries.parties(hearing.id):
        states = {one.subject: db.session.get_one(OutboxMail, one.mail_id).state for one in party.notices}
        assert states == {"notice": State.SUPERSEDED, "extension": State.SENT}


def test_the_one_that_holds_says_all_that_the_first_would_have(hearing: Hearing) -> None:
    extended_at_once(hearing)
    (mail, *_others) = [one for one in take_mails() if one.message == "hearing/extension"]
    rendered = rendering.render(mail)
    assert "Hvad mener I?" in rendered.text
    assert "Bilag 1: Notat" in rendered.text
    assert [one.name for one in rendered.files] == ["Bilag 1 - notat.pdf"]


@pytest.mark.parametrize("message", ["hearing/notice", "hearing/extension"])
def test_material_that_is_too_large_for_a_mail_is_fetched_by_a_link(
    hearing: Hearing, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    extended_at_once(hearing)
    monkeypatch.setattr(rendering, "LARGEST_FILES", len(MEMO) - 1)
    (mail, *_others) = [one for one in take_mails() if one.message == message]
    rendered = rendering.render(mail)
    assert rendered.files == ()
    assert "/hearings/havneparken/material/1" in rendered.text
    assert "/hearings/havneparken/material/1" in rendered.html
    assert "Materialet er for stort til en mail." in rendered.text
    monkeypatch.setattr(rendering, "LARGEST_FILES", len(MEMO))
    assert len(rendering.render(mail).files) == 1


def extended_at_once(hearing: Hearing) -> None:
    """Before any notice has left."""
    calling.extend_deadline(hearing, LATER, "Ferie", by=OFFICER, now=NEXT_DAY)
    db.session.commit()
