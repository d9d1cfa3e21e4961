"""Tables of the outbox: what is to be sent, and each try."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp.db import Json, Model, UtcDateTime, enum_column, new_id
from eventapp.db.personal import AtEnd, Find, Since, personal

WAITING, SENDING = text("state = 'waiting'"), text("state = 'sending'")
LIMITED = text("limit_key IS NOT NULL")
FAILED = text("state IN ('refused', 'given_up', 'held')")


class State(enum.StrEnum):
    """Where a row of the outbox stands. The last five are end states; staff may send some such rows again."""

    WAITING = "waiting"
    SENDING = "sending"  # held by the worker ``leased_by``
    SENT = "sent"
    REFUSED = "refused"  # the receiving server said no for good
    GIVEN_UP = "given_up"  # tried for five days
    HELD = "held"  # more than an address may get of what anybody can ask for
    SUPERSEDED = "superseded"  # when its turn came, another said what holds

    @property
    def is_open(self) -> bool:
        """Whether a worker will still take it."""
        return self in {State.WAITING, State.SENDING}


class OutboxMail(Model):
    """A mail to be sent, written in the transaction of what it tells about: a row of work (:mod:`eventapp.work.queue`).

    ``due_at`` is when a worker may take it. ``secrets`` go into the mail with ``context``; both leave the row when the
    mail is sent, as they declare. ``subject`` and ``body`` are what was sent, without the secrets.
    """

    __tablename__ = "outbox_mail"
    __impersonal__ = (
        "id",
        "message",
        "lang",
        "subject_id",
        "calendar_method",
        "dedupe",
        "state",
        "attempts",
        "deaths",
        "due_at",
        "leased_by",
        "admitted_at",
        "message_id",
        "queued_at",
        "finished_at",
    )
    __table_args__ = (
        UniqueConstraint("dedupe"),
        CheckConstraint("to_address <> ''", name="has_address"),
        CheckConstraint("length(lang) = 2", name="lang"),
        CheckConstraint("calendar_method IS NULL OR calendar IS NOT NULL", name="method_has_calendar"),
        CheckConstraint("(state IN ('waiting', 'sending')) = (finished_at IS NULL)", name="end_has_moment"),
        CheckConstraint("attempts >= 0 AND deaths >= 0", name="attempts"),
        Index("ix_outbox_mail_due", "due_at", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_outbox_mail_held", "leased_by", sqlite_where=SENDING, postgresql_where=SENDING),
        Index("ix_outbox_mail_limit", "limit_key", "queued_at", sqlite_where=LIMITED, postgresql_where=LIMITED),
        Index("ix_outbox_mail_failed", "finished_at", sqlite_where=FAILED, postgresql_where=FAILED),
        Index(None, "queued_at"),
        Index(None, "subject_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    message: Mapped[str] = mapped_column(String(80))
    to_address: Mapped[str] = mapped_column(
        String(254), info=personal("where a mail goes", seen_by=("read_outbox",), find=Find.EMAIL)
    )
    reply_to: Mapped[str | None] = mapped_column(
        String(254), info=personal("where answers to a mail go, and whose mails are counted")
    )
    lang: Mapped[str] = mapped_column(String(2))
    subject_id: Mapped[str | None] = mapped_column(String(64))
    context: Mapped[dict[str, Any]] = mapped_column(
        Json,
        info=personal(
            "what a mail is made of until it is sent: shown to those who may see what it is about",
            seen_by=("read_outbox",),
            since=Since.SENT,
            at_end=AtEnd.BLANKED,
        ),
    )
    secrets: Mapped[dict[str, Any] | None] = mapped_column(
        Json, info=personal("links with codes", since=Since.SENT, at_end=AtEnd.BLANKED)
    )
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(
        Json, info=personal("what a mail says: shown to those who may see what it is about", seen_by=("read_outbox",))
    )
    calendar: Mapped[str | None] = mapped_column(
        Text, info=personal("what a mail says: shown to those who may see what it is about", seen_by=("read_outbox",))
    )
    calendar_method: Mapped[str | None] = mapped_column(String(20))
    dedupe: Mapped[str | None] = mapped_column(String(200))
    limit_key: Mapped[str | None] = mapped_column(
        String(254), info=personal("where answers to a mail go, and whose mails are counted")
    )
    state: Mapped[State] = mapped_column(enum_column(State))
    attempts: Mapped[int] = mapped_column(SmallInteger)
    deaths: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_by: Mapped[str | None] = mapped_column(String(80))
    admitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    message_id: Mapped[str | None] = mapped_column(String(200))
    answer: Mapped[str | None] = mapped_column(
        Text, info=personal("what a mail says: shown to those who may see what it is about", seen_by=("read_outbox",))
    )
    subject: Mapped[str | None] = mapped_column(
        Text, info=personal("what a mail says: shown to those who may see what it is about", seen_by=("read_outbox",))
    )
    body: Mapped[str | None] = mapped_column(
        Text, info=personal("what a mail says: shown to those who may see what it is about", seen_by=("read_outbox",))
    )
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    tries: Mapped[list[OutboxAttempt]] = relationship(order_by="OutboxAttempt.at", viewonly=True)


class OutboxAttempt(Model):
    """One try to send a row, and what the other side said. Only ever added to."""

    __tablename__ = "outbox_attempt"
    __impersonal__ = ("id", "mail_id", "at", "outcome")
    __table_args__ = (Index(None, "mail_id", "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    mail_id: Mapped[str] = mapped_column(String(32), ForeignKey("outbox_mail.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[State] = mapped_column(enum_column(State))
    answer: Mapped[str] = mapped_column(Text, info=personal("what the mail server said", seen_by=("read_outbox",)))
