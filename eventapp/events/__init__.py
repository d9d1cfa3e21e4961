"""The event: where and when people meet, what happens there, and how many may come.

Owns venue, hall, programme, themes, quotas and publication, the public page of the event, and the organiser's desk
that the slices above put their figures and tasks on.
"""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from eventapp import record
from eventapp.events import hooks, list_views, queries, staff_views, views
from eventapp.events.entries import EVENT, TOLD
from eventapp.telling import jobs as telling
from eventapp.telling.models import Subject
from eventapp.web.permissions import Permission
from eventapp.web.registry import Registry, Tab


def register(app: Flask) -> None:
    for blueprint in (views.bp, staff_views.bp, list_views.bp):
        app.register_blueprint(blueprint)
    app.jinja_env.globals["desk_tabs"] = views.desk_tabs
    record.declare(app, EVENT)
    record.declare_tables(app, TOLD)
    registry: Registry = app.extensions["registry"]
    registry.thread_steps.append(hooks.steps)
    registry.case_links.append(hooks.case_links)
    registry.front_cards.append(hooks.cards)
    registry.staff_links.append(hooks.STAFF_LINK)
    registry.desk_tabs += [
        Tab(0, _l("Overview"), "events.desk"),
        Tab(50, _l("Programme"), "events_staff.programme"),
        Tab(75, _l("Hall and seats"), "events_staff.hall"),
        Tab(80, _l("Settings"), "events_staff.settings"),
    ]
    telling.register(Subject.EVENT, hooks.about, Permission.EDIT_EVENTS)
    registry.scopes["event_id"] = queries.scope
    registry.scope_choices.append(queries.scope_choices)
