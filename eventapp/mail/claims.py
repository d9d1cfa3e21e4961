"""Rows of the outbox on their way: taken by one worker for a while, and given back with what became of them.

Each step is a short transaction of its own, so nobody waits behind a mail server. A row is taken for as long as its
lease lasts; a worker that dies leaves it, and another takes it when the lease is over.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from eventapp import clock
from eventapp.db import Sql, as_moment, new_id, reading, write
from eventapp.mail import answers, rules
from eventapp.mail.models import State
from eventapp.mail.packing import unpack
from eventapp.mail.rules import Admission

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

ANY_DUE = Sql("SELECT 1 FROM outbox_mail WHERE state IN ('waiting', 'sending') AND due_at <= :now LIMIT 1")

# PostgreSQL takes rows that nobody else is taking; on SQLite the write gate lets one worker in at a time.
_CLAIM = """
    WITH due AS (
        SELECT id FROM outbox_mail WHERE state IN ('waiting', 'sending') AND due_at <= :now
        ORDER BY due_at, id LIMIT :count {lock}
    )
    UPDATE outbox_mail
    SET state = 'sending', due_at = :until, leased_by = :worker, attempts = attempts + 1,
        message_id = COALESCE(message_id, '<' || id || '@' || :domain || '>')
    WHERE id IN (SELECT id FROM due)
    RETURNING id, kind, message, to_address, reply_to, lang, subject_id, context, secrets, attachments, calendar,
              calendar_method, message_id, attempts, limit_key, admitted_at, queued_at
"""
CLAIM = {"sqlite": Sql(_CLAIM.format(lock="")), "postgresql": Sql(_CLAIM.format(lock="FOR UPDATE SKIP LOCKED"))}

ONE_AT_A_TIME = Sql("SELECT pg_advisory_xact_lock(hashtextextended(:limit_key, 0))")
ASKED = Sql("""
    SELECT count(*) FILTER (WHERE queued_at > :day) AS asked,
           count(*) FILTER (WHERE admitted_at > :hour) AS hour,
           count(*) FILTER (WHERE admitted_at > :day) AS day,
           min(admitted_at) FILTER (WHERE admitted_at > :hour) AS oldest
    FROM outbox_mail WHERE limit_key = :limit_key AND (queued_at > :day OR admitted_at > :day)
""")
ADMIT = Sql("UPDATE outbox_mail SET admitted_at = :now WHERE id = :id")
PUT_BACK = Sql("""
    UPDATE outbox_mail
    SET state = 'waiting', leased_by = NULL, attempts = attempts - 1, due_at = :due_at,
        answer = COALESCE(:answer, answer)
    WHERE id = :id AND leased_by = :worker AND state = 'sending'
""")
KEEP_OPEN = Sql("""
    UPDATE outbox_mail SET state = 'waiting', leased_by = NULL, due_at = :due_at, answer = :answer
    WHERE id = :id AND leased_by = :worker AND state = 'sending'
""")
END = Sql("""
    UPDATE outbox_mail
    SET state = :state, leased_by = NULL, finished_at = :now, answer = :answer,
        subject = COALESCE(:subject, subject), body = COALESCE(:kept, body)
    WHERE id = :id AND leased_by = :worker AND state = 'sending'
""")
FORGET = Sql("UPDATE outbox_mail SET context = '{}', secrets = NULL WHERE id = :id AND state = 'sent'")
FORGET_OLD = Sql("""
    UPDATE outbox_mail SET context = '{}', secrets = NULL
    WHERE state IN ('refused', 'given_up', 'held') AND finished_at < :long_ago AND context <> '{}'
""")
NOTE = Sql(
    "INSERT INTO outbox_attempt (id, mail_id, at, outcome, answer) VALUES (:id, :mail_id, :now, :outcome, :answer)"
)


@dataclass(frozen=True)
class Job:
    """A row that this worker has taken, as values."""

    id: str
    kind: str
    message: str
    to_address: str
    reply_to: str | None
    lang: str
    subject_id: str | None
    context: dict[str, Any]
    secrets: dict[str, Any] | None
    attachments: list[dict[str, Any]]
    calendar: str | None
    calendar_method: str | None
    message_id: str
    attempts: int
    limit_key: str | None
    admitted_at: datetime | None
    queued_at: datetime


@dataclass(frozen=True)
class Outcome:
    """What became of one try. ``WAITING`` means: again later. ``answer`` is what the other side said."""

    state: State
    answer: str
    subject: str | None = None
    kept: str | None = None


@dataclass(frozen=True)
class Claimant:
    """A worker as the rows know it. ``lease`` is how long it may keep a row."""

    worker: str
    domain: str
    lease: timedelta


def is_any_due(now: datetime) -> bool:
    """Asked often, so without a write transaction."""
    with reading() as conn:
        return ANY_DUE(conn, now=now).first() is not None


def claim(claimant: Claimant, count: int) -> list[Job]:
    """Take up to ``count`` rows that are due, oldest first; those that an address may not have yet are put back."""
    while True:
        taken, jobs = write(lambda conn: _claim(conn, claimant, count, clock.system_now()))
        if jobs or not taken:
            return jobs


def put_back(claimant: Claimant, job: Job) -> None:
    """Give a row back untried: the worker stops, or is out of time."""
    now = clock.system_now()
    write(lambda conn: PUT_BACK(conn, id=job.id, worker=claimant.worker, due_at=now, answer=None).rowcount)


def finish(claimant: Claimant, job: Job, outcome: Outcome) -> None:
    """Note what became of a try. Says nothing when another worker has taken the row since."""
    write(lambda conn: _finish(conn, claimant, job, outcome, clock.system_now()))


def forget_old() -> None:
    """Take the values out of rows that ended badly and that nobody has sent again in all that time."""
    long_ago = clock.system_now() - rules.KEPT_FOR_ANOTHER_TRY
    write(lambda conn: FORGET_OLD(conn, long_ago=long_ago).rowcount)


def _claim(conn: Connection, claimant: Claimant, count: int, now: datetime) -> tuple[int, list[Job]]:
    """How many rows were taken, and those of them that may go."""
    rows = CLAIM[conn.dialect.name](
        conn, now=now, until=now + claimant.lease, worker=claimant.worker, domain=claimant.domain, count=count
    )
    # By address first: workers that lock several addresses must do so in the same order.
    jobs = sorted(map(_job, rows.mappings().all()), key=lambda job: (job.limit_key or "", job.queued_at))
    return len(jobs), sorted((job for job in jobs if _may_go(conn, claimant, job, now)), key=lambda job: job.queued_at)


def _job(row: RowMapping) -> Job:
    values = dict(row)
    for name in ("context", "secrets", "attachments"):
        values[name] = unpack(json.loads(values[name])) if values[name] else None
    for name in ("queued_at", "admitted_at"):
        values[name] = as_moment(values[name]) if values[name] else None
    return Job(**values)


def _may_go(conn: Connection, claimant: Claimant, job: Job, now: datetime) -> bool:
    if job.attempts > rules.TRIES:  # whatever it is, it has stopped every worker that took it
        _finish(conn, claimant, job, Outcome(State.GIVEN_UP, answers.NEVER_ENDED), now)
        return False
    return job.limit_key is None or job.admitted_at is not None or _admit(conn, claimant, job, now)


def _admit(conn: Connection, claimant: Claimant, job: Job, now: datetime) -> bool:
    if conn.dialect.name == "postgresql":
        ONE_AT_A_TIME(conn, limit_key=job.limit_key)
    found = ASKED(conn, limit_key=job.limit_key, hour=now - HOUR, day=now - DAY).mappings().one()
    verdict = rules.admission(
        asked_in_a_day=found["asked"], let_through_in_an_hour=found["hour"], let_through_in_a_day=found["day"]
    )
    if verdict is Admission.NOW:
        ADMIT(conn, id=job.id, now=now)
    elif verdict is Admission.LATER:
        PUT_BACK(
            conn,
            id=job.id,
            worker=claimant.worker,
            due_at=as_moment(found["oldest"]) + HOUR,
            answer=answers.WAITS_ITS_TURN,
        )
    else:
        _finish(conn, claimant, job, Outcome(State.HELD, answers.TOO_MANY), now)
    return verdict is Admission.NOW


def _finish(conn: Connection, claimant: Claimant, job: Job, outcome: Outcome, now: datetime) -> None:
    gap = rules.gap_after(job.attempts)
    if outcome.state is State.WAITING and gap is not None:
        kept = KEEP_OPEN(conn, id=job.id, worker=claimant.worker, due_at=now + gap, answer=outcome.answer)
    else:
        state = State.GIVEN_UP if outcome.state is State.WAITING else outcome.state
        ending = {"state": state.value, "answer": outcome.answer, "subject": outcome.subject, "kept": outcome.kept}
        kept = END(conn, id=job.id, worker=claimant.worker, now=now, **ending)
    if kept.rowcount:
        NOTE(conn, id=new_id(), mail_id=job.id, now=now, outcome=outcome.state.value, answer=outcome.answer)
        FORGET(conn, id=job.id)
