"""When a job is tried again and how long it is kept, on values alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from eventapp.work import answers
from eventapp.work.models import JobState
from eventapp.work.rules import KEPT, MOST_DEATHS, gap_after


@pytest.mark.parametrize(
    ("tries", "minutes"), [(1, 1), (2, 5), (3, 30), (4, 120)], ids=["first", "second", "third", "fourth"]
)
def test_each_try_waits_longer_than_the_one_before(tries: int, minutes: int) -> None:
    assert gap_after(tries) == timedelta(minutes=minutes)


@pytest.mark.parametrize("tries", [5, 6, 100])
def test_after_the_fifth_try_it_is_given_up(tries: int) -> None:
    assert gap_after(tries) is None


def test_an_ended_job_is_kept_for_a_month() -> None:
    assert timedelta(days=30) == KEPT


def test_a_row_may_take_three_workers_along() -> None:
    assert MOST_DEATHS == 3


def test_what_is_waited_for_is_open_and_what_has_ended_is_not() -> None:
    assert [one for one in JobState if one.is_open] == [JobState.WAITING, JobState.RUNNING]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, ""),
        ("", ""),
        ("550 no: really", "550 no: really"),  # of somebody else: as it was said
        ("It could not be made: KeyError", "It could not be made: KeyError"),
    ],
)
def test_an_answer_keeps_its_detail(answer: str | None, words: str) -> None:
    assert answers.in_words(answer) == words
