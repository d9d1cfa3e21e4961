"""Decisions at the door, on plain values."""

from datetime import UTC, datetime, timedelta

import pytest

from eventapp.checkin.models import Direction, Verdict
from eventapp.checkin.rules import TONES, Level, happened_at, level, short_name, verdict
from eventapp.registration.models import RegistrationState

NOW = datetime(2024, 5, 14, 14, 52, tzinfo=UTC)
CONFIRMED, WAITING, CANCELLED = RegistrationState.CONFIRMED, RegistrationState.WAITING, RegistrationState.CANCELLED


@pytest.mark.parametrize(
    ("state", "is_inside", "is_full", "expected"),
    [
        (CONFIRMED, False, False, Verdict.OK),
        (CONFIRMED, True, False, Verdict.ALREADY_IN),
        (CONFIRMED, False, True, Verdict.FULL),
        (CONFIRMED, True, True, Verdict.ALREADY_IN),
        (WAITING, False, False, Verdict.WAITING),
        (WAITING, False, True, Verdict.WAITING),
        (CANCELLED, False, False, Verdict.CANCELLED),
        (CANCELLED, True, False, Verdict.CANCELLED),
    ],
)
def test_who_may_come_in(state, is_inside, is_full, expected):
    assert verdict(Direction.IN, state, is_inside=is_inside, is_full=is_full) is expected


@pytest.mark.parametrize("state", list(RegistrationState))
@pytest.mark.parametrize("is_full", [False, True])
def test_whoever_is_inside_may_leave_and_nobody_else(state, is_full):
    assert verdict(Direction.OUT, state, is_inside=True, is_full=is_full) is Verdict.OK
    assert verdict(Direction.OUT, state, is_inside=False, is_full=is_full) is Verdict.NOT_IN


def test_every_verdict_has_a_tone():
    assert set(TONES) == set(Verdict)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (0, Level.OPEN),
        (134, Level.OPEN),
        (135, Level.NEARLY_FULL),
        (149, Level.NEARLY_FULL),
        (150, Level.FULL),
        (151, Level.FULL),
    ],
)
def test_a_room_for_150_is_nearly_full_at_nine_tenths_and_full_at_150(inside, expected):
    assert level(inside, 150) is expected


def test_a_scan_without_measured_clock_happened_when_it_was_received():
    assert happened_at(None, None, NOW) == NOW
    assert happened_at(NOW - timedelta(minutes=5), None, NOW) == NOW


def test_a_phone_that_is_an_hour_slow_is_put_right():
    assert happened_at(NOW - timedelta(hours=1, minutes=4), 3_600_000, NOW) == NOW - timedelta(minutes=4)


@pytest.mark.parametrize("offset", [timedelta(seconds=1), timedelta(days=-8), timedelta(days=400)])
def test_a_time_that_cannot_be_is_not_believed(offset):
    assert happened_at(NOW + offset, 0, NOW) == NOW


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Anna Andersen", "Anna A."),
        ("Åse Marie østergaard", "Åse Ø."),
        ("Anna", "Anna"),
        ("", ""),
        ("  Bo   la Cour ", "Bo C."),
    ],
)
def test_bystanders_hear_a_first_name_and_an_initial(name, expected):
    assert short_name(name) == expected
