"""The counter is what the scans say: counted again here by other means, over histories nobody thought of."""

import uuid
from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from eventapp.checkin import scanning, undoing
from eventapp.checkin.errors import NotUndoableError
from eventapp.checkin.models import Direction, Scan, Verdict
from eventapp.checkin.scanning import Guest, Moment, WalkIn
from tests.checkin.support import DOORS_OPEN, count_of, make_guest, make_hall

GUESTS = 4
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["in", "out"]), st.integers(0, GUESTS), st.integers(0, 1)),
        st.tuples(st.sampled_from(["walk in", "walk out"]), st.just(0), st.integers(0, 1)),
        st.tuples(st.just("undo"), st.integers(0, 30), st.integers(0, 1)),
        st.tuples(st.just("again"), st.integers(0, 30), st.integers(0, 1)),
    ),
    min_size=5,
    max_size=40,
)


def recounted(scans):
    """Replay by sets of heads: inside, came, highest and its moment. Knows nothing of how the product counts."""
    undone = {scan.undoes_id for scan in scans}
    heads, came, highest, highest_at = set(), set(), 0, None
    for scan in sorted(scans, key=lambda one: one.number):
        if scan.verdict is not Verdict.OK or scan.id in undone:
            continue
        if scan.direction is Direction.IN:
            assert scan.registration_id not in heads, "one head came in twice"
            heads.add(scan.registration_id)
            came.add(scan.registration_id)
        else:
            heads.remove(scan.registration_id)
        if len(heads) > highest:
            highest, highest_at = len(heads), scan.at
    return len(heads), len(came), highest, highest_at


def play(step, number, hall, tickets, made):
    act, which, door = step
    by, now = (hall.front, hall.side)[door], DOORS_OPEN + timedelta(minutes=number)
    way = Direction.OUT if "out" in act else Direction.IN
    moment = Moment(uuid.uuid4().hex, way)
    if act in {"in", "out"}:
        ticket = tickets[which] if which < GUESTS else Guest(code_hash="0" * 64)
        scanning.scan(ticket, moment, by=by, now=now)
        made.append((moment, lambda again: scanning.scan(ticket, again, by=by, now=now)))
    elif act.startswith("walk"):
        scanning.walk_in(WalkIn(), moment, by=by, now=now)
        made.append((moment, lambda again: scanning.walk_in(WalkIn(), again, by=by, now=now)))
    elif made and act == "undo":
        with suppress(NotUndoableError):
            undoing.undo(made[which % len(made)][0].id, moment, by=by, now=now)
    elif made:
        again, send = made[which % len(made)]
        assert send(again) is False


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
        assert [scan.number for scan in sorted(scans, key=lambda one: one.number)] == list(range(1, len(scans) + 1))

    check()
