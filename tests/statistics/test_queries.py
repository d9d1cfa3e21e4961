"""What is counted, of whom, until when; and in which order guests stand. Nobody of another event is in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask_sqlalchemy import SQLAlchemy

from eventapp.checkin.models import Direction
from eventapp.db import db as database
from eventapp.events.models import Category, Event
from eventapp.languages import Wording
from eventapp.registration.models import AccessNeed, FieldValue, Origin, RegistrationState
from eventapp.statistics import queries
from eventapp.statistics.rules import Counts
from tests.checkin.support import Hall, make_guest, make_hall, scanned, walked_in
from tests.support.factories import STARTS_AT, make_event

TICK = timedelta(microseconds=1)
CANCELLED, WAITING = RegistrationState.CANCELLED, RegistrationState.WAITING


@pytest.fixture
def hall(db: SQLAlchemy) -> Hall:
    return make_hall(db)


def event_of(hall: Hall) -> Event:
    return database.session.get_one(Event, hall.event_id)


def counted(hall: Hall, *, is_over: bool = True) -> queries.Figures:
    event = event_of(hall)
    found = queries.figures(event, event.ends_at if is_over else event.ends_at - TICK)
    database.session.rollback()
    return found


def names(hall: Hall) -> list[str]:
    return [row.name for row, _kept in queries.attendees(hall.event_id, with_answers=False)]


# --- counting ----------------------------------------------------------------------------------------------------


def test_event_without_anybody_counts_nobody_and_has_no_highest_number(hall: Hall) -> None:
    found = counted(hall)
    assert found.total == Counts(is_over=True)
    assert (found.highest, found.highest_at, found.with_needs) == (None, None, 0)
    assert [str(one.category.label) for one in found.groups if one.category] == ["Borger"]
    assert len(found.groups) == 1
    assert queries.arrivals(event_of(hall)) == []
    assert (names(hall), queries.attendee_count(hall.event_id)) == ([], 0)


def test_event_that_no_door_ever_opened_has_no_highest_number_either(db: SQLAlchemy) -> None:
    event = make_event()
    found = queries.figures(event, event.ends_at)
    assert (found.highest, found.highest_at) == (None, None)


def test_event_is_over_at_its_end_and_not_before(db: SQLAlchemy, hall: Hall) -> None:
    make_guest(db, hall.event_id, category_id=event_of(hall).categories[0].id)
    before, after = counted(hall, is_over=False), counted(hall)
    assert (before.total.no_shows, before.groups[0].counts.no_shows) == (None, None)
    assert (after.total.no_shows, after.total.share) == (1, 0)
    assert (after.groups[0].counts.no_shows, after.groups[0].counts.share) == (1, 0)
    assert before.total.confirmed == after.total.confirmed == 1


def test_those_who_cancelled_are_no_no_shows(db: SQLAlchemy, hall: Hall) -> None:
    make_guest(db, hall.event_id, state=CANCELLED)
    whole = counted(hall).total
    assert (whole.registered, whole.cancelled, whole.no_shows, whole.share) == (0, 1, 0, None)


def test_who_waits_is_registered_and_no_no_show(db: SQLAlchemy, hall: Hall) -> None:
    make_guest(db, hall.event_id, state=WAITING)
    make_guest(db, hall.event_id)
    whole = counted(hall).total
    assert (whole.registered, whole.confirmed, whole.waiting, whole.no_shows) == (2, 1, 1, 1)


def test_walk_in_came_without_being_registered_and_counts_in_no_share(db: SQLAlchemy, hall: Hall) -> None:
    scanned(make_guest(db, hall.event_id).ticket, hall.front)
    walked_in(hall.front, "Uanmeldt")
    whole = counted(hall).total
    assert (whole.registered, whole.came, whole.walk_ins, whole.share) == (1, 2, 1, 1)


def test_who_cancelled_at_the_door_by_leaving_came_all_the_same(db: SQLAlchemy, hall: Hall) -> None:
    guest = make_guest(db, hall.event_id)
    scanned(guest.ticket, hall.front)
    scanned(guest.ticket, hall.side, 30, direction=Direction.OUT)
    scanned(guest.ticket, hall.front, 40)
    found = counted(hall)
    assert (found.total.came, found.total.no_shows, found.highest) == (1, 0, 1)
    assert [number for _at, number in queries.arrivals(event_of(hall))] == [1]


def test_highest_number_stays_when_people_leave(db: SQLAlchemy, hall: Hall) -> None:
    guests = [make_guest(db, hall.event_id, f"Gæst {number}") for number in range(3)]
    for minute, one in enumerate(guests):
        scanned(one.ticket, hall.front, minute)
    scanned(guests[0].ticket, hall.front, 10, direction=Direction.OUT)
    found = counted(hall)
    assert (found.highest, found.highest_at) == (3, STARTS_AT - timedelta(minutes=28))


def test_guests_of_another_event_are_in_nothing(db: SQLAlchemy, hall: Hall) -> None:
    other = make_hall(db)
    guest = make_guest(db, other.event_id, note="Tolk")
    scanned(guest.ticket, other.front)
    walked_in(other.front, "Uanmeldt", 1)
    found = counted(hall)
    assert (found.total, found.highest, found.with_needs) == (Counts(is_over=True), None, 0)
    assert queries.arrivals(event_of(hall)) == []
    assert (names(hall), queries.attendee_count(hall.event_id)) == ([], 0)
    assert queries.attendee_count(other.event_id) == 2


def test_groups_stand_as_the_form_offers_them_and_those_who_did_not_say_last(db: SQLAlchemy, hall: Hall) -> None:
    event = event_of(hall)
    citizen = event.categories[0]
    citizen.position = 2
    press = Category(event_id=event.id, position=1, label=Wording("Presse"))
    db.session.add(press)
    db.session.commit()
    for category_id in (citizen.id, citizen.id, None):
        make_guest(db, hall.event_id, category_id=category_id)
    db.session.expire_all()
    found = counted(hall)
    assert [(one.category and one.category.id, one.counts.confirmed) for one in found.groups] == [
        (press.id, 0),
        (citizen.id, 2),
        (None, 1),
    ]
    assert found.groups[0].counts.is_over
    assert found.total.confirmed == 3


def test_needs_of_those_who_cancelled_are_not_counted(db: SQLAlchemy, hall: Hall) -> None:
    make_guest(db, hall.event_id, note="Teleslynge")
    make_guest(db, hall.event_id, note="Tolk", state=WAITING)
    make_guest(db, hall.event_id, note="Kørestol", state=CANCELLED)
    make_guest(db, hall.event_id)
    assert counted(hall).with_needs == 2
    assert db.session.query(AccessNeed).count() == 3


def test_arrivals_begin_with_the_first_who_came_and_hold_the_quiet_steps(db: SQLAlchemy, hall: Hall) -> None:
    for minute in (1, 2, 13):
        scanned(make_guest(db, hall.event_id).ticket, hall.front, minute)
    opens_at = event_of(hall).doors_open_at
    found = queries.arrivals(event_of(hall))
    assert found == [(opens_at + timedelta(minutes=5 * place), number) for place, number in enumerate((2, 0, 1))]


# --- the list ----------------------------------------------------------------------------------------------------


def test_guests_stand_in_the_order_of_the_danish_alphabet(db: SQLAlchemy, hall: Hall) -> None:
    wanted = ["anders", "Zelda", "Ærlig", "Østen", "Åse", "Aase", "aaslaug"]
    for name in reversed(wanted):
        make_guest(db, hall.event_id, name)
    assert names(hall) == wanted


def test_everybody_is_on_the_list_whatever_became_of_them(db: SQLAlchemy, hall: Hall) -> None:
    make_guest(db, hall.event_id, "A")
    make_guest(db, hall.event_id, "B", state=WAITING)
    make_guest(db, hall.event_id, "C", state=CANCELLED)
    walked_in(hall.front, "D")
    found = {row.name: row for row, _kept in queries.attendees(hall.event_id, with_answers=False)}
    assert list(found) == ["A", "B", "C", "D"]
    assert queries.attendee_count(hall.event_id) == 4
    assert [one.state for one in found.values()][:3] == [RegistrationState.CONFIRMED, WAITING, CANCELLED]
    assert [name for name, one in found.items() if one.came_at] == ["D"]
    assert found["D"].origin == Origin.WALK_IN


def test_consent_to_be_written_to_is_told_as_it_was_given(db: SQLAlchemy, hall: Hall) -> None:
    make_guest(db, hall.event_id, "Ja", wants_follow_up=True)
    make_guest(db, hall.event_id, "Nej")
    found = {row.name: row.wants_follow_up for row, _kept in queries.attendees(hall.event_id, with_answers=False)}
    assert found == {"Ja": True, "Nej": False}


def test_answers_come_with_the_guest_who_gave_them_and_only_when_asked_for(
    db: SQLAlchemy, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "ROWS_AT_ONCE", 2)  # so that they come in several steps
    for name in ("A", "B", "C", "D", "E"):
        guest = make_guest(db, hall.event_id, name)
        if name != "C":
            db.session.add_all(
                [FieldValue(registration_id=guest.id, key=key, value=f"{key} {name}") for key in ("sang", "mad")]
            )
    db.session.commit()
    found = {row.name: kept for row, kept in queries.attendees(hall.event_id, with_answers=True)}
    assert list(found) == ["A", "B", "C", "D", "E"]
    assert found["C"] == {}
    assert found["E"] == {"sang": "sang E", "mad": "mad E"}
    without = [kept for _row, kept in queries.attendees(hall.event_id, with_answers=False)]
    assert without == [{}] * 5


def test_moments_are_told_with_their_zone(db: SQLAlchemy, hall: Hall) -> None:
    scanned(make_guest(db, hall.event_id).ticket, hall.front, 3)
    ((row, _kept),) = queries.attendees(hall.event_id, with_answers=False)
    assert row.came_at == datetime(2024, 5, 14, 14, 33, tzinfo=UTC)
    assert row.registered_at == datetime(2024, 5, 11, 14, 30, tzinfo=UTC)
