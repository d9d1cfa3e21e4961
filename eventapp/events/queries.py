"""Questions about events."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import joinedload

from eventapp.cases.rules import first_free
from eventapp.db import db, reading
from eventapp.errors import existing
from eventapp.events.models import Event, Layout, Quota, QuotaKind
from eventapp.formats.display import danish_date
from eventapp.languages import Wording, in_language_of
from eventapp.web.permissions import Reach, Scope
from eventapp.web.registry import ScopeChoice


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


def events(reach: Reach) -> Sequence[Event]:
    """The events within reach, the latest first."""
    found = select(Event).where(within(reach)).options(joinedload(Event.case))
    return db.session.scalars(found.order_by(Event.starts_at.desc(), Event.id)).all()


def within(reach: Reach) -> ColumnElement[bool]:
    """Which events a role reaches: those of its case too."""
    if reach.everything:
        return true()
    return or_(Event.case_id.in_(reach.case_ids), Event.id.in_(reach.event_ids))


def ids_within(reach: Reach) -> Select[str]:
    """Selects the ids of the events that a role reaches."""
    return select(Event.id).where(within(reach))


def event_scope(ids: Select[str]) -> Scope:
    """What a thing of an event belongs to.

    :param ids: selects the id of its event; nothing, where there is no such thing.
    """
    with reading() as conn:
        row = conn.execute(select(Event.case_id, Event.id).where(Event.id.in_(ids))).one_or_none()
    return Scope(row.case_id, row.id) if row else Scope()


def scope(event_id: str) -> Scope:
    return event_scope(select(Event.id).where(Event.id == event_id))


def scope_choices() -> list[ScopeChoice]:
    """The events that a role can be given for."""
    found = db.session.scalars(select(Event).order_by(Event.starts_at.desc(), Event.id))
    return [ScopeChoice(f"event:{one.id}", _choice(one)) for one in found]


def _choice(event: Event) -> Wording:
    return in_language_of(
        event.title, lambda: _("Event: %(title)s, %(day)s", title=event.title, day=danish_date(event.starts_at))
    )


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
    return first_free(wish, taken)


def quota(event_id: str, kind: QuotaKind) -> Quota | None:
    """The seats of one kind of guest, with their counters as they stand now."""
    return db.session.scalar(select(Quota).where(Quota.event_id == event_id, Quota.kind == kind))
