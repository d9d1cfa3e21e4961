"""Rows that are taken, given back and let go, at moments that are passed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy

from eventapp.db import transaction, write
from eventapp.work.lanes import JobLane, Outcome
from eventapp.work.models import JobState, LaneName, WorkerHeartbeat
from eventapp.work.queue import Taken
from tests.work.givens import change, row, start

NOON = datetime(2024, 5, 14, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SILENCE = timedelta(seconds=30)
LANE = JobLane(LaneName.JOBS)


def due(minutes: int = 0, **values: Any) -> str:
    """A job that is due so many minutes after noon."""
    job_id = start(total=1)
    change(job_id, due_at=NOON + timedelta(minutes=minutes), **values)
    return job_id


def take(worker: str = "one", now: datetime = NOON) -> Taken | None:
    return write(lambda conn: LANE.take(conn, worker, now))


def taken(worker: str = "one", now: datetime = NOON) -> Taken:
    found = take(worker, now)
    assert found is not None
    return found


def end(held: Taken, state: JobState, *, worker: str = "one", now: datetime = NOON, **more: Any) -> None:
    write(lambda conn: LANE.end(conn, worker, held, Outcome(state, **more), now))


def alive(worker: str, at: datetime) -> None:
    with transaction() as session:
        session.add(WorkerHeartbeat(worker=worker, lane="jobs", at=at))


# --- taking ------------------------------------------------------------------------------------------------------


def test_what_has_waited_longest_is_taken_first(db: SQLAlchemy) -> None:
    late, early, middle = due(0), due(-2), due(-1)
    assert [taken(f"worker {number}").id for number in range(3)] == [early, middle, late]
    assert take("worker 4") is None


def test_a_job_is_taken_at_its_moment_and_not_before(db: SQLAlchemy) -> None:
    job_id = due()
    assert not LANE.queue.is_any_due(NOON - MICROSECOND)
    assert take(now=NOON - MICROSECOND) is None
    assert LANE.queue.is_any_due(NOON)
    held = taken()
    assert (held.id, held.attempts, held.deaths) == (job_id, 1, 0)
    assert (row(job_id).state, row(job_id).leased_by) == (JobState.RUNNING, "one")
    assert not LANE.queue.is_any_due(NOON)


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_what_has_ended_is_not_taken(db: SQLAlchemy, state: JobState) -> None:
    due(-1, state=state, finished_at=NOON)
    assert not LANE.queue.is_any_due(NOON)
    assert take() is None


def test_each_lane_takes_its_own(db: SQLAlchemy) -> None:
    job_id = due(lane=LaneName.RECURRING)
    assert take() is None
    recurring = JobLane(LaneName.RECURRING)
    found = write(lambda conn: recurring.take(conn, "one", NOON))
    assert found is not None
    assert found.id == job_id


# --- ending ------------------------------------------------------------------------------------------------------


def test_a_job_that_is_done_keeps_its_result_and_its_moment(db: SQLAlchemy) -> None:
    job_id = due()
    end(taken(), JobState.DONE, result={"mails": 3})
    done = row(job_id)
    assert (done.state, done.result, done.finished_at, done.leased_by) == (JobState.DONE, {"mails": 3}, NOON, None)


@pytest.mark.parametrize(("tries", "minutes"), [(0, 1), (1, 5), (3, 120)])
def test_a_job_that_did_not_work_waits_for_its_next_try(db: SQLAlchemy, tries: int, minutes: int) -> None:
    job_id = due(attempts=tries)
    end(taken(), JobState.WAITING, answer="It could not be made: KeyError")
    again = row(job_id)
    assert (again.state, again.due_at) == (JobState.WAITING, NOON + timedelta(minutes=minutes))
    assert (again.answer, again.attempts, again.finished_at) == ("It could not be made: KeyError", tries + 1, None)


def test_after_its_last_try_it_has_failed(db: SQLAlchemy) -> None:
    job_id = due(attempts=4)
    end(taken(), JobState.WAITING, answer="It could not be made: KeyError")
    failed = row(job_id)
    assert (failed.state, failed.finished_at) == (JobState.FAILED, NOON)
    assert failed.answer == "It could not be made: KeyError"


def test_what_cannot_be_done_at_all_has_failed_at_the_first_try(db: SQLAlchemy) -> None:
    job_id = due()
    held, outcome = taken(), LANE.failed("It cannot be read", for_good=True)
    write(lambda conn: LANE.end(conn, "one", held, outcome, NOON))
    assert row(job_id).state is JobState.FAILED


@pytest.mark.parametrize("state", list(JobState))
def test_a_task_that_recurs_goes_back_to_waiting_whatever_became_of_it(db: SQLAlchemy, state: JobState) -> None:
    task_id = due(every_seconds=60, attempts=3, deaths=2)
    end(taken(), state, answer="why")
    again = row(task_id)
    assert (again.state, again.attempts, again.deaths) == (JobState.WAITING, 0, 0)
    assert (again.due_at, again.finished_at) == (NOON + timedelta(seconds=60), NOON)


@pytest.mark.parametrize("every", [None, 60])
def test_who_no_longer_holds_a_job_ends_nothing(db: SQLAlchemy, every: int | None) -> None:
    job_id = due(every_seconds=every)
    held = taken()
    for state in (JobState.DONE, JobState.WAITING):
        end(held, state, worker="another")
    assert (row(job_id).state, row(job_id).leased_by, row(job_id).due_at) == (JobState.RUNNING, "one", NOON)


# --- giving back -------------------------------------------------------------------------------------------------


def test_what_was_not_tried_counts_as_not_taken_and_keeps_what_is_known_of_it(db: SQLAlchemy) -> None:
    job_id = due(attempts=2, answer="It could not be made")
    held = taken()
    write(lambda conn: LANE.queue.untried(conn, "one", held, NOON))
    back = row(job_id)
    assert (back.state, back.attempts, back.answer, back.leased_by) == (
        JobState.WAITING,
        2,
        "It could not be made",
        None,
    )


def test_a_worker_lets_go_of_all_but_the_row_that_it_knows_of(db: SQLAlchemy) -> None:
    known, unknown, others = due(-3), due(-2), due(-1)
    for worker in ("one", "one", "another"):
        taken(worker)
    write(lambda conn: LANE.queue.let_go(conn, "one", known=known))
    assert [row(one).leased_by for one in (known, unknown, others)] == ["one", None, "another"]
    assert (row(unknown).attempts, row(known).attempts) == (0, 1)


@pytest.mark.parametrize(
    ("silent_for", "freed"), [(timedelta(seconds=30), 1), (timedelta(seconds=30) - MICROSECOND, 0)]
)
def test_a_worker_is_dead_when_its_last_sign_is_as_old_as_the_silence_allows(
    db: SQLAlchemy, silent_for: timedelta, freed: int
) -> None:
    job_id = due()
    taken()
    alive("one", NOON - silent_for)
    silent = NOON - SILENCE
    assert write(lambda conn: LANE.queue.free(conn, silent=silent, now=NOON, later=NOON)) == freed
    assert row(job_id).deaths == freed


@pytest.mark.parametrize(("deaths", "minutes"), [(0, 0), (1, 15), (2, 15)])
def test_after_the_first_death_it_goes_at_once_and_after_another_later(
    db: SQLAlchemy, deaths: int, minutes: int
) -> None:
    job_id = due(-5, deaths=deaths)
    taken()
    later = NOON + timedelta(minutes=15)
    write(lambda conn: LANE.queue.free(conn, silent=NOON, now=NOON, later=later))
    freed = row(job_id)
    assert (freed.due_at, freed.deaths, freed.leased_by) == (NOON + timedelta(minutes=minutes), deaths + 1, None)


def test_the_signs_of_another_worker_save_nobody(db: SQLAlchemy) -> None:
    due()
    taken("dead")
    alive("alive", NOON)
    assert write(lambda conn: LANE.queue.free(conn, silent=NOON - MICROSECOND, now=NOON, later=NOON)) == 1
