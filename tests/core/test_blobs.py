"""Files by content: on the disk for good before anybody hears of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import blobs, clock
from eventapp.cases.models import Case, Document, DocumentKind, DocumentVersion
from eventapp.db import db, write
from eventapp.languages import Wording
from tests.support.factories import make_case

CONTENT = "Høringssvar fra Ærø".encode() * 10_000
NAME = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def folder(app: Flask) -> Iterator[Path]:
    with app.app_context():
        yield app.extensions["settings"].blob_path


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("content", [CONTENT, b"", b"x"])
def test_what_was_put_is_read_back(folder: Path, content: bytes) -> None:
    stored = blobs.put(content)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert stored.size == len(content)
    assert blobs.read(stored.sha256) == content
    assert blobs.is_intact(stored.sha256)


def test_a_stream_is_read_piece_by_piece(folder: Path) -> None:
    class Stream(BytesIO):
        largest = 0

        def read(self, size: int | None = -1) -> bytes:
            self.largest = max(self.largest, size or 0)
            assert size is not None
            assert size > 0
            return super().read(size)

    stream = Stream(CONTENT)
    assert blobs.put(stream).sha256 == NAME
    assert stream.largest <= 1 << 20


def test_the_same_content_is_stored_once_also_by_many_at_once(app: Flask, folder: Path) -> None:
    def put(_number: int) -> str:
        with app.app_context():
            return blobs.put(CONTENT).sha256

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(put, range(16))) == {NAME}
    assert files(folder) == [blobs.path(NAME)]


def test_the_folder_of_a_file_is_flushed_after_its_name_and_the_file_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that survives a power cut: content, then name, then the folder that holds the name."""
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        steps.append("flush folder" if path.is_dir() else "flush file")
        fsync(descriptor)

    def note_replace(self: Path, target: Path) -> Path:
        steps.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_replace)
    blobs.put(CONTENT)
    assert [step for step in steps if step != "flush folder"] == ["flush file", "name"]
    assert steps[-1] == "flush folder"
    assert steps.index("flush file") < steps.index("name")


@pytest.mark.parametrize("moment", ["while writing", "before the name"])
def test_a_put_that_breaks_off_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if moment == "while writing" and self.tell():
                raise OSError("the line broke")
            return super().read(size)

    def fail(_descriptor: int) -> None:
        raise OSError("disk full")

    if moment == "before the name":
        monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match=r"line broke|disk full"):
        blobs.put(Broken(CONTENT))
    assert files(folder) == []


def test_a_changed_or_missing_file_is_found_out(folder: Path) -> None:
    assert not blobs.is_intact(NAME)
    path = blobs.path(blobs.put(CONTENT).sha256)
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    assert not blobs.is_intact(NAME)


def test_others_on_the_machine_cannot_read_a_file(folder: Path) -> None:
    assert blobs.path(blobs.put(CONTENT).sha256).stat().st_mode & 0o077 == 0


def test_the_row_of_a_file_is_written_once(folder: Path) -> None:
    stored = blobs.put(CONTENT)
    for _ in range(2):
        write(lambda conn: blobs.insert(conn, stored, "text/plain"))
    row = db.session.scalars(select(blobs.Blob)).one()
    assert (row.sha256, row.size, row.media_type) == (NAME, len(CONTENT), "text/plain")


def test_a_file_goes_when_the_last_row_that_speaks_of_it_is_gone(folder: Path) -> None:
    kept, gone = blobs.put(CONTENT), blobs.put(b"Ingen taler om den")
    for stored in (kept, gone):
        write(partial(blobs.insert, stored=stored, media_type="text/plain"))
    document = make_document(make_case(), kept)
    db.session.commit()
    blobs.sweep()
    assert [one.name for one in files(folder)] == [NAME]
    db.session.delete(document.versions[0])
    db.session.delete(document)
    db.session.commit()
    blobs.sweep()
    assert files(folder) == []
    assert db.session.scalars(select(blobs.Blob)).all() == []


def test_content_that_was_swept_away_since_it_was_stored_is_asked_for_again(folder: Path) -> None:
    """Else a row would speak of a file that is not there."""
    stored = blobs.put(CONTENT)
    write(partial(blobs.insert, stored=stored, media_type="text/plain"))
    blobs.sweep()
    with pytest.raises(FileNotFoundError):
        write(partial(blobs.insert, stored=stored, media_type="text/plain"))
    blobs.put(CONTENT)
    write(partial(blobs.insert, stored=stored, media_type="text/plain"))


def make_document(case: Case, stored: blobs.Stored) -> Document:
    version = DocumentVersion(
        number=1,
        sha256=stored.sha256,
        size=stored.size,
        file_name="notat.pdf",
        media_type="application/pdf",
        title="Notat",
        kind=DocumentKind.MEMO,
        uploaded_at=clock.system_now(),
    )
    document = Document(position=1, kind=DocumentKind.MEMO, title=Wording("Notat"), versions=[version])
    case.documents.append(document)
    return document
