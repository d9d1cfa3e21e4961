"""When to try again, when to stop, and how much one address may get."""

from __future__ import annotations

import enum
from datetime import timedelta

FIRST_GAP = timedelta(minutes=15)
LATER_GAP = timedelta(hours=2, minutes=30)
TRIES = 50  # the last one five days after the first

KEPT_FOR_ANOTHER_TRY = timedelta(days=30)  # what a failed mail holds, so that staff can send it again

MOST_AN_HOUR = 3
MOST_A_DAY = 10


def gap_after(tries: int) -> timedelta | None:
    """How long to wait after so many tries; ``None`` when it is time to give up.

    Two tries in the first hour, then one every two to three hours for five days (RFC 5321, 4.5.4.1).
    """
    if tries >= TRIES:
        return None
    return FIRST_GAP if tries <= 1 else LATER_GAP


def mailbox(address: str) -> str:
    """What different ways of writing one address have in common: ``Anna+42@Example.org`` is ``anna@example.org``."""
    local, at, domain = address.strip().lower().rpartition("@")
    return local.partition("+")[0] + at + domain


class Admission(enum.StrEnum):
    """Whether an address gets one more of the mails that anybody can ask for in its name."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"


def admission(*, asked_in_a_day: int, let_through_in_an_hour: int, let_through_in_a_day: int) -> Admission:
    """At most 3 an hour and 10 a day (reliability S45).

    A family that signs up five people gets all five mails, the last two after an hour. An address for which more than
    ten are asked in a day gets three, and nothing more of those that wait: somebody is pestering it.
    """
    is_flood = asked_in_a_day > MOST_A_DAY and let_through_in_a_day >= MOST_AN_HOUR
    if is_flood or let_through_in_a_day >= MOST_A_DAY:
        return Admission.NEVER
    return Admission.LATER if let_through_in_an_hour >= MOST_AN_HOUR else Admission.NOW
