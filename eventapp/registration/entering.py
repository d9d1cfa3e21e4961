"""Writing one registration: what it is made of, the rows it becomes, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp.audit import Actor
from eventapp.db import Sql, new_id
from eventapp.formats.names import danish_key
from eventapp.registration import rules, seats, tickets
from eventapp.registration.models import Origin, Reason, RegistrationState, Suspicion
from eventapp.tokens import token_hash

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
class New:
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


class KeyUsedError(Exception):
    """This submission key has a registration already."""


def prepare(
    event_id: str,
    quota_id: str | None,
    given: SignUp,
    sending: Sending,
    *,
    origin: Origin,
    now: datetime,
    by: Actor | None = None,
) -> New:
    """Everything that is written, made while nobody waits behind the gate. ``quota_id`` is None for a walk-in."""
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
    return New(new_registration, values, given, FIRST_STEP[origin], by)


@dataclass(frozen=True)
class Issued:
    """A ticket that was made, or none for those who wait."""

    ticket_id: str | None = None
    code: str | None = None


def insert(conn: Connection, new: New, now: datetime, *, place: int | None) -> Issued:
    """Write the registration, its ticket when it has a seat, its access need and its first step.

    :raises KeyUsedError: when the submission key has a registration already.
    """
    state = RegistrationState.CONFIRMED if place is None else RegistrationState.WAITING
    if INSERT(conn, **new.values, state=state.value, waiting_number=place).scalar_one_or_none() is None:
        raise KeyUsedError
    by_id = new.by.id if new.by else None
    seats.note(conn, new.id, state=state.value, reason=new.reason.value, by_id=by_id, now=now)
    if new.sign_up.needs:
        shown = new.sign_up.show_needs_at_door
        INSERT_NEED(conn, id=new_id(), registration_id=new.id, text=new.sign_up.needs, show_at_door=shown, now=now)
    return issue(conn, new.id, new.values["event_id"], now) if place is None else Issued()


def issue(conn: Connection, registration_id: str, event_id: str, now: datetime) -> Issued:
    """Make the ticket of a registration; only the hash of its code is stored."""
    ticket_id = new_id()
    code = tickets.code(ticket_id, 1)
    hashed = tickets.code_hash(code)
    INSERT_TICKET(conn, id=ticket_id, registration_id=registration_id, event_id=event_id, code_hash=hashed, now=now)
    return Issued(ticket_id, code)


def outcome_of(row: Any) -> Outcome:
    """What came of a registration that is stored: a row of id, state, ticket_id and version."""
    code = tickets.code(row.ticket_id, row.version) if row.ticket_id else None
    return Outcome(row.id, RegistrationState(row.state), tickets.link_token(row.id), row.ticket_id, code)
