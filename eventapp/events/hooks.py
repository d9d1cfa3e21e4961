"""What the event tells on the thread of its case, on the front page, and to other pages of staff."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventapp import clock
from eventapp.cases.rules import PLACES
from eventapp.db import db
from eventapp.events import queries, rules
from eventapp.events.models import Event
from eventapp.events.rules import Phase
from eventapp.events.seat_words import seats_text
from eventapp.formats.display import clock_time, is_of_days, long_moment, period
from eventapp.languages import with_words
from eventapp.web.permissions import Scope, url_if_allowed
from eventapp.web.registry import FrontCard, StaffLink, StepState, ThreadStep
from eventapp.work.kinds import Subject as About

STAFF_LINK = StaffLink(
    20,
    _l("Events"),
    _l("Programme, seats, guests and the evening itself."),
    "events_staff.index",
)
STATES = {
    Phase.ANNOUNCED: StepState.NEXT,
    Phase.OPEN: StepState.NEXT,
    Phase.CLOSED: StepState.NEXT,
    Phase.RUNNING: StepState.NEXT,
    Phase.HELD: StepState.DONE,
    Phase.CANCELLED: StepState.CALLED_OFF,
}


def steps(case_id: str) -> list[ThreadStep]:
    """One step an event that everybody may read."""
    return [_step(event) for event in queries.events_of_case(case_id) if event.published_at]


def case_links(case_id: str) -> list[tuple[str, str]]:
    """The events of a case, for its staff page."""
    named = [
        *((with_words(_("Event: %(title)s"), title=one.title), _desk(one)) for one in queries.events_of_case(case_id)),
        (_("New event"), url_if_allowed("events_staff.new", case_id=case_id)),
    ]
    return [(label, url) for label, url in named if url]


def _desk(event: Event) -> str:
    return url_if_allowed("events.desk", event_id=event.id)


def cards() -> list[FrontCard]:
    """Published events that are not over."""
    now = clock.now()
    return [
        FrontCard(
            order=20,
            title=event.title,
            url=url_for("events.show", slug=event.slug),
            text=event.layout.venue.name,
            meta=period(event.starts_at, event.ends_at),
            state=seats_text(event, now),
            at=event.starts_at,
        )
        for event in queries.published_events()
        if now < event.ends_at
    ]


def about(event_id: str) -> About | None:
    """What a job about an event is about."""
    event = db.session.get(Event, event_id)
    return About(str(event.title), _desk(event), Scope(event.case_id, event_id)) if event else None


def _step(event: Event) -> ThreadStep:
    phase = rules.phase(event, clock.now())
    begin, end, place = clock_time(event.starts_at), event.ends_at, event.layout.venue.name
    if is_of_days(event.starts_at, end):
        note = _("%(begin)s until %(end)s, %(place)s", begin=begin, end=long_moment(end), place=place)
    else:
        note = _("%(begin)s to %(end)s, %(place)s", begin=begin, end=clock_time(end), place=place)
    return ThreadStep(
        key=f"debate:{event.id}",
        title=event.title,
        at=event.starts_at,
        state=STATES[phase],
        order=PLACES["debate"],
        note=note,
        url=url_for("events.show", slug=event.slug),
        link=_("See the event"),
        refs=(event.id,),
    )
