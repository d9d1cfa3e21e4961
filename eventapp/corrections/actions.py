"""Putting something right leaves a line of its own: who, when, which fields, and why (ADR 0066)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from eventapp import audit, record
from eventapp.corrections.entries import CORRECTION
from eventapp.corrections.models import Correction
from eventapp.db import db, new_id


def note(
    subject_id: str,
    act: str,
    *,
    reason: str,
    by: audit.Actor,
    now: datetime,
    fields: Iterable[str] = (),
    log_id: str | None = None,
) -> None:
    """Note a correction in the request's transaction, with its line in the audit log.

    :param act: as in the audit log, ``slice.verb`` in the past tense.
    :param fields: names of the columns that were changed.
    :param log_id: the case in whose record it is entered, where the thing has entries there.
    """
    told = {"act": act, "fields": sorted(fields), "reason": reason}
    line = Correction(id=new_id(), subject_id=subject_id, log_id=log_id, by_id=by.id, at=now, **told)
    db.session.add(line)
    audit.record(by, act, subject_id, fields=told["fields"])
    if log_id is not None:
        db.session.flush()  # the record reads the text back from the row
        conn = db.session.connection()
        record.append(conn, log_id=log_id, kind=CORRECTION, parts=told, ref=line.id, received_at=now, at=now)
