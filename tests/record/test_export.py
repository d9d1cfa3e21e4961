"""The record as files, and the stand-alone program that checks them."""

import base64
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from eventapp import blobs, record
from eventapp.db import reading, write
from eventapp.errors import NotFoundError
from eventapp.record import export, verification
from eventapp.record.signing import key_ring
from eventapp.web.registry import registry
from tools import verify_record


@pytest.fixture
def exported(append, log_id, now, tmp_path):
    """Three answers, one with a file, one erased, all signed, written to a folder."""
    stored = blobs.put(b"Bilag")
    append("Et", attachments=[record.Attachment(stored.sha256, stored.size, "text/plain")])
    append("To")
    write(lambda conn: record.erase(conn, log_id=log_id, seq=1, names=["text", "name"], reason="Slettet", at=now))
    (tmp_path / "kvittering").write_text(record.receipt(log_id, 0), "utf-8")
    append("Tre")
    (tmp_path / "hoved").write_text(record.checkpoint_covering(log_id).text, "utf-8")
    with reading() as conn:
        assert export.write(conn, log_id, tmp_path / "sag") == 6
    return tmp_path


def run_program(folder):
    key = base64.b64encode(key_ring().public).decode()
    more = ["--head", folder / "hoved", "--receipt", folder / "kvittering"]
    command = [sys.executable, Path(verify_record.__file__), "--key", key, folder / "sag", *more]
    return subprocess.run([str(one) for one in command], capture_output=True, text=True, check=False)


def test_a_whole_record_is_told_to_be_whole(exported):
    told = run_program(exported)
    assert (told.returncode, told.stdout) == (0, "YES: the record is whole, unchanged and signed.\n")


def test_erased_texts_are_not_in_the_export(exported):
    everything = b"".join(path.read_bytes() for path in (exported / "sag").rglob("*") if path.is_file())
    assert b"Tre" in everything
    assert b'"To"' not in everything


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("entries.jsonl", '"late":null', '"late":true', "the first 4 entries are not those that were signed"),
        ("openings.jsonl", '"Et"', '"Andet"', "entry 0: text: the content or its salt was changed"),
        ("heads.jsonl", "\\n4\\n", "\\n5\\n", "a head is not signed by this key"),
    ],
)
def test_a_change_is_told_with_its_place(exported, name, old, new, fault):
    path = exported / "sag" / name
    before = path.read_text("utf-8")
    path.write_text(before.replace(old, new), "utf-8")
    told = run_program(exported)
    assert told.returncode == 1
    assert fault in told.stdout


def test_a_removed_entry_file_or_text_is_missed(exported):
    folder = exported / "sag"
    next((folder / "files").iterdir()).unlink()
    assert "entry 0: attachment:0: the file is missing" in run_program(exported).stdout
    lines = (folder / "entries.jsonl").read_text("utf-8").splitlines(keepends=True)
    (folder / "entries.jsonl").write_text("".join(lines[1:]), "utf-8")
    told = run_program(exported).stdout
    assert "a head over 4 entries was signed, there are 3" in told
    assert "entry 0: is not the one that a receipt was given for" in told


def test_two_exports_never_mix(exported, log_id):
    with reading() as conn, pytest.raises(FileExistsError):
        export.write(conn, log_id, exported / "sag")


def test_the_command_writes_and_says_how_to_check(app, append, log_id, tmp_path):
    append()
    record.checkpoint_covering(log_id)
    told = app.test_cli_runner().invoke(args=["record", "export", "--case", "narkotika", str(tmp_path / "ny")])
    assert told.exit_code == 0, told.output
    assert told.output.startswith("5 files.")
    assert (tmp_path / "ny" / "entries.jsonl").is_file()


def test_a_text_that_its_slice_has_lost_is_told_and_does_not_stop_the_check(append, log_id, shelf):
    def lost(_conn, _entry):
        raise NotFoundError

    append()
    registry().record_kinds["answer"] = replace(shelf.kinds["answer"], content=lost)
    faults = [str(fault) for fault in verification.verify_log(log_id).faults]
    assert faults == ["entry 0: name: the content is gone", "entry 0: text: the content is gone"]
