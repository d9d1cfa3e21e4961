"""Who is written to after the debate and who is not (LAW-04): agreed and came, once, as it stands then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app, g
from sqlalchemy import select

from eventapp import clock
from eventapp.audit import AuditEntry
from eventapp.checkin.models import Direction
from eventapp.checkin.scan_actions import PointedOut
from eventapp.contributions import actions, hooks, queries
from eventapp.contributions.models import FollowUp
from eventapp.db import db, end_reading, reading
from eventapp.events.models import Event
from eventapp.mail.models import OutboxMail
from eventapp.registration.models import Booking, Origin
from eventapp.tokens import derived_token, token_hash
from eventapp.web.permissions import Permission, Person, Role
from eventapp.work import kinds
from eventapp.work.models import Job, JobState
from tests.checkin.support import make_guest, open_phone, scanned, undone, walked_in
from tests.contributions.conftest import AFTER, Officer, came, told
from tests.registration.givens import sign_up
from tests.support.factories import make_event
from tests.support.work import do_jobs


def press(event_id: str) -> int:
    """The organiser presses the button; the worker has not come to it yet."""
    db.session.rollback()
    number = actions.ask_those_who_came(db.session.get_one(Event, event_id), by=Officer(), now=AFTER)
    db.session.commit()
    return number


def change(**values: Any) -> None:
    """Alter every booking."""
    for one in db.session.scalars(select(Booking)):
        for name, value in values.items():
            setattr(one, name, value)
    db.session.commit()


def waiting(event_id: str) -> int:
    with reading() as conn:
        return queries.number_to_be_asked(conn, event_id)


# --- consent -----------------------------------------------------------------------------------------------------


def test_who_takes_the_consent_back_before_the_worker_comes_is_not_written_to(event: Event) -> None:
    event_id = event.id
    came(event, "Anna", "Bo")
    assert press(event_id) == 2
    change(wants_follow_up=False)
    do_jobs()
    assert told() == []
    assert db.session.scalars(select(FollowUp)).all() == []


def test_who_is_erased_before_the_worker_comes_is_not_written_to(event: Event) -> None:
    event_id = event.id
    came(event, "Anna")
    press(event_id)
    change(email="")
    do_jobs()
    assert told() == []


def test_who_agrees_only_later_is_asked_only_then(event: Event) -> None:
    event_id = event.id
    came(event, "Anna", wants=False)
    assert waiting(event_id) == 0
    change(wants_follow_up=True)
    assert press(event_id) == 1
    do_jobs()
    assert len(told()) == 1


def test_the_invited_came_too_but_nobody_asked_them_whether_we_may_write(event: Event) -> None:
    event_id = event.id
    door = open_phone(event, "Hovedindgang")
    scanned(make_guest(db, event_id, "Ministeren", origin=Origin.INVITATION).ticket, door)
    assert waiting(event_id) == 0


def test_who_walked_in_left_no_address(event: Event) -> None:
    event_id = event.id
    walked_in(open_phone(event, "Hovedindgang"), "Dagny")
    assert waiting(event_id) == 0


# --- came --------------------------------------------------------------------------------------------------------


def test_who_came_and_left_early_came(event: Event) -> None:
    event_id = event.id
    door = open_phone(event, "Hovedindgang")
    guest = make_guest(db, event_id, "Anna", wants_follow_up=True)
    scanned(guest.ticket, door)
    scanned(guest.ticket, door, 10, direction=Direction.OUT)
    assert waiting(event_id) == 1


def test_an_entry_that_is_undone_before_the_worker_comes_was_none(event: Event) -> None:
    event_id = event.id
    door = open_phone(event, "Hovedindgang")
    entry = scanned(make_guest(db, event_id, "Anna", wants_follow_up=True).ticket, door)
    assert press(event_id) == 1
    undone(entry, door)
    do_jobs()
    assert told() == []


@pytest.mark.parametrize("number", [1, 3])
def test_a_group_is_written_to_once_however_many_of_it_came(app: Flask, event: Event, number: int) -> None:
    event_id = event.id
    door = open_phone(event, "Hovedindgang")
    found = db.session.get_one(Event, event_id)
    db.session.expunge(found)
    db.session.rollback()
    booked = sign_up(found, heads=3, wants_follow_up=True, email="gruppe@example.org")
    for guest_id in booked.registration_ids[:number]:
        scanned(PointedOut(guest_id=guest_id), door)
    assert press(event_id) == 1
    do_jobs(app)
    assert told() == ["gruppe@example.org"]


def test_who_came_to_another_debate_only_is_asked_about_that_one(event: Event) -> None:
    other = make_event()
    db.session.commit()
    event_id, other_id = event.id, other.id
    came(event, "Anna")
    came(db.session.get_one(Event, other_id), "Bo", "Carl")
    assert (waiting(event_id), waiting(other_id)) == (1, 2)
    press(other_id)
    do_jobs()
    assert (waiting(event_id), waiting(other_id)) == (1, 0)
    assert (queries.links_sent(event_id), queries.links_sent(other_id)) == (0, 2)


# --- once, and in turn -------------------------------------------------------------------------------------------


def test_the_first_who_signed_up_is_the_first_who_is_asked(event: Event) -> None:
    event_id = event.id
    came(event, "Anna", "Bo", "Carl")
    bookings = list(db.session.scalars(select(Booking).order_by(Booking.id)))
    for days, one in enumerate(reversed(bookings)):
        one.registered_at += timedelta(days=days)
    ids = [one.id for one in reversed(bookings)]
    db.session.commit()
    assert db.session.scalars(queries.to_be_asked(event_id)).all() == ids
    assert actions.ask_some(db.session.connection(), event_id, now=AFTER, most=2) == 2
    assert actions.ask_some(db.session.connection(), event_id, now=AFTER, most=2) == 1
    assert actions.ask_some(db.session.connection(), event_id, now=AFTER, most=2) == 0
    assert set(db.session.scalars(select(FollowUp.booking_id))) == set(ids)


def test_the_database_keeps_the_link_as_a_hash_and_the_mail_as_a_secret(event: Event) -> None:
    event_id = event.id
    came(event, "Anna")
    actions.ask_some(db.session.connection(), event_id, now=AFTER, most=10)
    row = db.session.scalars(select(FollowUp)).one()
    mail = db.session.scalars(select(OutboxMail).where(OutboxMail.message == "contributions/link")).one()
    token = derived_token("follow-up", row.booking_id)
    assert (row.link_hash, row.sent_at, row.event_id) == (token_hash(token), AFTER, event_id)
    assert mail.secrets == {"link": f"http://localhost/events/havnen/contribute/{token}"}
    assert token not in str(mail.context)
    assert (mail.subject_id, mail.dedupe) == (row.booking_id, f"follow-up:{row.booking_id}")


def test_the_press_is_logged_with_how_many_and_with_no_names(event: Event) -> None:
    event_id = event.id
    came(event, "Anna", "Bo")
    press(event_id)
    logged = select(AuditEntry.by_id, AuditEntry.subject_id, AuditEntry.facts)
    rows = db.session.execute(logged.where(AuditEntry.act == "contributions.asked")).all()
    assert [tuple(one) for one in rows] == [(Officer.id, event_id, {"people": 2})]


def test_the_job_is_about_the_event_and_belongs_to_who_pressed(event: Event) -> None:
    event_id = event.id
    came(event, "Anna")
    press(event_id)
    job = db.session.scalars(select(Job).where(Job.kind == actions.ASK)).one()
    assert (job.owner_id, job.subject_id, job.arguments) == (Officer.id, event_id, {"event_id": event_id})
    kind = kinds.find(actions.ASK)
    assert kind is not None
    assert kind.permission is Permission.EDIT_EVENTS  # who organises the event may stop it


def test_a_job_with_nobody_left_to_ask_ends_well_and_says_none(event: Event) -> None:
    event_id = event.id
    came(event, "Anna")
    press(event_id)
    change(wants_follow_up=False)
    do_jobs()
    with reading() as conn:
        job = conn.execute(select(Job.state, Job.result, Job.done).where(Job.kind == actions.ASK)).one()
    assert (job.state, job.result, job.done) == (JobState.DONE, {"mails": 0}, 0)


# --- the desk ----------------------------------------------------------------------------------------------------


def desk(event_id: str, role: Role = Role.ORGANISER) -> tuple[list[Any], list[Any]]:
    """What the desk says of input: its items and its figures."""
    end_reading()
    db.session.rollback()
    with current_app.test_request_context(headers={"Accept-Language": "da"}):
        g.person = Person("0" * 32, "Anna", frozenset({role}))
        return hooks.desk_items(event_id), hooks.desk_figures(event_id)


def test_the_desk_asks_for_the_link_from_the_end_of_the_debate_until_all_have_it(
    event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id, ends_at = event.id, event.ends_at
    came(event, "Anna", "Bo")
    monkeypatch.setattr(clock, "now", lambda: ends_at - timedelta(microseconds=1))
    items, (figure,) = desk(event_id)
    assert (items, figure.value) == ([], None)  # a dash: it cannot be known yet
    monkeypatch.setattr(clock, "now", lambda: ends_at)
    (item,), (figure,) = desk(event_id)
    assert (item.text, item.button) == ("2 fremmødte vil gerne høre fra dig", "Send linket")
    assert (item.since, item.url, figure.value) == (ends_at, f"/staff/events/{event_id}/contributions", 0)
    press(event_id)
    do_jobs()
    assert desk(event_id)[0] == []


def test_who_may_not_read_input_gets_no_link_to_it(event: Event) -> None:
    event_id = event.id
    came(event, "Anna")
    (item,), (figure,) = desk(event_id, Role.SAFETY)
    assert (item.url, figure.url) == ("", "")
