"""What each verb leaves: the step in the history, the line in the log, and who is written to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from eventapp import db as core
from eventapp.audit import AuditEntry
from eventapp.db import db as database
from eventapp.db import new_id
from eventapp.events.models import Event, QuotaKind
from eventapp.mail.models import OutboxMail
from eventapp.registration import actions, messages, queries, seat_actions, staff_queries
from eventapp.registration.actions import Head, Sending, SignedUp, SignUp
from eventapp.registration.errors import AlreadyCancelledError, EventNotOpenError, GroupTooLargeError
from eventapp.registration.models import Booking, Reason, Registration, RegistrationChange, RegistrationState, Ticket
from eventapp.tokens import token_hash
from eventapp.web.permissions import Person
from eventapp.web.registry import Telling
from tests.registration.givens import count, given_event, quota_of, rows, said, sign_up
from tests.support.factories import SIGN_UP_AT, STARTS_AT

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.engines("sqlite")]
STAFF = Person("5" * 32, "Mette Havn")
LATER = SIGN_UP_AT + timedelta(hours=1)
CONFIRMED, WAITING, CANCELLED = RegistrationState


def asked(wanted: Any) -> list[Any]:
    """Rows, with the transaction ended."""
    found = [tuple(row) for row in database.session.execute(wanted)]
    database.session.rollback()
    return found


def steps(registration_id: str) -> list[tuple[Any, ...]]:
    """State, reason, who did it and when, of one head."""
    change = RegistrationChange
    wanted = select(change.state, change.reason, change.by_id, change.at)
    return asked(wanted.where(change.registration_id == registration_id).order_by(change.at, change.id))


def log(act: str) -> list[tuple[Any, ...]]:
    """Who did it, to what, and the facts."""
    wanted = select(AuditEntry.by_id, AuditEntry.subject_id, AuditEntry.facts).where(AuditEntry.act == act)
    return asked(wanted.order_by(AuditEntry.at, AuditEntry.id))


def letters(booking_id: str) -> list[tuple[Any, ...]]:
    """What was written to whom about a booking: the message, the address, the language."""
    mail = OutboxMail
    wanted = select(mail.message, mail.to_address, mail.lang).where(mail.subject_id == booking_id)
    return asked(wanted.order_by(mail.queued_at, mail.id))


def by_staff(event: Event, given: SignUp, key: str = "") -> SignedUp:
    with core.reading() as conn:
        brief, offered = queries.brief_by_id(conn, event.id), queries.choices(conn, event.id)
    sending = Sending(key or new_id(), lang="en")
    return core.write(
        lambda conn: actions.register_by_staff(conn, brief, offered, given, sending, by=STAFF, now=SIGN_UP_AT)
    )


def invited(event: Event, given: SignUp, by: Person | None = None) -> SignedUp:
    sending = Sending(new_id())
    return core.write(
        lambda conn: actions.register_invited(
            conn, event_id=event.id, given=given, sending=sending, now=SIGN_UP_AT, by=by
        )
    )


def cancel(registration_id: str, reason: Reason = Reason.GUEST_CANCELLED, by: Person | None = None) -> list[str]:
    return core.write(lambda conn: actions.cancel(conn, registration_id, reason=reason, now=LATER, by=by))


def cancel_booking(booking_id: str, by: Person | None = None) -> list[str]:
    return core.write(lambda conn: actions.cancel_booking(conn, booking_id, reason=Reason.TOLD_STAFF, now=LATER, by=by))


# --- signing up ----------------------------------------------------------------------------------------------


def test_what_the_sender_told_is_stored_and_nothing_else() -> None:
    event = given_event()
    told = Head(
        "Åse Ærø",
        organisation="Havnens Venner",
        question="Hvornår?",
        needs="Teleslynge",
        show_needs_at_door=True,
    )
    sending = Sending("k" * 32, lang="en", notice_version="2024-01")
    with core.reading() as conn:
        brief, offered = queries.brief_by_id(conn, event.id), queries.choices(conn, event.id)
    given = SignUp("aase@example.org", (told, Head("Bo")), wants_follow_up=True)
    outcome = actions.sign_up(brief, offered, given, sending, now=SIGN_UP_AT)
    b = Booking
    assert asked(
        select(
            b.id,
            b.email,
            b.lang,
            b.wants_follow_up,
            b.notice_version,
            b.submission_key,
            b.origin,
            b.registered_at,
            b.waiting,
        )
    ) == [(outcome.booking_id, "aase@example.org", "en", True, "2024-01", "k" * 32, "web", SIGN_UP_AT, 0)]
    r = Registration
    assert asked(select(r.id, r.position, r.name, r.organisation, r.question, r.state).order_by(r.position)) == [
        (outcome.registration_ids[0], 1, "Åse Ærø", "Havnens Venner", "Hvornår?", CONFIRMED),
        (outcome.registration_ids[1], 2, "Bo", "", "", CONFIRMED),
    ]
    need = database.text("SELECT registration_id, text, show_at_door FROM access_need")
    assert asked(need) == [(outcome.registration_id, "Teleslynge", 1)]
    assert asked(select(b.link_hash)) == [(token_hash(outcome.link_token),)]


@pytest.mark.parametrize("wants", [True, False])
def test_letters_after_the_event_are_agreed_to_by_nobody_but_the_sender(wants: bool) -> None:
    sign_up(given_event(), heads=3, wants_follow_up=wants)
    assert asked(select(Booking.wants_follow_up)) == [(wants,)]


def test_a_seat_by_the_public_form_is_nobodys_act_and_tells_the_sender() -> None:
    event = given_event()
    outcome = sign_up(event, 1, heads=2)
    for head in outcome.registration_ids:
        assert steps(head) == [("confirmed", "signed_up", None, SIGN_UP_AT)]
    facts = {"event_id": event.id, "state": "confirmed", "heads": 2}
    assert log("registration.signed_up") == [(None, outcome.booking_id, facts)]
    assert letters(outcome.booking_id) == [("registration/confirmed", "guest1@example.org", "da")]
    assert outcome.place is None


def test_who_waits_hears_of_the_place_of_the_first_of_the_group_and_has_no_ticket() -> None:
    event = given_event(seats=3)
    sign_up(event, 1, heads=2)
    assert sign_up(event, 2, heads=2).place == 1
    outcome = sign_up(event, 3, heads=3)
    assert (outcome.state, outcome.place, outcome.ticket_codes) == (WAITING, 3, ())
    for head in outcome.registration_ids:
        assert steps(head) == [("waiting", "signed_up", None, SIGN_UP_AT)]
    assert log("registration.signed_up")[-1][2] == {"event_id": event.id, "state": "waiting", "heads": 3}
    assert letters(outcome.booking_id) == [("registration/waiting", "guest3@example.org", "da")]
    place = asked(select(OutboxMail.context).where(OutboxMail.subject_id == outcome.booking_id))[0][0]["place"]
    assert place == 3
    with core.reading() as conn:
        assert queries.place_in_line(conn, outcome.booking_id) == 3
    assert quota_of(event).waiting == 5
    assert count("ticket") == 2


def test_what_staff_enter_is_their_act_in_the_language_of_the_guest() -> None:
    event = given_event()
    outcome = by_staff(event, said())
    assert steps(outcome.registration_id) == [("confirmed", "registered_by_staff", STAFF.id, SIGN_UP_AT)]
    assert [by for by, _to, _facts in log("registration.registered_by_staff")] == [STAFF.id]
    assert letters(outcome.booking_id) == [("registration/confirmed", "guest1@example.org", "en")]
    assert asked(select(Booking.origin)) == [("staff",)]


def test_a_guest_without_an_address_is_written_to_by_nobody() -> None:
    event = given_event(seats=1)
    outcome = by_staff(event, said(email=""))
    cancel(outcome.registration_id, by=STAFF)
    assert count("outbox_mail") == 0


def test_staff_enter_no_more_than_the_event_has_seats_and_may_do_it_when_it_is_closed() -> None:
    event = given_event(seats=2, registration_closes_at=SIGN_UP_AT - timedelta(days=1))
    with pytest.raises(GroupTooLargeError):
        by_staff(event, said(heads=3))
    assert (count("booking"), quota_of(event).waiting) == (0, 0)
    assert by_staff(event, said(heads=2)).state is CONFIRMED


@pytest.mark.parametrize("by", [None, STAFF])
def test_a_yes_to_an_invitation_says_who_gave_it(by: Person | None) -> None:
    event = given_event(quotas={QuotaKind.INVITED: 1})
    outcome = invited(event, said(), by)
    by_id = by.id if by else None
    assert steps(outcome.registration_id) == [("confirmed", "accepted_invitation", by_id, SIGN_UP_AT)]
    assert [one[0] for one in log("registration.accepted_invitation")] == [by_id]
    assert asked(select(Booking.origin)) == [("invitation",)]


def test_the_invited_take_seats_of_the_public_only_where_none_are_set_aside() -> None:
    event = given_event(seats=1)
    assert invited(event, said()).state is CONFIRMED
    assert quota_of(event).taken == 1


def test_where_there_are_no_seats_at_all_nobody_is_taken_in() -> None:
    event = given_event()
    database.session.execute(database.text("DELETE FROM quota"))
    database.session.commit()
    for refused in (invited, by_staff):
        with pytest.raises(EventNotOpenError):
            refused(event, said())
    assert count("booking") == 0


def test_a_walk_in_is_noted_with_name_and_door_and_hears_nothing() -> None:
    event = given_event()
    outcome = core.write(
        lambda conn: actions.walk_in(conn, event_id=event.id, key=new_id(), name="Bo", now=STARTS_AT, by=STAFF)
    )
    assert steps(outcome.registration_id) == [("confirmed", "walked_in", STAFF.id, STARTS_AT)]
    assert log("registration.walked_in") == [(STAFF.id, outcome.registration_id, {"event_id": event.id})]
    assert asked(select(Registration.name, Registration.state)) == [("Bo", CONFIRMED)]
    assert count("outbox_mail") == 0
    assert len(outcome.ticket_codes) == 1
    assert cancel(outcome.registration_id, by=STAFF) == []
    assert quota_of(event).taken == 0


# --- leaving and moving up -----------------------------------------------------------------------------------


def test_who_cancels_is_noted_with_the_reason_and_the_first_in_line_with_the_seat() -> None:
    event = given_event(seats=1)
    first, second = sign_up(event, 1), sign_up(event, 2)
    assert cancel(first.registration_id) == list(second.registration_ids)
    assert steps(first.registration_id)[-1] == ("cancelled", "guest_cancelled", None, LATER)
    assert steps(second.registration_id)[-1] == ("confirmed", "first_in_line", None, LATER)
    facts = {"event_id": event.id, "reason": "guest_cancelled"}
    assert log("registration.cancelled") == [(None, first.registration_id, facts)]
    assert log("registration.moved_up") == [(None, second.booking_id, {"event_id": event.id, "heads": 1})]
    assert [one[0] for one in letters(first.booking_id)] == ["registration/confirmed", "registration/cancelled"]
    assert [one[0] for one in letters(second.booking_id)] == ["registration/waiting", "registration/promoted"]
    assert asked(select(Registration.cancelled_at).where(Registration.id == first.registration_id)) == [(LATER,)]
    assert (quota_of(event).taken, quota_of(event).waiting) == (1, 0)


def test_a_ticket_is_given_to_each_who_moves_up_and_can_be_made_again() -> None:
    event = given_event(seats=2)
    first, second = sign_up(event, 1, heads=2), sign_up(event, 2, heads=2)
    assert cancel_booking(first.booking_id) == list(second.registration_ids)
    issued = asked(
        select(Ticket.registration_id, Ticket.issued_at).where(Ticket.registration_id.in_(second.registration_ids))
    )
    assert sorted(issued) == sorted((one, LATER) for one in second.registration_ids)
    with core.reading() as conn:
        booked = queries.booked(conn, second.booking_id)
        assert booked is not None
        pages = [queries.ticket_by_code(conn, one.code or "") for one in booked.heads]
    assert [page and page.heads[0].id for page in pages] == list(second.registration_ids)


def test_staff_who_cancel_a_booking_cancel_those_who_are_left_and_say_so() -> None:
    event = given_event()
    outcome = sign_up(event, heads=3)
    cancel(outcome.registration_ids[1])
    assert cancel_booking(outcome.booking_id, STAFF) == []
    assert [len(steps(one)) for one in outcome.registration_ids] == [2, 2, 2]
    assert steps(outcome.registration_ids[0])[-1] == ("cancelled", "told_staff", STAFF.id, LATER)
    assert [by for by, _to, _facts in log("registration.cancelled")] == [None, STAFF.id, STAFF.id]
    contexts = asked(
        select(OutboxMail.context).where(OutboxMail.message == "registration/cancelled").order_by(OutboxMail.queued_at)
    )
    assert [(one["had_seat"], one["by_staff"]) for (one,) in contexts] == [(True, False), (True, True)]
    assert quota_of(event).taken == 0


def test_one_who_leaves_the_line_is_told_that_it_was_the_line() -> None:
    event = given_event(seats=0)
    outcome, behind = sign_up(event, 1), sign_up(event, 2)
    assert cancel(outcome.registration_id) == []
    (context,) = asked(select(OutboxMail.context).where(OutboxMail.message == "registration/cancelled"))[0]
    assert context["had_seat"] is False
    assert (quota_of(event).taken, quota_of(event).waiting) == (0, 1)
    with core.reading() as conn:
        assert queries.place_in_line(conn, behind.booking_id) == 1


@pytest.mark.parametrize("again", [cancel, lambda one: cancel("0" * 32)])
def test_what_is_cancelled_or_unknown_is_cancelled_no_second_time(again: Callable[[str], Any]) -> None:
    event = given_event(seats=1)
    outcome = sign_up(event, 1)
    cancel(outcome.registration_id)
    before = (count("audit_entry"), count("outbox_mail"), count("registration_change"))
    with pytest.raises(AlreadyCancelledError):
        again(outcome.registration_id)
    with pytest.raises(AlreadyCancelledError):
        cancel_booking(outcome.booking_id)
    assert (count("audit_entry"), count("outbox_mail"), count("registration_change")) == before
    assert quota_of(event).taken == 0


@pytest.mark.parametrize(
    ("change", "now", "moved"),
    [
        ("", STARTS_AT - timedelta(seconds=1), 1),
        ("", STARTS_AT, 0),
        ("UPDATE event SET cancelled_at = registration_opens_at, cancel_text = 'Storm'", LATER, 0),
    ],
)
def test_seats_are_given_until_the_event_begins_and_never_when_it_is_called_off(change, now, moved) -> None:
    event = given_event(seats=0)
    sign_up(event, 1)
    for statement in filter(None, ("UPDATE quota SET seats = 1", change)):
        database.session.execute(database.text(statement))
    database.session.commit()
    assert core.write(lambda conn: actions.move_up_everywhere(conn, event.id, now=now)) == moved
    assert quota_of(event).taken == moved


def test_no_more_move_up_at_once_than_others_can_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    event = given_event(seats=0)
    outcomes = [sign_up(event, number) for number in range(4)]
    database.session.execute(database.text("UPDATE quota SET seats = 4"))
    database.session.commit()
    monkeypatch.setattr(seat_actions, "MOST_AT_ONCE", 3)
    moved = [core.write(lambda conn: actions.move_up_everywhere(conn, event.id, now=LATER)) for _ in range(3)]
    assert moved == [3, 1, 0]
    assert {one.id for one in rows(event, CONFIRMED)} == {one.registration_id for one in outcomes}


def test_every_line_of_an_event_moves_and_none_of_another() -> None:
    event, other = given_event(seats=0, quotas={QuotaKind.INVITED: 0}), given_event(seats=0)
    sign_up(event, 1)
    invited(event, said(2))
    sign_up(other, 3)
    database.session.execute(database.text("UPDATE quota SET seats = 5"))
    database.session.commit()
    assert core.write(lambda conn: actions.move_up_everywhere(conn, event.id, now=LATER)) == 2
    assert (quota_of(event).taken, quota_of(event, QuotaKind.INVITED).taken, quota_of(other).taken) == (1, 1, 0)


# --- writing once more, and forgetting -----------------------------------------------------------------------


def test_what_is_sent_once_more_is_the_ticket_of_those_who_come_or_the_place_now() -> None:
    event = given_event(seats=2)
    seated, waiting, behind = sign_up(event, 1, heads=2), sign_up(event, 2), sign_up(event, 3)
    cancel_booking(waiting.booking_id)
    for outcome in (seated, behind):
        core.write(partial(actions.send_again, booking_id=outcome.booking_id, by=STAFF, now=SIGN_UP_AT))
    assert [one[0] for one in letters(seated.booking_id)] == ["registration/confirmed"] * 2
    assert [one[0] for one in letters(behind.booking_id)] == ["registration/waiting"] * 2
    places = asked(
        select(OutboxMail.context).where(OutboxMail.subject_id == behind.booking_id).order_by(OutboxMail.queued_at)
    )
    assert [one["place"] for (one,) in places] == [2, 1]
    assert [(by, to) for by, to, _facts in log("registration.sent_again")] == [
        (STAFF.id, seated.booking_id),
        (STAFF.id, behind.booking_id),
    ]
    with pytest.raises(AlreadyCancelledError):
        core.write(lambda conn: actions.send_again(conn, waiting.booking_id, by=STAFF, now=SIGN_UP_AT))


def test_a_change_is_told_to_those_who_want_to_come_have_an_address_and_did_not_know() -> None:
    event, other = given_event(seats=2), given_event()
    told = {sign_up(event, 1).booking_id, sign_up(event, 2).booking_id, sign_up(event, 3).booking_id}  # one waits
    gone = sign_up(event, 4)
    cancel(gone.registration_id)
    by_staff(event, said(5, email=""))
    sign_up(event, 6, now=SIGN_UP_AT + timedelta(seconds=1))
    sign_up(other, 7)

    telling = Telling(event.id, 1, 1, SIGN_UP_AT, None)

    def tell(after: str) -> list[str]:
        return core.write(lambda conn: actions.tell_of_change(conn, telling, after, 2))

    with core.reading() as conn:
        found = queries.reachable_number(conn, event.id, until=SIGN_UP_AT)
    assert (found.bookings, found.people, found.without_mail) == (3, 3, 1)
    first = tell("")
    second = tell(first[-1])
    assert [len(first), len(second)] == [2, 1]
    assert {*first, *second} == told
    assert tell(second[-1]) == []
    changed = select(OutboxMail.subject_id).where(OutboxMail.message == messages.CHANGED)
    assert sorted(one for (one,) in asked(changed)) == sorted(told)


def test_a_name_that_is_erased_is_gone_from_its_own_booking_alone() -> None:
    event = given_event()
    outcome = sign_up(event, 1, heads=2, key="a" * 32)
    other = sign_up(event, 1, key="b" * 32, email="en.anden@example.org")
    before = dict(asked(select(Booking.id, Booking.content_hash)))
    core.write(lambda conn: actions.forget_name(conn, "a" * 32, "Gæst 1"))
    names = asked(select(Registration.id, Registration.name, Registration.name_key))
    assert {(one, name, bool(key)) for one, name, key in names} == {
        (outcome.registration_ids[0], "", False),
        (outcome.registration_ids[1], "Ledsager 1.2", True),
        (other.registration_id, "Gæst 1", True),
    }
    after = dict(asked(select(Booking.id, Booking.content_hash)))
    assert after[other.booking_id] == before[other.booking_id]
    assert after[outcome.booking_id] != before[outcome.booking_id]
    assert len(after[outcome.booking_id]) == 64
    assert quota_of(event).taken == 3


def test_the_limit_of_an_address_counts_its_own_event_and_whoever_still_comes() -> None:
    event, other = given_event(), given_event()
    home = "familie@example.org"
    outcome = sign_up(event, 1, heads=4, email=home)
    sign_up(other, 2, heads=5, email=home)
    with core.reading() as conn:
        assert queries.held_by(conn, event.id, "familie@example.org").heads == 4
        assert queries.held_by(conn, event.id, "en.anden@example.org").heads == 0
    cancel(outcome.registration_ids[0])
    assert sign_up(event, 3, heads=2, email=home).state is CONFIRMED
    with core.reading() as conn:
        assert queries.held_by(conn, event.id, "familie@example.org").heads == 5


def test_the_answers_of_a_head_replace_what_it_answered_before() -> None:
    outcome = sign_up(given_event(), heads=2)
    first, second = outcome.registration_ids
    core.write(lambda conn: actions.note_answers(conn, first, [("a", "1"), ("b", "2")]))
    core.write(lambda conn: actions.note_answers(conn, second, [("a", "3")]))
    core.write(lambda conn: actions.note_answers(conn, first, [("a", "4")]))
    stored = asked(database.text("SELECT registration_id, key, value FROM field_value"))
    assert sorted(stored) == sorted([(first, "a", "4"), (first, "b", "2"), (second, "a", "3")])


def test_the_fingerprint_of_one_alone_is_told_apart_from_that_of_a_group() -> None:
    one = said()
    assert "others" not in one.content()
    assert "answers" not in one.content()
    assert replace(one, heads=(*one.heads, Head("Bo"))).content()["others"] == [Head("Bo").content()]
    assert replace(one, wants_follow_up=True).content() != one.content()


def test_what_was_written_to_a_sender_is_listed_newest_first() -> None:
    outcome = sign_up(given_event())
    for _ in range(4):
        core.write(lambda conn: actions.send_again(conn, outcome.booking_id, by=STAFF, now=SIGN_UP_AT))
    moments = [one.queued_at for one in staff_queries.mails(outcome.booking_id)]
    database.session.rollback()
    assert len(set(moments)) == 5
    assert moments == sorted(moments, reverse=True)
