"""Tables of the demo."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from eventapp.db import Model, UtcDateTime, enum_column
from eventapp.db.personal import EVERY_COLUMN


class Stage(enum.StrEnum):
    """Where the demo case stands, in order."""

    REGISTRATION = "registration"
    DOOR = "door"
    AFTER = "after"
    HEARING = "hearing"
    CLOSED = "closed"


class InventedRow(Model):
    """A row of any table that was made up for the demo: pages say so where it stands."""

    __tablename__ = "invented_row"
    __impersonal__ = EVERY_COLUMN

    id: Mapped[str] = mapped_column(String(32), primary_key=True)


class DemoState(Model):
    """One row where demo data was loaded: the stage, and domain time as it was at one moment of the machine's."""

    __tablename__ = "demo_state"
    __impersonal__ = EVERY_COLUMN
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stage: Mapped[Stage] = mapped_column(enum_column(Stage))
    shown_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
