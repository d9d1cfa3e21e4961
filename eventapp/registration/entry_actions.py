"""Writing one booking: what it is made of, the rows it becomes, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eventapp.audit import Actor
from eventapp.db import Sql, new_id
from eventapp.languages import OFFICIAL
from eventapp.registration import rules, seat_actions, ticket_rules
from eventapp.registration.models import Origin, Reason, RegistrationState, Suspicion
from eventapp.tokens import token_hash

INSERT = Sql("""
    INSERT INTO booking (id, event_id, quota_id, submission_key, content_hash, waiting_number, waiting, origin, email,
        lang, wants_follow_up, notice_version, suspicion, link_hash, registered_at)
    VALUES (:id, :event_id, :quota_id, :submission_key, :content_hash, :waiting_number, :waiting, :origin, :email,
        :lang, :wants_follow_up, :notice_version, :suspicion, :link_hash, :registered_at)
    ON CONFLICT (submission_key) DO NOTHING RETURNING id
""")
INSERT_HEAD = Sql("""
    INSERT INTO registration (id, booking_id, position, event_id, category_id, state, name, name_key, name_words,
        organisation, question)
    VALUES (:id, :booking_id, :position, :event_id, :category_id, :state, :name, :name_key, :name_words,
        :organisation, :question)
""")
INSERT_TICKET = Sql("""
    INSERT INTO ticket (id, registration_id, event_id, version, code_hash, issued_at)
    VALUES (:id, :registration_id, :event_id, 1, :code_hash, :now)
""")
INSERT_NEED = Sql("""
    INSERT INTO access_need (id, registration_id, text, show_at_door, given_at)
    VALUES (:id, :registration_id, :text, :show_at_door, :now)
""")
INSERT_VALUE = Sql("""
    INSERT INTO field_value (registration_id, key, value) VALUES (:registration_id, :key, :value)
    ON CONFLICT (registration_id, key) DO UPDATE SET value = excluded.value
""")
FIRST_STEP = {
    Origin.WEB: Reason.SIGNED_UP,
    Origin.STAFF: Reason.REGISTERED_BY_STAFF,
    Origin.INVITATION: Reason.ACCEPTED_INVITATION,
    Origin.WALK_IN: Reason.WALKED_IN,
}


@dataclass(frozen=True)
class Head:
    """What is told of one person who wants to come. ``answers``: (key, value) of fields that have no column."""

    name: str
    category_id: str | None = None
    organisation: str = ""
    needs: str = ""
    show_needs_at_door: bool = False
    question: str = ""
    answers: tuple[tuple[str, str], ...] = ()

    def content(self) -> dict[str, Any]:
        told = vars(self)
        return told if self.answers else {name: value for name, value in told.items() if name != "answers"}


@dataclass(frozen=True)
class SignUp:
    """What a sender tells us: the heads, the sender's own first, and how to reach the sender.

    ``email`` is in lower case and ASCII; "" for one who signed up by telephone.
    """

    email: str
    heads: tuple[Head, ...]
    wants_follow_up: bool = False

    def content(self) -> dict[str, Any]:
        """What a submission key is bound to; of one head it is what it was before there were groups."""
        sender, *others = [one.content() for one in self.heads]
        told = {**sender, "email": self.email, "wants_follow_up": self.wants_follow_up}
        return {**told, "others": others} if others else told

    def fingerprint(self, event_id: str) -> str:
        return rules.content_hash({"event": event_id, **self.content()})


@dataclass(frozen=True)
class Sending:
    """How it came to us, which is no part of what it says."""

    key: str
    lang: str = OFFICIAL
    notice_version: str = ""
    suspicion: Suspicion = Suspicion.NONE


@dataclass(frozen=True)
class SignedUp:
    """What came of it. ``link_token`` opens the booking's own page; ``place`` is the number in line at this moment.

    ``registration_ids`` are its heads in their order, and ``ticket_codes`` their tickets: none for those who wait.
    ``took_last``: no seat is left since.
    """

    booking_id: str
    registration_ids: tuple[str, ...]
    state: RegistrationState
    link_token: str
    ticket_codes: tuple[str, ...] = ()
    place: int | None = None
    took_last: bool = False

    @property
    def registration_id(self) -> str:
        """The sender's own head."""
        return self.registration_ids[0]

    @property
    def ticket_code(self) -> str | None:
        """The sender's own ticket."""
        return self.ticket_codes[0] if self.ticket_codes else None


@dataclass(frozen=True)
class New:
    """A booking about to be written, all of it made before the database is touched."""

    id: str
    values: dict[str, Any]
    heads: Sequence[dict[str, Any]]
    sign_up: SignUp
    reason: Reason
    by: Actor | None

    @property
    def registration_ids(self) -> tuple[str, ...]:
        return tuple(one["id"] for one in self.heads)

    @property
    def email(self) -> str:
        return self.sign_up.email

    @property
    def lang(self) -> str:
        return str(self.values["lang"])


class KeyUsedError(Exception):
    """This submission key has a booking already."""


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
    booking_id = new_id()
    values = {
        "id": booking_id,
        "event_id": event_id,
        "quota_id": quota_id,
        "submission_key": sending.key,
        "content_hash": given.fingerprint(event_id),
        "origin": origin.value,
        "email": given.email,
        "lang": sending.lang,
        "wants_follow_up": given.wants_follow_up,
        "notice_version": sending.notice_version,
        "suspicion": sending.suspicion.value,
        "link_hash": token_hash(ticket_rules.link_token(booking_id)),
        "registered_at": now,
    }
    heads = [
        {
            "id": new_id(),
            "booking_id": booking_id,
            "position": position,
            "event_id": event_id,
            "category_id": one.category_id,
            **rules.name_columns(one.name),
            "organisation": one.organisation,
            "question": one.question,
        }
        for position, one in enumerate(given.heads, start=1)
    ]
    return New(booking_id, values, heads, given, FIRST_STEP[origin], by)


def insert(conn: Connection, new: New, now: datetime, *, waiting_number: int | None) -> tuple[str, ...]:
    """Write the booking with its heads, their tickets when they have seats, their access needs and their first steps.

    :returns: the codes of the tickets; none when the booking waits.
    :raises KeyUsedError: when the submission key has a booking already.
    """
    has_seats = waiting_number is None
    state = (RegistrationState.CONFIRMED if has_seats else RegistrationState.WAITING).value
    waiting = 0 if has_seats else len(new.heads)
    if INSERT(conn, **new.values, waiting_number=waiting_number, waiting=waiting).scalar_one_or_none() is None:
        raise KeyUsedError
    INSERT_HEAD.many(conn, [{**one, "state": state} for one in new.heads])
    by_id = new.by.id if new.by else None
    seat_actions.note(conn, new.registration_ids, state=state, reason=new.reason.value, by_id=by_id, now=now)
    INSERT_NEED.many(conn, _needs(new, now))
    INSERT_VALUE.many(conn, _values(new))
    return issue(conn, new.registration_ids, new.values["event_id"], now) if has_seats else ()


def issue(conn: Connection, registration_ids: Sequence[str], event_id: str, now: datetime) -> tuple[str, ...]:
    """Make the tickets of these heads; only the hashes of their codes are stored. Returns the codes."""
    ids = [new_id() for _one in registration_ids]
    codes = tuple(ticket_rules.code(one, 1) for one in ids)
    rows = [
        {
            "id": one,
            "registration_id": head,
            "event_id": event_id,
            "code_hash": ticket_rules.code_hash(code),
            "now": now,
        }
        for one, head, code in zip(ids, registration_ids, codes, strict=True)
    ]
    INSERT_TICKET.many(conn, rows)
    return codes


def outcome_of(rows: Sequence[Any]) -> SignedUp:
    """What came of a booking that is stored: rows of its heads with booking_id, id, state, ticket_id and version."""
    booking_id = rows[0].booking_id
    state = rules.state_of([RegistrationState(row.state) for row in rows])
    codes = tuple(ticket_rules.code(row.ticket_id, row.version) for row in rows if row.ticket_id)
    return SignedUp(booking_id, tuple(row.id for row in rows), state, ticket_rules.link_token(booking_id), codes)


def _needs(new: New, now: datetime) -> list[dict[str, Any]]:
    return [
        {"id": new_id(), "registration_id": head, "text": one.needs, "show_at_door": one.show_needs_at_door, "now": now}
        for head, one in zip(new.registration_ids, new.sign_up.heads, strict=True)
        if one.needs
    ]


def _values(new: New) -> list[dict[str, Any]]:
    return [
        {"registration_id": head, "key": key, "value": value}
        for head, one in zip(new.registration_ids, new.sign_up.heads, strict=True)
        for key, value in one.answers
    ]
