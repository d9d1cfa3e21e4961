"""Moving an event and adding seats: one row in the organiser's request, the rest by a worker that may die."""

from __future__ import annotations

import os
import signal
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event as listening
from sqlalchemy import select

from eventapp import clock
from eventapp.config import Settings
from eventapp.db import db as database
from eventapp.db import new_id, reading
from eventapp.events.models import Event
from eventapp.mail import rendering
from eventapp.mail.models import OutboxMail
from eventapp.registration import jobs
from eventapp.registration.models import Booking, Registration, RegistrationState
from eventapp.telling import actions as telling
from eventapp.telling import rules
from eventapp.telling.models import Fact, Subject
from eventapp.web.permissions import Person, Role
from eventapp.work.models import Job, JobState
from tests.registration.givens import given_event, quota_of, rows, sign_up
from tests.support.factories import SIGN_UP_AT
from tests.support.pages import PageClient
from tests.support.staff import sign_in
from tests.support.work import QUICK, do_jobs, processes, take_mails, wait_until

BY = Person("0" * 32, "Anna")
TELL = telling.kind_of(Subject.EVENT)
GUESTS = 1000


@pytest.fixture(autouse=True)
def _at(db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: SIGN_UP_AT)


def move(event: Event, quiet: timedelta = timedelta(), reason: str = "") -> None:
    """What the organiser's form does."""
    stored = database.session.get_one(Event, event.id)
    stored.ends_at += timedelta(hours=1)
    stored.calendar_sequence += 1
    database.session.flush()
    conn, facts = database.session.connection(), [Fact.TIME]
    telling.tell(conn, Subject.EVENT, event.id, facts, reason=reason, by=BY, now=SIGN_UP_AT, quiet=quiet)
    database.session.commit()


def told(message: str = "registration/changed") -> Counter[str]:
    """Address -> how many mails of this kind stand in the outbox."""
    with reading() as conn:
        return Counter(conn.scalars(select(OutboxMail.to_address).where(OutboxMail.message == message)))


def the_job(kind: str = TELL) -> Job:
    database.session.rollback()
    return database.session.scalars(select(Job).where(Job.kind == kind).order_by(Job.queued_at.desc())).first() or Job()


# --- telling -----------------------------------------------------------------------------------------------------


def test_the_request_that_moves_an_event_writes_one_row_however_many_want_to_come() -> None:
    event = given_event(seats=60)
    for number in range(60):
        sign_up(event, number)
    written: list[str] = []
    listening.listen(database.engine, "before_cursor_execute", lambda *about: written.append(about[2]))
    move(event)
    assert [one.split()[2] for one in written if one.strip().startswith("INSERT")] == ["told_change", "job"]
    assert told() == Counter()
    assert do_jobs() == 1
    assert set(told().values()) == {1}
    assert len(told()) == 60
    done = the_job()
    assert (done.state, done.done, done.total, done.result) == (JobState.DONE, 60, 60, {"mails": 60})
    assert set(done.arguments) == {"subject", "number", "since", "until"}


def test_each_change_is_told() -> None:
    event = given_event()
    sign_up(event, 1)
    for _ in range(2):
        move(event)
        do_jobs()
    assert told() == {"guest1@example.org": 2}


def test_five_quick_changes_are_one_mail_with_each_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    event = given_event()
    sign_up(event, 1)
    begun = clock.system_now()
    for minute, reason in enumerate(("Salen er optaget.", "", "Ordstyreren er syg.", "", "Salen er optaget.")):
        monkeypatch.setattr(clock, "system_now", lambda at=begun + timedelta(minutes=minute): at)
        move(event, rules.QUIET, reason)
        assert do_jobs() == 0
    monkeypatch.setattr(clock, "system_now", lambda: begun + timedelta(minutes=13, seconds=59))
    assert do_jobs() == 0
    monkeypatch.setattr(clock, "system_now", lambda: begun + timedelta(minutes=14))
    assert do_jobs() == 1
    assert told() == {"guest1@example.org": 1}
    database.session.execute(database.update(OutboxMail).values(due_at=begun))  # mails are taken by the real clock
    database.session.commit()
    (mail,) = [one for one in take_mails() if one.message == "registration/changed"]
    text = rendering.render(mail).text
    assert "(tidspunktet)" in text
    assert [line for line in text.splitlines() if line.startswith("Begrundelse")] == [
        "Begrundelse: Salen er optaget.",
        "Begrundelse: Ordstyreren er syg.",
    ]


def test_whoever_goes_on_changing_does_not_keep_the_guests_waiting_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    event = given_event()
    begun = clock.system_now()
    for minute in range(0, 31, 5):
        monkeypatch.setattr(clock, "system_now", lambda at=begun + timedelta(minutes=minute): at)
        move(event, rules.QUIET)
    assert the_job().due_at - the_job().queued_at == rules.LONGEST


@pytest.mark.parametrize(
    ("hours", "waits"), [(25, rules.QUIET), (24, timedelta()), (1, timedelta()), (-1, timedelta())]
)
def test_on_the_last_day_nothing_waits(hours: int, waits: timedelta) -> None:
    assert rules.quiet(SIGN_UP_AT + timedelta(hours=hours), SIGN_UP_AT) == waits


def test_a_change_that_is_overtaken_while_it_is_told_is_not_told_any_more() -> None:
    event = given_event()
    sign_up(event, 1)
    move(event, reason="Salen er optaget.")
    database.session.execute(database.update(Job).values(attempts=1))  # a worker has begun with it
    database.session.commit()
    move(event, reason="Ordstyreren er syg.")
    assert do_jobs() == 2
    assert told() == {"guest1@example.org": 1}
    (mail,) = [one for one in take_mails() if one.message == "registration/changed"]
    text = rendering.render(mail).text
    assert "Salen er optaget." in text  # nobody was told of that yet
    assert "Ordstyreren er syg." in text
    results = database.session.scalars(select(Job.result).where(Job.kind == TELL).order_by(Job.queued_at)).all()
    assert results == [{"mails": 0, "overtaken": True}, {"mails": 1}]


def test_who_signs_up_after_the_change_is_not_told_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    event = given_event()
    sign_up(event, 1)
    move(event)
    later: datetime = SIGN_UP_AT + timedelta(minutes=1)
    sign_up(event, 2, now=later)
    monkeypatch.setattr(clock, "now", lambda: later)
    do_jobs()
    assert told() == {"guest1@example.org": 1}


@pytest.mark.seconds(240)
def test_of_a_thousand_guests_each_gets_one_mail_although_workers_are_killed_in_the_middle(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = crowded_event()
    monkeypatch.setenv("PAUSE_MS", "50")  # between two steps, so that a kill finds it in the middle
    for after in (100, 450):
        with processes(settings, 1, QUICK) as (victim,):
            if after == 100:
                move(event)
            wait_until(partial(is_past, after))
            os.kill(victim.pid, signal.SIGKILL)
        assert after <= the_job().done < GUESTS
    the_job()
    database.session.execute(database.update(Job).where(Job.kind == TELL).values(deaths=0))
    database.session.commit()
    with processes(settings, 2, QUICK):
        wait_until(lambda: the_job().state is JobState.DONE)
    assert set(told().values()) == {1}
    assert len(told()) == GUESTS
    assert (the_job().done, the_job().total) == (GUESTS, GUESTS)


def is_past(done: int) -> bool:
    return the_job().done >= done


def crowded_event() -> Event:
    """An event with very many guests, as rows: nobody is to send them tickets here."""
    event = given_event(seats=GUESTS)
    quota_id = quota_of(event).id
    for number in range(GUESTS):
        head = Registration(event_id=event.id, state=RegistrationState.CONFIRMED, name=f"Gæst {number}")
        facts = {"submission_key": new_id(), "content_hash": "", "link_hash": new_id(), "registered_at": SIGN_UP_AT}
        sender = f"guest{number}@example.org"
        database.session.add(Booking(event_id=event.id, quota_id=quota_id, email=sender, heads=[head], **facts))
    database.session.commit()
    return event


# --- moving up ---------------------------------------------------------------------------------------------------


def test_added_seats_are_given_to_the_line_in_steps_until_none_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventapp.registration.seat_actions.MOST_AT_ONCE", 3)
    event = given_event(seats=1)
    for number in range(12):
        sign_up(event, number)
    database.session.execute(database.text("UPDATE quota SET seats = 9"))
    jobs.seats_were_changed(event.id, BY)
    database.session.commit()
    assert quota_of(event).taken == 1
    do_jobs()
    assert (quota_of(event).taken, quota_of(event).waiting) == (9, 3)
    assert [one.state for one in rows(event)].count(RegistrationState.CONFIRMED) == 9
    assert (the_job(jobs.MOVE_UP).done, the_job(jobs.MOVE_UP).result) == (8, {"seats": 8})
    assert sum(told("registration/promoted").values()) == 8


def test_where_nobody_waits_or_nothing_is_free_no_job_is_asked_for() -> None:
    event = given_event(seats=1)
    sign_up(event, 1)
    jobs.seats_were_changed(event.id, BY)
    database.session.commit()
    sign_up(event, 2)
    jobs.seats_were_changed(event.id, BY)
    database.session.commit()
    assert the_job(jobs.MOVE_UP).id is None


# --- for the organiser -------------------------------------------------------------------------------------------


def test_the_desk_shows_how_far_the_mails_are_and_lets_the_organiser_stop_them(page_client: PageClient) -> None:
    sign_in(page_client, Role.ORGANISER)
    event = given_event()
    sign_up(event, 1)
    move(event)
    database.session.execute(database.update(Job).where(Job.kind == TELL).values(done=20, total=80))
    database.session.commit()
    desk = f"/staff/events/{event.id}"
    page = page_client.visit(desk)
    assert "Skriv til alle, der har det i en kopi" in page.text
    assert "20 af 80" in page.text
    (bar,) = page.root.all("progress")
    assert bar.attributes["max"] == "80"
    page = page_client.submit(desk, action="/cancellation")
    assert "Jobbet er stoppet" in page.text
    do_jobs()
    assert told() == Counter()
    assert "Skriv til alle, der" not in page_client.visit(desk).text


def test_others_see_no_job_of_the_event_on_its_desk(page_client: PageClient) -> None:
    sign_in(page_client, Role.AUDITOR)
    event = given_event()
    move(event)
    assert "Skriv til alle, der" not in page_client.visit(f"/staff/events/{event.id}").text


@pytest.mark.parametrize(
    ("kind", "result", "words"),
    [
        (jobs.MOVE_UP, {"seats": 1}, "1 person fik en plads."),
        (jobs.MOVE_UP, {"seats": 7}, "7 personer fik en plads."),
        (TELL, {"mails": 3, "overtaken": True}, "Der kom en ændring mere"),
    ],
)
def test_the_page_says_what_came_of_a_job(
    page_client: PageClient, kind: str, result: dict[str, Any], words: str
) -> None:
    sign_in(page_client, Role.ADMIN)
    event = given_event()
    values = {"cursor": "", "done": 3, "attempts": 1, "due_at": SIGN_UP_AT, "queued_at": SIGN_UP_AT, "lane": "jobs"}
    ended = {"state": JobState.DONE, "finished_at": SIGN_UP_AT, "result": result, "arguments": {}}
    database.session.add(Job(kind=kind, subject_id=event.id, **values, **ended))
    database.session.commit()
    page = page_client.visit("/staff/work")
    assert words in page.text
    assert "Debat om havneparken" in page.text
