"""What follows from a case: where its steps stand, who answers today, what it still needs."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from eventapp.cases.models import CaseContact, DecisionStep
from eventapp.web.registry import StepState, ThreadStep

LONGEST_SLUG = 60
DANISH = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ß": "ss", "ð": "d", "þ": "th", "ł": "l", "đ": "d"})
PLACES = {
    "motion": 10,
    "tasks": 15,
    "invitations": 20,
    "debate": 30,
    "contributions": 40,
    "hearing": 50,
    "points": 60,
    "note": 70,
    "decision": 80,
    "letter": 90,
    "reply": 100,
}
TO_COME = {StepState.NEXT, StepState.PLANNED}


def slug_of(title: str) -> str:
    """The part of an address that a title becomes: lower-case ASCII letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", title.lower().translate(DANISH)).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_SLUG].strip("-")
    return slug or "sag"


def first_free(wish: str, taken: Collection[str]) -> str:
    """The wish, or the wish with the first number behind it that nothing has."""
    numbered = (f"{wish}-{number}" for number in itertools.count(2))
    return wish if wish not in taken else next(one for one in numbered if one not in taken)


def kind_of(step: ThreadStep) -> str:
    """``decision:7f…`` -> ``decision``"""
    return step.key.partition(":")[0]


def in_order(steps: Iterable[ThreadStep]) -> list[ThreadStep]:
    """Steps as they follow one another: what has happened, then what is to come.

    Of one kind, as their slice numbered them and then by time.
    """
    return sorted(
        steps,
        key=lambda one: (
            one.state in TO_COME,
            PLACES.get(kind_of(one), one.order),
            one.order,
            one.at is None,
            one.at and one.at.timestamp(),
        ),
    )


def with_next(steps: Sequence[ThreadStep], now: datetime) -> list[ThreadStep]:
    """The thread with the one step marked that comes next: the first that a slice says so of, else the first planned.

    Whatever else a slice says that of is under way when it has begun, and planned when it has not.
    """
    claimed = next((one for one in steps if one.state is StepState.NEXT), None)
    chosen = claimed or next((one for one in steps if one.state is StepState.PLANNED), None)
    return [replace(one, state=_beside(one, chosen, now)) for one in steps]


def _beside(step: ThreadStep, chosen: ThreadStep | None, now: datetime) -> StepState:
    if step is chosen:
        return StepState.NEXT
    if step.state is not StepState.NEXT:
        return step.state
    return StepState.UNDER_WAY if step.at and step.at <= now else StepState.PLANNED


def decision_state(step: DecisionStep, today: date) -> StepState:
    """A meeting is done when its decision is entered, and missing when it was held and nobody entered one."""
    if step.decision:
        return StepState.DONE
    return StepState.MISSING if step.meeting_on and step.meeting_on < today else StepState.PLANNED


def is_away(contact: CaseContact, today: date) -> bool:
    """Whether nobody answers at this function today; an open end means until further notice."""
    if contact.away_from_on is None or today < contact.away_from_on:
        return False
    return contact.away_until_on is None or today <= contact.away_until_on


def answering(contacts: Sequence[CaseContact], today: date) -> list[CaseContact]:
    """Whom to ask today, each once: the contacts, or their covers; all of them when nobody is there."""
    found = dict.fromkeys(one for contact in contacts if (one := who_answers(contact, today)))
    return list(found) or list(contacts)


def who_answers(contact: CaseContact, today: date) -> CaseContact | None:
    """The contact, or the cover while it is away; ``None`` when the cover is away too, or there is none."""
    seen: set[str] = set()
    while is_away(contact, today):
        seen.add(contact.id)
        if contact.cover is None or contact.cover.id in seen:
            return None
        contact = contact.cover
    return contact
