"""What the public thread of a case tells of a debate that was held: how many came, and from which groups."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from eventapp import clock
from eventapp.events.models import Event
from eventapp.events.queries import events_of_case
from eventapp.statistics import queries, sentence_words
from eventapp.statistics.definition_words import Key
from eventapp.statistics.summary_rules import groups_shown
from eventapp.web.registry import StepState, ThreadStep


def steps(case_id: str) -> list[ThreadStep]:
    """Added to the step of each debate that is over; small groups are not told, for everybody reads this."""
    now = clock.now()
    held = [one for one in events_of_case(case_id) if one.published_at and not one.cancelled_at and now >= one.ends_at]
    return [_step(one, now) for one in held]


def _step(event: Event, now: datetime) -> ThreadStep:
    *groups, whole = groups_shown(queries.figures(event, now), hides_small=True)
    told = [(one.name, one.numbers[Key.CAME]) for one in groups]
    return ThreadStep(
        key=f"debate:{event.id}",
        title="",
        at=None,
        state=StepState.DONE,
        order=30,
        figure=", ".join(sentence_words.clauses(whole)),
        note=Markup(" · ").join(Markup("{}: {}").format(*one) for one in told if sentence_words.is_told(one[1])),
    )
