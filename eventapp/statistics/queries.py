"""What statistics read. Counting is done in the database; nothing is written here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from eventapp.checkin.models import Occupancy, Presence
from eventapp.db import db, reading
from eventapp.events.models import Category, Event
from eventapp.registration.models import AccessNeed, Booking, FieldValue, Origin, Registration, RegistrationState
from eventapp.statistics import rules
from eventapp.statistics.rules import Counts, total

ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Group:
    """One answer to "I come as"; ``category`` is None for those who did not say."""

    category: Category | None
    counts: Counts


@dataclass(frozen=True)
class Figures:
    """Everything that is counted about one event."""

    groups: Sequence[Group]
    total: Counts
    highest: int | None
    highest_at: datetime | None
    with_needs: int


def figures(event: Event, now: datetime) -> Figures:
    """The figures as they stand at ``now``."""
    is_over = now >= event.ends_at
    counted = _by_category(event.id, is_over=is_over)
    wanted: list[Category | None] = [*event.categories, *([None] if None in counted else [])]
    groups = [Group(one, counted.get(one.id if one else None, Counts(is_over=is_over))) for one in wanted]
    occupancy = db.session.get(Occupancy, event.id)
    return Figures(
        groups=groups,
        total=total((one.counts for one in groups), is_over=is_over),
        highest=occupancy.highest if occupancy and occupancy.scans else None,
        highest_at=occupancy.highest_at if occupancy else None,
        with_needs=_with_needs(event.id),
    )


def arrivals(event: Event) -> list[tuple[datetime, int]]:
    """How many heads came for the first time in each five minutes of the evening, quiet steps too."""
    moments = _arrival_moments(event.id)
    return rules.arrivals(moments, opens_at=event.doors_open_at, ends_at=event.ends_at)


def _arrival_moments(event_id: str) -> list[datetime]:
    moments = select(Presence.came_at).where(Presence.event_id == event_id).order_by(Presence.came_at)
    return [one for one in db.session.scalars(moments) if one]


def attendee_count(event_id: str) -> int:
    """How many rows :func:`attendees` gives."""
    return db.session.scalar(select(func.count()).select_from(_attendees(event_id).subquery())) or 0


def attendees(event_id: str, *, with_answers: bool) -> Iterator[tuple[Any, dict[str, str]]]:
    """Who was registered and who came, in Danish alphabetical order, on a connection of its own.

    A thousand rows at a time, read while they are sent. Each ``with_answers``: what was answered to fields that have
    no column, by key.
    """
    wanted = _attendees(event_id).order_by(Registration.name_key, Registration.id)
    with reading(in_steps=True) as conn:
        for rows in conn.execution_options(yield_per=ROWS_AT_ONCE).execute(wanted).partitions():
            kept = _answers(conn, [row.id for row in rows]) if with_answers else {}
            for row in rows:
                yield row, kept.get(row.id, {})


def _answers(conn: Connection, registration_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    wanted = select(FieldValue.registration_id, FieldValue.key, FieldValue.value)
    for registration_id, key, value in conn.execute(wanted.where(FieldValue.registration_id.in_(registration_ids))):
        found.setdefault(registration_id, {})[key] = value
    return found


def _attendees(event_id: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Registration.id,
            Registration.name,
            Booking.email,
            Registration.organisation,
            Registration.question,
            Category.label,
            Registration.state,
            Booking.origin,
            Booking.registered_at,
            Presence.came_at,
            Booking.wants_follow_up,
        )
        .join(Registration.booking)
        .outerjoin(Category, Category.id == Registration.category_id)
        .outerjoin(Presence, Presence.registration_id == Registration.id)
        .where(Registration.event_id == event_id)
    )


def _by_category(event_id: str, *, is_over: bool) -> dict[str | None, Counts]:
    is_walk_in = Booking.origin == Origin.WALK_IN
    confirmed = (Registration.state == RegistrationState.CONFIRMED) & ~is_walk_in
    came = Presence.came_at.is_not(None)
    rows = db.session.execute(
        select(
            Registration.category_id,
            _number(confirmed),
            _number((Registration.state == RegistrationState.WAITING) & ~is_walk_in),
            _number((Registration.state == RegistrationState.CANCELLED) & ~is_walk_in),
            _number(came),
            _number(is_walk_in & came),
            _number(confirmed & came),
        )
        .join(Registration.booking)
        .outerjoin(Presence, Presence.registration_id == Registration.id)
        .where(Registration.event_id == event_id)
        .group_by(Registration.category_id)
    ).all()
    return {category_id: _counts(numbers, is_over=is_over) for category_id, *numbers in rows}


def _counts(numbers: Sequence[int], *, is_over: bool) -> Counts:
    confirmed, waiting, cancelled, came, walk_ins, confirmed_who_came = map(int, numbers)
    return Counts(confirmed, waiting, cancelled, came, walk_ins, confirmed_who_came, is_over)


def _number(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _with_needs(event_id: str) -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(AccessNeed)
            .join(Registration, Registration.id == AccessNeed.registration_id)
            .where(Registration.event_id == event_id, Registration.state != RegistrationState.CANCELLED)
        )
        or 0
    )
