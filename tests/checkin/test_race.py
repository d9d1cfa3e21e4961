"""Many doors at once: one ticket lets one head in, and the room is never filled past its number (R19, S53)."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from eventapp.checkin import scan_actions
from eventapp.checkin.models import Scan, Verdict
from eventapp.checkin.scan_actions import Moment, Turn, WalkIn
from eventapp.db import Sql
from tests.checkin.support import DOORS_OPEN, count_of, make_guest, make_hall

PARALLEL = 64
ROUNDS = 5


def at_once(app, jobs):
    """Run all jobs as nearly at the same time as threads can."""
    start = threading.Barrier(len(jobs))

    def run(job):
        with app.app_context():
            start.wait()
            return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def show(guest, by):
    moment = Moment(uuid.uuid4().hex)
    return lambda: scan_actions.scan(guest.ticket, moment, by=by, now=DOORS_OPEN)


def verdicts(db, event_id):
    db.session.rollback()
    return Counter(db.session.scalars(select(Scan.verdict).where(Scan.event_id == event_id)))


def test_sixty_four_doors_at_once_let_one_ticket_in_once(app, db):
    for _ in range(ROUNDS):
        hall = make_hall(db)
        guest = make_guest(db, hall.event_id)
        db.session.remove()
        at_once(app, [show(guest, (hall.front, hall.side)[number % 2]) for number in range(PARALLEL)])
        assert verdicts(db, hall.event_id) == {Verdict.OK: 1, Verdict.ALREADY_IN: PARALLEL - 1}
        assert count_of(db, hall.event_id)[:3] == (1, 1, 1)


def test_the_same_scan_sent_sixty_four_times_at_once_is_stored_once(app, db):
    hall = make_hall(db)
    guest = make_guest(db, hall.event_id)
    db.session.remove()
    stored = at_once(app, [show(guest, hall.front)] * PARALLEL)
    assert [one.is_new for one in stored].count(True) == 1
    assert verdicts(db, hall.event_id) == {Verdict.OK: 1}


def test_the_room_is_filled_exactly_to_its_number(app, db):
    hall = make_hall(db, max_persons=20)
    guests = [make_guest(db, hall.event_id) for _ in range(PARALLEL // 2)]
    db.session.remove()
    tickets = [show(guest, hall.front) for guest in guests]
    moments = [Moment(uuid.uuid4().hex) for _ in range(PARALLEL // 2)]
    walk_ins = [
        lambda moment=moment: scan_actions.walk_in(WalkIn(), moment, by=hall.side, now=DOORS_OPEN) for moment in moments
    ]
    at_once(app, tickets + walk_ins)
    assert verdicts(db, hall.event_id) == {Verdict.OK: 20, Verdict.FULL: PARALLEL - 20}
    assert count_of(db, hall.event_id)[:3] == (20, 20, 20)


@pytest.mark.engines("postgresql")
def test_without_the_lock_one_ticket_lets_several_in(app, db, monkeypatch):
    """The negative control: where this finds nothing, the tests above prove nothing.

    On SQLite the gate is the lock, and it cannot be taken away without taking the transaction away.
    """
    number = iter(range(1, 10**6))
    unlocked = Sql("SELECT inside FROM occupancy WHERE event_id = :event_id")

    def queue_up(conn, _moment, by, now):
        inside = unlocked(conn, event_id=by.event_id).scalar_one()
        return Turn(next(number), inside, 200, None, now, now)

    monkeypatch.setattr(scan_actions, "queue_up", queue_up)
    let_in = 0
    for _ in range(ROUNDS):
        hall = make_hall(db)
        guest = make_guest(db, hall.event_id)
        db.session.remove()
        at_once(app, [show(guest, hall.front) for _ in range(PARALLEL)])
        let_in = max(let_in, verdicts(db, hall.event_id)[Verdict.OK])
    assert let_in > 1
