"""What a correction enters into the record: what was done, which fields, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Connection

from eventapp import record
from eventapp.db import Sql
from eventapp.errors import existing

# SQL: the record reads an entry's text back on its own connection, without a session.
ROW = Sql("SELECT act, fields, reason FROM correction WHERE id = :id")
FORGET_REASON = Sql("UPDATE correction SET reason = '' WHERE id = :id")


def _content(conn: Connection, entry: record.Entry) -> Mapping[str, Any]:
    row = existing(ROW(conn, id=entry.ref).one_or_none())
    return {"act": row.act, "fields": json.loads(row.fields), "reason": row.reason}


def _forget(conn: Connection, entry: record.Entry, names: set[str]) -> set[str]:
    FORGET_REASON(conn, id=entry.ref)
    return names


CORRECTION = record.Kind(
    "correction",
    lazy_pgettext("record", "Correction"),
    {"act": _l("what was done"), "fields": _l("which fields were changed"), "reason": _l("the reason")},
    _content,
    forget=_forget,
    erasable=("reason",),
)
