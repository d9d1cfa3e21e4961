"""Presence and counter are what the scans say: counted again here by other means, over histories nobody thought of."""

import itertools
import uuid
from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from eventapp.checkin import presence_actions, scan_actions, undo_actions
from eventapp.checkin.errors import NotUndoableError
from eventapp.checkin.models import Direction, Means, Occupancy, Presence, Scan, Verdict
from eventapp.checkin.presence_actions import Head, of_head
from eventapp.checkin.scan_actions import Found, Moment, PointedOut, Turn, WalkIn
from eventapp.db import kept, reading, transaction
from tests.checkin.support import DOORS_OPEN, count_of, make_guest, make_hall

GUESTS = 4
KEPT_FOR = st.sampled_from([0, 0, 0, 0, 3, 9])  # minutes that the phone kept the scan before it sent it
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["in", "out"]), st.integers(0, GUESTS), st.integers(0, 1), KEPT_FOR),
        st.tuples(st.sampled_from(["walk in", "walk out"]), st.just(0), st.integers(0, 1), KEPT_FOR),
        st.tuples(st.just("undo"), st.integers(0, 30), st.integers(0, 1), KEPT_FOR),
        st.tuples(st.just("again"), st.integers(0, 30), st.integers(0, 1), st.just(0)),
    ),
    min_size=5,
    max_size=40,
)


def recounted(scans):
    """Replay by sets of heads: inside, came, highest and its moment. Knows nothing of how the product counts."""
    undone = {scan.undoes_id for scan in scans}
    heads, came, highest, highest_at = set(), set(), 0, None
    for scan in sorted(scans, key=lambda one: (one.at, one.id)):
        if scan.verdict is not Verdict.OK or scan.id in undone:
            continue
        if scan.direction is Direction.IN:
            heads.add(scan.registration_id)
            came.add(scan.registration_id)
        else:
            heads.discard(scan.registration_id)  # twice out: two phones that knew nothing of each other
        if len(heads) > highest:
            highest, highest_at = len(heads), scan.at
    return len(heads), len(came), highest, highest_at


def play(step, number, hall, tickets, made):
    act, which, door, kept_for = step
    by, now = (hall.front, hall.side)[door], DOORS_OPEN + timedelta(minutes=number)
    way = Direction.OUT if "out" in act else Direction.IN
    moment = Moment(uuid.uuid4().hex, way, now - timedelta(minutes=kept_for), 0)
    if act in {"in", "out"}:
        ticket = tickets[which] if which < GUESTS else PointedOut(code_hash="0" * 64)
        scan_actions.scan(ticket, moment, by=by, now=now)
        made.append((moment, lambda again: scan_actions.scan(ticket, again, by=by, now=now)))
    elif act.startswith("walk"):
        scan_actions.walk_in(WalkIn(), moment, by=by, now=now)
        made.append((moment, lambda again: scan_actions.walk_in(WalkIn(), again, by=by, now=now)))
    elif made and act == "undo":
        with suppress(NotUndoableError):
            undo_actions.undo(made[which % len(made)][0].id, moment, by=by, now=now)
    elif made:
        again, send = made[which % len(made)]
        assert send(again).is_new is False


def test_the_counter_equals_a_recount_over_any_history(db):
    @settings(
        max_examples=80,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(steps=STEPS)
    def check(steps):
        hall = make_hall(db, max_persons=3)
        tickets = [make_guest(db, hall.event_id, f"Gæst {number}").ticket for number in range(GUESTS)]
        db.session.rollback()
        made = []
        for number, step in enumerate(steps):
            play(step, number, hall, tickets, made)
        scans = db.session.scalars(select(Scan).where(Scan.event_id == hall.event_id)).all()
        assert count_of(db, hall.event_id) == recounted(scans)
        db.session.rollback()
        with transaction() as session:
            assert presence_actions.recount(session.connection(), hall.event_id) == 0
            assert kept.recount(session.connection()) == 0
        assert [scan.number for scan in sorted(scans, key=lambda one: one.number)] == list(range(1, len(scans) + 1))

    check()


# --- the order in which scans arrive ---------------------------------------------------------------------------

TOLD = st.lists(
    st.tuples(st.integers(0, GUESTS - 1), st.sampled_from(Direction), st.integers(0, 20), st.booleans()),
    min_size=1,
    max_size=12,
)


def arrive(hall, guests, told, run):
    """Store what phones were told, in the order given; a scan that is undone is so as soon as it is there."""
    for number, (place, (which, way, minute, is_undone)) in enumerate(told):
        at, scan_id, undo_id = (
            DOORS_OPEN + timedelta(minutes=minute),
            *(f"{run:08x}{place * 2 + n:024x}" for n in (0, 1)),
        )
        take(hall, guests[which], Moment(scan_id, way), number * 2, Verdict.OK, at, None)
        if is_undone:
            take(hall, guests[which], Moment(undo_id, way), number * 2 + 1, Verdict.UNDONE, at, scan_id)


def take(hall, guest, moment, number, verdict, at, undoes_id):
    with transaction() as session:
        conn = session.connection()
        row = session.get_one(Occupancy, hall.event_id)
        turn = Turn(number, row.inside, 200, row.latest_at, DOORS_OPEN, at)
        head = Head(guest.id, "web", of_head(conn, guest.id))
        means = Means.REVERSAL if undoes_id else Means.CODE
        scan_actions.store(conn, moment, turn, means, Found(verdict, head), by=hall.front, undoes_id=undoes_id)


def standing(hall, guests):
    """Where each guest stands, by place in the list and without the run in the ids, and the counts."""
    numbers = {guest.id: number for number, guest in enumerate(guests)}
    with reading() as conn:
        rows = conn.execute(select(Presence.__table__).where(Presence.event_id == hall.event_id)).all()
        counts = conn.execute(select(Occupancy.__table__).where(Occupancy.event_id == hall.event_id)).one()
    ids = [[one and one[8:] for one in (row.entry_id, row.last_id)] for row in rows]
    return {numbers[row.registration_id]: (row.came_at, *two) for row, two in zip(rows, ids, strict=True)}, counts[2:]


def test_presence_is_the_same_in_whatever_order_scans_arrive(db):
    runs = itertools.count()

    @settings(max_examples=25, deadline=None, database=None, derandomize=True)
    @given(told=TOLD, data=st.data())
    def check(told, data):
        placed = list(enumerate(told))
        found = []
        for order in (placed, data.draw(st.permutations(placed))):
            hall = make_hall(db)
            guests = [make_guest(db, hall.event_id, f"Gæst {number}") for number in range(GUESTS)]
            db.session.rollback()
            arrive(hall, guests, order, next(runs))
            found.append(standing(hall, guests))
        assert found[0] == found[1]
        assert found[0][0]

    check()
