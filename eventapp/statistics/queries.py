"""What statistics read: figures that are kept beside the guests (ADR 0044), and the guests themselves for a file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from eventapp.checkin.models import ArrivalCount, Occupancy, Presence
from eventapp.db import db, reading
from eventapp.events.models import Category, Event
from eventapp.registration.models import AccessNeed, Booking, FieldValue, HeadCount, Registration, RegistrationState
from eventapp.registration.staff_queries import kept_number
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
    counted = (
        select(ArrivalCount.step_at, func.sum(ArrivalCount.heads))
        .where(ArrivalCount.event_id == event.id, ArrivalCount.heads > 0)
        .group_by(ArrivalCount.step_at)
    )
    came = {at: int(number) for at, number in db.session.execute(counted)}
    return rules.arrivals(came, opens_at=event.doors_open_at, ends_at=event.ends_at)


def attendee_count(event_id: str) -> int:
    """How many rows :func:`attendees` gives."""
    return sum(cell.heads for cell in _cells(event_id))


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
    """From the cells that are kept beside the guests: no guest is read, however many there are."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for cell in _cells(event_id):
        if cell.quota_key:
            found[cell.category_key][cell.state] += cell.heads
        else:
            found[cell.category_key] += Counter()  # a group with walk-ins only is a group
    arrived = select(ArrivalCount).where(ArrivalCount.event_id == event_id)
    for arrival in db.session.scalars(arrived):
        numbers = found[arrival.category_key]
        numbers["came"] += arrival.heads
        if not arrival.quota_key:
            numbers["walk_ins"] += arrival.heads
        elif arrival.state is RegistrationState.CONFIRMED:
            numbers["confirmed_who_came"] += arrival.heads
    return {key or None: Counts(**numbers, is_over=is_over) for key, numbers in found.items()}


def _with_needs(event_id: str) -> int:
    """Those whose text is still there, and those who were counted when theirs was deleted; cancelled ones left out."""
    gone = kept_number(event_id, AccessNeed)
    there = sum(one.with_needs for one in _cells(event_id) if one.state is not RegistrationState.CANCELLED)
    return there + (gone.number if gone else 0)


def _cells(event_id: str) -> Sequence[HeadCount]:
    return db.session.scalars(select(HeadCount).where(HeadCount.event_id == event_id, HeadCount.heads > 0)).all()
