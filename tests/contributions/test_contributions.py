"""Input after the debate: numbers of its own, in the record, and never tied to a person who gave no name."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import inspect, select

from eventapp.checkin.models import Direction
from eventapp.contributions import actions, queries
from eventapp.contributions.errors import NobodyToAskError, OtherContributionError, TooEarlyError
from eventapp.contributions.models import Contribution, FollowUp
from eventapp.db import db, reading
from eventapp.events.models import Event
from eventapp.record.verification import verify_log
from eventapp.registration.models import Registration
from eventapp.web.permissions import Role
from eventapp.work.models import Job, JobState
from tests.checkin.support import make_guest, open_phone, scanned, undone
from tests.contributions.conftest import AFTER, Officer, came, sent_to, told
from tests.support.pages import PageClient
from tests.support.staff import sign_in
from tests.support.work import do_jobs

TYPED = {"text": "Bevar træerne.", "quoting": "unnamed"}


def test_contributions_are_numbered_and_in_the_record(event: Event) -> None:
    case_id = event.case_id
    numbers = [actions.contribute(event, sent_to(event, f"Nr. {n}"), now=AFTER).number for n in range(3)]
    db.session.commit()
    assert numbers == [1, 2, 3]
    assert verify_log(case_id).faults == []


def test_before_the_end_of_the_debate_nothing_is_taken_in(event: Event) -> None:
    with pytest.raises(TooEarlyError):
        actions.contribute(event, sent_to(event), now=event.ends_at - timedelta(seconds=1))


def test_the_same_form_sent_eight_times_at_once_is_one_contribution_and_uses_one_number(
    app: Flask, event: Event
) -> None:
    sent, event_id = sent_to(event), event.id
    db.session.rollback()

    def send(_number: int) -> str:
        with app.app_context():
            contribution_id = actions.contribute(db.session.get_one(Event, event_id), sent, now=AFTER).id
            db.session.commit()
            return contribution_id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(8)))) == 1
    assert actions.contribute(event, sent_to(event, "En til."), now=AFTER).number == 2


def test_sending_twice_is_one_contribution_and_another_text_is_not_swallowed(event: Event) -> None:
    sent = sent_to(event)
    first = actions.contribute(event, sent, now=AFTER)
    db.session.flush()
    assert actions.contribute(event, sent, now=AFTER) is first
    with pytest.raises(OtherContributionError):
        actions.contribute(event, replace(sent, text="Fæld dem."), now=AFTER)


def test_sixteen_at_once_get_sixteen_numbers(app: Flask, event: Event) -> None:
    event_id = event.id
    db.session.rollback()

    def send(number: int) -> None:
        with app.app_context():
            found = db.session.get_one(Event, event_id)
            actions.contribute(found, sent_to(found, f"Nr. {number}"), now=AFTER)
            db.session.commit()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(db.session.scalars(select(Contribution.number))) == list(range(1, 17))


def test_a_changed_word_is_found(event: Event) -> None:
    case_id = event.case_id
    contribution = actions.contribute(event, sent_to(event), now=AFTER)
    db.session.commit()
    contribution.text = "Fæld træerne."
    db.session.commit()
    assert verify_log(case_id).faults


def test_the_table_has_nothing_that_leads_to_a_registration() -> None:
    columns = {column.key for column in inspect(Contribution).columns}
    assert not columns & {"registration_id", "email", "link_hash", "follow_up_id"}
    assert {key.column.table.name for key in Contribution.__table__.foreign_keys} == {"event", "theme"}


def test_nobody_is_asked_who_did_not_come(event: Event) -> None:
    with pytest.raises(NobodyToAskError):
        actions.ask_those_who_came(event, by=Officer(), now=AFTER)
    assert db.session.scalars(select(FollowUp)).all() == []


def ask(event_id: str) -> int:
    """The organiser presses the button, and a worker does its work."""
    number = actions.ask_those_who_came(db.session.get_one(Event, event_id), by=Officer(), now=AFTER)
    db.session.commit()
    do_jobs()
    return number


def test_the_link_is_sent_in_steps_once_to_each_who_came_and_agreed(
    event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventapp.contributions.jobs.STEP", 2)
    event_id = event.id
    came(event, "Anna", "Bo", "Carl", "Dagny", "Erik")
    came(event, "Frida", wants=False)
    assert ask(event_id) == 5
    assert len(told()) == len(set(told())) == 5
    with reading() as conn:
        job = conn.execute(select(Job.done, Job.total, Job.state).where(Job.kind == actions.ASK)).one()
        assert len(conn.scalars(select(FollowUp.booking_id)).all()) == 5
    assert (job.done, job.total, job.state) == (5, 5, JobState.DONE)
    with pytest.raises(NobodyToAskError):
        ask(event_id)
    db.session.rollback()
    came(db.session.get_one(Event, event_id), "Gerda")
    assert ask(event_id) == 1
    assert len(told()) == 6


def test_who_presses_twice_at_once_asks_everybody_once(event: Event) -> None:
    event_id = event.id
    came(event, "Anna", "Bo")
    for _ in range(2):
        actions.ask_those_who_came(db.session.get_one(Event, event_id), by=Officer(), now=AFTER)
    db.session.commit()
    assert do_jobs() == 2
    assert len(told()) == 2


def test_those_are_asked_who_came_and_said_yes(event: Event) -> None:
    """Came is what it is everywhere: an entry that was undone is none, and an exit is none either."""
    event_id = event.id
    door = open_phone(event, "Hovedindgang")
    for name, wants in (("Anna", True), ("Bo", True), ("Carl", False), ("Dagny", True)):
        guest = make_guest(db, event_id, name, wants_follow_up=wants)
        if name == "Dagny":
            scanned(guest.ticket, door, direction=Direction.OUT)
            continue
        entry = scanned(guest.ticket, door)
        if name == "Bo":
            undone(entry, door)
    ids = db.session.scalars(queries.to_be_asked(event_id)).all()
    names = select(Registration.name).where(Registration.booking_id.in_(ids))
    assert db.session.scalars(names).all() == ["Anna"]


def test_the_form_keeps_what_was_typed_and_leads_to_a_receipt(
    page_client: PageClient, app: Flask, event: Event
) -> None:
    theme = event.themes[0].id
    db.session.rollback()
    form = "/events/havnen/contribute"
    page = page_client.submit(form, {**TYPED, "theme": theme, "quoting": "named"}, status=422)
    assert "Skriv dit navn" in page.text
    assert "Bevar træerne." in page_client.response.text
    receipt = page_client.submit(form, {**TYPED, "theme": theme})
    assert "Input nr. 1" in receipt.text
    assert "ikke et høringssvar" in receipt.text
    assert page_client.response.headers["Cache-Control"] == "no-store"
    with app.app_context():
        assert queries.count(db.session.scalars(select(Event.id)).one()) == 1


def test_a_number_that_looks_like_cpr_is_asked_about(page_client: PageClient, event: Event) -> None:
    theme = event.themes[0].id
    db.session.rollback()
    page = page_client.submit(
        "/events/havnen/contribute", {**TYPED, "theme": theme, "text": "Jeg er 251248-9996"}, status=422
    )
    assert "CPR" in page.text


def test_a_wrong_link_still_opens_the_form_and_claims_no_presence(page_client: PageClient, event: Event) -> None:
    theme = event.themes[0].id
    db.session.rollback()
    page_client.submit("/events/havnen/contribute/wrong", {**TYPED, "theme": theme})
    assert not db.session.scalars(select(Contribution.was_present)).one()


def test_the_organisers_list_shows_them_by_theme(page_client: PageClient, app: Flask, event: Event) -> None:
    actions.contribute(event, sent_to(event), now=AFTER)
    event_id = event.id
    db.session.commit()
    sign_in(page_client, Role.ORGANISER)
    page = page_client.visit(f"/staff/events/{event_id}/contributions")
    assert "Grønne områder" in page.text
    assert "Bevar træerne." in page.text
