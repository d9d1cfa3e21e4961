"""The record to take away: nothing left out, everything checkable."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import blobs, record
from eventapp.audit import AuditEntry
from eventapp.blobs import NamedFile
from eventapp.db import db, end_reading
from eventapp.hearing import queries
from eventapp.hearing.answering import actions as answering
from eventapp.record.signing import key_ring
from eventapp.web.permissions import Role
from tests.hearing.conftest import DEADLINE_AT, make_hearing
from tests.hearing.test_answering import sent_to
from tests.support.pages import PageClient
from tests.support.staff import sign_in

SCRIPT = Path(__file__).resolve().parent.parent.parent / "tools" / "verify_receipt.py"


@pytest.fixture(name="case_id")
def answered_case(app: Flask) -> str:
    """A hearing with an answer in time, with an attachment, and a late one whose text was erased."""
    with app.app_context():
        hearing = make_hearing()
        hearing_id, case_id = hearing.id, hearing.case_id
        end_reading()
        upload = NamedFile(blobs.put("Vores bilag æøå".encode()), "bilag æøå.txt", "text/plain")
        answering.receive(sent_to(hearing_id, uploads=(upload,)))
        late = sent_to(hearing_id, text="Hemmeligt", received_at=DEADLINE_AT + timedelta(seconds=1))
        answering.receive(late)
        found = queries.answers(hearing_id)[1]
        seq, found.text = found.entry_seq, ""
        record.erase(db.session.connection(), log_id=case_id, seq=seq, names=["text"], reason="Fejl", at=DEADLINE_AT)
        db.session.commit()
        return case_id


def export(client: PageClient, case_id: str, kind: str) -> bytes:
    sign_in(client, Role.OFFICER)
    page = client.visit(f"/staff/cases/{case_id}/record")
    token = next(one for one in page.root.all("input") if one.attributes.get("name") == "csrf_token")
    data = {"csrf_token": token.attributes["value"], "form": kind, "purpose": "Bilag"}
    response = client.post(f"/staff/cases/{case_id}/record", data=data, buffered=True)
    assert response.status_code == 200
    return response.data


def test_the_json_shows_every_entry_and_says_what_was_erased(page_client: PageClient, case_id: str) -> None:
    whole: dict[str, Any] = json.loads(export(page_client, case_id, "json"))
    assert whole["counts"]["entries"] == whole["counts"]["shown"] == len(whole["entries"])
    assert [one["entry"]["seq"] for one in whole["entries"]] == list(range(len(whole["entries"])))
    answers = [one for one in whole["entries"] if one["entry"]["kind"] == "answer"]
    assert [one["contents"].get("text") for one in answers] == ["Bevar træerne.", None]
    assert [one["erased"] for one in answers] == [[], ["text"]]
    assert [one["entry"]["late"] for one in answers] == [False, True]


def test_the_pdf_is_tagged_and_holds_the_answers(page_client: PageClient, case_id: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(export(page_client, case_id, "pdf")))
    text = " ".join(page.extract_text() for page in reader.pages)
    assert "Bevar træerne." in text
    assert "Hemmeligt" not in text
    assert "Ældrerådet" in text
    assert "/MarkInfo" in reader.root_object
    assert str(reader.root_object["/Lang"]).startswith("da")


def test_the_zip_holds_every_file_a_manifest_and_receipts_that_verify(
    page_client: PageClient, case_id: str, app: Flask, tmp_path: Path
) -> None:
    bundle = zipfile.ZipFile(io.BytesIO(export(page_client, case_id, "zip")))
    assert bundle.read("høringssvar/Høringssvar - 1 Bilag 1 - bilag æøå.txt").decode() == "Vores bilag æøå"
    manifest = dict(line.split("  ", 1)[::-1] for line in bundle.read("manifest-sha256.txt").decode().splitlines())
    assert set(manifest) == set(bundle.namelist()) - {"manifest-sha256.txt"}
    assert all(hashlib.sha256(bundle.read(name)).hexdigest() == digest for name, digest in manifest.items())
    with app.app_context():
        keys = [public_text(key) for key in key_ring().trusted]
    receipts = [name for name in bundle.namelist() if name.endswith(".tlog-proof")]
    assert len(receipts) == 2
    for name in receipts:
        file = tmp_path / Path(name).name
        file.write_bytes(bundle.read(name))
        command = [sys.executable, "-I", str(SCRIPT), "--key", keys[0], str(file)]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def public_text(key: bytes) -> str:
    """As the page of the keys shows it."""
    return record.checkpoint.hash_text(key)


def test_an_export_needs_a_purpose_and_is_logged(page_client: PageClient, case_id: str, app: Flask) -> None:
    sign_in(page_client, Role.OFFICER)
    page_client.submit(f"/staff/cases/{case_id}/record", {"purpose": " "}, status=422)
    export(page_client, case_id, "json")
    with app.app_context():
        facts = db.session.scalars(select(AuditEntry.facts).where(AuditEntry.act == "hearing.record_exported")).all()
    assert [one["purpose"] for one in facts] == ["Bilag"]
