"""Writing to all who hold a copy: a worker does it, in steps (ADR 0061)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from eventapp.telling import queries
from eventapp.telling.actions import kind_of
from eventapp.telling.models import Subject
from eventapp.web.permissions import Permission
from eventapp.web.registry import Holders, Telling
from eventapp.work.kinds import Kind, register_kind
from eventapp.work.kinds import Subject as About
from eventapp.work.running import Part, Running

STEP = 50  # mails in one transaction: a few hundredths of a second


class OvertakenError(Exception):
    """It was changed again while others were written to, and a job of its own tells everybody of that."""


def tell(job: Running) -> Mapping[str, Any]:
    """Write to everybody who holds a copy; a later change ends it, so that nobody gets two mails more than needed."""
    try:
        while job.step(lambda conn: _tell_some(conn, job)):
            pass
    except OvertakenError:
        return {"mails": job.done, "overtaken": True}
    return {"mails": job.done}


def _tell_some(conn: Connection, job: Running) -> Part | None:
    subject_id = job.subject_id or ""
    number, subject = int(job.arguments["number"]), Subject(job.arguments["subject"])
    if queries.latest(conn, subject_id) != number:
        raise OvertakenError
    changed = queries.since(conn, subject_id, int(job.arguments["since"]))
    telling = Telling(
        subject_id, number, int(job.arguments["since"]), datetime.fromisoformat(job.arguments["until"]), job.owner_id
    )
    place, after = _cursor(job.cursor)
    holders = queries.holders(subject, changed.facts)
    total = job.total if job.total is not None else _total(conn, holders, telling)
    for index in range(place, len(holders)):
        if told := holders[index].tell(conn, telling, after if index == place else "", STEP):
            return Part(f"{index}:{told[-1]}", len(told), total)
    return None


def _cursor(text: str) -> tuple[int, str]:
    place, _colon, after = text.partition(":")
    return int(place or 0), after


def _total(conn: Connection, holders: list[Holders], telling: Telling) -> int:
    return sum(one.number(conn, telling.subject_id, telling.until).mails for one in holders)


# --- for people --------------------------------------------------------------------------------------------------


def outcome(result: Mapping[str, Any]) -> str:
    if result.get("overtaken"):
        return _("There was another change; everybody is told of that instead.")
    return ""


def register(subject: Subject, about: Callable[[str], About | None], permission: Permission) -> None:
    """
    :param about: what a change is about, for people, by the id of its subject.
    :param permission: who sees such a job, and may stop it.
    """
    title = _l("Write to everybody who holds a copy of what has changed")
    register_kind(kind_of(subject), Kind(tell, title, about, permission, outcome))
