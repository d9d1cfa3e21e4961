"""Verbs of what an organiser asks the guests of one event beside the standard fields (ADR 0021)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, func, select

from eventapp import audit
from eventapp.db import db, new_id
from eventapp.db.personal import kept_for
from eventapp.errors import existing
from eventapp.events.models import Event
from eventapp.languages import OFFICIAL, Wording
from eventapp.registration.models import AccessNeed, EventField, FieldValue
from eventapp.web.fields import Asked, FieldKind
from eventapp.web.permissions import Permission


@dataclass(frozen=True)
class Question:
    """What an organiser wants to ask.

    ``kept_days``: after the event; None as long as the registration, and where it is about health as long as what
    guests need (LAW-06).
    """

    label: Wording
    purpose: Wording
    kind: FieldKind
    choices: tuple[str, ...] = ()
    is_required: bool = False
    seen_by: Permission = Permission.READ_REGISTRATIONS
    kept_days: int | None = None
    is_exported: bool = True


def ask(event: Event, question: Question, *, by: audit.Actor) -> EventField:
    """Ask the guests of an event for something more, on every form."""
    db.session.refresh(event, with_for_update={"key_share": True})  # two may be adding the next one at once
    last = db.session.scalar(select(func.max(EventField.position)).where(EventField.event_id == event.id))
    given = vars(question) | {
        "kept_days": _kept_days(question),
        "choices": [{OFFICIAL: one} for one in question.choices],
        "seen_by": str(question.seen_by),
        "asked_of": [str(one) for one in Asked],
    }
    asked = EventField(id=new_id(), event_id=event.id, position=(last or 0) + 1, **given)
    db.session.add(asked)
    audit.record(by, "registration.field_added", asked.id, event_id=event.id)
    return asked


def _kept_days(question: Question) -> int | None:
    if question.kept_days is None and question.seen_by is Permission.READ_ACCESS_NEEDS:
        return kept_for(AccessNeed.text).days
    return question.kept_days


def stop_asking(event_id: str, field_id: str, *, by: audit.Actor) -> None:
    """Ask it of nobody any more. What was answered stays in list and files until its time is over.

    :raises NotFoundError: when the event asks nothing of the kind.
    """
    wanted = select(EventField).where(EventField.id == field_id, EventField.event_id == event_id)
    asked = existing(db.session.scalars(wanted).one_or_none())
    if db.session.scalar(select(exists().where(FieldValue.key == field_id))):
        asked.asked_of = []
    else:
        db.session.delete(asked)
    audit.record(by, "registration.field_ended", field_id, event_id=event_id)
