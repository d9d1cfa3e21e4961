"""The verbs that other slices build on."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest

from eventapp import clock
from eventapp import db as core
from eventapp.db import db as database
from eventapp.db import new_id
from eventapp.events.models import Event, QuotaKind
from eventapp.registration import actions, hooks, jobs, queries, retention_jobs, ticket_rules
from eventapp.registration.actions import Head, Sending, SignedUp, SignUp
from eventapp.registration.errors import EventNotOpenError, OtherContentError, TooManySeatsError
from eventapp.registration.models import Origin, Reason, RegistrationState
from tests.registration.givens import count, given_event, quota_of, rows, sign_up
from tests.support.factories import SIGN_UP_AT, STARTS_AT
from tests.support.work import do_jobs


def accept(event: Event, key: str = "", **given: str) -> SignedUp:
    guest = SignUp("minister@example.org", (Head(given.get("name", "Ministeren")),))
    sending = Sending(key or new_id())
    return core.write(
        lambda conn: actions.register_invited(conn, event_id=event.id, given=guest, sending=sending, now=SIGN_UP_AT)
    )


def walk_in(event: Event, key: str) -> SignedUp:
    return core.write(lambda conn: actions.walk_in(conn, event_id=event.id, key=key, name="Bo", now=STARTS_AT))


def cancel(outcome: SignedUp, now: datetime = SIGN_UP_AT) -> list[str]:
    return core.write(
        lambda conn: actions.cancel(conn, outcome.registration_id, reason=Reason.GUEST_CANCELLED, now=now)
    )


def test_an_invited_guest_takes_a_seat_of_the_invited(db) -> None:
    event = given_event(seats=1, quotas={QuotaKind.INVITED: 1})
    assert accept(event).state is RegistrationState.CONFIRMED
    assert (quota_of(event, QuotaKind.INVITED).taken, quota_of(event).taken) == (1, 0)


def test_the_same_reply_makes_one_registration(db) -> None:
    event, key = given_event(quotas={QuotaKind.INVITED: 2}), new_id()
    assert accept(event, key).ticket_code == accept(event, key).ticket_code
    assert count("registration") == 1


def test_an_invited_guest_without_a_free_seat_waits_and_the_desk_says_so(db, app) -> None:
    event = given_event(quotas={QuotaKind.INVITED: 0})
    assert accept(event).state is RegistrationState.WAITING
    with app.test_request_context():
        texts = [item.text for item in hooks._quota_items(event.id)]
    assert texts == ["1 inviteret har sagt ja og mangler plads"]
    database.session.rollback()


def test_a_walk_in_takes_no_seat_and_is_one_guest_however_often_it_is_sent(db) -> None:
    event, key = given_event(seats=1), new_id()
    first, second = walk_in(event, key), walk_in(event, key)
    assert first == second
    assert quota_of(event).taken == 0
    assert [(one.booking.origin, one.booking.quota_id) for one in rows(event)] == [(Origin.WALK_IN, None)]
    assert count("outbox_mail") == 0


def test_nobody_moves_up_once_the_event_has_begun(db) -> None:
    event = given_event(seats=1)
    first = sign_up(event, 1)
    sign_up(event, 2)
    assert cancel(first, now=STARTS_AT) == []
    assert (quota_of(event).taken, quota_of(event).waiting) == (0, 1)


def test_a_newcomer_never_overtakes_those_who_wait_for_seats_that_were_added(db) -> None:
    event = given_event(seats=1)
    outcomes = [sign_up(event, number) for number in range(3)]
    database.session.execute(database.text("UPDATE quota SET seats = 3"))
    database.session.commit()
    newcomer = sign_up(event, 9)
    assert (newcomer.state, newcomer.place) == (RegistrationState.WAITING, 1)
    seated = {one.id for one in rows(event, RegistrationState.CONFIRMED)}
    assert seated == {one.registration_id for one in outcomes}


def test_a_newcomer_who_finds_seats_for_all_gets_one_behind_the_others(db) -> None:
    event = given_event(seats=0)
    sign_up(event, 1)
    database.session.execute(database.text("UPDATE quota SET seats = 2"))
    database.session.commit()
    newcomer = sign_up(event, 2)
    assert newcomer.state is RegistrationState.CONFIRMED
    assert newcomer.ticket_code
    assert count("ticket") == 2


def test_seats_that_the_organiser_adds_go_to_the_line_at_once(db) -> None:
    event = given_event(seats=0, starts_at=clock.now() + timedelta(days=3))
    sign_up(event, 1, now=clock.now())
    database.session.execute(database.text("UPDATE quota SET seats = 1"))
    jobs.seats_were_changed(event.id, None)
    database.session.commit()
    assert do_jobs() == 1
    assert quota_of(event).taken == 1


def test_signing_up_outside_the_time_is_refused(db) -> None:
    event = given_event()
    for now in (event.registration_opens_at - timedelta(seconds=1), event.registration_closes_at):
        with pytest.raises(EventNotOpenError):
            sign_up(event, now=now)
    assert sign_up(event, now=event.registration_opens_at).ticket_code


def test_a_key_is_bound_to_its_content(db) -> None:
    event, key = given_event(), new_id()
    first = sign_up(event, 1, key=key)
    with pytest.raises(OtherContentError) as refused:
        sign_up(event, 2, key=key)
    assert refused.value.earlier.registration_id == first.registration_id
    assert count("registration") == 1


def test_the_sixth_registration_of_an_address_leaves_nothing_but_a_mail(db) -> None:
    event = given_event()
    for number in range(5):
        sign_up(event, number, email="familie@example.org")
    with pytest.raises(TooManySeatsError):
        sign_up(event, 6, email="familie@example.org")
    assert (quota_of(event).taken, count("registration"), count("outbox_mail")) == (5, 5, 6)


def test_a_cancelled_registration_makes_room_under_the_address(db) -> None:
    event = given_event()
    outcomes = [sign_up(event, number, email="familie@example.org") for number in range(5)]
    cancel(outcomes[0])
    assert sign_up(event, 6, email="familie@example.org").ticket_code


def test_the_code_of_a_ticket_is_26_capitals_and_digits_and_changes_with_the_version(db) -> None:
    ticket = "0" * 32
    codes = {ticket_rules.code(ticket, version) for version in range(1, 4)}
    assert len(codes) == 3
    for code in codes:
        assert ticket_rules.CODE.fullmatch(code)
        assert ticket_rules.code_in(ticket_rules.scanned_address(code)) == code
        assert ticket_rules.code_in(f" {ticket_rules.grouped(code).lower()} ") == code


@pytest.mark.parametrize("text", ["", "x", "https://example.org/t/", "A" * 25, "A" * 27, "æ" * 26, "\0" * 26])
def test_other_texts_hold_no_code(text: str) -> None:
    assert ticket_rules.code_in(text) is None


def test_a_ticket_is_found_by_its_code_for_the_door(db) -> None:
    event = given_event()
    code = sign_up(event, 1).ticket_code or ""
    with core.reading() as conn:
        found = queries.ticket_by_code(conn, code)
    assert found is not None
    assert (found.event_id, found.state, found.heads[0].name) == (event.id, "confirmed", "Gæst 1")


def test_what_guests_need_is_forgotten_a_week_after_the_event(db) -> None:
    event = given_event()
    sign_up(event, 1, needs="Tegnsprogstolk")
    for days, forgotten in ((6, 0), (8, 1), (9, 0)):
        now = event.ends_at + timedelta(days=days)
        assert core.write(partial(retention_jobs.forget_needs, now=now)) == forgotten
    assert (count("access_need"), count("registration")) == (0, 1)
