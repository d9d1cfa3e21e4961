"""Tables of the work room: jobs, and which workers are alive."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from eventapp.db import Json, Model, UtcDateTime, enum_column, new_id
from eventapp.db.personal import EVERY_COLUMN, AtEnd, Since, personal

WAITING, TAKEN = text("state = 'waiting'"), text("state = 'running'")


class LaneName(enum.StrEnum):
    """Which line a job stands in; each line has a thread of its own in every worker, so none delays another."""

    RECURRING = "recurring"  # short tasks that come again and again
    JOBS = "jobs"  # what somebody asked for, however long it takes


class JobState(enum.StrEnum):
    """Where a job stands. The last three are end states; one that recurs never ends."""

    WAITING = "waiting"
    RUNNING = "running"  # held by the worker ``leased_by``
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether something will still be done."""
        return self in {JobState.WAITING, JobState.RUNNING}


class Job(Model):
    """Something that a worker does, written in the transaction of whoever asks for it.

    ``arguments`` hold ids, numbers and moments; never a name, an address or a text. ``cursor`` is how far it has come,
    in the words of its kind; ``done`` of ``total`` is the same for people. ``every_seconds`` is set for what recurs:
    such a row goes back to waiting each time, and ``finished_at`` is when it was last done. ``answer`` says why it was
    not done, in English; see :mod:`eventapp.work.answers`.
    """

    __tablename__ = "job"
    __impersonal__ = (
        "id",
        "kind",
        "lane",
        "arguments",
        "subject_id",
        "dedupe",
        "every_seconds",
        "state",
        "attempts",
        "deaths",
        "due_at",
        "leased_by",
        "cursor",
        "done",
        "total",
        "result",
        "answer",
        "cancel_asked_at",
        "queued_at",
        "finished_at",
    )
    __table_args__ = (
        UniqueConstraint("dedupe"),
        CheckConstraint(
            "every_seconds IS NOT NULL OR (state IN ('waiting', 'running')) = (finished_at IS NULL)",
            name="end_has_moment",
        ),
        CheckConstraint("(state = 'running') = (leased_by IS NOT NULL)", name="running_is_held"),
        CheckConstraint("attempts >= 0 AND deaths >= 0", name="attempts"),
        CheckConstraint("done >= 0 AND (total IS NULL OR total >= 0)", name="progress"),
        Index("ix_job_due", "lane", "due_at", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_job_held", "leased_by", sqlite_where=TAKEN, postgresql_where=TAKEN),
        Index(None, "owner_id", "queued_at"),
        Index(None, "subject_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(80))
    lane: Mapped[LaneName] = mapped_column(enum_column(LaneName))
    arguments: Mapped[dict[str, Any]] = mapped_column(Json)
    owner_id: Mapped[str | None] = mapped_column(
        String(32),
        info=personal(
            "who asked for a piece of work and may stop it",
            seen_by=("read_work",),
            since=Since.END_OF_JOB,
            after=timedelta(days=30),
            at_end=AtEnd.DELETED,
        ),
    )
    subject_id: Mapped[str | None] = mapped_column(String(64))
    dedupe: Mapped[str | None] = mapped_column(String(200))
    every_seconds: Mapped[int | None]
    state: Mapped[JobState] = mapped_column(enum_column(JobState))
    attempts: Mapped[int] = mapped_column(SmallInteger)
    deaths: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_by: Mapped[str | None] = mapped_column(String(80))
    cursor: Mapped[str] = mapped_column(String(200))
    done: Mapped[int]
    total: Mapped[int | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    answer: Mapped[str | None] = mapped_column(Text)
    cancel_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WorkerHeartbeat(Model):
    """A sign of life of one lane of one worker process; what it holds stays its own for as long as the signs come."""

    __tablename__ = "worker_heartbeat"
    __impersonal__ = EVERY_COLUMN

    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    lane: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
