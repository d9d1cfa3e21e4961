"""Gathering what the record of a case holds, entry by entry."""

from __future__ import annotations

import hashlib
import itertools
import json
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, select

from eventapp.cases.models import Case, DocumentVersion
from eventapp.db import db
from eventapp.hearing.models import Answer, Attachment, Hearing, Material
from eventapp.record import Checkpoint, Entry, Kind, export, store
from eventapp.record.contents import values
from eventapp.record.kinds import is_attachment

LONGEST_NAME_BYTES = 255  # of one part of a path, on the disks of Linux and macOS


@dataclass(frozen=True)
class File:
    """A stored file under the name it has in the bundle."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class DossierLine:
    """One entry: what is public of it (``told``), and its contents by part name; ``erased``: parts without content."""

    seq: int
    kind: str
    leaf_hash: str
    told: dict[str, Any]
    contents: dict[str, Any]
    erased: list[str]


@dataclass(frozen=True)
class Dossier:
    """The whole record of a case as it stood at one signed head."""

    case: Case
    checkpoint: Checkpoint
    lines: list[DossierLine]
    answers: dict[str, Answer] = field(default_factory=dict)  # id -> answer
    files: list[File] = field(default_factory=list)
    control: list[export.Member] = field(default_factory=list)  # what it is checked with

    def of_kind(self, kind: Kind) -> list[DossierLine]:
        return [one for one in self.lines if one.kind == kind.name]


def dossier(case: Case) -> Dossier:
    """Everything up to the head that is signed now, taken down at one moment. Call it outside a write transaction.

    :raises BusyRecordError: when there is no such moment.
    """
    with export.signed(case.id) as (conn, checkpoint):
        lines = [_line(conn, entry) for entry in store.entries(conn, case.id, 0, checkpoint.size)]
        control = list(export.members(conn, case.id, checkpoint.text))
    answers = [one for one in _answers(case.id) if one.entry_seq < checkpoint.size]
    return Dossier(case, checkpoint, lines, {one.id: one for one in answers}, _files(case, answers), control)


def _line(conn: Connection, entry: Entry) -> DossierLine:
    return DossierLine(
        seq=entry.seq,
        kind=entry.kind,
        leaf_hash=entry.leaf_hash.hex(),
        told=json.loads(entry.text),
        contents={name: value for name, value in values(conn, entry).items() if not is_attachment(name)},
        erased=entry.erased,
    )


def _answers(case_id: str) -> list[Answer]:
    wanted = select(Answer).join(Hearing, Answer.hearing_id == Hearing.id).where(Hearing.case_id == case_id)
    return list(db.session.scalars(wanted.order_by(Hearing.starts_at, Hearing.slug, Answer.number)))


def _files(case: Case, answers: list[Answer]) -> list[File]:
    versions = {one.id: one for document in case.documents for one in document.versions}
    versions |= {one.id: one for one in _material(case.id)}
    ordered = sorted(versions.values(), key=lambda one: (one.document.position, one.number))
    several = has_several_hearings(answers)
    found = [_document(one) for one in ordered]
    found += [_attachment(answer, one, several) for answer in answers for one in answer.attachments]
    return _distinct(found)


def has_several_hearings(answers: Iterable[Answer]) -> bool:
    """Whether numbers of answers, which begin at 1 in each hearing, need the hearing beside them."""
    return len({one.hearing_id for one in answers}) > 1


def _distinct(files: list[File]) -> list[File]:
    """The files, each under a path that no other has: on disks that tell small letters from capitals, and on others."""
    taken: set[str] = set()
    found = []
    for file in files:
        path = next(path for path in _paths(file.path) if unicodedata.normalize("NFC", path).casefold() not in taken)
        taken.add(unicodedata.normalize("NFC", path).casefold())
        found.append(replace(file, path=path))
    return found


def _paths(path: str) -> Iterator[str]:
    """The path, and others to take instead. What stands before the ending is cut to what every disk takes as a name."""
    folder, _, name = path.rpartition("/")
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    for number in itertools.count(1):
        end = ("" if number == 1 else f" ({number})") + dot + ending
        kept = stem.encode()[: LONGEST_NAME_BYTES - len(end.encode())].decode(errors="ignore").rstrip()
        yield f"{folder}/{kept}{end}"


def _material(case_id: str) -> list[DocumentVersion]:
    wanted = (
        select(DocumentVersion)
        .join(Material, Material.version_id == DocumentVersion.id)
        .join(Hearing, Material.hearing_id == Hearing.id)
        .where(Hearing.case_id == case_id)
    )
    return list(db.session.scalars(wanted.order_by(Material.annex)))


def _document(version: DocumentVersion) -> File:
    name = f"dokumenter/{version.document.position:02d}-v{version.number} - {version.file_name}"
    return File(name, version.sha256, version.size)


def _attachment(answer: Answer, one: Attachment, several: bool) -> File:
    """Named as case systems expect it (domain.md 3.6); in a folder for each hearing where there are several."""
    folder = f"høringssvar/{answer.hearing.slug}" if several else "høringssvar"
    name = f"{folder}/Høringssvar - {answer.number} Bilag {one.position + 1} - {one.file_name}"
    return File(name, one.sha256, one.size)


def digest(content: bytes) -> str:
    """SHA-256 as hexadecimal, for the manifest."""
    return hashlib.sha256(content).hexdigest()
