"""What contributions enter into the record, and where each text is found again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Connection

from eventapp import record
from eventapp.db import Sql, as_moment
from eventapp.errors import existing

# SQL: the record reads an entry's text back on its own connection, without a session.
ROW = Sql("SELECT theme_id, name, text, quoting, number FROM contribution WHERE id = :id")
ROWS = Sql("""
    SELECT c.id, c.sent_at FROM contribution c JOIN event e ON e.id = c.event_id
    WHERE e.case_id = :case_id ORDER BY c.id
""")
FORGET_TEXT = Sql("UPDATE contribution SET text = '' WHERE id = :id")
FORGET_NAME = Sql("UPDATE contribution SET name = '', quoting = 'no' WHERE id = :id")
FORGET_FINGERPRINT = Sql("UPDATE contribution SET content_hash = :content_hash WHERE id = :id")


def content(theme_id: str, name: str, text: str, quoting: str, number: int) -> dict[str, Any]:
    """The committed fields of a contribution: part name -> value."""
    return {"theme": theme_id, "name": name, "text": text, "quoting": str(quoting), "serial": number}


def _contribution(conn: Connection, entry: record.Entry) -> Mapping[str, Any]:
    row = existing(ROW(conn, id=entry.ref).one_or_none())
    return content(row.theme_id, row.name, row.text, row.quoting, row.number)


def _forget(conn: Connection, entry: record.Entry, names: set[str]) -> set[str]:
    """Without a name nothing may be quoted with one, so that choice goes with it.

    So does the fingerprint by which a text that is sent twice is known: who guesses the text could try it.
    """
    FORGET_FINGERPRINT(conn, id=entry.ref, content_hash=secrets.token_hex(32))
    if "text" in names:
        FORGET_TEXT(conn, id=entry.ref)
    if names & {"name", "quoting"}:
        FORGET_NAME(conn, id=entry.ref)
        names = names | {"name", "quoting"}
    return names


CONTRIBUTION = record.Kind(
    "contribution",
    lazy_pgettext("record", "Contribution"),
    {
        "theme": _l("the theme"),
        "name": _l("the name"),
        "text": _l("the text"),
        "quoting": _l("whether it may be quoted"),
        "serial": _l("the number"),
    },
    _contribution,
    forget=_forget,
    erasable=("text", "name"),
)


def _rows(conn: Connection, case_id: str) -> Iterator[record.Row]:
    for row in ROWS(conn, case_id=case_id):
        at = {"received_at": record.moment_text(as_moment(row.sent_at))}
        yield record.Row(row.id, CONTRIBUTION.name, (row.id,), facts=at)


TABLE = record.Table("contribution", _rows, (CONTRIBUTION.name,))
