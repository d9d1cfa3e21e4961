"""The table of what was put right."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from eventapp.db import Json, Model, UtcDateTime, new_id
from eventapp.db.personal import personal

WHY = "who of staff put something right, when and why"


class Correction(Model):
    """One act by which something was put right; only ever added to.

    ``log_id``: the case in whose record it is entered. ``act`` is that of the audit line; ``fields`` names the columns
    that were changed, never what stood in them; ``reason`` is what whoever did it wrote, empty once it was erased.
    """

    __tablename__ = "correction"
    __impersonal__ = ("id", "subject_id", "act", "fields", "log_id", "at")
    __table_args__ = (Index(None, "subject_id", "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    subject_id: Mapped[str] = mapped_column(String(32))
    log_id: Mapped[str | None] = mapped_column(String(32), index=True)
    act: Mapped[str] = mapped_column(String(60))
    fields: Mapped[list[str]] = mapped_column(Json, default=list)
    reason: Mapped[str] = mapped_column(Text, info=personal(WHY, seen_by=("read_cases", "read_events")))
    by_id: Mapped[str | None] = mapped_column(String(32), info=personal(WHY, seen_by=("read_cases", "read_events")))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
