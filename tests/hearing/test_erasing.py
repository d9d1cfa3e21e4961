"""What somebody wrote is erased: nowhere left, said so, and the record still verifies."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from eventapp import blobs, record
from eventapp.blobs import NamedFile
from eventapp.contributions import actions as contributions
from eventapp.contributions.entries import CONTRIBUTION
from eventapp.contributions.models import Quoting
from eventapp.db import db, end_reading, reading
from eventapp.events.models import QuotaKind
from eventapp.hearing import queries
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.calling import actions as calling
from eventapp.hearing.dossier import erasure_actions
from eventapp.hearing.entries import NOTICE
from eventapp.invitations import actions as invitations
from eventapp.invitations.actions import Given
from eventapp.invitations.entries import REPLY
from eventapp.invitations.models import ReplyChannel, ReplyState, StandInRole
from eventapp.record import store
from eventapp.record.contents import values
from eventapp.record.verification import verify_log
from eventapp.web.permissions import Person, Role
from tests.hearing.conftest import DEADLINE_AT, SENT_AT, make_hearing
from tests.hearing.test_answering import sent_to
from tests.hearing.test_dossier import export
from tests.invitations.conftest import REPLIED_AT, make_invitation
from tests.support.factories import STARTS_AT, make_case, make_event
from tests.support.html import Page
from tests.support.pages import PageClient
from tests.support.staff import sign_in

OFFICER = Person("0" * 32, "Sagsbehandler")
PLANTED = "Hvalros"
ADDRESS = "hvalros@example.org"
REASON = "Den registrerede har bedt om det."
WRITTEN = {
    "name": f"Anna {PLANTED}",
    "email": ADDRESS,
    "text": f"Jeg hedder {PLANTED}.",
    "on_behalf_of": f"{PLANTED}foreningen",
}
ALL = ["text", "files", "name", "on_behalf_of", "email"]


@pytest.fixture(name="case_id")
def answered_case(app: Flask) -> str:
    """A hearing with an answer to be erased, all of which is planted, and one that stays."""
    with app.app_context():
        hearing = make_hearing()
        hearing_id, case_id = hearing.id, hearing.case_id
        end_reading()
        upload = NamedFile(blobs.put(f"Bilag om en {PLANTED}".encode()), f"{PLANTED}.txt", "text/plain")
        shared = NamedFile(blobs.put(b"Det samme bilag"), "fælles.txt", "text/plain")
        answering.receive(sent_to(hearing_id, **WRITTEN, uploads=(upload, shared)))
        answering.receive(sent_to(hearing_id, uploads=(shared,)))
        record.checkpoint_covering(case_id)
        return case_id


def found_in(app: Flask, word: str) -> list[str]:
    """Where a word stands: table and column for each, and stored files."""
    wanted, found = word.casefold(), []
    with app.app_context(), reading() as conn:
        for table in inspect(conn).get_table_names():
            for row in conn.execute(text(f'SELECT * FROM "{table}"')).mappings():
                found += [f"{table}.{name}" for name, value in row.items() if wanted in told(value).casefold()]
        folder = app.extensions["settings"].instance_path
        found += [str(one.name) for one in folder.rglob("*") if is_kept(one) and wanted in read(one).casefold()]
    return found


def told(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def read(file: Path) -> str:
    return f"{file.name} {file.read_bytes().decode('utf-8', 'replace')}"


def is_kept(file: Path) -> bool:
    """A file of ours; those of the database itself are read by their tables."""
    return file.is_file() and ".db" not in file.name and ".sqlite" not in file.name


def erase(case_id: str, seq: int, names: list[str]) -> None:
    end_reading()
    erasure_actions.erase(case_id, seq, names, REASON, by=None, now=DEADLINE_AT)
    record.checkpoint_covering(case_id)


def test_an_erased_answer_is_found_nowhere_and_the_record_verifies(app: Flask, case_id: str) -> None:
    assert {"answer.text", "answer_attachment.file_name", "outbox_mail.to_address"} <= set(found_in(app, PLANTED))
    with app.app_context():
        answer = queries.answers(queries.hearings_of_case(case_id)[0].id)[0]
        seq, fingerprint, planted = answer.entry_seq, answer.content_hash, answer.attachments[0].sha256
        end_reading()
        receipt = record.receipt(case_id, seq)
        erase(case_id, seq, ALL)
        assert found_in(app, PLANTED) == []
        assert found_in(app, fingerprint) == []
        assert found_in(app, planted) == []
        assert verify_log(case_id).faults == []
        assert record.verify_receipt(receipt).entry["seq"] == seq
        assert record.verify_receipt(record.receipt(case_id, seq)).entry["seq"] == seq


def test_a_file_that_somebody_else_sent_too_stays(app: Flask, case_id: str) -> None:
    with app.app_context():
        first, second = queries.answers(queries.hearings_of_case(case_id)[0].id)
        shared = second.attachments[0].sha256
        erase(case_id, first.entry_seq, ["files"])
        assert blobs.is_intact(shared)
        erase(case_id, second.entry_seq, ["files"])
        assert not blobs.path(shared).exists()
        assert verify_log(case_id).faults == []


def test_the_text_alone_can_be_erased(app: Flask, case_id: str) -> None:
    with app.app_context():
        answer = queries.answers(queries.hearings_of_case(case_id)[0].id)[0]
        seq = answer.entry_seq
        erase(case_id, seq, ["text"])
        answer = queries.answers(queries.hearings_of_case(case_id)[0].id)[0]
        assert (answer.text, answer.name, len(answer.attachments)) == ("", WRITTEN["name"], 2)
        end_reading()
        with reading() as conn:
            assert store.entry(conn, case_id, seq).erased == ["text"]
            last = store.entry(conn, case_id, store.log(conn, case_id).size - 1)
        assert (last.kind, last.ref) == ("erase", f"entry:{seq}")
        assert '"text"' not in record.opening(case_id, seq)
        assert verify_log(case_id).faults == []


@pytest.mark.parametrize("part", ALL)
def test_each_part_alone_is_found_nowhere_afterwards(app: Flask, part: str) -> None:
    planted = {one: f"Hvalros{one.replace('_', '')}" for one in ALL}
    with app.app_context():
        hearing = make_hearing()
        hearing_id, case_id = hearing.id, hearing.case_id
        end_reading()
        upload = NamedFile(blobs.put(planted["files"].encode()), f"{planted['files']}.txt", "text/plain")
        email = f"{planted['email']}@example.org"
        texts = {one: planted[one] for one in ("text", "name", "on_behalf_of")}
        answering.receive(sent_to(hearing_id, **texts, email=email, uploads=(upload,)))
        record.checkpoint_covering(case_id)
        assert all(found_in(app, word) for word in planted.values())
        erase(case_id, queries.answers(hearing_id)[0].entry_seq, [part])
        assert found_in(app, planted[part]) == []
        assert verify_log(case_id).faults == []


def test_what_is_erased_with_a_failing_transaction_stays(app: Flask, case_id: str) -> None:
    with app.app_context():
        seq = queries.answers(queries.hearings_of_case(case_id)[0].id)[0].entry_seq
        end_reading()
        record.erase(db.session.connection(), log_id=case_id, seq=seq, names=ALL, reason=REASON, at=DEADLINE_AT)
        db.session.rollback()
        blobs.sweep()
        assert len(found_in(app, PLANTED)) > len(WRITTEN)
        assert verify_log(case_id).faults == []


def test_a_contribution_loses_text_and_name(app: Flask) -> None:
    with app.app_context():
        event = make_event()
        sent = contributions.SentContribution(
            "a" * 32, event.themes[0].id, WRITTEN["text"], Quoting.NAMED, WRITTEN["name"]
        )
        contribution = contributions.contribute(event, sent, now=STARTS_AT + timedelta(hours=3))
        case_id, contribution_id, fingerprint = event.case_id, contribution.id, contribution.content_hash
        db.session.commit()
        with reading() as conn:
            seq = store.number_of(conn, case_id, CONTRIBUTION.name, contribution_id)
        erase(case_id, seq, ["text", "name"])
        assert found_in(app, PLANTED) == found_in(app, fingerprint) == []
        assert verify_log(case_id).faults == []


def test_a_reply_loses_reason_and_stand_in(app: Flask) -> None:
    with app.app_context():
        invitation = make_invitation(make_event(make_case()))
        given = Given(
            ReplyState.DECLINED,
            ReplyChannel.LINK,
            reason=f"{PLANTED}jagt",
            contact_name=WRITTEN["name"],
        )
        reply = invitations.reply(invitation, given, now=REPLIED_AT)
        case_id, reply_id = invitation.event.case_id, reply.id
        db.session.commit()
        with reading() as conn:
            seq = store.number_of(conn, case_id, REPLY.name, reply_id)
        erase(case_id, seq, ["reason", "stand_in"])
        assert found_in(app, PLANTED) == []
        assert verify_log(case_id).faults == []


@pytest.mark.parametrize("erased", [0, 1])
def test_a_stand_in_is_found_nowhere_whichever_reply_made_the_ticket(app: Flask, erased: int) -> None:
    given = Given(
        ReplyState.DELEGATED,
        ReplyChannel.LINK,
        stand_in_name=WRITTEN["name"],
        stand_in_title=f"{PLANTED}chef",
        stand_in_role=StandInRole.FACTUAL,
    )
    with app.app_context():
        invitation = make_invitation(make_event(make_case(), quotas={QuotaKind.INVITED: 2}))
        both = [replace(given, stand_in_title=f"{PLANTED}chef {number}") for number in (1, 2)]
        replies = [invitations.reply(invitation, one, now=REPLIED_AT).id for one in both]
        case_id, invitation_id = invitation.event.case_id, invitation.id
        db.session.commit()
        with reading() as conn:
            numbers = [store.number_of(conn, case_id, REPLY.name, one) for one in replies]
        erase(case_id, numbers[erased], ["stand_in"])
        assert set(found_in(app, PLANTED)) == {"reply.stand_in_name", "reply.stand_in_title", "outbox_mail.context"}
        erase(case_id, numbers[1 - erased], ["stand_in"])
        assert found_in(app, PLANTED) == []
        assert verify_log(case_id).faults == []
        with reading() as conn:
            seats = text("SELECT state FROM registration")
            assert conn.execute(seats).scalars().all() == ["confirmed"]
            letters = text("SELECT count(*) FROM outbox_mail WHERE subject_id = :id AND message = 'invitations/letter'")
            assert conn.execute(letters, {"id": invitation_id}).scalar_one() == 1


def test_the_officer_erases_on_a_page_and_the_zip_says_so(page_client: PageClient, case_id: str, app: Flask) -> None:
    sign_in(page_client, Role.OFFICER)
    with app.app_context():
        answer = queries.answers(queries.hearings_of_case(case_id)[0].id)[0]
        answer_id, seq = answer.id, answer.entry_seq
    page = page_client.visit(f"/staff/hearings/answers/{answer_id}")
    links = [one.attributes["href"] for one in page.root.all("a")]
    address = next(link for link in links if link.endswith("/erasure"))
    page_client.submit(address, {"parts": [], "reason": REASON}, status=422)
    assert found_in(app, PLANTED)
    page_client.submit(address, {"parts": ALL, "reason": REASON})
    assert found_in(app, PLANTED) == []
    assert "ikke mere af dette at slette" in page_client.visit(address).text
    bundle = zipfile.ZipFile(io.BytesIO(export(page_client, case_id, "zip")))
    assert f"Indførsel {seq}: bilag 1, bilag 2, e-mailadressen, bilagene, navnet, på vegne af hvem, teksten" in (
        bundle.read("LÆSMIG.txt").decode()
    )
    whole = json.loads(bundle.read("protokol.json"))
    erased = [one["erased"] for one in whole["entries"] if one["entry"]["seq"] == seq]
    assert erased == [["attachment:0", "attachment:1", "email", "files", "name", "on_behalf_of", "text"]]
    said = [one["contents"] for one in whole["entries"] if one["entry"]["kind"] == "erase"]
    assert said == [{"names": erased[0], "reason": REASON}]


# --- those who are heard ---------------------------------------------------------------------------------------


def notices_of(case_id: str, name: str) -> list[int]:
    """The numbers of the letters to a party, as they were entered."""
    end_reading()
    with reading() as conn:
        end = store.log(conn, case_id).size
        entries = [one for one in store.entries(conn, case_id, 0, end) if one.kind == NOTICE.name]
        return [one.seq for one in entries if values(conn, one)["party"] == name]


def test_a_party_is_found_nowhere_once_each_of_its_letters_was_erased(app: Flask) -> None:
    extended_at = DEADLINE_AT + timedelta(days=7)
    with app.app_context():
        hearing = make_hearing(sent=False)
        hearing_id, case_id = hearing.id, hearing.case_id
        for name in (WRITTEN["name"], f"Bo {PLANTED}"):
            calling.add_party(hearing, name, ADDRESS, by=None, now=SENT_AT)
        calling.send_notices(hearing, by=None, now=SENT_AT)
        calling.extend_deadline(hearing, extended_at, "Ferie.", by=OFFICER, now=SENT_AT)
        db.session.commit()
        letters, others = (notices_of(case_id, name) for name in (WRITTEN["name"], f"Bo {PLANTED}"))
        assert (len(letters), len(others)) == (2, 2)
        erase(case_id, letters[0], ["party"])
        assert WRITTEN["name"] in [one.name for one in queries.parties(hearing_id)]
        for seq in (letters[1], *others):
            erase(case_id, seq, ["party"])
        assert found_in(app, PLANTED) == []
        assert verify_log(case_id).faults == []
        calling.extend_deadline(
            queries.hearing(hearing_id), extended_at + timedelta(days=1), "Ferie.", by=OFFICER, now=SENT_AT
        )
        db.session.commit()
        assert [len(one.notices) for one in queries.parties(hearing_id)] == [2, 2, 3, 3]  # nobody writes to the erased


def test_the_officer_goes_from_the_list_of_parties_to_what_is_erased(page_client: PageClient, app: Flask) -> None:
    sign_in(page_client, Role.OFFICER)
    with app.app_context():
        hearing_id = make_hearing().id
    page = page_client.visit(f"/staff/hearings/{hearing_id}")
    first, _second = erasing_links(page)
    page_client.submit(first, {"parts": ["party"], "reason": REASON})
    page = page_client.visit(f"/staff/hearings/{hearing_id}")
    assert "Havnens Venner" not in page.text
    assert "slettet" in page.text
    assert len(erasing_links(page)) == 1
    sign_in(page_client, Role.AUDITOR)
    assert erasing_links(page_client.visit(f"/staff/hearings/{hearing_id}")) == []


def test_the_list_of_contributions_leads_to_what_is_erased(page_client: PageClient, app: Flask) -> None:
    with app.app_context():
        event = make_event()
        sent = contributions.SentContribution("a" * 32, event.themes[0].id, WRITTEN["text"], Quoting.UNNAMED)
        contribution = contributions.contribute(event, sent, now=STARTS_AT + timedelta(hours=3))
        case_id, event_id, contribution_id = event.case_id, event.id, contribution.id
        db.session.commit()
        with reading() as conn:
            seq = store.number_of(conn, case_id, CONTRIBUTION.name, contribution_id)
    sign_in(page_client, Role.ORGANISER)
    page = page_client.visit(f"/staff/events/{event_id}/contributions")
    assert f"Nummer {seq} i protokollen" in page.text
    assert erasing_links(page) == []
    sign_in(page_client, Role.OFFICER)
    (address,) = erasing_links(page_client.visit(f"/staff/events/{event_id}/contributions"))
    page = page_client.visit(address)
    assert [one.attributes["value"] for one in page.root.all("input", type="checkbox")] == ["text"]  # no name was given
    page_client.submit(address, {"parts": ["text"], "reason": REASON})
    assert "Teksten er slettet." in page_client.visit(f"/staff/events/{event_id}/contributions").text


def erasing_links(page: Page) -> list[str]:
    found = [one.attributes.get("href", "") for one in page.root.all("a")]
    return [href for href in found if href.endswith("/erasure")]


# --- on the command line ---------------------------------------------------------------------------------------


def test_an_operator_sees_what_there_is_and_erases_it(app: Flask, case_id: str, page_client: PageClient) -> None:
    with app.app_context():
        answer = queries.answers(queries.hearings_of_case(case_id)[0].id)[0]
        seq, slug = answer.entry_seq, answer.hearing.case.slug
    command = ["record", "erase", "--case", slug, "--entry", str(seq)]
    everything = [word for name in ALL for word in ("--part", name)]
    run = app.test_cli_runner().invoke
    assert run(args=command).output == f"Entry {seq}, Hearing answer: {', '.join(ALL)}\n"
    for wrong, told_why in (
        ([*everything, "--reason", " "], "Say why"),
        (["--part", "quoting", "--reason", REASON], "There is no quoting to erase."),
        (["--part", "text", "--entry", "999", "--reason", REASON], "Error: "),
        (["--part", "text", "--case", "nowhere", "--reason", REASON], "Error: "),
    ):
        refused = run(args=[*command, *wrong])
        assert (refused.exit_code, told_why in refused.output) == (1, True), refused.output
    assert found_in(app, PLANTED)
    assert run(args=[*command, *everything, "--reason", REASON]).exit_code == 0
    assert found_in(app, PLANTED) == []
    assert run(args=command).output == f"Entry {seq}, Hearing answer: nothing to erase\n"
    with app.app_context():
        assert verify_log(case_id).faults == []
        acts = db.session.execute(text("SELECT by_id FROM audit_entry WHERE act = 'hearing.text_erased'"))
        assert acts.scalars().all() == [None]
    sign_in(page_client, Role.OFFICER)
    bundle = zipfile.ZipFile(io.BytesIO(export(page_client, case_id, "zip")))
    assert f"Indførsel {seq}: " in bundle.read("LÆSMIG.txt").decode()
