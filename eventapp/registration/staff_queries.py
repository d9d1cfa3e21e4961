"""Questions of the organiser: lists, one registration with its history, figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from eventapp.db import Model, db
from eventapp.errors import NotFoundError
from eventapp.events.models import Category, Quota, QuotaKind
from eventapp.events.queries import event_scope
from eventapp.events.queries import ids_within as events_within
from eventapp.mail.models import FAILED, OutboxMail
from eventapp.mail.standing import deliveries
from eventapp.registration import name_queries
from eventapp.registration.models import (
    AccessNeed,
    Booking,
    EventField,
    FieldValue,
    HeadCount,
    KeptNumber,
    Origin,
    Registration,
    RegistrationChange,
    RegistrationState,
)
from eventapp.registration.name_queries import Fitting
from eventapp.web.permissions import Reach, Scope

PAGE_SIZE = 50
NO_CATEGORY = "none"
DOUBLES = "doubles"


@dataclass(frozen=True)
class Wish:
    """What the organiser wants to see. Empty texts mean: everything."""

    text: str = ""
    state: str = ""
    category: str = ""
    by_time: bool = False
    page: int = 1


@dataclass(frozen=True)
class Found:
    """One page of registrations, and how many there are on all pages."""

    rows: Sequence[Any]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


@dataclass(frozen=True)
class Tally:
    """How many heads an event has, by where they stand. Walk-ins are counted apart and in no other figure."""

    confirmed: int = 0
    waiting: int = 0
    cancelled: int = 0
    walk_ins: int = 0

    @property
    def registered(self) -> int:
        """Those who want to come now: with a seat or in line."""
        return self.confirmed + self.waiting


def found(event_id: str, wish: Wish) -> Found:
    """The registrations that were asked for, in Danish alphabetical order or the newest first.

    Of those who were searched for, the ones whose name has an error come last.
    """
    named = name_queries.fitting(db.session.connection(), event_id, wish.text) if wish.text else None
    matching = _matching(event_id, wish, named)
    total = _total(event_id, wish, matching)
    page = min(max(1, wish.page), max(1, -(-total // PAGE_SIZE)))
    ids = _ids_of_page(matching, wish, named, total, page)
    rows = {row.id: row for row in db.session.execute(_columns().where(Registration.id.in_(ids)))}
    return Found([rows[one] for one in ids], total, page)


def registration(event_id: str, registration_id: str) -> Registration:
    """
    :raises NotFoundError: when the event has no such registration.
    """
    row = db.session.scalar(
        select(Registration)
        .where(Registration.id == registration_id, Registration.event_id == event_id)
        .options(
            joinedload(Registration.category),
            joinedload(Registration.ticket),
            joinedload(Registration.booking).selectinload(Booking.heads),
        )
    )
    if row is None:
        raise NotFoundError
    return row


def facts(registration_id: str) -> Any:
    """One head as the rows of :func:`found` are."""
    return db.session.execute(_columns().where(Registration.id == registration_id)).one()


def answers(registration_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """What these heads answered to fields that have no column: head -> key -> value."""
    given: dict[str, dict[str, str]] = {one: {} for one in registration_ids}
    wanted = select(FieldValue).where(FieldValue.registration_id.in_(registration_ids))
    for one in db.session.scalars(wanted):
        given[one.registration_id][one.key] = one.value
    return given


def history(registration_id: str) -> Sequence[RegistrationChange]:
    """Every step, the first first."""
    return db.session.scalars(
        select(RegistrationChange)
        .where(RegistrationChange.registration_id == registration_id)
        .order_by(RegistrationChange.at, RegistrationChange.id)
    ).all()


def mails(booking_id: str) -> Sequence[Row[Any]]:
    """What we have written to a sender, the newest first."""
    return deliveries(db.session.connection(), subjects=[booking_id])


@dataclass(frozen=True)
class NotDelivered:
    """How many who want to come were not reached by the last mail to them, and the first head of the first of them."""

    number: int
    registration_id: str
    since: datetime | None


def not_delivered(event_id: str) -> NotDelivered | None:
    """None when every last mail left, or still may."""
    later, failed = aliased(OutboxMail), aliased(OutboxMail)
    ended = select(failed.id).where(FAILED)  # few, and in an index of their own
    is_last = ~exists().where(later.subject_id == OutboxMail.subject_id, later.queued_at > OutboxMail.queued_at)
    rows = db.session.execute(
        select(OutboxMail.finished_at, Registration.id)
        .join(Booking, Booking.id == OutboxMail.subject_id)
        .join(Booking.heads)
        .where(
            OutboxMail.id.in_(ended),
            is_last,
            Booking.event_id == event_id,
            Registration.state != RegistrationState.CANCELLED,
        )
        .distinct()
        .order_by(OutboxMail.finished_at, Registration.id)
    ).all()
    return NotDelivered(len(rows), rows[0].id, rows[0].finished_at) if rows else None


def doubles_of(row: Registration) -> Sequence[Registration]:
    """Other registrations under the same name that still stand."""
    return db.session.scalars(
        select(Registration)
        .join(Registration.booking)
        .options(contains_eager(Registration.booking))
        .where(
            Registration.event_id == row.event_id,
            Registration.name_key == row.name_key,
            Registration.id != row.id,
            Registration.state != RegistrationState.CANCELLED,
            Registration.name != "",
        )
        .order_by(Booking.registered_at, Registration.id)
    ).all()


def need_of(registration_id: str) -> AccessNeed | None:
    return db.session.scalar(select(AccessNeed).where(AccessNeed.registration_id == registration_id))


def needs(event_id: str, keys: Collection[str]) -> Sequence[Any]:
    """What the guests of an event need: (registration, need), in Danish alphabetical order; cancelled ones left out.

    :param keys: of fields that ask about health; who answered one of them is there too, with None for the need.
    """
    answered = exists().where(FieldValue.registration_id == Registration.id, FieldValue.key.in_(keys))
    return db.session.execute(
        select(Registration, AccessNeed)
        .options(joinedload(Registration.booking))
        .outerjoin(AccessNeed, AccessNeed.registration_id == Registration.id)
        .where(Registration.event_id == event_id, Registration.state != RegistrationState.CANCELLED)
        .where(or_(AccessNeed.id.is_not(None), answered))
        .order_by(Registration.name_key, Registration.id)
    ).all()


def kept_number(event_id: str, table: type[Model]) -> KeptNumber | None:
    """How many rows of a table the event had that are deleted by now."""
    return db.session.get(KeptNumber, (event_id, table.__tablename__))


def tally(event_id: str) -> Tally:
    """How many there are of each, from the cells that are kept beside the guests."""
    counted: Counter[tuple[RegistrationState, bool]] = Counter()
    for cell in _cells(event_id):
        counted[cell.state, not cell.quota_key] += cell.heads
    return Tally(
        confirmed=counted[RegistrationState.CONFIRMED, False],
        waiting=counted[RegistrationState.WAITING, False],
        cancelled=counted[RegistrationState.CANCELLED, False],
        walk_ins=counted[RegistrationState.CONFIRMED, True],
    )


def standing(event_id: str) -> Tally:
    """The same for those who want to come, from the counters of the seats: no guest is read, however many."""
    sums = select(func.coalesce(func.sum(Quota.taken), 0), func.coalesce(func.sum(Quota.waiting), 0))
    confirmed, waiting = db.session.execute(sums.where(Quota.event_id == event_id)).one()
    return Tally(confirmed=int(confirmed), waiting=int(waiting))


def quotas(event_id: str) -> Sequence[Quota]:
    """The seats of an event, those of the public first."""
    found = db.session.scalars(select(Quota).where(Quota.event_id == event_id).order_by(Quota.kind)).all()
    return sorted(found, key=lambda one: list(QuotaKind).index(one.kind))


def oldest_double(event_id: str) -> datetime | None:
    """Since when two registrations that still stand share a name; None when none do.

    Read in the order of time until the first is found: the more guests there are, the sooner two share a name.
    """
    return db.session.scalar(
        select(Booking.registered_at)
        .join(Booking.heads)
        .where(Booking.event_id == event_id, *_live(), _has_double())
        .order_by(Booking.registered_at)
        .limit(1)
    )


def _cells(event_id: str) -> Sequence[HeadCount]:
    return db.session.scalars(select(HeadCount).where(HeadCount.event_id == event_id)).all()


def _total(event_id: str, wish: Wish, matching: Sequence[ColumnElement[bool]]) -> int:
    """How many fit; counted one by one only where something is asked for that no cell knows."""
    if wish.text or wish.state == DOUBLES:
        counted = select(func.count()).select_from(Registration).join(Registration.booking).where(*matching)
        return db.session.scalar(counted) or 0
    return sum(cell.heads for cell in _cells(event_id) if _fits(cell, wish))


def _fits(cell: HeadCount, wish: Wish) -> bool:
    """Whether those who are counted in a cell are wanted: the same question as :func:`_matching` asks of each."""
    if wish.category and cell.category_key != ("" if wish.category == NO_CATEGORY else wish.category):
        return False
    if wish.state == Origin.WALK_IN:
        return not cell.quota_key and cell.state is not RegistrationState.CANCELLED
    return not wish.state or (bool(cell.quota_key) and cell.state == wish.state)


def _ids_of_page(
    matching: Sequence[ColumnElement[bool]], wish: Wish, named: Fitting | None, total: int, page: int
) -> Sequence[str]:
    """The heads of a page in their order: what lies before them is skipped in an index, from the nearer end."""
    first = (page - 1) * PAGE_SIZE
    number = min(PAGE_SIZE, max(0, total - first))
    backwards = first > total - first - number
    skipped = total - first - number if backwards else first
    wanted = select(Registration.id).where(*matching).order_by(*_order(wish, named, backwards=backwards))
    if wish.by_time or wish.text:
        wanted = wanted.join(Registration.booking)
    found = db.session.scalars(wanted.limit(number).offset(skipped)).all()
    return found[::-1] if backwards else found


def _order(wish: Wish, named: Fitting | None, *, backwards: bool) -> list[ColumnElement[Any]]:
    if wish.by_time:
        keys = [Booking.registered_at.asc() if backwards else Booking.registered_at.desc()]
        return [*keys, *_ends([Registration.booking_id, Registration.position, Registration.id], backwards=backwards)]
    closest = [case((named.with_error, 1), else_=0)] if named else []
    return _ends([*closest, Registration.name_key, Registration.id], backwards=backwards)


def _ends(columns: Sequence[Any], *, backwards: bool) -> list[ColumnElement[Any]]:
    return [one.desc() if backwards else one.asc() for one in columns]


def _columns() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Registration.id,
            Registration.name,
            Booking.email,
            Registration.organisation,
            Registration.question,
            Booking.wants_follow_up,
            Registration.state,
            Booking.origin,
            Booking.suspicion,
            Booking.registered_at,
            Category.label,
            exists().where(AccessNeed.registration_id == Registration.id).label("has_need"),
            and_(*_live(), _has_double()).label("is_double"),
        )
        .join(Registration.booking)
        .outerjoin(Category, Category.id == Registration.category_id)
    )


def _matching(event_id: str, wish: Wish, named: Fitting | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Registration.event_id == event_id]
    if wish.by_time:
        wanted.append(Booking.event_id == event_id)  # the same event: so the index by time is taken
    if wish.text:
        fields = [
            Booking.email.contains(wish.text.lower(), autoescape=True),
            Registration.organisation.icontains(wish.text, autoescape=True),
        ]
        wanted.append(or_(*fields, named.right, named.with_error) if named else or_(*fields))
    if wish.state == DOUBLES:
        wanted += [*_live(), _has_double()]
    elif wish.state == Origin.WALK_IN:
        wanted += [_walks_in(event_id), Registration.state != RegistrationState.CANCELLED]
    elif wish.state:
        wanted += [Registration.state == RegistrationState(wish.state), ~_walks_in(event_id)]
    if wish.category:
        wanted.append(Registration.category_id == (None if wish.category == NO_CATEGORY else wish.category))
    return wanted


def _walks_in(event_id: str) -> ColumnElement[bool]:
    """Walk-ins are few and have an index of their own, so they are named and no other booking is looked at."""
    return Registration.booking_id.in_(
        select(Booking.id).where(Booking.event_id == event_id, Booking.quota_id.is_(None))
    )


def _live() -> list[ColumnElement[bool]]:
    return [Registration.state != RegistrationState.CANCELLED, Registration.name != ""]


def _has_double() -> ColumnElement[bool]:
    other = aliased(Registration)
    return exists().where(
        other.event_id == Registration.event_id,
        other.name_key == Registration.name_key,
        other.id != Registration.id,
        other.state != RegistrationState.CANCELLED,
    )


def scope(registration_id: str) -> Scope:
    """What a registration belongs to, for the guard."""
    return event_scope(select(Registration.event_id).where(Registration.id == registration_id))


def field_scope(field_id: str) -> Scope:
    """The same of something that an organiser asks the guests of one event."""
    return event_scope(select(EventField.event_id).where(EventField.id == field_id))


def booking_scope(booking_id: str) -> Scope:
    """The same of a booking, whose sender the mails go to."""
    return event_scope(select(Booking.event_id).where(Booking.id == booking_id))


def bookings_within(reach: Reach) -> Select[str]:
    """Selects the ids of the bookings of the events that a role reaches."""
    return select(Booking.id).where(Booking.event_id.in_(events_within(reach)))
