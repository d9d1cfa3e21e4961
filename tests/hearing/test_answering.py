"""Taking in answers: nothing lost, nothing twice, every number used once."""

from __future__ import annotations

import secrets
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventapp import blobs, record
from eventapp.audit import AuditEntry
from eventapp.blobs import NamedFile
from eventapp.db import db, end_reading
from eventapp.errors import NotFoundError
from eventapp.hearing import queries
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.answering.actions import SentAnswer
from eventapp.hearing.errors import OtherContentError
from eventapp.hearing.models import Answer, Hearing, SenderKind
from eventapp.mail.models import OutboxMail
from eventapp.record.verification import verify_log
from tests.hearing.conftest import DEADLINE_AT, make_hearing


def sent_to(hearing_id: str, **facts: Any) -> SentAnswer:
    """An answer as somebody might send it."""
    usual = {
        "submission_key": secrets.token_hex(16),
        "name": "Ægidius Østergaard",
        "email": "aegidius@example.org",
        "text": "Bevar træerne.",
        "sender_kind": SenderKind.CITIZEN,
        "received_at": DEADLINE_AT - timedelta(hours=1),
    }
    return SentAnswer(hearing_id=hearing_id, **{**usual, **facts})


def receive(sent: SentAnswer) -> str:
    """Take the answer in as the page does: with no transaction of the session open."""
    end_reading()
    return answering.receive(sent)


def test_an_answer_gets_number_receipt_entry_mail_and_audit_line(hearing: Hearing) -> None:
    token = receive(sent_to(hearing.id))
    answer, case_id = queries.answer_with_receipt(token), hearing.case_id
    assert (answer.number, answer.receipt_number, answer.is_late) == (1, "HS-2024-0001", False)
    seq = answer.entry_seq
    end_reading()
    entry = record.verify_receipt(record.receipt(case_id, seq)).entry
    assert (entry["kind"], entry["ref"], entry["late"]) == ("answer", answer.id, False)
    mails = db.session.scalars(select(OutboxMail).where(OutboxMail.subject_id == answer.id)).all()
    assert [(one.message, one.limit_key) for one in mails] == [("hearing/receipt", "aegidius@example.org")]
    assert db.session.scalars(select(AuditEntry.act).where(AuditEntry.subject_id == answer.id)).all() == [
        "hearing.answer_received"
    ]


@pytest.mark.parametrize(("seconds", "late"), [(-1, False), (0, False), (1, True)])
def test_an_answer_around_the_deadline_is_taken_in_and_marked(hearing: Hearing, seconds: int, late: bool) -> None:
    token = receive(sent_to(hearing.id, received_at=DEADLINE_AT + timedelta(seconds=seconds)))
    assert queries.answer_with_receipt(token).is_late is late


def test_the_same_answer_sent_again_gives_the_same_receipt(hearing: Hearing) -> None:
    sent = sent_to(hearing.id)
    later = replace(sent, received_at=sent.received_at + timedelta(seconds=9))
    assert receive(sent) == receive(later)
    assert len(queries.answers(hearing.id)) == 1


def test_another_text_under_the_same_key_is_never_swallowed(hearing: Hearing) -> None:
    sent = sent_to(hearing.id)
    receive(sent)
    with pytest.raises(OtherContentError):
        receive(replace(sent, text="Fæld træerne."))
    assert [one.text for one in queries.answers(hearing.id)] == ["Bevar træerne."]


def test_attachments_are_sealed_with_the_answer(hearing: Hearing) -> None:
    upload = NamedFile(blobs.put(b"Vores bilag"), "bilag æøå.txt", "text/plain")
    answer = queries.answer_with_receipt(receive(sent_to(hearing.id, uploads=(upload,))))
    assert [(one.file_name, blobs.read(one.sha256).decode()) for one in answer.attachments] == [
        ("bilag æøå.txt", "Vores bilag")
    ]


def test_a_draft_takes_no_answers(app: Flask) -> None:
    with app.app_context():
        hearing = make_hearing(sent=False)
        with pytest.raises(NotFoundError):
            receive(sent_to(hearing.id))


def test_thirty_two_doubles_and_thirty_others_at_once_make_thirty_one_answers(app: Flask, hearing: Hearing) -> None:
    hearing_id, case_id = hearing.id, hearing.case_id
    end_reading()
    same = sent_to(hearing_id)
    all_sent = [same] * 32 + [sent_to(hearing_id, text=f"Svar {n}") for n in range(30)]
    tokens: list[str] = []

    def send(sent: SentAnswer) -> None:
        with app.app_context():
            tokens.append(receive(sent))

    threads = [threading.Thread(target=send, args=(one,)) for one in all_sent]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(tokens), len(set(tokens))) == (62, 31)
    assert sorted(one.number for one in queries.answers(hearing_id)) == list(range(1, 32))
    assert db.session.scalar(select(func.count(Answer.receipt_number.distinct()))) == 31
    db.session.rollback()
    assert verify_log(case_id).faults == []


@pytest.mark.parametrize("change", ["text", "received_at", "attachment"])
def test_a_change_of_a_stored_answer_is_found(hearing: Hearing, change: str) -> None:
    case_id = hearing.case_id
    upload = NamedFile(blobs.put(b"Vores bilag"), "bilag.txt", "text/plain")
    answer = queries.answer_with_receipt(receive(sent_to(hearing.id, uploads=(upload,))))
    if change == "attachment":
        db.session.delete(answer.attachments[0])
    else:
        other: dict[str, Any] = {"text": "Fæld træerne.", "received_at": answer.received_at - timedelta(days=1)}
        setattr(answer, change, other[change])
    db.session.commit()
    assert verify_log(case_id).faults


def test_the_receipt_time_is_what_the_entry_says(hearing: Hearing) -> None:
    received_at = datetime.fromisoformat("2024-06-14T11:59:59.999999+02:00")
    answer = queries.answer_with_receipt(receive(sent_to(hearing.id, received_at=received_at)))
    assert answer.received_at == received_at
    assert not answer.is_late
