"""Asking for jobs, and forgetting them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, select

from eventapp import clock
from eventapp.audit import AuditEntry
from eventapp.db import reading, transaction, write
from eventapp.work import actions, rules
from eventapp.work.errors import JobEndedError
from eventapp.work.models import Job, JobState, LaneName
from eventapp.work.worker import Worker
from tests.work.givens import OWNER, change, row, start


def jobs() -> list[str]:
    with reading() as conn:
        return list(conn.scalars(select(Job.id).where(Job.every_seconds.is_(None))))


NOON = datetime(2024, 5, 14, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)


def logged(job_id: str) -> list[tuple[str, str | None]]:
    """What the audit log says was done to a job, and by whom."""
    with reading() as conn:
        rows = select(AuditEntry.act, AuditEntry.by_id).where(AuditEntry.subject_id == job_id)
        return [(act, by) for act, by in conn.execute(rows) if act.startswith("work.")]


def cancel(job_id: str, now: datetime = NOON) -> None:
    write(lambda conn: actions.cancel(conn, job_id, by=OWNER, now=now))


def try_again(job_id: str, now: datetime = NOON) -> None:
    write(lambda conn: actions.try_again(conn, job_id, by=OWNER, now=now))


def held(state: JobState) -> dict[str, Any]:
    """What belongs to a state."""
    if state is JobState.RUNNING:
        return {"state": state, "leased_by": "one"}
    return {"state": state, "finished_at": None if state is JobState.WAITING else NOON}


def test_nothing_is_asked_for_when_the_transaction_is_undone(db: SQLAlchemy) -> None:
    def undone(conn: Connection) -> None:
        actions.start(conn, "test.count", arguments={"total": 1}, owner=OWNER)
        raise LookupError

    with pytest.raises(LookupError):
        write(undone)
    assert jobs() == []


def test_the_same_dedupe_text_is_one_job(db: SQLAlchemy) -> None:
    with transaction() as session:
        made = [
            actions.start(session.connection(), "test.count", arguments={"total": 1}, owner=None, dedupe="count:1")
            for _ in range(2)
        ]
    assert [one is None for one in made] == [False, True]
    assert jobs() == [made[0]]


@pytest.mark.parametrize("value", ["anna@example.org", "Anna Aagaard", "", "Ægidius", "x" * 65])
def test_an_argument_that_a_person_may_have_written_is_refused(db: SQLAlchemy, value: str) -> None:
    with pytest.raises(ValueError, match="ids, codes"):
        start(total=1, who=value)


def test_ids_codes_moments_and_numbers_are_kept(db: SQLAlchemy) -> None:
    given: dict[str, Any] = {"event_id": "0" * 32, "at": datetime.now(UTC).isoformat(), "as": "note.pdf", "total": 3}
    assert row(start(**given)).arguments == given


def test_a_job_that_is_asked_for_is_due_at_once_and_belongs_to_whoever_asks(db: SQLAlchemy) -> None:
    job = row(start(total=1, subject_id="e" * 32))
    assert (job.state, job.lane, job.attempts, job.deaths) == (JobState.WAITING, LaneName.JOBS, 0, 0)
    assert (job.owner_id, job.subject_id, job.due_at) == (OWNER.id, "e" * 32, job.queued_at)
    assert (job.cursor, job.done, job.total, job.every_seconds) == ("", 0, None, None)


def test_the_system_asks_for_a_job_that_belongs_to_nobody(db: SQLAlchemy) -> None:
    with transaction() as session:
        job_id = actions.start(session.connection(), "test.count", arguments={"total": 1}, owner=None)
    assert row(job_id or "").owner_id is None


def test_an_argument_may_be_as_long_as_an_id_with_its_mark(db: SQLAlchemy) -> None:
    assert row(start(total=1, mark="x" * 64)).arguments["mark"] == "x" * 64


def test_a_job_that_is_done_is_not_asked_for_again_under_the_same_dedupe_text(app: Flask, db: SQLAlchemy) -> None:
    def ask() -> str | None:
        with transaction() as session:
            return actions.start(session.connection(), "test.count", arguments={"total": 1}, owner=None, dedupe="once")

    assert ask() is not None
    Worker(app).run_once()
    assert ask() is None


def test_a_kind_that_nobody_knows_cannot_be_asked_for(db: SQLAlchemy) -> None:
    with pytest.raises(LookupError):
        start("no.such")


def test_jobs_that_ended_are_forgotten_after_a_month(app: Flask, db: SQLAlchemy) -> None:
    old, fresh, waiting = start(total=1), start(total=1), start(total=1)
    Worker(app).run_once()
    change(old, finished_at=datetime.now(UTC) - timedelta(days=31))
    change(fresh, finished_at=datetime.now(UTC) - timedelta(days=29))
    change(waiting, state=JobState.WAITING, finished_at=None, queued_at=datetime.now(UTC) - timedelta(days=90))
    assert actions.forget_ended() == 1
    assert set(jobs()) == {fresh, waiting}


def test_a_job_that_comes_to_rest_while_it_is_being_stopped_is_stopped(app: Flask, db: SQLAlchemy) -> None:
    job_id = start(total=1)
    change(job_id, state=JobState.RUNNING, leased_by="worker")

    def stop() -> None:
        with app.app_context():
            write(lambda conn: actions.cancel(conn, job_id, by=OWNER, now=datetime.now(UTC)))

    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            resting = db.update(Job).where(Job.id == job_id).values(state=JobState.WAITING, leased_by=None)
            session.execute(resting)
            stopping = pool.submit(stop)
            time.sleep(0.3)  # for it to look at the row, and to wait
        stopping.result()
    assert row(job_id).state is JobState.CANCELLED


def test_a_job_that_failed_when_it_was_being_stopped_can_be_tried_again(app: Flask, db: SQLAlchemy) -> None:
    job_id, now = start(total=1), datetime.now(UTC)
    change(job_id, state=JobState.FAILED, finished_at=now, cancel_asked_at=now)
    write(lambda conn: actions.try_again(conn, job_id, by=OWNER, now=now))
    Worker(app).run_once()
    assert row(job_id).state is JobState.DONE


# --- stopping and trying again, by the state that it meets -------------------------------------------------------


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.FAILED])
def test_what_nobody_is_doing_is_stopped_at_once(db: SQLAlchemy, state: JobState) -> None:
    job_id = start(total=1)
    change(job_id, **held(state))
    cancel(job_id, LATER)
    stopped = row(job_id)
    assert (stopped.state, stopped.finished_at, stopped.cancel_asked_at) == (JobState.CANCELLED, LATER, LATER)
    assert logged(job_id) == [("work.cancelled", OWNER.id)]


def test_what_is_under_way_is_asked_to_stop_and_the_first_who_asked_counts(db: SQLAlchemy) -> None:
    job_id = start(total=1)
    change(job_id, **held(JobState.RUNNING))
    cancel(job_id, NOON)
    cancel(job_id, LATER)
    asked = row(job_id)
    assert (asked.state, asked.leased_by, asked.finished_at) == (JobState.RUNNING, "one", None)
    assert asked.cancel_asked_at == NOON


@pytest.mark.parametrize("state", [JobState.DONE, JobState.CANCELLED])
def test_what_has_ended_is_neither_stopped_nor_tried_again(db: SQLAlchemy, state: JobState) -> None:
    job_id = start(total=1)
    change(job_id, **held(state))
    for act in (cancel, try_again):
        with pytest.raises(JobEndedError):
            act(job_id, LATER)
    assert (row(job_id).state, row(job_id).finished_at, logged(job_id)) == (state, NOON, [])


def test_what_is_under_way_is_not_begun_a_second_time(db: SQLAlchemy) -> None:
    job_id = start(total=1)
    change(job_id, **held(JobState.RUNNING))
    with pytest.raises(JobEndedError):
        try_again(job_id)
    assert row(job_id).leased_by == "one"


@pytest.mark.parametrize("act", [cancel, try_again])
def test_what_recurs_is_left_to_recur(db: SQLAlchemy, act: Any) -> None:
    task_id = start(total=1)
    change(task_id, every_seconds=60)
    with pytest.raises(JobEndedError):
        act(task_id)
    assert row(task_id).state is JobState.WAITING


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.FAILED])
def test_another_try_has_all_tries_before_it_and_goes_on_where_it_was(db: SQLAlchemy, state: JobState) -> None:
    job_id = start(total=9)
    change(job_id, **held(state), attempts=4, deaths=2, cursor="3", done=3, total=9, due_at=LATER)
    try_again(job_id, NOON)
    again = row(job_id)
    assert (again.state, again.attempts, again.deaths, again.due_at) == (JobState.WAITING, 0, 0, NOON)
    assert (again.cursor, again.done, again.total, again.finished_at) == ("3", 3, 9, None)
    assert logged(job_id) == [("work.tried_again", OWNER.id)]


def test_an_act_on_one_job_leaves_the_others(db: SQLAlchemy) -> None:
    one, other = start(total=1), start(total=1)
    cancel(one)
    assert row(other).state is JobState.WAITING


# --- forgetting --------------------------------------------------------------------------------------------------


def test_a_job_is_kept_to_the_last_moment_of_its_month(db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_border, before, task = start(total=1), start(total=1), start(total=1)
    monkeypatch.setattr(clock, "system_now", lambda: NOON)
    border = NOON - rules.KEPT
    change(at_the_border, state=JobState.DONE, finished_at=border)
    change(before, state=JobState.FAILED, finished_at=border - timedelta(microseconds=1))
    change(task, every_seconds=60, finished_at=border - timedelta(days=1))  # last done then
    assert actions.forget_ended() == 1
    with reading() as conn:
        assert set(conn.scalars(select(Job.id))) == {at_the_border, task}
