"""One ticket for whoever comes by the reply in force: whose name is on it, which seat it takes, what was answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from eventapp.db import db
from eventapp.events.models import Event, Quota, QuotaKind
from eventapp.invitations import actions
from eventapp.invitations.actions import Given
from eventapp.invitations.models import Invitation, Reply
from eventapp.mail.models import OutboxMail
from eventapp.registration import actions as registrations
from eventapp.registration.errors import EventNotOpenError
from eventapp.registration.models import (
    Booking,
    FieldValue,
    Origin,
    Reason,
    Registration,
    RegistrationChange,
    RegistrationState,
    Ticket,
)
from eventapp.web.permissions import Role
from tests.invitations.conftest import NO, REPLIED_AT, YES, kinds, mails, make_invitation, stand_in
from tests.support.factories import make_event
from tests.support.pages import PageClient
from tests.support.staff import sign_in

CONFIRMED, WAITING, CANCELLED = RegistrationState.CONFIRMED, RegistrationState.WAITING, RegistrationState.CANCELLED


def reply(invitation: Invitation, given: Given, now: datetime = REPLIED_AT) -> Reply:
    """A reply, in a transaction of its own as in a request."""
    new = actions.reply(invitation, given, now=now)
    db.session.commit()
    return new


def heads() -> list[tuple[str, RegistrationState]]:
    """Name and state of each head, by name."""
    db.session.flush()
    rows = select(Registration.name, Registration.state).order_by(Registration.name, Registration.state)
    return [(name, state) for name, state in db.session.execute(rows)]


def answered() -> dict[str, str]:
    """Name of a head -> what it answered."""
    rows = select(Registration.name, FieldValue.value).join(Registration, FieldValue.registration_id == Registration.id)
    return {one.name: one.value for one in db.session.execute(rows)}


def seats(event: Event, number: int, kind: QuotaKind = QuotaKind.INVITED) -> None:
    quota = db.session.scalars(select(Quota).where(Quota.event_id == event.id, Quota.kind == kind)).one()
    quota.seats = number
    db.session.commit()


# --- whose name ------------------------------------------------------------------------------------------------


def test_the_ticket_bears_the_name_of_the_office_holder_where_it_is_known(invitation: Invitation) -> None:
    invitation.name = "Åse Ørsted-Æbelø"
    reply(invitation, YES)
    assert heads() == [("Åse Ørsted-Æbelø", CONFIRMED)]


def test_else_it_bears_the_office_in_the_official_language(invitation: Invitation) -> None:
    reply(invitation, YES)
    assert heads() == [("havneministeren", CONFIRMED)]


def test_the_ticket_says_for_whom_one_comes_and_that_one_was_invited(invitation: Invitation) -> None:
    noted = reply(invitation, stand_in("Bo Bæk"))
    db.session.flush()
    head, booking = db.session.scalars(select(Registration)).one(), db.session.scalars(select(Booking)).one()
    assert (head.id, head.organisation) == (invitation.registration_id, "Havneministeriet")
    assert (booking.origin, booking.email) == (Origin.INVITATION, invitation.email)
    assert booking.submission_key == noted.id  # so that a reply stored twice makes one booking
    assert not booking.wants_follow_up  # nobody asked the office


def test_who_took_over_the_office_gets_a_ticket_of_her_own(invitation: Invitation) -> None:
    invitation.name = "Anna"
    reply(invitation, YES)
    invitation.name = "Bo"
    db.session.commit()
    reply(invitation, YES)
    assert heads() == [("Anna", CANCELLED), ("Bo", CONFIRMED)]


def test_the_same_stand_in_named_again_keeps_the_ticket(invitation: Invitation) -> None:
    for _ in range(2):
        reply(invitation, stand_in("Bo Bæk"))
    assert heads() == [("Bo Bæk", CONFIRMED)]
    assert len(mails("noted")) == 1  # it is one reply, given twice
    assert db.session.scalars(select(Ticket)).one().registration_id == invitation.registration_id


# --- what was answered -----------------------------------------------------------------------------------------


def test_whoever_comes_takes_the_answers_along(invitation: Invitation) -> None:
    reply(invitation, replace(stand_in("Bo Bæk"), answers=(("song", "Vals"),)))
    assert answered() == {"Bo Bæk": "Vals"}


def test_the_same_reply_with_another_answer_keeps_the_ticket_and_the_newer_answer(invitation: Invitation) -> None:
    for song in ("Vals", "Tango"):
        reply(invitation, replace(YES, answers=(("song", song),)))
    assert (heads(), answered()) == ([("havneministeren", CONFIRMED)], {"havneministeren": "Tango"})


def test_a_no_asks_nothing_and_keeps_nothing(invitation: Invitation) -> None:
    reply(invitation, replace(NO, answers=(("song", "Vals"),)))
    assert (heads(), answered()) == ([], {})


# --- which seat ------------------------------------------------------------------------------------------------


def test_when_the_seats_for_the_invited_are_taken_the_next_yes_waits_for_one_of_them(invitation: Invitation) -> None:
    seats(invitation.event, 1)
    second = make_invitation(invitation.event, "kulturministeren")
    for one in (invitation, second):
        reply(one, YES)
    assert heads() == [("havneministeren", CONFIRMED), ("kulturministeren", WAITING)]
    assert told_of_a_line() == []


def test_a_no_of_the_first_gives_its_seat_to_the_one_who_waits(invitation: Invitation) -> None:
    seats(invitation.event, 1)
    second = make_invitation(invitation.event, "kulturministeren")
    for one in (invitation, second):
        reply(one, YES)
    reply(invitation, NO, REPLIED_AT + timedelta(hours=1))
    assert heads() == [("havneministeren", CANCELLED), ("kulturministeren", CONFIRMED)]
    assert "registration/promoted" in set(db.session.scalars(select(OutboxMail.message)))


def test_a_no_of_the_one_who_waits_takes_it_out_of_the_line(invitation: Invitation) -> None:
    seats(invitation.event, 1)
    second = make_invitation(invitation.event, "kulturministeren")
    for one in (invitation, second):
        reply(one, YES)
    reply(second, NO)
    assert heads() == [("havneministeren", CONFIRMED), ("kulturministeren", CANCELLED)]
    assert second.registration_id is None
    assert told_of_a_line() == []


def told_of_a_line() -> list[str]:
    """Mails to guests about a waiting list or a seat that is given back: whom we invited gets none."""
    wanted = select(OutboxMail.message).where(
        OutboxMail.message.in_(["registration/waiting", "registration/cancelled"])
    )
    return list(db.session.scalars(wanted))


def test_before_the_letter_goes_staff_read_that_no_seat_is_left_for_a_yes(
    page_client: PageClient, invitation: Invitation
) -> None:
    seats(invitation.event, 1)
    address = f"/staff/events/{invitation.event_id}/invitations/{invitation.id}"
    second = make_invitation(invitation.event, "kulturministeren")
    db.session.commit()
    sign_in(page_client, Role.ORGANISER)
    assert "Der er ingen plads til et ja" not in page_client.visit(address).text
    reply(invitation, YES)
    db.session.commit()
    assert "Der er ingen plads til et ja" not in page_client.visit(address).text  # this one has the seat
    other = f"/staff/events/{second.event_id}/invitations/{second.id}"
    assert "Der er ingen plads til et ja" in page_client.visit(other).text


def test_without_seats_for_the_invited_they_take_those_of_the_public(db: Any) -> None:
    invitation = make_invitation(make_event(seats=1))
    reply(invitation, YES)
    assert heads() == [("havneministeren", CONFIRMED)]
    assert db.session.scalars(select(Quota.taken).where(Quota.kind == QuotaKind.PUBLIC)).one() == 1


def test_a_yes_that_no_seat_can_be_found_for_is_not_noted_at_all(invitation: Invitation) -> None:
    invitation_id = invitation.id
    db.session.execute(delete(Quota))
    db.session.commit()
    with pytest.raises(EventNotOpenError):
        reply(invitation, YES)
    db.session.rollback()
    kept = db.session.get_one(Invitation, invitation_id)
    assert (kept.replies, kept.registration_id, kinds(), mails("noted")) == ([], None, ["invite"], [])


def test_a_no_needs_no_seat(invitation: Invitation) -> None:
    db.session.execute(delete(Quota))
    db.session.commit()
    assert reply(invitation, NO).number == 1


# --- a ticket that was given up --------------------------------------------------------------------------------


def test_a_no_says_in_the_history_that_the_invitation_was_declined(invitation: Invitation) -> None:
    reply(invitation, YES)
    head_id = invitation.registration_id
    reply(invitation, NO)
    db.session.flush()
    changes = select(RegistrationChange.registration_id, RegistrationChange.reason)
    given_up = changes.where(RegistrationChange.reason == Reason.DECLINED_INVITATION)
    assert [tuple(one) for one in db.session.execute(given_up)] == [(head_id, Reason.DECLINED_INVITATION)]


def test_who_gave_the_ticket_back_by_its_own_link_gets_another_by_a_new_yes(invitation: Invitation) -> None:
    reply(invitation, YES)
    db.session.commit()
    first = invitation.registration_id or ""
    conn = db.session.connection()
    registrations.cancel(conn, first, reason=Reason.GUEST_CANCELLED, now=REPLIED_AT)
    reply(invitation, YES, REPLIED_AT + timedelta(hours=1))
    assert heads() == [("havneministeren", CANCELLED), ("havneministeren", CONFIRMED)]
    assert invitation.registration_id not in {None, first}


def test_a_no_after_the_ticket_was_given_back_gives_nothing_back_twice(invitation: Invitation) -> None:
    reply(invitation, YES)
    db.session.commit()
    conn = db.session.connection()
    registrations.cancel(conn, invitation.registration_id or "", reason=Reason.GUEST_CANCELLED, now=REPLIED_AT)
    reply(invitation, NO)
    db.session.commit()
    taken = db.session.scalars(select(Quota.taken).where(Quota.kind == QuotaKind.INVITED)).one()
    assert (heads(), taken, invitation.registration_id) == ([("havneministeren", CANCELLED)], 0, None)


def test_the_ticket_of_another_invitation_is_left_alone(invitation: Invitation) -> None:
    second = make_invitation(invitation.event, "kulturministeren")
    for one in (invitation, second):
        reply(one, YES)
    reply(second, NO)
    assert heads() == [("havneministeren", CONFIRMED), ("kulturministeren", CANCELLED)]
    assert invitation.registration_id is not None
