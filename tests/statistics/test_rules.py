"""How figures are put together."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from eventapp.statistics.rules import Counts, arrivals, total

DOORS = datetime(2024, 5, 14, 14, 30, tzinfo=UTC)
END = datetime(2024, 5, 14, 17, 0, tzinfo=UTC)


def test_nobody_is_a_no_show_before_the_event_is_over() -> None:
    counts = Counts(confirmed=10, confirmed_who_came=7)
    assert (counts.no_shows, counts.share) == (None, None)


def test_attendance_is_those_with_a_seat_who_came_of_all_with_a_seat() -> None:
    counts = Counts(confirmed=10, came=9, walk_ins=2, confirmed_who_came=7, is_over=True)
    assert (counts.no_shows, counts.share) == (3, 0.7)


def test_groups_add_up() -> None:
    whole = total([Counts(3, 2, 1, 4, 1, 2), Counts(1, 0, 0, 1, 0, 1)], is_over=True)
    assert (whole.registered, whole.came, whole.no_shows, whole.walk_ins) == (6, 5, 1, 1)


def test_arrivals_stand_in_steps_of_five_minutes_with_the_quiet_ones() -> None:
    moments = [DOORS + timedelta(minutes=number, seconds=59) for number in (0, 4, 5, 17)]
    assert [number for _at, number in arrivals(Counter(moments), opens_at=DOORS, ends_at=END)] == [2, 1, 0, 1]


def test_who_came_at_an_odd_hour_counts_in_the_outermost_step() -> None:
    moments = [DOORS - timedelta(days=1), DOORS + timedelta(days=1)]
    steps = arrivals(Counter(moments), opens_at=DOORS, ends_at=END)
    assert (steps[0], steps[-1]) == ((DOORS - timedelta(hours=1), 1), (END, 1))
    assert len(steps) == 43


def test_without_arrivals_there_are_no_steps() -> None:
    assert arrivals({}, opens_at=DOORS, ends_at=END) == []
