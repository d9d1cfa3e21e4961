"""Two organisers at once: what is done once is done once, and what each was told is true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select

from eventapp import record
from eventapp.audit import AuditEntry
from eventapp.cases.queries import case_by_id
from eventapp.db import db as database
from eventapp.errors import DomainError
from eventapp.events import actions, queries
from eventapp.events.actions import Hall
from eventapp.events.errors import AlreadyCancelledError, AlreadyPublishedError, SeatsTakenError
from eventapp.events.models import Event, EventTold, ProgrammeItem, QuotaKind
from eventapp.languages import Wording
from tests.registration.givens import all_at_once, given_event, quota_of, sign_up
from tests.support.factories import SIGN_UP_AT, STARTS_AT, make_event

HALL = Hall("Stolerækker", 200, "Plan 12", 0, {QuotaKind.PUBLIC: 60})
AT_ONCE = 4


def let_go(event: Event) -> str:
    """Keep the event, and end the transaction that would hold the others up."""
    event_id = event.id
    database.session.commit()
    database.session.remove()
    return event_id


def done_by_each(app: Flask, event_id: str, job: Callable[[Event], Any]) -> list[Any]:
    """What became of the same act by several people at the same time."""

    def one() -> str:
        found = database.session.get_one(Event, event_id)
        try:
            job(found)
            database.session.commit()
        finally:
            database.session.remove()
        return "done"

    return all_at_once(app, [one] * AT_ONCE, threads=AT_ONCE)


def acts(event_id: str) -> list[str]:
    found = database.session.scalars(select(AuditEntry.act).where(AuditEntry.subject_id == event_id)).all()
    return sorted(found)


def told(event_id: str) -> list[dict[str, Any]]:
    case_id = queries.event_by_id(event_id).case_id
    assert record.verification.verify_log(case_id).faults == []
    rows = database.session.scalars(select(EventTold).where(EventTold.log_id == case_id).order_by(EventTold.seq))
    return [one.parts for one in rows]


def test_event_that_several_publish_is_published_once(app: Flask, db: SQLAlchemy) -> None:
    event = make_event(published=False, photo_notice=Wording("Der bliver ikke fotograferet."))
    times = {"starts_at": STARTS_AT, "ends_at": event.ends_at}
    event.programme.append(ProgrammeItem(position=1, title=Wording("Velkomst"), **times))
    event_id = let_go(event)
    found = done_by_each(app, event_id, lambda one: actions.publish(one, by=None, now=SIGN_UP_AT))
    assert sorted(map(str, map(type, found))) == sorted(map(str, [str, *[AlreadyPublishedError] * (AT_ONCE - 1)]))
    assert (acts(event_id), [one["act"] for one in told(event_id)]) == (["events.published"], ["published"])
    assert queries.event_by_id(event_id).version == 2


def test_event_that_several_call_off_is_called_off_once_with_the_words_of_one(app: Flask, db: SQLAlchemy) -> None:
    event_id = let_go(make_event())
    found = done_by_each(app, event_id, lambda one: actions.cancel(one, "Aflyst.", by=None, now=SIGN_UP_AT))
    assert sum(isinstance(one, AlreadyCancelledError) for one in found) == AT_ONCE - 1
    assert (acts(event_id), [one["act"] for one in told(event_id)]) == (["events.cancelled"], ["cancelled"])
    event = queries.event_by_id(event_id)
    assert (event.calendar_sequence, event.version) == (1, 2)


def test_each_change_of_the_same_event_raises_its_version_once(app: Flask, db: SQLAlchemy) -> None:
    event_id = let_go(make_event())
    assert done_by_each(app, event_id, lambda one: actions.change_hall(one, HALL, by=None, now=SIGN_UP_AT)) == (
        ["done"] * AT_ONCE
    )
    assert queries.event_by_id(event_id).version == 1 + AT_ONCE
    assert len(told(event_id)) == AT_ONCE


def test_seats_are_never_fewer_than_guests_while_both_are_written(app: Flask, db: SQLAlchemy) -> None:
    """A refusal is one of the two: the organiser may not take a seat away that a guest was given just before."""
    event = given_event(seats=6)
    jobs: list[Callable[[], Any]] = [partial(sign_up, event, number) for number in range(6)]

    def fewer() -> str:
        found = database.session.get_one(Event, event.id)
        try:
            actions.change_hall(found, replace(HALL, seats={QuotaKind.PUBLIC: 3}), by=None, now=SIGN_UP_AT)
            database.session.commit()
        finally:
            database.session.remove()
        return "fewer"

    found = all_at_once(app, [*jobs[:3], fewer, *jobs[3:]], threads=7)
    assert not [one for one in found if isinstance(one, Exception) and not isinstance(one, DomainError)]
    quota = quota_of(event)
    refused = any(isinstance(one, SeatsTakenError) for one in found)
    assert quota.seats == (6 if refused else 3)
    assert quota.taken <= quota.seats
    assert quota.taken + quota.waiting == 6


def test_events_of_one_name_begun_at_once_get_addresses_of_their_own_or_a_refusal_that_keeps_nothing(
    app: Flask, db: SQLAlchemy
) -> None:
    event = make_event(slug="debat")
    case_id = event.case_id
    let_go(event)

    def begin() -> str:
        case = case_by_id(case_id)
        facts = actions.EventFacts(
            Wording("Debat"), STARTS_AT, STARTS_AT + (STARTS_AT - SIGN_UP_AT), STARTS_AT, SIGN_UP_AT, STARTS_AT
        )
        try:
            made = actions.create(case, facts, actions.Place("Sal"), 9, by=None)
            database.session.commit()
            return made.slug
        finally:
            database.session.remove()

    found = all_at_once(app, [begin] * AT_ONCE, threads=AT_ONCE)
    slugs = [one for one in found if isinstance(one, str)]
    assert slugs
    kept = list(database.session.scalars(select(Event.slug)))
    assert sorted(kept) == sorted(["debat", *slugs])
