"""Whom a change reaches, and what has changed since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from eventapp.telling.models import Change, Fact, Subject
from eventapp.web.registry import Holders, Reached, registry


@dataclass(frozen=True)
class Changed:
    """What changed since somebody was told last: which facts, and each reason that was given, the first one first."""

    facts: tuple[Fact, ...]
    reasons: tuple[str, ...]


def holders(subject: str, facts: Iterable[str]) -> list[Holders]:
    """Who holds copies of one of these facts."""
    changed = set(facts)
    return [one for one in registry().holders if one.subject == subject and one.facts & changed]


def reached(conn: Connection, subject: Subject, subject_id: str, facts: Iterable[Fact], now: datetime) -> list[Reached]:
    """Who would be told of a change that is made now; those whom nobody holds are left out."""
    found = [one.number(conn, subject_id, now) for one in holders(subject, facts)]
    return [one for one in found if one.by_mail or one.by_phone]


def latest(conn: Connection, subject_id: str) -> int:
    """The number of the last change; 0 when there was none."""
    wanted = select(func.max(Change.number)).where(Change.subject_id == subject_id)
    return conn.execute(wanted).scalar_one() or 0


def since(conn: Connection, subject_id: str, number: int) -> Changed:
    """What changed from this change on."""
    wanted = select(Change.facts, Change.reason).where(Change.subject_id == subject_id, Change.number >= number)
    rows = conn.execute(wanted.order_by(Change.number)).all()
    changed = {name for row in rows for name in row.facts}
    reasons = dict.fromkeys(row.reason.official for row in rows if row.reason.official)
    return Changed(tuple(one for one in Fact if one in changed), tuple(reasons))
