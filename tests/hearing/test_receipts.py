"""What a sender gets back, what makes two answers the same, and which numbers are given."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select

from eventapp import blobs, record
from eventapp.blobs import NamedFile
from eventapp.db import db, end_reading
from eventapp.hearing import entries, queries
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.answering.actions import SentAnswer
from eventapp.hearing.calling import actions as calling
from eventapp.hearing.errors import OtherContentError
from eventapp.hearing.models import Answer, Channel, Hearing, ReceiptSeries, SenderKind
from eventapp.mail import delivery, rendering
from eventapp.mail.models import OutboxMail
from eventapp.record.texts import read_text
from eventapp.record.verification import verify_log
from eventapp.tokens import token_hash
from eventapp.web.permissions import Person
from tests.hearing.conftest import DEADLINE_AT, SENT_AT, audited, mails, make_hearing, recorded
from tests.hearing.test_answering import receive, sent_to
from tests.support.factories import make_case
from tests.support.work import take_mails

OFFICER = Person("officer-1", "Sagsbehandler", frozenset())


def stored(token: str) -> Answer:
    return queries.answer_with_receipt(token)


def upload(name: str = "bilag.txt", content: bytes = b"Vores bilag") -> NamedFile:
    return NamedFile(blobs.put(content), name, "text/plain")


# --- what is kept --------------------------------------------------------------------------------------------


def test_an_answer_is_stored_as_it_was_sent_to_the_last_field(hearing: Hearing) -> None:
    party_id = queries.parties(hearing.id)[0].id
    facts: dict[str, Any] = {
        "submission_key": "a" * 32,
        "name": "Nguyễn Ærø-Åkjær 🦭",
        "on_behalf_of": "Havnens Venner",
        "email": "nguyen@example.org",
        "text": "Første linje\n\n  Anden linje\t– slut",
        "sender_kind": SenderKind.COUNCIL,
        "channel": Channel.IN_PERSON,
        "lang": "en",
        "party_id": party_id,
        "begun_at": DEADLINE_AT - timedelta(hours=3),
        "received_at": DEADLINE_AT - timedelta(microseconds=1),
    }
    hearing_id, case_id = hearing.id, hearing.case_id
    end_reading()
    token = answering.receive(sent_to(hearing_id, **facts), by=OFFICER)
    answer = stored(token)
    assert {name: getattr(answer, name) for name in facts} == facts
    assert (answer.hearing_id, answer.deadline_at, answer.registered_by_id) == (hearing_id, DEADLINE_AT, OFFICER.id)
    assert answer.receipt_hash == token_hash(token)
    assert answer.content_hash == sent_to(hearing_id, **facts).content_hash()
    (told,) = recorded(case_id, entries.ANSWER)
    for name in ("name", "on_behalf_of", "email", "text"):
        assert told[name] == facts[name]
    assert (told["channel"], told["sender_kind"]) == ("in_person", "council")


def test_what_was_not_said_is_empty_and_nobody_of_staff_is_named(hearing: Hearing) -> None:
    answer = stored(receive(sent_to(hearing.id)))
    assert (answer.on_behalf_of, answer.lang, answer.channel) == ("", "da", Channel.PORTAL)
    assert (answer.party_id, answer.begun_at, answer.registered_by_id) == (None, None, None)
    assert audited(answer.id) == [("hearing.answer_received", {"late": False, "files": 0})]


def test_the_entry_says_when_it_was_begun_when_it_came_and_what_the_deadline_was(hearing: Hearing) -> None:
    begun, received = DEADLINE_AT - timedelta(hours=3), DEADLINE_AT + timedelta(seconds=1)
    case_id = hearing.case_id
    answer = stored(receive(sent_to(hearing.id, begun_at=begun, received_at=received)))
    seq = answer.entry_seq
    end_reading()
    entry = record.verify_receipt(record.receipt(case_id, seq)).entry
    moments = {name: datetime.fromisoformat(entry[name]) for name in ("received_at", "started_at", "deadline_at")}
    assert moments == {"received_at": received, "started_at": begun, "deadline_at": DEADLINE_AT}
    assert entry["late"] is True


def test_the_entry_holds_no_word_of_the_answer(hearing: Hearing) -> None:
    case_id = hearing.case_id
    answer = stored(receive(sent_to(hearing.id, on_behalf_of="Hvalrosforeningen", uploads=(upload("hvalros.txt"),))))
    seq, words = answer.entry_seq, (answer.name, answer.email, answer.text, "Hvalros", "hvalros")
    end_reading()
    proof = record.receipt(case_id, seq)
    text = json.dumps(record.verify_receipt(proof).entry, ensure_ascii=False)
    assert not [word for word in words if word in text or word in proof]


def test_attachments_keep_their_order_names_sizes_and_types(hearing: Hearing) -> None:
    uploads = (
        upload("z.txt", b"zz"),
        NamedFile(blobs.put(b"%PDF-1.4 %%EOF"), "a.pdf", "application/pdf"),
        upload("kopi.txt", b"zz"),
    )
    answer = stored(receive(sent_to(hearing.id, uploads=uploads)))
    assert [(one.position, one.file_name, one.size, one.media_type) for one in answer.attachments] == [
        (0, "z.txt", 2, "text/plain"),
        (1, "a.pdf", 14, "application/pdf"),
        (2, "kopi.txt", 2, "text/plain"),
    ]
    assert [one.sha256 for one in answer.attachments] == [one.stored.sha256 for one in uploads]
    assert audited(answer.id)[0][1]["files"] == 3
    case_id = answer.hearing.case_id
    end_reading()
    assert verify_log(case_id).faults == []


# --- the same, or another ------------------------------------------------------------------------------------

CHANGES: dict[str, Any] = {
    "name": "En anden",
    "email": "anden@example.org",
    "text": "Bevar træerne",
    "on_behalf_of": "Nogen",
    "sender_kind": SenderKind.EMPLOYEE,
    "channel": Channel.EMAIL,
    "hearing_id": "0" * 32,
}
SAME: dict[str, Any] = {
    "received_at": DEADLINE_AT + timedelta(days=1),
    "begun_at": DEADLINE_AT - timedelta(days=1),
    "lang": "en",
    "party_id": "1" * 32,
    "submission_key": "2" * 32,
    "files_key": "3" * 32,
    "files_address": "/hearings/parken/answer",
    "same_since": DEADLINE_AT - timedelta(days=2),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_what_is_said_makes_another_answer(name: str) -> None:
    sent = sent_to("f" * 32)
    assert replace(sent, **{name: CHANGES[name]}).content_hash() != sent.content_hash()


@pytest.mark.parametrize("name", SAME)
def test_when_and_by_which_page_it_came_make_no_other_answer(name: str) -> None:
    sent = sent_to("f" * 32)
    assert replace(sent, **{name: SAME[name]}).content_hash() == sent.content_hash()


def test_every_field_of_an_answer_is_on_one_of_the_two_lists() -> None:
    assert {one.name for one in dataclasses.fields(SentAnswer)} == CHANGES.keys() | SAME.keys() | {"uploads"}


def test_another_file_makes_another_answer_and_so_does_another_order(hearing: Hearing) -> None:
    one, two, renamed = upload(), upload("bilag.txt", b"Et andet"), upload("bilag 2.txt")
    sent = sent_to(hearing.id)
    hashes = [replace(sent, uploads=uploads).content_hash() for uploads in ((), (one,), (two,), (renamed,))]
    hashes += [replace(sent, uploads=uploads).content_hash() for uploads in ((one, two), (two, one))]
    assert len(set(hashes)) == 6


def test_a_key_that_was_used_in_one_hearing_swallows_nothing_in_another(hearing: Hearing) -> None:
    other_id = make_hearing(make_case(), slug="skolen").id
    sent = sent_to(hearing.id)
    receive(sent)
    with pytest.raises(OtherContentError):
        receive(replace(sent, hearing_id=other_id))
    assert queries.answers(other_id) == []


def test_sending_twice_makes_one_entry_one_mail_and_uses_one_number(hearing: Hearing) -> None:
    sent, case_id, hearing_id = sent_to(hearing.id, uploads=(upload(),)), hearing.case_id, hearing.id
    assert receive(sent) == receive(sent) == receive(sent)
    assert len(recorded(case_id, entries.ANSWER)) == 1
    assert len(mails("hearing/receipt")) == 1
    assert queries.hearing(hearing_id).answers_issued == 1
    assert stored(receive(sent_to(hearing_id))).number == 2


def test_what_was_refused_uses_no_number(hearing: Hearing) -> None:
    sent, hearing_id = sent_to(hearing.id), hearing.id
    receive(sent)
    with pytest.raises(OtherContentError):
        receive(replace(sent, text="Fæld træerne."))
    assert stored(receive(sent_to(hearing_id))).receipt_number == "HS-2024-0002"


# --- numbers -------------------------------------------------------------------------------------------------


def test_the_year_of_a_receipt_is_that_of_the_clock_on_the_wall(hearing: Hearing) -> None:
    new_year = datetime(2024, 12, 31, 23, 0, tzinfo=UTC)  # midnight in Copenhagen
    moments = [new_year - timedelta(microseconds=1), new_year, new_year + timedelta(hours=1)]
    numbers = [stored(receive(sent_to(hearing.id, received_at=at))).receipt_number for at in moments]
    assert numbers == ["HS-2024-0001", "HS-2025-0001", "HS-2025-0002"]
    series = db.session.execute(select(ReceiptSeries.year, ReceiptSeries.issued).order_by(ReceiptSeries.year)).all()
    assert [tuple(one) for one in series] == [(2024, 1), (2025, 2)]


def test_the_number_within_the_hearing_runs_on_over_new_year(hearing: Hearing) -> None:
    moments = [DEADLINE_AT, DEADLINE_AT + timedelta(days=365)]
    assert [stored(receive(sent_to(hearing.id, received_at=at))).number for at in moments] == [1, 2]


# --- the mail ------------------------------------------------------------------------------------------------


def receipt_mail(hearing: Hearing, **facts: Any) -> tuple[Answer, rendering.Rendered]:
    """Send an answer; it, and the mail that its sender gets."""
    token = receive(sent_to(hearing.id, **facts))
    end_reading()
    (mail,) = [one for one in take_mails() if one.message == "hearing/receipt"]
    drawn = rendering.render(mail)
    return stored(token), drawn


def test_the_receipt_says_number_time_and_files_and_no_word_of_the_answer(hearing: Hearing) -> None:
    received_at = datetime.fromisoformat("2024-06-14T11:59:58+02:00")
    answer, mail = receipt_mail(hearing, received_at=received_at, uploads=(upload("bilag æøå.txt"),))
    assert mail.subject == "Kvittering HS-2024-0001"
    link = f"http://localhost/receipts/{answering.receipt_token(answer.id)}"
    for word in ("HS-2024-0001", "Høring om havneparken", answer.hearing.case.number, "11.59.58", "Rettidigt"):
        assert word in mail.text, word
    assert "bilag æøå.txt" in mail.text
    assert link in mail.text
    assert link not in mail.kept
    for word in (answer.text, answer.name):
        assert word not in f"{mail.subject}{mail.text}{mail.html}"


def test_a_late_answer_is_called_late_in_its_receipt(hearing: Hearing) -> None:
    _, mail = receipt_mail(hearing, received_at=DEADLINE_AT + timedelta(microseconds=1))
    assert "Efter fristen" in mail.text
    assert "Rettidigt" not in mail.text


def test_a_receipt_comes_in_the_language_of_the_page_it_was_sent_from(hearing: Hearing) -> None:
    _, mail = receipt_mail(hearing, lang="en")
    assert mail.subject == "Receipt HS-2024-0001"
    assert "In time" in mail.text
    assert "Hearing: Hearing" in mail.text


def test_the_file_of_the_mail_is_a_receipt_that_verifies(hearing: Hearing) -> None:
    answer, mail = receipt_mail(hearing)
    (file,) = mail.files
    assert (file.name, file.media_type) == ("HS-2024-0001.tlog-proof", "text/plain; charset=utf-8")
    proved = record.verify_receipt(file.content.decode())
    assert (proved.entry["ref"], proved.entry["seq"]) == (answer.id, answer.entry_seq)


@pytest.mark.parametrize("policy", [email.policy.default, email.policy.SMTP])
def test_the_receipt_survives_the_mail_whatever_a_program_makes_of_its_lines(
    hearing: Hearing, policy: email.policy.EmailPolicy
) -> None:
    receive(sent_to(hearing.id))
    end_reading()
    (mail,) = [one for one in take_mails() if one.message == "hearing/receipt"]
    raw = delivery.pack(mail, rendering.render(mail)).as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 998  # RFC 5322 2.1.1
    got = email.message_from_bytes(raw, policy=policy)
    assert isinstance(got, EmailMessage)
    (part,) = [one for one in got.walk() if str(one.get_filename()).endswith(".tlog-proof")]
    assert (part.get_content_type(), part.get_content_charset()) == ("text/plain", "utf-8")
    shown = str(part.get_content())  # as a mail program shows it
    for saved in (shown, shown.replace("\n", "\r\n"), shown.strip()):
        assert record.verify_receipt(read_text(saved.encode())).entry["kind"] == "answer"


def test_an_answer_without_an_address_is_taken_in_and_nobody_is_written_to(hearing: Hearing) -> None:
    """A letter on paper that staff typed in has none."""
    answer = stored(receive(sent_to(hearing.id, email="", channel=Channel.LETTER)))
    assert answer.number == 1
    assert mails("hearing/receipt") == []


def test_receipts_are_held_back_as_mails_that_anybody_can_ask_for(hearing: Hearing) -> None:
    """Anybody can answer in anybody's name: those mails are counted by address, the letters of the officer not."""
    receive(sent_to(hearing.id, email="offer@example.org"))
    assert [one.limit_key for one in mails("hearing/receipt")] == ["offer@example.org"]
    assert {one.limit_key for one in mails("hearing/notice")} == {None}


# --- whose answer it is --------------------------------------------------------------------------------------


def test_an_answer_is_tied_to_a_party_moved_and_untied_and_each_is_logged(hearing: Hearing) -> None:
    first, second = queries.parties(hearing.id)
    answer = stored(receive(sent_to(hearing.id)))
    for party, ticked in ((first, {first.id}), (second, {second.id}), (None, set())):
        answering.link_answer(answer, party, by=OFFICER, now=DEADLINE_AT)
        db.session.commit()
        db.session.expire_all()
        assert {one.id for one in queries.parties(hearing.id) if one.answers} == ticked
        assert queries.counts(hearing).ticked == len(ticked)
    acts = [facts for act, facts in audited(answer.id) if act == "hearing.answer_linked"]
    assert acts == [{"party": first.id}, {"party": second.id}, {"party": None}]


def test_tying_an_answer_changes_nothing_of_what_was_committed_to(hearing: Hearing) -> None:
    party, case_id = queries.parties(hearing.id)[0], hearing.case_id
    answer = stored(receive(sent_to(hearing.id)))
    answering.link_answer(answer, party, by=OFFICER, now=DEADLINE_AT)
    db.session.commit()
    end_reading()
    assert verify_log(case_id).faults == []


def test_who_has_answered_is_still_told_of_a_later_deadline(hearing: Hearing) -> None:
    """A party may want to answer again: an extension is for all who were heard."""
    party_id, hearing_id = queries.parties(hearing.id)[0].id, hearing.id
    receive(sent_to(hearing_id, party_id=party_id))
    found = queries.hearing(hearing_id)
    later = DEADLINE_AT + timedelta(days=7)
    calling.extend_deadline(found, later, "Ferie", by=OFFICER, now=SENT_AT + timedelta(days=1))
    db.session.commit()
    told = db.session.scalars(select(OutboxMail.to_address).where(OutboxMail.message == "hearing/extension"))
    assert len(told.all()) == 2
