"""The one place that asks whom to tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert

from eventapp import clock
from eventapp.audit import Actor
from eventapp.db import new_id
from eventapp.languages import Wording
from eventapp.telling import queries, rules
from eventapp.telling.models import Change, Fact, Subject
from eventapp.work import actions as work


def kind_of(subject: Subject) -> str:
    """The kind of the job that tells of such a change."""
    return f"telling.{subject.value}"


def tell(
    conn: Connection,
    subject: Subject,
    subject_id: str,
    facts: Iterable[Fact],
    *,
    reason: str = "",
    by: Actor | None,
    now: datetime,
    quiet: timedelta = timedelta(),
) -> int:
    """Let everybody hear who holds a copy of one of these facts: one row, and one job, however many they are.

    A change that comes while the one before it still waits goes out with it. Call it while the row of the subject is
    locked, after the new facts are written: whoever writes the mails reads them from the database.

    :param quiet: how long to wait for further changes (:func:`rules.quiet`).
    :returns: the number of the change.
    """
    number = queries.latest(conn, subject_id) + 1
    row = {
        "id": new_id(),
        "subject": subject,
        "subject_id": subject_id,
        "number": number,
        "facts": list(facts),
        "reason": Wording(reason),
        "at": now,
        "by_id": by.id if by else None,
    }
    conn.execute(insert(Change).values(row))
    started = clock.system_now()
    told: dict[str, str | int] = {"subject": subject.value, "number": number, "until": now.isoformat()}
    kind, at = kind_of(subject), started + quiet
    if not work.put_off(conn, kind, subject_id, arguments=told, owner=by, at=at, longest=rules.LONGEST):
        begun = work.under_way(conn, kind, subject_id)  # it ends now, and this one says what it did not say to all
        first = {"since": begun["since"] if begun else number, **told}
        work.start(conn, kind, arguments=first, owner=by, subject_id=subject_id, at=at)
    return number
