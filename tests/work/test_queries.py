"""What the work room tells others: what a job is about and belongs to, and whether the workers live."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from eventapp import clock
from eventapp.db import transaction
from eventapp.errors import NotFoundError
from eventapp.web.permissions import Scope
from eventapp.work import heartbeat, kinds, queries
from eventapp.work.kinds import Kind, Subject
from eventapp.work.models import JobState, LaneName, WorkerHeartbeat
from tests.work.givens import OWNER, change, count_up, start

NOON = datetime(2024, 5, 14, 12, tzinfo=UTC)
LANES = ("recurring", "jobs", "mail")


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "system_now", lambda: NOON)


@pytest.fixture
def about_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs of this kind are about the event that their subject is; some events are gone."""

    def about(event_id: str) -> Subject | None:
        return Subject("Debat", "/", Scope("c" * 32, event_id)) if event_id != "0" * 32 else None

    monkeypatch.setitem(kinds._kinds, "test.count", Kind(count_up, "Count", about=about))


def heard_of(lane: str, seconds_ago: float, worker: str = "") -> None:
    with transaction() as session:
        at = NOON - timedelta(seconds=seconds_ago)
        session.add(WorkerHeartbeat(worker=worker or f"one:{lane}", lane=lane, at=at))


# --- what it is about --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("about_an_event")
def test_a_job_belongs_to_what_it_is_about(db: SQLAlchemy) -> None:
    assert queries.scope(start(total=1, subject_id="e" * 32)) == Scope("c" * 32, "e" * 32)


@pytest.mark.usefixtures("about_an_event")
@pytest.mark.parametrize("subject_id", [None, "0" * 32], ids=["about nothing", "about what is gone"])
def test_a_job_about_nothing_belongs_to_the_whole_authority(db: SQLAlchemy, subject_id: str | None) -> None:
    assert queries.scope(start(total=1, subject_id=subject_id)) == Scope()


@pytest.mark.usefixtures("about_an_event")
def test_no_job_and_a_job_of_an_unknown_kind_belong_to_no_event(db: SQLAlchemy) -> None:
    job_id = start(total=1, subject_id="e" * 32)
    change(job_id, kind="other.thing")
    assert queries.scope(job_id) == queries.scope("f" * 32) == Scope()
    assert queries.subject_of("other.thing", "e" * 32) is None


def test_a_job_that_is_not_there_is_not_found(db: SQLAlchemy) -> None:
    job_id = start(total=1)
    assert queries.job(job_id).id == job_id
    with pytest.raises(NotFoundError):
        queries.job("f" * 32)


def test_what_recurs_stands_in_a_list_of_its_own_by_name(db: SQLAlchemy) -> None:
    asked_for, later, sooner = start(total=1), start(total=1), start("test.fail")
    for task_id, kind in ((later, "b.task"), (sooner, "a.task")):
        change(task_id, lane=LaneName.RECURRING, kind=kind)
    assert [one.kind for one in queries.recurring()] == ["a.task", "b.task"]
    assert [one.id for one in queries.jobs(None, 1)] == [asked_for]


def test_the_latest_that_was_asked_for_stands_first_among_equals(db: SQLAlchemy) -> None:
    first, second, ended = (start(total=1) for _ in range(3))
    for number, job_id in enumerate((first, second, ended)):
        change(job_id, queued_at=NOON + timedelta(minutes=number))
    change(ended, state=JobState.DONE, finished_at=NOON)
    assert [one.id for one in queries.jobs(OWNER.id, 1)] == [second, first, ended]
    assert list(queries.jobs_about("e" * 32)) == []


def test_jobs_about_something_stand_in_one_order_also_when_they_were_asked_for_at_once(db: SQLAlchemy) -> None:
    asked_for = [start(total=1, subject_id="e" * 32) for _ in range(6)]
    for number, job_id in enumerate(asked_for):  # the index is filled in another order than that of the ids
        change(job_id, queued_at=NOON + timedelta(minutes=number))
    for job_id in sorted(asked_for, reverse=True):
        change(job_id, queued_at=NOON)
    assert [one.id for one in queries.jobs_about("e" * 32)] == sorted(asked_for)


# --- whether the workers live --------------------------------------------------------------------------------------


def test_without_a_worker_it_is_told_how_to_start_one(app: Flask, db: SQLAlchemy) -> None:
    assert queries.fault() == "no worker runs: start `flask --app wsgi worker`"
    assert queries.gauges() == {"worker_heartbeat_age_seconds": -1}


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize(("seconds", "is_well"), [(60, True), (60.001, False)])
def test_a_lane_may_be_silent_for_a_minute(app: Flask, db: SQLAlchemy, seconds: float, is_well: bool) -> None:
    for lane in LANES:
        heard_of(lane, seconds if lane == "jobs" else 0)
    expected = None if is_well else "the worker's lane jobs was last heard of 60 seconds ago"
    assert queries.fault() == expected


@pytest.mark.usefixtures("noon")
def test_one_living_worker_is_enough_for_a_lane_and_not_for_another(app: Flask, db: SQLAlchemy) -> None:
    for lane in LANES:
        heard_of(lane, 3600, worker=f"dead:{lane}")
    heard_of("jobs", 0)
    heard_of("mail", 1)
    assert queries.fault() == "the worker's lane recurring was last heard of 3600 seconds ago"
    heard_of("recurring", 2)
    assert queries.fault() is None
    assert {lane: age.total_seconds() for lane, age in heartbeat.ages().items()} == {
        "jobs": 0,
        "mail": 1,
        "recurring": 2,
    }
    assert queries.gauges() == {"worker_heartbeat_age_seconds": 2}  # of the lane that was silent longest
