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

from eventapp.db import reading, transaction, write
from eventapp.work import actions
from eventapp.work.models import Job, JobState
from eventapp.work.worker import Worker
from tests.work.givens import OWNER, change, row, start


def jobs() -> list[str]:
    with reading() as conn:
        return list(conn.scalars(select(Job.id).where(Job.every_seconds.is_(None))))


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
            actions.start(session, "test.count", arguments={"total": 1}, owner=None, dedupe="count:1") for _ in range(2)
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
