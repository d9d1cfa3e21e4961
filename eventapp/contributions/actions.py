"""Taking in contributions, and asking those who came for them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from eventapp import audit, record
from eventapp.contributions import entries, queries
from eventapp.contributions.errors import NobodyToAskError, OtherContributionError, TooEarlyError
from eventapp.contributions.models import Contribution, FollowUp, Quoting
from eventapp.db import Sql, db, new_id
from eventapp.events import rules as event_rules
from eventapp.events.models import Event
from eventapp.events.rules import Road
from eventapp.mail import outbox
from eventapp.tokens import derived_token, token_hash
from eventapp.web.urls import external_url
from eventapp.work import actions as work

ASK = "contributions.ask"  # kind of the job that sends the link

# SQL: the next number is decided by the database, in one statement that nobody can come between.
QUEUE_UP = Sql(
    "INSERT INTO contribution_series (event_id, issued) VALUES (:event_id, 0)"
    " ON CONFLICT (event_id) DO UPDATE SET issued = contribution_series.issued"
)
NEXT_NUMBER = Sql("UPDATE contribution_series SET issued = issued + 1 WHERE event_id = :event_id RETURNING issued")


@dataclass(frozen=True)
class SentContribution:
    """A contribution as it was sent."""

    submission_key: str
    theme_id: str
    text: str
    quoting: Quoting
    name: str = ""
    was_present: bool = False

    def content_hash(self) -> str:
        told = json.dumps([self.theme_id, self.text, self.name, str(self.quoting)])
        return hashlib.sha256(told.encode()).hexdigest()


def receipt_token(contribution_id: str) -> str:
    """The token in the address of the receipt."""
    return derived_token("contribution", contribution_id)


def contribute(event: Event, sent: SentContribution, *, now: datetime) -> Contribution:
    """Take in a contribution, give it the next number of the event, and put it into the case's record.

    Sent again with the same key and content it is the one that is stored already.

    :raises TooEarlyError: before the debate is over.
    :raises CalledOffError: when it was called off. :raises OtherContributionError: other content, same key.
    """
    event_rules.check(Road.CONTRIBUTE, event, now, TooEarlyError)
    _queue_up(event.id)  # before looking: the same form may be coming in twice at this moment
    if earlier := queries.contribution_with_key(sent.submission_key):
        return _same(earlier, sent)
    new, number = new_id(), _next_number(event.id)
    contribution = Contribution(
        id=new,
        event_id=event.id,
        number=number,
        content_hash=sent.content_hash(),
        receipt_hash=token_hash(receipt_token(new)),
        sent_at=now,
        **vars(sent),
    )
    db.session.add(contribution)
    record.append(
        db.session.connection(),
        log_id=event.case_id,
        kind=entries.CONTRIBUTION,
        parts=entries.content(sent.theme_id, sent.name, sent.text, sent.quoting, number),
        ref=new,
        received_at=now,
        at=now,
    )
    audit.record(None, "contributions.received", new, number=number)
    return contribution


def ask_those_who_came(event: Event, *, by: audit.Actor, now: datetime) -> int:
    """Let the link be sent to everybody who came, agreed, and was not asked yet; to how many.

    :raises TooEarlyError: before the debate is over.
    :raises CalledOffError: when it was called off. :raises NobodyToAskError: when there is nobody.
    """
    event_rules.check(Road.ASK, event, now, TooEarlyError)
    conn = db.session.connection()
    number = queries.number_to_be_asked(conn, event.id)
    if not number:
        raise NobodyToAskError
    work.start(conn, ASK, arguments={"event_id": event.id}, owner=by, subject_id=event.id)
    audit.record(by, "contributions.asked", event.id, people=number)
    return number


def ask_some(conn: Connection, event_id: str, *, now: datetime, most: int) -> int:
    """Send the link to the next of them, at most ``most``; to how many."""
    QUEUE_UP(conn, event_id=event_id)  # or two workers would write to the same
    event = conn.execute(select(Event.slug, Event.title).where(Event.id == event_id)).one()
    asked = conn.execute(queries.to_be_asked(event_id).limit(most)).all()
    for booking in asked:
        _ask(conn, event, booking, now)
    return len(asked)


def _ask(conn: Connection, event: Any, booking: Any, now: datetime) -> None:
    token = derived_token("follow-up", booking.id)
    sent = {"event_id": booking.event_id, "link_hash": token_hash(token), "sent_at": now}
    conn.execute(insert(FollowUp).values(booking_id=booking.id, **sent))
    outbox.queue(
        conn,
        message="contributions/link",
        to=booking.email,
        lang=booking.lang,
        subject_id=booking.id,
        context={"title": event.title},
        secrets={"link": external_url("contributions.link_form", slug=event.slug, token=token)},
        dedupe=f"follow-up:{booking.id}",
    )


def _same(earlier: Contribution, sent: SentContribution) -> Contribution:
    if earlier.content_hash != sent.content_hash():
        raise OtherContributionError
    return earlier


def _queue_up(event_id: str) -> None:
    """Wait for the event's other contributions; until this transaction ends they wait for us."""
    QUEUE_UP(db.session.connection(), event_id=event_id)


def _next_number(event_id: str) -> int:
    """The next number of the event, for the one whose turn it is."""
    number: int = NEXT_NUMBER(db.session.connection(), event_id=event_id).scalar_one()
    return number
