"""Waiting, sessions and passwords, decided on values alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from eventapp.accounts import rules

NOW = datetime(2024, 5, 14, 10, 0, tzinfo=UTC)


def failures(count: int, last_ago: timedelta = timedelta()) -> list[datetime]:
    return [NOW - last_ago - timedelta(seconds=count - number) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("count", "seconds"), [(0, 0), (9, 0), (10, 15), (11, 30), (12, 60), (15, 480), (16, 900), (200, 900)]
)
def test_the_wait_doubles_after_ten_failures_and_never_exceeds_fifteen_minutes(count: int, seconds: int) -> None:
    assert rules.seconds_to_wait(failures(count), 10, NOW) == seconds


def test_the_wait_runs_out() -> None:
    assert rules.seconds_to_wait(failures(200, timedelta(minutes=14)), 10, NOW) == 60
    assert rules.seconds_to_wait(failures(200, timedelta(minutes=15)), 10, NOW) == 0


@pytest.mark.parametrize(
    ("age", "idle", "complete", "alive"),
    [
        (timedelta(hours=11), timedelta(minutes=29), True, True),
        (timedelta(hours=11), timedelta(minutes=30), True, False),
        (timedelta(hours=12), timedelta(0), True, False),
        (timedelta(minutes=9), timedelta(minutes=9), False, True),
        (timedelta(minutes=10), timedelta(0), False, False),
    ],
)
def test_a_session_dies_idle_old_or_half_way(age: timedelta, idle: timedelta, complete: bool, alive: bool) -> None:
    assert rules.is_alive(NOW - age, NOW - idle, complete, NOW) is alive


COMMON = [
    "password1234",
    "PasswordPassword",
    "p@ssw0rd2024!",
    "Kommune12345",
    "KøbenhavnsKommune2024",
    "adgangskode1",
    "velkommen2024",
    "qwertyuiop123",
    "123456789012",
    "aaaaaaaaaaaa",
    "sommer2023!!",
    "Sommersommer1",
    "hemmelighed99",
    "passwordkommune",
    "111111111111",
    "mettehavn2024",
    "mette.havn1234",
    "iloveyou12345",
    "rådhuset2024",
    "admin-admin-admin",
]


@pytest.mark.parametrize("password", COMMON)
def test_what_everybody_tries_first_is_too_common(password: str) -> None:
    assert rules.is_too_common(password, ("mette@havneby.example.org", "Mette Havn", "Københavns Kommune"))


@pytest.mark.parametrize(
    "password",
    [
        "firben under den blå bænk",
        "correct horse battery staple",
        "sommer fodbold kærlighed dragon",
        "tG7#kQ2vLp9x",
        "øl og ærter hver tirsdag",
        "🦔🦔 pindsvinet spiser pærer",
        "x" * 3 + "vildtvoksende brombær",
        "739152048861",
    ],
)
def test_phrases_and_random_signs_are_taken(password: str) -> None:
    assert not rules.is_too_common(password, ("mette@havneby.example.org", "Mette Havn", "Københavns Kommune"))


@pytest.mark.parametrize(
    ("password", "is_common"),
    [
        ("140384093148", False),  # twelve digits, six different ones
        ("1403 8409 3148", False),  # and however it is grouped
        ("14038409314", True),  # one digit less
        ("140384083148", True),  # one different digit less
        ("gqxk 2024", False),  # four different letters beside a year
        ("gqx 2024", True),  # three
    ],
)
def test_how_much_must_be_left_when_known_words_are_taken_out(password: str, is_common: bool) -> None:
    assert rules.is_too_common(password) is is_common


def test_half_minutes_are_counted_from_the_beginning_of_1970() -> None:
    beginning = datetime(1970, 1, 1, tzinfo=UTC)
    assert [rules.totp_step(beginning + timedelta(seconds=one)) for one in (0, 29, 30, 3600)] == [0, 0, 1, 120]
