"""What staff puts right: who did it, when and why, shown beside the thing and entered into the record (ADR 0066)."""

from __future__ import annotations

from flask import Flask

from eventapp import record
from eventapp.corrections import entries, hooks, record_entries


def register(app: Flask) -> None:
    record.declare(app, entries.CORRECTION)
    record.declare_tables(app, record_entries.TABLE)
    app.jinja_env.globals["corrections_of"] = hooks.corrections_of
