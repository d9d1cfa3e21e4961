"""Workers: nothing twice, nothing forgotten, nobody kept waiting."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from eventapp.config import Settings
from eventapp.db import reading, transaction, write
from eventapp.mail.lane import MailLane
from eventapp.mail.models import State
from eventapp.work import heartbeat, kinds, queries, worker
from eventapp.work.lanes import JobLane
from eventapp.work.models import Job, JobState, LaneName, WorkerHeartbeat
from eventapp.work.worker import Pace, Runner, Worker
from tests.mail import givens as mails
from tests.support.work import do_jobs, processes, wait_until
from tests.work.givens import change, row, start, steps

Process = subprocess.Popen[str]
LANES = {"recurring", "jobs", "mail"}


# --- trying --------------------------------------------------------------------------------------------------


def test_a_job_is_done_and_says_how_far_it_came(app: Flask, db: SQLAlchemy) -> None:
    job_id = start(total=7)
    assert do_jobs(app) == 1
    done = row(job_id)
    assert (done.state, done.done, done.total, done.result) == (JobState.DONE, 7, 7, {"steps": 7})
    assert (done.leased_by, done.answer, steps(job_id)) == (None, None, 7)
    assert done.finished_at is not None


def test_a_job_that_fails_is_tried_five_times_and_its_answer_quotes_nobody(app: Flask, db: SQLAlchemy) -> None:
    job_id = start("test.fail")
    for tries, gap in enumerate((1, 5, 30, 120), 1):
        do_jobs(app)
        waiting = row(job_id)
        assert (waiting.state, waiting.attempts) == (JobState.WAITING, tries)
        assert timedelta(0) <= datetime.now(UTC) + timedelta(minutes=gap) - waiting.due_at < timedelta(seconds=30)
        change(job_id, due_at=datetime.now(UTC))
    do_jobs(app)
    assert (row(job_id).state, row(job_id).answer) == (JobState.FAILED, "It could not be made: KeyError")


def test_a_job_goes_on_where_an_earlier_try_ended(app: Flask, db: SQLAlchemy) -> None:
    job_id = start(total=5)
    change(job_id, cursor="3", done=3, total=5)
    do_jobs(app)
    assert (row(job_id).done, steps(job_id)) == (5, 2)


def test_a_job_of_a_kind_that_nobody_knows_waits_for_the_code_that_does(app: Flask, db: SQLAlchemy) -> None:
    job_id = start(total=1)
    change(job_id, kind="other.thing")
    do_jobs(app)
    assert (row(job_id).state, row(job_id).answer) == (JobState.WAITING, "Nobody knows how to do this: other.thing")


@pytest.mark.parametrize("arguments", ["{broken", "[1]", ""])
def test_a_row_that_cannot_be_read_ends_as_failed_and_the_others_are_done(
    app: Flask, db: SQLAlchemy, arguments: str
) -> None:
    bad, good = start(total=1), start(total=1)
    text = f"UPDATE job SET arguments = '{arguments}' WHERE id = '{bad}'"
    write(lambda conn: conn.exec_driver_sql(text).rowcount)
    assert do_jobs(app) == 2
    with reading() as conn:
        found = conn.exec_driver_sql(f"SELECT state, answer FROM job WHERE id = '{bad}'").one()
    assert found.state == "failed"
    assert found.answer.startswith("It cannot be read: ")
    assert row(good).state is JobState.DONE


# --- a row is held by one that lives -------------------------------------------------------------------------


def tend(app: Flask, silence: float) -> None:
    """What a worker that has just started does about those that are silent for so many seconds."""
    worker = Worker(app, Pace(silence=silence))
    worker._tend([])


def heard_of(name: str, lane: str, seconds_ago: int) -> None:
    """A worker gave its last sign of life then."""
    at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    with transaction() as session:
        session.add(WorkerHeartbeat(worker=name, lane=lane, at=at))


def hold(name: str = "dead:jobs") -> None:
    write(lambda conn: JobLane(LaneName.JOBS).take(conn, name, datetime.now(UTC)))


def test_what_a_silent_worker_holds_is_given_back(app: Flask, db: SQLAlchemy) -> None:
    job_id = start(total=1)
    hold()
    heard_of("dead:jobs", "jobs", seconds_ago=600)
    tend(app, silence=1200)
    assert row(job_id).state is JobState.RUNNING
    tend(app, silence=300)
    given_back = row(job_id)
    assert (given_back.state, given_back.leased_by, given_back.deaths) == (JobState.WAITING, None, 1)
    assert given_back.due_at <= datetime.now(UTC)


def test_a_row_that_a_second_worker_died_with_lets_the_others_go_first(app: Flask, db: SQLAlchemy) -> None:
    job_id = start(total=1)
    change(job_id, deaths=1)
    hold()
    tend(app, silence=30)
    assert timedelta(minutes=14) < row(job_id).due_at - datetime.now(UTC) <= timedelta(minutes=15)


def test_a_row_that_three_workers_died_with_is_given_up(app: Flask, db: SQLAlchemy) -> None:
    job_id, mail_id = start(total=1), mails.queue()
    change(job_id, deaths=3)
    mails.change(mail_id, deaths=3)
    Worker(app).run_once()
    assert (row(job_id).state, steps(job_id)) == (JobState.FAILED, 0)
    assert (mails.row(mail_id).state, mails.row(mail_id).answer) == (
        State.GIVEN_UP,
        "No worker came to an end with it.",
    )


def test_a_sign_of_life_from_before_the_clock_was_set_back_counts_as_one_of_now(app: Flask, db: SQLAlchemy) -> None:
    start(total=1)
    hold()
    heard_of("dead:jobs", "jobs", seconds_ago=-3600)
    Worker(app).run_once()
    with reading() as conn:
        assert max(conn.scalars(select(WorkerHeartbeat.at))) <= datetime.now(UTC)


def test_who_lost_a_job_does_no_further_step_of_it(app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = start(total=3)
    monkeypatch.setattr(time, "sleep", lambda _: change(job_id, leased_by="another"))
    do_jobs(app)
    assert (steps(job_id), row(job_id).done) == (1, 1)
    assert (row(job_id).state, row(job_id).leased_by) == (JobState.RUNNING, "another")


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_what_was_taken_when_the_answer_to_the_commit_was_lost_is_done_all_the_same(
    app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    """The first transaction takes a job, the second ends it and takes the other, the third ends that."""
    jobs = [start(total=1), start(total=1)]
    runner = Runner(JobLane(LaneName.JOBS), "test", threading.Event())
    answers = 0

    def keep_and_lose(job: Callable[[Connection], Any]) -> Any:
        nonlocal answers
        result, answers = write(job), answers + 1
        if answers == lost:
            raise OperationalError("COMMIT", None, OSError("the server closed the connection unexpectedly"))
        return result

    monkeypatch.setattr(worker, "write", keep_and_lose)
    with pytest.raises(OperationalError):
        runner.work_off()
    runner.work_off()
    assert [(row(one).state, row(one).attempts, steps(one)) for one in jobs] == [(JobState.DONE, 1, 1)] * 2


def test_a_lane_that_is_stuck_gives_no_sign_of_life(app: Flask, db: SQLAlchemy) -> None:
    lane = JobLane(LaneName.JOBS)
    runner = Runner(lane, "test", threading.Event())
    assert not runner.is_stuck
    runner.pulse()
    assert not runner.is_stuck
    lane.longest = timedelta(0)
    assert runner.is_stuck


def test_a_worker_that_is_told_to_stop_gives_the_job_back_between_two_steps(
    app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, stopping = start(total=3), threading.Event()
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", lambda _: stopping.set())
        Runner(JobLane(LaneName.JOBS), "test", stopping).work_off()
    given_back = row(job_id)
    assert (given_back.state, given_back.attempts, given_back.done) == (JobState.WAITING, 0, 2)
    do_jobs(app)
    assert steps(job_id) == 3


# --- lanes ---------------------------------------------------------------------------------------------------


def test_a_slow_job_delays_neither_a_mail_nor_a_task_that_recurs(settings: Settings, db: SQLAlchemy) -> None:
    with processes(settings, 1):
        slow = start(total=200, pause=100)
        wait_until(lambda: row(slow).done > 0)
        recurred = last_time("record.sign_pending")
        mail_id = mails.queue()
        wait_until(lambda: mails.row(mail_id).state is State.SENT)
        assert row(slow).state is JobState.RUNNING
        wait_until(lambda: last_time("record.sign_pending") != recurred)
        assert row(slow).state is JobState.RUNNING


def last_time(kind: str) -> datetime | None:
    with reading() as conn:
        return conn.scalar(select(Job.finished_at).where(Job.kind == kind))


def test_a_slow_mail_server_delays_no_job(app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        arrived.set()
        assert go_on.wait(60)

    monkeypatch.setattr("eventapp.mail.lane._send", slow)
    worker = Worker(app, Pace(poll=0.05))
    running = threading.Thread(target=worker.run)
    running.start()
    try:
        mails.queue()
        assert arrived.wait(60)
        job_id = start(total=1)
        wait_until(lambda: row(job_id).state is JobState.DONE)
    finally:
        worker.stopping.set()
        go_on.set()
        running.join()


def test_a_worker_that_cannot_say_that_it_lives_goes_on_working(
    app: Flask, db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def fail(*_: object) -> None:
        tried.append("beat")
        raise RuntimeError

    monkeypatch.setattr(heartbeat, "beat", fail)
    worker = Worker(app, Pace(poll=0.05, beat=0.05))
    running = threading.Thread(target=worker.run)
    running.start()
    try:
        wait_until(lambda: len(tried) > 1)
        job_id = start(total=1)
        wait_until(partial(is_done, job_id))
    finally:
        worker.stopping.set()
        running.join()


# --- several workers, and dead ones --------------------------------------------------------------------------


def test_four_processes_do_each_job_once_and_stop_cleanly(settings: Settings, db: SQLAlchemy) -> None:
    with processes(settings, 4) as started:
        jobs = [start(total=3) for _ in range(40)]
        wait_until(lambda: all(row(one).state is JobState.DONE for one in jobs))
        for one in started:
            one.send_signal(signal.SIGTERM)
        assert [one.wait(60) for one in started] == [0, 0, 0, 0]
    assert Counter(steps(one) for one in jobs) == {3: 40}
    with reading() as conn:
        assert conn.scalars(select(WorkerHeartbeat.worker)).all() == []


def test_a_job_whose_worker_is_killed_in_the_middle_is_ended_by_another_each_step_once(
    settings: Settings, db: SQLAlchemy
) -> None:
    with processes(settings, 2) as workers:
        job_id = start(total=100, pause=20)
        first = kill_the_holder(job_id, workers, after=10)
        kill_the_holder(job_id, [one for one in workers if one is not first], after=40)
    with processes(settings, 1):
        wait_until(partial(died_with, job_id, 2))
        change(job_id, due_at=datetime.now(UTC))  # a quarter of an hour passes
        wait_until(partial(is_done, job_id))
    assert (row(job_id).done, steps(job_id)) == (100, 100)


def kill_the_holder(job_id: str, workers: list[Process], after: int) -> Process:
    """Kill the worker that holds the job, once so many of its steps are done and it is one of these."""

    def holders() -> list[Process]:
        job = row(job_id)
        return [one for one in workers if f":{one.pid}:" in (job.leased_by or "") and job.done >= after]

    wait_until(lambda: bool(holders()))
    (victim,) = holders()
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    return victim


def is_done(job_id: str) -> bool:
    return row(job_id).state is JobState.DONE


def died_with(job_id: str, number: int) -> bool:
    return row(job_id).deaths == number


def test_a_job_that_kills_every_worker_costs_no_other_its_turn(settings: Settings, db: SQLAlchemy) -> None:
    poison, good = start("test.kill"), [start(total=1) for _ in range(5)]
    for deaths in range(2):
        with processes(settings, 1) as (victim,):
            victim.wait(60)
        assert row(poison).deaths == deaths
    with processes(settings, 1):
        wait_until(partial(died_with, poison, 2))
    assert row(poison).state is JobState.WAITING
    assert all(is_done(one) for one in good)


# --- tasks that recur ----------------------------------------------------------------------------------------


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that ran; two are registered, of which one fails."""
    ran: list[str] = []

    def failing() -> None:
        ran.append("failing")
        raise LookupError

    monkeypatch.setattr(kinds, "_recurring", {})
    kinds.every(60, "a", "Fails", failing)
    kinds.every(60, "b", "Works", lambda: ran.append("good"))
    return ran


def task(name: str) -> Job:
    with reading() as conn:
        return row(str(conn.scalar(select(Job.id).where(Job.kind == name))))


def test_tasks_run_once_each_time_however_many_workers_there_are(app: Flask, db: SQLAlchemy, calls: list[str]) -> None:
    for _ in range(3):
        Worker(app).run_once()
    assert sorted(calls) == ["failing", "good"]
    for name in ("a", "b"):
        assert timedelta(seconds=50) < task(name).due_at - datetime.now(UTC) <= timedelta(seconds=60)
        change(task(name).id, due_at=datetime.now(UTC))
    Worker(app).run_once()
    assert sorted(calls) == ["failing"] * 2 + ["good"] * 2
    assert (task("a").answer, task("b").answer) == ("It could not be made: LookupError", None)
    assert task("b").state is JobState.WAITING


def test_a_clock_that_is_set_back_holds_up_no_task(app: Flask, db: SQLAlchemy, calls: list[str]) -> None:
    Worker(app).run_once()
    for name in ("a", "b"):  # last done before the clock was set back by an hour
        change(task(name).id, due_at=datetime.now(UTC) + timedelta(minutes=61))
    Worker(app).run_once()
    assert sorted(calls) == ["failing"] * 2 + ["good"] * 2


def test_a_task_that_is_to_come_more_often_does_so_at_once(app: Flask, db: SQLAlchemy, calls: list[str]) -> None:
    Worker(app).run_once()
    kinds.every(10, "b", "Works", lambda: calls.append("oftener"))
    Worker(app).run_once()
    assert "oftener" in calls
    assert task("b").every_seconds == 10


# --- signs of life -------------------------------------------------------------------------------------------


def test_readiness_tells_whether_every_lane_lives(app: Flask, db: SQLAlchemy) -> None:
    assert queries.fault() == "no worker runs: start `flask --app wsgi worker`"
    assert queries.gauges() == {"worker_heartbeat_age_seconds": -1}
    Worker(app).run_once()
    assert queries.fault() is None
    assert set(heartbeat.ages()) == LANES
    assert MailLane.name in LANES
    write(lambda conn: conn.exec_driver_sql("DELETE FROM worker_heartbeat WHERE lane = 'mail'").rowcount)
    assert queries.fault() == "the worker's lane mail was not heard of"
    heard_of("one", "mail", seconds_ago=90)
    assert queries.fault() == "the worker's lane mail was last heard of 90 seconds ago"
    assert 90 <= queries.gauges()["worker_heartbeat_age_seconds"] < 120


def test_signs_of_workers_that_died_long_ago_are_forgotten(db: SQLAlchemy) -> None:
    for name, hours in (("old", 25), ("dead", 23), ("mine", 0)):
        heard_of(name, "jobs", seconds_ago=hours * 3600)
    heartbeat.stop(["mine"])
    with reading() as conn:
        assert conn.scalars(select(WorkerHeartbeat.worker)).all() == ["dead"]


def test_the_command_says_what_it_did(app: Flask, db: SQLAlchemy) -> None:
    start(total=1)
    first = app.test_cli_runner().invoke(args=["worker", "--once"])
    assert "jobs: 1" in first.output
    again = app.test_cli_runner().invoke(args=["worker", "--once"])
    assert (again.exit_code, again.output.strip()) in {
        (0, "Nothing is due."),
        (0, "recurring: 1"),
    }  # signing is due often
