"""Heads and arrivals are counted by the database as they change: whoever changes them, in whatever order."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import delete, select, update

from eventapp import db as core
from eventapp.checkin import scan_actions, undo_actions
from eventapp.checkin.errors import NotUndoableError
from eventapp.checkin.models import ArrivalCount, Direction, Presence
from eventapp.checkin.scan_actions import Moment, PointedOut, WalkIn
from eventapp.db import kept, new_id
from eventapp.events.models import Category, Event
from eventapp.languages import Wording
from eventapp.registration import actions, queries, retention_jobs
from eventapp.registration.actions import Head, Sending, SignUp
from eventapp.registration.errors import AlreadyCancelledError
from eventapp.registration.models import AccessNeed, Booking, HeadCount, Reason, Registration
from tests.checkin.support import DOORS_OPEN, Hall, make_hall
from tests.support.factories import SIGN_UP_AT

STEPS = 120


def heads(db: SQLAlchemy) -> list[tuple[Any, ...]]:
    """Each head with its cell, whether it needs something, and in which five minutes it came."""
    rows = db.session.execute(
        select(Registration, Booking.quota_id, AccessNeed.id, Presence.came_at)
        .join(Booking, Booking.id == Registration.booking_id)
        .outerjoin(AccessNeed, AccessNeed.registration_id == Registration.id)
        .outerjoin(Presence, Presence.registration_id == Registration.id)
    ).all()
    return [
        (
            (one.event_id, quota_id or "", one.category_id or "", one.state),
            need is not None,
            came and five_minutes(came),
        )
        for one, quota_id, need, came in rows
    ]


def five_minutes(moment: Any) -> Any:
    return moment - timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)


def assert_kept(db: SQLAlchemy) -> None:
    """What is kept is what counting the heads one by one gives."""
    counted, needs, arrivals = Counter[Any](), Counter[Any](), Counter[Any]()
    for cell, has_need, step in heads(db):
        counted[cell] += 1
        needs[cell] += has_need
        if step:
            arrivals[*cell, step] += 1
    cells = db.session.scalars(select(HeadCount)).all()
    keys = [(one.event_id, one.quota_key, one.category_key, one.state) for one in cells]
    assert {key: one.heads for key, one in zip(keys, cells, strict=True) if one.heads} == dict(counted)
    assert {key: one.with_needs for key, one in zip(keys, cells, strict=True) if one.with_needs} == dict(+needs)
    came = db.session.scalars(select(ArrivalCount)).all()
    seen = {(one.event_id, one.quota_key, one.category_key, one.state, one.step_at): one.heads for one in came}
    assert {key: number for key, number in seen.items() if number} == dict(arrivals)
    db.session.rollback()


class Evening:
    """Something happens to the guests of an event, drawn at random."""

    def __init__(self, db: SQLAlchemy, hall: Hall, dice: random.Random) -> None:
        self.db, self.hall, self.dice = db, hall, dice
        self.scans: list[str] = []
        groups = [Category(event_id=hall.event_id, position=at, label=Wording(f"Gruppe {at}")) for at in (7, 8)]
        db.session.add_all(groups)
        db.session.flush()
        self.groups = [None, *(one.id for one in groups)]
        db.session.commit()

    def sign_up(self, number: int) -> None:
        with core.reading() as conn:
            brief = queries.brief_by_slug(conn, self.slug)
            offered = queries.choices(conn, self.hall.event_id)
        assert brief is not None
        people = tuple(
            Head(f"Gæst {number}.{at}", self.dice.choice(self.groups), needs=self.dice.choice(("", "Kørestol")))
            for at in range(self.dice.randint(1, 3))
        )
        told = SignUp(f"guest{number}@example.org", people)
        actions.sign_up(brief, offered, told, Sending(new_id()), now=SIGN_UP_AT)

    def cancel(self, _number: int) -> None:
        if chosen := self.drawn(Registration):
            self.refused(
                AlreadyCancelledError,
                lambda: core.write(
                    lambda conn: actions.cancel(conn, chosen, reason=Reason.GUEST_CANCELLED, now=SIGN_UP_AT)
                ),
            )

    def scan(self, number: int) -> None:
        chosen = self.drawn(Registration)
        way = self.dice.choice((Direction.IN, Direction.IN, Direction.OUT))
        kept_for = timedelta(minutes=self.dice.choice((0, 0, 3, 20)))
        now = DOORS_OPEN + timedelta(minutes=2 * number)
        moment = Moment(uuid.uuid4().hex, way, now - kept_for, 0)
        if chosen:
            scan_actions.scan(PointedOut(guest_id=chosen), moment, by=self.hall.front, now=now)
        else:
            scan_actions.walk_in(WalkIn(category_id=self.dice.choice(self.groups)), moment, by=self.hall.front, now=now)
        self.scans.append(moment.id)

    def walk_in(self, number: int) -> None:
        way = self.dice.choice((Direction.IN, Direction.IN, Direction.OUT))
        now = DOORS_OPEN + timedelta(minutes=2 * number)
        moment = Moment(uuid.uuid4().hex, way, now, 0)
        scan_actions.walk_in(WalkIn(category_id=self.dice.choice(self.groups)), moment, by=self.hall.front, now=now)
        self.scans.append(moment.id)

    def undo(self, number: int) -> None:
        if self.scans:
            wrong, moment = self.dice.choice(self.scans), Moment(uuid.uuid4().hex)
            now = DOORS_OPEN + timedelta(minutes=2 * number)
            self.refused(NotUndoableError, lambda: undo_actions.undo(wrong, moment, by=self.hall.side, now=now))

    def regroup(self, _number: int) -> None:
        """No page does this yet; one that will need not think of the figures."""
        if chosen := self.drawn(Registration):
            self.change(
                update(Registration).where(Registration.id == chosen).values(category_id=self.dice.choice(self.groups))
            )

    def forget_need(self, _number: int) -> None:
        if chosen := self.drawn(AccessNeed):
            self.change(delete(AccessNeed).where(AccessNeed.id == chosen))

    @property
    def slug(self) -> str:
        slug = self.db.session.get_one(Event, self.hall.event_id).slug
        self.db.session.rollback()
        return slug

    def drawn(self, model: Any) -> str | None:
        ids = sorted(self.db.session.scalars(select(model.id)))
        self.db.session.rollback()
        return self.dice.choice(ids) if ids else None

    def change(self, statement: Any) -> None:
        self.db.session.execute(statement)
        self.db.session.commit()

    def refused(self, error: type[Exception], act: Any) -> None:
        try:
            act()
        except error:
            self.db.session.rollback()


def test_whatever_happens_the_kept_figures_are_those_of_the_rows(db: SQLAlchemy) -> None:
    hall, dice = make_hall(db, max_persons=6), random.Random(5)
    db.session.execute(db.text("UPDATE quota SET seats = 8 WHERE event_id = :id"), {"id": hall.event_id})
    db.session.commit()
    evening = Evening(db, hall, dice)
    happenings = [
        evening.sign_up,
        evening.sign_up,
        evening.cancel,
        evening.scan,
        evening.scan,
        evening.walk_in,
        evening.undo,
        evening.regroup,
        evening.forget_need,
    ]
    for number in range(STEPS):
        db.session.rollback()
        dice.choice(happenings)(number)
        assert_kept(db)
    assert any(one.state == "waiting" for one in db.session.scalars(select(HeadCount).where(HeadCount.heads > 0)))
    db.session.rollback()
    core.write(lambda conn: retention_jobs.forget_needs(conn, now=SIGN_UP_AT + timedelta(days=365)))
    assert_kept(db)
    with core.transaction() as session:
        assert kept.recount(session.connection()) == 0, "made anew they are the same"


def test_figures_that_were_spoiled_are_made_anew(app: Flask, db: SQLAlchemy) -> None:
    hall = make_hall(db)
    evening = Evening(db, hall, random.Random(1))
    for number in range(3):
        evening.sign_up(number)
    db.session.execute(update(HeadCount).values(heads=HeadCount.heads + 40))
    db.session.commit()
    runner = app.test_cli_runner()
    assert not runner.invoke(args=["checkin", "recount"]).output.endswith(" 0 rows were otherwise.\n")
    assert_kept(db)
    assert runner.invoke(args=["checkin", "recount"]).output == "1 events counted, 0 rows were otherwise.\n"
