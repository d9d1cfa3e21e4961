"""What staff do with the outbox."""

from __future__ import annotations

from datetime import datetime

from eventapp import audit
from eventapp.mail import queries
from eventapp.mail.errors import NotToBeSentAgainError
from eventapp.mail.models import OutboxMail, State


def try_again(mail_id: str, *, by: audit.Actor, now: datetime) -> OutboxMail:
    """Let a worker take a mail at once, with all its tries before it. One that was held back is let through.

    :param now: the machine's time.
    :raises NotToBeSentAgainError: when it was sent, is being sent, or its values are gone.
    """
    found = queries.mail(mail_id)
    if not queries.may_be_sent_again(found, now):
        raise NotToBeSentAgainError
    audit.record(by, "mail.tried_again", found.id, was=found.state.value, tries=found.attempts)
    if found.limit_key:
        found.admitted_at = now
    found.state, found.attempts, found.deaths, found.due_at, found.finished_at = State.WAITING, 0, 0, now, None
    return found
