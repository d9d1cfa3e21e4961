"""Putting an invitation right: written anew while nobody has it, else corrected or withdrawn (ADR 0066)."""

from __future__ import annotations

from datetime import datetime

from eventapp import audit
from eventapp.corrections import actions as corrections
from eventapp.db import db
from eventapp.events import rules as event_rules
from eventapp.events.errors import HasBegunError
from eventapp.events.rules import Road
from eventapp.invitations import actions, messages
from eventapp.invitations.actions import Draft
from eventapp.invitations.errors import AlreadySentError, NoReplyToSeeError, WithdrawnError
from eventapp.invitations.models import Invitation
from eventapp.web.ordered import assign


def change(invitation: Invitation, draft: Draft, *, by: audit.Actor) -> None:
    """Write anew what was not sent.

    :raises AlreadySentError: once a letter left: it says what was asked of whom.
    """
    _lock_unsent(invitation)
    if changed := assign(invitation, vars(draft)):
        audit.record(by, "invitations.changed", invitation.id, fields=sorted(changed))


def remove(invitation: Invitation, *, by: audit.Actor) -> None:
    """Take away what was never sent.

    :raises AlreadySentError: once a letter left.
    """
    _lock_unsent(invitation)
    audit.record(by, "invitations.removed", invitation.id)
    db.session.delete(invitation)


def correct(invitation: Invitation, ministry: str, email: str, reason: str, *, by: audit.Actor, now: datetime) -> None:
    """Correct where letters go; what the letter says of whom is invited stays.

    :raises NoReplyToSeeError: before it was sent. :raises WithdrawnError: once it was withdrawn.
    """
    _lock_sent(invitation)
    if changed := assign(invitation, {"ministry": ministry, "email": email}):
        corrections.note(
            invitation.id,
            "invitations.corrected",
            reason=reason,
            by=by,
            now=now,
            fields=changed,
            log_id=invitation.event.case_id,
        )


def withdraw(invitation: Invitation, reason: str, *, by: audit.Actor, now: datetime) -> None:
    """Withdraw what was sent: the office is told, its link leads nowhere any more, and its seat is given back.

    :raises NoReplyToSeeError: before it was sent. :raises WithdrawnError: the second time.
    :raises HasBegunError: once the event has begun. :raises CalledOffError: when it is called off.
    """
    event_rules.check(Road.INVITE, invitation.event, now, HasBegunError)
    _lock_sent(invitation)
    invitation.withdrawn_at = now
    corrections.note(
        invitation.id, "invitations.withdrawn", reason=reason, by=by, now=now, log_id=invitation.event.case_id
    )
    actions.give_seat_back(invitation, now=now)
    messages.tell_withdrawn(db.session.connection(), invitation, reason)


def _lock_unsent(invitation: Invitation) -> None:
    actions.lock(invitation)
    db.session.expire(invitation, ["letters"])
    if invitation.letters:
        raise AlreadySentError


def _lock_sent(invitation: Invitation) -> None:
    actions.lock(invitation)
    db.session.expire(invitation, ["letters"])
    if not invitation.letters:
        raise NoReplyToSeeError
    if invitation.withdrawn_at:
        raise WithdrawnError
