"""Questions about events."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from eventapp.db import db
from eventapp.errors import existing
from eventapp.events.models import Event, Layout, Quota, QuotaKind


def event_by_id(event_id: str) -> Event:
    """
    :raises NotFoundError: when there is no such event.
    """
    return existing(db.session.get(Event, event_id))


def published_event(slug: str) -> Event:
    """An event that everybody may read; one that was called off is still there.

    :raises NotFoundError: when there is none, and as well while it is a draft.
    """
    return existing(db.session.scalar(select(Event).where(Event.slug == slug, Event.published_at.is_not(None))))


def events() -> Sequence[Event]:
    """All events, the latest first."""
    return db.session.scalars(
        select(Event).options(joinedload(Event.case)).order_by(Event.starts_at.desc(), Event.id)
    ).all()


def events_of_case(case_id: str) -> Sequence[Event]:
    """The events of a case in the order in which they take place, drafts too."""
    return db.session.scalars(select(Event).where(Event.case_id == case_id).order_by(Event.starts_at, Event.id)).all()


def published_events() -> Sequence[Event]:
    """Published events, the earliest first; for the front page, which sorts out what is over."""
    published = (
        select(Event).where(Event.published_at.is_not(None)).options(joinedload(Event.layout).joinedload(Layout.venue))
    )
    return db.session.scalars(published.order_by(Event.starts_at, Event.id)).all()


def free_slug(wish: str) -> str:
    """The wish, or the wish with the first number behind it that no event has."""
    taken = set(db.session.scalars(select(Event.slug).where(Event.slug.startswith(wish)).order_by(Event.slug)))
    numbered = (f"{wish}-{number}" for number in itertools.count(2))
    return wish if wish not in taken else next(one for one in numbered if one not in taken)


def quota(event_id: str, kind: QuotaKind) -> Quota | None:
    """The seats of one kind of guest, with their counters as they stand now."""
    return db.session.scalar(select(Quota).where(Quota.event_id == event_id, Quota.kind == kind))
