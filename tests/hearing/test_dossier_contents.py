"""What the record to take away holds and what it is called; what can be erased of an entry, and who is told."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from eventapp import blobs, record
from eventapp.audit import AuditEntry
from eventapp.blobs import NamedFile
from eventapp.cases.queries import case_by_id
from eventapp.contributions import actions as contributions
from eventapp.contributions.models import Quoting
from eventapp.db import db, end_reading
from eventapp.hearing import entries, queries
from eventapp.hearing.calling import actions as calling
from eventapp.hearing.dossier import bundle_files, erasure_actions, report_files
from eventapp.hearing.dossier import queries as queries_of_dossier
from eventapp.hearing.dossier.queries import Dossier, File, digest, dossier
from eventapp.hearing.models import Hearing
from eventapp.pdf import PdfError
from eventapp.record.errors import NoSuchRecordError, NothingToEraseError
from eventapp.web.permissions import Person, Role
from tests.hearing.conftest import DEADLINE_AT, MEMO, SENT_AT, audited, make_hearing
from tests.hearing.test_answering import receive, sent_to
from tests.support.factories import STARTS_AT, make_case, make_event
from tests.support.pages import PageClient
from tests.support.staff import sign_in

OFFICER = Person("officer-1", "Sagsbehandler", frozenset())
NOW = datetime(2024, 7, 1, 21, 30, tzinfo=UTC)  # half past eleven in the evening in Copenhagen


def named(name: str, content: bytes) -> NamedFile:
    return NamedFile(blobs.put(content), name, "text/plain")


def taken_away(case_id: str) -> Dossier:
    end_reading()
    with current_app.test_request_context():  # the head is signed outside of a write transaction
        return dossier(case_by_id(case_id))


def told(case_id: str) -> dict[str, Any]:
    """The page of the PDF as values, in Danish."""
    return report_files.told(taken_away(case_id), NOW)


def bundle(found: Dossier, now: datetime = NOW) -> bytes:
    target = io.BytesIO()
    with current_app.test_request_context():
        bundle_files.write_zip(found, now, target)
    return target.getvalue()


# --- what is gathered ----------------------------------------------------------------------------------------


def test_every_entry_is_there_once_in_order_with_its_contents(hearing: Hearing) -> None:
    case_id = hearing.case_id
    receive(sent_to(hearing.id, text="Et"))
    receive(sent_to(hearing.id, text="To"))
    found = taken_away(case_id)
    assert [one.seq for one in found.lines] == list(range(found.checkpoint.size))
    assert [one.told["seq"] for one in found.lines] == [one.seq for one in found.lines]
    assert [one.contents["text"] for one in found.of_kind(entries.ANSWER)] == ["Et", "To"]
    assert [one.contents["party"] for one in found.of_kind(entries.NOTICE)] == ["Havnens Venner", "Ældrerådet"]
    assert [one.contents["question"] for one in found.of_kind(entries.DEADLINE)] == ["Hvad mener I?"]
    assert found.of_kind(entries.CLOSE) == []
    assert all(one.erased == [] and len(one.leaf_hash) == 64 for one in found.lines)


def test_a_record_holds_its_own_case_and_nothing_of_another(hearing: Hearing) -> None:
    other = make_hearing(make_case(), slug="skolen")
    receive(sent_to(other.id, text="Om skolen", uploads=(named("skole.txt", b"Skole"),)))
    receive(sent_to(hearing.id, text="Om havnen"))
    found = taken_away(hearing.case_id)
    assert [one.text for one in found.answers.values()] == ["Om havnen"]
    assert not [one.path for one in found.files if "skole" in one.path]
    assert "Om skolen" not in report_files.as_json(found, NOW).decode()


def test_answers_of_two_hearings_stand_by_hearing_and_number(app: Flask) -> None:
    with app.app_context():
        case = make_case()
        second, first = make_hearing(case, slug="anden"), make_hearing(case, slug="tidlig")
        first.starts_at = SENT_AT - timedelta(days=1)
        db.session.commit()
        for hearing, text in ((second, "C"), (first, "A"), (second, "D"), (first, "B")):
            receive(sent_to(hearing.id, text=text))
        assert [one.text for one in taken_away(case.id).answers.values()] == ["A", "B", "C", "D"]


def test_files_are_named_as_case_systems_expect_them_documents_first(hearing: Hearing) -> None:
    receive(sent_to(hearing.id, uploads=(named("b.txt", b"B"), named("å.txt", b"AA"))))
    receive(sent_to(hearing.id, uploads=(named("b.txt", b"B"),)))
    files = taken_away(hearing.case_id).files
    assert [(one.path, one.size) for one in files] == [
        ("dokumenter/01-v1 - notat.pdf", len(MEMO)),
        ("høringssvar/Høringssvar - 1 Bilag 1 - b.txt", 1),
        ("høringssvar/Høringssvar - 1 Bilag 2 - å.txt", 2),
        ("høringssvar/Høringssvar - 2 Bilag 1 - b.txt", 1),
    ]
    assert [one.sha256 for one in files] == [hashlib.sha256(one).hexdigest() for one in (MEMO, b"B", b"AA", b"B")]


def test_no_path_comes_twice_over_all_hearings_and_disks_take_each(app: Flask) -> None:
    with app.app_context():
        case = make_case()
        long = "\U0001f600" * 140 + ".txt"
        for hearing in (make_hearing(case, slug="anden"), make_hearing(case, slug="tidlig")):
            receive(sent_to(hearing.id, uploads=(named("b.txt", b"B"), named(long, b"C"))))
        found = taken_away(case.id)
        paths = [one.path for one in found.files if one.path.startswith("høringssvar/")]
        assert [one.rpartition("/")[0] for one in paths] == ["høringssvar/anden"] * 2 + ["høringssvar/tidlig"] * 2
        assert len({one.path.casefold() for one in found.files}) == len(found.files)
        assert all(len(part.encode()) <= 255 for one in paths for part in one.split("/"))
        assert all(one.endswith(".txt") for one in paths)
        headings = [dict(one["facts"])["Høring"] for one in report_files.told(found, NOW)["answers"]]
        assert len(headings) == 2


def test_paths_that_a_disk_takes_for_the_same_are_told_apart() -> None:
    files = queries_of_dossier._distinct([File(f"a/{name}", "", 0) for name in ("å.pdf", "Å.PDF", "a\u030a.pdf", "b")])
    assert [one.path for one in files] == ["a/å.pdf", "a/Å (2).PDF", "a/a\u030a (3).pdf", "a/b"]


def test_any_answer_can_be_taken_away_and_a_document_that_fails_takes_nothing_along(
    hearing: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(sent_to(hearing.id, text="Godt forslag 😀\n\uf0b7 punkt fra Word\n我支持"))
    found = taken_away(hearing.case_id)
    assert "protokol.pdf" in zipfile.ZipFile(io.BytesIO(bundle(found))).namelist()

    def fail(*_arguments: object) -> bytes:
        raise PdfError("too long")

    monkeypatch.setattr(report_files, "as_pdf", fail)
    rest = zipfile.ZipFile(io.BytesIO(bundle(found)))
    assert "protokol.pdf" not in rest.namelist()
    assert "PDF-filen kunne ikke laves" in rest.read("LÆSMIG.txt").decode()
    assert "punkt fra Word" in rest.read("protokol.json").decode()


def test_a_record_without_answers_is_whole(hearing: Hearing) -> None:
    whole = told(hearing.case_id)
    assert whole["answers"] == []
    assert ["Høringssvar", "0 modtaget = 0 vist"] in whole["facts"]
    assert [one[1] for one in whole["parties"]] == ["Ikke svaret", "Ikke svaret"]


# --- the PDF and the JSON ------------------------------------------------------------------------------------


def test_the_pdf_says_who_answered_what_and_when(hearing: Hearing) -> None:
    party_id = queries.parties(hearing.id)[1].id
    received = datetime.fromisoformat("2024-06-14T12:00:01+02:00")
    receive(sent_to(hearing.id, party_id=party_id, on_behalf_of="Ældrerådet", text="Linje 1\nLinje 2"))
    receive(sent_to(hearing.id, name="Bo", received_at=received, uploads=(named("b.txt", b"B"),)))
    receive(sent_to(hearing.id, party_id=party_id))
    whole = told(hearing.case_id)
    assert whole["parties"] == [["Havnens Venner", "Ikke svaret"], ["Ældrerådet", "Nr. 1, 3"]]
    first, second, _ = whole["answers"]
    assert [first["facts"][0][1], second["facts"][0][1]] == ["Ældrerådet", "Bo"]
    assert first["paragraphs"] == ["Linje 1", "Linje 2"]
    assert first["facts"][1] == ["Udtaler sig som", "Borger"]
    assert "12.00.01" in second["facts"][2][1]
    assert second["facts"][-1][1] == "b.txt"
    assert [late_word(one) for one in whole["answers"]] == ["Rettidigt", "Efter fristen", "Rettidigt"]
    assert str(len(whole["entries"])) == whole["facts"][2][1]


def late_word(answer: dict[str, Any]) -> str:
    return str(answer["facts"][2][1]).rpartition("(")[2].rstrip(")")


def test_what_was_erased_is_said_in_its_place(hearing: Hearing) -> None:
    case_id = hearing.case_id
    receive(sent_to(hearing.id, text="Hemmeligt", name="Hvalros"))
    seq = queries.answers(hearing.id)[0].entry_seq
    end_reading()
    erasure_actions.erase(case_id, seq, ["text", "name"], "Fejl", by=OFFICER, now=NOW)
    db.session.expire_all()
    (answer,) = told(case_id)["answers"]
    assert answer["paragraphs"] == ["slettet"]
    assert answer["facts"][0][1] == "slettet"
    assert "Hvalros" not in str(told(case_id))


def test_a_contribution_is_named_only_by_one_who_agreed(app: Flask) -> None:
    with app.app_context():
        event = make_event()
        for place, quoting in enumerate((Quoting.NAMED, Quoting.UNNAMED)):
            sent = contributions.SentContribution(
                str(place) * 32, event.themes[0].id, f"Tekst {place}", quoting, f"Navn {place}"
            )
            contributions.contribute(event, sent, now=STARTS_AT + timedelta(hours=3))
        case_id = event.case_id
        db.session.commit()
        shown = told(case_id)["contributions"]
        assert [one["facts"][0][1] for one in shown] == ["Navn 0", "Uden navn"]
        assert [one["paragraphs"] for one in shown] == [["Tekst 0"], ["Tekst 1"]]


def test_the_json_names_every_file_with_its_fingerprint(hearing: Hearing) -> None:
    receive(sent_to(hearing.id, uploads=(named("b.txt", b"B"),)))
    found = taken_away(hearing.case_id)
    whole = json.loads(report_files.as_json(found, NOW))
    assert (whole["form"], whole["v"], whole["made_at"]) == ("eventapp-record", 1, NOW.isoformat())
    assert whole["files"] == [{"path": one.path, "sha256": one.sha256, "size": one.size} for one in found.files]
    assert whole["counts"]["answers"] == 1
    assert whole["checkpoint"] == found.checkpoint.text
    assert whole["case"]["number"] == hearing.case.number


# --- the ZIP -------------------------------------------------------------------------------------------------


def test_the_same_record_at_the_same_moment_gives_the_same_bytes(hearing: Hearing) -> None:
    receive(sent_to(hearing.id, uploads=(named("b.txt", b"B"),)))
    found = taken_away(hearing.case_id)
    first = bundle(found)
    assert bundle(found) == first
    assert bundle(found, NOW + timedelta(minutes=1)) != first


def test_files_of_the_bundle_bear_the_time_of_copenhagen_and_can_be_read(hearing: Hearing) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle(taken_away(hearing.case_id)))) as found:
        assert {one.date_time for one in found.infolist()} == {(2024, 7, 1, 23, 30, 0)}
        assert {one.external_attr >> 16 for one in found.infolist()} == {0o644}
        assert "SHA-256" in found.read("LÆSMIG.txt").decode()
        assert found.testzip() is None


def test_a_digest_is_sha_256_in_hexadecimal() -> None:
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


# --- exporting -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"), [({"purpose": "x" * 201}, "x" * 201), ({"purpose": "Aktindsigt", "form": "exe"}, "Aktindsigt")]
)
def test_an_export_that_cannot_be_is_refused_and_nothing_is_logged(
    page_client: PageClient, app: Flask, typed: dict[str, str], kept: str
) -> None:
    with app.app_context():
        case_id = make_hearing().case_id
    sign_in(page_client, Role.OFFICER)
    page_client.submit(f"/staff/cases/{case_id}/record", typed, status=422)
    assert kept in page_client.response.text
    with app.app_context():
        assert db.session.scalars(select(AuditEntry.id).where(AuditEntry.act == "hearing.record_exported")).all() == []


def test_who_exported_what_and_why_is_logged_and_the_file_is_called_by_case_and_day(
    page_client: PageClient, app: Flask
) -> None:
    with app.app_context():
        case_id = make_hearing(make_case(slug="havnen")).case_id
    officer = sign_in(page_client, Role.APPROVER)
    page_client.visit(f"/staff/cases/{case_id}/record")
    fields = {one.attributes.get("name"): one.attributes.get("value") for one in page_client.page.root.all("input")}
    data = {"csrf_token": fields["csrf_token"], "form": "json", "purpose": "Aktindsigt"}
    response = page_client.post(f"/staff/cases/{case_id}/record", data=data, buffered=True)
    assert "protokol-havnen-" in response.headers["Content-Disposition"]
    with app.app_context():
        rows = select(AuditEntry).where(AuditEntry.act == "hearing.record_exported")
        (line,) = db.session.scalars(rows)
        assert (line.by_id, line.subject_id) == (officer, case_id)
        whole = json.loads(response.data)
        assert line.facts == {"form": "json", "entries": whole["counts"]["entries"], "purpose": "Aktindsigt"}


# --- erasing -------------------------------------------------------------------------------------------------


def test_of_an_answer_only_what_somebody_wrote_can_be_erased_and_once(hearing: Hearing) -> None:
    case_id = hearing.case_id
    receive(sent_to(hearing.id))
    seq = queries.answers(hearing.id)[0].entry_seq
    end_reading()
    found = erasure_actions.erasable(case_id, seq)
    assert found.parts == ["text", "name", "email"]  # there are no files, and it is on nobody's behalf
    assert (found.seq, found.received_at) == (seq, DEADLINE_AT - timedelta(hours=1))
    erasure_actions.erase(case_id, seq, ["name", "email"], "Fejl", by=OFFICER, now=NOW)
    assert erasure_actions.erasable(case_id, seq).parts == ["text"]
    with pytest.raises(NothingToEraseError):
        erasure_actions.erase(case_id, seq, ["email"], "Fejl", by=OFFICER, now=NOW)
    erased = [facts for act, facts in audited(case_id) if act == "hearing.text_erased"]
    assert erased == [{"entry": seq, "parts": ["email", "name"]}]


def test_what_the_authority_itself_wrote_cannot_be_erased_but_the_name_of_whom_it_wrote_to(hearing: Hearing) -> None:
    case_id = hearing.case_id
    calling.close(hearing, by=OFFICER, now=NOW)
    db.session.commit()
    found = taken_away(case_id)
    end_reading()
    for kind, parts in ((entries.DEADLINE, []), (entries.NOTICE, ["party"]), (entries.CLOSE, [])):
        written = found.of_kind(kind)
        assert written, kind
        assert [erasure_actions.erasable(case_id, line.seq).parts for line in written] == [parts for _ in written]


@pytest.mark.parametrize("past_the_end", [0, 1, 10**6])
def test_an_entry_that_is_not_there_cannot_be_erased(hearing: Hearing, past_the_end: int) -> None:
    case_id = hearing.case_id
    size = taken_away(case_id).checkpoint.size
    end_reading()
    with pytest.raises(NoSuchRecordError):
        erasure_actions.erasable(case_id, size + past_the_end)


def test_the_receipt_of_an_erased_answer_still_verifies_and_its_page_opens(page_client: PageClient, app: Flask) -> None:
    with app.app_context():
        hearing = make_hearing()
        case_id, hearing_id = hearing.case_id, hearing.id
        token = receive(sent_to(hearing_id, text="Hemmeligt"))
        seq = queries.answers(hearing_id)[0].entry_seq
        end_reading()
        erasure_actions.erase(case_id, seq, ["text", "name"], "Fejl", by=OFFICER, now=NOW)
    assert "HS-2024-0001" in page_client.visit(f"/receipts/{token}").text
    with app.app_context():
        assert record.verify_receipt(page_client.get(f"/receipts/{token}/proof").text).entry["seq"] == seq
    assert "Hemmeligt" not in page_client.get(f"/receipts/{token}/opening").text
