"""Who stands at which door, as values: doors, shifts and phones, to the second, and the line that each act leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from eventapp.audit import AuditEntry
from eventapp.brakes import Attempt
from eventapp.checkin import actions, queries, rules, scan_actions, staffing_queries
from eventapp.checkin.errors import DoorExistsError, EventOverError, TooManyGuessesError, WrongShiftCodeError
from eventapp.checkin.models import DoorSession, DoorShift, Occupancy
from eventapp.checkin.scan_actions import Moment, PointedOut, WalkIn
from eventapp.db import db as database
from eventapp.db import new_id
from eventapp.errors import NotAllowedError, NotFoundError
from eventapp.events.models import Category, Event
from eventapp.languages import Wording
from eventapp.registration.models import Registration
from eventapp.tokens import token_hash
from tests.checkin.support import DOORS_OPEN, ORGANISER, make_guest, make_hall, open_shift, phone_with, scanned
from tests.support.factories import STARTS_AT, make_event

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.engines("sqlite")]

ENDS = STARTS_AT + timedelta(hours=2)  # as make_event has it
SHIFT_ENDS = ENDS + rules.SHIFT_OUTLASTS_EVENT
SECOND = timedelta(seconds=1)
session = database.session


@pytest.fixture
def event() -> Event:
    event = make_event()
    session.commit()
    return event


def looked(ask: Callable[[], Any]) -> Any:
    """What was asked, with the transaction ended: a door opens in a transaction of its own."""
    session.rollback()
    found = ask()
    session.rollback()
    return found


def log(act: str) -> list[tuple[str | None, str | None, dict[str, Any]]]:
    wanted = select(AuditEntry.by_id, AuditEntry.subject_id, AuditEntry.facts).where(AuditEntry.act == act)
    return [tuple(row) for row in looked(lambda: session.execute(wanted.order_by(AuditEntry.at)).all())]


def opened(
    code: str, *, now: datetime = DOORS_OPEN, address: str = "192.0.2.1", system_now: datetime = DOORS_OPEN
) -> str:
    session.rollback()
    return actions.open_door(code, "Telefon", address=address, now=now, system_now=system_now)


def post(token: str, now: datetime = DOORS_OPEN) -> Any:
    return queries.post(token_hash(token), now)


# --- doors and shifts ----------------------------------------------------------------------------------------


def test_the_first_door_opens_the_count_of_the_room_and_the_next_leaves_it(event: Event) -> None:
    event_id = event.id
    door = actions.add_door(event, "Nord", by=ORGANISER, now=DOORS_OPEN)
    room = session.get_one(Occupancy, event_id)
    assert (room.scans, room.inside, room.came, room.highest) == (0, 0, 0, 0)
    room.scans = 3
    session.flush()
    actions.add_door(event, "Syd", by=ORGANISER, now=DOORS_OPEN)
    session.commit()
    assert looked(lambda: session.scalars(select(Occupancy.scans)).all()) == [3]
    assert (door.name, door.event_id, door.created_at) == ("Nord", event_id, DOORS_OPEN)
    session.rollback()
    assert [(by, facts) for by, _door, facts in log("checkin.door_added")] == [
        (ORGANISER.id, {"event_id": event_id})
    ] * 2


@pytest.mark.parametrize("name", ["Ærø", "ÆRØ", "ærø"])
def test_an_event_has_each_door_once_however_it_is_written_and_another_event_its_own(event: Event, name: str) -> None:
    actions.add_door(event, "Ærø", by=ORGANISER, now=DOORS_OPEN)
    with pytest.raises(DoorExistsError):
        actions.add_door(event, name, by=ORGANISER, now=DOORS_OPEN)
    actions.add_door(make_event(), name, by=ORGANISER, now=DOORS_OPEN)
    assert [one.name for one in staffing_queries.doors(event.id)] == ["Ærø"]


@pytest.mark.parametrize(("now", "begins"), [(ENDS, True), (SHIFT_ENDS - SECOND, True), (SHIFT_ENDS, False)])
def test_a_shift_begins_until_everybody_must_be_out(event: Event, now: datetime, begins: bool) -> None:
    door = actions.add_door(event, "Nord", by=ORGANISER, now=DOORS_OPEN)
    if not begins:
        with pytest.raises(EventOverError):
            actions.begin_shift(door, by=ORGANISER, now=now)
        assert log("checkin.shift_begun") == []
        return
    shift = actions.begin_shift(door, by=ORGANISER, now=now)
    session.flush()
    assert (shift.expires_at, shift.created_at, shift.created_by_id) == (SHIFT_ENDS, now, ORGANISER.id)
    assert (shift.event_id, shift.door_id, shift.ended_at) == (event.id, door.id, None)
    shift_id, event_id = shift.id, event.id
    session.commit()
    assert log("checkin.shift_begun") == [(ORGANISER.id, shift_id, {"event_id": event_id})]


def test_each_shift_has_a_code_of_its_own_that_is_stored_nowhere(event: Event) -> None:
    first, second = open_shift(event, "Nord"), open_shift(event, "Syd")
    assert first != second
    assert [len(one) for one in (first, second)] == [8, 8]
    stored = looked(lambda: session.scalars(select(DoorShift.code_hash)).all())
    assert not {first, second, token_hash(first)} & set(stored)


def test_a_shift_that_is_ended_ends_once_and_its_code_opens_nothing(event: Event) -> None:
    code = open_shift(event, "Nord")
    token = opened(code)
    (shift,) = staffing_queries.open_shifts(event.id, DOORS_OPEN)
    shift_id, event_id = shift.id, event.id
    actions.end_shift(shift, by=ORGANISER, now=DOORS_OPEN)
    actions.end_shift(shift, by=ORGANISER, now=DOORS_OPEN + SECOND)
    session.commit()
    assert looked(lambda: session.scalars(select(DoorShift.ended_at)).one()) == DOORS_OPEN
    assert log("checkin.shift_ended") == [(ORGANISER.id, shift_id, {"event_id": event_id})]
    assert looked(lambda: staffing_queries.open_shifts(event_id, DOORS_OPEN)) == []
    assert post(token) is None
    with pytest.raises(WrongShiftCodeError):
        opened(code)


# --- phones --------------------------------------------------------------------------------------------------


def test_a_phone_stands_at_the_door_of_its_code_until_the_shift_is_over(event: Event) -> None:
    event_id, title = event.id, event.title
    code = open_shift(event, "Nord")
    token = opened(code, now=SHIFT_ENDS - SECOND)
    found = post(token, SHIFT_ENDS - SECOND)
    assert (found.event_id, found.door, found.device_name, found.title) == (event_id, "Nord", "Telefon", title)
    assert post(token, SHIFT_ENDS) is None
    assert post("another", DOORS_OPEN) is None
    assert log("checkin.device_opened") == [(found.session_id, found.session_id, {"event_id": event_id})]
    with pytest.raises(WrongShiftCodeError):
        opened(code, now=SHIFT_ENDS)


def test_after_ten_wrong_codes_from_one_address_it_may_not_guess_for_ten_minutes_and_the_right_one_opens(
    event: Event,
) -> None:
    code = open_shift(event, "Nord")
    for wrong in ("AAAAAAAA", "", "x" * 300, "æøå", *["BBBBBBBB"] * 6):
        with pytest.raises(WrongShiftCodeError):
            opened(wrong)
    with pytest.raises(TooManyGuessesError):
        opened("CCCCCCCC")
    assert opened(code)
    with pytest.raises(WrongShiftCodeError):
        opened("CCCCCCCC", address="192.0.2.2")
    with pytest.raises(WrongShiftCodeError):
        opened("CCCCCCCC", system_now=DOORS_OPEN + timedelta(minutes=10))
    assert looked(lambda: len(session.scalars(select(Attempt)).all())) == 12  # all misses but the one that was refused


def test_a_phone_is_put_out_alone_and_once(event: Event) -> None:
    event_id = event.id
    code = open_shift(event, "Nord")
    lost, kept = opened(code), opened(code)
    phone_id = post(lost).session_id
    phone = session.get_one(DoorSession, phone_id)
    actions.revoke(phone, by=ORGANISER, now=DOORS_OPEN)
    actions.revoke(phone, by=ORGANISER, now=DOORS_OPEN + SECOND)
    session.commit()
    assert (post(lost), post(kept) is None) == (None, False)
    assert log("checkin.device_revoked") == [(ORGANISER.id, phone_id, {"event_id": event_id})]
    assert looked(lambda: session.get_one(DoorSession, phone_id).ended_at) == DOORS_OPEN


def test_a_phone_that_leaves_is_out_and_one_that_is_unknown_leaves_nothing(event: Event) -> None:
    token = opened(open_shift(event, "Nord"))
    actions.leave("0" * 32, now=DOORS_OPEN)
    session.commit()
    assert post(token) is not None
    actions.leave(post(token).session_id, now=DOORS_OPEN)
    session.commit()
    assert post(token) is None


@pytest.mark.parametrize(("apart", "paused"), [(timedelta(seconds=2), True), (timedelta(seconds=2.1), False)])
def test_a_phone_is_paused_by_thirty_unknown_codes_within_a_minute(apart: timedelta, paused: bool) -> None:
    """Thirty that are two seconds apart lie within a minute; a little slower and the count begins anew."""
    event = make_event()
    event_id = event.id
    phone, unknown = phone_with(open_shift(event, "Nord")), PointedOut(code_hash="0" * 64)
    for number in range(rules.MOST_UNKNOWN_CODES):
        now = DOORS_OPEN + number * apart
        looked(partial(scan_actions.scan, unknown, Moment(new_id()), by=phone, now=now))
    paused_at = looked(lambda: session.scalar(select(DoorSession.paused_at)))
    assert (paused_at is not None) is paused
    actions.let_go_on(session.get_one(DoorSession, phone.id), by=ORGANISER)
    session.commit()
    facts = looked(lambda: session.execute(select(DoorSession.paused_at, DoorSession.unknown_codes)).one())
    assert tuple(facts) == (None, 0)
    assert log("checkin.device_resumed") == [(ORGANISER.id, phone.id, {"event_id": event_id})]


# --- lists ---------------------------------------------------------------------------------------------------


def test_the_organiser_sees_running_shifts_by_door_and_open_phones_with_what_they_did(event: Event) -> None:
    event_id = event.id
    south, north = open_shift(event, "Syd"), open_shift(event, "Nord")
    open_shift(make_event(), "Andetsteds")
    at_north = phone_with(north, "Annas")
    phone_with(south, "Bos")
    guest = make_guest(database, event_id)
    scanned(guest.ticket, at_north, 5)
    scanned(guest.ticket, at_north, 9)
    shifts = looked(lambda: [one.door.name for one in staffing_queries.open_shifts(event_id, DOORS_OPEN)])
    assert shifts == ["Nord", "Syd"]
    assert looked(lambda: staffing_queries.open_shifts(event_id, SHIFT_ENDS)) == []
    devices = looked(
        lambda: {
            one.session.device_name: (one.scans, one.last_at, one.session.shift.door.name)
            for one in staffing_queries.devices(event_id, DOORS_OPEN)
        }
    )
    assert devices == {"Annas": (2, DOORS_OPEN + timedelta(minutes=9), "Nord"), "Bos": (0, None, "Syd")}
    assert looked(lambda: staffing_queries.devices(event_id, SHIFT_ENDS)) == []


def test_doors_stand_by_name_and_the_shifts_of_one_by_age(event: Event) -> None:
    doors = [actions.add_door(event, name, by=ORGANISER, now=DOORS_OPEN) for name in ("Øst", "Åben", "nord", "Ærø")]
    assert [one.name for one in staffing_queries.doors(event.id)] == ["nord", "Ærø", "Øst", "Åben"]
    begun = [actions.begin_shift(doors[0], by=ORGANISER, now=DOORS_OPEN - n * SECOND).id for n in (1, 4, 2, 5, 3)]
    session.flush()
    in_turn = [begun[place] for place in (3, 1, 4, 2, 0)]
    assert [one.id for one in staffing_queries.open_shifts(event.id, DOORS_OPEN)] == in_turn


def test_a_walk_in_comes_as_what_was_chosen_at_the_door() -> None:
    hall = make_hall(database)
    category = Category(event_id=hall.event_id, position=7, label=Wording("Presse"))
    session.add(category)
    session.commit()
    category_id = category.id
    session.rollback()
    scan_actions.walk_in(WalkIn("Bo", category_id), Moment(new_id()), by=hall.front, now=DOORS_OPEN)
    assert looked(lambda: session.scalars(select(Registration.category_id)).all()) == [category_id]


def test_doors_shifts_and_phones_of_another_event_are_not_found(event: Event) -> None:
    phone = phone_with(open_shift(event, "Nord"))
    other_id = make_event().id
    (shift,) = staffing_queries.open_shifts(event.id, DOORS_OPEN)
    for find, found_id in (
        (staffing_queries.door, shift.door_id),
        (staffing_queries.shift, shift.id),
        (staffing_queries.session, phone.id),
    ):
        assert find(event.id, found_id).id == found_id
        for event_id, wanted in ((other_id, found_id), (event.id, "0" * 32)):
            with pytest.raises(NotFoundError):
                find(event_id, wanted)


def test_a_phone_that_was_put_out_scans_nothing_whatever_it_was_shown() -> None:
    hall = make_hall(database)
    guest = make_guest(database, hall.event_id)
    session.get_one(DoorSession, hall.front.id).ended_at = DOORS_OPEN
    session.commit()
    with pytest.raises(NotAllowedError):
        scanned(guest.ticket, hall.front)
    assert scanned(guest.ticket, hall.side).verdict == "ok"


# --- what the door looks up ----------------------------------------------------------------------------------


def test_the_door_finds_at_most_twenty_and_none_by_signs_that_stand_for_others() -> None:
    hall = make_hall(database)
    for number in range(21):
        make_guest(database, hall.event_id, f"Anna {number:02}")
    make_guest(database, hall.event_id, "Bo 100%_!")
    make_guest(database, make_hall(database).event_id, "Anna Andetsteds")
    names = [one.name for one in queries.guests(hall.event_id, " anna ").guests]
    assert names == [f"Anna {number:02}" for number in range(20)]
    for typed in ("%%", "__", "!!", "a", " a ", "", "  "):
        assert queries.guests(hall.event_id, typed).guests == [], typed
    assert [one.name for one in queries.guests(hall.event_id, "bo 100").guests] == ["Bo 100%_!"]


def test_a_phone_lists_its_own_last_twelve_scans_latest_first() -> None:
    hall = make_hall(database)
    guests = [make_guest(database, hall.event_id, f"Gæst {number:02}") for number in range(14)]
    for number, guest in enumerate(guests):
        scanned(guest.ticket, hall.front, number)
    scanned(guests[0].ticket, hall.side, 20)
    session.rollback()
    assert [one.name for one in queries.recent(hall.front.id)] == [f"Gæst {number:02}" for number in range(13, 1, -1)]
    assert [one.verdict for one in queries.recent(hall.side.id)] == ["already_in"]


def test_how_many_came_is_a_dash_until_somebody_did() -> None:
    hall = make_hall(database)
    assert looked(lambda: queries.came(hall.event_id)) is None
    assert looked(queries.scans_taken) == 0
    scanned(make_guest(database, hall.event_id).ticket, hall.front)
    assert looked(lambda: queries.came(hall.event_id)) == 1
    assert looked(queries.scans_taken) == 1
