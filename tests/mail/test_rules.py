"""Retries and limits, decided on values alone."""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate, pairwise

import pytest

from eventapp.mail import answers
from eventapp.mail.rules import TRIES, Admission, admission, gap_after, mailbox
from eventapp.work import answers as work_answers


def test_every_answer_of_ours_can_be_translated():
    assert {str(one) for one in (*answers.MESSAGES, *work_answers.MESSAGES)} == answers.KNOWN


def moments_of_tries() -> list[timedelta]:
    """When each try is made, counted from the first."""
    gaps = [gap for tries in range(1, TRIES) if (gap := gap_after(tries))]
    return [timedelta(), *accumulate(gaps)]


def test_two_tries_fall_into_the_first_hour():
    assert len([at for at in moments_of_tries() if at < timedelta(hours=1)]) == 2


def test_later_tries_are_two_to_three_hours_apart():
    later = moments_of_tries()[2:]
    assert {after - before for before, after in pairwise(later)} == {timedelta(hours=2, minutes=30)}


def test_it_is_given_up_after_five_days_and_not_before():
    assert gap_after(TRIES) is None
    assert timedelta(days=5) <= moments_of_tries()[-1] < timedelta(days=5, hours=3)


@pytest.mark.parametrize(
    "address", ["anna@example.org", " Anna@Example.org ", "anna+1@example.org", "ANNA+x+y@EXAMPLE.ORG"]
)
def test_ways_of_writing_one_address_are_one_mailbox(address: str):
    assert mailbox(address) == "anna@example.org"


@pytest.mark.parametrize(
    ("asked", "hour", "day", "verdict"),
    [
        (1, 0, 0, Admission.NOW),
        (3, 2, 2, Admission.NOW),
        (4, 3, 3, Admission.LATER),
        (5, 0, 3, Admission.NOW),
        (11, 0, 2, Admission.NOW),
        (11, 0, 3, Admission.NEVER),
        (11, 3, 3, Admission.NEVER),
        (10, 0, 9, Admission.NOW),
        (10, 0, 10, Admission.NEVER),
        (1000, 3, 3, Admission.NEVER),
    ],
)
def test_an_address_gets_three_an_hour_and_ten_a_day(asked: int, hour: int, day: int, verdict: Admission):
    found = admission(asked_in_a_day=asked, let_through_in_an_hour=hour, let_through_in_a_day=day)
    assert found is verdict


def test_a_mailbox_ends_at_the_last_at_sign() -> None:
    assert mailbox('"Anna@home"+42@Example.org') == '"anna@home"@example.org'
