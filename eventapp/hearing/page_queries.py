"""What every public page of a hearing shows beside its own matter."""

from __future__ import annotations

from typing import Any

from eventapp import clock
from eventapp.cases.rules import answering as answering_today
from eventapp.hearing import rules, words
from eventapp.hearing.models import Hearing


def around(hearing: Hearing) -> dict[str, Any]:
    """Values for the templates: how long is left, and whom to ask today."""
    now = clock.now()
    stands, left = rules.state(hearing, now), hearing.deadline_at - now
    return {
        "now": now,
        "state": stands,
        "state_mark": words.state(stands),
        "days_left": left.days,
        "hours_left": left.seconds // 3600,
        "minutes_left": left.seconds % 3600 // 60,
        "contacts": answering_today(hearing.case.contacts, now.astimezone(clock.COPENHAGEN).date()),
    }
