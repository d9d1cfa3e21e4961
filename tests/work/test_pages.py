"""What is under way, as staff see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp.accounts.models import RoleGrant
from eventapp.audit import AuditEntry
from eventapp.db import db, reading, write
from eventapp.web.permissions import Permission, Person, Role, Scope
from eventapp.work import kinds, queries
from eventapp.work.kinds import Kind, Subject
from eventapp.work.models import JobState
from eventapp.work.running import Running
from eventapp.work.worker import Worker
from tests.support.factories import STARTS_AT, make_event
from tests.support.pages import PageClient
from tests.support.staff import sign_in
from tests.support.work import do_jobs
from tests.work.givens import OWNER, change, count_up, row, start, steps

WORK = "/staff/work"


def person(client: PageClient, *roles: Role) -> Person:
    return Person(sign_in(client, *roles), "Anna")


def test_whoever_asks_for_nothing_is_told_what_will_stand_here(page_client: PageClient) -> None:
    person(page_client, Role.ORGANISER)
    assert "Intet er i gang" in page_client.visit(WORK).text
    assert "Nothing is under way" in page_client.visit(f"{WORK}?lang=en").text


def test_a_job_is_shown_with_a_bar_until_it_is_done(app: Flask, page_client: PageClient) -> None:
    owner = person(page_client, Role.ORGANISER)
    with app.app_context():
        job_id = start(total=4, owner=owner)
        change(job_id, state=JobState.RUNNING, leased_by="one", done=3, total=4)
    page = page_client.visit(WORK)
    (bar,) = page.root.all("progress")
    assert (bar.attributes["value"], bar.attributes["max"]) == ("3", "4")
    assert "3 af 4" in page.text
    with app.app_context():
        change(job_id, state=JobState.WAITING, leased_by=None)
    do_jobs(app)
    page = page_client.visit(WORK)
    assert page.root.all("progress") == []
    assert "Færdig" in page.text


def test_a_job_that_failed_says_why(app: Flask, page_client: PageClient) -> None:
    owner = person(page_client, Role.ORGANISER)
    with app.app_context():
        job_id = start("test.fail", owner=owner)
    do_jobs(app)
    assert "Venter på et nyt forsøg" in page_client.visit(WORK).text
    with app.app_context():
        change(job_id, deaths=3, due_at=row(job_id).queued_at)
    do_jobs(app)
    page = page_client.visit(WORK)
    assert "Mislykkedes" in page.text
    assert "Intet program blev færdigt" in page.text


def test_one_sees_the_jobs_that_one_asked_for_and_no_others(app: Flask, page_client: PageClient) -> None:
    person(page_client, Role.ORGANISER)
    with app.app_context():
        others = start(total=1)
    assert "Intet er i gang" in page_client.visit(WORK).text
    assert page_client.get(f"{WORK}/{others}/progress").status_code == 404
    assert cancel(page_client, others).status_code == 404
    with app.app_context():
        assert row(others).state is JobState.WAITING


def test_who_looks_after_the_system_sees_all_jobs_and_what_recurs(app: Flask, page_client: PageClient) -> None:
    person(page_client, Role.ADMIN)
    with app.app_context():
        other = start(total=1, owner=Person(sign_in(app.test_client(), Role.ORGANISER), "Bo"))
        Worker(app).run_once()
    page = page_client.visit(WORK)
    assert f"{WORK}/{other}/cancellation" not in page_client.response.text  # it is done
    assert "Underskriv det nye i protokollen" in page.text
    assert "Ansat" in page.text  # who asked for it


def about(event_id: str) -> Subject:
    return Subject("Debat om havneparken", "/events/havn", Scope(event_id=event_id))


@pytest.fixture
def about_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = Kind(count_up, "Count", about=about, permission=Permission.EDIT_EVENTS)
    monkeypatch.setitem(kinds._kinds, "test.count", kind)


@pytest.mark.usefixtures("about_an_event")
@pytest.mark.parametrize(
    ("role", "status"), [(Role.ORGANISER, 200), (Role.ADMIN, 200), (Role.OFFICER, 404), (Role.AUDITOR, 404)]
)
def test_a_job_is_seen_by_those_who_see_to_what_it_is_about(
    app: Flask, page_client: PageClient, role: Role, status: int
) -> None:
    person(page_client, role)
    with app.app_context():
        job_id = start(total=1, subject_id="e" * 32)
    assert page_client.get(f"{WORK}/{job_id}/progress").status_code == status


@pytest.mark.usefixtures("about_an_event")
@pytest.mark.parametrize(
    ("role", "status"), [(Role.ORGANISER, 303), (Role.ADMIN, 303), (Role.OFFICER, 403), (Role.AUDITOR, 403)]
)
def test_an_owner_who_lost_the_permission_for_what_a_job_does_cannot_let_it_go_on(
    app: Flask, page_client: PageClient, role: Role, status: int
) -> None:
    owner = person(page_client, role)
    with app.app_context():
        job_id = start(total=1, owner=owner, subject_id="e" * 32)
        change(job_id, state=JobState.FAILED, finished_at=row(job_id).queued_at)
    page_client.visit(WORK)
    assert (f"{job_id}/attempts" in page_client.response.text) is (status == 303)
    assert post(page_client, job_id, "attempts").status_code == status
    with app.app_context():
        assert row(job_id).state is (JobState.WAITING if status == 303 else JobState.FAILED)


@pytest.mark.usefixtures("about_an_event")
def test_a_role_for_one_event_reaches_the_jobs_of_that_event_alone(app: Flask, page_client: PageClient) -> None:
    staff = person(page_client)
    with app.app_context():
        mine, other = make_event(), make_event()
        grant = {"granted_at": mine.starts_at, "role": Role.ORGANISER, "event_id": mine.id}
        db.session.add(RoleGrant(staff_id=staff.id, **grant))
        event_ids = mine.id, other.id
        db.session.commit()
        jobs = [start(total=1, subject_id=one) for one in (*event_ids, None)]
    assert [page_client.get(f"{WORK}/{one}/progress").status_code for one in jobs] == [200, 404, 404]
    assert page_client.get(f"{WORK}/{'9' * 32}/progress").status_code == 404


def test_what_is_about_an_event_is_what_has_not_come_to_an_end(app: Flask) -> None:
    with app.app_context():
        ended = {"finished_at": STARTS_AT, "leased_by": None}
        found = {state: start(total=1, subject_id="e" * 32) for state in JobState}
        for number, (state, job_id) in enumerate(found.items()):
            held = {"leased_by": "one" if state is JobState.RUNNING else None}
            more = held if state.is_open else ended
            change(job_id, state=state, queued_at=STARTS_AT - timedelta(days=number), **more)
        start(total=1, subject_id="f" * 32)
        ids = [one.id for one in queries.jobs_about("e" * 32)]
    assert ids == [found[one] for one in (JobState.FAILED, JobState.RUNNING, JobState.WAITING)]


def test_the_list_begins_with_what_is_under_way_and_goes_on_overleaf(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PER_PAGE", 3)
    with app.app_context():
        jobs = [start(total=1) for _ in range(4)]
        for number, job_id in enumerate(jobs):
            change(job_id, queued_at=STARTS_AT + timedelta(minutes=number))
        change(jobs[3], state=JobState.DONE, finished_at=STARTS_AT)
        first = queries.jobs(None, 1)
        assert ([one.id for one in first], first.pages) == ([jobs[2], jobs[1], jobs[0]], 2)
        assert [one.id for one in queries.jobs(None, 2)] == [jobs[3]]
        db.session.rollback()
        change(jobs[0], state=JobState.DONE, finished_at=STARTS_AT)
        assert [one.id for one in queries.jobs(OWNER.id, 1)] == [jobs[2], jobs[1], jobs[3]]
        assert list(queries.jobs("1" * 32, 1)) == []


def test_an_open_page_asks_how_far_a_job_is_and_hears_when_something_changes(
    app: Flask, page_client: PageClient
) -> None:
    owner = person(page_client, Role.ORGANISER)
    with app.app_context():
        job_id = start(total=2, owner=owner)
        change(job_id, done=1, total=2)
    first = page_client.get(f"{WORK}/{job_id}/progress")
    assert first.json == {"is_open": True, "state": "Venter på at komme til", "done": 1, "total": 2, "text": "1 af 2"}
    again = {"If-None-Match": first.headers["ETag"]}
    assert page_client.get(f"{WORK}/{job_id}/progress", headers=again).status_code == 304
    do_jobs(app)
    last = page_client.get(f"{WORK}/{job_id}/progress", headers=again)
    assert last.json is not None
    assert (last.json["is_open"], last.json["state"]) == (False, "Færdig")


# --- stopping ------------------------------------------------------------------------------------------------


def post(client: PageClient, job_id: str, what: str) -> Any:
    """Post as the button does, also where the page shows none."""
    client.visit("/staff/account")
    token = next(one.attributes["value"] for one in client.page.root.all("input", name="csrf_token"))
    return client.post(f"{WORK}/{job_id}/{what}", data={"csrf_token": token})


def cancel(client: PageClient, job_id: str) -> Any:
    return post(client, job_id, "cancellation")


def test_whoever_asked_for_a_job_can_stop_it_while_it_waits(app: Flask, page_client: PageClient) -> None:
    owner = person(page_client, Role.ORGANISER)
    with app.app_context():
        job_id = start(total=1, owner=owner)
    page = page_client.submit(WORK, action="/cancellation")
    assert "Jobbet er stoppet" in page.text
    do_jobs(app)
    with app.app_context():
        assert (row(job_id).state, row(job_id).done) == (JobState.CANCELLED, 0)
        with reading() as conn:
            acted = select(AuditEntry.by_id, AuditEntry.subject_id).where(AuditEntry.act == "work.cancelled")
            assert [tuple(one) for one in conn.execute(acted)] == [(owner.id, job_id)]
    assert page_client.page.root.all("progress") == []
    assert cancel(page_client, job_id).status_code == 409


def test_a_job_under_way_stops_before_its_next_step_and_keeps_what_it_did(
    app: Flask, page_client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = person(page_client, Role.ORGANISER)
    seen = []

    def stopped_meanwhile(job: Running) -> dict[str, int]:
        monkeypatch.setattr("time.sleep", lambda _: seen.append(cancel(page_client, job.id).status_code))
        return count_up(job)

    monkeypatch.setitem(kinds._kinds, "test.count", Kind(stopped_meanwhile, "Count"))
    with app.app_context():
        job_id = start(total=3, owner=owner)
    do_jobs(app)
    assert seen == [303]
    with app.app_context():
        assert (row(job_id).state, row(job_id).done) == (JobState.CANCELLED, 1)


def test_a_job_that_failed_is_tried_again_where_it_was(app: Flask, page_client: PageClient) -> None:
    owner = person(page_client, Role.ORGANISER)
    with app.app_context():
        job_id = start(total=3, owner=owner)
        change(job_id, state=JobState.FAILED, finished_at=row(job_id).queued_at, cursor="2", done=2, total=3, deaths=3)
    page = page_client.submit(WORK, action="/attempts")
    assert "Jobbet fortsætter, hvor det var" in page.text
    do_jobs(app)
    with app.app_context():
        assert (row(job_id).state, row(job_id).done, steps(job_id)) == (JobState.DONE, 3, 1)
        with reading() as conn:
            acts = conn.execute(select(AuditEntry.act, AuditEntry.by_id).where(AuditEntry.subject_id == job_id)).all()
        assert ("work.tried_again", owner.id) in [tuple(one) for one in acts]
    assert not [one for one in page_client.visit(WORK).forms() if "attempts" in one.attributes["action"]]
    assert post(page_client, job_id, "attempts").status_code == 409


def test_a_job_that_failed_can_be_left(app: Flask, page_client: PageClient) -> None:
    owner = person(page_client, Role.ORGANISER)
    with app.app_context():
        job_id = start(total=3, owner=owner)
        change(job_id, state=JobState.FAILED, finished_at=row(job_id).queued_at)
    page_client.submit(WORK, action="/cancellation")
    with app.app_context():
        assert row(job_id).state is JobState.CANCELLED


def test_a_row_that_cannot_be_read_spoils_no_page(app: Flask, page_client: PageClient) -> None:
    owner = person(page_client, Role.ORGANISER)
    with app.app_context():
        job_id = start(total=1, owner=owner)
        write(lambda conn: conn.exec_driver_sql("UPDATE job SET arguments = '{broken'").rowcount)
    do_jobs(app)
    assert "Den kan ikke læses: JSONDecodeError" in page_client.visit(WORK).text
    assert page_client.get(f"{WORK}/{job_id}/progress").status_code == 200


def test_what_recurs_is_not_stopped(app: Flask, page_client: PageClient) -> None:
    person(page_client, Role.ADMIN)
    with app.app_context():
        Worker(app).run_once()
        with reading() as conn:
            task_id = conn.exec_driver_sql("SELECT id FROM job WHERE every_seconds IS NOT NULL LIMIT 1").scalar_one()
    assert cancel(page_client, str(task_id)).status_code == 409
