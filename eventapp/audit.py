"""Who did what, and when: one line for every act that somebody may have to answer for. Only ever added to."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from eventapp import clock
from eventapp.db import Json, Model, Sql, UtcDateTime, db, new_id
from eventapp.db.personal import personal


class Actor(Protocol):
    """Whoever acts: a member of staff, a door shift."""

    @property
    def id(self) -> str: ...


class AuditEntry(Model):
    """One act. ``facts`` hold ids, counts and codes; never a name, an address or a text that somebody wrote."""

    __tablename__ = "audit_entry"
    __impersonal__ = ("id",)
    __table_args__ = (Index(None, "at"), Index(None, "subject_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=personal("who did what; ids, counts and codes, never a text", seen_by=("read_audit",))
    )
    by_id: Mapped[str | None] = mapped_column(
        String(32), info=personal("who did what; ids, counts and codes, never a text", seen_by=("read_audit",))
    )
    act: Mapped[str] = mapped_column(
        String(60), info=personal("who did what; ids, counts and codes, never a text", seen_by=("read_audit",))
    )
    subject_id: Mapped[str | None] = mapped_column(
        String(64), info=personal("who did what; ids, counts and codes, never a text", seen_by=("read_audit",))
    )
    facts: Mapped[dict[str, Any]] = mapped_column(
        Json, info=personal("who did what; ids, counts and codes, never a text", seen_by=("read_audit",))
    )


INSERT = Sql(
    "INSERT INTO audit_entry (id, at, by_id, act, subject_id, facts)"
    " VALUES (:id, :at, :by_id, :act, :subject_id, :facts)"
)


def record(by: Actor | None, act: str, subject_id: str | None = None, **facts: Any) -> None:
    """Note an act in the request's transaction.

    :param act: ``slice.verb`` in the past tense, such as ``events.published``.
    """
    db.session.add(
        AuditEntry(at=clock.system_now(), by_id=by.id if by else None, act=act, subject_id=subject_id, facts=facts)
    )


def insert(conn: Connection, by: Actor | None, act: str, subject_id: str | None = None, **facts: Any) -> None:
    """The same on a connection, for the hot paths and for what must be kept although the request is refused."""
    INSERT(
        conn,
        id=new_id(),
        at=clock.system_now(),
        by_id=by.id if by else None,
        act=act,
        subject_id=subject_id,
        facts=json.dumps(facts, sort_keys=True),
    )
