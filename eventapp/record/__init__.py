"""The record: what makes a case provable.

Owns the Merkle log of every case, its signed checkpoints, receipts and their verification. Knows no other slice:
those declare their kinds of entries, each with the way back to its text, and call :func:`append` in their own
transaction. Nothing personal is ever in an entry; see ``docs/record.md`` and ``docs/adr/0009-record.md``.
"""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from eventapp import blobs
from eventapp.record import cli, queries, signing, verification, views
from eventapp.record.actions import Appended, Then, append, append_now, erase, note_number, open_log
from eventapp.record.checkpoint import BadProofError, Checkpoint
from eventapp.record.commitments import Attachment, Sealed, attachment_name, seal
from eventapp.record.entries import moment_text
from eventapp.record.errors import NoSuchRecordError, NothingToEraseError, SigningRefusedError, UndeclaredError
from eventapp.record.kinds import Kind, declare
from eventapp.record.models import RecordTold, Told
from eventapp.record.own import ERASE, KEY
from eventapp.record.receipts import Receipt, opening, receipt, verify_receipt
from eventapp.record.rows import Row, Table, declare_tables, told_table
from eventapp.record.signing import checkpoint_covering, last_checkpoint, sign_pending
from eventapp.record.store import Entry
from eventapp.record.told import Keeping
from eventapp.web.registry import Registry
from eventapp.work import kinds

__all__ = [
    "ERASE",
    "KEY",
    "Appended",
    "Attachment",
    "BadProofError",
    "Checkpoint",
    "Entry",
    "Keeping",
    "Kind",
    "NoSuchRecordError",
    "NothingToEraseError",
    "Receipt",
    "Row",
    "Sealed",
    "SigningRefusedError",
    "Table",
    "Then",
    "Told",
    "UndeclaredError",
    "append",
    "append_now",
    "attachment_name",
    "checkpoint_covering",
    "declare",
    "declare_tables",
    "erase",
    "last_checkpoint",
    "moment_text",
    "note_number",
    "open_log",
    "opening",
    "receipt",
    "register",
    "seal",
    "sign_pending",
    "told_table",
    "verify_receipt",
]


SIGN_SECONDS = 2
SWEEP_SECONDS = 24 * 3600
VERIFY_SECONDS = 24 * 3600  # everything is read, texts and files: some seconds for each 10,000 entries
COMPARE_SECONDS = 600  # a restored database is noticed within this time, even when nobody writes to it


def register(app: Flask) -> None:
    app.register_blueprint(views.bp)
    cli.register(app)
    declare(app, ERASE, KEY)
    declare_tables(app, told_table(RecordTold, ERASE.name, KEY.name))
    registry: Registry = app.extensions["registry"]
    registry.gauges.append(queries.gauges)
    kinds.every(SIGN_SECONDS, "record.sign_pending", _l("Sign what is new in the record"), signing.sign_pending)
    kinds.every(
        COMPARE_SECONDS, "record.compare_all", _l("Compare the record with what was signed"), signing.compare_all
    )
    kinds.every(VERIFY_SECONDS, "record.verify_all", _l("Verify the record, rows too"), verification.verify_all)
    kinds.every(SWEEP_SECONDS, "record.sweep_files", _l("Delete files that nothing speaks of any more"), blobs.sweep)
