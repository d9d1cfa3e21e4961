"""What an event tells elsewhere, each at its right time: the thread of its case, the front page, pages of staff."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

import icalendar
import pytest
from flask import Flask, g
from flask_babel import force_locale
from flask_sqlalchemy import SQLAlchemy

from eventapp import clock
from eventapp.clock import wall
from eventapp.events import calendar_files, checklist_rules, hooks, queries, views
from eventapp.events.models import Event
from eventapp.languages import Wording
from eventapp.web.permissions import Grant, Person, Role
from eventapp.web.registry import StepState, ThreadStep
from tests.support.factories import STARTS_AT, make_case, make_event

pytestmark = pytest.mark.engines("sqlite")

TICK = timedelta(microseconds=1)
ENDS_AT = STARTS_AT + timedelta(hours=2)
OPENS_AT = STARTS_AT - timedelta(days=30)
CLOSES_AT = STARTS_AT - timedelta(hours=2)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let it be this moment."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@contextmanager
def asked_by(app: Flask, *roles: Role, limited: tuple[Grant, ...] = (), lang: str = "da") -> Iterator[None]:
    """A request of somebody with these roles."""
    with app.test_request_context(), force_locale(lang):
        g.person = Person("0" * 32, "Anna", frozenset(roles), frozenset(limited))
        yield


def the_step(app: Flask, event: Event, lang: str = "da") -> ThreadStep:
    with asked_by(app, lang=lang):
        (step,) = hooks.steps(event.case_id)
    return step


# --- the thread --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (OPENS_AT - TICK, StepState.NEXT),
        (OPENS_AT, StepState.NEXT),
        (CLOSES_AT, StepState.NEXT),
        (STARTS_AT, StepState.NEXT),
        (ENDS_AT - TICK, StepState.NEXT),
        (ENDS_AT, StepState.DONE),
    ],
)
def test_published_event_comes_next_until_it_is_over(
    app: Flask, db: SQLAlchemy, at: Any, now: datetime, state: StepState
) -> None:
    at(now)
    event = make_event()
    step = the_step(app, event)
    assert (step.state, step.url, step.figure) == (state, f"/events/{event.slug}", "")


@pytest.mark.parametrize("now", [OPENS_AT - TICK, STARTS_AT, ENDS_AT])
def test_the_public_is_told_nothing_of_a_draft(app: Flask, db: SQLAlchemy, at: Any, now: datetime) -> None:
    at(now)
    event = make_event(published=False)
    with app.test_request_context():
        assert hooks.steps(event.case_id) == []


def test_event_that_was_called_off_says_so_and_can_still_be_read(app: Flask, db: SQLAlchemy, at: Any) -> None:
    at(OPENS_AT)
    event = make_event(cancelled_at=OPENS_AT)
    step = the_step(app, event)
    assert (step.state, step.url, step.figure) == (StepState.CALLED_OFF, f"/events/{event.slug}", "")


def test_step_tells_when_and_where_in_danish_time_and_under_which_number_the_record_knows_it(
    app: Flask, db: SQLAlchemy, at: Any
) -> None:
    at(OPENS_AT)
    event = make_event(starts_at=wall(date(2024, 12, 3), time(17)))
    step = the_step(app, event)
    assert (step.key, step.order, step.refs) == (f"debate:{event.id}", 30, (event.id,))
    assert step.note == "kl. 17.00-19.00, Medborgerhuset, Havneby"
    assert the_step(app, event, "en").note == "17:00 to 19:00, Medborgerhuset, Havneby"
    assert step.title == event.title


def test_events_of_other_cases_are_no_steps_of_this_one(app: Flask, db: SQLAlchemy) -> None:
    event, other = make_event(), make_case()
    with asked_by(app):
        assert hooks.steps(other.id) == []
        assert len(hooks.steps(event.case_id)) == 1


# --- the front page ----------------------------------------------------------------------------------------------


def on_front_page(app: Flask) -> list[str]:
    with asked_by(app):
        return [one.url.rpartition("/")[2] for one in hooks.cards()]


def test_front_page_shows_an_event_until_its_end_and_no_draft(app: Flask, db: SQLAlchemy, at: Any) -> None:
    make_event(slug="debat")
    make_event(slug="udkast", published=False)
    for now, shown in ((OPENS_AT - TICK, ["debat"]), (ENDS_AT - TICK, ["debat"]), (ENDS_AT, [])):
        at(now)
        assert on_front_page(app) == shown


def test_front_page_says_that_an_event_is_called_off(app: Flask, db: SQLAlchemy, at: Any) -> None:
    at(OPENS_AT)
    make_event(slug="aflyst", cancelled_at=OPENS_AT)
    with asked_by(app):
        (card,) = hooks.cards()
    assert (card.state, card.order, card.at) == ("Arrangementet er aflyst.", 20, STARTS_AT)


def test_card_tells_what_when_where_and_how_many_seats_are_left(app: Flask, db: SQLAlchemy, at: Any) -> None:
    at(OPENS_AT)
    make_event(slug="debat", seats=12)
    with asked_by(app):
        (card,) = hooks.cards()
    assert (str(card.title), card.url, card.text) == (
        "Debat om havneparken",
        "/events/debat",
        "Medborgerhuset, Havneby",
    )
    assert (card.meta, card.state) == ("tirsdag den 14. maj 2024 kl. 17.00-19.00", "12 ledige pladser")


# --- pages of staff ----------------------------------------------------------------------------------------------


def links(app: Flask, case_id: str, *roles: Role, limited: tuple[Grant, ...] = ()) -> list[str]:
    with asked_by(app, *roles, limited=limited):
        return [url for _label, url in hooks.case_links(case_id)]


def test_page_of_a_case_links_to_what_its_reader_may_open(app: Flask, db: SQLAlchemy) -> None:
    case = make_case()
    late = make_event(case, starts_at=STARTS_AT + timedelta(days=1))
    early = make_event(case)
    db.session.commit()
    desks = [f"/staff/events/{one.id}" for one in (early, late)]
    assert links(app, case.id, Role.ORGANISER) == [*desks, f"/staff/events/new/{case.id}"]
    assert links(app, case.id, Role.AUDITOR) == desks
    assert links(app, case.id, Role.ADMIN) == links(app, case.id) == []


def test_role_for_one_event_opens_that_one_and_begins_none(app: Flask, db: SQLAlchemy) -> None:
    case = make_case()
    own, other = make_event(case), make_event(case)
    db.session.commit()
    held = (Grant(Role.ORGANISER, event_id=own.id),)
    assert links(app, case.id, limited=held) == [f"/staff/events/{own.id}"]
    held = (Grant(Role.ORGANISER, case_id=case.id),)
    assert len(links(app, case.id, limited=held)) == 3
    assert links(app, other.case_id, limited=(Grant(Role.ORGANISER, case_id=make_case().id),)) == []


def test_tabs_are_those_that_open(app: Flask, db: SQLAlchemy) -> None:
    event = make_event()
    db.session.commit()
    with asked_by(app, Role.ORGANISER):
        whole = [one["url"].rpartition("/")[2] for one in views.desk_tabs(event)]
    with asked_by(app, Role.AUDITOR):
        seen = [one["url"].rpartition("/")[2] for one in views.desk_tabs(event)]
    assert whole[0] == seen[0] == event.id
    assert [one for one in whole if one in ("programme", "hall", "settings")] == ["programme", "hall", "settings"]
    assert whole.index("statistics") < whole.index("hall") < whole.index("settings")
    assert "hall" not in seen
    assert "settings" not in seen
    assert "programme" in seen
    with asked_by(app, Role.ADMIN):
        assert views.desk_tabs(event) == []


def test_condition_links_to_where_it_is_met_for_those_who_may_meet_it(app: Flask, db: SQLAlchemy) -> None:
    event = make_event(published=False)
    db.session.commit()
    for role, may_edit in ((Role.ORGANISER, True), (Role.AUDITOR, False)):
        with asked_by(app, role):
            found = {one.endpoint.partition(".")[2]: one.url for one in checklist_rules.conditions(event)}
        assert bool(found["hall"]) is bool(found["settings"]) is may_edit
        assert found["programme"] == f"/staff/events/{event.id}/programme"


def test_roles_can_be_given_for_each_event_by_name_and_day(app: Flask, db: SQLAlchemy) -> None:
    early = make_event(published=False, title=Wording("Første"))
    late = make_event(starts_at=STARTS_AT + timedelta(days=1), title=Wording("Anden"))
    with asked_by(app):
        found = queries.scope_choices()
    assert [one.key for one in found] == [f"event:{late.id}", f"event:{early.id}"]
    labels = ["Arrangement: Anden, 15. maj 2024", "Arrangement: Første, 14. maj 2024"]
    assert [one.label for one in found] == [Wording(label) for label in labels]  # Danish on an English page too


# --- calendars ---------------------------------------------------------------------------------------------------


def test_calendar_is_told_what_the_page_tells(app: Flask, db: SQLAlchemy) -> None:
    event = make_event(calendar_sequence=3)
    with asked_by(app):
        meeting = calendar_files.meeting(event, changed_at=STARTS_AT)
    assert (meeting.uid, meeting.sequence) == (f"{event.id}@eventapp", 3)
    assert (meeting.starts_at, meeting.ends_at) == (STARTS_AT, ENDS_AT)
    assert meeting.place == "Medborgerhuset, Havneby, Torvet 1, 9999 Havneby"
    assert meeting.title == "Debat om havneparken"
    assert meeting.description.split("\n\n") == [
        "Dørene åbner kl. 16.30",
        "Der er elevator.",
        "Dine forslag indgår i sagen.",
        meeting.url,
    ]
    assert meeting.url == f"http://localhost/events/{event.slug}"
    event.layout.venue.address = ""
    with asked_by(app):
        assert calendar_files.meeting(event, changed_at=STARTS_AT).place == "Medborgerhuset, Havneby"


def test_calendar_says_when_it_changed_last(app: Flask, db: SQLAlchemy) -> None:
    event = make_event()
    db.session.commit()
    assert stamp(app, event) == event.published_at
    event.cancelled_at = STARTS_AT - timedelta(days=1)
    db.session.commit()
    assert stamp(app, event) == event.cancelled_at


def stamp(app: Flask, event: Event) -> datetime:
    file = app.test_client().get(f"/events/{event.slug}/calendar.ics").text
    found: datetime = icalendar.Calendar.from_ical(file).walk("VEVENT")[0].decoded("DTSTAMP")
    return found


def test_calendar_file_of_what_was_called_off_takes_it_out_of_the_calendar(app: Flask, db: SQLAlchemy) -> None:
    make_event(slug="debat")
    make_event(slug="aflyst", cancelled_at=OPENS_AT)
    make_event(slug="udkast", published=False)
    db.session.commit()
    reader = app.test_client()
    kept, gone = (reader.get(f"/events/{slug}/calendar.ics") for slug in ("debat", "aflyst"))
    assert "STATUS:CONFIRMED" in kept.text
    assert "METHOD:PUBLISH" in kept.text
    assert "STATUS:CANCELLED" in gone.text
    assert kept.headers["Content-Disposition"] == 'attachment; filename="debat.ics"'
    assert reader.get("/events/udkast/calendar.ics").status_code == 404


def test_a_step_of_several_days_says_on_which_it_ends(app: Flask, db: SQLAlchemy, at: Any) -> None:
    at(OPENS_AT)
    assert the_step(app, make_event()).note == "kl. 17.00-19.00, Medborgerhuset, Havneby"
    note = the_step(app, make_event(ends_at=STARTS_AT + timedelta(days=2))).note
    assert note == "kl. 17.00 til torsdag den 16. maj 2024 kl. 17.00, Medborgerhuset, Havneby"
