"""The table of what was changed of something that others hold copies of."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from eventapp.db import Json, Model, OfficialText, UtcDateTime, enum_column, new_id
from eventapp.db.personal import personal
from eventapp.languages import NO_WORDS, Wording


class Subject(enum.StrEnum):
    """Of what a fact is one."""

    EVENT = "event"
    HEARING = "hearing"


class Fact(enum.StrEnum):
    """What others hold a copy of, in a calendar, a letter, a receipt or a mail."""

    TITLE = "title"
    TIME = "time"
    PLACE = "place"
    STATE = "state"
    DEADLINE = "deadline"
    MATERIAL = "material"


class Change(Model):
    """One change that others are told of: which facts, why, by whom. ``number`` counts those of a subject from 1."""

    __tablename__ = "told_change"
    __impersonal__ = ("id", "subject", "subject_id", "number", "facts", "reason", "at")
    __table_args__ = (
        UniqueConstraint("subject_id", "number"),
        CheckConstraint("number >= 1", name="number"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    subject: Mapped[Subject] = mapped_column(enum_column(Subject))
    subject_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[int]
    facts: Mapped[list[str]] = mapped_column(Json)
    reason: Mapped[Wording] = mapped_column(OfficialText, default=NO_WORDS)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[str | None] = mapped_column(String(32), info=personal("who of staff changed what others are told of"))
