"""Several people in one booking: seats together, a ticket each, one mail, one link."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event as listen_to_events
from sqlalchemy import select

from eventapp import clock
from eventapp import db as core
from eventapp.audit import AuditEntry
from eventapp.db import db as database
from eventapp.db import new_id
from eventapp.events.models import Category, Event, QuotaKind
from eventapp.languages import Wording
from eventapp.mail.models import OutboxMail
from eventapp.registration import actions, queries, retention_jobs, staff_queries, ticket_rules
from eventapp.registration.actions import Head, Sending, SignedUp, SignUp
from eventapp.registration.errors import (
    AlreadyCancelledError,
    GroupTooLargeError,
    MixedSeatsError,
    OtherContentError,
    TooManySeatsError,
)
from eventapp.registration.models import Reason, RegistrationState
from eventapp.web.permissions import Person, Role
from eventapp.web.registry import Telling
from tests.registration.givens import all_at_once, count, given_event, quota_of, rows, said, sign_up
from tests.registration.test_messages import mails
from tests.support.factories import SIGN_UP_AT
from tests.support.pages import PageClient
from tests.support.pictures import qr_from_png
from tests.support.staff import sign_in

STAFF = Person("staff", "Anna", frozenset())


def cancel_one(registration_id: str) -> list[str]:
    return core.write(lambda conn: actions.cancel(conn, registration_id, reason=Reason.GUEST_CANCELLED, now=SIGN_UP_AT))


def cancel_all(outcome: SignedUp) -> list[str]:
    return core.write(
        lambda conn: actions.cancel_booking(
            conn, outcome.booking_id, reason=Reason.TOLD_STAFF, now=SIGN_UP_AT, by=STAFF
        )
    )


def add_seats(event: Event, number: int) -> None:
    database.session.execute(database.text("UPDATE quota SET seats = seats + :number"), {"number": number})
    database.session.commit()


# --- seats ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_a_booking_takes_a_seat_a_head_with_a_ticket_each_and_one_mail(db, heads: int) -> None:
    event = given_event(seats=5)
    outcome = sign_up(event, heads=heads, needs="Teleslynge")
    assert len(set(outcome.ticket_codes)) == len(set(outcome.registration_ids)) == heads
    assert (quota_of(event).taken, quota_of(event).waiting_issued) == (heads, 0)
    assert {name: count(name) for name in ("ticket", "registration", "registration_change", "access_need")} == {
        "ticket": heads,
        "registration": heads,
        "registration_change": heads,
        "access_need": heads,
    }
    assert (count("booking"), count("outbox_mail")) == (1, 1)
    assert [one.position for one in rows(event)] == list(range(1, heads + 1))


@pytest.mark.parametrize("heads", [2, 4])
def test_a_group_waits_as_a_whole_and_nobody_behind_it_jumps_over(db, heads: int) -> None:
    event = given_event(seats=4)
    first = sign_up(event, 1, heads=4 - heads + 1)
    group, alone = sign_up(event, 2, heads=heads), sign_up(event, 3)
    assert (group.state, group.place, group.ticket_codes) == (RegistrationState.WAITING, 1, ())
    assert (alone.state, alone.place) == (RegistrationState.WAITING, heads + 1)
    assert (quota_of(event).taken, quota_of(event).waiting) == (4 - heads + 1, heads + 1)
    assert cancel_one(first.registration_id) == [*group.registration_ids, alone.registration_id][:heads]
    assert (quota_of(event).taken, quota_of(event).waiting) == (4, 1)


def test_a_group_that_shrinks_while_it_waits_moves_up_as_soon_as_it_fits(db) -> None:
    event = given_event(seats=4)
    sign_up(event, 1, heads=2)
    group, behind = sign_up(event, 2, heads=4), sign_up(event, 3)
    assert cancel_one(group.registration_ids[3]) == []
    assert cancel_one(group.registration_ids[0]) == list(group.registration_ids[1:3])
    assert [one.id for one in rows(event, RegistrationState.WAITING)] == [behind.registration_id]


def test_one_of_a_group_cancels_and_the_seat_goes_to_the_line_while_the_others_keep_theirs(db) -> None:
    event = given_event(seats=4)
    group, next_one = sign_up(event, 1, heads=4), sign_up(event, 2)
    assert cancel_one(group.registration_ids[2]) == [next_one.registration_id]
    with pytest.raises(AlreadyCancelledError):
        cancel_one(group.registration_ids[2])
    states = {one.id: one.state for one in rows(event)}
    assert [states[one] is RegistrationState.CONFIRMED for one in group.registration_ids] == [True, True, False, True]


def test_a_whole_booking_is_cancelled_at_once_but_for_those_who_had_cancelled_before(db) -> None:
    event = given_event(seats=4)
    group, others = sign_up(event, 1, heads=4), sign_up(event, 2, heads=4)
    cancel_one(group.registration_ids[1])
    assert cancel_all(group) == list(others.registration_ids)
    with pytest.raises(AlreadyCancelledError):
        cancel_all(group)
    assert (quota_of(event).taken, quota_of(event).waiting) == (4, 0)
    database.session.rollback()
    log = database.session.scalars(select(AuditEntry.subject_id).where(AuditEntry.act == "registration.cancelled"))
    assert set(log) == set(group.registration_ids)


def test_a_group_that_could_never_get_its_seats_is_refused_and_leaves_nothing(db) -> None:
    event = given_event(seats=2)
    with pytest.raises(GroupTooLargeError):
        sign_up(event, heads=3)
    assert (count("booking"), count("outbox_mail"), quota_of(event).waiting) == (0, 0, 0)
    assert sign_up(given_event(seats=0), 2).place == 1


def test_those_who_take_different_kinds_of_seats_sign_up_separately(db) -> None:
    event = given_event(seats=9, quotas={QuotaKind.PRESS: 9})
    database.session.add(Category(event_id=event.id, position=2, label=Wording("Presse"), quota_kind=QuotaKind.PRESS))
    database.session.commit()
    with core.reading() as conn:
        brief, offered = queries.brief_by_id(conn, event.id), queries.choices(conn, event.id)
    citizen, press = (one.id for one in offered)
    for categories, quota in (((press, press), QuotaKind.PRESS), ((citizen, None), QuotaKind.PUBLIC)):
        people = tuple(Head("Bo", one) for one in categories)
        actions.sign_up(brief, offered, SignUp("bo@example.org", people), Sending(new_id()), now=SIGN_UP_AT)
        assert quota_of(event, quota).taken == 2
    mixed = SignUp("bo@example.org", (Head("Bo", press), Head("Eva", citizen)))
    with pytest.raises(MixedSeatsError):
        actions.sign_up(brief, offered, mixed, Sending(new_id()), now=SIGN_UP_AT)


def test_the_limit_of_an_address_counts_heads(db) -> None:
    event = given_event()
    first = sign_up(event, 1, heads=4, email="familie@example.org")
    with pytest.raises(TooManySeatsError):
        sign_up(event, 2, heads=2, email="familie@example.org")
    cancel_one(first.registration_ids[3])
    assert len(sign_up(event, 3, heads=2, email="familie@example.org").ticket_codes) == 2


def test_a_key_is_bound_to_all_heads(db) -> None:
    event, key = given_event(), new_id()
    first = sign_up(event, 1, heads=2, key=key)
    assert sign_up(event, 1, heads=2, key=key) == first
    with pytest.raises(OtherContentError) as refused:
        sign_up(event, 1, heads=3, key=key)
    assert refused.value.earlier == first


def test_what_a_group_needs_is_forgotten_with_all_other_needs(db) -> None:
    event = given_event()
    sign_up(event, heads=2, needs="Tegnsprogstolk")
    assert core.write(partial(retention_jobs.forget_needs, now=event.ends_at + timedelta(days=8))) == 2


# --- many at once --------------------------------------------------------------------------------------------

SEATS, PEOPLE = 50, 200


def rush(app: Flask, event: Event, sizes: list[int]) -> list[Any]:
    jobs = [partial(sign_up, event, number, heads=heads) for number, heads in enumerate(sizes)]
    outcomes = all_at_once(app, jobs)
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    return outcomes


@pytest.mark.parametrize("heads", [2, 5])
def test_in_a_rush_of_groups_the_seats_are_filled_to_the_last(app: Flask, db, heads: int) -> None:
    event, groups = given_event(seats=SEATS), PEOPLE // heads
    outcomes = rush(app, event, [heads] * groups)
    assert sum(len(one.ticket_codes) for one in outcomes) == count("ticket") == SEATS
    quota = quota_of(event)
    assert (quota.taken, quota.waiting, quota.waiting_issued) == (SEATS, PEOPLE - SEATS, groups - SEATS // heads)
    places = sorted(one.place for one in outcomes if one.place)
    assert places == list(range(1, PEOPLE - SEATS + 1, heads))


def test_in_a_rush_of_all_sizes_nobody_sits_split_or_jumps_over(app: Flask, db) -> None:
    event = given_event(seats=SEATS)
    outcomes = rush(app, event, [1, 2, 4, 3] * (PEOPLE // 4))
    quota, line = quota_of(event), rows(event, RegistrationState.WAITING)
    seated = rows(event, RegistrationState.CONFIRMED)
    assert (quota.taken, quota.waiting) == (len(seated), len(line))
    assert quota.taken + line[0].booking.waiting > SEATS >= quota.taken  # only the first in line keeps a seat empty
    assert not {one.booking_id for one in seated} & {one.booking_id for one in line}
    assert {one.booking.waiting_number for one in line} == set(range(1, quota.waiting_issued + 1))
    told = {one.booking_id: one.place for one in outcomes if one.place}
    first_of = {one.booking_id: place for place, one in reversed(list(enumerate(line, 1)))}
    assert told == first_of


def test_seats_given_back_in_a_rush_go_to_groups_in_the_order_of_the_line(app: Flask, db) -> None:
    event = given_event(seats=10)
    seated = [sign_up(event, number) for number in range(10)]
    groups = [sign_up(event, number, heads=2 + number % 3) for number in range(10, 18)]
    answers = all_at_once(app, [partial(cancel_one, one.registration_id) for one in seated])
    moved = [head for answer in answers for head in answer]
    expected, free = [], 10
    for group in groups:
        if len(group.registration_ids) > free:
            break
        free -= len(group.registration_ids)
        expected += group.registration_ids
    assert sorted(moved) == sorted(expected)
    assert {one.id for one in rows(event, RegistrationState.CONFIRMED)} == set(expected)
    assert count("ticket") == 10 + len(expected)


def test_the_same_form_of_a_group_sent_32_times_at_once_is_one_booking(app: Flask, db) -> None:
    event, key = given_event(seats=5), new_id()
    outcomes = all_at_once(app, [partial(sign_up, event, heads=4, key=key)] * 32)
    assert set(outcomes) == {outcomes[0]}
    assert (count("booking"), count("registration"), quota_of(event).taken, count("outbox_mail")) == (1, 4, 4, 1)


# --- mails ---------------------------------------------------------------------------------------------------


def test_one_mail_holds_every_ticket_under_its_name_and_what_is_kept_opens_none(db) -> None:
    outcome = sign_up(given_event(), heads=4)
    ((_job, mail),) = mails().values()
    pictures = [file for file in mail.files if file.media_type == "image/png"]
    assert [qr_from_png(one.content) for one in pictures] == [
        ticket_rules.scanned_address(one) for one in outcome.ticket_codes
    ]
    for picture, code, name in zip(pictures, outcome.ticket_codes, ("Gæst 1", "Ledsager 1.2"), strict=False):
        assert f"cid:{picture.cid}" in mail.html
        assert ticket_rules.address(code) in mail.text
        assert name in mail.text
    for code in outcome.ticket_codes:
        assert code not in mail.kept
        assert ticket_rules.grouped(code) not in mail.kept
    assert f"/w/{outcome.link_token}" in mail.text


def test_the_mail_to_a_group_that_moves_up_has_the_tickets_of_those_who_still_come(db) -> None:
    event = given_event(seats=3)
    first, group = sign_up(event, 1), sign_up(event, 2, heads=3)
    assert "I er 3 sammen" in mails()["registration/waiting"][1].text
    cancel_one(group.registration_ids[0])
    cancel_one(first.registration_id)
    found = mails()["registration/promoted"][1]
    assert len([one for one in found.files if one.media_type == "image/png"]) == 2
    assert "Ledsager 2.3" in found.text


def test_the_mail_about_one_who_cancels_says_who_still_comes(db) -> None:
    outcome = sign_up(given_event(), heads=3)
    mails()
    cancel_one(outcome.registration_ids[1])
    text = mails()["registration/cancelled"][1].text
    assert "Disse kommer alligevel ikke: Ledsager 1.2." in text
    assert "Kommer stadig: Gæst 1, Ledsager 1.3." in text


def test_a_ticket_cancelled_before_the_mail_left_does_not_stop_the_mail(db) -> None:
    outcome = sign_up(given_event(), heads=2)
    cancel_one(outcome.registration_ids[1])
    mail = mails()["registration/confirmed"][1]
    assert ticket_rules.address(outcome.ticket_codes[0]) in mail.text
    assert ticket_rules.address(outcome.ticket_codes[1]) not in mail.text


def test_a_changed_event_is_told_once_a_booking(db) -> None:
    event = given_event()
    sign_up(event, 1, heads=3)
    gone = sign_up(event, 2, heads=2)
    cancel_all(gone)
    told = core.write(lambda conn: actions.tell_of_change(conn, Telling(event.id, 1, 1, SIGN_UP_AT, None), "", 9))
    assert len(told) == 1


# --- pages ---------------------------------------------------------------------------------------------------


def open_group(heads: int = 3, seats: int = 5) -> tuple[Event, SignedUp]:
    event = given_event(seats=seats, starts_at=clock.now() + timedelta(days=10))
    return event, sign_up(event, heads=heads, now=clock.now())


def test_the_own_link_shows_all_tickets_and_a_ticket_shows_one_person_alone(page_client: PageClient, db) -> None:
    _event, outcome = open_group()
    page = page_client.visit(f"/w/{outcome.link_token}")
    assert page.heading == "Du er tilmeldt"
    for code in outcome.ticket_codes:
        assert f"/t/{code}" in page_client.response.text
    page = page_client.visit(f"/t/{outcome.ticket_codes[1]}")
    assert "Ledsager 1.2" in page.text
    for told_to_the_sender in ("Gæst 1", "guest1@example.org", "Ledsager 1.3"):
        assert told_to_the_sender not in page.text


def test_the_sender_cancels_for_one_and_then_for_everybody(page_client: PageClient, db) -> None:
    event, outcome = open_group()
    link = f"/w/{outcome.link_token}"
    assert page_client.visit(f"{link}/2/cancellation").heading == "Vil du melde afbud for Ledsager 1.2?"
    assert len(rows(event, RegistrationState.CONFIRMED)) == 3
    page_client.submit(f"{link}/2/cancellation", action="/cancellation")
    assert [one.position for one in rows(event, RegistrationState.CONFIRMED)] == [1, 3]
    assert page_client.visit(f"{link}/2/cancellation").heading == "Du er tilmeldt"
    assert page_client.get(f"{link}/7/cancellation").status_code == 404
    assert page_client.submit(f"{link}/cancellation", action="/cancellation").heading == "Du har meldt afbud"
    assert quota_of(event).taken == 0


def test_a_waiting_group_sees_its_place_and_that_it_moves_up_together(page_client: PageClient, db) -> None:
    event = given_event(seats=3, starts_at=clock.now() + timedelta(days=10))
    sign_up(event, 1, heads=3, now=clock.now())
    outcome = sign_up(event, 2, heads=2, now=clock.now())
    page = page_client.visit(f"/w/{outcome.link_token}")
    assert page.heading == "Du er nummer 1 på ventelisten"
    assert "I er 2 sammen, og I får pladser sammen." in page.text
    page_client.submit(f"/w/{outcome.link_token}/1/cancellation", action="/cancellation")
    assert [one.position for one in rows(event, RegistrationState.WAITING)] == [2]


def test_the_counters_say_what_a_count_of_the_guests_says(db) -> None:
    event = given_event(seats=3, starts_at=clock.now() + timedelta(days=10))
    seated = sign_up(event, 1, heads=2, now=clock.now())
    sign_up(event, 2, heads=3, now=clock.now())
    with core.transaction() as session:
        actions.walk_in(session.connection(), event_id=event.id, key=new_id(), now=clock.now(), name="Bo")
    for number in (5, 3):
        counted, read = staff_queries.tally(event.id), staff_queries.standing(event.id)
        database.session.rollback()
        assert (read.confirmed, read.waiting, read.registered) == (counted.confirmed, counted.waiting, number)
        if number == 5:
            cancel_all(seated)
    assert (counted.cancelled, counted.walk_ins) == (2, 1)


def test_the_organiser_counts_heads_finds_each_and_cancels_one_or_all(page_client: PageClient, db) -> None:
    event, outcome = open_group()
    sign_in(page_client, Role.ORGANISER)
    path = f"/staff/events/{event.id}/registrations"
    assert staff_queries.tally(event.id).confirmed == 3
    database.session.rollback()
    page = page_client.submit(path, {"q": "ledsager"})
    assert "Ledsager 1.2" in page.text
    assert "Gæst 1" not in page.text
    second = f"{path}/{outcome.registration_ids[1]}"
    assert "Tilmeldt sammen med:" in page_client.visit(second).text
    page_client.submit(f"{second}/cancellation", {"reason": "told_staff"}, action="/cancellation")
    assert quota_of(event).taken == 2
    first = f"{path}/{outcome.registration_id}"
    page_client.submit(f"{first}/cancellation", {"reason": "told_staff", "whole": "y"}, action="/cancellation")
    assert quota_of(event).taken == 0


def test_staff_register_a_group_and_mail_it_again(db) -> None:
    event = given_event()
    with core.reading() as conn:
        brief = queries.brief_by_id(conn, event.id)
    outcome = core.write(
        lambda conn: actions.register_by_staff(
            conn, brief, [], said(heads=4), Sending(new_id()), by=STAFF, now=SIGN_UP_AT
        )
    )
    core.write(lambda conn: actions.send_again(conn, outcome.booking_id, by=STAFF, now=SIGN_UP_AT))
    database.session.rollback()
    sent = database.session.scalars(select(OutboxMail).where(OutboxMail.subject_id == outcome.booking_id)).all()
    assert [len(one.attachments) for one in sent] == [5, 5]  # four tickets and the calendar file


def test_the_mails_of_a_booking_are_opened_by_who_may_read_its_event(page_client: PageClient) -> None:
    with page_client.application.app_context():
        _event, outcome = open_group()
        mail = database.session.scalars(select(OutboxMail).where(OutboxMail.subject_id == outcome.booking_id)).one()
    sign_in(page_client, Role.ORGANISER)
    assert "Debat om havneparken" in page_client.visit(f"/staff/outbox/{mail.id}").text


@pytest.mark.parametrize("heads", [1, 4])
def test_a_sign_up_runs_eight_statements_however_many_come(db, heads: int) -> None:
    """Seats, booking, heads, steps, tickets, log, mail, and how many the address holds."""
    sent = SignUp("bo@example.org", tuple(Head(f"Bo {number}") for number in range(heads)))
    event, run = given_event(), []
    with core.reading() as conn:
        brief = queries.brief_by_id(conn, event.id)
    listen = (database.engine, "before_cursor_execute", lambda *given: run.append(given[2].split()[0]))
    listen_to_events.listen(*listen)
    try:
        actions.sign_up(brief, [], sent, Sending(new_id()), now=SIGN_UP_AT)
    finally:
        listen_to_events.remove(*listen)
    assert [one for one in run if one not in ("BEGIN", "COMMIT")] == ["UPDATE", *["INSERT"] * 6, "SELECT"]
