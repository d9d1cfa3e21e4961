"""What tests of registration begin with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import contains_eager

from eventapp import db as core
from eventapp.db import db, new_id
from eventapp.events.models import Event, Quota, QuotaKind
from eventapp.registration import actions, queries
from eventapp.registration.actions import Head, Sending, SignedUp, SignUp
from eventapp.registration.models import Booking, Registration, RegistrationState
from tests.support.factories import SIGN_UP_AT, make_event

T = TypeVar("T")
COUNTED = ("booking", "registration", "outbox_mail", "audit_entry", "registration_change")


def given_event(**facts: Any) -> Event:
    """An event that is kept, so that other connections see it, and that belongs to no session."""
    event = make_event(**facts)
    db.session.commit()
    db.session.refresh(event)
    return _let_go(event)


def sign_up(
    event: Event, number: int = 1, *, heads: int = 1, key: str = "", now: datetime = SIGN_UP_AT, **given: Any
) -> SignedUp:
    """Sign up so many people together as the public form does; ``number`` makes bookings differ.

    :param given: of the sending ``email`` and ``wants_follow_up``, anything else of each of its heads.
    """
    with core.reading() as conn:
        brief = queries.brief_by_slug(conn, event.slug)
        offered = queries.choices(conn, event.id)
    assert brief is not None
    return actions.sign_up(brief, offered, said(number, heads, **given), Sending(key or new_id()), now=now)


def said(number: int = 1, heads: int = 1, **given: Any) -> SignUp:
    """What a sender tells us of so many heads, the own first."""
    sending = {name: given.pop(name) for name in ("email", "wants_follow_up") if name in given}
    names = [f"Gæst {number}", *(f"Ledsager {number}.{place}" for place in range(2, heads + 1))]
    people = tuple(replace(Head(name), **given) for name in names)
    return replace(SignUp(f"guest{number}@example.org", people), **sending)


def all_at_once(app: Flask, jobs: list[Any], threads: int = 32) -> list[Any]:
    """Run the jobs in parallel, each in an application context of its own; what each returned or raised."""

    def run(job: Any) -> Any:
        with app.app_context():
            try:
                return job()
            except Exception as error:
                return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, jobs))


def quota_of(event: Event, kind: QuotaKind = QuotaKind.PUBLIC) -> Quota:
    return _let_go(db.session.scalars(select(Quota).where(Quota.event_id == event.id, Quota.kind == kind)).one())


def rows(event: Event, state: RegistrationState | None = None) -> list[Registration]:
    """Heads of an event in the order in which they stand in line."""
    wanted = select(Registration).join(Registration.booking).options(contains_eager(Registration.booking))
    wanted = wanted.where(Registration.event_id == event.id)
    if state:
        wanted = wanted.where(Registration.state == state)
    wanted = wanted.order_by(Booking.waiting_number, Registration.position, Registration.id)
    return _let_go(list(db.session.scalars(wanted)))


def counts() -> dict[str, int]:
    """How many rows the tables hold that must grow together."""
    with core.reading() as conn:
        return {table: conn.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in COUNTED}


def count(table: str) -> int:
    with core.reading() as conn:
        return int(conn.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def _let_go(found: T) -> T:
    """End the transaction at once: outside a request every one may write, and so keeps the gate."""
    db.session.expunge_all()
    db.session.rollback()
    return found
