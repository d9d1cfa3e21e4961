"""Erasing what somebody wrote from the case, and saying so in its record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection
from wtforms import SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from eventapp import audit, blobs, record
from eventapp.db import reading, write
from eventapp.filling import actions as kept_files
from eventapp.record import store
from eventapp.record.contents import values
from eventapp.record.kinds import kind_of
from eventapp.record.words import part_word
from eventapp.web.forms import Form


@dataclass(frozen=True)
class Erasable:
    """An entry, and the parts of it that are there and that can be erased."""

    seq: int
    words: str
    received_at: datetime
    parts: list[str]


class ErasureForm(Form):
    """Which parts, and why. The choices are those of the entry."""

    parts = SelectMultipleField(_l("What is to be erased?"), [InputRequired(_l("Choose at least one."))])
    reason = TextAreaField(_l("Why?"), [DataRequired(), Length(max=500)])

    def offer(self, found: Erasable) -> None:
        self.parts.choices = [SelectChoice(name, part_word(name).capitalize()) for name in found.parts]


def erasable(case_id: str, seq: int) -> Erasable:
    """
    :raises NoSuchRecordError: when there is no such entry.
    """
    with reading() as conn:
        entry = store.entry(conn, case_id, seq)
        there = values(conn, entry)
    kind = kind_of(entry)
    parts = [name for name in (kind.erasable if kind else ()) if there.get(name)]  # what was left empty tells of nobody
    return Erasable(seq, str(kind.words if kind else entry.kind), entry.created_at, parts)


def erase(case_id: str, seq: int, names: Sequence[str], reason: str, *, by: audit.Actor | None, now: datetime) -> None:
    """Erase parts of an entry for good: texts, files and mails; in a transaction of its own.

    :raises NothingToEraseError: when somebody was quicker.
    """

    def job(conn: Connection) -> None:
        record.erase(conn, log_id=case_id, seq=seq, names=names, reason=reason, at=now)
        kept_files.forget_taken(conn)
        audit.insert(conn, by, "hearing.text_erased", case_id, entry=seq, parts=sorted(names))

    write(job)
    blobs.sweep()
