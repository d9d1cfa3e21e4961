"""Danish wall time and the moments it stands for (reliability R9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventapp import clock


@pytest.mark.parametrize(
    ("day", "at", "moment"),
    [
        ("2023-09-28", "17:00", "2023-09-28T15:00:00Z"),  # the debate: summer time
        ("2023-11-24", "12:00", "2023-11-24T11:00:00Z"),  # the deadline: winter time
        ("2023-11-24", "23:59:59.999000", "2023-11-24T22:59:59.999Z"),
        ("2023-11-25", "00:00", "2023-11-24T23:00:00Z"),
        ("2024-02-29", "23:59:59", "2024-02-29T22:59:59Z"),  # leap day
        ("2026-10-25", "00:00", "2026-10-24T22:00:00Z"),  # a day of 25 hours
        ("2026-10-25", "01:59:59", "2026-10-24T23:59:59Z"),
        ("2026-10-25", "02:30", "2026-10-25T01:30:00Z"),  # shown twice: the later is meant
        ("2026-10-25", "03:00", "2026-10-25T02:00:00Z"),
        ("2026-10-25", "23:59:59", "2026-10-25T22:59:59Z"),
        ("2027-03-28", "01:59:59", "2027-03-28T00:59:59Z"),  # a day of 23 hours
        ("2027-03-28", "03:00", "2027-03-28T01:00:00Z"),
        ("2027-03-28", "23:59:59", "2027-03-28T21:59:59Z"),
    ],
)
def test_wall_time_becomes_the_moment_that_was_meant(day: str, at: str, moment: str) -> None:
    assert clock.wall(date.fromisoformat(day), time.fromisoformat(at)) == datetime.fromisoformat(moment)


@pytest.mark.parametrize("at", ["02:00", "02:30", "02:59:59.999999"])
def test_a_time_that_the_clock_skipped_is_refused(at: str) -> None:
    with pytest.raises(clock.NotAWallTimeError):
        clock.wall(date(2027, 3, 28), time.fromisoformat(at))


def test_days_of_change_have_25_and_23_hours() -> None:
    def length(day: date) -> timedelta:
        return clock.wall(day + timedelta(days=1), time()) - clock.wall(day, time())

    assert length(date(2026, 10, 25)) == timedelta(hours=25)
    assert length(date(2027, 3, 28)) == timedelta(hours=23)


@given(st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2060-01-01")))
def test_every_wall_time_comes_back_as_it_was_or_is_refused(local: datetime) -> None:
    try:
        moment = clock.wall(local.date(), local.time())
    except clock.NotAWallTimeError:
        assert (local.month, local.hour) == (3, 2)
        return
    assert moment.tzinfo is UTC
    assert moment.astimezone(clock.COPENHAGEN).replace(tzinfo=None) == local


@pytest.fixture
def two_weeks_ahead() -> Iterator[None]:
    clock.follow(lambda: timedelta(days=14))
    yield
    clock.follow(timedelta)


@pytest.mark.usefixtures("two_weeks_ahead")
def test_only_domain_time_follows_the_demo_clock() -> None:
    before, domain, after = clock.system_now(), clock.now(), clock.system_now()
    assert before <= domain - timedelta(days=14) <= after


def test_both_clocks_agree_without_a_demo() -> None:
    before, domain, after = clock.system_now(), clock.now(), clock.system_now()
    assert before <= domain <= after
    assert clock.now().tzinfo is UTC
