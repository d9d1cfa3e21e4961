"""Deadlines to the instant, and the state of a hearing."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from eventapp import clock
from eventapp.hearing import rules
from eventapp.hearing.rules import HearingState

DEADLINE = clock.wall(date(2023, 11, 24), time(12))
A_MICROSECOND = timedelta(microseconds=1)


def test_the_deadline_of_the_case_is_eleven_utc() -> None:
    assert datetime(2023, 11, 24, 11, tzinfo=UTC) == DEADLINE


@pytest.mark.parametrize(
    ("received_at", "late"),
    [(DEADLINE - A_MICROSECOND, False), (DEADLINE, False), (DEADLINE + A_MICROSECOND, True)],
)
def test_an_answer_at_the_instant_itself_is_in_time(received_at: datetime, late: bool) -> None:
    assert rules.is_late(received_at, DEADLINE) is late


@pytest.mark.parametrize(
    ("published", "closed", "now", "state"),
    [
        (None, None, DEADLINE, HearingState.DRAFT),
        (DEADLINE - timedelta(days=18), None, DEADLINE - timedelta(days=19), HearingState.WAITING),
        (DEADLINE - timedelta(days=18), None, DEADLINE, HearingState.OPEN),
        (DEADLINE - timedelta(days=18), None, DEADLINE + A_MICROSECOND, HearingState.OVERDUE),
        (DEADLINE - timedelta(days=18), DEADLINE, DEADLINE, HearingState.CLOSED),
    ],
)
def test_where_a_hearing_stands(
    published: datetime | None, closed: datetime | None, now: datetime, state: HearingState
) -> None:
    assert rules.state(published, DEADLINE, closed, now) is state


def test_the_hearing_of_the_case_was_shorter_than_usual() -> None:
    sent = clock.wall(date(2023, 11, 6), time(17, 19))
    assert rules.is_short(sent, DEADLINE)


@pytest.mark.parametrize("sent_on", [date(2026, 10, 5), date(2027, 3, 10), date(2026, 6, 1)])
def test_four_weeks_are_counted_on_the_wall_also_over_a_change_of_clocks(sent_on: date) -> None:
    sent, four_weeks_on = clock.wall(sent_on, time(12)), sent_on + timedelta(weeks=4)
    assert not rules.is_short(sent, clock.wall(four_weeks_on, time(12)))
    assert rules.is_short(sent, clock.wall(four_weeks_on, time(11, 59)))


def test_receipt_numbers_keep_four_digits_and_grow_beyond() -> None:
    assert [rules.receipt_number(2023, n) for n in (42, 12345)] == ["HS-2023-0042", "HS-2023-12345"]
