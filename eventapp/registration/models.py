"""Tables of registration: who comes, in which order, with which ticket."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp.db import Model, UtcDateTime, enum_column, new_id
from eventapp.events.models import Category, Event, Quota


class RegistrationState(enum.StrEnum):
    """Where a registration stands."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    CANCELLED = "cancelled"


class Origin(enum.StrEnum):
    """How a registration came about."""

    WEB = "web"
    STAFF = "staff"
    INVITATION = "invitation"
    WALK_IN = "walk_in"


class Registration(Model):
    """One person who wants to come.

    A ticket belongs to one head; contact details end with the registration. ``submission_key`` makes sending twice
    harmless: the same key with the same content is the same registration, whoever answers (reliability R7).
    ``waiting_number`` keeps order of arrival within a quota and is never handed out twice.
    """

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("quota_id", "waiting_number"),
        Index(None, "event_id", "state", "waiting_number"),
        Index(None, "event_id", "registered_at"),
        Index(None, "event_id", "category_id"),
        Index(None, "event_id", "email"),
        CheckConstraint("state <> 'waiting' OR waiting_number IS NOT NULL", name="waiting_number"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    quota_id: Mapped[str] = mapped_column(ForeignKey("quota.id"))
    category_id: Mapped[str | None] = mapped_column(ForeignKey("category.id"))
    submission_key: Mapped[str] = mapped_column(String(32), unique=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[RegistrationState] = mapped_column(enum_column(RegistrationState))
    waiting_number: Mapped[int | None]
    origin: Mapped[Origin] = mapped_column(enum_column(Origin), default=Origin.WEB)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    organisation: Mapped[str] = mapped_column(String(200), default="")
    question: Mapped[str] = mapped_column(Text, default="")
    wants_follow_up: Mapped[bool] = mapped_column(default=False)
    notice_version: Mapped[str] = mapped_column(String(20), default="")
    lang: Mapped[str] = mapped_column(String(2), default="da")
    link_hash: Mapped[str] = mapped_column(String(64), unique=True)
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    event: Mapped[Event] = relationship()
    quota: Mapped[Quota] = relationship()
    category: Mapped[Category | None] = relationship()
    ticket: Mapped[Ticket | None] = relationship(back_populates="registration")


class Ticket(Model):
    """The right of one head to come in. The code itself is never stored (design decision 6)."""

    __tablename__ = "ticket"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registration.id"), unique=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)

    registration: Mapped[Registration] = relationship(back_populates="ticket")


class RegistrationChange(Model):
    """One step in the life of a registration, with the reason; only ever added to."""

    __tablename__ = "registration_change"
    __table_args__ = (Index(None, "registration_id", "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registration.id"))
    state: Mapped[RegistrationState] = mapped_column(enum_column(RegistrationState))
    reason: Mapped[str] = mapped_column(String(60))
    by_id: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class AccessNeed(Model):
    """What a guest needs to take part. Health data: kept apart, read by two roles, deleted first (LAW-06)."""

    __tablename__ = "access_need"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registration.id"), unique=True)
    text: Mapped[str] = mapped_column(Text)
    show_at_door: Mapped[bool] = mapped_column(default=False)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
