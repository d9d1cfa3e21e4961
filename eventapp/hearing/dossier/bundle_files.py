"""The record as a ZIP: PDF, JSON, every file, a receipt for each answer, and all that is needed to check them.

Under ``kontrol/`` stand the export of the record (:mod:`eventapp.record.export`) and the programs that check it, so the
ZIP verifies by itself; only the key must be compared with one from elsewhere.
"""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path
from typing import IO

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from eventapp import blobs, record
from eventapp.clock import COPENHAGEN
from eventapp.hearing.dossier import report_files
from eventapp.hearing.dossier.queries import Dossier, File, digest
from eventapp.languages import OFFICIAL
from eventapp.pdf import PdfError
from eventapp.record.checkpoint import hash_text
from eventapp.record.signing import key_ring
from eventapp.record.words import part_word

MANIFEST = "manifest-sha256.txt"
CONTROL = "kontrol/"
PROGRAMS = ("verify_receipt.py", "verify_record.py")


def write_zip(dossier: Dossier, now: datetime, target: IO[bytes]) -> None:
    """Write all of it into ``target``; the same record at the same moment gives the same bytes."""
    manifest: list[str] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path, content in _made(dossier, now):
            _add(bundle, path, content, now)
            manifest.append(f"{digest(content)}  {path}")
        for file in (*dossier.files, *_unnamed(dossier)):
            _add(bundle, file.path, blobs.read(file.sha256), now)
            manifest.append(f"{file.sha256}  {file.path}")
        _add(bundle, MANIFEST, ("\n".join(manifest) + "\n").encode(), now)


def _made(dossier: Dossier, now: datetime) -> list[tuple[str, bytes]]:
    case_id = dossier.case.id
    receipts = [
        (f"kvitteringer/{one.receipt_number}.tlog-proof", record.receipt(case_id, one.entry_seq).encode())
        for one in dossier.answers.values()
    ]
    tools = Path(current_app.root_path).parent / "tools"
    document = _document(dossier, now)
    return [
        ("LÆSMIG.txt", _read_me(dossier, has_document=bool(document))),
        *document,
        ("protokol.json", report_files.as_json(dossier, now)),
        ("checkpoint.txt", dossier.checkpoint.text.encode()),
        *((f"{CONTROL}{name}", (tools / name).read_bytes()) for name in PROGRAMS),
        *((f"{CONTROL}{one.name}", one.content) for one in dossier.control if isinstance(one.content, bytes)),
        *receipts,
    ]


def _unnamed(dossier: Dossier) -> list[File]:
    """Files that the record speaks of and that are no documents of the case, such as the letters of invitations."""
    named = {one.sha256 for one in dossier.files}
    found = [(one.name, one.content) for one in dossier.control if isinstance(one.content, Path)]
    hashed = [(f"{CONTROL}{name}", name.rpartition("/")[2], path) for name, path in found]
    return [File(name, sha256, path.stat().st_size) for name, sha256, path in hashed if sha256 not in named]


def _document(dossier: Dossier, now: datetime) -> list[tuple[str, bytes]]:
    """The PDF, or nothing: what is wrong with it takes nothing else along."""
    try:
        return [("protokol.pdf", report_files.as_pdf(dossier, now))]
    except PdfError:
        return []


def _read_me(dossier: Dossier, *, has_document: bool) -> bytes:
    keys = " ".join(f"--key {hash_text(one)}" for one in key_ring().trusted)
    with force_locale(OFFICIAL):
        lines = (
            _("The record of the case: %(title)s", title=dossier.case.title),
            "",
            _("%(count)s entries, all of them in protokol.json and protokol.pdf.", count=dossier.checkpoint.size)
            if has_document
            else _(
                "%(count)s entries, all of them in protokol.json. The PDF could not be made; everything else is here.",
                count=dossier.checkpoint.size,
            ),
            _("manifest-sha256.txt has the SHA-256 of every file; check with: sha256sum -c manifest-sha256.txt"),
            "",
            _("Check all of it here, where this file lies, with Python 3.10 or newer and its package cryptography:"),
            "",
            f"python3 {CONTROL}verify_record.py {keys} .",
            "",
            _("It says YES, or NO with everything that is not as it was received. One answer alone:"),
            "",
            *_one_receipt(dossier, keys),
            _("Compare the key with one from elsewhere: who changes the record could change this file too."),
            _("What counts is protokol.json. protokol.pdf and the names of files are for reading, and not checked."),
            *_erasures(dossier),
        )
        return ("\n".join(map(str, lines)) + "\n").encode()


def _one_receipt(dossier: Dossier, keys: str) -> list[str]:
    first = next(iter(dossier.answers.values()), None)
    if first is None:
        return []
    return [f"python3 {CONTROL}verify_receipt.py {keys} kvitteringer/{first.receipt_number}.tlog-proof", ""]


def _erasures(dossier: Dossier) -> list[str]:
    """What is missing by law, so that nobody takes it for lost or hidden."""
    found = [
        _(
            "Entry %(number)s: %(parts)s",
            number=line.seq,
            parts=", ".join(part_word(name) for name in line.erased),
        )
        for line in dossier.lines
        if line.erased
    ]
    told = _(
        "Erased, as entries of the record say; the seals of what was there remain, and everything else can be checked:"
    )
    return ["", told, *found] if found else []


def _add(bundle: zipfile.ZipFile, path: str, content: bytes, now: datetime) -> None:
    stamp = now.astimezone(COPENHAGEN).timetuple()[:6]
    info = zipfile.ZipInfo(path, stamp)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    bundle.writestr(info, content)
