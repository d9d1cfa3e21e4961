"""Verbs of registration: sign up, cancel, move up, let in at the door. All run on a connection, with few statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from eventapp import audit, db
from eventapp.audit import Actor
from eventapp.db import Sql
from eventapp.events.models import QuotaKind
from eventapp.registration import messages, queries, rules, seats, tickets
from eventapp.registration.entering import (
    INSERT,
    INSERT_TICKET,
    KeyUsedError,
    New,
    Outcome,
    Sending,
    SignUp,
    insert,
    issue,
    outcome_of,
    prepare,
)
from eventapp.registration.errors import AlreadyCancelledError, EventNotOpenError, OtherContentError, TooManySeatsError
from eventapp.registration.models import Origin, Reason, RegistrationState
from eventapp.registration.queries import Choice, Guest, Occasion

__all__ = ["INSERT", "INSERT_TICKET", "Outcome", "Sending", "SignUp"]  # with the verbs, what others build on

CANCEL = Sql("UPDATE registration SET state = 'cancelled', cancelled_at = :now WHERE id = :registration_id")


def sign_up(occasion: Occasion, choice: Choice | None, given: SignUp, sending: Sending, *, now: datetime) -> Outcome:
    """Take in a sign-up from the public form, durably, once a submission key.

    :raises EventNotOpenError: before the opening and after the closing of registration.
    :raises OtherContentError: when the key was used for another content.
    :raises TooManySeatsError: when the address holds as many registrations as one may; a mail says so.
    """
    is_open = rules.phase(
        opens_at=occasion.opens_at, closes_at=occasion.closes_at, cancelled_at=occasion.cancelled_at, now=now
    )
    quota = occasion.seats_for(choice)
    if is_open is not rules.Phase.OPEN or quota is None:
        raise EventNotOpenError
    new = prepare(occasion.id, quota.id, given, sending, origin=Origin.WEB, now=now)

    def job(conn: Connection) -> Outcome:
        outcome = _register(conn, occasion, new, now, public=True)
        if queries.held_by(conn, occasion.id, given.email) > rules.MOST_SEATS_PER_ADDRESS:
            raise TooManySeatsError
        return outcome

    try:
        return db.write(job)
    except KeyUsedError:
        return _earlier(sending.key, new.values["content_hash"])
    except TooManySeatsError:
        db.write(lambda conn: messages.full_house(conn, occasion.id, given.email, sending.lang))
        raise


def register_by_staff(
    conn: Connection,
    occasion: Occasion,
    choice: Choice | None,
    given: SignUp,
    sending: Sending,
    *,
    by: Actor,
    now: datetime,
) -> Outcome:
    """Sign somebody up who called or wrote; the same seats and the same line as for everybody.

    :raises EventNotOpenError: when the event has no seats at all.
    """
    quota = occasion.seats_for(choice)
    if quota is None:
        raise EventNotOpenError
    new = prepare(occasion.id, quota.id, given, sending, origin=Origin.STAFF, now=now, by=by)
    return _once(conn, occasion, new, now)


def register_invited(
    conn: Connection, *, event_id: str, given: SignUp, sending: Sending, now: datetime, by: Actor | None = None
) -> Outcome:
    """Give an invited guest who said yes a seat of those set aside for the invited, and mail the ticket.

    Where those are all taken the guest waits for one, and the organiser's desk says so: it is the organiser who sets
    seats aside, and no rule here takes one from the public.

    :param sending: its ``key`` is the reply's own id, so that a reply stored twice makes one registration.
    :raises EventNotOpenError: when the event has no seats set aside for anybody.
    """
    occasion = queries.occasion_by_id(conn, event_id)
    quota = occasion.quotas.get(QuotaKind.INVITED) or occasion.quotas.get(QuotaKind.PUBLIC)
    if quota is None:
        raise EventNotOpenError
    new = prepare(event_id, quota.id, given, sending, origin=Origin.INVITATION, now=now, by=by)
    return _once(conn, occasion, new, now)


def walk_in(
    conn: Connection,
    *,
    event_id: str,
    key: str,
    now: datetime,
    name: str = "",
    category_id: str | None = None,
    by: Actor | None = None,
) -> Outcome:
    """Note a guest who came without having signed up. Takes no seat of a quota; the door minds the hall's limit.

    :param key: 32 hexadecimal characters made at the door; the same key is the same guest.
    """
    guest = SignUp(name, "", category_id)
    new = prepare(event_id, None, guest, Sending(key), origin=Origin.WALK_IN, now=now, by=by)
    if earlier := queries.sent_before(conn, key):
        return outcome_of(earlier)
    code = insert(conn, new, now, place=None)
    audit.insert(conn, by, "registration.walked_in", new.id, event_id=event_id)
    return Outcome(new.id, RegistrationState.CONFIRMED, tickets.link_token(new.id), code.ticket_id, code.code)


def cancel(
    conn: Connection, registration_id: str, *, reason: Reason, now: datetime, by: Actor | None = None
) -> list[str]:
    """Cancel a registration; a seat that comes free goes to the first in line in the same transaction.

    :returns: ids of the registrations that got a seat by it.
    :raises AlreadyCancelledError: when it was cancelled before.
    """
    guest = _locked(conn, registration_id)
    had_seat = guest.state == RegistrationState.CONFIRMED
    CANCEL(conn, registration_id=guest.id, now=now)
    if guest.quota_id:
        seats.leave(conn, guest.quota_id, had_seat=had_seat)
    by_id = by.id if by else None
    seats.note(conn, guest.id, state=RegistrationState.CANCELLED, reason=reason, by_id=by_id, now=now)
    audit.insert(conn, by, "registration.cancelled", guest.id, event_id=guest.event_id, reason=reason)
    messages.cancelled(conn, guest, had_seat=had_seat, by_staff=by is not None)
    if not guest.quota_id:
        return []
    return move_up(conn, queries.occasion_by_id(conn, guest.event_id), guest.quota_id, now)


def move_up(conn: Connection, occasion: Occasion, quota_id: str, now: datetime) -> list[str]:
    """Give the free seats of a quota to the first in line, each with ticket and mail. Not once the event has begun.

    :returns: ids of the registrations that got a seat.
    """
    if now >= occasion.starts_at or occasion.cancelled_at is not None:
        return []
    seated = seats.move_up(conn, quota_id, now)
    for registration_id in seated:
        _hand_ticket(conn, occasion, registration_id, now)
    return seated


def move_up_everywhere(conn: Connection, event_id: str, *, now: datetime) -> int:
    """Fill the free seats of all quotas of an event, for when the organiser has added some; how many were seated."""
    occasion = queries.occasion_by_id(conn, event_id)
    lines = [one.id for one in occasion.quotas.values() if one.waiting]
    return sum(len(move_up(conn, occasion, quota_id, now)) for quota_id in lines)


def tell_of_change(conn: Connection, event_id: str) -> int:
    """Write to everybody who wants to come that time or place has changed, or that the event is called off.

    These are practical mails, so nobody has to have asked for them (LAW-04).

    :returns: how many mails are on their way.
    """
    occasion = queries.occasion_by_id(conn, event_id)
    guests = queries.reachable_guests(conn, event_id)
    for guest in guests:
        messages.event_changed(conn, guest, occasion)
    return len(guests)


def send_again(conn: Connection, registration_id: str, *, by: Actor) -> None:
    """Mail a guest the ticket, or the place in line, once more.

    :raises AlreadyCancelledError: when the registration was cancelled.
    """
    guest = _locked(conn, registration_id)
    if guest.state == RegistrationState.CONFIRMED:
        messages.confirmed(conn, guest)
    else:
        messages.waiting(conn, guest, queries.place_in_line(conn, guest.id))
    audit.insert(conn, by, "registration.sent_again", guest.id, event_id=guest.event_id)


# --- writing a registration ----------------------------------------------------------------------------------


def _once(conn: Connection, occasion: Occasion, new: New, now: datetime) -> Outcome:
    """Register unless the key has a registration already, inside a transaction that others began."""
    seats.lock(conn, new.values["quota_id"])  # before looking: the same may be coming in twice at this moment
    if earlier := queries.sent_before(conn, new.values["submission_key"]):
        return outcome_of(earlier)
    return _register(conn, occasion, new, now)


def _register(conn: Connection, occasion: Occasion, new: New, now: datetime, *, public: bool = False) -> Outcome:
    place = seats.join(conn, new.values["quota_id"])
    issued = insert(conn, new, now, place=place.waiting_number)
    state = RegistrationState.CONFIRMED if place.is_seat else RegistrationState.WAITING
    audit.insert(conn, new.by, f"registration.{new.reason}", new.id, event_id=occasion.id, state=state)
    if issued.code:
        messages.confirmed(conn, new, public=public)
    else:
        messages.waiting(conn, new, place.waiting, public=public)
    outcome = Outcome(
        new.id, state, tickets.link_token(new.id), issued.ticket_id, issued.code, None if issued.code else place.waiting
    )
    if place.is_line_movable:
        return _after_moving(conn, occasion, new, outcome, now)
    return outcome


def _after_moving(conn: Connection, occasion: Occasion, new: New, outcome: Outcome, now: datetime) -> Outcome:
    """Seats were free although people waited: fill them from the front; the newcomer may be among the seated."""
    seated = move_up(conn, occasion, new.values["quota_id"], now)
    if new.id in seated:
        return outcome_of(queries.sent_before(conn, new.values["submission_key"]))
    return replace(outcome, place=(outcome.place or 0) - len(seated))


def _hand_ticket(conn: Connection, occasion: Occasion, registration_id: str, now: datetime) -> None:
    issue(conn, registration_id, occasion.id, now)
    guest = queries.guest(conn, registration_id)
    assert guest is not None
    messages.promoted(conn, guest)
    audit.insert(conn, None, "registration.moved_up", registration_id, event_id=occasion.id)


def _locked(conn: Connection, registration_id: str) -> Guest:
    """A live registration, with its quota locked so that its state stays what it says.

    :raises AlreadyCancelledError: when it is live no more.
    """
    guest = queries.guest(conn, registration_id)
    if guest is not None and guest.quota_id:
        seats.lock(conn, guest.quota_id)
        guest = queries.guest(conn, registration_id)
    if guest is None or guest.state == RegistrationState.CANCELLED:
        raise AlreadyCancelledError
    return guest


# --- what was sent before ------------------------------------------------------------------------------------


def _earlier(key: str, content_hash: str) -> Outcome:
    """The answer that this key was given already.

    :raises OtherContentError: when it was given for another content.
    """
    with db.reading() as conn:
        row = queries.sent_before(conn, key)
    assert row is not None
    outcome = outcome_of(row)
    if row.content_hash != content_hash:
        raise OtherContentError(outcome)
    return outcome
