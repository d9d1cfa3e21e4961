"""Whoever changes what was recorded is found out (R14)."""

import secrets
import shutil
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from eventapp import blobs, record
from eventapp.db import db as database
from eventapp.record import export, published, verification
from eventapp.record.signing import key_ring
from eventapp.web.registry import registry
from tests.record.conftest import ORIGIN
from tests.record.insiders import KINDS, Crime
from tests.record.shelf import files as shelf_files
from tools import verify_record

CHANGES = 504  # 42 of each kind, on each database
ENTRIES = 23


@pytest.fixture
def scene(append, log_id, now, shelf):
    """A log of 23 entries whose texts a slice keeps, each with a receipt mail, every third with a file."""
    kept, files = {}, []
    by_ref = replace(shelf.kinds["answer"], content=lambda _conn, entry: kept.get(entry.ref, {}))
    registry().record_kinds["answer"] = shelf.kinds["answer"] = by_ref
    for number in range(ENTRIES):
        ref, at = secrets.token_hex(16), now + timedelta(minutes=number)
        kept[ref] = {"text": f"Svar {number}", "name": "Anna Andersen", "outbox": secrets.token_hex(16)}
        attached = []
        if number % 3 == 0:
            stored = blobs.put(f"Bilag {number}".encode())
            files.append(stored.sha256)
            attached = [record.Attachment(stored.sha256, stored.size, "text/plain")]
        append(parts=kept[ref], ref=ref, attachments=attached, received_at=at, at=at, late=False)
        kept[ref] |= shelf_files(attached)
        record.checkpoint_covering(log_id)
    return kept, files


def exported(conn, log_id):
    """Name -> content of the export; a file that is gone is left out."""
    found = {}
    for member in export.members(conn, log_id, published.read(log_id)):
        try:
            found[member.name] = member.content if isinstance(member.content, bytes) else member.content.read_bytes()
        except FileNotFoundError:
            continue
    return found


def says_no(told, folder, outside):
    """Whether the stand-alone program finds a fault in these files, given the head that a witness kept."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "files").mkdir(parents=True)
    for name, content in told.items():
        (folder / name).write_bytes(content)
    return bool(verify_record.check_record(folder, list(key_ring().trusted), [outside], []))


def test_every_change_by_an_insider_is_found(scene, log_id, tmp_path):
    """By the product always; by the stand-alone program whenever the change reaches what it is given."""
    kept, files = scene
    chance = Random(14)
    outside = published.read(log_id)
    unnoticed = []
    with database.engine.connect() as conn:
        good = exported(conn, log_id)
    assert not says_no(good, tmp_path / "export", outside)
    for number in range(CHANGES):
        commit_crime = KINDS[number % len(KINDS)]
        with database.engine.connect() as conn:
            crime = Crime(conn, log_id, ORIGIN, kept, files, chance)
            commit_crime(crime)
            if verification.examine(conn, log_id, outside).is_intact:
                unnoticed.append((number, commit_crime.__name__))
            told = exported(conn, log_id)
            if told != good and not says_no(told, tmp_path / "export", outside):
                unnoticed.append((number, f"{commit_crime.__name__} by the program"))
            conn.rollback()
        for undo in crime.undo:
            undo()
    assert not unnoticed
    assert verification.verify_log(log_id).is_intact  # nothing of all this was left behind


def test_with_the_heads_outside_out_of_reach_a_rollback_would_pass(scene, log_id):
    """The control: the head that is kept outside the database is what gives a restored old database away."""
    kept, files = scene
    with database.engine.connect() as conn:
        KINDS[-1](Crime(conn, log_id, ORIGIN, kept, files, Random(3)))
        assert not verification.examine(conn, log_id, published.read(log_id)).is_intact
        assert verification.examine(conn, log_id, None).is_intact
        conn.rollback()
