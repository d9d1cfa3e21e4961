"""What the public thread of a case tells of a debate that was held: how many came, and from which groups."""

from __future__ import annotations

from datetime import datetime

from flask_babel import ngettext

from eventapp import clock
from eventapp.events.models import Event
from eventapp.events.queries import events_of_case
from eventapp.statistics import queries
from eventapp.statistics.exports import group_name
from eventapp.statistics.rules import shown
from eventapp.web.registry import StepState, ThreadStep


def steps(case_id: str) -> list[ThreadStep]:
    """Added to the step of each debate that is over; small groups are not told, for everybody reads this."""
    now = clock.now()
    held = [one for one in events_of_case(case_id) if one.published_at and not one.cancelled_at and now >= one.ends_at]
    return [_step(one, now) for one in held]


def _step(event: Event, now: datetime) -> ThreadStep:
    figures = queries.figures(event, now)
    registered = ngettext("%(num)s registered", "%(num)s registered", figures.total.registered)
    came = ngettext("%(num)s came", "%(num)s came", figures.total.came)
    groups = (
        f"{group_name(one)}: {shown(one.counts.came, hides_small=True)}" for one in figures.groups if one.counts.came
    )
    return ThreadStep(
        key=f"debate:{event.id}",
        title="",
        at=None,
        state=StepState.DONE,
        order=30,
        figure=f"{registered}, {came}" if figures.total.came else registered,
        note=" · ".join(groups),
    )
