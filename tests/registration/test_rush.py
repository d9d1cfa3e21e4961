"""Many people at once: the last seat, the line, and the same form sent many times."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import Connection

from eventapp import db as core
from eventapp.db import Sql, new_id
from eventapp.events.models import Event, QuotaKind
from eventapp.registration import actions, queries, seat_actions
from eventapp.registration.actions import Sending, SignedUp
from eventapp.registration.errors import AlreadyCancelledError
from eventapp.registration.models import Reason, RegistrationState
from eventapp.registration.queries import EventBrief
from eventapp.registration.seat_actions import Place
from eventapp.web.permissions import Person
from tests.registration.givens import all_at_once, count, counts, given_event, quota_of, rows, said, sign_up
from tests.support.factories import SIGN_UP_AT

SEATS, PEOPLE = 50, 200


def rush(app: Flask, event: Event) -> list[SignedUp | Exception]:
    return all_at_once(app, [partial(sign_up, event, number) for number in range(PEOPLE)])


def test_of_200_people_for_50_seats_50_get_one_and_150_stand_in_line_without_gaps(app: Flask, db) -> None:
    event = given_event(seats=SEATS)
    outcomes = rush(app, event)
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    confirmed, waiting = rows(event, RegistrationState.CONFIRMED), rows(event, RegistrationState.WAITING)
    assert (len(confirmed), len(waiting)) == (SEATS, PEOPLE - SEATS)
    assert [one.booking.waiting_number for one in waiting] == list(range(1, PEOPLE - SEATS + 1))
    quota = quota_of(event)
    assert (quota.taken, quota.waiting, quota.waiting_issued) == (SEATS, PEOPLE - SEATS, PEOPLE - SEATS)


def test_each_of_a_rush_is_told_the_place_that_it_got_and_leaves_one_mail_and_one_line_in_the_log(
    app: Flask, db
) -> None:
    event = given_event(seats=SEATS)
    before = counts()
    outcomes = [one for one in rush(app, event) if isinstance(one, SignedUp)]
    assert sorted(one.place for one in outcomes if one.place) == list(range(1, PEOPLE - SEATS + 1))
    assert len({one.ticket_code for one in outcomes if one.ticket_code}) == SEATS
    assert {table: after - before[table] for table, after in counts().items()} == dict.fromkeys(before, PEOPLE)


def test_looking_first_and_taking_then_would_sell_seats_twice(app: Flask, db, monkeypatch) -> None:
    """The control: without the one guarded statement this rush goes wrong, so the tests above would notice."""
    monkeypatch.setattr(seat_actions, "join", look_then_take)
    monkeypatch.setattr(core, "write", write_without_gate)
    event = given_event(seats=SEATS)
    outcomes = rush(app, event)
    went_wrong = [one for one in outcomes if isinstance(one, Exception)]
    confirmed = len(rows(event, RegistrationState.CONFIRMED))
    assert confirmed != quota_of(event).taken or confirmed != SEATS or went_wrong


def look_then_take(conn, quota_id: str, heads: int) -> Place:
    """Read, decide in Python, write: what must never be done."""
    row = LOOK(conn, quota_id=quota_id).one()
    if row.waiting == 0 and row.taken < row.seats:
        TAKE(conn, quota_id=quota_id, taken=row.taken + heads)
        return Place(None, 0, SEATS, is_line_movable=False, is_called_off=False)
    WAIT(conn, quota_id=quota_id, waiting=row.waiting + heads)
    return Place(row.waiting + 1, row.waiting + 1, SEATS, is_line_movable=False, is_called_off=False)


LOOK = Sql("SELECT seats, taken, waiting FROM quota WHERE id = :quota_id")
TAKE = Sql("UPDATE quota SET taken = :taken WHERE id = :quota_id")
WAIT = Sql("UPDATE quota SET waiting = :waiting, waiting_issued = :waiting WHERE id = :quota_id")


def write_without_gate(job):
    """A transaction that begins as a reader, as one without ``BEGIN IMMEDIATE`` and gate would."""
    with core.reading() as conn:
        result = job(conn)
        conn.commit()
    return result


@pytest.mark.parametrize("seat_count", [0, 1])
def test_the_same_form_sent_32_times_at_once_is_one_registration(app: Flask, db, seat_count: int) -> None:
    event = given_event(seats=seat_count)
    key = new_id()
    outcomes = all_at_once(app, [partial(sign_up, event, key=key)] * 32)
    assert {(one.registration_id, one.ticket_code, one.link_token) for one in outcomes} == {
        (outcomes[0].registration_id, outcomes[0].ticket_code, outcomes[0].link_token)
    }
    assert (count("registration"), count("ticket"), count("outbox_mail")) == (1, seat_count, 1)
    quota = quota_of(event)
    assert (quota.taken, quota.waiting, quota.waiting_issued) == (seat_count, 1 - seat_count, 1 - seat_count)


def test_what_staff_send_eight_times_at_once_is_one_registration(app: Flask, db) -> None:
    event, key, by = given_event(seats=3), new_id(), Person("staff", "Anna", frozenset())

    def register() -> str:
        def job(conn: Connection) -> SignedUp:
            brief = queries.brief_by_id(conn, event.id)
            return actions.register_by_staff(conn, brief, [], said(), Sending(key), by=by, now=SIGN_UP_AT)

        return core.write(job).registration_id

    assert len(set(all_at_once(app, [register] * 8))) == 1
    assert (count("registration"), quota_of(event).taken) == (1, 1)


def test_seats_given_back_in_a_rush_go_to_the_first_in_line_and_none_is_lost(app: Flask, db) -> None:
    event = given_event(seats=10)
    seated = [sign_up(event, number) for number in range(10)]
    for number in range(10, 30):
        sign_up(event, number)

    def give_back(outcome: SignedUp) -> None:
        core.write(
            lambda conn: actions.cancel(conn, outcome.registration_id, reason=Reason.GUEST_CANCELLED, now=SIGN_UP_AT)
        )

    newcomers = [partial(sign_up, event, number) for number in range(30, 60)]
    mixed = [job for pair in zip([partial(give_back, one) for one in seated], newcomers, strict=False) for job in pair]
    answers = all_at_once(app, [*mixed, *newcomers[10:]])
    assert [one for one in answers if isinstance(one, Exception)] == []
    seated_now = rows(event, RegistrationState.CONFIRMED)
    assert [one.booking.waiting_number for one in seated_now] == list(range(1, 11))
    assert len(rows(event, RegistrationState.WAITING)) == quota_of(event).waiting == 40
    assert count("ticket") == 20


def test_a_walk_in_who_is_cancelled_twice_at_once_is_cancelled_once(app: Flask, db) -> None:
    event, by = given_event(), Person("staff", "Anna", frozenset())
    walked = core.write(lambda conn: actions.walk_in(conn, event_id=event.id, key=new_id(), now=SIGN_UP_AT))

    def cancel(conn: Connection) -> list[str]:
        return actions.cancel(conn, walked.registration_id, reason=Reason.OTHER, now=SIGN_UP_AT, by=by)

    def cancel_too() -> list[str]:
        with app.app_context():
            return core.write(cancel)

    before = count("registration_change")
    with ThreadPoolExecutor(1) as pool:
        with core.transaction() as session:
            cancel(session.connection())
            second = pool.submit(cancel_too)
            time.sleep(0.3)  # for it to look at the booking, and to wait
        with pytest.raises(AlreadyCancelledError):
            second.result()
    assert count("registration_change") == before + 1


def test_the_lines_of_an_event_are_locked_in_one_order(app: Flask, db, monkeypatch) -> None:
    """PostgreSQL gives rows in the order in which they were last written, and two orders are a deadlock."""
    event = given_event(quotas={QuotaKind.PRESS: 1, QuotaKind.INVITED: 1})
    ids = sorted(quota_of(event, kind).id for kind in (QuotaKind.PUBLIC, QuotaKind.PRESS, QuotaKind.INVITED))
    for quota_id in reversed(ids):
        core.write(partial(PUT_IN_LINE, quota_id=quota_id))
    locked: list[str] = []

    def move_up(_conn: Connection, _brief: EventBrief, quota_id: str, _now: datetime) -> list[str]:
        locked.append(quota_id)
        return []

    monkeypatch.setattr(actions, "move_up", move_up)
    core.write(lambda conn: actions.move_up_everywhere(conn, event.id, now=SIGN_UP_AT))
    assert locked == ids


PUT_IN_LINE = Sql("UPDATE quota SET waiting = 1, waiting_issued = 1 WHERE id = :quota_id")
