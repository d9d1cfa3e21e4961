"""Named reads of invitations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from eventapp.db import db
from eventapp.errors import NotFoundError, existing
from eventapp.events.queries import event_scope
from eventapp.events.queries import ids_within as events_within
from eventapp.invitations.models import Invitation, Letter, ReplyState
from eventapp.mail import standing
from eventapp.tokens import token_hash
from eventapp.web.permissions import Reach, Scope

WHOLE = (selectinload(Invitation.letters), selectinload(Invitation.replies), selectinload(Invitation.sightings))


def invitation(event_id: str, invitation_id: str) -> Invitation:
    """
    :raises NotFoundError: when the event has no such invitation.
    """
    found = db.session.get(Invitation, invitation_id, options=WHOLE)
    if found is None or found.event_id != event_id:
        raise NotFoundError
    return found


def invitation_with_link(token: str) -> Invitation:
    """The invitation whose reply link this is; only one that was sent and not withdrawn.

    :raises NotFoundError: when there is none.
    """
    wanted = select(Invitation).where(Invitation.link_hash == token_hash(token)).options(*WHOLE)
    found = db.session.scalars(wanted).one_or_none()
    if found is None or not found.letters or found.withdrawn_at:
        raise NotFoundError
    return found


def invitations(event_id: str) -> Sequence[Invitation]:
    """All invitations in the organiser's order, each with letters, replies and sightings."""
    wanted = select(Invitation).where(Invitation.event_id == event_id).options(*WHOLE)
    return db.session.scalars(wanted.order_by(Invitation.precedence)).all()


def deliveries(found: Sequence[Invitation]) -> dict[str, list[Row[Any]]]:
    """Invitation -> how the mails about it stand, the newest first."""
    rows = standing.deliveries(db.session.connection(), subjects=[one.id for one in found])
    return {one.id: [row for row in rows if row.subject_id == one.id] for one in found}


def next_precedence(event_id: str) -> int:
    wanted = select(func.max(Invitation.precedence)).where(Invitation.event_id == event_id)
    return (db.session.scalar(wanted) or 0) + 1


def letter(invitation_id: str, number: int) -> Letter:
    """
    :raises NotFoundError: when there is none.
    """
    wanted = select(Letter).where(Letter.invitation_id == invitation_id, Letter.number == number)
    return existing(db.session.scalars(wanted.options(joinedload(Letter.invitation))).one_or_none())


def programme_people(event_id: str) -> dict[str, list[str]]:
    """Programme item -> who will be there: an office only after it said yes (domain.md 5.3)."""
    people: dict[str, list[str]] = {}
    for one in invitations(event_id):
        if one.programme_item_id and not one.withdrawn_at and one.reply and one.reply.state != ReplyState.DECLINED:
            people.setdefault(one.programme_item_id, []).append(_who(one))
    return people


def _who(invitation: Invitation) -> str:
    reply = invitation.reply
    if reply and reply.state == ReplyState.DELEGATED:
        return ", ".join(filter(None, (reply.stand_in_name, reply.stand_in_title)))
    return f"{invitation.office} {invitation.name}".strip()


def scope(invitation_id: str) -> Scope:
    """What an invitation belongs to, for the guard."""
    return event_scope(select(Invitation.event_id).where(Invitation.id == invitation_id))


def ids_within(reach: Reach) -> Select[str]:
    """Selects the ids of the invitations to the events that a role reaches."""
    return select(Invitation.id).where(Invitation.event_id.in_(events_within(reach)))
