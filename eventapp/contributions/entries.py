"""What contributions enter into the record, and where each text is found again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Connection

from eventapp import record
from eventapp.db import Sql
from eventapp.errors import existing

ROW = Sql("SELECT theme_id, name, text, quoting FROM contribution WHERE id = :id")


def content(theme_id: str, name: str, text: str, quoting: str) -> dict[str, Any]:
    """The committed fields of a contribution: part name -> value."""
    return {"theme": theme_id, "name": name, "text": text, "quoting": str(quoting)}


def _contribution(conn: Connection, entry: record.Entry) -> Mapping[str, Any]:
    row = existing(ROW(conn, id=entry.ref).one_or_none())
    return content(row.theme_id, row.name, row.text, row.quoting)


CONTRIBUTION = record.Kind(
    "contribution",
    lazy_pgettext("record", "Contribution"),
    {
        "theme": _l("the theme"),
        "name": _l("the name"),
        "text": _l("the text"),
        "quoting": _l("whether it may be quoted"),
    },
    _contribution,
)
