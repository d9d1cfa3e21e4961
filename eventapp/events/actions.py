"""What is done to an event. A change that a visitor could see raises its version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext
from sqlalchemy import update

from eventapp import audit, record
from eventapp.cases.models import Case
from eventapp.cases.rules import slug_of
from eventapp.clock import COPENHAGEN
from eventapp.db import db
from eventapp.events import checklist_rules, queries, rules
from eventapp.events.entries import EVENT
from eventapp.events.errors import (
    AlreadyCancelledError,
    AlreadyPublishedError,
    NotReadyError,
    OverError,
    PlanNeededError,
    SeatsTakenError,
)
from eventapp.events.models import Category, Event, EventKind, Layout, Quota, QuotaKind, Venue
from eventapp.events.rules import Road
from eventapp.languages import NO_WORDS, Wording, translated
from eventapp.telling import actions as telling
from eventapp.telling.models import Fact, Subject
from eventapp.web.ordered import assign
from eventapp.web.registry import registry

By = audit.Actor | None
TIMES = ("starts_at", "ends_at", "doors_open_at")
FOLLOWING = ("ends_at", "doors_open_at", "registration_closes_at")
USUAL_CATEGORIES = (
    (lazy_gettext("Citizen"), QuotaKind.PUBLIC),
    (lazy_gettext("Professional"), QuotaKind.PUBLIC),
    (lazy_gettext("Civil-society actor"), QuotaKind.PUBLIC),
    (lazy_gettext("Politician"), QuotaKind.PUBLIC),
    (lazy_gettext("Press"), QuotaKind.PRESS),
)


@dataclass(frozen=True)
class EventFacts:
    """What an event is, when it is, and what people are told. Moments are aware UTC."""

    title: Wording
    starts_at: datetime
    ends_at: datetime
    doors_open_at: datetime
    registration_opens_at: datetime
    registration_closes_at: datetime
    kind: EventKind = EventKind.DEBATE
    influence: Wording = NO_WORDS
    photo_notice: Wording = NO_WORDS


@dataclass(frozen=True)
class Place:
    """Where an event is, and how to get in."""

    name: str
    address: str = ""
    access: Wording = NO_WORDS


@dataclass(frozen=True)
class Plan:
    """How many people a hall may hold, and which approved plan says so."""

    max_persons: int
    plan_reference: str


@dataclass(frozen=True)
class Hall:
    """How many people the hall may hold, by which plan, and how the seats are shared out."""

    name: str
    max_persons: int
    plan_reference: str
    reserve_seats: int
    seats: Mapping[QuotaKind, int]


def create(case: Case, facts: EventFacts, place: Place, max_persons: int, *, by: By, slug: str = "") -> Event:
    """Begin an event as a draft, with no seats shared out yet and the usual answers to "I come as"."""
    event = Event(
        case_id=case.id,
        slug=queries.free_slug(slug or slug_of(facts.title.official)),
        layout=Layout(name=place.name, max_persons=max_persons, venue=Venue(**asdict(place))),
        **asdict(facts),
    )
    event.quotas = [Quota(kind=kind, seats=0) for kind in QuotaKind]
    event.categories = [
        Category(position=number, label=translated(label), quota_kind=kind)
        for number, (label, kind) in enumerate(USUAL_CATEGORIES, 1)
    ]
    db.session.add(event)
    db.session.flush()  # the audit line names the new id
    audit.record(by, "events.created", event.id)
    return event


def change(
    event: Event,
    facts: EventFacts,
    place: Place,
    *,
    by: By,
    now: datetime,
    reason: str = "",
    quiet: timedelta = timedelta(),
    plan: Plan | None = None,
) -> None:
    """Change what an event is, when and where. Once published, title, time and place go to the record and to calendars.

    Doors, end and closing of registration that nobody touched follow a beginning that moves to another day.

    :param reason: what those are told who hold a copy of title, time or place.
    :param quiet: how long to wait with that for further changes.
    :param plan: of the hall at another place.
    :raises PlanNeededError: when the place is another and its plan is not given; a published event never lacks one.
    :raises HallTooSmallError: when seats and reserve exceed the limit of the hall there.
    """
    _lock(event)
    planned = _plan_there(event, place, plan)
    shift = facts.starts_at - event.starts_at
    facts = _followed(event, facts, shift)
    told = _changed_facts(event, facts, place)
    changed = [
        *assign(event, asdict(facts)),
        *assign(event.layout.venue, asdict(place)),
        *assign(event.layout, asdict(planned) if planned else {}),
    ]
    if not changed:
        return
    _shift_programme(event, shift)
    touch(event)
    if event.published_at:
        _record(event, "changed", now)
    if event.published_at and told:
        event.calendar_sequence += 1
        _tell_holders(event, told, reason, by=by, now=now, quiet=quiet)
    audit.record(by, "events.changed", event.id, fields=sorted(changed))


def change_hall(event: Event, hall: Hall, *, by: By, now: datetime) -> None:
    """Set the limit of the hall, the plan it comes from, and the seats of each quota.

    :raises HallTooSmallError: when seats and reserve exceed the limit.
    :raises SeatsTakenError: when a quota would have fewer seats than are taken.
    """
    _lock(event)  # two may share out seats at once
    rules.check_hall(hall.max_persons, hall.reserve_seats, hall.seats.values())
    for kind, seats in hall.seats.items():
        _set_seats(event, kind, seats)
    layout = {"name": hall.name, "max_persons": hall.max_persons, "plan_reference": hall.plan_reference}
    changed = [*assign(event.layout, layout), *assign(event, {"reserve_seats": hall.reserve_seats})]
    touch(event)
    if event.published_at:
        _record(event, "changed", now)
    for listener in registry().quotas_changed:
        listener(event.id, by)
    audit.record(by, "events.hall_changed", event.id, fields=sorted(changed), seats=dict(hall.seats))


def publish(event: Event, *, by: By, now: datetime) -> None:
    """Let everybody see the event.

    :raises AlreadyPublishedError: when they can already. :raises CalledOffError: when it was called off before that.
    :raises NotReadyError: when something is missing, the plan of the hall above all.
    """
    _lock(event)
    if event.published_at:
        raise AlreadyPublishedError
    rules.check(Road.PUBLISH, event, now, AlreadyPublishedError)
    if any(not one.is_met for one in checklist_rules.conditions(event)):
        raise NotReadyError
    event.published_at = now
    touch(event)
    _record(event, "published", now)
    audit.record(by, "events.published", event.id)


def cancel(event: Event, text: str, *, by: By, now: datetime) -> None:
    """Call the event off, with words for those who wanted to come. The page stays.

    :raises AlreadyCancelledError: the second time. :raises OverError: when it has been held.
    """
    _lock(event)
    if event.cancelled_at:
        raise AlreadyCancelledError
    rules.check(Road.CALL_OFF, event, now, OverError)
    event.cancelled_at, event.cancel_text = now, Wording(text)
    event.calendar_sequence += 1
    touch(event)
    _record(event, "cancelled", now)
    _tell_holders(event, [Fact.STATE], "", by=by, now=now)
    audit.record(by, "events.cancelled", event.id)


def touch(event: Event) -> None:
    """Something that a visitor sees has changed."""
    event.version += 1


def _plan_there(event: Event, place: Place, plan: Plan | None) -> Plan | None:
    """The plan of the hall at another place; None where the event stays."""
    venue = event.layout.venue
    if not rules.is_elsewhere((venue.name, venue.address), (place.name, place.address)):
        return None
    if plan is None or (event.published_at and not plan.plan_reference):
        raise PlanNeededError
    rules.check_hall(plan.max_persons, event.reserve_seats, (one.seats for one in event.quotas))
    return plan


def _set_seats(event: Event, kind: QuotaKind, seats: int) -> None:
    """Guarded in the database: somebody may take a seat while the organiser types."""
    found = next((one for one in event.quotas if one.kind is kind), None)
    if found is None:
        event.quotas.append(Quota(kind=kind, seats=seats))
        return
    lowered = update(Quota).where(Quota.id == found.id, Quota.taken <= seats).values(seats=seats)
    done = db.session.execute(lowered.execution_options(synchronize_session=False))
    if not getattr(done, "rowcount", 0):
        raise SeatsTakenError
    db.session.refresh(found)


def _followed(event: Event, facts: EventFacts, shift: timedelta) -> EventFacts:
    """On another day, what was derived from the old beginning keeps its distance, unless somebody set it anew."""
    days = {one.astimezone(COPENHAGEN).date() for one in (event.starts_at, facts.starts_at)}
    kept = [name for name in FOLLOWING if len(days) > 1 and getattr(facts, name) == getattr(event, name)]
    return replace(facts, **{name: getattr(facts, name) + shift for name in kept})


def _changed_facts(event: Event, facts: EventFacts, place: Place) -> list[Fact]:
    """Which facts that others hold copies of become others."""
    held = {
        Fact.TITLE: (event.title, facts.title),
        Fact.TIME: tuple(tuple(getattr(one, name) for name in TIMES) for one in (event, facts)),
        Fact.PLACE: ((event.layout.venue.name, event.layout.venue.address), (place.name, place.address)),
    }
    return [name for name, (before, after) in held.items() if before != after]


def _shift_programme(event: Event, by: timedelta) -> None:
    """The points of the programme keep their distance from the beginning."""
    for item in event.programme if by else ():
        item.starts_at += by
        item.ends_at += by


def _lock(event: Event) -> None:
    """Wait for whoever else is changing the event, and see what it became.

    Not against new rows that refer to it: a guest who signs up holds the quota and waits for the event, so a stronger
    lock here would wait for her while she waits for us.
    """
    db.session.refresh(event, with_for_update={"key_share": True})


def _tell_holders(
    event: Event, facts: list[Fact], reason: str, *, by: By, now: datetime, quiet: timedelta = timedelta()
) -> None:
    db.session.flush()  # whoever hears of it reads the new time from the database
    conn = db.session.connection()
    telling.tell(conn, Subject.EVENT, event.id, facts, reason=reason, by=by, now=now, quiet=quiet)


def _record(event: Event, act: str, now: datetime) -> None:
    conn = db.session.connection()
    told = {"act": act, **_told(event)}
    record.append(conn, log_id=event.case_id, kind=EVENT, parts=told, ref=event.id, received_at=now, at=now)


def _told(event: Event) -> dict[str, Any]:
    """The event as the record keeps it: what a citizen was promised, in Danish, times as Danish wall time."""
    layout = event.layout
    return {
        "title": event.title.official,
        "starts_at": _wall(event.starts_at),
        "ends_at": _wall(event.ends_at),
        "place": f"{layout.venue.name}, {layout.venue.address}",
        "max_persons": layout.max_persons,
        "plan_reference": layout.plan_reference,
        "seats": {one.kind.value: one.seats for one in event.quotas},
        "programme": [f"{_wall(one.starts_at)} {one.title.official}" for one in event.programme],
        "influence": event.influence.official,
        "cancel_text": event.cancel_text.official,
    }


def _wall(moment: datetime) -> str:
    return moment.astimezone(COPENHAGEN).isoformat(timespec="minutes")
