"""Verbs of registration: sign up, cancel, move up, let in at the door. All run on a connection, with few statements."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from eventapp import audit, db
from eventapp.audit import Actor
from eventapp.db import Sql
from eventapp.events import rules as event_rules
from eventapp.events.models import QuotaKind
from eventapp.events.rules import Road
from eventapp.mail import outbox
from eventapp.registration import messages, queries, rules, seat_actions, ticket_rules
from eventapp.registration.entry_actions import (
    INSERT,
    INSERT_HEAD,
    INSERT_TICKET,
    INSERT_VALUE,
    Head,
    KeyUsedError,
    New,
    Sending,
    SignedUp,
    SignUp,
    insert,
    issue,
    outcome_of,
    prepare,
)
from eventapp.registration.errors import (
    AlreadyCancelledError,
    EventNotOpenError,
    EventOverError,
    GroupTooLargeError,
    MixedSeatsError,
    OtherContentError,
    SentBeforeError,
    TooManySeatsError,
)
from eventapp.registration.models import Origin, Reason, RegistrationState
from eventapp.registration.queries import Booked, BookedHead, Choice, EventBrief, Same, Seats
from eventapp.web.registry import Telling, registry

# with the verbs, what others build on
__all__ = ["INSERT", "INSERT_HEAD", "INSERT_TICKET", "Head", "Sending", "SignUp", "SignedUp"]

GIVEN_BACK = frozenset({Reason.GUEST_CANCELLED, Reason.TOLD_STAFF})  # by the guest's own wish

# A walk-in has no quota to stand in a queue for, so those who change one stand in a queue for the booking.
LOCK_WALK_IN = Sql("UPDATE booking SET waiting = waiting WHERE id = :booking_id")
BOOKED_AS = Sql("""
    SELECT DISTINCT b.id FROM booking b JOIN registration r ON r.booking_id = b.id
    WHERE b.submission_key = :key AND r.name = :name
""")
FORGET_NAME = Sql("""
    UPDATE registration SET name = '', name_key = '', name_words = '' WHERE booking_id = :booking_id AND name = :name
""")
FORGET_FINGERPRINT = Sql("UPDATE booking SET content_hash = :content_hash WHERE id = :booking_id")
NAME_ENTRY = Sql("UPDATE booking SET calendar_uid = :calendar_uid WHERE id = :booking_id")
TAKE_CONSENT_BACK = Sql("UPDATE booking SET wants_follow_up = FALSE WHERE id = :booking_id AND wants_follow_up")
CANCEL = Sql("UPDATE registration SET state = 'cancelled', cancelled_at = :now WHERE id = :registration_id")


def sign_up(
    brief: EventBrief, offered: Sequence[Choice], given: SignUp, sending: Sending, *, now: datetime
) -> SignedUp:
    """Take in a booking from the public form, durably, once a submission key.

    :param offered: what one may come as at this event.
    :raises EventNotOpenError: before the opening and after the closing of registration, or called off.
    :raises MixedSeatsError: when the heads take different kinds of seats.
    :raises GroupTooLargeError: when there are not so many seats in all.
    :raises OtherContentError: when the key was used for another content.
    :raises SentBeforeError: when another form has brought the same from the same address within a day.
    :raises TooManySeatsError: when the address holds as many heads as one may; a mail says so.
    """
    if not event_rules.is_open(Road.SIGN_UP, brief, now):
        raise EventNotOpenError  # the page says why
    quota = _quota(brief, offered, given)
    new = prepare(brief.id, quota.id, given, sending, origin=Origin.WEB, now=now)

    def job(conn: Connection) -> SignedUp:
        if len(brief.quotas) > 1:  # the quota's own row makes those of one quota wait, and none of another
            db.one_at_a_time(conn, f"{brief.id} {given.email}")
        outcome = _register(conn, brief, new, now, public=True)
        same = Same(new.values["content_hash"], now - rules.SAME_FOR, new.id)
        held = queries.held_by(conn, brief.id, given.email, same)
        if held.same and (earlier := _came_of(conn, held.same)):
            raise SentBeforeError(earlier)
        if held.heads > rules.MOST_SEATS_PER_ADDRESS:
            raise TooManySeatsError
        return outcome

    try:
        return db.write(job)
    except KeyUsedError:
        return _earlier(sending.key, new.values["content_hash"])
    except TooManySeatsError:
        db.write(lambda conn: messages.full_house(conn, brief.id, given.email, sending.lang))
        raise


def register_by_staff(
    conn: Connection,
    brief: EventBrief,
    offered: Sequence[Choice],
    given: SignUp,
    sending: Sending,
    *,
    by: Actor,
    now: datetime,
) -> SignedUp:
    """Sign somebody up who called or wrote; the same seats and the same line as for everybody.

    :raises CalledOffError: when the event is called off. :raises OverError: when it is over.
    :raises EventNotOpenError: when the event has no seats at all.
    :raises MixedSeatsError: when the heads take different kinds of seats.
    :raises GroupTooLargeError: when there are not so many seats in all.
    """
    event_rules.check(Road.STAFF_SIGN_UP, brief, now, EventNotOpenError)
    quota = _quota(brief, offered, given)
    new = prepare(brief.id, quota.id, given, sending, origin=Origin.STAFF, now=now, by=by)
    return _once(conn, brief, new, now)


def register_invited(
    conn: Connection,
    *,
    event_id: str,
    given: SignUp,
    sending: Sending,
    now: datetime,
    by: Actor | None = None,
    calendar_uid: str = "",
) -> SignedUp:
    """Give an invited guest who said yes a seat of those set aside for the invited, and mail the ticket.

    Where those are all taken the guest waits for one, and the organiser's desk says so: it is the organiser who sets
    seats aside, and no rule here takes one from the public. Nobody whom we invited is written to about a waiting list.

    :param sending: its ``key`` is the reply's own id, so that a reply stored twice makes one booking.
    :param calendar_uid: of the entry that the guest has in the calendar, where it is not the event's own.
    :raises CalledOffError: when the event is called off. :raises OverError: when it is over.
    :raises EventNotOpenError: when the event has no seats set aside for anybody.
    :raises GroupTooLargeError: when there are not so many seats in all.
    """
    brief = queries.brief_by_id(conn, event_id)
    event_rules.check(Road.SEAT_INVITED, brief, now, EventNotOpenError)
    quota = brief.quotas.get(QuotaKind.INVITED) or brief.quotas.get(QuotaKind.PUBLIC)
    if quota is None:
        raise EventNotOpenError
    new = prepare(event_id, quota.id, given, sending, origin=Origin.INVITATION, now=now, by=by)
    outcome = _once(conn, brief, new, now)
    if calendar_uid:
        NAME_ENTRY(conn, booking_id=outcome.booking_id, calendar_uid=calendar_uid)
    return outcome


def walk_in(
    conn: Connection,
    *,
    event_id: str,
    key: str,
    now: datetime,
    name: str = "",
    category_id: str | None = None,
    by: Actor | None = None,
) -> SignedUp:
    """Note a guest who came without having signed up. Takes no seat of a quota; the door minds the hall's limit.

    :param key: 32 hexadecimal characters made at the door; the same key is the same guest.
    """
    guest = SignUp("", (Head(name, category_id),))
    new = prepare(event_id, None, guest, Sending(key), origin=Origin.WALK_IN, now=now, by=by)
    if earlier := queries.sent_before(conn, key):
        return outcome_of(earlier)
    codes = insert(conn, new, now, waiting_number=None)
    audit.insert(conn, by, "registration.walked_in", new.registration_ids[0], event_id=event_id)
    return SignedUp(new.id, new.registration_ids, RegistrationState.CONFIRMED, ticket_rules.link_token(new.id), codes)


def cancel(
    conn: Connection, registration_id: str, *, reason: Reason, now: datetime, by: Actor | None = None
) -> list[str]:
    """Cancel one head; a seat that comes free goes to the first in line in the same transaction.

    :returns: ids of the heads that got a seat by it.
    :raises AlreadyCancelledError: when it was cancelled before.
    :raises EventOverError: when the guest does it and the event has ended.
    """
    found = queries.booked_with(conn, registration_id)
    if found and (wait := registry().seat_ending.get(found.origin)):
        wait(conn, registration_id)
    booked = _locked(conn, found.id if found else "")
    leaving = [one for one in booked.live if one.id == registration_id]
    return _cancel(conn, booked, leaving, reason, now, by)


def cancel_booking(
    conn: Connection, booking_id: str, *, reason: Reason, now: datetime, by: Actor | None = None
) -> list[str]:
    """Cancel all heads of a booking that still want to come; what comes free goes to the first in line.

    :returns: ids of the heads that got a seat by it.
    :raises AlreadyCancelledError: when nobody of it wants to come any more.
    :raises EventOverError: when the guest does it and the event has ended.
    """
    found = queries.booked(conn, booking_id)
    if found and (wait := registry().seat_ending.get(found.origin)):
        wait(conn, found.heads[0].id)
    booked = _locked(conn, booking_id)
    return _cancel(conn, booked, booked.live, reason, now, by)


def move_up(conn: Connection, brief: EventBrief, quota_id: str, now: datetime) -> list[str]:
    """Give the free seats of a quota to the first in line, each with tickets and a mail. Not once the event has begun.

    :returns: ids of the heads that got a seat.
    """
    if not event_rules.is_open(Road.MOVE_UP, brief, now):
        return []
    seated = seat_actions.move_up(conn, quota_id, now)
    for one in seated:
        _hand_tickets(conn, brief, one, now)
    return [head for one in seated for head in one.heads]


def move_up_everywhere(conn: Connection, event_id: str, *, now: datetime) -> int:
    """Give free seats of all quotas of an event to the first in line; how many people got one, 0 when all is done."""
    brief = queries.brief_by_id(conn, event_id)
    lines = sorted(one.id for one in brief.quotas.values() if one.waiting)  # in the order of whoever else locks several
    return sum(len(move_up(conn, brief, quota_id, now)) for quota_id in lines)


def tell_of_change(conn: Connection, telling: Telling, after: str, most: int) -> list[str]:
    """Write to those who want to come that title, time or place has changed, or that the event is called off.

    These are practical mails, so nobody has to have asked for them (LAW-04).

    :param after: the last booking that was written to; empty at the beginning.
    :returns: the bookings that were written to now, at most ``most``; empty when all were.
    """
    event_id = telling.subject_id
    brief = queries.brief_by_id(conn, event_id)
    bookings = queries.reachable(conn, event_id, until=telling.until, after=after, most=most)
    for booking in bookings:
        messages.event_changed(conn, booking, brief, telling, has_seat=bool(booking.has_seat))
    return [one.id for one in bookings]


def mail_again(conn: Connection, booking_id: str) -> None:
    """Mail the sender of a booking that came in once more what came of it, as if anybody could have asked for it."""
    booked = queries.booked(conn, booking_id)
    if booked is None or not booked.live:
        return
    if booked.state is RegistrationState.CONFIRMED:
        messages.confirmed(conn, booked, [one.position for one in booked.live], public=True)
    else:
        messages.waiting(conn, booked, queries.place_in_line(conn, booked.id), public=True)


def send_again(conn: Connection, booking_id: str, *, by: Actor, now: datetime) -> None:
    """Mail a sender the tickets, or the place in line, once more.

    :raises CalledOffError: when the event is called off. :raises OverError: when it is over.
    :raises AlreadyCancelledError: when nobody of the booking wants to come any more.
    """
    booked = _locked(conn, booking_id)
    event_rules.check(Road.MAIL_TICKETS, queries.brief_by_id(conn, booked.event_id), now, EventNotOpenError)
    if booked.state is RegistrationState.CONFIRMED:
        messages.confirmed(conn, booked, [one.position for one in booked.live])
    else:
        messages.waiting(conn, booked, queries.place_in_line(conn, booked.id))
    audit.insert(conn, by, "registration.sent_again", booked.id, event_id=booked.event_id)


def take_consent_back(conn: Connection, booking_id: str) -> None:
    """The sender may not be written to afterwards; practical mails still go (LAW-04). Twice is once."""
    if TAKE_CONSENT_BACK(conn, booking_id=booking_id).rowcount:
        audit.insert(conn, None, "registration.consent_taken_back", booking_id)


def note_answers(conn: Connection, registration_id: str, answers: Sequence[tuple[str, str]]) -> None:
    """Keep what a head answered to fields that have no column; an earlier answer to the same is replaced."""
    INSERT_VALUE.many(
        conn, [{"registration_id": registration_id, "key": key, "value": value} for key, value in answers]
    )


def forget_name(conn: Connection, key: str, name: str) -> None:
    """Erase a name from the booking that was sent with this key, with the mails that tell it; the seat stays.

    With it goes the fingerprint by which a booking that is sent twice is known: who guesses the name could try it.
    """
    for booking_id in BOOKED_AS(conn, key=key, name=name).scalars().all():
        FORGET_NAME(conn, booking_id=booking_id, name=name)
        FORGET_FINGERPRINT(conn, booking_id=booking_id, content_hash=secrets.token_hex(32))
        outbox.forget(conn, booking_id)


# --- writing a booking ---------------------------------------------------------------------------------------


def _quota(brief: EventBrief, offered: Sequence[Choice], given: SignUp) -> Seats:
    """The one quota whose seats all heads take."""
    by_id = {one.id: one for one in offered}
    found = {brief.seats_for(by_id.get(one.category_id or "")) for one in given.heads}
    if len(found) > 1:
        raise MixedSeatsError
    quota = found.pop()
    if quota is None:
        raise EventNotOpenError
    return quota


def _once(conn: Connection, brief: EventBrief, new: New, now: datetime) -> SignedUp:
    """Register unless the key has a booking already, inside a transaction that others began."""
    seat_actions.lock(conn, new.values["quota_id"])  # before looking: the same may be coming in twice at this moment
    if earlier := queries.sent_before(conn, new.values["submission_key"]):
        return outcome_of(earlier)
    return _register(conn, brief, new, now)


def _register(conn: Connection, brief: EventBrief, new: New, now: datetime, *, public: bool = False) -> SignedUp:
    heads = len(new.heads)
    got = seat_actions.join(conn, new.values["quota_id"], heads)
    if got.is_called_off:  # what the page knew of the event is up to a second old
        raise EventNotOpenError
    if not rules.fits(heads, got.seats):
        raise GroupTooLargeError
    codes = insert(conn, new, now, waiting_number=got.waiting_number)
    state = RegistrationState.CONFIRMED if got.is_seat else RegistrationState.WAITING
    audit.insert(conn, new.by, f"registration.{new.reason}", new.id, event_id=brief.id, state=state, heads=heads)
    place = None if got.is_seat else got.waiting - heads + 1
    if place is None:
        messages.confirmed(conn, new, range(1, heads + 1), public=public)
    elif new.reason is not Reason.ACCEPTED_INVITATION:
        messages.waiting(conn, new, place, public=public)
    token = ticket_rules.link_token(new.id)
    outcome = SignedUp(new.id, new.registration_ids, state, token, codes, place, took_last=got.is_last)
    return _after_moving(conn, brief, new, outcome, now) if got.is_line_movable else outcome


def _after_moving(conn: Connection, brief: EventBrief, new: New, outcome: SignedUp, now: datetime) -> SignedUp:
    """Seats were free although people waited: fill them from the front; the newcomer may be among the seated."""
    seated = move_up(conn, brief, new.values["quota_id"], now)
    if outcome.registration_id in seated:
        return outcome_of(queries.sent_before(conn, new.values["submission_key"]))
    return replace(outcome, place=(outcome.place or 0) - len(seated))


def _hand_tickets(conn: Connection, brief: EventBrief, seated: seat_actions.Seated, now: datetime) -> None:
    issue(conn, seated.heads, brief.id, now)
    booked = queries.booked(conn, seated.booking_id)
    assert booked is not None
    messages.promoted(conn, booked, [one.position for one in booked.live])
    heads = len(seated.heads)
    audit.insert(conn, None, "registration.moved_up", booked.id, event_id=brief.id, heads=heads)


def _cancel(
    conn: Connection, booked: Booked, leaving: Sequence[BookedHead], reason: Reason, now: datetime, by: Actor | None
) -> list[str]:
    if not leaving:
        raise AlreadyCancelledError
    brief = queries.brief_by_id(conn, booked.event_id)
    if reason is Reason.GUEST_CANCELLED and not rules.can_cancel(ends_at=brief.ends_at, now=now):
        raise EventOverError
    had_seat, ids = booked.state is RegistrationState.CONFIRMED, [one.id for one in leaving]
    CANCEL.many(conn, [{"registration_id": one, "now": now} for one in ids])
    if booked.quota_id:
        seat_actions.leave(conn, booked.quota_id, booked.id, len(ids), had_seat=had_seat)
    by_id = by.id if by else None
    seat_actions.note(conn, ids, state=RegistrationState.CANCELLED, reason=reason, by_id=by_id, now=now)
    for one in ids:
        audit.insert(conn, by, "registration.cancelled", one, event_id=booked.event_id, reason=reason)
    if had_seat or booked.origin != Origin.INVITATION:  # whom we invited never heard of a line to leave
        messages.cancelled(conn, booked, ids, had_seat=had_seat, by_staff=by is not None)
    if reason in GIVEN_BACK and (hear := registry().seat_given_back.get(booked.origin)):
        for one in ids:
            hear(conn, one, by, now)
    if not booked.quota_id:
        return []
    return move_up(conn, brief, booked.quota_id, now)


def _locked(conn: Connection, booking_id: str) -> Booked:
    """A live booking, with its quota (of a walk-in the booking) locked so that its state stays what it says.

    :raises AlreadyCancelledError: when it is live no more.
    """
    booked = queries.booked(conn, booking_id)
    if booked is not None:
        if booked.quota_id:
            seat_actions.lock(conn, booked.quota_id)
        else:
            LOCK_WALK_IN(conn, booking_id=booked.id)
        booked = queries.booked(conn, booking_id)
    if booked is None or not booked.live:
        raise AlreadyCancelledError
    return booked


# --- what was sent before ------------------------------------------------------------------------------------


def _came_of(conn: Connection, booking_id: str) -> SignedUp | None:
    """What a booking is now; None when one of it has cancelled, so that what it said holds no more."""
    booked = queries.booked(conn, booking_id)
    if booked is None or booked.live != list(booked.heads):
        return None
    ids, codes = tuple(one.id for one in booked.heads), tuple(one.code for one in booked.heads if one.code)
    return SignedUp(booking_id, ids, booked.state, ticket_rules.link_token(booking_id), codes)


def _earlier(key: str, content_hash: str) -> SignedUp:
    """The answer that this key was given already.

    :raises OtherContentError: when it was given for another content.
    """
    with db.reading() as conn:
        rows = queries.sent_before(conn, key)
    outcome = outcome_of(rows)
    if rows[0].content_hash != content_hash:
        raise OtherContentError(outcome)
    return outcome
