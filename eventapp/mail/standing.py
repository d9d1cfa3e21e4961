"""How the mails about something stand, for the page of that thing: one read and one set of words for all of them.

Queued is not sent, and sent is not delivered. A row of :func:`deliveries` has the columns in ``SHOWN``; the macros in
``components/mail.html`` draw it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, Row, or_, select

from eventapp.mail import answers
from eventapp.mail.models import OutboxMail, State

SHOWN = (
    OutboxMail.id,
    OutboxMail.message,
    OutboxMail.to_address,
    OutboxMail.subject_id,
    OutboxMail.state,
    OutboxMail.attempts,
    OutboxMail.answer,
    OutboxMail.due_at,
    OutboxMail.queued_at,
    OutboxMail.finished_at,
)
FAILED = (State.REFUSED, State.GIVEN_UP, State.HELD)
WORDS = {
    "waiting": (_l("Waits to be sent"), "info"),
    "limited": (_l("Waits: the address has got three mails within the hour"), "info"),
    "retried": (_l("Could not be sent yet, is tried again"), "warning"),
    "sent": (_l("Sent"), "success"),
    "refused": (_l("Not delivered"), "error"),
    "given_up": (_l("Not delivered"), "error"),
    "held": (_l("Held back: too many mails were asked for this address"), "error"),
    "superseded": (_l("Out of date, not sent"), "neutral"),
}


def deliveries(conn: Connection, *, subjects: Collection[str] = (), mails: Collection[str] = ()) -> Sequence[Row[Any]]:
    """The mails about these things, and these mails, the newest first."""
    chosen = or_(OutboxMail.subject_id.in_(subjects), OutboxMail.id.in_(mails))
    wanted = select(*SHOWN).where(chosen).order_by(OutboxMail.queued_at.desc(), OutboxMail.id)
    return [*conn.execute(wanted)]


def code(mail: Any) -> str:
    """Where a mail stands, as ``WORDS`` names it: of those that wait, why."""
    if mail.state is State.WAITING and mail.answer == answers.WAITS_ITS_TURN:
        return "limited"
    if mail.state is State.WAITING and mail.attempts:
        return "retried"
    return "waiting" if mail.state is State.SENDING else str(mail.state.value)


def masked(email: str) -> str:
    """An address that its owner knows again and nobody else can write to.

    >>> masked("nguyen@example.org")
    'n…@example.org'
    """
    name, _at, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}" if name else ""


def has_failed(mail: Any) -> bool:
    """Whether it ended without having been sent, and another is needed."""
    return mail.state in FAILED
