"""The event as everybody sees it, its calendar file, and the organiser's desk."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from jinja2.environment import TemplateModule

from eventapp import clock
from eventapp.cases import thread_hooks
from eventapp.events import calendar_files, checklist_rules, queries, rules, seat_words
from eventapp.events.models import Event
from eventapp.mail import calendar
from eventapp.web.compress import compressible
from eventapp.web.languages import chosen
from eventapp.web.pages import ASK_EACH_TIME, kept_page
from eventapp.web.permissions import Permission, may_open, public, requires
from eventapp.web.registry import registry
from eventapp.work import words
from eventapp.work.queries import jobs_about

bp = Blueprint("events", __name__)


@bp.get("/events/<slug>")
@compressible
@public
def show(slug: str) -> ResponseReturnValue:
    """The page that a link in a newspaper leads to. The same for everybody, so it is kept for a second."""
    return kept_page(("event", slug, chosen()), lambda: page(queries.published_event(slug)))


@bp.get("/events/<slug>/calendar.ics", endpoint="calendar")
@compressible
@public
def calendar_file(slug: str) -> ResponseReturnValue:
    """The event for one's own calendar, in the language of the page."""
    event = queries.published_event(slug)
    shown = calendar_files.meeting(event, changed_at=event.cancelled_at or event.published_at or event.starts_at)
    text = calendar.cancel(shown) if event.cancelled_at else calendar.event_file(shown)
    response = Response(text, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}.ics"'
    response.headers["Cache-Control"] = ASK_EACH_TIME
    return response


@bp.get("/staff/events/<event_id>")
@requires(Permission.READ_EVENTS)
def desk(event_id: str) -> ResponseReturnValue:
    """What the organiser needs to know and do now."""
    event = queries.event_by_id(event_id)
    figures = [figure for figures in registry().desk_figures for figure in figures(event_id)]
    items = [item for items in registry().desk_items for item in items(event_id) if item.url]
    return render_template(
        "events/desk.html",
        event=event,
        seat_kinds=seat_words.kinds(),
        figures=sorted(figures, key=lambda one: one.order),
        jobs=words.shown(jobs_about(event_id)),
        items=sorted(items, key=lambda one: (one.since is None, one.since or clock.now())),
        conditions=checklist_rules.conditions(event) if not event.published_at else [],
        phase=rules.phase(event, clock.now()),
    )


def page(event: Event, *, is_preview: bool = False) -> str:
    """The public page as text; staff see it before it is published."""
    now = clock.now()
    people: dict[str, list[str]] = {}
    for who in registry().programme_people:
        for item_id, names in who(event.id).items():
            people.setdefault(item_id, []).extend(names)
    return render_template(
        "events/show.html",
        event=event,
        phase=rules.phase(event, now),
        seats=seat_words.public_seats(event),
        seats_text=seat_words.seats_text(event, now),
        people=people,
        parts=_parts(event.id),
        dots=thread_hooks.dots(event.case),
        is_preview=is_preview,
    )


def desk_tabs(event: Event) -> list[dict[str, Any]]:
    """The tabs of the desk that the one who asks may open."""
    tabs = sorted(registry().desk_tabs, key=lambda one: one.order)
    return [
        {"label": one.label, "url": url_for(one.endpoint, event_id=event.id)}
        for one in tabs
        if may_open(one.endpoint, event_id=event.id)
    ]


def _parts(event_id: str) -> dict[str, list[TemplateModule]]:
    """What other slices show on the page, drawn: place -> parts in order."""
    parts = [part for parts in registry().event_parts for part in parts(event_id)]
    drawn: dict[str, list[TemplateModule]] = {}
    for part in sorted(parts, key=lambda one: one.order):
        context = dict(part.context)
        current_app.update_template_context(context)
        module = current_app.jinja_env.get_template(part.template).make_module(context)
        drawn.setdefault(part.place, []).append(module)
    return drawn
