"""Deadlines to the instant, the state of a hearing, its numbers, and what the record commits to."""

from __future__ import annotations

import time as system_time
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from eventapp import clock
from eventapp.formats.files import LARGEST_BYTES
from eventapp.hearing import rules
from eventapp.hearing.answering.forms import LARGEST_REQUEST_BYTES
from eventapp.hearing.hooks import STATES
from eventapp.hearing.models import Answer, Channel, Hearing, SenderKind
from eventapp.hearing.rules import HearingState, Timing
from eventapp.web.bodies import LARGEST_TEXT_BYTES

DEADLINE = clock.wall(date(2023, 11, 24), time(12))
A_MICROSECOND = timedelta(microseconds=1)
SENT, BEGINS, LATER = (DEADLINE + timedelta(days=days) for days in (-18, -16, 7))


def test_the_deadline_of_the_case_is_eleven_utc() -> None:
    assert datetime(2023, 11, 24, 11, tzinfo=UTC) == DEADLINE


@pytest.mark.parametrize(
    ("received_at", "late"),
    [(DEADLINE - A_MICROSECOND, False), (DEADLINE, False), (DEADLINE + A_MICROSECOND, True)],
)
def test_an_answer_at_the_instant_itself_is_in_time(received_at: datetime, late: bool) -> None:
    assert rules.is_late(received_at, DEADLINE) is late


def stands(now: datetime, **facts: datetime | None) -> HearingState:
    """Of a hearing that was sent 18 days before its deadline and begins 16 days before it."""
    times = {"published_at": SENT, "starts_at": BEGINS, "deadline_at": DEADLINE, "closed_at": None}
    return rules.state(Hearing(**{**times, **facts}), now)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (SENT, HearingState.WAITING),
        (BEGINS - A_MICROSECOND, HearingState.WAITING),
        (BEGINS, HearingState.OPEN),
        (DEADLINE, HearingState.OPEN),
        (DEADLINE + A_MICROSECOND, HearingState.OVERDUE),
    ],
)
def test_each_border_belongs_to_what_begins_there_and_the_deadline_to_what_ends(
    now: datetime, state: HearingState
) -> None:
    assert stands(now) is state
    assert stands(now, published_at=None) is HearingState.DRAFT
    assert stands(now, closed_at=SENT) is HearingState.CLOSED


@pytest.mark.parametrize(
    ("came", "timing"),
    [
        (BEGINS - A_MICROSECOND, Timing.EARLY),
        (BEGINS, Timing.IN_TIME),
        (DEADLINE, Timing.IN_TIME),
        (DEADLINE + A_MICROSECOND, Timing.BEFORE_EXTENSION),
        (LATER, Timing.BEFORE_EXTENSION),
        (LATER + A_MICROSECOND, Timing.LATE),
    ],
)
def test_what_came_between_the_old_deadline_and_the_new_one_is_in_time(came: datetime, timing: Timing) -> None:
    hearing = Hearing(published_at=SENT, starts_at=BEGINS, deadline_at=LATER, closed_at=None)
    assert rules.timing(Answer(received_at=came, deadline_at=DEADLINE), hearing) is timing


def test_what_came_after_a_hearing_was_closed_early_is_late() -> None:
    closed_at = DEADLINE - timedelta(days=2)
    hearing = Hearing(published_at=SENT, starts_at=BEGINS, deadline_at=DEADLINE, closed_at=closed_at)
    for step, timing in ((timedelta(), Timing.IN_TIME), (A_MICROSECOND, Timing.LATE)):
        assert rules.timing(Answer(received_at=closed_at + step, deadline_at=closed_at), hearing) is timing


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


# --- borders and clocks --------------------------------------------------------------------------------------


def test_late_is_the_same_in_every_time_zone() -> None:
    for zone in (UTC, clock.COPENHAGEN, timezone(timedelta(hours=-11)), timezone(timedelta(hours=14))):
        assert not rules.is_late(DEADLINE.astimezone(zone), DEADLINE)
        assert rules.is_late((DEADLINE + A_MICROSECOND).astimezone(zone), DEADLINE)


def test_a_deadline_in_the_doubled_hour_of_october_is_the_later_of_the_two() -> None:
    deadline = clock.wall(date(2024, 10, 27), time(2, 30))
    first = datetime(2024, 10, 27, 0, 30, tzinfo=UTC)  # the clock shows 02.30 in summer time
    assert not rules.is_late(first, deadline)
    assert not rules.is_late(first + timedelta(hours=1), deadline)
    assert rules.is_late(first + timedelta(hours=1) + A_MICROSECOND, deadline)


def test_exactly_four_weeks_are_not_short_and_a_microsecond_less_is() -> None:
    ends = clock.wall(date(2024, 6, 14), time(12))
    assert not rules.is_short(ends - timedelta(weeks=4), ends)
    assert not rules.is_short(ends - timedelta(weeks=8), ends)
    assert rules.is_short(ends - timedelta(weeks=4) + A_MICROSECOND, ends)


def test_four_weeks_are_counted_in_copenhagen_whatever_zone_the_moments_have() -> None:
    """Over the end of summer time: 28 days and an hour as the machine counts them are four weeks on the wall."""
    starts, ends = clock.wall(date(2024, 10, 7), time(12)), clock.wall(date(2024, 11, 4), time(12))
    assert ends - starts == timedelta(weeks=4, hours=1)
    for zone in (UTC, clock.COPENHAGEN, timezone(timedelta(hours=-8))):
        assert not rules.is_short(starts.astimezone(zone), ends.astimezone(zone))
        assert rules.is_short(starts.astimezone(zone), (ends - timedelta(minutes=1)).astimezone(zone))


# --- numbers and contents ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "issued", "number"),
    [(2024, 1, "HS-2024-0001"), (2024, 9999, "HS-2024-9999"), (2025, 10000, "HS-2025-10000")],
)
def test_a_receipt_number_names_the_year_and_counts_from_one(year: int, issued: int, number: str) -> None:
    assert rules.receipt_number(year, issued) == number


def answer(**facts: Any) -> SimpleNamespace:
    usual = {
        "name": "Ægidius Østergaard",
        "on_behalf_of": "Havnens Venner",
        "sender_kind": SenderKind.ORGANISATION,
        "email": "aegidius@example.org",
        "text": "Bevar træerne.\nTak.",
        "channel": Channel.LETTER,
        "received_at": DEADLINE,
    }
    return SimpleNamespace(**{**usual, **facts})


def test_the_record_commits_to_every_field_of_an_answer_and_to_no_other() -> None:
    files = [("a.txt", "1" * 64), ("å.txt", "2" * 64)]
    assert rules.content(answer(), files) == {
        "name": "Ægidius Østergaard",
        "on_behalf_of": "Havnens Venner",
        "sender_kind": "organisation",
        "email": "aegidius@example.org",
        "text": "Bevar træerne.\nTak.",
        "channel": "letter",
        "received_at": "2023-11-24T11:00:00.000000+00:00",
        "files": [["a.txt", "1" * 64], ["å.txt", "2" * 64]],
    }


def test_what_is_sent_and_what_is_stored_commit_to_the_same() -> None:
    """A row has plain words and the database's zone where the answer as sent has members of lists and another zone."""
    stored = answer(
        sender_kind="organisation", channel="letter", received_at=DEADLINE.astimezone(timezone(timedelta(hours=3)))
    )
    assert rules.content(stored, []) == rules.content(answer(), [])
    assert {type(value) for value in rules.content(answer(), []).values()} == {str, list}


def test_the_order_of_the_attachments_is_part_of_the_answer() -> None:
    one, two = ("a.txt", "1" * 64), ("b.txt", "2" * 64)
    assert rules.content(answer(), [one, two]) != rules.content(answer(), [two, one])


def test_a_microsecond_is_never_dropped_from_the_moment_of_receipt() -> None:
    moments = [DEADLINE, DEADLINE + A_MICROSECOND]
    written = [rules.content(answer(received_at=one), [])["received_at"] for one in moments]
    assert written == ["2023-11-24T11:00:00.000000+00:00", "2023-11-24T11:00:00.000001+00:00"]


def test_what_is_promised_about_size_and_guessing() -> None:
    """Figures that the form, the help and the law speak of: a change is a decision, not a slip."""
    assert [rules.MOST_FILES, rules.LONGEST_ANSWER] == [10, 200_000]
    assert timedelta(days=28) == rules.SHORTEST_USUAL
    assert (rules.GUESSING.name, rules.GUESSING.most, rules.GUESSING.window) == ("receipt", 15, timedelta(minutes=1))
    assert LARGEST_TEXT_BYTES >= 4 * rules.LONGEST_ANSWER  # every sign of the longest answer may take four bytes
    assert LARGEST_REQUEST_BYTES >= rules.MOST_FILES * LARGEST_BYTES + 4 * rules.LONGEST_ANSWER


def test_every_state_but_the_draft_has_a_place_on_the_public_thread() -> None:
    assert {*STATES, HearingState.DRAFT} == set(HearingState)
    assert HearingState.DRAFT not in STATES


@pytest.fixture(name="machine_in_auckland")
def machine_elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server whose own clock is set to another part of the world."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Pacific/Auckland")
        system_time.tzset()
        yield
    system_time.tzset()


@pytest.mark.usefixtures("machine_in_auckland")
def test_the_zone_of_the_machine_changes_nothing() -> None:
    assert rules.content(answer(), [])["received_at"] == "2023-11-24T11:00:00.000000+00:00"
    starts, ends = clock.wall(date(2024, 3, 4), time(12)), clock.wall(date(2024, 4, 1), time(12))
    assert not rules.is_short(starts, ends)
    assert rules.is_short(starts, ends - timedelta(minutes=1))
