"""What the invited are told when the event becomes another: the letter's facts anew, and the entry in the calendar."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.orm import Session

from eventapp import clock
from eventapp.events.models import Event
from eventapp.invitations import letter_files
from eventapp.invitations.actions import link_token
from eventapp.invitations.models import Invitation, Letter, Reply, ReplyState
from eventapp.mail import outbox, rendering
from eventapp.mail.queued import QueuedMail
from eventapp.telling import queries as changes
from eventapp.telling.queries import Changed
from eventapp.web.registry import Telling

CHANGED, CALLED_OFF, WITHDRAWN = "invitations/changed", "invitations/called_off", "invitations/withdrawn"
LETTER, NOTED = "invitations/letter", "invitations/noted"
# Each with those that say what holds after it; a change carries the letter and the link too.
FOLLOWERS = {
    LETTER: (LETTER, CHANGED, WITHDRAWN),
    NOTED: (NOTED, WITHDRAWN),
    CHANGED: (CHANGED, WITHDRAWN),
    CALLED_OFF: (),
    WITHDRAWN: (),
}


def tell_of_change(conn: Connection, telling: Telling, after: str, most: int) -> list[str]:
    """Write to the offices that were sent a letter and have not said no: those that have not replied, too.

    :param after: the last invitation that was written to; empty at the beginning.
    :returns: the invitations that were written to now, at most ``most``; empty when all were.
    """
    changed = changes.since(conn, telling.subject_id, telling.since)
    with Session(conn) as session:
        wanted = select(Invitation).where(*_reached(telling.subject_id, telling.until), Invitation.id > after)
        found = session.scalars(wanted.order_by(Invitation.id).limit(most)).all()
        for one in found:
            _tell(conn, one, changed, telling.number)
        return [one.id for one in found]


def is_outdated(conn: Connection, mail: QueuedMail) -> bool:
    """Whether another mail of the same invitation says what holds, or the event is called off."""
    event = select(Event.cancelled_at).join(Invitation).where(Invitation.id == mail.subject_id)
    if mail.message not in {CALLED_OFF, WITHDRAWN} and conn.execute(event).scalar_one_or_none() is not None:
        return True
    return rendering.has_later(conn, mail, *FOLLOWERS[mail.message])


def register() -> None:
    """Let the worker know when one of these mails is out of date."""
    for message in FOLLOWERS:
        rendering.register_check(message, is_outdated)


def number_reached(conn: Connection, event_id: str, until: datetime) -> int:
    """How many those are in all."""
    return conn.execute(select(func.count(Invitation.id)).where(*_reached(event_id, until))).scalar_one()


def tell_withdrawn(conn: Connection, invitation: Invitation, reason: str) -> None:
    """Write to the office that it is invited no more, and take the entry out of its calendar."""
    outbox.queue(
        conn,
        message=WITHDRAWN,
        to=invitation.email,
        subject_id=invitation.id,
        context={**letter_files.told(invitation), "reason": reason},
        calendar=letter_files.calendar_request(conn, invitation, clock.system_now()),
        calendar_method="CANCEL",
        dedupe=f"{WITHDRAWN}:{invitation.id}",
    )


def _reached(event_id: str, until: datetime) -> list[ColumnElement[bool]]:
    letters = select(Letter.invitation_id).where(Letter.sent_at <= until)
    last = select(func.max(Reply.number)).where(Reply.invitation_id == Invitation.id).correlate(Invitation)
    no = select(Reply.id).where(
        Reply.invitation_id == Invitation.id,
        Reply.state == ReplyState.DECLINED,
        Reply.number == last.scalar_subquery(),
    )
    in_force = Invitation.withdrawn_at.is_(None)
    return [Invitation.event_id == event_id, in_force, Invitation.email != "", Invitation.id.in_(letters), ~no.exists()]


def _tell(conn: Connection, invitation: Invitation, changed: Changed, number: int) -> None:
    event = invitation.event
    is_off = event.cancelled_at is not None
    outbox.queue(
        conn,
        message=CALLED_OFF if is_off else CHANGED,
        to=invitation.email,
        subject_id=invitation.id,
        context={
            **letter_files.told(invitation),
            "facts": list(changed.facts),
            "reasons": [event.cancel_text.official] if is_off else list(changed.reasons),
            "has_ticket": invitation.reply is not None,
            "number": number,
        },
        secrets={"link": letter_files.reply_link(link_token(invitation.id))},
        attachments=() if is_off else [letter_files.attached(invitation.letters[-1].sha256)],
        calendar=letter_files.calendar_request(conn, invitation, clock.system_now()),
        calendar_method="CANCEL" if is_off else "REQUEST",
        dedupe=f"{CHANGED}:{number}:{invitation.id}",
    )
