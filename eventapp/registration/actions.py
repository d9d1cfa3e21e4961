"""Verbs of registration: sign up, cancel, move up, let in at the door. All run on a connection, with few statements."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp import audit, db
from eventapp.audit import Actor
from eventapp.db import Sql, new_id
from eventapp.events.models import QuotaKind
from eventapp.registration import messages, queries, rules, seats, tickets
from eventapp.registration.errors import AlreadyCancelledError, EventNotOpenError, OtherContentError, TooManySeatsError
from eventapp.registration.models import Origin, Reason, RegistrationState, Suspicion
from eventapp.registration.queries import Choice, Guest, Occasion
from eventapp.tokens import token_hash
from eventapp.web.sorting import danish_key

INSERT = Sql("""
    INSERT INTO registration (id, event_id, quota_id, category_id, submission_key, content_hash, state, waiting_number,
        origin, name, name_key, email, organisation, question, wants_follow_up, notice_version, suspicion, lang,
        link_hash, registered_at)
    VALUES (:id, :event_id, :quota_id, :category_id, :submission_key, :content_hash, :state, :waiting_number,
        :origin, :name, :name_key, :email, :organisation, :question, :wants_follow_up, :notice_version, :suspicion,
        :lang, :link_hash, :registered_at)
    ON CONFLICT (submission_key) DO NOTHING RETURNING id
""")
INSERT_TICKET = Sql("""
    INSERT INTO ticket (id, registration_id, event_id, version, code_hash, issued_at)
    VALUES (:id, :registration_id, :event_id, 1, :code_hash, :now)
""")
INSERT_NEED = Sql("""
    INSERT INTO access_need (id, registration_id, text, show_at_door, given_at)
    VALUES (:id, :registration_id, :text, :show_at_door, :now)
""")
FIRST_STEP = {
    Origin.WEB: Reason.SIGNED_UP,
    Origin.STAFF: Reason.REGISTERED_BY_STAFF,
    Origin.INVITATION: Reason.ACCEPTED_INVITATION,
    Origin.WALK_IN: Reason.WALKED_IN,
}
CANCEL = Sql("UPDATE registration SET state = 'cancelled', cancelled_at = :now WHERE id = :registration_id")


@dataclass(frozen=True)
class SignUp:
    """What a guest tells us. ``email`` is in lower case and ASCII; "" for one who signed up by telephone."""

    name: str
    email: str
    category_id: str | None = None
    organisation: str = ""
    needs: str = ""
    show_needs_at_door: bool = False
    question: str = ""
    wants_follow_up: bool = False


@dataclass(frozen=True)
class Sending:
    """How it came to us, which is no part of what it says."""

    key: str
    lang: str = "da"
    notice_version: str = ""
    suspicion: Suspicion = Suspicion.NONE


@dataclass(frozen=True)
class Outcome:
    """What came of it. ``ticket_code`` is None for those who wait; ``link_token`` opens the registration's own page.

    ``place`` is the number in line at this moment.
    """

    registration_id: str
    state: RegistrationState
    link_token: str
    ticket_id: str | None = None
    ticket_code: str | None = None
    place: int | None = None


@dataclass(frozen=True)
class _New:
    """A registration about to be written, all of it made before the database is touched."""

    id: str
    values: dict[str, Any]
    sign_up: SignUp
    reason: Reason
    by: Actor | None

    @property
    def name(self) -> str:
        return self.sign_up.name

    @property
    def email(self) -> str:
        return self.sign_up.email

    @property
    def lang(self) -> str:
        return str(self.values["lang"])


class _KeyUsedError(Exception):
    """This submission key has a registration already."""


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
    new = _prepare(occasion.id, quota.id, given, sending, origin=Origin.WEB, now=now)

    def job(conn: Connection) -> Outcome:
        outcome = _register(conn, occasion, new, now, public=True)
        if queries.held_by(conn, occasion.id, given.email) > rules.MOST_SEATS_PER_ADDRESS:
            raise TooManySeatsError
        return outcome

    try:
        return db.write(job)
    except _KeyUsedError:
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
    new = _prepare(occasion.id, quota.id, given, sending, origin=Origin.STAFF, now=now, by=by)
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
    new = _prepare(event_id, quota.id, given, sending, origin=Origin.INVITATION, now=now, by=by)
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
    new = _prepare(event_id, None, guest, Sending(key), origin=Origin.WALK_IN, now=now, by=by)
    if earlier := queries.sent_before(conn, key):
        return _outcome(earlier)
    code = _insert(conn, new, now, place=None)
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


def _prepare(
    event_id: str,
    quota_id: str | None,
    given: SignUp,
    sending: Sending,
    *,
    origin: Origin,
    now: datetime,
    by: Actor | None = None,
) -> _New:
    new_registration = new_id()
    content = {"event": event_id, **vars(given)}
    values = {
        "id": new_registration,
        "event_id": event_id,
        "quota_id": quota_id,
        "category_id": given.category_id,
        "submission_key": sending.key,
        "content_hash": rules.content_hash(content),
        "origin": origin.value,
        "name": given.name,
        "name_key": danish_key(given.name),
        "email": given.email,
        "organisation": given.organisation,
        "question": given.question,
        "wants_follow_up": given.wants_follow_up,
        "notice_version": sending.notice_version,
        "suspicion": sending.suspicion.value,
        "lang": sending.lang,
        "link_hash": token_hash(tickets.link_token(new_registration)),
        "registered_at": now,
    }
    return _New(new_registration, values, given, FIRST_STEP[origin], by)


@dataclass(frozen=True)
class _Issued:
    ticket_id: str | None = None
    code: str | None = None


def _once(conn: Connection, occasion: Occasion, new: _New, now: datetime) -> Outcome:
    """Register unless the key has a registration already, inside a transaction that others began."""
    if earlier := queries.sent_before(conn, new.values["submission_key"]):
        return _outcome(earlier)
    return _register(conn, occasion, new, now)


def _register(conn: Connection, occasion: Occasion, new: _New, now: datetime, *, public: bool = False) -> Outcome:
    place = seats.join(conn, new.values["quota_id"])
    issued = _insert(conn, new, now, place=place.waiting_number)
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


def _after_moving(conn: Connection, occasion: Occasion, new: _New, outcome: Outcome, now: datetime) -> Outcome:
    """Seats were free although people waited: fill them from the front; the newcomer may be among the seated."""
    seated = move_up(conn, occasion, new.values["quota_id"], now)
    if new.id in seated:
        return _outcome(queries.sent_before(conn, new.values["submission_key"]))
    return replace(outcome, place=(outcome.place or 0) - len(seated))


def _insert(conn: Connection, new: _New, now: datetime, *, place: int | None) -> _Issued:
    """Write the registration, its ticket when it has a seat, its access need and its first step.

    :raises _KeyUsedError: when the submission key has a registration already.
    """
    state = RegistrationState.CONFIRMED if place is None else RegistrationState.WAITING
    if INSERT(conn, **new.values, state=state.value, waiting_number=place).scalar_one_or_none() is None:
        raise _KeyUsedError
    by_id = new.by.id if new.by else None
    seats.note(conn, new.id, state=state.value, reason=new.reason.value, by_id=by_id, now=now)
    if new.sign_up.needs:
        shown = new.sign_up.show_needs_at_door
        INSERT_NEED(conn, id=new_id(), registration_id=new.id, text=new.sign_up.needs, show_at_door=shown, now=now)
    return _issue(conn, new.id, new.values["event_id"], now) if place is None else _Issued()


def _issue(conn: Connection, registration_id: str, event_id: str, now: datetime) -> _Issued:
    """Make the ticket of a registration; only the hash of its code is stored."""
    ticket_id = new_id()
    code = tickets.code(ticket_id, 1)
    hashed = tickets.code_hash(code)
    INSERT_TICKET(conn, id=ticket_id, registration_id=registration_id, event_id=event_id, code_hash=hashed, now=now)
    return _Issued(ticket_id, code)


def _hand_ticket(conn: Connection, occasion: Occasion, registration_id: str, now: datetime) -> None:
    _issue(conn, registration_id, occasion.id, now)
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
    outcome = _outcome(row)
    if row.content_hash != content_hash:
        raise OtherContentError(outcome)
    return outcome


def _outcome(row: Any) -> Outcome:
    code = tickets.code(row.ticket_id, row.version) if row.ticket_id else None
    return Outcome(row.id, RegistrationState(row.state), tickets.link_token(row.id), row.ticket_id, code)
