"""What contributions tell on the pages of lower slices."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from eventapp import clock
from eventapp.contributions import queries
from eventapp.db import db
from eventapp.events import rules
from eventapp.events.models import Event
from eventapp.events.queries import event_by_id, events_of_case
from eventapp.events.rules import Road
from eventapp.web.permissions import url_if_allowed
from eventapp.web.registry import DeskFigure, DeskItem, EventPart, StepState, Tab, ThreadStep

ORDER = 50
TAB = Tab(70, _l("Input"), "contributions.index")


def steps(case_id: str) -> list[ThreadStep]:
    """Input after each debate that was announced."""
    return [_step(event) for event in events_of_case(case_id) if event.published_at and not event.cancelled_at]


def _step(event: Event) -> ThreadStep:
    is_over, number = rules.is_open(Road.CONTRIBUTE, event, clock.now()), queries.count(event.id)
    newest = tuple(queries.newest_ids(event.id))
    return ThreadStep(
        key=f"contributions:{event.id}",
        title=_("Input after the debate"),
        at=event.ends_at,
        state=StepState.PLANNED if not is_over else StepState.DONE if number else StepState.NEXT,
        order=ORDER,
        figure=ngettext("%(num)s contribution", "%(num)s contributions", number) if is_over else "",
        url=url_for("contributions.form", slug=event.slug) if is_over else "",
        link=_("Share your input"),
        refs=newest,
        more_refs=number - len(newest),
    )


def event_parts(event_id: str) -> list[EventPart]:
    """After the debate the event page asks for input."""
    event = event_by_id(event_id)
    if clock.now() < event.ends_at:
        return []
    url = url_for("contributions.form", slug=event.slug)
    return [EventPart("after", ORDER, "contributions/_after.html", {"url": url, "number": queries.count(event_id)})]


def desk_figures(event_id: str) -> list[DeskFigure]:
    is_over = rules.is_open(Road.CONTRIBUTE, event_by_id(event_id), clock.now())
    value = queries.count(event_id) if is_over else None
    return [DeskFigure(70, _("contributed"), value, url_if_allowed("contributions.index", event_id=event_id))]


def desk_items(event_id: str) -> list[DeskItem]:
    event = event_by_id(event_id)
    waiting = queries.number_to_be_asked(db.session.connection(), event_id) if clock.now() >= event.ends_at else 0
    if not waiting:
        return []
    text = ngettext(
        "%(num)s person who came wants to hear from you", "%(num)s people who came want to hear from you", waiting
    )
    return [DeskItem(text, url_if_allowed("contributions.index", event_id=event_id), _("Send the link"), event.ends_at)]
