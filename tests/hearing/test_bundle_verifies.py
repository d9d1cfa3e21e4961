"""The ZIP of a record verifies by itself: with what lies in it, by the command that its read-me prints."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app

from eventapp import blobs
from eventapp.blobs import NamedFile
from eventapp.cases import actions as cases
from eventapp.cases.models import DocumentKind
from eventapp.cases.queries import case_by_id
from eventapp.db import db, end_reading
from eventapp.hearing import queries
from eventapp.hearing.calling import actions as calling
from eventapp.hearing.dossier import bundle_files, erasure_actions
from eventapp.hearing.dossier.queries import dossier
from eventapp.languages import Wording
from tests.hearing.conftest import DEADLINE_AT, SENT_AT
from tests.hearing.test_answering import receive, sent_to
from tests.record import reimplementation

NOW = DEADLINE_AT + timedelta(days=1)


@pytest.fixture
def unpacked(app: Flask, tmp_path: Path) -> Path:
    """A case with a document and a hearing, answers with files, one erased in part: taken away and unpacked."""
    with app.app_context():
        case = cases.open_case(cases.CaseFacts("2024-17", Wording("Havnen")), by=None, now=NOW)
        cases.publish(case, by=None, now=NOW)
        facts = cases.DocumentFacts(Wording("Notat"), DocumentKind.MEMO, is_public=True)
        memo = NamedFile(blobs.put(b"%PDF-1.7 notat"), "notat æøå.pdf", "application/pdf")
        document = cases.add_document(case, facts, memo, by=None, now=NOW)
        plan = calling.Plan("havnen", Wording("Om havnen"), Wording("Hvad mener I?"), SENT_AT, DEADLINE_AT)
        hearing = calling.open_hearing(case, plan, by=None, now=SENT_AT)
        calling.add_material(hearing, document.versions[0], by=None, now=SENT_AT)
        calling.add_party(hearing, "Ældrerådet", "post@example.org", by=None, now=SENT_AT)
        db.session.flush()
        calling.send_notices(hearing, by=None, now=SENT_AT)
        db.session.commit()
        case_id, hearing_id = case.id, hearing.id
        receive(
            sent_to(
                hearing_id, text="Et\n😀 \uf0b7", uploads=(named("plan.txt", b"Plan"), named("plan.txt", b"Ny plan"))
            )
        )
        receive(sent_to(hearing_id, text="Hemmeligt", name="Hvalros"))
        seq = queries.answers(hearing_id)[1].entry_seq
        end_reading()
        erasure_actions.erase(case_id, seq, ["text", "name"], "Fejl", by=None, now=NOW)
        end_reading()
        target = io.BytesIO()
        with current_app.test_request_context():
            bundle_files.write_zip(dossier(case_by_id(case_id)), NOW, target)
    folder = tmp_path / "protokol æ"
    zipfile.ZipFile(target).extractall(folder)
    return folder


def named(name: str, content: bytes) -> NamedFile:
    return NamedFile(blobs.put(content), name, "text/plain")


def commands(folder: Path) -> list[str]:
    """The lines of the read-me that are commands, as they are printed."""
    lines = (folder / "LÆSMIG.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line.startswith("python3 ")]


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """In the unpacked folder, in a shell, with a python3 that has the one package named; nothing of the product."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    given = {"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=given, capture_output=True, text=True, check=False, timeout=100
    )


def make_manifest_anew(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != bundle_files.MANIFEST)
    lines = [f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.relative_to(folder).as_posix()}" for one in files]
    (folder / bundle_files.MANIFEST).write_text("\n".join(lines) + "\n", "utf-8")


def in_json(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def changed(folder: Path) -> None:
        path = folder / "protokol.json"
        whole = json.loads(path.read_text("utf-8"))
        change(whole)
        path.write_text(json.dumps(whole, ensure_ascii=False, indent=2), "utf-8")

    return changed


CHANGES: dict[str, Callable[[Path], object]] = {
    "a word of an answer": in_json(lambda whole: contents(whole, "answer").update(text="Noget andet")),
    "in time": in_json(lambda whole: entry(whole, "answer").update(late=True)),
    "when it came": in_json(lambda whole: entry(whole, "answer").update(received_at="2023-01-01T00:00:00.000000Z")),
    "an answer less": in_json(lambda whole: whole["entries"].remove(one_of(whole, "answer"))),
    "an answer more": in_json(lambda whole: whole["entries"].append(one_of(whole, "answer"))),
    "what was erased is not": in_json(lambda whole: one_of(whole, "answer", 1)["contents"].update(text="Opdigtet")),
    "nothing was erased": in_json(lambda whole: one_of(whole, "answer", 1).update(erased=[])),
    "its hash": in_json(lambda whole: one_of(whole, "notice").update(leaf_hash="0" * 64)),
    "the name of a party": in_json(lambda whole: contents(whole, "notice").update(party="En anden")),
    "the title of the case": in_json(lambda whole: whole["case"].update(title="En anden")),
    "how many answers": in_json(lambda whole: whole["counts"].update(answers=1)),
    "the head": in_json(lambda whole: whole.update(checkpoint="x/case/y\n9\nAAAA\n\n")),
    "the list of files": in_json(lambda whole: whole["files"][0].update(sha256="0" * 64)),
    "an attachment": lambda folder: next((folder / "høringssvar").glob("*Bilag 1*")).write_bytes(b"Falsk"),
    "an attachment gone": lambda folder: next((folder / "høringssvar").glob("*Bilag 2*")).unlink(),
    "a document more": lambda folder: (folder / "dokumenter" / "99 - notat.pdf").write_bytes(b"%PDF-1.7 falsk"),
    "a document": lambda folder: next((folder / "dokumenter").glob("*notat æøå*")).write_bytes(b"%PDF-1.7 falsk"),
    "a receipt": lambda folder: swap_bytes(next((folder / "kvitteringer").iterdir()), b"index ", b"index 1"),
    "a receipt of elsewhere": lambda folder: (folder / "kvitteringer" / "HS-1.tlog-proof").write_text("c2sp"),
    "an entry": lambda folder: swap_bytes(folder / "kontrol" / "entries.jsonl", b'"late":false', b'"late":true'),
    "an opening": lambda folder: swap_bytes(folder / "kontrol" / "openings.jsonl", b'"Et\\n', b'"To\\n'),
    "a salt": lambda folder: swap_bytes(folder / "kontrol" / "openings.jsonl", b'"salt":"', b'"salt":"0'),
    "a row": lambda folder: swap_bytes(folder / "kontrol" / "rows.jsonl", b'"late": false', b'"late": true'),
    "a row gone": lambda folder: swap_lines(folder / "kontrol" / "rows.jsonl", '"table": "answer"'),
    "every signature": lambda folder: (folder / "kontrol" / "heads.jsonl").write_text(""),
}


def one_of(whole: dict[str, Any], kind: str, place: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = [one for one in whole["entries"] if one["entry"]["kind"] == kind][place]
    return found


def entry(whole: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = one_of(whole, kind)["entry"]
    return found


def contents(whole: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = one_of(whole, kind)["contents"]
    return found


def swap_bytes(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


def swap_lines(path: Path, word: str) -> None:
    """Without the lines of rows that have the word."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if word not in line or '"kinds"' in line]
    assert len(kept) < len(lines)
    path.write_text("".join(kept), "utf-8")


def test_the_commands_of_the_read_me_say_yes_as_they_are_printed(unpacked: Path) -> None:
    whole, one = commands(unpacked)
    told = run(unpacked, whole)
    assert (told.returncode, told.stdout, told.stderr) == (0, "YES: the record is whole, unchanged and signed.\n", "")
    told = run(unpacked, one)
    assert (told.returncode, told.stdout.startswith("YES: entry"), told.stderr) == (0, True, "")
    told = run(unpacked, f"sha256sum --quiet -c {bundle_files.MANIFEST}")
    assert (told.returncode, told.stdout) == (0, "")


def test_another_implementation_made_from_the_document_says_the_same(unpacked: Path) -> None:
    keys = [base64.b64decode(key) for key in re.findall(r"--key (\S+)", commands(unpacked)[0])]
    assert list(reimplementation.faults(unpacked, keys)) == []
    assert list(reimplementation.faults(unpacked, [bytes(32)]))


def test_the_other_implementation_is_another() -> None:
    source = Path(reimplementation.__file__).read_text("utf-8")
    assert not re.search(r"^\s*(from|import) (eventapp|tools|tests)", source, re.MULTILINE)


@pytest.mark.seconds(400)
def test_whatever_is_changed_is_found_although_the_manifest_is_made_anew(unpacked: Path, tmp_path: Path) -> None:
    """By the program that lies in the ZIP, and by the other implementation; the key comes from elsewhere."""
    command = commands(unpacked)[0]
    keys = [base64.b64decode(key) for key in re.findall(r"--key (\S+)", command)]
    unnoticed = []
    for name, change in CHANGES.items():
        folder = tmp_path / "andet"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(unpacked, folder)
        change(folder)
        make_manifest_anew(folder)
        told = run(folder, command)
        if told.returncode != 1 or not told.stdout.startswith("NO:") or told.stderr:
            unnoticed.append((name, told.stdout[-300:], told.stderr[-300:]))
        if not finds(folder, keys):
            unnoticed.append((name, "by the other", ""))
    assert unnoticed == []


def finds(folder: Path, keys: list[bytes]) -> bool:
    try:
        return any(reimplementation.faults(folder, keys))
    except (ValueError, LookupError, OSError, TypeError):
        return True  # it cannot be read any more


def test_nothing_that_was_erased_is_in_it(unpacked: Path) -> None:
    everything = b"".join(path.read_bytes() for path in unpacked.rglob("*") if path.is_file())
    assert b"Hemmeligt" not in everything
    assert b"Hvalros" not in everything
