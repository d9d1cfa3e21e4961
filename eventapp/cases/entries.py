"""What the case enters into the record, and where each text is found again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Connection

from eventapp import record
from eventapp.cases.models import CaseTold
from eventapp.db import Sql

# SQL: the record reads an entry's text back on its own connection, without a session.
VERSION = Sql(
    "SELECT number, title, kind, file_name, sha256 FROM document_version"
    " WHERE document_id = :document_id AND entry_seq = :seq"
)

_told = record.Keeping(CaseTold)


def _document(conn: Connection, entry: record.Entry) -> Mapping[str, Any]:
    """A version of a document has a row of its own; the letter to the government and its reply are kept as told."""
    row = VERSION(conn, document_id=entry.ref, seq=entry.seq).first()  # a second is told by its own number
    if row is None:
        return _told.content(conn, entry)
    told = {"title": row.title, "kind": row.kind, "version": row.number, "file_name": row.file_name}
    return {**told, record.attachment_name(0): row.sha256}


def _keep_letter(conn: Connection, log_id: str, seq: int, values: Mapping[str, Any]) -> None:
    if "letter" in values:
        _told.keep(conn, log_id, seq, values)


CASE = record.Kind(
    "case",
    lazy_pgettext("record", "The case"),
    {
        "act": _l("what was done"),
        "number": _l("the case number"),
        "title": _l("the title"),
        "summary": _l("the summary"),
        "origin": _l("where the case comes from"),
        "origin_body": _l("who raised it"),
        "origin_on": _l("the day it was raised"),
    },
    _told.content,
    _told.keep,
)
PUBLISH = record.Kind(
    "publish",
    lazy_pgettext("record", "Publication"),
    {"act": _l("what was done"), "what": _l("what it is about"), "number": _l("the case number")},
    _told.content,
    _told.keep,
    publishes=True,
)
DOCUMENT = record.Kind(
    "document",
    lazy_pgettext("record", "Document"),
    {
        "title": _l("the title"),
        "kind": _l("the kind"),
        "version": _l("the version"),
        "file_name": _l("the name of the file"),
        "letter": _l("the letter"),
        "dated_on": _l("the date of the letter"),
        "summary": _l("the summary"),
    },
    _document,
    _keep_letter,
)
DECISION = record.Kind(
    "decision",
    lazy_pgettext("record", "Decision"),
    {
        "body": _l("who decided"),
        "meeting_on": _l("the day of the meeting"),
        "item": _l("the item on the agenda"),
        "decision": _l("the decision"),
        "link": _l("the link"),
    },
    _told.content,
    _told.keep,
)
KINDS = (CASE, PUBLISH, DOCUMENT, DECISION)
