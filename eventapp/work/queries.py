"""Reads of the work room: for the page, for the desk of what a job is about, and for machines."""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import or_, select
from sqlalchemy.orm import defer

from eventapp.db import db, reading
from eventapp.errors import existing
from eventapp.web.permissions import Scope
from eventapp.work import heartbeat, kinds
from eventapp.work.kinds import Subject
from eventapp.work.models import Job, JobState, LaneName

PER_PAGE = 50
OPEN = (JobState.WAITING, JobState.RUNNING)
SHORT = defer(Job.arguments)  # one row that cannot be read must not spoil the page


def job(job_id: str) -> Job:
    """
    :raises NotFoundError: when there is none with this id.
    """
    return existing(db.session.get(Job, job_id, options=[SHORT]))


def jobs(owner_id: str | None, page: int) -> Pagination:
    """A page of the jobs that somebody asked for: those under way, then the latest that ended; of one owner, or all."""
    chosen = select(Job).options(SHORT).where(Job.lane == LaneName.JOBS)
    if owner_id is not None:
        chosen = chosen.where(Job.owner_id == owner_id)
    order = Job.state.in_(OPEN).desc(), Job.queued_at.desc(), Job.id
    return db.paginate(chosen.order_by(*order), page=page, per_page=PER_PAGE, max_per_page=PER_PAGE)


def jobs_about(subject_id: str) -> Sequence[Job]:
    """Jobs about something that have not come to an end: under way, or given up."""
    chosen = select(Job).options(SHORT).where(Job.subject_id == subject_id)
    unfinished = or_(Job.state.in_(OPEN), Job.state == JobState.FAILED)
    return db.session.scalars(chosen.where(unfinished).order_by(Job.queued_at, Job.id)).all()


def recurring() -> Sequence[Job]:
    """The tasks that recur, by name."""
    chosen = select(Job).options(SHORT).where(Job.lane == LaneName.RECURRING)
    return db.session.scalars(chosen.order_by(Job.kind)).all()


def scope(job_id: str) -> Scope:
    """What a job belongs to: what it is about, which its kind knows."""
    with reading() as conn:
        row = conn.execute(select(Job.kind, Job.subject_id).where(Job.id == job_id)).first()
    subject = subject_of(row.kind, row.subject_id) if row else None
    return subject.scope if subject else Scope()


def subject_of(kind: str, subject_id: str | None) -> Subject | None:
    """What a job is about, in the language of the one who asks."""
    found = kinds.find(kind)
    return found.about(subject_id) if found and subject_id else None


def fault() -> str | None:
    """What is wrong with the workers, for ``/readyz``; ``None`` when every lane is alive."""
    ages = heartbeat.ages()
    if not ages:
        return "no worker runs: start `flask --app wsgi worker`"
    for lane in current_app.extensions["lanes"]:
        age = ages.get(lane.name)
        if age is None or age > heartbeat.SILENCE:
            silent = "not heard of" if age is None else f"last heard of {int(age.total_seconds())} seconds ago"
            return f"the worker's lane {lane.name} was {silent}"
    return None


def gauges() -> dict[str, float]:
    """How long the lane that was silent longest has given no sign of life; seconds, -1 when no worker runs."""
    ages = heartbeat.ages().values()
    return {"worker_heartbeat_age_seconds": max(ages).total_seconds() if ages else -1}
